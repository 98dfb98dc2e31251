"""Denials for the whole cluster, in the kind that the network plug-in has for them.

What each kind does to other traffic of the pods that it selects is a fact of kube/cluster_denial.py. Pods on the host
network are reached by none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from k8s_hardening.kube.cluster_denial import DenyKind, isolates
from k8s_hardening.kube.cnis import BASELINE_ADMIN
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.networks import Network
from k8s_hardening.model.cluster_deny import ClusterDenyInputs
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.labels import MANAGED_BY
from k8s_hardening.plans.plan import hardened

_PREFIX = "k8s-hardening"
_DENY = "cluster-deny"
_DEFAULTS = "cluster-defaults"
_BASELINE_ADMIN_NAME = "default"  # the only one that the kind's definition takes
_NAMESPACE = "kubernetes.io/metadata.name"
_CALICO_NAMESPACE = "projectcalico.org/namespace"  # pods have it; the endpoints of nodes have not
_CILIUM_NAMESPACE = "k8s:io.kubernetes.pod.namespace"
_PEER = 25  # networks that one peer takes: sigs.k8s.io/network-policy-api v0.2.0 config/crd


def plan_cluster_deny(inputs: ClusterDenyInputs) -> tuple[Manifest, ...]:
    """The policies of one cluster."""
    return hardened(_policies(inputs), Knowledge(kubernetes=inputs.kubernetes))


def cluster_deny_advice(inputs: ClusterDenyInputs) -> Iterator[str]:
    """What the denial does not do, and what it needs; one sentence each."""
    kind = inputs.chosen_kind()
    yield "cluster_deny: pods on the host network are not reached by policies; host-namespaces keeps them out."
    if isolates(kind, inputs.cni.version):
        yield (
            f"cluster_deny: {kind} isolates what it selects, so it reaches the namespaces with a deny-all only "
            f"({len(inputs.reached_namespaces())} of tenants) and not those of the system."
        )
    if kind in (DenyKind.ADMIN_NETWORK_POLICY, DenyKind.CLUSTER_NETWORK_POLICY):
        bundle = "v0.1.7" if kind is DenyKind.ADMIN_NETWORK_POLICY else "v0.2.0"
        yield (
            f"cluster_deny: the definition of {kind} must be in the cluster first "
            f"(sigs.k8s.io/network-policy-api {bundle} config/crd/standard)."
        )
    if kind is DenyKind.GLOBAL_NETWORK_POLICY and inputs.calico_api.value.startswith("projectcalico.org/"):
        yield "cluster_deny: projectcalico.org/v3 needs Calico's API server, or from 3.32 its native definitions."
    if inputs.cni.name == "cilium" and "policyCIDRMatchMode" not in inputs.cni.switches:
        yield (
            "cluster_deny: Cilium matches networks outside of the cluster only; addresses of nodes and of pods in them "
            "stay reachable unless policyCIDRMatchMode holds nodes (and pods)."
        )


def _policies(inputs: ClusterDenyInputs) -> Iterator[Manifest]:
    kind = inputs.chosen_kind()
    yield _WRITERS[kind](inputs, inputs.left(inputs.networks))
    if inputs.by_default:
        left = inputs.left(inputs.by_default)
        yield _baseline_tier(inputs, left) if kind is DenyKind.CLUSTER_NETWORK_POLICY else _baseline_admin(inputs, left)


def _name(inputs: ClusterDenyInputs, what: str) -> str:
    return "-".join(filter(None, (_PREFIX, inputs.environment, what)))


def _object(api_version: str, kind: str, name: str, spec: dict[str, Any]) -> Manifest:
    metadata = {"name": name, "labels": dict(MANAGED_BY)}
    return {"apiVersion": api_version, "kind": str(kind), "metadata": metadata, "spec": spec}


def _calico(inputs: ClusterDenyInputs, networks: Sequence[Network]) -> Manifest:
    # One rule must not hold both address families (calico 3.28.5 libcalico-go/lib/validator/v3/validator.go).
    families = [[str(one) for one in networks if one.version == version] for version in (4, 6)]
    names = ", ".join(f'"{name}"' for name in inputs.reached_namespaces())
    spec = {
        "order": inputs.priority,
        "selector": f"{_CALICO_NAMESPACE} in {{ {names} }}",
        "types": ["Egress"],
        "egress": [{"action": "Deny", "destination": {"nets": nets}} for nets in families if nets],
    }
    return _object(inputs.calico_api.value, DenyKind.GLOBAL_NETWORK_POLICY, _name(inputs, _DENY), spec)


def _cilium(inputs: ClusterDenyInputs, networks: Sequence[Network]) -> Manifest:
    spec: dict[str, Any] = {"egressDeny": [{"toCIDR": [str(one) for one in networks]}]}
    if inputs.isolates():
        namespaces = {"operator": "In", "values": list(inputs.reached_namespaces())}
        selector = [{"key": _CILIUM_NAMESPACE, **namespaces}]
    else:
        # Of pods only: Cilium's own endpoints, for its health and ingress, have no namespace.
        selector = [{"key": _CILIUM_NAMESPACE, "operator": "Exists"}]
        if inputs.except_namespaces:
            excepted = {"operator": "NotIn", "values": sorted(inputs.except_namespaces)}
            selector.append({"key": _CILIUM_NAMESPACE, **excepted})
        spec["enableDefaultDeny"] = {"egress": False, "ingress": False}
    spec["endpointSelector"] = {"matchExpressions": selector}
    return _object("cilium.io/v2", DenyKind.CILIUM_CLUSTERWIDE_NETWORK_POLICY, _name(inputs, _DENY), spec)


def _admin(inputs: ClusterDenyInputs, networks: Sequence[Network]) -> Manifest:
    spec = {"priority": inputs.priority, **_network_policy_api(inputs, networks)}
    return _object("policy.networking.k8s.io/v1alpha1", DenyKind.ADMIN_NETWORK_POLICY, _name(inputs, _DENY), spec)


def _baseline_admin(inputs: ClusterDenyInputs, networks: Sequence[Network]) -> Manifest:
    spec = _network_policy_api(inputs, networks)
    return _object("policy.networking.k8s.io/v1alpha1", BASELINE_ADMIN, _BASELINE_ADMIN_NAME, spec)


def _admin_tier(inputs: ClusterDenyInputs, networks: Sequence[Network]) -> Manifest:
    return _tiered(inputs, networks, "Admin", _DENY)


def _baseline_tier(inputs: ClusterDenyInputs, networks: Sequence[Network]) -> Manifest:
    return _tiered(inputs, networks, "Baseline", _DEFAULTS)


def _tiered(inputs: ClusterDenyInputs, networks: Sequence[Network], tier: str, what: str) -> Manifest:
    spec = {"tier": tier, "priority": inputs.priority, **_network_policy_api(inputs, networks)}
    return _object("policy.networking.k8s.io/v1alpha2", DenyKind.CLUSTER_NETWORK_POLICY, _name(inputs, what), spec)


def _network_policy_api(inputs: ClusterDenyInputs, networks: Sequence[Network]) -> dict[str, Any]:
    namespaces: dict[str, Any] = {}
    if inputs.except_namespaces:
        excepted = {"key": _NAMESPACE, "operator": "NotIn", "values": sorted(inputs.except_namespaces)}
        namespaces = {"matchExpressions": [excepted]}
    texts = [str(one) for one in networks]
    peers = [{"networks": texts[start : start + _PEER]} for start in range(0, len(texts), _PEER)]
    return {"subject": {"namespaces": namespaces}, "egress": [{"name": "deny", "action": "Deny", "to": peers}]}


_WRITERS: dict[DenyKind, Callable[[ClusterDenyInputs, Sequence[Network]], Manifest]] = {
    DenyKind.ADMIN_NETWORK_POLICY: _admin,
    DenyKind.CILIUM_CLUSTERWIDE_NETWORK_POLICY: _cilium,
    DenyKind.CLUSTER_NETWORK_POLICY: _admin_tier,
    DenyKind.GLOBAL_NETWORK_POLICY: _calico,
}
