"""What one round does, decided from what it saw; nothing here touches the node or the API server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .names import LABEL_PREFIX, LOADED, STATE_LABEL, is_own, node_label


class State(StrEnum):
    """How the loader fares on its node."""

    READY = "ready"
    """Every profile is loaded."""
    PARTIAL = "partial"
    """Something is not as it should be; what could be loaded is loaded."""
    DISABLED = "disabled"
    """The node has no AppArmor."""


@dataclass(frozen=True)
class Known:
    """What this process loaded: the text, and the mode that the kernel then said."""

    text: str
    mode: str


def to_load(texts: Mapping[str, str], kernel: Mapping[str, str], known: Mapping[str, Known]) -> list[str]:
    """Profiles that must be loaded or replaced: not there, not surely of this text, or changed by somebody else."""
    return sorted(
        name for name, text in texts.items() if name not in kernel or known.get(name) != Known(text, kernel[name])
    )


def surplus(kernel: Mapping[str, str], provided: frozenset[str]) -> frozenset[str]:
    """Own profiles in the kernel that the node need not have any more."""
    return frozenset(filter(is_own, kernel)) - provided


def wanted_labels(state: State, loaded: frozenset[str]) -> dict[str, str]:
    """The labels that the node shall have under the loader's prefix."""
    return {STATE_LABEL: state.value} | {node_label(name): LOADED for name in sorted(loaded)}


def label_patch(wanted: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str | None]:
    """What turns the labels of a node into the wanted ones; labels of others stay out of it."""
    stale = {key: None for key in sorted(found) if key.startswith(LABEL_PREFIX) and key not in wanted}
    return stale | {key: value for key, value in wanted.items() if found.get(key) != value}


def unlabelled_since(
    before: Mapping[str, float], spare: frozenset[str], labels: Mapping[str, str], now: float
) -> dict[str, float]:
    """Since when the node does not offer a profile that it can spare, by its labels as the API server showed them."""
    return {name: before.get(name, now) for name in sorted(spare) if node_label(name) not in labels}


def due(since: Mapping[str, float], now: float, grace: float) -> frozenset[str]:
    """Profiles that have not been offered for long enough: who was scheduled for their sake is known by now."""
    return frozenset(name for name, begin in since.items() if now - begin >= grace)


def removable(due_now: frozenset[str], provided: frozenset[str] | None, used: frozenset[str] | None) -> frozenset[str]:
    """Profiles that may leave the kernel; none where it is not known what is provided or used."""
    if provided is None or used is None:
        return frozenset()
    return frozenset(filter(is_own, due_now - provided - used))
