"""What is called like a role or binding that the API server makes by itself must give nothing more than that.

Judged: every Role, ClusterRole, RoleBinding and ClusterRoleBinding with the kind, namespace and name of one that the
server of the version makes (k8s.io/kubernetes v1.18.20 to v1.37.2
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata). Not allowed: rules beyond the server's own, where roles that
gather others hold what they gather there; selectors that its own lacks, and labels, by which other ClusterRoles gather
its rules; another roleRef; subjects that its own binding does not name. Whoever is bound to such a role, everybody and
the nameless user among them, would have more without a change to any binding. At its start the server adds what is
missing, and takes no rule, label or subject away (k8s.io/kubernetes v1.37.2 pkg/registry/rbac/rest/storage_rbac.go,
k8s.io/component-helpers v0.37.2 auth/rbac/reconciliation), whatever the annotation
rbac.authorization.kubernetes.io/autoupdate says; another roleRef stands until then. Labels that admin, edit and view
gather by belong to rbac-aggregation, names that only the apply tells to break-glass-declared.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, describe, finding
from k8s_hardening.kube.access import Cover, Match, World
from k8s_hardening.kube.access.bootstrap import bootstrap_objects
from k8s_hardening.kube.access.rules import rules_in
from k8s_hardening.kube.manifest import (
    UNKNOWN,
    Manifest,
    as_map,
    holds_unknown,
    key_path,
    kind_of,
    name_of,
    namespace_of,
)
from k8s_hardening.kube.rbac import Binding, aggregations_of, binding_of, grants_rights
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

_Place = tuple[str, str, str]
_BOOTSTRAPPING = "kubernetes.io/bootstrapping"
"""Label of everything that the server makes, which gives nothing."""
_FIX = "give it a name of its own; the server makes one of this name by itself, and keeps what is added"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Whatever the server's own object of that name does not have."""
    if not grants_rights(manifest):
        return
    kind, version = kind_of(manifest), knowledge.kubernetes
    if not kind.startswith("Cluster") and as_map(manifest.get("metadata")).get("namespace") is UNKNOWN:
        if any((kind, name_of(manifest)) == (own, name) for own, _, name in _made_by_the_server(version)):
            yield finding("metadata.namespace", UNKNOWN, "name the namespace as a plain value")
        return
    # The server drops the namespace of an object that has none: k8s.io/apiserver v0.37.2 pkg/registry/rest/meta.go.
    place = kind, "" if kind.startswith("Cluster") else namespace_of(manifest), name_of(manifest)
    own = _made_by_the_server(version).get(place)
    if own is None:
        return
    binding, own_binding = binding_of(manifest), binding_of(own)
    if binding is not None and own_binding is not None:
        yield from _more_in_binding(binding, own_binding)
    else:
        yield from _more_in_role(manifest, own, _cover(version, place))


def _more_in_role(manifest: Manifest, own: Manifest, cover: Cover) -> Iterator[Finding]:
    for path, rule in rules_in(manifest.get("rules")):
        more = cover.exceeded_by(rule)
        if more is not Match.NO:
            yield Finding(path, describe(str(rule)), _FIX, unknown=more is Match.MAYBE)
    selectors = [selector for _, selector in aggregations_of(own)]
    for path, selector in aggregations_of(manifest):
        if holds_unknown(selector) or selector not in selectors:
            yield finding(path, selector, _FIX)
    if kind_of(manifest) == "ClusterRole":
        yield from _more_labels(manifest, own)


def _more_labels(manifest: Manifest, own: Manifest) -> Iterator[Finding]:
    labels = as_map(manifest.get("metadata")).get("labels")
    if labels is UNKNOWN:
        yield finding("metadata.labels", labels, "give the labels as plain values")
    own_labels = as_map(own["metadata"].get("labels"))
    for label, value in as_map(labels).items():
        if label != _BOOTSTRAPPING and own_labels.get(label) != value:
            yield finding(key_path("metadata.labels", label), value, _FIX)


def _more_in_binding(binding: Binding, own: Binding) -> Iterator[Finding]:
    role, own_role = as_map(binding.manifest.get("roleRef")), own.manifest["roleRef"]
    for field in ("kind", "name"):
        if role.get(field) != own_role[field]:
            yield finding(f"roleRef.{field}", role.get(field), _FIX)
    own_identities = {subject.identity for subject in own.subjects()}
    for subject in binding.subjects():
        if subject.identity not in own_identities and subject.identity != "":
            yield finding(subject.path, UNKNOWN if subject.identity is None else subject.identity, _FIX)


@functools.cache
def _made_by_the_server(version: KubeVersion) -> Mapping[_Place, Manifest]:
    return {(kind_of(one), namespace_of(one), name_of(one)): one for one in bootstrap_objects(version)}


@functools.cache
def _cover(version: KubeVersion, place: _Place) -> Cover:
    """What the server's own role allows, with what it gathers from the server's other roles."""
    kind, namespace, name = place
    placed = _server(version).roles[None if kind == "ClusterRole" else namespace, name]
    return Cover(one.rule for one in placed)


@functools.cache
def _server(version: KubeVersion) -> World:
    return World.of((), version)


CONTROL = Control(
    id="rbac-built-in-roles",
    requirement="Roles and bindings of the server's own names must give nothing beyond the server's own.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("Kubernetes: Using RBAC Authorization, Default roles and role bindings",),
    check=check,
    concerns=grants_rights,
    yields_to=("cross-tenant-binding", "rbac-aggregation", "system-subjects", "tenant-cluster-admin"),
)
