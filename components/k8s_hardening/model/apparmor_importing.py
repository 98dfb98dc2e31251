"""Profiles that others wrote, as profiles of a baseline: bane's TOML files and AppArmor's own.

bane's fields, and what its profiles do: github.com/genuinetools/bane sample.toml and apparmor/template.go.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from k8s_hardening.kube.apparmor import LONGEST_PROFILE_NAME
from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.kube.names import suggest_dns1123_label
from k8s_hardening.model.apparmor_file import ProfileFile, read_profile_file
from k8s_hardening.model.apparmor_leaves import is_path, step_problem
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec, ReadyMade
from k8s_hardening.model.apparmor_syntax import rule_problem
from k8s_hardening.model.problems import explain, shown

_BANE_PART = re.compile(r"^[ \t]*\[[ \t]*(?:filesystem|capabilities|network)[ \t]*\]", re.MULTILINE | re.IGNORECASE)
# bane's key, ours, and the rule that bane makes of an item.
_PATHS = {
    "ReadOnlyPaths": ("read_only", "deny {} wl"),
    "LogOnWritePaths": ("log_on_write", "audit {} w"),
    "WritablePaths": ("writable", "{} rwlk"),
    "AllowExec": ("executables", "{} mrix"),
    "DenyExec": ("denied_executables", "deny {} mrwklx"),
}
_STRICTER = {
    "writable": "WritablePaths: no other path may be written here, but those of LogOnWritePaths; bane allowed all that "
    "ReadOnlyPaths does not name",
    "executables": "AllowExec: no other program may be started here; bane allowed all that DenyExec does not name",
}
_KNOWN = {
    "filesystem": {key.lower() for key in _PATHS},
    "capabilities": {"allow", "deny"},
    "network": {"raw", "packet", "protocols"},
}


@dataclass(slots=True)
class Imported:
    """A profile as a baseline has it, and what is to be said of it."""

    fields: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def looks_like_bane(text: str) -> bool:
    """Whether a file is bane's, and not one of AppArmor's own."""
    return _BANE_PART.search(text) is not None


def profile_name_for(text: str) -> str:
    """The nearest name that a profile of a baseline can have."""
    name = suggest_dns1123_label(text)[:LONGEST_PROFILE_NAME].strip("-") or "profile"
    return f"own-{name}" if name in list(ReadyMade) else name


def import_bane(text: str, fallback: str, name: str | None = None) -> Imported:
    """Settings of bane as a typed profile; a name given here counts first, the fallback where the file has none."""
    made = Imported()
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        made.problems.append(f"is not TOML: {error}")
        return made
    top = {key.lower(): (key, value) for key, value in data.items()}
    _, own = top.pop("name", ("", fallback))
    _named(made, own if name is None else name)
    for part in _KNOWN:
        key, value = top.pop(part, (part, {}))
        if not isinstance(value, dict):
            made.problems.append(f"{key}: {shown(value)} is not a table")
            continue
        items = {inner.lower(): (f"{key}.{inner}", item) for inner, item in value.items()}
        for inner, (where, _) in items.items():
            if inner not in _KNOWN[part]:
                made.notes.append(f"{where}: is not carried over, since bane has no such setting")
        _PARTS[part](made, items)
    made.notes += [f"{key}: is not carried over, since bane has no such setting" for key, _ in top.values()]
    _check(made)
    return made


def import_file(text: str, name: str | None) -> Imported:
    """A profile file as it is, under a name of ours; the name counts in place of the file's own."""
    made = Imported()
    text = text.replace("\r\n", "\n").expandtabs(2)
    file, made.problems = read_profile_file(text)
    if file is None:
        return made
    _named(made, name or file.name)
    if file.attachment:
        made.notes.append(f"the attachment {file.attachment} is left out: a pod names its profile")
    if file.mode == "complain":
        made.fields["mode"] = "complain"
    made.fields["text_unchecked"] = _own_text(file, made.fields["name"])
    if not re.search(r"^\s*abi\s", file.preamble, re.MULTILINE):
        made.notes.append("has no abi rule, so a node may not guard sockets with it; abi <abi/3.0>, is the rule")
    _check(made)
    return made


def _own_text(file: ProfileFile, name: str) -> str:
    """The file's text without its first comments; what meant the profile itself goes on to mean it."""
    own = rf'((?:peer|label)\s*=\s*\(?\s*"?|->\s*"?){re.escape(file.name)}(?=[\s,)"]|//|$)'
    body = re.sub(own, r"\1@{profile_name}", file.body, flags=re.MULTILINE)
    preamble = re.sub(r"\A(?:\s*#(?!include\b)[^\n]*\n)+", "", file.preamble).lstrip()
    made = ProfileFile(preamble.removeprefix("#"), name, "", file.flags, body).under(name, None)
    return "".join(f"{line.rstrip()}\n" for line in made.splitlines())


def _named(made: Imported, name: Any) -> None:
    if not isinstance(name, str) or not name:
        made.problems.append(f"Name: {shown(name)} is not the name of a profile")
        return
    made.fields["name"] = profile_name_for(name)
    if made.fields["name"] != name:
        made.notes.append(f'is called "{made.fields["name"]}" here, since {shown(name)} is no name for a profile')


def _filesystem(made: Imported, items: dict[str, tuple[str, Any]]) -> None:
    for key, (ours, rule) in _PATHS.items():
        where, value = items.get(key.lower(), (f"Filesystem.{key}", []))
        typed = []
        for index, path in _texts(made, where, value):
            if is_path(path):
                typed.append(path)
            elif path.startswith("/") and (never := step_problem(path)) is not None:
                made.problems.append(f'{where}[{index}]: {shown(path)} {never}; for example "/etc/**"')
            elif path.startswith(("/", "@{")) and " " not in path and rule_problem(rule.format(path)) is None:
                made.fields.setdefault("unchecked_rules", []).append(rule.format(path))
                made.notes.append(
                    f"{where}[{index}]: {shown(path)} is an unchecked rule, since its glob has no typed form"
                )
            else:
                made.problems.append(f'{where}[{index}]: {shown(path)} is not an absolute path; for example "/etc/**"')
        if typed:
            made.fields[ours] = typed
            if ours in _STRICTER:
                made.notes.append(_STRICTER[ours])


def _capabilities(made: Imported, items: dict[str, tuple[str, Any]]) -> None:
    for key, ours in (("allow", "capabilities"), ("deny", "denied_capabilities")):
        where, value = items.get(key, (key, []))
        names = []
        for index, name in _texts(made, where, value):
            bare = name.lower().removeprefix("cap_")
            if bare in LINUX_CAPABILITIES:
                names.append(bare)
            else:
                made.problems.append(
                    f'{where}[{index}]: {shown(name)} is not a capability; for example "net_bind_service"'
                )
        if names:
            made.fields[ours] = names


def _network(made: Imported, items: dict[str, tuple[str, Any]]) -> None:
    for key, ours in (("raw", "raw_sockets"), ("packet", "packet_sockets")):
        where, value = items.get(key, (key, False))
        if not isinstance(value, bool):
            made.problems.append(f"{where}: {shown(value)} is not true or false")
        elif value:
            made.fields[ours] = True
    where, value = items.get("protocols", ("protocols", []))
    protocols = []
    for index, name in _texts(made, where, value):
        if name in ("tcp", "udp"):
            protocols.append(name)
        elif name != "icmp":
            made.problems.append(f'{where}[{index}]: {shown(name)} is none of tcp, udp, icmp; for example "tcp"')
        elif "raw_sockets" not in made.fields:
            made.notes.append(
                f"{where}[{index}]: icmp needs raw sockets, which Network.Raw denies, as it did with bane"
            )
    if value:
        made.fields["protocols"] = protocols


_PARTS = {"filesystem": _filesystem, "capabilities": _capabilities, "network": _network}


def _texts(made: Imported, where: str, value: Any) -> Iterator[tuple[int, str]]:
    if not isinstance(value, list):
        made.problems.append(f"{where}: {shown(value)} is not a list")
        return
    for index, item in enumerate(value):
        if isinstance(item, str):
            yield index, item
        else:
            made.problems.append(f"{where}[{index}]: {shown(item)} is not a text")


def _check(made: Imported) -> None:
    if made.problems:
        return
    try:
        AppArmorProfileSpec.model_validate(made.fields)
    except ValidationError as error:
        made.problems += explain(error, AppArmorProfileSpec, made.fields["name"])
