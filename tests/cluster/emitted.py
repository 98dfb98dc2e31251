"""A control plane booted from what we emit: the host files and the static pods' own command lines.

Only the root of paths, addresses and ports are substituted; `substitutions` holds the whole difference.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.static_pod import write_static_pods
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from k8s_hardening.plans.plan import HostFile
from tests.cluster.binaries import Binaries
from tests.cluster.cluster import Cluster, make_certificates
from tests.cluster.processes import Server, free_port

# Where everything lies that we or kubeadm write on a host.
_ROOTS = ("/etc/kubernetes", "/var/log/kubernetes", "/var/lib/etcd", "/var/lib/kubelet", "/var/lib/kube-proxy")
_NODE = "test-node"
# kubeadm and the API server refuse a loopback address here; nobody connects to it.
_ADVERTISED = "192.0.2.1"
_IMAGES = {
    "api_server_image": "registry.example.com/kube-apiserver:v0",
    "controller_manager_image": "registry.example.com/kube-controller-manager:v0",
    "scheduler_image": "registry.example.com/kube-scheduler:v0",
    "etcd_image": "registry.example.com/etcd:v0",
}


def emitted(kubernetes: str, control_plane: dict[str, Any], policies: Sequence[HostFile] = ()) -> DialectOutput:
    """What the dialect static-pod writes for a version, with policies that the API server reads."""
    version = KubeVersion.parse(kubernetes)
    spec = ControlPlaneSpec.model_validate({**control_plane, "static_pods": _IMAGES})
    problems = [
        problem
        for name in ControlPlaneSpec.model_fields
        if (part := getattr(spec, name)) is not None
        for problem in part.problems(version, Dialect.STATIC_POD)
    ]
    assert not problems, problems
    assert spec.static_pods is not None
    return write_static_pods(plan_control_plane(spec, version, Dialect.STATIC_POD, policies), version, spec.static_pods)


@dataclass
class EmittedControlPlane:
    """A host's folder with emitted files, and the servers that run from them."""

    cluster: Cluster
    ports: dict[str, int]
    substitutions: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """Stands for / of the host."""
        return self.cluster.folder / "host"

    def write(self, output: DialectOutput) -> None:
        """Put the host files under the root."""
        for file in output.host_files:
            path = Path(f"{self.root}{file.path}")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            path.write_text(self._under_root(file.text))

    def bootstrap(self, *arguments: str) -> None:
        """Run the node's own script that makes keys and fills them in."""
        script = self.root / "etc/kubernetes/hardening/encryption/bootstrap.sh"
        done = subprocess.run(["/bin/sh", script, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def command(self, component: str) -> list[str]:
        """The emitted command line of a component, with what a test must substitute."""
        manifest = yaml.safe_load((self.root / f"etc/kubernetes/manifests/{component}.yaml").read_text())
        program, *flags = manifest["spec"]["containers"][0]["command"]
        assert program == component
        made = [self._substituted(component, flag) for flag in flags]
        made += [f"--{flag}={value}" for flag, value in self._listening(component).items()
                 if not any(one.startswith(f"--{flag}=") for one in made)]  # fmt: skip
        self.substitutions += [
            f"{component}: {old} -> {new}" for old, new in zip(flags, made, strict=False) if old != new
        ]
        self.substitutions += [f"{component}: (default) -> {new}" for new in made[len(flags) :]]
        return made

    def _listening(self, component: str) -> dict[str, str]:
        """Addresses and ports that a component would choose by itself, and that are taken or open to all here."""
        if component == "kube-apiserver":
            return {"bind-address": "127.0.0.1"}
        if component == "kube-controller-manager":
            return {"secure-port": str(self.ports["10257"])}
        return {}

    def _substituted(self, component: str, flag: str) -> str:
        name = flag.partition("=")[0]
        if name == "--advertise-address":
            return f"{name}={_ADVERTISED}"
        flag = flag.replace("$(HOST_IP)", "127.0.0.2").replace("$(NODE_NAME)", _NODE)
        for old, new in self.ports.items():
            flag = flag.replace(f":{old}", f":{new}")
        if name == "--secure-port" and component == "kube-apiserver":
            return f"{name}={self.cluster.port}"
        return flag

    def _under_root(self, text: str) -> str:
        for root in _ROOTS:
            text = text.replace(root, f"{self.root}{root}")
        return text

    def restart_api_server(self) -> None:
        """Stop the API server and start it from the files as they are now."""
        old = next(one for one in self.cluster.servers if one.name == "kube-apiserver")
        old.stop()
        self.cluster.servers.remove(old)
        self.start("kube-apiserver")

    def start(self, component: str) -> Server:
        """Start a component from its emitted command line."""
        if component == "etcd":
            server = Server.start("etcd", [self.cluster.binaries.etcd, *self.command(component)], self.root)
            self.cluster.servers.append(server)
            server.wait_until(self._etcd_answers)
            return server
        if component == "kube-apiserver":
            return self.cluster.start_api_server(self.command(component))
        server = Server.start(component, [self.cluster.binaries[component], *self.command(component)], self.root)
        self.cluster.servers.append(server)
        return server

    def _etcd_answers(self) -> bool:
        try:
            self.cluster.range("/nothing")
        except OSError:
            return False
        return True

    def audit_log(self) -> Path:
        return self.root / "var/log/kubernetes/audit/audit.log"


@contextmanager
def booted(
    binaries: Binaries,
    folder: Path,
    control_plane: dict[str, Any] | None = None,
    policies: Sequence[HostFile] = (),
) -> Iterator[EmittedControlPlane]:
    """etcd, API server and controller manager from emitted settings, ended afterwards."""
    with stopped(binaries, folder, control_plane or {}, policies) as made:
        made.bootstrap("make", "key-1")
        made.bootstrap("fill")
        made.start("etcd")
        made.start("kube-apiserver")
        manager = made.start("kube-controller-manager")
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        manager.wait_until(lambda: made.cluster.request("GET", account).status == 200)
        paths = f"files and flags: {', '.join(_ROOTS)} -> below the test's own folder"
        print("\n".join(["substituted:", paths, *made.substitutions]))
        yield made


@contextmanager
def stopped(
    binaries: Binaries, folder: Path, control_plane: dict[str, Any], policies: Sequence[HostFile] = ()
) -> Iterator[EmittedControlPlane]:
    """The same before anything was started."""
    ports = {name: free_port() for name in ("2379", "2380", "2381", "10257")}
    cluster = Cluster(folder, binaries, free_port(), ports["2379"])
    made = EmittedControlPlane(cluster, ports)
    cluster.pki = made.root / "etc/kubernetes/pki"
    cluster.etcd_client = (cluster.pki / "apiserver-etcd-client.crt", cluster.pki / "apiserver-etcd-client.key")
    made.write(emitted(binaries.version, control_plane, policies))
    for name in ("var/log/kubernetes/audit", "var/lib/etcd"):
        (made.root / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    make_certificates(cluster)
    for kubeconfig in cluster.folder.glob("*.conf"):
        (made.root / "etc/kubernetes" / kubeconfig.name).write_text(kubeconfig.read_text())
    try:
        yield made
    finally:
        for server in reversed(cluster.servers):
            server.stop()
