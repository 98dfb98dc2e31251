"""What the plans refuse, and why: either a real server refuses it as well, or it takes it and is insecure."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import control_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec, control_plane_problems
from k8s_hardening.model.knowledge import Knowledge
from tests.cluster.binaries import NEWEST, OLDEST, Binaries, binaries
from tests.cluster.cluster import Cluster, cluster

pytestmark = pytest.mark.cluster


def key(length: int) -> str:
    return base64.b64encode(b"k" * length).decode()


def encryption(*providers: dict[str, Any], resources: tuple[str, ...] = ("secrets",)) -> dict[str, Any]:
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": list(resources), "providers": list(providers)}],
    }


def keyed(kind: str, *keys: tuple[str, str]) -> dict[str, Any]:
    return {kind: {"keys": [{"name": name, "secret": secret} for name, secret in keys]}}


KMS_V1 = {"kms": {"name": "old", "endpoint": "unix:///tmp/none.sock"}}


@dataclass(frozen=True)
class Row:
    """One configuration that must not be."""

    name: str
    says: str
    """What the server says when it refuses; for insecure rows nothing."""
    version: str = NEWEST
    flags: tuple[str, ...] = ()
    file: tuple[str, dict[str, Any]] | None = None
    """Flag, and the content of the file that it names."""
    ours: tuple[dict[str, Any], str] | None = None
    """A baseline's control plane that asks for it, and what our refusal says."""


REFUSED_BY_THE_SERVER = (
    Row(
        "an unknown plug-in",
        'plugin "PodSecurityPolicy" is unknown',
        flags=("--enable-admission-plugins=PodSecurityPolicy",),
        ours=({"admission": {"enable": ["PodSecurityPolicy"]}}, "PodSecurity"),
    ),
    Row(
        "the old list beside the new ones",
        "mutually exclusive",
        flags=("--admission-control=NamespaceLifecycle",),
    ),
    Row("event limits without limits", "limits", flags=("--enable-admission-plugins=EventRateLimit",)),
    Row("a password file", "unknown flag", flags=("--basic-auth-file=/dev/null",)),
    Row("an open port", "unknown flag", flags=("--insecure-port=8080",)),
    Row("an open port, on the oldest", "unknown flag", version=OLDEST, flags=("--insecure-port=8080",)),
    Row("no issuer of tokens", "service-account-issuer", flags=("-service-account-issuer",)),
    Row("an unknown cipher", "not supported or doesn't exist", flags=("--tls-cipher-suites=TLS_NONE",)),
    Row("a file of the future", "unknown flag", version=OLDEST, flags=("--authentication-config=/dev/null",)),
    Row(
        "KMS v1",
        "Use KMSv2 instead",
        file=("encryption-provider-config", encryption(KMS_V1)),
    ),
    Row(
        "a short key of secretbox",
        "secret is not of the expected length",
        file=("encryption-provider-config", encryption(keyed("secretbox", ("a", key(16))))),
    ),
    Row(
        "a key that is not base64",
        "secret",
        file=("encryption-provider-config", encryption(keyed("aescbc", ("a", "not base64!")))),
    ),
    Row(
        "a resource behind a wildcard",
        "masked",
        file=(
            "encryption-provider-config",
            {
                **encryption(),
                "resources": [
                    {"resources": ["*.*"], "providers": [keyed("secretbox", ("a", key(32)))]},
                    {"resources": ["secrets"], "providers": [keyed("secretbox", ("b", key(32)))]},
                ],
            },
        ),
    ),
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Cluster]]:
    """For each version one etcd with certificates, for servers that come and go."""
    made: dict[str, Cluster] = {}
    contexts = []

    def store(version: str) -> Cluster:
        if version not in made:
            servers: Binaries = binaries(version)
            context = cluster(servers, tmp_path_factory.mktemp(f"store-{version}"))
            made[version] = context.__enter__()
            contexts.append(context)
        return made[version]

    yield store
    for context in contexts:
        context.__exit__(None, None, None)


def flags_of(store: Cluster, row: Row) -> list[str]:
    """The ordinary flags with the row's own: `-name` takes one away."""
    flags = store.plain_flags()
    for flag in row.flags:
        name = flag.lstrip("-").partition("=")[0]
        flags = [one for one in flags if not one.startswith(f"--{name}=")]
        if flag.startswith("--"):
            flags.append(flag)
    if row.file is not None:
        path = store.folder / "refused.yaml"
        path.write_text(yaml.safe_dump(row.file[1]))
        flags.append(f"--{row.file[0]}={path}")
    return flags


@pytest.mark.parametrize("row", REFUSED_BY_THE_SERVER, ids=lambda row: row.name)
def test_a_real_server_refuses_it_too(row: Row, stores: Callable[[str], Cluster]) -> None:
    store = stores(row.version)
    server = store.start_api_server(flags_of(store, row), name=f"refused-{abs(hash(row.name))}", wait=False)
    try:
        assert server.wait_for_end() != 0
        assert row.says in server.log.read_text().replace('\\"', '"')
    finally:
        server.stop()


@pytest.mark.parametrize(
    "row",
    [row for row in REFUSED_BY_THE_SERVER if row.file and "Encryption" in row.file[1]["kind"]],
    ids=lambda row: row.name,
)
def test_the_control_finds_it_before_any_server_does(row: Row) -> None:
    assert row.file is not None
    found = list(judge(row.file[1], [control_of("encryption-configuration")], Knowledge(kubernetes=KubeVersion(1, 37))))
    assert found


@pytest.mark.parametrize("row", [row for row in REFUSED_BY_THE_SERVER if row.ours], ids=lambda row: row.name)
def test_the_baseline_refuses_it(row: Row) -> None:
    assert row.ours is not None
    raw, says = row.ours
    found = list(control_plane_problems({"kubernetes": row.version, "dialect": "kubeadm", "control_plane": raw}))
    assert any(says in text for _, _, text in found), found


INSECURE = (
    ("identity first", encryption({"identity": {}}, keyed("aescbc", ("a", key(32)))), b"plain-text-canary"),
    ("an AES key of 16 bytes", encryption(keyed("aescbc", ("a", key(16)))), b"k8s:enc:aescbc:v1:a:"),
    ("two keys of one name", encryption(keyed("aescbc", ("a", key(32)), ("a", key(16)))), b"k8s:enc:aescbc:v1:a:"),
)


@pytest.mark.parametrize(("name", "configuration", "stored"), INSECURE, ids=[row[0] for row in INSECURE])
def test_a_real_server_takes_it_and_the_control_does_not(
    name: str, configuration: dict[str, Any], stored: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "encryption.yaml"
    path.write_text(yaml.safe_dump(configuration))
    with cluster(binaries(NEWEST), tmp_path) as store:
        store.start_api_server([*store.plain_flags(), f"--encryption-provider-config={path}"])
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "taken", "namespace": "kube-system"},
            "stringData": {"value": "plain-text-canary"},
        }
        made = store.request("POST", "/api/v1/namespaces/kube-system/secrets", body)
        assert made.status == 201, made.body
        (raw,) = store.range("/registry/secrets/kube-system/taken").values()
        assert stored in raw
    assert list(
        judge(configuration, [control_of("encryption-configuration")], Knowledge(kubernetes=KubeVersion(1, 37)))
    )


def test_always_allow_gives_everything_to_anybody(stores: Callable[[str], Cluster]) -> None:
    """The default of --authorization-mode, in every version."""
    store = stores(OLDEST)
    flags = [one for one in store.plain_flags() if not one.startswith("--authorization-mode=")]
    server = store.start_api_server(flags, name="always-allow")
    try:
        nobody = store.folder / "controller-manager.conf"
        assert store.request("GET", "/api/v1/secrets", kubeconfig=nobody).status == 200
        # A user whom RBAC lets do hardly anything may now change who may do what.
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "mine"},
                "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}  # fmt: skip
        path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
        assert store.request("POST", path, role, kubeconfig=store.folder / "scheduler.conf").status == 201
    finally:
        server.stop()
    with pytest.raises(ValidationError, match="AlwaysAllow"):
        ControlPlaneSpec.model_validate({"authorization": {"authorizers": [{"type": "AlwaysAllow"}]}})
