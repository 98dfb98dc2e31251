"""What a profile decides once it is compiled: the automata that apparmor_parser makes, read as the kernel reads them.

A test of a profile's text alone could only repeat the text. Here questions are asked of what the kernel would get: may
this path be written, is that logged, which sockets may be made.

Source: Linux 6.1 security/apparmor/policy_unpack.c (the stream), match.c and include/match.h (the automata),
file.c aa_compute_fperms (permissions), net.c aa_profile_af_perm (sockets).
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

EXEC, WRITE, READ, APPEND, LINK, LOCK, MAP = 1, 2, 4, 8, 0x10, 0x20, 0x40
_LETTERS = {"x": EXEC, "w": WRITE, "r": READ, "a": APPEND, "l": LINK, "k": LOCK, "m": MAP}
_FEATURES = "/etc/apparmor.d/abi/3.0"
_CLASS_NET = b"\x0e"
FAMILIES = {"unix": 1, "inet": 2, "inet6": 10, "netlink": 16, "packet": 17, "alg": 38, "vsock": 40}
TYPES = {"stream": 1, "dgram": 2, "raw": 3, "seqpacket": 5}


def parser() -> str:
    """Where apparmor_parser is; without it the test is skipped, which counts as a failure where none may be skipped."""
    found = shutil.which("apparmor_parser", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip("apparmor_parser is missing: apt-get install apparmor")
    return found


def run_parser(text: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    """The parser's answer for a profile, of which nothing reaches a kernel or a cache."""
    command = [parser(), "-Q", "-K", *options]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=60)


def complaint(text: str) -> str:
    """What the parser has against a profile; empty when it compiles."""
    done = run_parser(text)
    return "" if done.returncode == 0 else done.stderr.decode() or f"status {done.returncode}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the kernel does with an access to a path, by the letters of profiles."""

    allowed: str
    logged: str
    """What is logged wherever it is allowed."""
    quiet: str
    """What is refused in silence."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One profile as the kernel gets it."""

    name: str
    complain: bool
    capabilities: int
    automata: tuple[_Automaton, ...]
    """That of sockets and the rest first, then that of files; a profile without rules lacks some."""

    @property
    def policy(self) -> _Automaton:
        """The automaton of sockets and all else but files."""
        return self.automata[0]

    @property
    def files(self) -> _Automaton:
        """The automaton of files."""
        return self.automata[1]

    def file(self, path: str | bytes, *, owner: bool = False) -> Decision:
        """What may be done with a path, by the file's owner or by somebody else."""
        state = self.files.walk(self.files.start, path.encode() if isinstance(path, str) else path)
        shift = 0 if owner else 14
        allowed, audit = self.files.accept[state] >> shift, self.files.accept2[state] >> shift
        # A link needs its permission for the new name and for the pair of names (file.c, profile_path_link).
        pair = self.files.walk(state, b"\0/target")
        allowed &= ~LINK | self.files.accept[pair] >> shift
        pair_audit = self.files.accept2[pair] >> shift
        audit = audit & ~(LINK | LINK << 7) | pair_audit & (LINK | LINK << 7)
        return Decision(_letters(allowed), _letters(audit), _letters(audit >> 7))

    def socket(self, family: str, kind: str) -> bool:
        """Whether a socket may be made."""
        state = self.policy.walk(self.policy.start, _CLASS_NET)
        assert state, "sockets are not mediated"
        state = self.policy.walk(state, struct.pack(">HH", FAMILIES[family], TYPES[kind]))
        return bool(self.policy.accept[state])

    def quiet_socket(self, family: str, kind: str) -> bool:
        """Whether a socket is refused in silence."""
        state = self.policy.walk(self.policy.start, _CLASS_NET + struct.pack(">HH", FAMILIES[family], TYPES[kind]))
        return bool(self.policy.accept2[state] >> 7)


def compiled(text: str) -> Compiled:
    """A profile's text compiled for a kernel that mediates all that AppArmor 3.0 knows."""
    found = list(profiles_of(text))
    assert len(found) == 1, [one.name for one in found]
    return found[0]


def profiles_of(text: str) -> list[Compiled]:
    """Every profile that a text makes, children among them."""
    done = run_parser(text, "-S", "-O", "no-diff-encode", "--kernel-features", _FEATURES)
    assert done.returncode == 0, done.stderr.decode()
    return list(_profiles(_tokens(done.stdout)))


def _letters(bits: int) -> str:
    return "".join(letter for letter, bit in _LETTERS.items() if bits & bit)


def _tokens(data: bytes) -> Iterator[tuple[int, str, Any]]:
    """The values of the stream with their tags and names."""
    at, name = 0, ""
    while at < len(data):
        tag = data[at]
        at += 1
        value: Any = None
        if tag in (4, 5):  # a name for what follows, a text
            (length,) = struct.unpack_from("<H", data, at)
            value = data[at + 2 : at + 1 + length].decode()
            at += 2 + length
            if tag == 4:
                name = value
                continue
        elif tag == 6:
            (length,) = struct.unpack_from("<I", data, at)
            value = data[at + 4 : at + 4 + length]
            at += 4 + length
        elif tag == 11:
            at += 2
        elif tag <= 3:
            value = int.from_bytes(data[at : at + (1 << tag)], "little")
            at += 1 << tag
        yield tag, name, value
        name = ""


def _profiles(tokens: Iterator[tuple[int, str, Any]]) -> Iterator[Compiled]:
    stream = list(tokens)
    starts = [index for index, (tag, name, _) in enumerate(stream) if (tag, name) == (7, "profile")]
    for start, end in zip(starts, [*starts[1:], len(stream)], strict=True):
        part = stream[start:end]
        flags = next(index for index, one in enumerate(part) if one[:2] == (7, "flags"))
        after = next(index for index, one in enumerate(part) if one[0] == 8) + 1
        low = after + (part[after][1] == "path_flags")
        high = next(index for index, one in enumerate(part) if one[:2] == (7, "caps64")) + 1
        automata = tuple(_Automaton(value) for tag, name, value in part if (tag, name) == (6, "aadfa"))
        yield Compiled(
            name=part[1][2],
            complain=part[flags + 2][2] == 1,
            capabilities=part[low][2] | part[high][2] << 32,
            automata=automata,
        )


class _Automaton:
    """One automaton of a profile: compressed tables in the form of flex."""

    start = 1

    def __init__(self, blob: bytes) -> None:
        data = blob[blob.index(b"\x1b\x5e\x78\x3d") :]
        header, size = struct.unpack_from(">II", data, 4)
        tables: dict[int, tuple[int, ...]] = {}
        at = header
        while at < size:
            kind, width, _, count = struct.unpack_from(">HHII", data, at)
            form = {1: "B", 2: "H", 4: "I"}[width]
            tables[kind] = struct.unpack_from(f">{count}{form}", data, at + 12)
            at += (12 + count * width + 7) & ~7
        self.accept, self._base, self._check, self._default = (tables[kind] for kind in (1, 2, 3, 4))
        self._classes, self.accept2, self._next = tables.get(5), tables[7], tables[8]

    def walk(self, state: int, text: bytes) -> int:
        """The state after some bytes; 0 is the one that nothing leads out of."""
        for byte in text:
            place = (self._base[state] & 0xFFFFFF) + (self._classes[byte] if self._classes else byte)
            state = self._next[place] if self._check[place] == state else self._default[state]
        return state
