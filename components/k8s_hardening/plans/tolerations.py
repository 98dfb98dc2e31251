"""Tolerations in the form in which the API server reads them."""

from __future__ import annotations

from k8s_hardening.model.control_plane.admission import TolerationSpec


def toleration(one: TolerationSpec) -> dict[str, str]:
    """One toleration: of each value and effect that it does not name."""
    made = {"key": one.key, "operator": "Exists" if one.value is None else "Equal"}
    if one.value is not None:
        made["value"] = one.value
    if one.effect is not None:
        made["effect"] = one.effect.value
    return made
