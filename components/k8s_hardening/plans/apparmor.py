"""AppArmor profiles as files of the nodes, where no loader brings them there."""

from __future__ import annotations

from k8s_hardening.model.apparmor import AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_name, profile_text
from k8s_hardening.plans.plan import HostFile, Hosts

_DIRECTORY = "/etc/apparmor.d"


def profile_file(profile: AppArmorProfileSpec) -> HostFile:
    """The profile as a file of every node."""
    return HostFile(f"{_DIRECTORY}/{profile_name(profile)}", profile_text(profile), Hosts.EVERY_NODE)
