"""Life spans of flags, plug-ins, feature gates and kubelet fields: which Kubernetes versions know them.

The table kube/data/flags.json is extracted from the source of every minor version from 1.18 to 1.37 by
tools/flag-extraction (k8s.io/kubernetes v1.18.20 to v1.37.2, cmd/*/app and what it calls; etcd as kubeadm installs
it); tests/oracle/test_flags.py holds it to a new extraction. It is read when first asked for.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from k8s_hardening.kube.version import KubeVersion

API_SERVER = "kube-apiserver"
CONTROLLER_MANAGER = "kube-controller-manager"
SCHEDULER = "kube-scheduler"
KUBELET = "kubelet"
ETCD = "etcd"
PROGRAMS = (API_SERVER, CONTROLLER_MANAGER, SCHEDULER, KUBELET, ETCD)
"""Programs whose flags are known."""


@dataclass(frozen=True, slots=True)
class Span:
    """The Kubernetes versions that know a name."""

    name: str
    first: KubeVersion | None
    """None when the oldest version known here has it."""
    last: KubeVersion | None
    """None when the newest version known here has it."""
    deprecated: KubeVersion | None = None
    """First version that warns of it."""
    boolean: bool = False
    """A flag that takes its value only after an equals sign."""
    on: KubeVersion | None = None
    """First version in which an admission plug-in is on by default."""

    def is_future(self, version: KubeVersion) -> bool:
        """Whether a version is too old for it."""
        return self.first is not None and version < self.first

    def is_past(self, version: KubeVersion) -> bool:
        """Whether a version no longer knows it."""
        return self.last is not None and version > self.last

    def is_known(self, version: KubeVersion) -> bool:
        """Whether a version knows it."""
        return not self.is_future(version) and not self.is_past(version)


def flags_of(program: str) -> dict[str, Span]:
    """Every flag of a program in any version, by name without dashes; empty for a program that is not in the table."""
    return _spans().get(program, {})


def admission_plugins() -> dict[str, Span]:
    """Every admission plug-in of any version, by name."""
    return _spans()["admissionPlugins"]


def feature_gates() -> dict[str, Span]:
    """Every feature gate of the programs of any version (etcd has its own), by name."""
    return _spans()["featureGates"]


def kubelet_fields() -> dict[str, Span]:
    """Every top-level field of KubeletConfiguration in any version, by name."""
    return _spans()["kubeletFields"]


def replacement_of(program: str, flag: str) -> str | None:
    """What to do in place of a flag that is gone, as an instruction; None when nothing took its place."""
    span = flags_of(program).get(flag)
    if span is None or span.last is None:
        return None
    return _INSTEAD_OF.get((program, flag), _INSTEAD.get(flag))


@functools.cache
def _spans() -> dict[str, dict[str, Span]]:
    text = (files("k8s_hardening.kube") / "data" / "flags.json").read_text(encoding="utf-8")
    table = json.loads(text)
    tables = table["flags"] | {name: entries for name, entries in table.items() if name != "flags"}
    return {
        section: {name: _span(name, facts) for name, facts in entries.items()} for section, entries in tables.items()
    }


def _span(name: str, facts: dict[str, Any]) -> Span:
    def minor(key: str) -> KubeVersion | None:
        return KubeVersion(1, facts[key]) if key in facts else None

    return Span(name, minor("first"), minor("last"), minor("deprecated"), facts.get("boolean", False), minor("on"))


# What took the place of a flag that is gone, as the source that removed it or its release says.
_INSTEAD = {
    "address": "use --bind-address",
    "alsologtostderr": "remove it; programs log to their standard error",
    "add-dir-header": "remove it; programs log to their standard error",
    "log-backtrace-at": "remove it; programs log to their standard error",
    "log-dir": "remove it; programs log to their standard error, which the container runtime keeps",
    "log-file": "remove it; programs log to their standard error, which the container runtime keeps",
    "log-file-max-size": "remove it; programs log to their standard error, which the container runtime keeps",
    "logtostderr": "remove it; programs log to their standard error",
    "one-output": "remove it; programs log to their standard error",
    "skip-headers": "remove it; programs log to their standard error",
    "skip-log-headers": "remove it; programs log to their standard error",
    "stderrthreshold": "remove it; programs log to their standard error",
    "experimental-logging-sanitization": "remove it; keep secrets out of logs by the audit policy and log verbosity",
}
_INSTEAD_OF = {
    (API_SERVER, "audit-dynamic-configuration"): "name the webhook in --audit-webhook-config-file",
    (API_SERVER, "basic-auth-file"): "use OIDC (--oidc-issuer-url, or --authentication-config from 1.30)",
    (API_SERVER, "cloud-config"): "run the cloud provider's own cloud-controller-manager",
    (API_SERVER, "cloud-provider"): "run the cloud provider's own cloud-controller-manager",
    (API_SERVER, "experimental-encryption-provider-config"): "use --encryption-provider-config",
    (API_SERVER, "insecure-bind-address"): "remove it; the API server serves on --secure-port only",
    (API_SERVER, "insecure-port"): "remove it; the API server serves on --secure-port only",
    (API_SERVER, "kubelet-https"): "remove it; the API server always speaks TLS to kubelets",
    (API_SERVER, "port"): "remove it; the API server serves on --secure-port only",
    (API_SERVER, "service-account-api-audiences"): "use --api-audiences",
    (API_SERVER, "ssh-keyfile"): "use --egress-selector-config-file with a konnectivity server",
    (API_SERVER, "ssh-user"): "use --egress-selector-config-file with a konnectivity server",
    (CONTROLLER_MANAGER, "experimental-cluster-signing-duration"): "use --cluster-signing-duration",
    (CONTROLLER_MANAGER, "pod-eviction-timeout"): "use tolerations with tolerationSeconds",
    (CONTROLLER_MANAGER, "enable-taint-manager"): "remove it; taint-based eviction is always on",
    (CONTROLLER_MANAGER, "port"): "remove it; the controller manager serves on --secure-port only",
    (SCHEDULER, "algorithm-provider"): "use --config with a KubeSchedulerConfiguration",
    (SCHEDULER, "lock-object-name"): "use --leader-elect-resource-name",
    (SCHEDULER, "lock-object-namespace"): "use --leader-elect-resource-namespace",
    (SCHEDULER, "policy-config-file"): "use --config with a KubeSchedulerConfiguration",
    (SCHEDULER, "policy-configmap"): "use --config with a KubeSchedulerConfiguration",
    (SCHEDULER, "policy-configmap-namespace"): "use --config with a KubeSchedulerConfiguration",
    (SCHEDULER, "use-legacy-policy-config"): "use --config with a KubeSchedulerConfiguration",
    (SCHEDULER, "port"): "remove it; the scheduler serves on --secure-port only",
    (KUBELET, "cni-bin-dir"): "set the folder in the container runtime's configuration",
    (KUBELET, "cni-conf-dir"): "set the folder in the container runtime's configuration",
    (KUBELET, "container-runtime"): "remove it; every runtime is reached by --container-runtime-endpoint",
    (KUBELET, "dynamic-config-dir"): "write the kubelet's --config file itself",
    (KUBELET, "experimental-kernel-memcg-notification"): "use --kernel-memcg-notification",
    (KUBELET, "network-plugin"): "set the network plug-in in the container runtime's configuration",
    (KUBELET, "pod-infra-container-image"): "set the sandbox image in the container runtime's configuration",
    (KUBELET, "seccomp-profile-root"): "remove it; profiles lie in the folder seccomp below --root-dir",
}
