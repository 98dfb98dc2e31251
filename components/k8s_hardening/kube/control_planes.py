"""The settings of the control plane's programs, wherever an object holds them.

Read: pods whose container starts such a program (static pods, self-hosted ones), kubeadm's ClusterConfiguration,
InitConfiguration and JoinConfiguration as objects and as texts of ConfigMaps (`kubeadm-config`), the objects of
Cluster API that carry them, and configurations of k3s and RKE2 in ConfigMaps and Secrets. What kubeadm sets by itself
is known, so an absent flag means what it will mean.
Sources: k8s.io/kubernetes v1.18.20 to v1.37.2 cmd/kubeadm/app/phases/controlplane/manifests.go and volumes.go,
cmd/kubeadm/app/phases/etcd/local.go; sigs.k8s.io/cluster-api v1.11 api/bootstrap/kubeadm, api/controlplane/kubeadm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.kube.apis import BUILT_IN_GROUPS
from k8s_hardening.kube.command_lines import (
    Argument,
    Word,
    first_command,
    parse_extra_args,
    parse_pairs,
    parse_words,
    with_environment,
    words_of_script,
)
from k8s_hardening.kube.documents import Document, read_documents
from k8s_hardening.kube.embedded import ConfigurationKind, EmbeddedFile, embedded_files
from k8s_hardening.kube.flags import API_SERVER, CONTROLLER_MANAGER, ETCD, KUBELET, PROGRAMS, SCHEDULER, flags_of
from k8s_hardening.kube.keeping import once
from k8s_hardening.kube.manifest import (
    UNKNOWN,
    Manifest,
    api_group_of,
    as_list,
    as_map,
    as_str,
    key_path,
    kind_of,
    name_of,
    namespace_of,
)
from k8s_hardening.kube.pods import Container, Pod, pods_of
from k8s_hardening.kube.texts import CONFIG_MAP_OR_SECRET, texts_of

_SERVERS = frozenset(PROGRAMS) - {KUBELET}
_HYPERKUBE = {"apiserver": API_SERVER, "controller-manager": CONTROLLER_MANAGER, "scheduler": SCHEDULER}
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_CLUSTER_API_GROUPS = frozenset({"controlplane.cluster.x-k8s.io", "bootstrap.cluster.x-k8s.io"})

_KUBEADM = "kubeadm.k8s.io"
_CLUSTER = ConfigurationKind(_KUBEADM, "ClusterConfiguration", ("kubeadm-config", "kubeadm-cluster"))
_NODES = (
    ConfigurationKind(_KUBEADM, "InitConfiguration", ("kubeadm-init",)),
    ConfigurationKind(_KUBEADM, "JoinConfiguration", ("kubeadm-join",)),
)

# Keys of the configuration of k3s and RKE2 (github.com/k3s-io/k3s pkg/cli/cmds/server.go, agent.go).
_RANCHER_KEYS = {
    "etcd-arg": ETCD,
    "kube-apiserver-arg": API_SERVER,
    "kube-controller-manager-arg": CONTROLLER_MANAGER,
    "kube-scheduler-arg": SCHEDULER,
    "kubelet-arg": KUBELET,
}

# What kubeadm 1.18 to 1.37 writes for each program (the ports without TLS only as long as there are such); extraArgs
# replace it flag by flag.
_PKI = "/etc/kubernetes/pki"
_BY_KUBEADM: dict[str, dict[str, str]] = {
    API_SERVER: {
        "authorization-mode": "Node,RBAC",
        "client-ca-file": f"{_PKI}/ca.crt",
        "enable-admission-plugins": "NodeRestriction",
        "insecure-port": "0",
        "etcd-cafile": f"{_PKI}/etcd/ca.crt",
        "etcd-certfile": f"{_PKI}/apiserver-etcd-client.crt",
        "etcd-keyfile": f"{_PKI}/apiserver-etcd-client.key",
        "etcd-servers": "https://127.0.0.1:2379",
        "kubelet-client-certificate": f"{_PKI}/apiserver-kubelet-client.crt",
        "kubelet-client-key": f"{_PKI}/apiserver-kubelet-client.key",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-client-ca-file": f"{_PKI}/front-proxy-ca.crt",
        "service-account-key-file": f"{_PKI}/sa.pub",
        "tls-cert-file": f"{_PKI}/apiserver.crt",
        "tls-private-key-file": f"{_PKI}/apiserver.key",
    },
    CONTROLLER_MANAGER: {
        "bind-address": "127.0.0.1",
        "port": "0",
        "root-ca-file": f"{_PKI}/ca.crt",
        "service-account-private-key-file": f"{_PKI}/sa.key",
        "use-service-account-credentials": "true",
    },
    SCHEDULER: {"bind-address": "127.0.0.1", "port": "0"},
    ETCD: {
        "cert-file": f"{_PKI}/etcd/server.crt",
        "key-file": f"{_PKI}/etcd/server.key",
        "trusted-ca-file": f"{_PKI}/etcd/ca.crt",
        "client-cert-auth": "true",
        "peer-cert-file": f"{_PKI}/etcd/peer.crt",
        "peer-key-file": f"{_PKI}/etcd/peer.key",
        "peer-trusted-ca-file": f"{_PKI}/etcd/ca.crt",
        "peer-client-cert-auth": "true",
    },
}
_MOUNTED_BY_KUBEADM = {
    API_SERVER: (_PKI, "/etc/ssl/certs", "/etc/ca-certificates", "/etc/pki", "/usr/share/ca-certificates"),
    CONTROLLER_MANAGER: (
        _PKI,
        "/etc/ssl/certs",
        "/etc/ca-certificates",
        "/etc/pki",
        "/usr/share/ca-certificates",
        "/etc/kubernetes/controller-manager.conf",
    ),
    SCHEDULER: ("/etc/kubernetes/scheduler.conf",),
    ETCD: (f"{_PKI}/etcd", "/var/lib/etcd"),
}
_KUBEADM_FIELDS = {"apiServer": API_SERVER, "controllerManager": CONTROLLER_MANAGER, "scheduler": SCHEDULER}


@dataclass(frozen=True, slots=True)
class ComponentSettings:
    """The flags of one program, as one object gives them."""

    program: str
    """Its name, as in kube/flags.py."""
    path: str
    """JSON path of what holds the flags."""
    arguments: tuple[Argument, ...]
    implied: Mapping[str, str] = field(default_factory=dict)
    """Flags that the reader of the object sets when the object does not."""
    mounts: tuple[str, ...] | None = None
    """Paths that the program sees of its host; None when it runs on the host itself or the object does not tell."""
    is_whole: bool = True
    """A flag that is not among these is not set at all; false where others add to them."""
    is_secret: bool = False
    """The flags stand in a Secret, whose values must not be shown."""

    def given(self, flag: str) -> tuple[Argument, ...]:
        """Every time that a flag is given; a word that is not known until apply is none of them."""
        return tuple(one for one in self.arguments if one.name == flag)

    def values(self, flag: str) -> tuple[Any, ...]:
        """The values of a flag, or what it is set to when it is not given."""
        given = tuple(one.value for one in self.given(flag))
        return given or ((self.implied[flag],) if flag in self.implied else ())

    def items(self, flag: str) -> frozenset[str]:
        """All items of a flag that holds lists with commas, of every time it is given."""
        texts = (value for value in self.values(flag) if isinstance(value, str))
        return frozenset(item.strip() for text in texts for item in text.split(",") if item.strip())

    def has(self, flag: str) -> bool:
        """Whether a flag is set to something, be it not known until apply."""
        return any(value is UNKNOWN or value != "" for value in self.values(flag))

    def at(self, flag: str) -> str:
        """JSON path at which an absent flag would stand."""
        return f'{self.path}["--{flag}"]' if self.path.endswith(("command", "args")) else key_path(self.path, flag)

    @property
    def is_of_kubeadm(self) -> bool:
        """Whether kubeadm reads the object and writes the program's command line."""
        return bool(self.implied)

    @property
    def unknown(self) -> tuple[str, ...]:
        """JSON paths of the words that are not known until apply, and may be any flag."""
        return tuple(one.path for one in self.arguments if not one.name)


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A file that may hold such settings and is too large to be read."""

    path: str


def settings_of(manifest: Manifest, *programs: str) -> Iterator[ComponentSettings]:
    """The settings of every program (or of some) that an object holds."""
    for settings in _all(manifest, programs):
        if not programs or settings.program in programs:
            yield settings


def may_configure(manifest: Manifest) -> bool:
    """Whether an object could hold settings or a configuration file of the control plane: false for most objects.

    Such files are objects of groups of their own, or texts of a ConfigMap or Secret.
    """
    group = api_group_of(manifest)
    return (
        group not in BUILT_IN_GROUPS
        or (not group and kind_of(manifest) in CONFIG_MAP_OR_SECRET)
        or any(True for _ in _of_pods(manifest))
    )


def too_large(manifest: Manifest) -> Iterator[TooLarge]:
    """Files of kubeadm in an object that are too large to be read, and so hold what nobody judged."""
    for wanted in (_CLUSTER, *_NODES):
        for file in embedded_files(manifest, wanted):
            if file.content is None:
                yield TooLarge(file.path or "(object)")


def _all(manifest: Manifest, programs: tuple[str, ...]) -> Iterator[ComponentSettings]:
    group = api_group_of(manifest)
    if programs != (KUBELET,):  # which runs on the host itself
        yield from _of_pods(manifest)
    if group in _CLUSTER_API_GROUPS:
        yield from _of_cluster_api(manifest)
    if group == _KUBEADM or (not group and kind_of(manifest) in CONFIG_MAP_OR_SECRET):
        yield from _of_kubeadm(manifest)
        yield from _of_rancher(manifest)


@once
def _of_pods(manifest: Manifest) -> Iterator[ComponentSettings]:
    # Looking for pods in a custom resource is dear, and hardly one starts a server.
    if api_group_of(manifest) in BUILT_IN_GROUPS or _mentions_a_server(manifest):
        for pod in pods_of(manifest):
            yield from _of_pod(manifest, pod)


def _mentions_a_server(manifest: Manifest) -> bool:
    """Whether any text in an object may be the name of a program of the control plane."""
    waiting: list[Any] = [manifest]
    seen: set[int] = set()  # YAML aliases may make one node stand in many places
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "kube-" in value or "etcd" in value or "hyperkube" in value:
                return True
        elif value is UNKNOWN:
            return True
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return False


def _of_pod(manifest: Manifest, pod: Pod) -> Iterator[ComponentSettings]:
    for container in pod.containers():
        program, words, where = _command_of(container, _named_program(manifest, pod, container))
        if program is None or (program == ETCD and not _is_of_the_control_plane(manifest, pod)):
            continue
        booleans = {name for name, span in flags_of(program).items() if span.boolean}
        arguments = list(parse_words(with_environment(words, _environment(container)), booleans))
        if program == ETCD:
            arguments += _etcd_environment(container)
        yield ComponentSettings(program, where, tuple(arguments), mounts=_mounts(container))


def _named_program(manifest: Manifest, pod: Pod, container: Container) -> str | None:
    """The program that labels or names tell, for a command that tells none."""
    labels = as_map(pod.metadata.get("labels"))
    told = [container.spec.get("name"), labels.get("component"), labels.get("k8s-app"), name_of(manifest)]
    return next((one for one in told if isinstance(one, str) and one in _SERVERS), None)


def _command_of(container: Container, named: str | None) -> tuple[str | None, list[Word], str]:
    """The program that a container starts, the words after it, and the path of the list they stand in."""
    words: list[Word] = []
    for key in ("command", "args"):
        value = container.spec.get(key)
        if value is UNKNOWN:
            words.append((f"{container.path}.{key}", UNKNOWN))
        else:
            words += [(f"{container.path}.{key}[{index}]", word) for index, word in enumerate(as_list(value))]
    where = f"{container.path}.{'args' if as_list(container.spec.get('args')) else 'command'}"
    for index, (_, word) in enumerate(words):
        program = _program_of(word)
        if program is not None:
            return program, words[index + 1 :], where
        if isinstance(word, str) and word.rpartition("/")[2] in _SHELLS:
            return *_in_script(words[index + 1 :], named), where
    if any(word is UNKNOWN for _, word in words) or _image_of(container) == named:
        return named, words, where
    return None, [], where


def _program_of(word: Any) -> str | None:
    last = as_str(word).rpartition("/")[2]
    return last if last in _SERVERS else _HYPERKUBE.get(last)


def _image_of(container: Container) -> str:
    image = as_str(container.spec.get("image")).partition("@")[0]
    return image.rpartition("/")[2].partition(":")[0]


def _in_script(words: list[Word], expected: str | None) -> tuple[str | None, list[Word]]:
    """The program that a shell is told to start, if it is one of the control plane's."""
    for path, word in words:
        if word is UNKNOWN:
            return expected, [(path, UNKNOWN)]
        text = as_str(word)
        named = next((program for program in sorted(_SERVERS) if program in text), None)
        if named is None:
            continue
        script = words_of_script(text)
        if script is None:
            return named, [(path, UNKNOWN)]
        for index, one in enumerate(script):
            program = _program_of(one)
            if program is not None:
                return program, [(path, one) for one in first_command(script[index + 1 :])]
    return None, []


def _is_of_the_control_plane(manifest: Manifest, pod: Pod) -> bool:
    # etcd is a database that anybody may run; the control plane's own is in kube-system, or says so.
    return namespace_of(manifest) == "kube-system" or as_map(pod.metadata.get("labels")).get("tier") == "control-plane"


def _environment(container: Container) -> dict[str, Any]:
    found: dict[str, Any] = {}
    items = as_list(container.spec.get("env"))
    if UNKNOWN in items:
        return as_map(UNKNOWN)  # every name may be in it
    for item in items:
        name = as_str(as_map(item).get("name"))
        value = as_map(item).get("value")
        if "valueFrom" not in as_map(item):
            found[name] = "" if value is None else value
    return found


def _etcd_environment(container: Container) -> Iterator[Argument]:
    """What etcd reads of its environment: ETCD_CERT_FILE for --cert-file.

    Source: go.etcd.io/etcd/pkg/v3 v3.7.0 flags/flag.go.
    """
    for index, item in enumerate(as_list(container.spec.get("env"))):
        name, path = as_map(item).get("name"), f"{container.path}.env[{index}].value"
        if name is UNKNOWN:
            yield Argument(path, "", UNKNOWN)
        elif isinstance(name, str) and name.startswith("ETCD_"):
            value = UNKNOWN if "valueFrom" in as_map(item) else as_map(item).get("value", "")
            yield Argument(path, name.removeprefix("ETCD_").lower().replace("_", "-"), value)


def _mounts(container: Container) -> tuple[str, ...] | None:
    paths = [as_map(mount).get("mountPath") for mount in as_list(container.spec.get("volumeMounts"))]
    return None if UNKNOWN in paths else tuple(map(as_str, paths))


@once
def _of_kubeadm(manifest: Manifest) -> Iterator[ComponentSettings]:
    is_secret = kind_of(manifest) == "Secret"
    for file in embedded_files(manifest, _CLUSTER):
        if file.content is not None:
            yield from _of_cluster_configuration(as_map(file.content), file, is_secret)
    for wanted in _NODES:
        for file in embedded_files(manifest, wanted):
            if file.content is not None:
                yield from _of_node(as_map(file.content), file, is_secret)


def _of_cluster_configuration(
    content: dict[str, Any], file: EmbeddedFile, is_secret: bool
) -> Iterator[ComponentSettings]:
    for key, program in _KUBEADM_FIELDS.items():
        yield _of_extra_args(as_map(content.get(key)), file.at(key), program, is_secret)
    etcd = as_map(content.get("etcd"))
    if etcd.get("external") is None or etcd.get("external") is UNKNOWN:
        yield _of_extra_args(as_map(etcd.get("local")), file.at("etcd.local"), ETCD, is_secret)


def _of_extra_args(holder: dict[str, Any], path: str, program: str, is_secret: bool) -> ComponentSettings:
    where = f"{path}.extraArgs"
    volumes = as_list(holder.get("extraVolumes"))
    mounts = [as_str(as_map(volume).get("mountPath")) for volume in volumes]
    return ComponentSettings(
        program,
        where,
        tuple(parse_extra_args(holder.get("extraArgs"), where)),
        implied=_BY_KUBEADM[program],
        mounts=None if UNKNOWN in volumes else (*_MOUNTED_BY_KUBEADM[program], *mounts),
        is_secret=is_secret,
    )


def _of_node(content: dict[str, Any], file: EmbeddedFile, is_secret: bool) -> Iterator[ComponentSettings]:
    path = file.at("nodeRegistration.kubeletExtraArgs")
    arguments = tuple(parse_extra_args(as_map(content.get("nodeRegistration")).get("kubeletExtraArgs"), path))
    if arguments:
        # The kubelet reads its configuration file beside these flags.
        yield ComponentSettings(KUBELET, path, arguments, is_whole=False, is_secret=is_secret)


def _of_rancher(manifest: Manifest) -> Iterator[ComponentSettings]:
    """The flags that k3s and RKE2 hand on; the distributions set many others themselves."""
    for text in texts_of(manifest):
        if text.content is None or not any(key in text.content for key in _RANCHER_KEYS):
            continue
        for document in read_documents(text.content.encode(), text.path):
            content = document.value if isinstance(document, Document) else None
            for key, program in _RANCHER_KEYS.items():
                path = f"{text.path}.{key}"
                arguments = tuple(parse_pairs(as_map(content).get(key), path))
                if arguments:
                    is_secret = kind_of(manifest) == "Secret"
                    yield ComponentSettings(program, path, arguments, is_whole=False, is_secret=is_secret)


def _of_cluster_api(manifest: Manifest) -> Iterator[ComponentSettings]:
    steps = {
        "KubeadmControlPlane": ("spec", "kubeadmConfigSpec"),
        "KubeadmControlPlaneTemplate": ("spec", "template", "spec", "kubeadmConfigSpec"),
        "KubeadmConfig": ("spec",),
        "KubeadmConfigTemplate": ("spec", "template", "spec"),
    }.get(kind_of(manifest))
    if steps is None:
        return
    content: dict[str, Any] = manifest
    for step in steps:
        content = as_map(content.get(step))
    path = ".".join(steps)
    cluster = content.get("clusterConfiguration")
    if cluster is not None or "ControlPlane" in kind_of(manifest):
        yield from _of_cluster_configuration(
            as_map(cluster), EmbeddedFile(f"{path}.clusterConfiguration", cluster), is_secret=False
        )
    for key in ("initConfiguration", "joinConfiguration"):
        yield from _of_node(as_map(content.get(key)), EmbeddedFile(f"{path}.{key}", content.get(key)), is_secret=False)
