"""The questions of an access matrix, and the answers that a table written by hand gives to them.

The table knows levels; who is of which level comes from the baseline as it is written, past every plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.version import KubeVersion
from tests.cluster.access_table import (
    FOR_EVERYBODY,
    OF_THE_CLUSTER,
    OWN_VERBS,
    PATHS,
    VERBS,
    opened,
    promised,
    resources,
)
from tests.oracle.rbac import Asker, Question

_LISTS = {"admin": "admins", "member": "members", "viewer": "viewers"}
_OUTSIDE = ("default", "kube-system", "kube-public", "")  # the last: over all namespaces
_PART = 5  # one right of five is asked about in namespaces of others


@dataclass(frozen=True)
class Cell:
    """One question, who asks it, and what the table says."""

    asker: Asker
    question: Question
    permitted: bool


class Matrix:
    """Who asks what in an environment."""

    def __init__(self, baseline: Mapping[str, Any]) -> None:
        self._version = KubeVersion.parse(baseline["kubernetes"])
        self._promised = promised()
        self.levels: dict[tuple[str, str], str] = {}
        """(subject as the baseline writes it, namespace) -> its highest level there."""
        self.namespaces: list[str] = []
        self._access: dict[str, Mapping[str, str]] = {}
        for tenant in baseline["tenants"]:
            for level, field in reversed(_LISTS.items()):
                for subject in tenant.get(field, []):
                    for namespace in tenant["namespaces"]:
                        self.levels[subject, namespace["name"]] = level
            self._access |= {one["name"]: tenant.get("access", {}) for one in tenant["namespaces"]}
            self.namespaces += [one["name"] for one in tenant["namespaces"]]
        self.subjects = sorted({subject for subject, _ in self.levels})

    def cells(self, *, own: int, others: int) -> Iterator[Cell]:
        """Each subject asks about every right in some of its own namespaces, and about a part of them elsewhere.

        Args:
            own: how many of its own namespaces.
            others: how many namespaces of others, beside those that are nobody's.
        """
        every = self._every_right()
        for place, subject in enumerate(self.subjects):
            mine = [namespace for one, namespace in self.levels if one == subject]
            for namespace in _some(mine, own, place):
                for name in ("", "one"):  # any object, and a single one
                    yield from self._about(subject, namespace, every, name)
            foreign = _some([one for one in self.namespaces if one not in mine], others, place)
            for shift, namespace in enumerate((*foreign, *_OUTSIDE)):
                yield from self._about(subject, namespace, every[(place + shift) % _PART :: _PART])
            yield from self._of_the_cluster(subject)

    def _of_the_cluster(self, subject: str) -> Iterator[Cell]:
        """What lies in no namespace, and paths that are no resources."""
        asker = asker_of(subject)
        for group, resource, verbs in OF_THE_CLUSTER:
            for verb in verbs:
                yield Cell(asker, Question(verb, resource, group), False)
        for group, resource, verbs, since in FOR_EVERYBODY:
            for verb in verbs:
                yield Cell(asker, Question(verb, resource, group), self._version >= KubeVersion.parse(since))
        for path, permitted in PATHS.items():
            yield Cell(asker, Question("get", path=path), permitted)
            yield Cell(asker, Question("post", path=path), False)

    def _about(
        self, subject: str, namespace: str, rights: Sequence[tuple[str, str, str]], name: str = ""
    ) -> Iterator[Cell]:
        level = self.levels.get((subject, namespace))
        allowed: frozenset[tuple[str, str, str]] = frozenset()
        if level is not None:
            allowed = self._promised[level] | opened(self._access[namespace], level)
        for verb, group, resource in rights:
            question = Question(verb, resource, group, namespace, name)
            yield Cell(asker_of(subject), question, (verb, group, resource) in allowed)

    def _every_right(self) -> list[tuple[str, str, str]]:
        return [
            (verb, group, resource)
            for group, resource in resources()
            for verb in (*VERBS, *OWN_VERBS.get(f"{group}/{resource}".lstrip("/"), ()))
        ]


def _some(names: Sequence[str], count: int, start: int) -> list[str]:
    """As many of the names as there are or shall be, spread evenly, not the same ones for everybody."""
    step = max(1, len(names) // count)
    return [names[(start + place * step) % len(names)] for place in range(min(count, len(names)))]


def asker_of(subject: str) -> Asker:
    """Who a subject of a baseline is to the server."""
    kind, _, name = subject.partition(":")
    if kind == "serviceaccount":
        namespace, _, account = name.partition("/")
        return Asker.account(namespace, account)
    return Asker.person(name) if kind == "user" else Asker.person(f"somebody-of-{name}", name)
