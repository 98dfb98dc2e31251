"""The registry, for controls that ask about other controls: it holds them, so they cannot import it at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from k8s_hardening.controls.control import Control


@cache
def registered() -> Mapping[str, Control]:
    """Every control by its id."""
    from k8s_hardening.controls.registry import CONTROLS

    return {control.id: control for control in CONTROLS}
