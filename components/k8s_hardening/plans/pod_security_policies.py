"""PodSecurityPolicies, who may use which, and what changes on the way from them to Pod Security Admission."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.shared.pod_security_policies import Level, NodeProfiles, policy_of, use_rules
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.rbac import GROUP as RBAC
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge, TenantFacts
from k8s_hardening.model.labels import MANAGED_BY
from k8s_hardening.model.pod_security import SYSTEM_NAMESPACE, PodSecurityInputs
from k8s_hardening.plans.plan import hardened

NODES = "system:nodes"
"""The group of the kubelets: they make the mirror pods of static pods, which have no service account."""
_BINDING = "pod-security-policy"
# 1.18 to 1.21: PodSecurityPolicy and kubelet do not count this sysctl among the safe ones, the standard does
# (k8s.io/kubernetes v1.18.20 and v1.22.17 pkg/security/podsecuritypolicy/sysctl/mustmatchpatterns.go).
_FIVE_SAFE_SYSCTLS_SINCE = KubeVersion(1, 22)


def plan_pod_security(inputs: PodSecurityInputs) -> tuple[Manifest, ...]:
    """The policies with their RBAC, in apply order; nothing where Pod Security Admission enforces alone."""
    if not inputs.uses_policies(inputs.kubernetes):
        return ()
    facts = TenantFacts(name="all", namespaces={name: level.value for name, level in inputs.namespaces.items()})
    knowledge = Knowledge(
        kubernetes=inputs.kubernetes, tenants=(facts,), privileged_namespaces=tuple(inputs.privileged_namespaces)
    )
    return hardened(_objects(inputs), knowledge)


def node_profiles(inputs: PodSecurityInputs) -> NodeProfiles:
    """What the policies must know of the nodes."""
    selinux = inputs.selinux.model_dump(exclude_none=True)
    return NodeProfiles(inputs.apparmor_profiles, inputs.seccomp_profiles, selinux)


def _objects(inputs: PodSecurityInputs) -> Iterator[Manifest]:
    profiles = node_profiles(inputs)
    for level in Level:
        yield policy_of(level, inputs.kubernetes, profiles)
        yield _rbac("ClusterRole", {"name": level.role}, rules=use_rules(level))
    for namespace, level in sorted(_levels(inputs).items()):
        subjects = [f"system:serviceaccounts:{namespace}", *([NODES] if namespace == SYSTEM_NAMESPACE else [])]
        yield _binding("RoleBinding", {"name": _BINDING, "namespace": namespace}, level, subjects)
    if inputs.restricted_groups:
        role = Level.RESTRICTED.role
        yield _binding("ClusterRoleBinding", {"name": role}, Level.RESTRICTED, sorted(set(inputs.restricted_groups)))


def _levels(inputs: PodSecurityInputs) -> dict[str, Level]:
    """Each namespace with the level that its service accounts may use."""
    return {
        **{name: Level(level.value) for name, level in inputs.namespaces.items()},
        **dict.fromkeys(inputs.baseline_namespaces, Level.BASELINE),
        **dict.fromkeys((SYSTEM_NAMESPACE, *inputs.privileged_namespaces), Level.PRIVILEGED),
    }


def _rbac(kind: str, metadata: dict[str, Any], **fields: Any) -> Manifest:
    metadata = {**metadata, "labels": dict(MANAGED_BY)}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, **fields}


def _binding(kind: str, metadata: dict[str, Any], level: Level, groups: list[str]) -> Manifest:
    return _rbac(
        kind,
        metadata,
        roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": level.role},
        subjects=[{"apiGroup": RBAC, "kind": "Group", "name": name} for name in groups],
    )


def pod_defaults(inputs: PodSecurityInputs) -> dict[str, Any]:
    """What the restricted policy writes into a pod that says nothing: the fields that manifests must have by 1.25.

    Under `pod` those of the pod's securityContext, under `container` those of each container's.
    """
    options = node_profiles(inputs).selinux
    return {
        "pod": {
            "seccompProfile": {"type": "RuntimeDefault"},
            **({"seLinuxOptions": dict(options)} if options else {}),
        },
        "container": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
    }


def pod_security_advice(inputs: PodSecurityInputs, *, is_managed: bool = False) -> tuple[str, ...]:
    """What is left to the operator, and in a migration where the two judges differ."""
    if not inputs.uses_policies(inputs.kubernetes):
        return ()
    return tuple(_advice(inputs, is_managed))


def _advice(inputs: PodSecurityInputs, is_managed: bool) -> Iterator[str]:
    if is_managed:
        yield (
            "Whether the plug-in PodSecurityPolicy runs is the provider's to decide; without it the emitted policies "
            "hold nobody back. Ask the provider, and apply the policies before it is turned on."
        )
    yield (
        "Before the plug-in PodSecurityPolicy is turned on, this must say yes: kubectl auth can-i use "
        f"podsecuritypolicies.policy/{Level.PRIVILEGED.policy} -n {SYSTEM_NAMESPACE} --as system:node:check "
        f"--as-group {NODES}. While it says no, the mirror pods of the control plane would vanish."
    )
    yield (
        "Policies of others weaken these: whoever may use another policy gets it for pods that it leaves unchanged. "
        "List them with kubectl get podsecuritypolicies, and take back every binding that grants the verb use to "
        "tenants, to system:authenticated or to system:serviceaccounts."
    )
    if everybody := sorted({"system:authenticated", "system:serviceaccounts"}.intersection(inputs.restricted_groups)):
        yield (
            f"{' and '.join(everybody)} may use the restricted policy in every namespace, those of nobody included: "
            "name system:serviceaccounts:<namespace> where a few namespaces are meant."
        )
    if inputs.uses_admission(inputs.kubernetes):
        yield from _differences(inputs)
    else:
        yield from _weaker(inputs)


def _differences(inputs: PodSecurityInputs) -> Iterator[str]:
    """Where a pod fares differently with Pod Security Admission, which judges and never changes a pod."""
    defaults = pod_defaults(inputs)
    yield (
        "Migration: PodSecurityPolicy writes these into pods of restricted namespaces that say nothing, and Pod "
        "Security Admission refuses such pods: write them into the manifests, as harden does; in the pod's "
        f"securityContext {_json(defaults['pod'])}, in each container's {_json(defaults['container'])}."
    )
    yield (
        "Migration: in baseline namespaces PodSecurityPolicy writes the seccomp profile RuntimeDefault into pods "
        "that name none, and Pod Security Admission does not: from 1.25 on such pods run with what the kubelet's "
        "seccompDefault says."
    )
    yield (
        "Migration: PodSecurityPolicy counts a runAsUser other than 0 as enough; Pod Security Admission demands "
        "runAsNonRoot: true beside it in restricted namespaces."
    )
    yield (
        "Migration: PodSecurityPolicy refuses and Pod Security Admission allows: seccomp and AppArmor profiles of the "
        "node that the baseline does not name, SELinux options other than the baseline's, and in restricted namespaces "
        "the groups of root and readOnlyRootFilesystem: false."
    )
    yield from _weaker(inputs)


def _weaker(inputs: PodSecurityInputs) -> Iterator[str]:
    """What a policy cannot refuse although the Pod Security Standards do."""
    yield (
        "PodSecurityPolicy has no word for Windows HostProcess containers: only Pod Security Admission and the "
        "controls at preview refuse them."
    )
    if inputs.apparmor_profiles is None:
        yield (
            "The baseline names no AppArmor profiles, so the policies say nothing of AppArmor: pods may choose "
            "unconfined, which only Pod Security Admission and the controls at preview refuse."
        )
    if inputs.kubernetes < _FIVE_SAFE_SYSCTLS_SINCE:
        yield (
            f"Kubernetes {inputs.kubernetes} counts the sysctl net.ipv4.ip_unprivileged_port_start as unsafe: its "
            "PodSecurityPolicies and kubelets refuse pods that the Pod Security Standards allow to set it."
        )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
