"""AppArmor profiles as text for the nodes."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.model.apparmor import AppArmorMode, AppArmorProfileSpec
from k8s_hardening.plans.plan import HostFile, Hosts

_DIRECTORY = "/etc/apparmor.d"
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
    """Name under which the kernel knows the profile."""
    return f"k8s-hardening-{profile.name}"


def profile_file(profile: AppArmorProfileSpec) -> HostFile:
    """The profile as a file of the nodes, for AppArmor 2.13 and later."""
    return HostFile(f"{_DIRECTORY}/{profile_name(profile)}", "\n".join(_lines(profile)) + "\n", Hosts.EVERY_NODE)


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
    yield _CONTAINER_DEFAULT.format(name=profile_name(profile))
    yield ""
    for path in sorted(set(profile.read_only)):
        yield f"  deny {path} wl,"
    for path in sorted(set(profile.denied)):
        yield f"  deny {path} mrwlkx,"
    yield "}"
