"""A NetworkPolicy must select namespaces by labels that no tenant can set.

Restricted: each label in a namespaceSelector of a peer. Allowed: kubernetes.io/metadata.name, which the server writes
from 1.21 on; k8s-hardening/tenant and k8s-hardening/namespace; labels that the environment protects
(network.namespace_labels). Whoever may set any other label on a namespace of its own lets itself in. A rule that a
declared flow has just so is the platform's own doing. Selectors that everybody meets are left to network-policy-open,
selectors in separate items to network-policy-peers, where these find them.
Source: k8s.io/kubernetes v1.37.2 pkg/apis/core/v1/defaults.go (SetDefaults_Namespace).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls import network_policy_open, network_policy_peers
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.declared_flows import is_declared, openings_in
from k8s_hardening.controls.shared.protected_labels import is_protected
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, key_path, namespace_of
from k8s_hardening.kube.network_policies import is_network_policy, rules_of
from k8s_hardening.kube.networks import NAME_LABEL, NAMESPACES_NAMED_SINCE
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each label of a namespaceSelector that a tenant could set."""
    openings = openings_in(namespace_of(manifest), knowledge) or ()
    for rule in rules_of(manifest):
        if not is_declared(rule, manifest, openings):
            for path, peer in rule.peers():
                yield from _keys(f"{path}.namespaceSelector", peer.get("namespaceSelector"), knowledge)


def _keys(path: str, selector: Any, knowledge: Knowledge) -> Iterator[Finding]:
    labels = as_map(selector).get("matchLabels")
    if labels is UNKNOWN:
        yield finding(path if selector is UNKNOWN else f"{path}.matchLabels", UNKNOWN, _fix(knowledge))
        return
    for key in as_map(labels):
        if not is_protected(str(key), knowledge):
            yield _finding(key_path(f"{path}.matchLabels", str(key)), str(key), knowledge)
    for index, one in enumerate(as_list(as_map(selector).get("matchExpressions"))):
        wanted = as_map(one).get("key")
        if wanted is UNKNOWN:
            yield finding(f"{path}.matchExpressions[{index}].key", wanted, _fix(knowledge))
        elif isinstance(wanted, str) and not is_protected(wanted, knowledge):
            yield _finding(f"{path}.matchExpressions[{index}].key", wanted, knowledge)


def _finding(path: str, key: str, knowledge: Knowledge) -> Finding:
    protect = "" if key == NAME_LABEL else ", or protect the label with network.namespace_labels of the baseline"
    return Finding(
        path, "a label that whoever has a namespace can give to it, and so be selected", f"{_fix(knowledge)}{protect}"
    )


def _fix(knowledge: Knowledge) -> str:
    name = "kubernetes.io/metadata.name" if knowledge.kubernetes >= NAMESPACES_NAMED_SINCE else "k8s-hardening/tenant"
    return f"select namespaces by {name}"


CONTROL = Control(
    id="network-policy-labels",
    requirement="A network policy must select namespaces by labels that no tenant can set.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("CIS 5.3.2", "Kubernetes: Multi-tenancy, Network isolation"),
    check=check,
    concerns=is_network_policy,
    yields_to=(network_policy_open.CONTROL.id, network_policy_peers.CONTROL.id),
)
