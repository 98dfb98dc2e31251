"""The resources of the built-in APIs by every name that people use for them, as kubectl resolves them.

The table kube/data/resources.json holds what servers say of themselves: k8s.io/kubernetes v1.28.15 to v1.37.2
api/discovery, and for what older ones served v1.18.20 and v1.24.17 pkg/registry (ShortNames). Its order is that of
discovery, in which a name that several groups have is looked for. It is read when first asked for.
"""

from __future__ import annotations

import difflib
import functools
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
SPECIAL_VERBS = frozenset({"*", "approve", "attest", "bind", "escalate", "impersonate", "sign", "use"})
"""Verbs that no request has but authorizers are asked about: k8s.io/kubectl v0.37.2 pkg/cmd/auth/cani.go."""
KNOWN_VERBS = frozenset(_ALL_VERBS) | SPECIAL_VERBS
URL_VERBS = frozenset({"*", "delete", "get", "head", "options", "patch", "post", "put"})
"""Verbs of requests for no resource: the same file, nonResourceURLVerbs."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of an API group."""

    group: str
    name: str
    """In the plural, as rules name it."""
    kind: str
    namespaced: bool
    """Whether its objects live in namespaces."""
    singular: str = ""
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = _ALL_VERBS

    @property
    def full_name(self) -> str:
        """The name with its group, as kubectl writes it."""
        return f"{self.name}.{self.group}" if self.group else self.name


# What authorizers are asked about and no server serves: k8s.io/kubectl v0.37.2 pkg/cmd/auth/cani.go,
# nonStandardResourceNames; k8s.io/apiserver v0.37.2 pkg/endpoints/filters/impersonation; k8s.io/kubernetes v1.37.2
# pkg/certauthorization/certauthorization.go.
_VIRTUAL = (
    Resource("", "users", "User", False, verbs=("impersonate",)),
    Resource("", "groups", "Group", False, verbs=("impersonate",)),
    Resource("authentication.k8s.io", "uids", "UID", False, verbs=("impersonate",)),
    Resource("authentication.k8s.io", "userextras", "UserExtra", False, verbs=("impersonate",)),
    Resource("certificates.k8s.io", "signers", "Signer", False, verbs=("approve", "attest", "sign")),
)


@functools.cache
def built_in_resources() -> tuple[Resource, ...]:
    """Every resource, in the order in which names are looked for."""
    text = (files("k8s_hardening.kube") / "data" / "resources.json").read_text(encoding="utf-8")
    served = (_resource(told) for told in json.loads(text)["resources"])
    return (*served, *_VIRTUAL)


def _resource(told: dict[str, Any]) -> Resource:
    return Resource(
        told["group"],
        told["name"],
        told["kind"],
        told["namespaced"],
        told.get("singular", ""),
        tuple(told.get("short", ())),
        tuple(told.get("subresources", ())),
        tuple(told.get("verbs", _ALL_VERBS)),
    )


def resource_named(text: str) -> Resource | None:
    """The resource that a name means: plural, singular, short or kind, with or without `.group`; None if none.

    Source: k8s.io/kubectl v0.37.2 pkg/cmd/auth/cani.go (resourceFor), k8s.io/client-go v0.37.2
    restmapper/shortcut.go and k8s.io/apimachinery v0.37.2 pkg/api/meta/restmapper.go: upper case does not count, short
    names are looked for before others, and a version between name and group is passed over.
    """
    name, _, group = text.lower().partition(".")
    _, dot, rest = group.partition(".")
    for wanted in (group, rest if dot else group):
        found = [one for one in built_in_resources() if not wanted or one.group == wanted]
        for match in (
            [one for one in found if name in one.short],
            [one for one in found if name in (one.name, one.singular or one.kind.lower())],
        ):
            if match:
                return match[0]
    return None


def near_resource(text: str) -> str:
    """The name of a resource that looks like a text; empty if none does."""
    name, dot, _ = text.lower().partition(".")
    known = {one.full_name if dot else one.name for one in built_in_resources()}
    near = difflib.get_close_matches(text.lower() if dot else name, sorted(known), n=1, cutoff=0.5)
    return near[0] if near else ""
