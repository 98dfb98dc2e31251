"""Events as the kernel logs them, made for tests."""

from __future__ import annotations

import re


def line(
    operation: str = "open", profile: str = "k8s-hardening-web-0123456789", verdict: str = "ALLOWED", **fields: object
) -> str:
    """One line of the kernel's log; texts that the kernel would not quote are in hexadecimal digits."""
    head = f'audit: type=1400 audit(1.2:3): apparmor="{verdict}" operation="{operation}" profile={_text(profile)}'
    mask = fields.get("denied_mask")
    both = {**fields, "requested_mask": mask} if mask is not None else fields
    rest = (
        f"{key}={value}" if isinstance(value, int) or key == "signal" else f"{key}={_text(value)}"
        for key, value in both.items()
    )
    return f'{head} pid=7 comm="app" {" ".join(rest)}\n'


def _text(value: object) -> str:
    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    if re.search(rb'[^!-~]|"', data) and not re.fullmatch(rb"[a-z ]+", data):  # masks of words are quoted always
        return data.hex().upper()
    return f'"{data.decode()}"'
