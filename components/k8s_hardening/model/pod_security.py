"""What holds pods to the level of their namespace, before Pod Security Admission and beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from k8s_hardening.kube.admission_plugins import names_in
from k8s_hardening.kube.manifest import as_list, as_map, as_str
from k8s_hardening.kube.names import is_dns1123_label
from k8s_hardening.kube.pod_security import GATED, judges
from k8s_hardening.kube.pod_security_policies import LAST, PLUGIN, is_served
from k8s_hardening.kube.version import KubeVersion, supported
from k8s_hardening.model.apparmor import InstalledName
from k8s_hardening.model.base import Model, Whole
from k8s_hardening.model.checked import Name, Reason, Switch, is_system_namespace, matching, wrong
from k8s_hardening.model.namespaces import PodSecurityLevel
from k8s_hardening.model.raw import Problem
from k8s_hardening.model.selinux import SeLinuxSpec

SYSTEM_NAMESPACE = "kube-system"
_ACCOUNTS_OF = "system:serviceaccounts:"
_EVERYBODY = ("system:authenticated", "system:serviceaccounts")
_GROUP_EXAMPLE = '"system:serviceaccounts:monitoring"'


def _group(text: str) -> str:
    if not text or text != text.strip() or not text.isprintable():
        raise wrong("is not the name of a group", _GROUP_EXAMPLE)
    if text.startswith(_ACCOUNTS_OF):
        if not is_dns1123_label(text.removeprefix(_ACCOUNTS_OF)):
            raise wrong("names no namespace of service accounts", _GROUP_EXAMPLE)
    elif text.startswith("system:") and text not in _EVERYBODY:
        raise wrong("is a group of the system that gets its policy elsewhere, or may have none", _GROUP_EXAMPLE)
    return text


# validateLocalDescendingPath in k8s.io/kubernetes v1.24.17 pkg/apis/core/validation; a comma would end the name.
_PROFILE = r"(?!/)(?!(?:.*/)?\.\.(?:/|$))[A-Za-z0-9_./-]+"
_Group = Annotated[str, AfterValidator(_group)]
_SeccompFile = Annotated[
    str, matching(_PROFILE, "is not the path of a profile below the kubelet's folder seccomp", '"profiles/audit.json"')
]


class PodSecuritySpec(Model):
    """PodSecurityPolicies of Kubernetes up to 1.24, and the way from them to Pod Security Admission.

    The level of a tenant's namespace stands with the namespace. Up to 1.22 PodSecurityPolicies enforce it, from 1.23 on
    Pod Security Admission does.
    """

    migration: Switch = False
    """Let both enforce, from Kubernetes 1.22 to 1.24, until every workload is ready for 1.25."""
    restricted_groups: tuple[_Group, ...] = Field(default=(), examples=[["system:serviceaccounts:monitoring"]])
    """Groups that may use the restricted policy in every namespace, beside the tenants' service accounts."""
    baseline_namespaces: tuple[Name, ...] = Field(default=(), examples=[["monitoring"]])
    """Namespaces of no tenant whose service accounts may use the baseline policy."""
    privileged_namespaces: dict[Name, Reason] = Field(
        default={}, examples=[{"calico-system": "The network plug-in of the nodes."}]
    )
    """Weaker: namespaces beside kube-system whose accounts may use the privileged policy, each with the reason."""
    seccomp_profiles: tuple[_SeccompFile, ...] = Field(default=(), examples=[["profiles/audit.json"]])
    """Seccomp profiles of the nodes that pods may choose; a policy knows no pattern, so each is named."""
    selinux: SeLinuxSpec = SeLinuxSpec()
    """SELinux options that every pod gets; none may choose others."""

    def uses_policies(self, kubernetes: KubeVersion) -> bool:
        """Whether PodSecurityPolicies enforce the level."""
        return is_served(kubernetes) and (self.migration or not judges(kubernetes))

    def uses_admission(self, kubernetes: KubeVersion) -> bool:
        """Whether Pod Security Admission enforces the level."""
        return judges(kubernetes, gate=self.migration)

    def problems(self, kubernetes: KubeVersion) -> Iterator[Problem]:
        """What the version has not, with what came instead."""
        if self.migration and not GATED <= kubernetes <= LAST:
            yield ("migration",), True, _no_migration(kubernetes)
        elif not self.uses_policies(kubernetes):
            for name in _INSTEAD:
                if getattr(self, name) != type(self).model_fields[name].default:
                    yield (name,), self.model_dump(mode="json")[name], f"{_ended(kubernetes)}; {_INSTEAD[name]}"


_LABELS = "pod_security of a tenant's namespace becomes a label that Pod Security Admission enforces"
_EXEMPT = "control_plane.admission.pod_security.exempt_namespaces"
_INSTEAD = {
    "restricted_groups": f"{_LABELS}, whoever makes the pod; remove it",
    "baseline_namespaces": "control_plane.admission.pod_security.enforce holds namespaces of no tenant; remove it",
    "privileged_namespaces": f"{_EXEMPT} names such namespaces; remove it",
    "seccomp_profiles": "Pod Security Admission allows every profile of the node; remove it",
    "selinux": "Pod Security Admission allows the types for containers and every level; remove it",
}


def _ended(kubernetes: KubeVersion) -> str:
    if is_served(kubernetes):
        return (
            f"is about PodSecurityPolicies, which Pod Security Admission replaces in Kubernetes {kubernetes} "
            "unless migration is true"
        )
    return (
        f"is about PodSecurityPolicies, which ended with Kubernetes {LAST}; Pod Security Admission is their successor"
    )


def _no_migration(kubernetes: KubeVersion) -> str:
    if kubernetes < GATED:
        return f"needs Pod Security Admission, which comes with Kubernetes {GATED}; remove it"
    return (
        f"keeps PodSecurityPolicies, which ended with Kubernetes {LAST}; Pod Security Admission, their successor, "
        "enforces the levels alone; remove it"
    )


_NO_POLICIES = "would refuse every pod, since no policies are emitted; for example pod_security: {migration: true}"


def pod_security_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems of a baseline's part `pod_security` with the rest, in plain data of any shape."""
    raw, version = data.get("pod_security", {}), supported(data.get("kubernetes"))
    spec = _parsed(raw)
    if spec is not None and version is not None:
        for loc, value, text in spec.problems(version):
            yield ("pod_security", *loc), value, text
    if isinstance(raw, dict):
        for loc, value, text in _namespace_problems(raw, _tenant_namespaces(data)):
            yield ("pod_security", *loc), value, text
    if version is not None and spec is not None and not spec.uses_policies(version):
        yield from _plugin_without_policies(data, version)


def _plugin_without_policies(data: Mapping[str, Any], version: KubeVersion) -> Iterator[Problem]:
    """The plug-in, asked for where no policy is emitted: it would refuse every pod of the cluster."""
    admission = as_map(as_map(data.get("control_plane")).get("admission"))
    if not is_served(version):
        return
    for index, name in enumerate(as_list(admission.get("enable"))):
        if name == PLUGIN:
            yield ("control_plane", "admission", "enable", index), name, _NO_POLICIES
    historical = as_str(admission.get("historical_list"))
    if PLUGIN in names_in(historical):
        yield ("control_plane", "admission", "historical_list"), historical, f"names {PLUGIN}, which {_NO_POLICIES}"


def _namespace_problems(raw: Mapping[str, Any], levels: Mapping[str, Any]) -> Iterator[Problem]:
    """Namespaces that have a level already, by their tenant, by the other list or by the system."""
    seen: dict[str, str] = {}
    for field in ("privileged_namespaces", "baseline_namespaces"):
        for key, name in _names_in(raw.get(field)):
            if name in levels:
                yield (field, key), name, "is a tenant's, whose namespaces have a pod_security of their own; remove it"
            elif seen.get(name, field) != field:
                yield (field, key), name, f"is named by {seen[name]} as well; remove it from one of the two"
            elif name == SYSTEM_NAMESPACE:
                yield (field, key), name, "may use the privileged policy already; remove it"
            elif is_system_namespace(name):
                yield (field, key), name, 'is a place for nobody\'s pods; for example "monitoring"'
            seen.setdefault(name, field)


def _names_in(value: Any) -> Iterator[tuple[str | int, str]]:
    """Names in a list, or as keys of a mapping, each with its place."""
    yield from ((as_str(name), as_str(name)) for name in as_map(value))
    yield from ((index, as_str(name)) for index, name in enumerate(as_list(value)))


def _tenant_namespaces(data: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for tenant in as_list(data.get("tenants")):
        for namespace in as_list(as_map(tenant).get("namespaces")):
            if name := as_str(as_map(namespace).get("name")):
                found[name] = as_map(namespace).get("pod_security")
    return found


def _parsed(raw: Any) -> PodSecuritySpec | None:
    try:
        return PodSecuritySpec.model_validate(raw)
    except ValueError:
        return None  # is reported field by field


class PodSecurityInputs(PodSecuritySpec, Whole):
    """Inputs of the component `PodSecurity`: what is decided, and what it must know of its cluster."""

    kubernetes: KubeVersion = Field(examples=["1.24"])
    """Kubernetes version of the cluster."""
    namespaces: dict[Name, PodSecurityLevel] = Field(default={}, examples=[{"payments-api": "restricted"}])
    """Level of each tenant's namespace."""
    apparmor_profiles: tuple[InstalledName, ...] | None = Field(default=None, examples=[["docker-default"]])
    """AppArmor profiles that pods may choose, by the kernel's names; left out where the nodes have no AppArmor."""

    @classmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterable[Problem]:
        """What the version has not, and namespaces with two levels."""
        own = {name: value for name, value in data.items() if name in PodSecuritySpec.model_fields}
        spec, version = _parsed(own), supported(data.get("kubernetes"))
        if spec is not None and version is not None:
            yield from spec.problems(version)
        yield from _namespace_problems(own, as_map(data.get("namespaces")))
