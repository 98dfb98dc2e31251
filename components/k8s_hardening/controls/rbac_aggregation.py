"""A ClusterRole must not be gathered by the built-in roles admin, edit and view.

Restricted field: metadata.labels of every ClusterRole. Not allowed: the labels of LABELS with any value but false.
The server adds the rules of each ClusterRole with them to the built-in role (k8s.io/kubernetes v1.37.2
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go), and so to everybody who holds it in any namespace, without a
change to any binding. The roles that the server makes itself carry such labels, and nobody writes them down again.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, is_changeable, key_path, kind_of
from k8s_hardening.kube.rbac import GROUP, grants_rights
from k8s_hardening.model.knowledge import Knowledge

LABELS = tuple(f"{GROUP}/aggregate-to-{role}" for role in ("admin", "edit", "view"))
_PATH = "metadata.labels"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each label by which a built-in role gathers the rules."""
    if kind_of(manifest) != "ClusterRole" or not grants_rights(manifest):
        return
    found = as_map(manifest.get("metadata")).get("labels")
    if found is UNKNOWN:
        yield finding(_PATH, found, "give the labels as plain values")
        return
    for label in LABELS:
        if (value := as_map(found).get(label)) is UNKNOWN or value == "true":
            yield finding(key_path(_PATH, label), value, "remove it, and bind the role to those who need it")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove the labels."""
    if kind_of(manifest) != "ClusterRole" or not grants_rights(manifest):
        return
    labels = as_map(as_map(manifest.get("metadata")).get("labels"))
    if is_changeable(labels):
        for label in LABELS:
            labels.pop(label, None)


CONTROL = Control(
    id="rbac-aggregation",
    requirement="A ClusterRole must not widen the built-in roles admin, edit and view.",
    severity=Severity.MEDIUM,
    chapter="rbac",
    profile=Profile.FULL,
    references=("Kubernetes: Using RBAC Authorization, aggregated ClusterRoles",),
    check=check,
    concerns=grants_rights,
    harden=harden,
)
