"""Configuration files of the control plane, as objects of their own or as texts of ConfigMaps and Secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, kind_of
from k8s_hardening.kube.texts import is_named_like, texts_of

# Read leniently, unlike kube/documents.py: what is wrong with a file is for the control to say, which must see it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A real file is a few kilobytes; the bounds keep hostile text (long, or small with aliases of aliases) cheap.
_LONGEST_TEXT = 32 * 1024
_MOST_NODES = 5_000


@dataclass(frozen=True, slots=True)
class ConfigurationKind:
    """A kind of configuration file."""

    group: str
    """Its API group, which every text that holds one mentions."""
    kind: str
    named_like: tuple[str, ...]
    """Words in the name of an object or key whose text is not known until apply, and then counts as such a file."""


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """One configuration file found in an object."""

    path: str
    """JSON path of the file, empty when it is the object itself."""
    content: Any
    """The file as a mapping; UNKNOWN when it is not known until apply; None when it is too large to read."""

    def at(self, path: str) -> str:
        """JSON path of something inside the file."""
        return f"{self.path}.{path}" if self.path else path


def embedded_files(manifest: Manifest, wanted: ConfigurationKind) -> Iterator[EmbeddedFile]:
    """Every file of a kind: the object itself, or texts of a ConfigMap or Secret that are one."""
    return files_of_kinds(manifest, (wanted.kind,), wanted.group, wanted.named_like)


def files_of_kinds(
    manifest: Manifest, kinds: tuple[str, ...], group: str | None, named_like: tuple[str, ...]
) -> Iterator[EmbeddedFile]:
    """The same for several kinds, of one API group or, with None, of any."""

    def is_wanted(document: Any) -> bool:
        return (
            isinstance(document, dict)
            and kind_of(document) in kinds
            and (group is None or api_group_of(document) == group)
        )

    if is_wanted(manifest):
        yield EmbeddedFile("", manifest if _is_small(manifest) else None)
        return
    for text in texts_of(manifest):
        if text.content is None:
            if is_named_like(manifest, text, named_like):
                yield EmbeddedFile(text.path, UNKNOWN)
        elif _mentions(text.content, kinds) and (group is None or group in text.content):
            yield from _in_text(text.path, text.content, is_wanted)


def _mentions(content: str, kinds: tuple[str, ...]) -> bool:
    return any(kind in content and _key_of(kind).search(content) is not None for kind in kinds)


@cache
def _key_of(kind: str) -> re.Pattern[str]:
    return re.compile(rf"""kind["']?\s{{0,8}}:\s{{0,8}}["']?{re.escape(kind)}\b""")


def _in_text(path: str, content: str, is_wanted: Callable[[Any], bool]) -> Iterator[EmbeddedFile]:
    if len(content) > _LONGEST_TEXT:
        yield EmbeddedFile(path, None)
        return
    try:
        documents = list(yaml.load_all(content, Loader=_LOADER))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return  # not a file that a server could read either
    found = [document for document in documents if is_wanted(document)]
    for index, document in enumerate(found):
        where = path if len(found) == 1 else f"{path}[{index}]"
        yield EmbeddedFile(where, document if _is_small(document) else None)


def _is_small(value: Any) -> bool:
    waiting, seen = [value], 0
    while waiting:
        seen += 1
        if seen > _MOST_NODES:
            return False
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return True
