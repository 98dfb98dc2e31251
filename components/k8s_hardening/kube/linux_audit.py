"""What AppArmor writes to the kernel's log, as the kernel, auditd and journald print it.

Source: Linux 6.1 security/apparmor/audit.c and lib/audit.c (audit_log_untrustedstring): a text is quoted, or written in
hexadecimal digits without quotes where it holds a quote, a blank or a byte beyond ASCII.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = 'apparmor="'
_FIELD = re.compile(r'(?<![\w-])([a-z_]{1,32})=(?:"([^"]*)"|([^\s"]+))')
_QUOTED = re.compile(r'"[^"]*"')
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
_TEXTS = frozenset({"profile", "name", "target", "peer", "srcname", "comm", "addr", "peer_addr", "info"})
VIOLATIONS = frozenset({"ALLOWED", "DENIED"})
"""What complain mode lets through, and what enforce mode stops."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the log about AppArmor."""

    verdict: str
    """ALLOWED, DENIED, AUDIT, STATUS ..."""
    operation: str
    profile: str
    """Name of the profile; bytes that are no UTF-8 are escaped as Python does (surrogateescape)."""
    fields: dict[str, str]
    """All fields of the line; texts decoded."""
    is_cut: bool
    """Whether the line ends within a field, so that fields may be missing."""

    def words(self, field: str) -> tuple[str, ...]:
        """A field that lists words."""
        return tuple(self.fields.get(field, "").split())


def is_about_apparmor(line: str) -> bool:
    """Whether a line claims to be one of AppArmor's."""
    return _MARK in line


def read_event(line: str) -> AuditEvent | None:
    """What a line says; None where it says nothing of a profile, or is cut off."""
    fields: dict[str, str] = {}
    for match in _FIELD.finditer(line, max(line.find(_MARK), 0)):
        key, quoted, bare = match.groups()
        fields.setdefault(key, quoted if quoted is not None else _decoded(key, bare))
    if not all(fields.get(key) for key in ("apparmor", "operation", "profile")):
        return None
    return AuditEvent(fields["apparmor"], fields["operation"], fields["profile"], fields, _is_cut(line))


def _is_cut(line: str) -> bool:
    text = _QUOTED.sub("quoted", line[max(line.find(_MARK), 0) :])
    last = text.split()[-1]
    return '"' in text or "=" not in last or last.endswith("=")


def _decoded(key: str, bare: str) -> str:
    if key in _TEXTS and _HEX.fullmatch(bare):
        return bytes.fromhex(bare).decode("utf-8", "surrogateescape")
    return bare
