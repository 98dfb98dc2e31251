"""When a selector of Cilium's policies is about everybody.

Sources: github.com/cilium/cilium v1.20.2 pkg/k8s/apis/cilium.io/utils/utils.go (getEndpointSelector: a selector with a
reserved label stays as it is; one of a namespaced policy means its own namespace, unless it speaks of namespaces or of
their labels), pkg/labels/labels.go (parseSource, names of reserved identities), pkg/policy/api/entity.go.
"""

from __future__ import annotations

from typing import Any

from k8s_hardening.kube.label_selectors import selects
from k8s_hardening.kube.manifest import UNKNOWN, as_list, as_map

_SOURCES = ("k8s:", "any:", "")
_NAMESPACE = tuple(f"{source}io.kubernetes.pod.namespace" for source in _SOURCES)
_NAMESPACE_LABELS = tuple(f"{source}io.cilium.k8s.namespace.labels." for source in _SOURCES)
_RESERVED = ("reserved:", "$")
_FEW = frozenset({"health", "host", "ingress", "init", "kube-apiserver", "none", "remote-node", "unmanaged"})


def is_open_endpoint_selector(selector: Any, *, is_global: bool) -> bool:
    """Whether a selector admits everybody, or may once its values are known; `is_global`: of a clusterwide policy."""
    parts = [as_map(selector).get(key) for key in ("matchLabels", "matchExpressions")]
    if UNKNOWN in (selector, *parts) or UNKNOWN in as_list(parts[1]):
        return True
    labels, expressions = as_map(parts[0]), [as_map(one) for one in as_list(parts[1])]
    keys: list[Any] = [*labels, *(one.get("key") for one in expressions)]
    if any(isinstance(key, str) and key.startswith(_RESERVED) for key in keys):
        wanted = [*labels, *(one.get("key") for one in expressions if one.get("operator") in ("Exists", "In"))]
        return not any(_is_few(key) for key in wanted)
    namespaces = [key for key in keys if isinstance(key, str) and key.startswith((*_NAMESPACE, *_NAMESPACE_LABELS))]
    # Somebody unknown: it may have any label, with a value that nobody writes into a policy.
    asked = [one.get("key") for one in expressions if one.get("operator") != "DoesNotExist"]
    forbidden = [one.get("key") for one in expressions if one.get("operator") == "DoesNotExist"]
    stranger = {key: "-" for key in (*namespaces, *asked) if isinstance(key, str) and key not in forbidden}
    return (is_global or UNKNOWN in keys or bool(namespaces)) and selects(selector, stranger)


def _is_few(key: Any) -> bool:
    name = next((key.removeprefix(start) for start in _RESERVED if isinstance(key, str) and key.startswith(start)), "")
    return name in _FEW
