"""AppArmor profiles as text for the nodes."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.model.apparmor import AppArmorMode, AppArmorProfileSpec
from k8s_hardening.plans.plan import HostFile

_DIRECTORY = "/etc/apparmor.d"


def profile_name(profile: AppArmorProfileSpec) -> str:
    """Name under which the kernel knows the profile."""
    return f"k8s-hardening-{profile.name}"


def profile_file(profile: AppArmorProfileSpec) -> HostFile:
    """The profile as a file of the nodes, in AppArmor 3 syntax."""
    return HostFile(f"{_DIRECTORY}/{profile_name(profile)}", "\n".join(_lines(profile)) + "\n")


def _lines(profile: AppArmorProfileSpec) -> Iterator[str]:
    flags = ["attach_disconnected", "mediate_deleted"]
    if profile.mode is AppArmorMode.COMPLAIN:
        flags.append("complain")
    yield "#include <tunables/global>"
    yield ""
    yield f"profile {profile_name(profile)} flags=({','.join(flags)}) {{"
    yield "  #include <abstractions/base>"
    yield ""
    if profile.network:
        yield "  network,"
    for capability in sorted(set(profile.capabilities)):
        yield f"  capability {capability},"
    if profile.writable:
        # Deny rules win over all others, so a list of writable paths is the only place where writing is granted.
        yield "  /** mrkix,"
        for path in sorted(set(profile.writable)):
            yield f"  {path} rwlk,"
    else:
        yield "  file,"
    for path in sorted(set(profile.read_only)):
        yield f"  deny {path} wl,"
    for path in sorted(set(profile.denied)):
        yield f"  deny {path} mrwlkx,"
    yield "}"
