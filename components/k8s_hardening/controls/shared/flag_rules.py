"""What the controls of the control plane share: how a flag is judged, whether it is given or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.kube.command_lines import Argument
from k8s_hardening.kube.control_planes import ComponentSettings
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, kind_of

Accepts = Callable[[str], bool]
_STRONG = re.compile(
    r"TLS_ECDHE_(ECDSA|RSA)_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305(_SHA256)?)"
    r"|TLS_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)"
)
_NOT_SHOWN = "a value from a Secret, which is not shown"


def unreadable(settings: ComponentSettings) -> Iterator[Finding]:
    """What may be any flag: words that are not known until apply."""
    for path in settings.unknown:
        yield finding(path, UNKNOWN, f"give {settings.program} flags that are known at preview")


def required(
    settings: ComponentSettings, flag: str, accepts: Accepts, fix: str, *, default: str | None = None
) -> Iterator[Finding]:
    """A flag that must be set to what is accepted, every time that it is given.

    Args:
        settings: the program's flags.
        flag: name of the flag.
        accepts: says whether a value is good.
        fix: what to do.
        default: what the program does without the flag; None when that is never good.
    """
    yield from allowed(settings, flag, accepts, fix)
    if settings.given(flag) or not settings.is_whole:
        return
    implied = settings.implied.get(flag, default)
    if implied is None or not accepts(implied):
        what = "absent" if not implied else f'absent, which means "{implied}"'
        yield Finding(settings.at(flag), what, fix, absent=True)


def allowed(settings: ComponentSettings, flag: str, accepts: Accepts, fix: str) -> Iterator[Finding]:
    """A flag that may be left out, but must be set to what is accepted where it is given."""
    for argument in settings.given(flag):
        if argument.value is UNKNOWN or not isinstance(argument.value, str) or not accepts(argument.value):
            yield told(settings, argument, fix)


def refused(settings: ComponentSettings, flag: str, fix: str) -> Iterator[Finding]:
    """A flag that must not be given at all."""
    for argument in settings.given(flag):
        if argument.value != "":
            yield told(settings, argument, fix)


def told(settings: ComponentSettings, argument: Argument, fix: str) -> Finding:
    """A finding about a flag that is given."""
    return _shown(argument.path, argument.value, fix, is_secret=settings.is_secret)


def told_of_file(manifest: Manifest, path: str, value: Any, fix: str) -> Finding:
    """A finding about a value in a configuration file that an object holds."""
    return _shown(path, value, fix, is_secret=kind_of(manifest) == "Secret")


def _shown(path: str, value: Any, fix: str, *, is_secret: bool) -> Finding:
    if is_secret and value is not None and value is not UNKNOWN:
        return Finding(path, _NOT_SHOWN, fix)
    return finding(path, value, fix)


def is_true(value: str) -> bool:
    """Whether Go reads a text as true (strconv.ParseBool)."""
    return value in ("1", "t", "T", "TRUE", "true", "True")


def is_false(value: str) -> bool:
    """Whether Go reads a text as false (strconv.ParseBool)."""
    return value in ("0", "f", "F", "FALSE", "false", "False")


def is_set(value: str) -> bool:
    """Whether a text is not empty."""
    return bool(value.strip())


def is_at_least(least: int) -> Accepts:
    """Whether a text is a whole number, and at least so large."""

    def accepts(value: str) -> bool:
        return value.isascii() and value.isdigit() and len(value) < 19 and int(value) >= least

    return accepts


def is_loopback(value: str) -> bool:
    """Whether an address, or an address with a port, is reached from the host alone."""
    return value in ("127.0.0.1", "::1", "localhost") or value.startswith(("127.0.0.1:", "[::1]:", "localhost:"))


def field_of(content: Any, path: str) -> Any:
    """The value at a path of plain names below a mapping; None when there is none, UNKNOWN when it is not known."""
    for step in path.split("."):
        if content is UNKNOWN:
            return UNKNOWN
        content = content.get(step) if isinstance(content, dict) else None
    return content


def are_strong_suites(value: str) -> bool:
    """Whether a list with commas names suites with forward secrecy and authenticated encryption only."""
    return all(_STRONG.fullmatch(name.strip()) for name in value.split(","))
