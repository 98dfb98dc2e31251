"""A control plane for a test: etcd, kube-apiserver and kube-controller-manager of one version, all on loopback."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.binaries import Binaries
from tests.cluster.processes import Server, free_port

SERVICE_NETWORK = "10.96.0.0/16"


@dataclass(frozen=True)
class Answer:
    """What the API server said."""

    status: int
    body: Any
    warnings: tuple[str, ...] = ()
    """Headers `Warning` of the answer."""


@dataclass
class Cluster:
    """A running control plane and the way to talk to it."""

    folder: Path
    binaries: Binaries
    port: int
    etcd_port: int
    servers: list[Server] = field(default_factory=list)
    pki: Path = field(init=False)
    etcd_client: tuple[Path, Path] | None = None
    """Certificate and key that etcd asks for; None where it is plain."""

    def __post_init__(self) -> None:
        self.pki = self.folder / "pki"

    @property
    def admin(self) -> Path:
        """Kubeconfig of the administrator."""
        return self.folder / "admin.conf"

    @property
    def context(self) -> ssl.SSLContext:
        """What a connection of the administrator shows and trusts."""
        return _context_of(self.admin)

    def request(self, method: str, path: str, body: Any = None, *, kubeconfig: Path | None = None) -> Answer:
        """One request as the administrator, or as whoever a kubeconfig says."""
        return self._send(method, path, body, _context_of(kubeconfig or self.admin))

    def request_as(self, content_type: str, method: str, path: str, body: Any) -> Answer:
        """One request as the administrator with a body of another type, such as a patch."""
        return self._send(method, path, body, self.context, {"Content-Type": content_type})

    def anonymous(
        self, method: str, path: str, *, token: str | None = None, body: Any = None, **headers: str
    ) -> Answer:
        """One request without a client certificate, with or without a bearer token."""
        context = ssl.create_default_context(cafile=str(self.pki / "ca.crt"))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._send(method, path, body, context, headers)

    def impersonating(
        self, user: str, group: str | None, method: str, path: str, body: Any = None, **headers: str
    ) -> Answer:
        """One request as somebody of a group: the administrator says who, and the server answers as it would them."""
        told = {"Impersonate-User": user, **({} if group is None else {"Impersonate-Group": group}), **headers}
        return self._send(method, path, body, self.context, told)

    def _send(
        self, method: str, path: str, body: Any, context: ssl.SSLContext, headers: Mapping[str, str] | None = None
    ) -> Answer:
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, context=context, timeout=20) as answer:
                return answer_of(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return answer_of(error.code, error.headers, error.read())

    def is_ready(self) -> bool:
        """Whether the API server says that it is ready."""
        try:
            return self.request("GET", "/readyz").status == 200
        except OSError:
            return False

    def range(self, key: str, *, everything_below: bool = False) -> dict[str, bytes]:
        """Keys of etcd with their values as they lie on disk."""
        asked = {"key": _base64(key)}
        if everything_below:
            asked["range_end"] = _base64(key[:-1] + chr(ord(key[-1]) + 1))
        found = self._ask_etcd("range", asked).get("kvs") or []
        return {base64.b64decode(one["key"]).decode(): base64.b64decode(one["value"]) for one in found}

    def put(self, key: str, value: str) -> None:
        """Store a value in etcd, past the API server."""
        self._ask_etcd("put", {"key": _base64(key), "value": _base64(value)})

    def _ask_etcd(self, what: str, asked: dict[str, str]) -> Any:
        scheme, context = "http", None
        if self.etcd_client is not None:
            scheme, context = "https", ssl.create_default_context(cafile=str(self.pki / "etcd/ca.crt"))
            context.load_cert_chain(*self.etcd_client)
        request = urllib.request.Request(
            f"{scheme}://127.0.0.1:{self.etcd_port}/v3/kv/{what}",
            data=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            return json.load(answer)

    def start_api_server(self, flags: Sequence[str], *, name: str = "kube-apiserver", wait: bool = True) -> Server:
        """Start an API server with exactly these flags."""
        server = Server.start(name, [self.binaries["kube-apiserver"], *flags], self.folder)
        self.servers.append(server)
        if wait:
            server.wait_until(self.is_ready)
        return server

    def start_controller_manager(self) -> Server:
        """Start the controllers, which make default service accounts, delete namespaces and sign certificates."""
        server = Server.start(
            "kube-controller-manager",
            [
                self.binaries["kube-controller-manager"],
                f"--kubeconfig={self.folder / 'controller-manager.conf'}",
                f"--service-account-private-key-file={self.pki / 'sa.key'}",
                f"--root-ca-file={self.pki / 'ca.crt'}",
                f"--cluster-signing-cert-file={self.pki / 'ca.crt'}",
                f"--cluster-signing-key-file={self.pki / 'ca.key'}",
                "--use-service-account-credentials=true",
                "--leader-elect=false",
                f"--secure-port={free_port()}",
                "--bind-address=127.0.0.1",
            ],
            self.folder,
        )
        self.servers.append(server)
        server.wait_until(
            lambda: self.request("GET", "/api/v1/namespaces/default/serviceaccounts/default").status == 200
        )
        return server

    def plain_flags(self) -> list[str]:
        """Flags of an ordinary API server, as kubeadm would set them."""
        pki = self.pki
        return [
            "--endpoint-reconciler-type=none",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            "--allow-privileged=true",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--client-ca-file={pki / 'ca.crt'}",
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--service-account-issuer=https://127.0.0.1:{self.port}",
            f"--service-account-key-file={pki / 'sa.pub'}",
            f"--service-account-signing-key-file={pki / 'sa.key'}",
            f"--service-cluster-ip-range={SERVICE_NETWORK}",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
        ]


@contextmanager
def cluster(binaries: Binaries, folder: Path) -> Iterator[Cluster]:
    """Certificates and an etcd, with everything that a test starts ended afterwards."""
    made = Cluster(folder, binaries, free_port(), free_port())
    make_certificates(made)
    peer = free_port()
    etcd = Server.start(
        "etcd",
        [
            binaries.etcd,
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls=http://127.0.0.1:{made.etcd_port}",
            f"--advertise-client-urls=http://127.0.0.1:{made.etcd_port}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster=default=http://127.0.0.1:{peer}",
        ],
        folder,
    )
    made.servers.append(etcd)
    try:
        etcd.wait_until(lambda: _answers(f"http://127.0.0.1:{made.etcd_port}/health"))
        yield made
    finally:
        for server in reversed(made.servers):
            server.stop()


def make_certificates(made: Cluster) -> None:
    """The kubeadm of the same version makes what it would make on a node."""
    release = subprocess.run(
        [made.binaries["kubeadm"], "version", "-o", "short"], capture_output=True, text=True, check=True
    ).stdout.strip()
    version = "v1beta4" if int(made.binaries.version.partition(".")[2]) >= 31 else "v1beta3"
    init = {
        "apiVersion": f"kubeadm.k8s.io/{version}",
        "kind": "InitConfiguration",
        # kubeadm takes no loopback address here; nothing listens on this one, and every kubeconfig is pointed away.
        "localAPIEndpoint": {"advertiseAddress": "192.0.2.1", "bindPort": made.port},
        "nodeRegistration": {"name": "test-node", "criSocket": "unix:///run/containerd/containerd.sock"},
    }
    settings = {
        "apiVersion": f"kubeadm.k8s.io/{version}",
        "kind": "ClusterConfiguration",
        "kubernetesVersion": release,
        "certificatesDir": str(made.pki),
        "networking": {"serviceSubnet": SERVICE_NETWORK},
        "controlPlaneEndpoint": f"127.0.0.1:{made.port}",
        "apiServer": {"certSANs": ["127.0.0.1", "localhost"]},
        "etcd": {"local": {"serverCertSANs": ["127.0.0.2"], "peerCertSANs": ["127.0.0.2"]}},
    }
    config = made.folder / "kubeadm.yaml"
    config.write_text(yaml.safe_dump_all([init, settings]))
    for phase in (["certs", "all"], ["kubeconfig", "all", f"--kubeconfig-dir={made.folder}"]):
        done = subprocess.run(
            [made.binaries["kubeadm"], "init", "phase", *phase, f"--config={config}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    # From 1.29 on admin.conf has rights only after a binding that a whole `kubeadm init` makes; super-admin.conf is
    # what admin.conf was before.
    if (strong := made.folder / "super-admin.conf").exists():
        strong.replace(made.admin)
    for kubeconfig in made.folder.glob("*.conf"):
        kubeconfig.write_text(kubeconfig.read_text().replace("192.0.2.1", "127.0.0.1"))


def _context_of(kubeconfig: Path) -> ssl.SSLContext:
    config = yaml.safe_load(kubeconfig.read_text())
    user, server = config["users"][0]["user"], config["clusters"][0]["cluster"]
    context = ssl.create_default_context(cadata=base64.b64decode(server["certificate-authority-data"]).decode())
    pair = kubeconfig.with_suffix(".pem")
    if not pair.exists():
        both = (user["client-certificate-data"], user["client-key-data"])
        pair.touch(mode=0o600)
        pair.write_bytes(b"".join(base64.b64decode(part) for part in both))
    context.load_cert_chain(pair)
    return context


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def answer_of(status: int, headers: Message, body: bytes) -> Answer:
    """An answer from its parts."""
    return Answer(status, _parsed(body), tuple(headers.get_all("Warning", [])))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
