"""Every control, explicitly and sorted by id: what is not listed here does not exist."""

from __future__ import annotations

from k8s_hardening.controls import host_namespaces, privileged
from k8s_hardening.controls.control import Control, Profile

CONTROLS: tuple[Control, ...] = (
    host_namespaces.CONTROL,
    privileged.CONTROL,
)

_BY_ID = {control.id: control for control in CONTROLS}
_PROFILES = tuple(Profile)


def control_of(control_id: str) -> Control:
    """The control of an id.

    Raises:
        KeyError: no such control.
    """
    return _BY_ID[control_id]


def controls_of(profile: Profile) -> tuple[Control, ...]:
    """The controls of a profile, those of the smaller profiles included."""
    wanted = _PROFILES[: _PROFILES.index(profile) + 1]
    return tuple(control for control in CONTROLS if control.profile in wanted)
