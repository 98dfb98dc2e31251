"""Ids of controls that users write: unknown ones are refused with the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from k8s_hardening.controls.gates import GATES
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.model.exemption import Exemption

KNOWN = frozenset({control.id for control in CONTROLS} | {gate.id for gate in GATES})


def unknown_controls(ids: Iterable[str], path: str) -> list[str]:
    """A problem for each id (a key under `path`) that names no control."""
    return [f'{path}.{one}: is not a control; for example "{_near(one)}"' for one in ids if one not in KNOWN]


def unknown_exemptions(exemptions: Sequence[Exemption], path: str) -> list[str]:
    """A problem for each exemption from a control that does not exist."""
    return [
        f'{path}[{index}].control: "{one.control}" is not a control; for example "{_near(one.control)}"'
        for index, one in enumerate(exemptions)
        if one.control not in KNOWN
    ]


def _near(text: str) -> str:
    return next(iter(difflib.get_close_matches(text, sorted(KNOWN), n=1, cutoff=0)))
