"""Whom a rule of Calico's policies admits, for the controls of network plug-ins.

Sources: github.com/projectcalico/calico v3.28.5 libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go (actions
in any case, how the selectors of a rule are joined), felix/rules/policy.go (an empty action allows),
libcalico-go/config/crd/crd.projectcalico.org_networkpolicies.yaml (action has no enum),
libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go (every pod's own labels).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.controls.shared.open_peers import NAME_THEM, wide_domain, wide_peer
from k8s_hardening.kube.calico_selectors import required_labels
from k8s_hardening.kube.manifest import UNKNOWN, as_list, as_map, as_str, holds_unknown

_PEERS = ("nets", "selector", "namespaceSelector", "serviceAccounts", "services", "domains")
_SELECTORS = ("namespaceSelector", "selector", "serviceAccounts")
_DENYING = ("deny", "log")
_OF_EVERY_POD = frozenset({"projectcalico.org/orchestrator"})
_OF_EVERY_NAMESPACE = "default"  # the service account that each has
_EVERYBODY = (
    "name whom it admits, joined by && alone, as in app == 'web' or app in {'web', 'api'}; it goes past the deny-all "
    "of the namespaces that the policy selects"
)


def is_allowing(rule: Mapping[str, Any]) -> bool:
    """Whether a rule lets through or hands on, or may once its values are known: all that neither denies nor logs."""
    action = rule.get("action")
    return action is UNKNOWN or as_str(action).lower() not in _DENYING


def open_calico_peers(path: str, peer: Any, *, is_ingress: bool, is_global: bool) -> Iterator[Finding]:
    """What admits everybody in the source or destination at a path; `is_global`: of a policy of the whole cluster."""
    if peer is UNKNOWN:
        yield finding(path, UNKNOWN, "give the peers plain values")
        return
    peer = as_map(peer)
    unknown = [key for key in (*_SELECTORS, "services") if holds_unknown(peer.get(key))]
    for one in unknown:
        yield finding(f"{path}.{one}", UNKNOWN, "give it as plain values")
    for index, net in enumerate(as_list(peer.get("nets"))):
        yield from wide_peer(f"{path}.nets[{index}]", net, peer.get("notNets"), is_ingress)
    for index, domain in enumerate(as_list(peer.get("domains"))):
        yield from wide_domain(f"{path}.domains[{index}]", domain)
    if not any(_says_something(key, peer.get(key)) for key in _PEERS):
        yield Finding(path, "everybody, since it names nobody", NAME_THEM)
    elif not unknown and (key := _open_selector(peer, is_global=is_global)) is not None:
        yield finding(f"{path}.{key}", peer.get(key), _EVERYBODY)


def _says_something(key: str, value: Any) -> bool:
    if key == "serviceAccounts" and isinstance(value, dict):
        return any(_says_something("", inner) for inner in value.values())
    return value not in (None, "", [], {})


def _open_selector(peer: dict[str, Any], *, is_global: bool) -> str | None:
    """The first selector of a peer when all of them together admit everybody, or one that nobody can read."""
    said = [key for key in _SELECTORS if _says_something(key, peer.get(key))]
    accounts = as_map(peer.get("serviceAccounts"))
    texts = {
        key: as_map(peer.get(key)).get("selector") or "" if key == "serviceAccounts" else peer.get(key) for key in said
    }
    required = {key: required_labels(as_str(text)) for key, text in texts.items() if text != ""}
    names = as_list(accounts.get("names"))
    if any("'" in as_str(name) for name in names):  # Calico makes a selector of them, and drops one that it cannot read
        required["serviceAccounts"] = None
    unread = next((key for key, labels in required.items() if labels is None), None)
    if unread is not None or not said:
        return unread
    is_own_namespace = not is_global and "namespaceSelector" not in said
    is_limited = (
        is_own_namespace
        or any((labels or {}).keys() - _OF_EVERY_POD for labels in required.values())
        or (bool(names) and _OF_EVERY_NAMESPACE not in names)
        or any(peer.get(key) not in (None, [], {}) for key in ("nets", "services", "domains"))
    )
    return None if is_limited else said[0]
