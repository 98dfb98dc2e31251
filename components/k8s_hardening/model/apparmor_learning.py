"""A typed profile from what a process was seen to do.

A log of complain mode names what the profile of that run did not grant, so a profile that grants nothing
(`readable: []`, `writable: []`, `executables: []`, `network: false`) teaches the most.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.kube.apparmor import OWN_PROFILE, PROFILE_PREFIX
from k8s_hardening.kube.linux_audit import AuditEvent
from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.kube.linux_signals import SIGNALS
from k8s_hardening.kube.linux_sockets import SOCKET_FAMILIES, SOCKET_TYPES
from k8s_hardening.model.apparmor_leaves import is_path
from k8s_hardening.model.apparmor_quoting import has_glob, quoted

_MASK = re.compile(r"[rwacdmklx]+")
_LABEL = re.compile(r"[A-Za-z0-9/_][A-Za-z0-9_./+:-]*")
_LARGEST_PID = 4194304  # of 64-bit kernels, include/linux/threads.h; @{pid} of tunables/kernelvars covers no more
_NUMBERS = re.compile(r"(?<=^/proc/)[1-9][0-9]{0,6}(?=/)|(?<=/task/)[1-9][0-9]{0,6}(?=/|$)")
_TEMPORARY = re.compile(r"(/tmp|/var/tmp|/dev/shm)/.")
_PROTOCOLS = {"stream": "tcp", "dgram": "udp"}
# What a profile denies whatever else it says (apparmor_text.py), so that no rule could grant it.
_NEVER = re.compile(r"/proc/(?:sysrq-trigger|kcore)|/sys/(?:firmware|kernel/security|devices/virtual/powercap)/")
_NEVER_WRITTEN = re.compile(r"/proc/(?![1-9][0-9]*/|sys/kernel/shm)|/sys/(?!fs/cgroup/)|.*/\.Private/")
_LOCAL = frozenset({"create", "bind", "listen", "shutdown", "getattr", "setattr", "getopt", "setopt"})
_PEER = frozenset({"accept", "connect", "send", "receive"})
_PTRACE = frozenset({"read", "trace", "readby", "tracedby"})


def friendly_of(name: str) -> str:
    """The name of a profile in a baseline by the kernel's, without children, namespaces and our hash."""
    bare = re.sub(r"^:[^:]*:(?://)?", "", name).split("//", 1)[0]
    match = OWN_PROFILE.fullmatch(bare)
    return match["friendly"] if match else bare


@dataclass(slots=True)
class Learnt:
    """What one profile must allow."""

    name: str
    reads: set[str] = field(default_factory=set)
    maps: set[str] = field(default_factory=set)
    locks: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    capabilities: set[str] = field(default_factory=set)
    sockets: set[tuple[str, str]] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    left: Counter[str] = field(default_factory=Counter)
    """What no profile of ours can allow, or nobody here understands, and how often it was seen."""
    events: int = 0

    def take(self, event: AuditEvent) -> None:
        """Learn from one event."""
        self.events += 1
        taught = _TEACHERS.get(event.operation, _by_fields)
        if (why := taught(self, event)) is not None:
            self.left[f"{_operation(event)}, whose line is cut off" if event.is_cut else why] += 1

    def fields(self, *, collapse: int = 0, temporary: bool = False) -> dict[str, Any]:
        """The fields of a typed profile; with some generalisation where it is asked for."""
        rules = set(self.rules)
        lists = {}
        wanted = {
            "readable": (self._readable(), "mrk"),
            "writable": (self.writes, "rwlk"),
            "executables": (self.runs, "mrix"),
        }
        for name, (paths, letters) in wanted.items():
            spellings = {path: _typed(path) for path in paths}
            rules |= {f"{quoted(path)} {letters}" for path, text in spellings.items() if text is None}
            typed = {text for text in spellings.values() if text is not None}
            typed = set(_temporary(typed)) if temporary and name != "executables" else typed
            lists[name] = sorted(_collapsed(typed, collapse) if collapse else typed)
        return {
            "name": self.name,
            **lists,
            **({"capabilities": sorted(self.capabilities)} if self.capabilities else {}),
            **_network(self.sockets),
            **({"unchecked_rules": sorted(rules | _other_sockets(self.sockets))}
               if rules or _other_sockets(self.sockets) else {}),
        }  # fmt: skip

    def _readable(self) -> set[str]:
        """What neither the list of writable paths nor that of programs allows by itself."""
        return self.reads - self.writes - self.runs | self.maps - self.runs | self.locks - self.writes


def _network(sockets: set[tuple[str, str]]) -> dict[str, Any]:
    types = {kind for family, kind in sockets if family in ("inet", "inet6")}
    found: dict[str, Any] = {"network": False}
    if types:  # without a network every socket of IP is denied, whatever a rule says
        found = {"protocols": sorted(_PROTOCOLS[kind] for kind in types.intersection(_PROTOCOLS))}
    if "raw" in types:
        found["raw_sockets"] = True
    if any(family == "packet" for family, _ in sockets):
        found["packet_sockets"] = True
    return found


def _other_sockets(sockets: set[tuple[str, str]]) -> set[str]:
    return {
        f"network {family} {kind}"
        for family, kind in sockets
        if family != "packet" and not (family in ("inet", "inet6") and kind in ("stream", "dgram", "raw"))
    }


def _typed(path: str) -> str | None:
    """A file's path as a typed profile writes it, with numbers of processes as such; None where it cannot."""
    if has_glob(path) or not is_path(path):
        return None
    text = _NUMBERS.sub(_number, path)
    return f"@{{PROC}}{text.removeprefix('/proc')}" if text.startswith("/proc/") else text


def _number(match: re.Match[str]) -> str:
    if int(match[0]) > _LARGEST_PID:
        return match[0]
    return "@{tid}" if match.string[: match.start()].endswith("/task/") else "@{pid}"


def _temporary(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        match = _TEMPORARY.match(path)
        yield f"{match[1]}/**" if match else path


def _collapsed(paths: set[str], most: int) -> set[str]:
    """Files of one folder as one glob, where there are at least so many."""
    folders = defaultdict(set)
    for path in paths:
        folder, _, file = path.rpartition("/")
        if folder and file and "*" not in file:
            folders[folder].add(path)
    found = set(paths)
    for folder, files in folders.items():
        if len(files) >= most:
            found -= files
            found.add(f"{folder}/*")
    return found


def _by_fields(learnt: Learnt, event: AuditEvent) -> str | None:
    if "family" in event.fields:
        return _socket(learnt, event)
    if "name" in event.fields and "denied_mask" in event.fields:
        return _file(learnt, event)
    return f"{_operation(event)}, for which a profile has no field"


def _file(learnt: Learnt, event: AuditEvent) -> str | None:
    path = event.fields["name"]
    mask = event.fields["denied_mask"].replace(":", "")
    if not path.startswith("/") or "//" in path or "/../" in f"{path}/" or "\0" in path:
        return f"{_operation(event)} of {_shown(path)}, which is no path"
    if _MASK.fullmatch(mask) is None:
        return f"{_operation(event)} of {_shown(path)} with the access {_shown(mask)}"
    letters = set(mask)
    writes = bool(letters.intersection("wacdl"))
    if _NEVER.match(path) or (letters.intersection("wacdlkx") and _NEVER_WRITTEN.match(path)):
        return f"{mask} of {_shown(path)}, which every profile denies"
    if "x" in letters:
        learnt.runs.add(path)
    if writes:
        learnt.writes.add(path)
    if "m" in letters:
        learnt.maps.add(path)
    if "k" in letters:
        learnt.locks.add(path)
    if "r" in letters:
        learnt.reads.add(path)
    return None


def _capability(learnt: Learnt, event: AuditEvent) -> str | None:
    name = event.fields.get("capname", "")
    if name not in LINUX_CAPABILITIES:
        return f"capability {_shown(name)}, which is unknown"
    learnt.capabilities.add(name)
    return None


def _socket(learnt: Learnt, event: AuditEvent) -> str | None:
    family, kind = event.fields["family"], event.fields.get("sock_type", "")
    if family not in SOCKET_FAMILIES or kind not in SOCKET_TYPES:
        return f"socket of the family {_shown(family)} and the type {_shown(kind)}, which is unknown"
    if family != "unix":
        learnt.sockets.add((family, kind))
        return None
    words = set(event.words("denied_mask"))
    local, peers = sorted(words & _LOCAL), sorted(words & _PEER)
    if local:
        learnt.rules.add(f"unix ({', '.join(local)}) type={kind}")
    if not peers:
        return None if local else f"Unix socket with the access {_shown(event.fields.get('denied_mask', ''))}"
    return _with_peer(learnt, event, f"unix ({', '.join(peers)}) type={kind}", "peer=(label={})")


def _signal(learnt: Learnt, event: AuditEvent) -> str | None:
    ways = sorted({"send", "receive"}.intersection(event.words("denied_mask")))
    name = event.fields.get("signal", "")
    if not ways or name not in SIGNALS:
        return f"signal {_shown(name)}, which is unknown"
    return _with_peer(learnt, event, f"signal ({', '.join(ways)}) set=({name})", "peer={}")


def _ptrace(learnt: Learnt, event: AuditEvent) -> str | None:
    ways = sorted(_PTRACE.intersection(event.words("denied_mask")))
    if not ways:
        return f"ptrace with the access {_shown(event.fields.get('denied_mask', ''))}"
    return _with_peer(learnt, event, f"ptrace ({', '.join(ways)})", "peer={}")


def _with_peer(learnt: Learnt, event: AuditEvent, rule: str, form: str) -> str | None:
    peer = event.fields.get("peer", "")
    if friendly_of(peer) == friendly_of(event.profile):
        return None  # every profile allows that between its own processes
    if OWN_PROFILE.fullmatch(peer):
        peer = f"{PROFILE_PREFIX}{friendly_of(peer)}-*"
    elif _LABEL.fullmatch(peer) is None or "//" in peer:
        return f"{rule} with the profile {_shown(peer)}"
    learnt.rules.add(f"{rule} {form.format(peer)}")
    return None


def _pivot_root(learnt: Learnt, _: AuditEvent) -> None:
    learnt.rules.add("pivot_root")


def _mount(_: Learnt, event: AuditEvent) -> str:
    return f"{event.operation} of {_shown(event.fields.get('name', ''))}, which every profile denies"


def _granted(_: Learnt, __: AuditEvent) -> None:
    """Every profile allows that."""


_TEACHERS = {
    "capable": _capability,
    "signal": _signal,
    "ptrace": _ptrace,
    "pivotroot": _pivot_root,
    "mount": _mount,
    "remount": _mount,
    "umount": _granted,
}


def _operation(event: AuditEvent) -> str:
    return event.operation if re.fullmatch(r"[a-z_]{1,40}", event.operation) else _shown(event.operation)


def _shown(text: str) -> str:
    """A text of a log as a line that is safe to print."""
    return repr(text[:80]).replace("'", '"') if text else "(none)"
