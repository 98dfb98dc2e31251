"""AppArmor in an environment: the profiles of its nodes, and what brings them there."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from k8s_hardening.kube.networks import parse_network
from k8s_hardening.model.apparmor_leaves import InstalledName as InstalledName
from k8s_hardening.model.apparmor_profile import AppArmorMode as AppArmorMode
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec as AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_text
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Day, Switch, Word, matching, not_empty, wrong
from k8s_hardening.model.ends import Cidr, Labels

_IMAGE = f"registry.example.com/platform/apparmor-loader@sha256:{'0' * 64}"
LoaderImage = Annotated[str, matching(r"[^@\s]+@sha256:[0-9a-f]{64}", "is not an image by digest", f'"{_IMAGE}"')]
_LOADER = {
    "image": _IMAGE,
    "api_server": ["10.0.0.10/32"],
    "exemption": {"owner": "platform-team", "expires": "2027-06-30"},
}


_MOST_ADDRESSES = 2**16
LARGEST_MAP = 1024 * 1024
"""Bytes that a ConfigMap holds at most (k8s.io/kubernetes v1.37.2 pkg/apis/core, MaxSecretSize)."""


def _api_server(cidr: str) -> str:
    if parse_network(cidr).num_addresses > _MOST_ADDRESSES:
        what = f"holds more than {_MOST_ADDRESSES} addresses; name the hosts of the API server and its Service"
        raise wrong(what, '"10.0.0.10/32"')
    return cidr


def _fit_in_a_map(profiles: tuple[AppArmorProfileSpec, ...]) -> tuple[AppArmorProfileSpec, ...]:
    for profile in profiles:
        if (size := len(profile_text(profile).encode())) > LARGEST_MAP:
            what = f'holds profile "{profile.name}" of {size} bytes, and no object of a cluster holds more'
            raise wrong(
                f"{what} than {LARGEST_MAP}; let it include a file of the nodes", '[{ready_made: "deny-write"}]'
            )
    return profiles


AppArmorProfiles = Annotated[tuple[AppArmorProfileSpec, ...], AfterValidator(_fit_in_a_map)]
_ApiServer = Annotated[Cidr, AfterValidator(_api_server)]


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
    api_server: Annotated[tuple[_ApiServer, ...], not_empty('["10.0.0.10/32"]')] = Field(examples=[["10.0.0.10/32"]])
    """Addresses of the API server, those of its hosts and of its Service; the loader reaches nothing else."""
    exemption: LoaderExemptionSpec = Field(examples=[{"owner": "platform-team", "expires": "2027-06-30"}])
    """Who answers for what the loader needs beyond the controls, and until when."""
    node_selector: Labels = Field(default={}, examples=[{"kubernetes.io/os": "linux"}])
    """Labels of the nodes that get the loader; empty means every Linux node."""


class AppArmorSpec(Model):
    """AppArmor in an environment."""

    profiles: AppArmorProfiles = Field(default=(), examples=[[{"ready_made": "deny-write"}]])
    """Profiles that the nodes provide."""
    preinstalled: tuple[InstalledName, ...] = Field(default=(), examples=[["docker-default"]])
    """Profiles that the nodes have without this baseline, by the kernel's name; pods may choose them, too."""
    loader: AppArmorLoaderSpec | None = Field(default=None, examples=[_LOADER])
    """Brings the profiles to the nodes; without it they are files for the hosts."""
    required: Switch = False
    """Every container must have an AppArmor profile; a node without AppArmor refuses such pods."""
