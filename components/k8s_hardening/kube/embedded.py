"""Configuration files of the control plane, as objects of their own or as texts of ConfigMaps and Secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, kind_of
from k8s_hardening.kube.texts import is_named_like, texts_of

# Read leniently, unlike kube/documents.py: what a server makes of a flawed file is for the control to say.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A real file is a few kilobytes; the bounds keep hostile text (long, or small with aliases of aliases) cheap.
_LONGEST_TEXT = 64 * 1024
_MOST_NODES = 10_000


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
    if _is_wanted(manifest, wanted):
        yield EmbeddedFile("", manifest if _is_small(manifest) else None)
        return
    for text in texts_of(manifest):
        if text.content is not None:
            yield from _in_text(text.path, text.content, wanted)
        elif is_named_like(manifest, text, wanted.named_like):
            yield EmbeddedFile(text.path, UNKNOWN)


def _is_wanted(document: Any, wanted: ConfigurationKind) -> bool:
    return isinstance(document, dict) and kind_of(document) == wanted.kind and api_group_of(document) == wanted.group


def _in_text(path: str, content: str, wanted: ConfigurationKind) -> Iterator[EmbeddedFile]:
    if wanted.group not in content or wanted.kind not in content:
        return
    if len(content) > _LONGEST_TEXT:
        yield EmbeddedFile(path, None)
        return
    try:
        documents = list(yaml.load_all(content, Loader=_LOADER))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return  # not a file that a server could read either
    found = [document for document in documents if _is_wanted(document, wanted)]
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
