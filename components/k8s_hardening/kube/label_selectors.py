"""Label selectors as the API server reads them.

Source: k8s.io/apimachinery v0.37.2 pkg/apis/meta/v1/helpers.go (LabelSelectorAsSelector), pkg/labels/selector.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, as_list, as_map


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches some labels, or may once its values are known; absent matches nothing."""
    if selector is UNKNOWN:
        return True
    if not isinstance(selector, dict):
        return False
    wanted = selector.get("matchLabels")
    if wanted is not UNKNOWN and not all(
        key in labels and value in (labels[key], UNKNOWN) for key, value in as_map(wanted).items()
    ):
        return False
    return all(_holds(as_map(item), labels) for item in as_list(selector.get("matchExpressions")))


def _holds(expression: dict[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator, values = expression.get("key"), expression.get("operator"), as_list(expression.get("values"))
    if key is UNKNOWN or operator is UNKNOWN:
        return True
    value = labels.get(key) if isinstance(key, str) else None
    if operator == "In":
        return value is not None and (value in values or UNKNOWN in values)
    if operator == "NotIn":
        return value is None or value not in values
    if operator == "Exists":
        return value is not None
    return operator == "DoesNotExist" and value is None
