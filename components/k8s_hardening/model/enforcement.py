"""What the policy pack is told: facts, the level of each control, and what an unknown value means."""

from __future__ import annotations

import datetime
import json
import re
from enum import StrEnum
from typing import Literal

from pydantic import Field

from k8s_hardening.model.base import Model
from k8s_hardening.model.knowledge import Knowledge

UNDECIDED = "Not decided before apply:"
"""Marks, in the text of a violation, a verdict that cannot be given because a value is not known yet."""

EXEMPT = re.compile(r'Exempt until ([0-9]{4}-[0-9]{2}-[0-9]{2}), owner ("(?:[^"\\]|\\.)*"): ')
"""Marks, in the text of a violation, what an exemption covers; the last day and the owner, as JSON, are its groups."""


def exempt_until(day: datetime.date, owner: str) -> str:
    """The mark of what is exempt, as `EXEMPT` reads it."""
    return f"Exempt until {day}, owner {json.dumps(owner)}: "


class Level(StrEnum):
    """What a finding does to a preview."""

    MANDATORY = "mandatory"
    """Stops it."""
    ADVISORY = "advisory"
    """Is shown."""
    DISABLED = "disabled"
    """Nothing; the summary says so."""


class EnforcementSpec(Model):
    """How strictly controls are enforced; what is left out is mandatory."""

    levels: dict[str, Level] = Field(default={}, examples=[{"read-only-root-filesystem": "advisory"}])
    """Control id -> level, for controls that are not mandatory in this environment."""
    unknowns: Literal[Level.MANDATORY, Level.ADVISORY] = Level.ADVISORY
    """Level of a verdict that cannot be given because a value is known only at apply; mandatory blocks."""
    packages: tuple[str, ...] = Field(default=(), examples=[["random", "tls"]])
    """Pulumi packages that stacks may use beside kubernetes; none of them is judged by what it does to a cluster."""


class PackConfiguration(EnforcementSpec):
    """The configuration of one policy of the pack."""

    knowledge: Knowledge = Knowledge()
    """What the judge knows for itself."""


RESOURCE_POLICIES = {"hardening": Level.MANDATORY, "hardening-advice": Level.ADVISORY}
"""Name of each policy about one resource, and the level at which it speaks."""
STACK_POLICIES = {"hardening-stack": Level.MANDATORY, "hardening-stack-advice": Level.ADVISORY}
"""Name of each policy about all resources together, and the level at which it speaks."""
