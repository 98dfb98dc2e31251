"""Roles must name what they grant: a wildcard also grants what the next version or the next custom resource brings.

Restricted fields: apiGroups, resources, verbs and nonResourceURLs of every rule of a Role or ClusterRole, its own
rules beside an aggregation included. Not allowed: `*`, and `*/<subresource>`, which covers every resource. Paths with
a star at the end, such as /metrics/*, are allowed; `/*` is not. An aggregation whose selector has no condition
gathers every ClusterRole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_str
from k8s_hardening.kube.network_policies import selects_everything
from k8s_hardening.kube.rbac import ALL, aggregations_of, grants_rights, policy_rules_of
from k8s_hardening.model.knowledge import Knowledge

_FIELDS = ("apiGroups", "resources", "verbs", "nonResourceURLs")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each wildcard."""
    for rule in policy_rules_of(manifest):
        for field in _FIELDS:
            for path, value in rule.located(field):
                if value is UNKNOWN or _is_wildcard(field, value):
                    yield finding(path, value, "name each item that is needed")
    for path, selector in aggregations_of(manifest):
        if selector is UNKNOWN or selects_everything(selector):
            yield finding(path, selector, "select roles by a label of their own")


def _is_wildcard(field: str, value: Any) -> bool:
    text = as_str(value)
    return (
        text == ALL
        or (field == "resources" and text.startswith("*/"))
        or (field == "nonResourceURLs" and text.rstrip(ALL) in ("", "/") and text.endswith(ALL))
    )


CONTROL = Control(
    id="rbac-wildcards",
    requirement="Roles must name what they grant, without wildcards.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.3",),
    check=check,
    concerns=grants_rights,
)
