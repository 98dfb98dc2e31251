"""An AppArmor profile as typed data."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Name, wrong

# A rule's path is written without quotes, so what would end or split it is refused.
_PATH = re.compile(r"[/@][^\s\"',#;()\\\x00-\x1f]*")
_CAPABILITY = re.compile(r"[a-z][a-z_]*")


def _path(text: str) -> str:
    if _PATH.fullmatch(text) is None:
        raise wrong(
            "is not an absolute path (or glob) free of quotes, commas, blanks and line ends", '"/var/lib/app/**"'
        )
    return text


def _capability(text: str) -> str:
    if _CAPABILITY.fullmatch(text) is None:
        raise wrong("is not the name of a capability in lower case", '"net_bind_service"')
    return text


ProfilePath = Annotated[str, AfterValidator(_path)]
Capability = Annotated[str, AfterValidator(_capability)]


class AppArmorMode(StrEnum):
    """What the kernel does with a violation."""

    ENFORCE = "enforce"
    COMPLAIN = "complain"


class AppArmorProfileSpec(Model):
    """What a confined process may do with files; everything else follows the container default."""

    name: Name
    """Name of the profile, for example deny-write."""
    mode: AppArmorMode = AppArmorMode.ENFORCE
    """enforce stops violations, complain logs them."""
    read_only: tuple[ProfilePath, ...] = ()
    """Paths that may be read, not written."""
    writable: tuple[ProfilePath, ...] = ()
    """Paths that may be read and written."""
    denied: tuple[ProfilePath, ...] = ()
    """Paths that may not be touched at all; wins over the others."""
    capabilities: tuple[Capability, ...] = ()
    """Capabilities that the process may use."""
    network: bool = True
    """Whether the process may use IP sockets."""


class AppArmorSpec(Model):
    """AppArmor in an environment."""

    profiles: tuple[AppArmorProfileSpec, ...] = ()
    """Profiles that the nodes provide."""
