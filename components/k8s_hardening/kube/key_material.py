"""Private keys in texts: as PEM, as base64 of it, and as the client-key-data of a kubeconfig."""

from __future__ import annotations

import base64
import binascii
import re

# A header alone also stands in scripts that look for one; key material has to follow it.
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr])+[A-Za-z0-9+/]")
_CLIENT_KEY = re.compile(r"""client-key-data["']?\s{0,8}:\s{0,8}["']?[A-Za-z0-9+/]{16}""")
_BASE64_OF_PEM = "LS0tLS1CRUdJTi"  # base64 of "-----BEGIN"
_BASE64_HEAD = 120


def key_material_in(text: str) -> str | None:
    """What private key a text holds, in words; None when it holds none."""
    if "PRIVATE KEY" in text and _PRIVATE_KEY.search(text):
        return "a private key"
    if "client-key-data" in text and _CLIENT_KEY.search(text):
        return "a kubeconfig with a client key"
    start = text.find(_BASE64_OF_PEM)
    while start >= 0:
        if _is_private_key_head(text[start : start + _BASE64_HEAD]):
            return "a private key in base64"
        start = text.find(_BASE64_OF_PEM, start + 1)
    return None


def _is_private_key_head(encoded: str) -> bool:
    try:
        return b"PRIVATE KEY-----" in base64.b64decode(encoded[: len(encoded) // 4 * 4], validate=False)
    except (binascii.Error, ValueError):
        return False
