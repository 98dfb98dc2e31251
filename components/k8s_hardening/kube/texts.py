"""Texts that a ConfigMap or a Secret carries: files and settings that the API server does not read but others do.

Source: k8s.io/api v0.37.2 core/v1/types.go (ConfigMap.data and binaryData, Secret.stringData and data).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import (
    UNKNOWN,
    Manifest,
    api_group_of,
    as_map,
    as_str,
    key_path,
    kind_of,
    name_of,
)

# Field -> whether its values are base64.
_FIELDS: dict[str, dict[str, bool]] = {
    "ConfigMap": {"data": False, "binaryData": True},
    "Secret": {"stringData": False, "data": True},
}
CONFIG_MAP = frozenset({"ConfigMap"})
CONFIG_MAP_OR_SECRET = frozenset(_FIELDS)


@dataclass(frozen=True, slots=True)
class Text:
    """One value of a ConfigMap or Secret as readable text."""

    path: str
    """JSON path, for example data["config.yaml"]."""
    key: str
    """Key of the value; empty when nothing of the map is known."""
    content: str | None
    """The text, decoded where it is base64; None when it is not known until apply."""


def texts_of(manifest: Manifest, kinds: frozenset[str] = CONFIG_MAP_OR_SECRET) -> Iterator[Text]:
    """Every text of a ConfigMap or Secret; nothing for other kinds. What is not base64 where it must be is left out."""
    kind = kind_of(manifest)
    if kind not in kinds or api_group_of(manifest):
        return
    for field, is_base64 in _FIELDS[kind].items():
        values = manifest.get(field)
        if values is UNKNOWN:
            yield Text(field, "", None)
            continue
        for key, value in as_map(values).items():
            content = None if value is UNKNOWN else _decoded(value) if is_base64 else as_str(value)
            if content != "" or value is UNKNOWN:
                yield Text(key_path(field, str(key)), str(key), content)


def is_named_like(manifest: Manifest, text: Text, words: tuple[str, ...]) -> bool:
    """Whether the object's name or the text's key holds one of some words: what an unknown text is probably about."""
    names = f"{name_of(manifest)} {text.key}".lower()
    return any(word in names for word in words)


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(as_str(value), validate=False).decode("utf-8", errors="replace")
    except (binascii.Error, ValueError):
        return ""
