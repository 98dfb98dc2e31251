"""The objects that bear on access: roles, bindings, namespaces, accounts, and what runs where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from k8s_hardening.kube.access.rules import Match
from k8s_hardening.kube.manifest import (
    UNKNOWN,
    Manifest,
    api_group_of,
    as_map,
    as_str,
    expand_lists,
    kind_of,
    name_of,
    namespace_of,
)
from k8s_hardening.kube.names import is_dns1123_label
from k8s_hardening.kube.pod_security import ENFORCE
from k8s_hardening.kube.rbac import GROUP

Place = tuple[str, str]
"""Namespace and name."""
_ROLES = frozenset({"Role", "ClusterRole"})
_BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})


@dataclass(frozen=True)
class Objects:
    """What of some manifests bears on access."""

    roles: tuple[Manifest, ...]
    bindings: tuple[Manifest, ...]
    namespaces: Mapping[str, object]
    """Each namespace that an object lives in -> the Pod Security level that it enforces; None where nothing says so."""
    accounts: frozenset[Place]
    doubtful: frozenset[tuple[str, str, str]]
    """Kind, namespace and name of what several objects write differently: only one of them will be there."""
    flaws: tuple[str, ...]

    def sureness(self, manifest: Manifest) -> Match:
        """Whether a role or binding will be there as it is written."""
        is_doubtful = (kind_of(manifest), namespace_of(manifest), name_of(manifest)) in self.doubtful
        return Match.MAYBE if is_doubtful else Match.YES


def objects_of(manifests: Iterable[Manifest]) -> Objects:
    """What bears on access among some objects, lists included."""
    roles: list[Manifest] = []
    bindings: list[Manifest] = []
    namespaces: dict[str, object] = {}
    accounts: set[Place] = set()
    flaws: list[str] = []
    for one in (each for manifest in manifests for _, each in expand_lists(manifest)):
        kind, group, namespace, name = kind_of(one), api_group_of(one), namespace_of(one), name_of(one)
        if is_dns1123_label(namespace):
            namespaces.setdefault(namespace, None)
        if group == GROUP and kind in _ROLES | _BINDINGS:
            if flaw := _flaw(one):
                flaws.append(flaw)
            (roles if kind in _ROLES else bindings).append(one)
        elif group == "" and kind == "ServiceAccount" and namespace and name:
            accounts.add((namespace, name))
        elif group == "" and kind == "Namespace" and is_dns1123_label(name):
            namespaces[name] = as_map(as_map(one.get("metadata")).get("labels")).get(ENFORCE)
    doubtful = dict(_doubtful((*roles, *bindings)))
    flaws += doubtful.values()
    return Objects(
        tuple(roles),
        tuple(bindings),
        namespaces,
        frozenset(accounts),
        frozenset(doubtful),
        tuple(flaws),
    )


def _flaw(manifest: Manifest) -> str:
    """Why a role or binding does not count as it is written; empty when it does."""
    kind, metadata = kind_of(manifest), as_map(manifest.get("metadata"))
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not kind.startswith("Cluster") and namespace is not UNKNOWN and not as_str(namespace):
        return f"{kind} {as_str(name)}: has no metadata.namespace, so it may count in any; name the namespace"
    return ""


def _doubtful(manifests: Iterable[Manifest]) -> Iterator[tuple[tuple[str, str, str], str]]:
    seen: dict[tuple[str, str, str], str] = {}
    for one in manifests:
        key = (kind_of(one), namespace_of(one), name_of(one))
        text = json.dumps(one, sort_keys=True, default=repr)
        if key[2] and seen.setdefault(key, text) != text:
            place = f"{key[1]}/{key[2]}" if key[1] else key[2]
            yield key, f"{key[0]} {place}: is written by several objects that differ, so none counts for sure"
