"""An AppArmor profile as typed data."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Name, Switch, wrong

# A rule's path is written without quotes: what could end, split or continue it is refused, and so is whatever the
# parser gives a meaning that nobody needs here (escapes, classes with ranges, comments, variables of one's own).
_CHOICE = r"\{(?=[^}]*,)(?![^}]*,,)[A-Za-z0-9_./*,-]+\}"  # {a,b}: two at least, and two commas would end the rule
_PATH = re.compile(rf"(?:@\{{(?:HOME|PROC|run|sys)\}})?/(?:[A-Za-z0-9_./*?+:~%=^-]|{_CHOICE})*")


def _path(text: str) -> str:
    if _PATH.fullmatch(text) is None or "//" in text or "/../" in f"{text}/":
        raise wrong("is not an absolute path (or glob) of letters, digits and ._*?{}/+:~%=^-", '"/var/lib/app/**"')
    return text


def _capability(text: str) -> str:
    if text not in LINUX_CAPABILITIES:
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

    name: Name = Field(examples=["deny-write"])
    """Name of the profile, for example deny-write."""
    mode: AppArmorMode = AppArmorMode.ENFORCE
    """enforce stops violations, complain logs them."""
    read_only: tuple[ProfilePath, ...] = Field(default=(), examples=[["/etc/**"]])
    """Paths that may be read, not written."""
    writable: tuple[ProfilePath, ...] = Field(default=(), examples=[["/var/lib/app/**"]])
    """Paths that may be read and written."""
    denied: tuple[ProfilePath, ...] = Field(default=(), examples=[["/root/**"]])
    """Paths that may not be touched at all; wins over the others."""
    capabilities: tuple[Capability, ...] = Field(default=(), examples=[["net_bind_service"]])
    """Capabilities that the process may use."""
    network: Switch = True
    """Whether the process may use IP sockets."""


class AppArmorSpec(Model):
    """AppArmor in an environment."""

    profiles: tuple[AppArmorProfileSpec, ...] = Field(default=(), examples=[[{"name": "deny-write"}]])
    """Profiles that the nodes provide."""
    required: Switch = False
    """Every container must have an AppArmor profile; a node without AppArmor refuses such pods."""
