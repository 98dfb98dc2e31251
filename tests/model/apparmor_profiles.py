"""Profiles as hypothesis makes them: all that the typed model takes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.model.apparmor_leaves import is_path
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_name, profile_text

_PIECES = ("a", "B", "9", ".", "_", "-", "*", "**", "?", "{a,b}", "{,x/}", "@{pid}", "+", "~", "%", "=", "^", ":")
_SEGMENT = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=3).map("".join)
PATHS = st.builds(
    lambda root, segments, end: root + "/" + "/".join(segments) + (end if segments else ""),
    st.sampled_from(["", "", "@{HOME}", "@{PROC}", "@{run}", "@{sys}"]),
    st.lists(_SEGMENT, max_size=3),
    st.sampled_from(["", "/"]),
).filter(is_path)  # not those with a step that no path of the kernel has
_SOME = st.lists(PATHS, max_size=3)
_LIMITED = st.one_of(st.none(), _SOME)
_ALLOWED = st.lists(st.sampled_from(sorted(LINUX_CAPABILITIES)), max_size=4)
_RULES = (
    "network netlink raw",
    "signal (send) set=(term, kill) peer=other,",
    'ptrace (read) peer="/usr/bin/a b"',
    "include <abstractions/nameservice>",
    '"/a b/{x,y}" r',
    "owner /srv/[0-9]*/** rw",
    "unix (connect, send, receive) type=stream peer=(label=unconfined)",
    "set rlimit nofile <= 1024",
    "change_profile -> other",
    "pivot_root",
)


def _consistent(fields: dict[str, Any]) -> dict[str, Any]:
    denied = set(fields["denied_capabilities"]) - set(fields["capabilities"])
    fields = {**fields, "denied_capabilities": sorted(denied)}
    if not fields["network"]:
        fields |= {"protocols": None, "raw_sockets": False}
    return fields


TYPED = st.fixed_dictionaries({
    "name": st.just("web"),
    "mode": st.sampled_from(["enforce", "complain"]),
    "abi": st.sampled_from(["3.0", "2.13"]),
    "readable": _LIMITED,
    "read_only": _SOME,
    "writable": _LIMITED,
    "log_on_write": _SOME,
    "denied": _SOME,
    "executables": _LIMITED,
    "denied_executables": _SOME,
    "capabilities": _ALLOWED,
    "denied_capabilities": _ALLOWED,
    "network": st.booleans(),
    "protocols": st.one_of(st.none(), st.lists(st.sampled_from(["tcp", "udp"]), max_size=2)),
    "raw_sockets": st.booleans(),
    "packet_sockets": st.booleans(),
    "unchecked_rules": st.lists(st.sampled_from(_RULES), max_size=3),
}).map(_consistent)  # fmt: skip


def text_of(**fields: Any) -> str:
    """The text of a profile that is called web, in place of its hashed name."""
    spec = AppArmorProfileSpec.model_validate(fields if "ready_made" in fields else {"name": "web", **fields})
    return profile_text(spec).replace(profile_name(spec), "web")
