"""Ready-made sizes of namespaces: a quota, and the most that one container may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Size(StrEnum):
    """Ready-made sizes of a namespace."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Preset:
    """What a size stands for."""

    quota: Mapping[str, str]
    """Hard limits of the namespace."""
    container: Mapping[str, str]
    """The most that one container may be limited to."""


def _preset(pods: int, cpu: int, memory: int, *, container: tuple[int, int]) -> Preset:
    """A size by its pods, the CPUs and GiB that they may ask for, and CPUs and GiB of one container."""
    quota = {
        "pods": str(pods),
        "requests.cpu": str(cpu),
        "requests.memory": f"{memory}Gi",
        "limits.cpu": str(2 * cpu),
        "limits.memory": f"{2 * memory}Gi",
        "services.nodeports": "0",
        "services.loadbalancers": "0",
    }
    return Preset(MappingProxyType(quota), MappingProxyType({"cpu": str(container[0]), "memory": f"{container[1]}Gi"}))


PRESETS = {
    Size.SMALL: _preset(20, 2, 4, container=(1, 2)),
    Size.MEDIUM: _preset(50, 4, 8, container=(2, 4)),
    Size.LARGE: _preset(200, 16, 32, container=(8, 16)),
}
"""Requests may be half of the limits in each size; Services beyond the cluster are none."""


def preset_of(size: object) -> Preset:
    """What a size stands for; of anything else, what the middle one does: the model refuses it."""
    return next((PRESETS[one] for one in Size if one.value == size), PRESETS[Size.MEDIUM])
