"""AppArmor profiles as text for the nodes, and the names by which the kernel knows them.

A name ends with a hash of the text, so that an edited profile is another one: processes keep theirs until they
restart, and nobody believes an old profile to be the new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from k8s_hardening.kube.apparmor import HASH_LENGTH, PROFILE_PREFIX
from k8s_hardening.model.apparmor_file import read_profile_file
from k8s_hardening.model.apparmor_profile import AppArmorAbi, AppArmorMode, AppArmorProfileSpec
from k8s_hardening.model.apparmor_ready_made import as_typed
from k8s_hardening.model.apparmor_syntax import as_rule

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
    profile = as_typed(profile)
    if profile.text_unchecked is not None:
        file, _ = read_profile_file(profile.text_unchecked)
        assert file is not None  # noqa: S101 - the model refuses a text that is no profile
        return file.under(name, profile.mode)
    return "\n".join(_lines(profile, name)) + "\n"


def _lines(profile: AppArmorProfileSpec, name: str) -> Iterator[str]:
    flags = ["attach_disconnected", "mediate_deleted"]
    if profile.mode is AppArmorMode.COMPLAIN:
        flags.append("complain")
    include = "include"
    if profile.abi is AppArmorAbi.V3:
        # Without it the parser compiles for what the node's configuration pins, on Debian without any socket.
        yield "abi <abi/3.0>,"
    else:
        include = "#include"
    yield f"{include} <tunables/global>"
    yield ""
    yield f"profile {name} flags=({','.join(flags)}) {{"
    yield f"  {include} <abstractions/base>"
    yield ""
    yield from (f"  {rule}" for rule in _rules(profile))
    yield ""
    yield _CONTAINER_DEFAULT.format(name=name)
    if profile.unchecked_rules:
        yield ""
        yield from (f"  {rule}" for rule in sorted({as_rule(rule) for rule in profile.unchecked_rules}))
    yield "}"


def _rules(profile: AppArmorProfileSpec) -> Iterator[str]:
    # The kernel stops what a rule denies even in complain mode, and in silence; with audit it logs it and lets it pass.
    deny = "audit deny" if profile.mode is AppArmorMode.COMPLAIN else "deny"
    yield from _socket_rules(profile, deny)
    yield from (f"capability {one}," for one in sorted(set(profile.capabilities)))
    yield from (f"{deny} capability {one}," for one in sorted(set(profile.denied_capabilities)))
    yield from _file_rules(profile)
    yield from (f"{deny} {path} wl," for path in sorted(set(profile.read_only)))
    untouchable = {*profile.denied, *profile.denied_executables}
    yield from (f"{deny} {path} mrwlkx," for path in sorted(untouchable))


def _socket_rules(profile: AppArmorProfileSpec, deny: str) -> Iterator[str]:
    # Unix sockets stay: they lead no further than the pod's own files, and the C library needs them.
    if not profile.network:
        yield f"{deny} network inet,"
        yield f"{deny} network inet6,"
    elif profile.protocols is None:
        yield "network,"
    else:
        yield from (
            f"network {family} {one}," for one in sorted(set(profile.protocols)) for family in ("inet", "inet6")
        )
    if profile.network and profile.raw_sockets:
        yield from (f"network {family} raw," for family in ("inet", "inet6") if profile.protocols is not None)
    elif profile.network:
        # Not of every family: the C library asks the kernel for its addresses over raw netlink sockets.
        yield f"{deny} network inet raw,"
        yield f"{deny} network inet6 raw,"
    if not profile.packet_sockets:
        yield f"{deny} network packet,"
    elif profile.protocols is not None or not profile.network:
        yield "network packet,"


def _file_rules(profile: AppArmorProfileSpec) -> Iterator[str]:
    if profile.readable is profile.writable is profile.executables is None:
        yield "file,"
    else:
        # A deny rule would win over the paths that are named, so everything else is just not granted.
        rest = "mr" * (profile.readable is None) + "wl" * (profile.writable is None)
        rest += "k" * (profile.readable is None) + "ix" * (profile.executables is None)
        if rest:
            yield f"/{{,**}} {rest},"
        yield from (f"{path} mrk," for path in sorted(set(profile.readable or ())))
        yield from (f"{path} rwlk," for path in sorted({*(profile.writable or ()), *profile.log_on_write}))
        yield from (f"{path} mrix," for path in sorted(set(profile.executables or ())))
        if profile.writable is not None:
            # Terminals of containers; a denied one is taken from the process when it starts (kubectl exec -it).
            yield "/dev/{console,tty,pts/*} rw,"
        # What abstractions/base has for encrypted homes, which no container has.
        yield "deny @{HOME}/.Private/** mrwlkx,"
    yield from (f"audit {path} wl," for path in sorted(set(profile.log_on_write)))
