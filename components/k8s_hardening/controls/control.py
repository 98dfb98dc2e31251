"""What a control is, and what it says about an object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from k8s_hardening.controls.admission import Admission
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, holds_unknown
from k8s_hardening.kube.secret_texts import without_users_of_urls
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge

_FIRST = KubeVersion(1, 0)  # older than any cluster; the Pod Security Standards count their versions from here
_LONGEST_FOUND = 120  # characters of a culprit that a message shows


class Severity(StrEnum):
    """How bad a violation is, worst first in reports."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Profile(StrEnum):
    """A named set of controls; each holds the ones before it."""

    PSS_BASELINE = "pss-baseline"
    PSS_RESTRICTED = "pss-restricted"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation: where, what was found there, and what to do about it."""

    path: str
    """JSON path from the object's root, for example spec.containers[0].securityContext.privileged."""
    found: str
    fix: str
    unknown: bool = False
    """The value is not known until apply, so the verdict cannot be given yet."""
    absent: bool = False
    """The culprit is a missing value; a partial object (a Pulumi `...Patch`) is not blamed for it."""

    @property
    def message(self) -> str:
        """The finding as one sentence."""
        return f"{self.path} is {self.found}; {self.fix}"


def finding(path: str, value: Any, fix: str) -> Finding:
    """A finding about a value: None reads as absent, UNKNOWN as not known until apply.

    Never call it with a value from a Secret: the text is shown.
    """
    return Finding(path, describe(value), fix, unknown=holds_unknown(value), absent=value is None)


def describe(value: Any) -> str:
    """A culprit as one short line of printable text, safe for terminals and logs, without passwords of URLs."""
    if value is None:
        return "absent"
    if value is UNKNOWN:
        return "not known until apply"
    text = without_users_of_urls(json.dumps(value, default=repr, ensure_ascii=True))
    return text if len(text) <= _LONGEST_FOUND else f"{text[: _LONGEST_FOUND - 3]}..."


Check = Callable[[Manifest, Knowledge], Iterator[Finding]]
Concern = Callable[[Manifest], bool]
"""Says of an object whether a check could find anything in it at all."""
Harden = Callable[[Manifest, Knowledge], None]
StackCheck = Callable[[Sequence[Manifest], Knowledge], Iterator[tuple[int, Finding]]]


@dataclass(frozen=True, slots=True)
class Revision:
    """The check, and where it differs the fix, from one Kubernetes version on until the next revision."""

    since: KubeVersion
    check: Check
    harden: Harden | None = None
    """None keeps the fix as it was."""


@dataclass(frozen=True, slots=True)
class Control:
    """One requirement with the way to find violations and, where it makes sense, to mend them.

    Attributes:
        id: stable name, kebab-case; users write it in configuration.
        requirement: one sentence, shown before each finding.
        profile: the smallest profile that holds the control.
        chapter: workload, image, rbac, network, namespace, api, secret, exemption or control-plane; groups the
            documentation.
        references: the standards' own names, for example "CIS 5.2.2" or "PSS baseline: Privileged Containers".
        check: yields findings for one object; must never change it, and must not depend on the order of lists.
        concerns: says of which objects `check` is asked, in every version; None asks it of all. The judge works it out
            once for all controls that name the same one, so name a shared one, and only one that sees every object
            in which `check` ever finds something.
        harden: changes the object in place so that `check` finds nothing more; keeps what is already safe.
        check_stack: yields (index of the object, finding) over all objects of a stack together.
        revisions: later forms of `check` and `harden` by Kubernetes version, oldest first.
        admission: the same requirement as expressions for the API server, for what Pod Security Admission cannot say.
        level: what a finding does to a preview unless the environment says otherwise.
        yields_to: ids of controls over single objects that say better what is wrong: a decided finding is left out
            where one of theirs, which is given as well, is about the same place, or one within the other.
        since, until: the versions, both included, in which the requirement exists at all.
    """

    id: str
    requirement: str
    severity: Severity
    chapter: str
    references: tuple[str, ...]
    profile: Profile = Profile.FULL
    check: Check | None = None
    concerns: Concern | None = None
    harden: Harden | None = None
    check_stack: StackCheck | None = None
    revisions: tuple[Revision, ...] = field(default=())
    admission: Admission | None = None
    level: Level = Level.MANDATORY
    yields_to: tuple[str, ...] = ()
    since: KubeVersion = _FIRST
    until: KubeVersion | None = None

    def __post_init__(self) -> None:
        if (self.check is None) == (self.check_stack is None):
            raise ValueError(f"control {self.id} needs exactly one of check and check_stack")
        if [r.since for r in self.revisions] != sorted({r.since for r in self.revisions}):
            raise ValueError(f"control {self.id} has revisions out of order")

    def level_in(self, levels: Mapping[str, Level]) -> Level:
        """What a finding does to a preview in an environment that sets levels by id."""
        return levels.get(self.id, self.level)

    def applies_to(self, version: KubeVersion) -> bool:
        """Whether the requirement exists in that Kubernetes version."""
        return self.since <= version and (self.until is None or version <= self.until)

    def check_for(self, version: KubeVersion) -> Check | None:
        """The check as of a Kubernetes version; None for a control over a whole stack."""
        current = self.check
        for revision in self.revisions:
            if version >= revision.since:
                current = revision.check
        return current

    def harden_for(self, version: KubeVersion) -> Harden | None:
        """The fix as of a Kubernetes version, or None."""
        current = self.harden
        for revision in self.revisions:
            if version >= revision.since and revision.harden is not None:
                current = revision.harden
        return current
