"""An AppArmor profile as typed data."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from k8s_hardening.model.apparmor_file import read_flags
from k8s_hardening.model.apparmor_leaves import (
    EXAMPLE_TEXT,
    Capability,
    ProfileName,
    ProfilePath,
    UncheckedRule,
    UncheckedText,
)
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Switch, wrong


class AppArmorMode(StrEnum):
    """What the kernel does with a violation."""

    ENFORCE = "enforce"
    COMPLAIN = "complain"


class AppArmorAbi(StrEnum):
    """Which AppArmor the nodes have."""

    V3 = "3.0"
    V2 = "2.13"


class ReadyMade(StrEnum):
    """Profiles that need no more than their name."""

    CONTAINER_DEFAULT = "container-default"
    DENY_WRITE = "deny-write"
    NO_RAW_NETWORK = "no-raw-network"


class Protocol(StrEnum):
    """What runs over IP; ICMP is no choice, since the kernel sees nothing but raw sockets there."""

    TCP = "tcp"
    UDP = "udp"


def _version_text(value: Any) -> Any:
    # YAML reads 3.0 as a number, and the engine hands it on as 3.
    return {3: "3.0", 2.13: "2.13"}.get(value, value) if isinstance(value, int | float) else value


_WITH_ALL = frozenset({"name", "ready_made", "text_unchecked", "mode", "abi"})


class AppArmorProfileSpec(Model):
    """What a confined process may do, within what the container runtime guards; or a profile that is ready-made."""

    name: ProfileName = Field(default="", examples=["web"])
    """Name of the profile, that of the ready-made one if left out; the kernel knows it with a hash of its text."""
    ready_made: ReadyMade | None = Field(default=None, examples=["deny-write"])
    """container-default: as the runtime's own; deny-write: no file may be written; no-raw-network: no raw sockets."""
    mode: AppArmorMode = AppArmorMode.ENFORCE
    """enforce stops violations, complain logs them; what the container runtime guards is stopped in both."""
    abi: Annotated[AppArmorAbi, BeforeValidator(_version_text)] = AppArmorAbi.V3
    """AppArmor of the nodes; 2.13 for older ones, where sockets may not be guarded."""
    readable: tuple[ProfilePath, ...] | None = Field(default=None, examples=[["/etc/**"]])
    """What may be read beside the C library's own files; left out it is everything, an empty list allows nothing."""
    read_only: tuple[ProfilePath, ...] = Field(default=(), examples=[["/etc/**"]])
    """Paths that may not be written; wins over writable."""
    writable: tuple[ProfilePath, ...] | None = Field(default=None, examples=[["/var/lib/app/**"]])
    """What may be written beside the likes of /dev/null; left out it is everything, an empty list allows nothing."""
    log_on_write: tuple[ProfilePath, ...] = Field(default=(), examples=[["/var/lib/app/keys/**"]])
    """Paths that may be written, and each write is logged."""
    denied: tuple[ProfilePath, ...] = Field(default=(), examples=[["/root/**"]])
    """Paths that may not be touched at all; wins over the others."""
    executables: tuple[ProfilePath, ...] | None = Field(default=None, examples=[["/usr/sbin/nginx"]])
    """Programs that may be started by the container's first; left out it is every one, an empty list allows none."""
    denied_executables: tuple[ProfilePath, ...] = Field(default=(), examples=[["/bin/{,da,ba}sh"]])
    """Programs that may not be started, nor read, since what can be read can be copied; wins over executables."""
    capabilities: tuple[Capability, ...] = Field(default=(), examples=[["net_bind_service"]])
    """Capabilities that the process may use."""
    denied_capabilities: tuple[Capability, ...] = Field(default=(), examples=[["sys_admin"]])
    """Capabilities that no unchecked rule can bring back, and whose use is refused without a log entry."""
    network: Switch = True
    """Whether the process may use IP sockets."""
    protocols: tuple[Protocol, ...] | None = Field(default=None, examples=[["tcp"]])
    """What may run over IP; left out it is everything but raw sockets, and sockets of other kinds are open, too."""
    raw_sockets: Switch = False
    """Weaker: raw IP sockets, with which packets can be forged; ping needs them."""
    packet_sockets: Switch = False
    """Weaker: packet sockets, with which the traffic of the pod's network can be read."""
    unchecked_rules: tuple[UncheckedRule, ...] = Field(default=(), examples=[["network netlink raw"]])
    """Weaker: rules in AppArmor's own language, one for each item; nobody checks what they allow."""
    text_unchecked: UncheckedText | None = Field(default=None, examples=[EXAMPLE_TEXT])
    """Weaker: a whole profile file in AppArmor's own language, in place of all else but name and mode."""

    @model_validator(mode="before")
    @classmethod
    def _named_as_it_is_made(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("ready_made"), str) and "name" not in data:
            return {"name": data["ready_made"], **data}
        return data

    @model_validator(mode="after")
    def _one_way(self) -> AppArmorProfileSpec:
        if problems := list(self._problems()):
            raise wrong("; ".join(problems), "{name: web, writable: [/tmp/**]} or {ready_made: deny-write}")
        return self

    def _problems(self) -> Iterator[str]:
        if self.name in list(ReadyMade) and self.name != self.ready_made:
            yield f"has the name of a ready-made profile without being it (ready_made: {self.name})"
        typed = sorted(name for name in self.model_fields_set - _WITH_ALL if getattr(self, name) not in (None, ()))
        for whole in ("ready_made", "text_unchecked"):
            if getattr(self, whole) is not None and typed:
                yield f"is {whole}, which {', '.join(typed)} cannot change"
        if self.text_unchecked is not None:
            if self.ready_made is not None:
                yield "is both ready_made and text_unchecked"
            if "abi" in self.model_fields_set:
                yield "is text_unchecked, which says its abi itself"
            if self.mode is AppArmorMode.COMPLAIN and "kill" in read_flags(self.text_unchecked):
                yield 'has the mode complain, and the flag "kill" in its text'
        for one in sorted({*self.capabilities}.intersection(self.denied_capabilities)):
            yield f"both allows and denies the capability {one}"
        if not self.network:
            for name in ("protocols", "raw_sockets"):
                if getattr(self, name):
                    yield f"has {name} without a network"
