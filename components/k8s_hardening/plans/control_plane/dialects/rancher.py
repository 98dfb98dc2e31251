"""What k3s and RKE2 share: one configuration file whose lists of `<component>-arg` hold `flag=value`.

Sources: k3s-io/k3s pkg/configfilearg/parser.go, pkg/daemons/control/server.go, pkg/daemons/agent/agent_linux.go;
k3s-io/docs docs/installation/configuration.md (files from v1.19.1+k3s1, `+` after a key to append; drop-ins of the
kubelet from 1.32).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.plans.control_plane.dialects.kube_proxy_flags import kube_proxy_fields, kube_proxy_flag
from k8s_hardening.plans.control_plane.dialects.kubelet_flags import fields_of, kubelet_flag, without
from k8s_hardening.plans.control_plane.dialects.owned import is_distributions
from k8s_hardening.plans.control_plane.dialects.writing import (
    COMMA_LISTS,
    KUBELET,
    arguments,
    document_of,
    settings_of,
)
from k8s_hardening.plans.control_plane.part import Component, Part, Setting
from k8s_hardening.plans.control_plane.paths import HARDENING
from k8s_hardening.plans.plan import HostFile, Hosts

_DROP_INS_SINCE = KubeVersion(1, 21)  # /etc/rancher/<name>/config.yaml.d, from v1.21.0+k3s1
_KUBELET_DROP_INS_SINCE = KubeVersion(1, 32)
_ETCD_LISTS_SINCE = KubeVersion(1, 31)
_SECCOMP_DEFAULT_SINCE = KubeVersion(1, 22)

# The agent gives its kubelet these itself (pkg/daemons/agent/agent_linux.go and agent.go): certificates that the server
# signs, and where the node's runtime, names and folders are.
_KUBELETS_OWN = frozenset(
    {
        "authentication.x509.clientCAFile",
        "cgroupDriver",
        "clusterDNS",
        "clusterDomain",
        "containerRuntimeEndpoint",
        "resolvConf",
        "rotateCertificates",
        "serverTLSBootstrap",
        "staticPodPath",
        "tlsCertFile",
        "tlsPrivateKeyFile",
    }
)

# So nobody has to approve these certificates; and the data of etcd lies in a folder of the distribution's own.
_NOT_HERE = ("kubernetes.io/kubelet-serving", "/var/lib/etcd")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One of the two."""

    name: str
    """As it calls its folders: k3s or rke2."""
    title: str

    def config_file(self, kubernetes: KubeVersion) -> str:
        """Where our lines go: a drop-in, or where a version reads none, a file to merge by hand."""
        if kubernetes >= _DROP_INS_SINCE:
            return f"/etc/rancher/{self.name}/config.yaml.d/50-k8s-hardening.yaml"
        return f"{HARDENING}/{self.name}/config.yaml"

    @property
    def kubelet_drop_in(self) -> str:
        """Where the kubelet reads its configuration, from 1.32 on."""
        return f"/var/lib/rancher/{self.name}/agent/etc/kubelet.conf.d/50-k8s-hardening.conf"


@dataclass(frozen=True, slots=True)
class RancherConfig:
    """The configuration of the servers and of the nodes, with what went elsewhere."""

    server: dict[str, Any]
    """Keys of the servers' configuration, agents' included, which every server is, too."""
    agent: dict[str, Any]
    """Keys of the agents' configuration."""
    files: tuple[HostFile, ...]
    """Files that the kubelet reads itself."""
    not_expressible: tuple[str, ...]
    owned: tuple[str, ...]


def asked_of(part: Part, component: Component) -> tuple[Setting, ...]:
    """The settings that the distribution must be told."""
    return tuple(one for one in settings_of(part, component) if not is_distributions(one))


def rancher_config(part: Part, kubernetes: KubeVersion, distribution: Distribution) -> RancherConfig:
    """Everything that both distributions write alike."""
    plus = "+" if kubernetes >= _DROP_INS_SINCE else ""
    server: dict[str, Any] = {}
    for component in (Component.API_SERVER, Component.CONTROLLER_MANAGER, Component.SCHEDULER):
        if lines := [line for one in asked_of(part, component) for line in arguments(one)]:
            server[f"{component}-arg{plus}"] = lines
    etcd, etcd_gaps = _etcd(asked_of(part, Component.ETCD), kubernetes, distribution)
    if etcd:
        server[f"{Component.ETCD}-arg{plus}"] = etcd
    kubelet, files, kubelet_gaps = _kubelet(document_of(part, KUBELET), kubernetes, distribution)
    proxy, proxy_gaps = _kube_proxy(part, distribution)
    agent = {f"kubelet-arg{plus}": kubelet, f"kube-proxy-arg{plus}": proxy}
    agent = {key: lines for key, lines in agent.items() if lines}
    return RancherConfig(
        server={**server, **agent},
        agent=agent,
        files=files,
        not_expressible=(*etcd_gaps, *kubelet_gaps, *proxy_gaps),
        owned=tuple(_own(part, distribution)),
    )


def config_files(config: RancherConfig, kubernetes: KubeVersion, distribution: Distribution) -> tuple[HostFile, ...]:
    """The files of a distribution: servers read theirs, agents a smaller one."""
    path = distribution.config_file(kubernetes)
    made = [HostFile(path, as_yaml(config.server)), *config.files]
    if config.agent:
        # An agent does not know the keys of a server and would refuse them.
        made.append(
            HostFile(f"{HARDENING}/{distribution.name}/agent-config.yaml", as_yaml(config.agent), Hosts.EVERY_NODE)
        )
    return tuple(made)


def advice_here(part: Part) -> Iterator[str]:
    """What the parts leave to the operator, without what both distributions do themselves."""
    return (text for text in part.advice if not any(place in text for place in _NOT_HERE))


def merging_advice(config: RancherConfig, kubernetes: KubeVersion, distribution: Distribution) -> Iterator[str]:
    """How the files become the distribution's configuration."""
    name, title = distribution.name, distribution.title
    if kubernetes < _DROP_INS_SINCE:
        yield (
            f"{title} of Kubernetes {kubernetes} reads no drop-ins: merge {distribution.config_file(kubernetes)} into "
            f"/etc/rancher/{name}/config.yaml of every server."
        )
    if config.agent:
        yield (
            f"Give agents their own, smaller file: install -D -m 0600 {HARDENING}/{name}/agent-config.yaml "
            f"/etc/rancher/{name}/config.yaml.d/50-k8s-hardening.yaml"
        )
    server, agent = ("rke2-server", "rke2-agent") if name == "rke2" else ("k3s", "k3s-agent")
    yield f"Restart the servers one after the other, then the agents: systemctl restart {server} (agents: {agent})"


def _etcd(
    settings: tuple[Setting, ...], kubernetes: KubeVersion, distribution: Distribution
) -> tuple[list[str], list[str]]:
    # The arguments become a configuration file, in which a list must be a list (pkg/daemons/executor/executor.go).
    lines: list[str] = []
    gaps: list[str] = []
    for one in settings:
        if one.flag not in COMMA_LISTS:
            lines += arguments(one)
        elif kubernetes >= _ETCD_LISTS_SINCE:
            lines.append(f"{one.flag}=[{','.join(one.values)}]")
        else:
            gaps.append(f"{distribution.title} of Kubernetes {kubernetes} cannot give etcd a list, such as {one.flag}.")
    return lines, gaps


def _kubelet(
    document: Manifest | None, kubernetes: KubeVersion, distribution: Distribution
) -> tuple[list[str], tuple[HostFile, ...], list[str]]:
    if document is None:
        return [], (), []
    document = without(document, _KUBELETS_OWN)
    if kubernetes >= _KUBELET_DROP_INS_SINCE:
        return [], (HostFile(distribution.kubelet_drop_in, as_yaml(document), Hosts.EVERY_NODE),), []
    lines, gaps = [], []
    for field, value in fields_of(document):
        flag = kubelet_flag(field, value)
        if flag is None or (field == "seccompDefault" and kubernetes < _SECCOMP_DEFAULT_SINCE):
            gaps.append(
                f"{distribution.title} of Kubernetes {kubernetes} starts the kubelet with flags, and none sets {field}."
            )
        else:
            lines.append(flag)
    return sorted(lines), (), gaps


def _kube_proxy(part: Part, distribution: Distribution) -> tuple[list[str], list[str]]:
    # A configuration file would turn off every flag that the distribution gives (cmd/kube-proxy/app/options.go).
    lines, gaps = [], []
    for field, value in kube_proxy_fields(part):
        if (flag := kube_proxy_flag(field, value)) is not None:
            lines.append(flag)
        else:
            gaps.append(f"{distribution.title} starts kube-proxy with flags, and none sets {field}.")
    return sorted(lines), gaps


def _own(part: Part, distribution: Distribution) -> Iterator[str]:
    for component in Component:
        if own := [f"--{one.flag}" for one in settings_of(part, component) if is_distributions(one)]:
            yield f"{distribution.title} itself gives {component} {', '.join(own)}, in its own layout."
    document = document_of(part, KUBELET) or {}
    if own := sorted(field for field, _ in fields_of(document) if field in _KUBELETS_OWN):
        yield f"{distribution.title} itself decides {', '.join(own)} of the kubelet."
