"""AppArmor profiles as text for the nodes, and the names by which the kernel knows them.

A name ends with a hash of the text, so that an edited profile is another one: processes keep theirs until they
restart, and nobody believes an old profile to be the new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from k8s_hardening.kube.apparmor import HASH_LENGTH, PROFILE_PREFIX
from k8s_hardening.model.apparmor import AppArmorMode, AppArmorProfileSpec

# A profile of one's own takes the place of the runtime's, so it brings along what that one guards: the kernel's own
# file systems, mounts, and that only the runtime and the container itself may signal or trace its processes.
# Source: github.com/containerd/containerd v2.4.2, contrib/apparmor/template.go.
_CONTAINER_DEFAULT = """\
  umount,
  signal (receive) peer=unconfined,
  signal (receive) peer=runc,
  signal (receive) peer=crun,
  signal (send, receive) peer={name},
  ptrace (trace, tracedby, read, readby) peer={name},
  deny mount,
  deny @{{PROC}}/* w,
  deny @{{PROC}}/{{[^1-9/],[^1-9/][^0-9/],[^1-9s/][^0-9y/][^0-9s/],[^1-9/][^0-9/][^0-9/][^0-9/]*}}/** w,
  deny @{{PROC}}/sys/[^k]** w,
  deny @{{PROC}}/sys/kernel/{{?,??,[^s][^h][^m]**}} w,
  deny @{{PROC}}/sysrq-trigger rwklx,
  deny @{{PROC}}/kcore rwklx,
  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,"""


def profile_name(profile: AppArmorProfileSpec) -> str:
    """Name under which the kernel knows the profile: prefix, friendly name, hash of the text."""
    digest = hashlib.sha256(_text(profile, profile.name).encode()).hexdigest()
    return f"{PROFILE_PREFIX}{profile.name}-{digest[:HASH_LENGTH]}"


def profile_text(profile: AppArmorProfileSpec) -> str:
    """The profile as apparmor_parser reads it."""
    return _text(profile, profile_name(profile))


def profile_names(profiles: Iterable[AppArmorProfileSpec]) -> dict[str, str]:
    """The kernel's name of each profile by its friendly name, sorted."""
    return {profile.name: profile_name(profile) for profile in sorted(profiles, key=lambda one: one.name)}


def _text(profile: AppArmorProfileSpec, name: str) -> str:
    return "\n".join(_lines(profile, name)) + "\n"


def _lines(profile: AppArmorProfileSpec, name: str) -> Iterator[str]:
    flags = ["attach_disconnected", "mediate_deleted"]
    if profile.mode is AppArmorMode.COMPLAIN:
        flags.append("complain")
    yield "#include <tunables/global>"
    yield ""
    yield f"profile {name} flags=({','.join(flags)}) {{"
    yield "  #include <abstractions/base>"
    yield ""
    if profile.network:
        yield "  network,"
    else:
        # Unix sockets stay: they lead no further than the pod's own files, and the C library needs them.
        yield "  deny network inet,"
        yield "  deny network inet6,"
    for capability in sorted(set(profile.capabilities)):
        yield f"  capability {capability},"
    if profile.writable:
        # Nothing is writable but what is named: a deny rule would win over these, so here writing is just not granted.
        yield "  /** mrkix,"
        for path in sorted(set(profile.writable)):
            yield f"  {path} rwlk,"
    else:
        yield "  file,"
    yield ""
    yield _CONTAINER_DEFAULT.format(name=name)
    yield ""
    for path in sorted(set(profile.read_only)):
        yield f"  deny {path} wl,"
    for path in sorted(set(profile.denied)):
        yield f"  deny {path} mrwlkx,"
    yield "}"
