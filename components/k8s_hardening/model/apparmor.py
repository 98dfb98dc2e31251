"""An AppArmor profile as typed data."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from k8s_hardening.kube.apparmor import LONGEST_PROFILE_NAME
from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Day, Name, Switch, Word, matching, not_empty, wrong
from k8s_hardening.model.network import Cidr, Labels

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


def _profile_name(text: str) -> str:
    if len(text) > LONGEST_PROFILE_NAME:
        raise wrong(f"has {len(text)} characters, at most {LONGEST_PROFILE_NAME} are allowed", '"deny-write"')
    return text


_INSTALLED = r"[A-Za-z0-9/_][A-Za-z0-9_./+:@-]*"
InstalledName = Annotated[str, matching(_INSTALLED, "is not the name of an AppArmor profile", '"docker-default"')]

_IMAGE = f"registry.example.com/platform/apparmor-loader@sha256:{'0' * 64}"
LoaderImage = Annotated[str, matching(r"[^@\s]+@sha256:[0-9a-f]{64}", "is not an image by digest", f'"{_IMAGE}"')]
_LOADER = {
    "image": _IMAGE,
    "api_server": ["10.0.0.10/32"],
    "exemption": {"owner": "platform-team", "expires": "2027-06-30"},
}

ProfileName = Annotated[Name, AfterValidator(_profile_name)]
ProfilePath = Annotated[str, AfterValidator(_path)]
Capability = Annotated[str, AfterValidator(_capability)]


class AppArmorMode(StrEnum):
    """What the kernel does with a violation."""

    ENFORCE = "enforce"
    COMPLAIN = "complain"


class AppArmorProfileSpec(Model):
    """What a confined process may do with files; everything else follows the container default."""

    name: ProfileName = Field(examples=["deny-write"])
    """Name of the profile, for example deny-write; the kernel knows it with a prefix and a hash of its text."""
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


class LoaderExemptionSpec(Model):
    """Who answers for what the loader needs beyond the controls, and until when."""

    owner: Word = Field(examples=["platform-team"])
    """Who answers for it."""
    expires: Day = Field(examples=["2027-06-30"])
    """Last day on which it holds."""


class AppArmorLoaderSpec(Model):
    """The DaemonSet that loads the profiles on every node, and labels the nodes that have them."""

    image: LoaderImage = Field(examples=[_IMAGE])
    """Image of the loader, by digest; `k8s-hardening apparmor image` makes it."""
    api_server: Annotated[tuple[Cidr, ...], not_empty('["10.0.0.10/32"]')] = Field(examples=[["10.0.0.10/32"]])
    """Addresses of the API server, those of its hosts and of its Service; the loader reaches nothing else."""
    exemption: LoaderExemptionSpec = Field(examples=[{"owner": "platform-team", "expires": "2027-06-30"}])
    """Who answers for what the loader needs beyond the controls, and until when."""
    node_selector: Labels = Field(default={}, examples=[{"kubernetes.io/os": "linux"}])
    """Labels of the nodes that get the loader; empty means every Linux node."""


LARGEST_PROFILE = 1024 * 1024
"""Bytes that a ConfigMap holds at most (k8s.io/kubernetes v1.37.2 pkg/apis/core, MaxSecretSize)."""


class AppArmorSpec(Model):
    """AppArmor in an environment."""

    profiles: tuple[AppArmorProfileSpec, ...] = Field(default=(), examples=[[{"name": "deny-write"}]])
    """Profiles that the nodes provide."""
    preinstalled: tuple[InstalledName, ...] = Field(default=(), examples=[["docker-default"]])
    """Profiles that the nodes have without this baseline, by the kernel's name; pods may choose them, too."""
    loader: AppArmorLoaderSpec | None = Field(default=None, examples=[_LOADER])
    """Brings the profiles to the nodes; without it they are files for the hosts."""
    required: Switch = False
    """Every container must have an AppArmor profile; a node without AppArmor refuses such pods."""
