"""With which key a value in etcd was written, read from its prefix, and exports of etcd that hold such values.

Sources: k8s.io/apiserver v0.24.17 and v0.37.2 pkg/server/options/encryptionconfig/config.go (the prefixes) and
pkg/storage/value/encrypt/identity/identity.go (what starts with k8s:enc: is no plain text);
go.etcd.io/etcd/etcdctl v3 command/printer.go (`-w json` is a RangeResponse with keys and values in base64).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.encryption_resources import Resource, resource_at

_ENCRYPTED = b"k8s:enc:"
_PREFIX = re.compile(rb"k8s:enc:(?:(aescbc|aesgcm|secretbox):v1|(kms):(v[12])):([^:]{1,253}):")
_LINE = re.compile(r"(\S+)[ \t]+(.*)")


@dataclass(frozen=True, slots=True, order=True)
class StorageKey:
    """What a value is written with, and read by again: a provider and the name of its key."""

    provider: str
    """aescbc, aesgcm, secretbox, kms v1, kms v2, identity; unknown for a prefix of no known provider."""
    name: str

    def __str__(self) -> str:
        if self == PLAIN:
            return "plain text"
        return f"{self.provider} {self.name}" if self.name else f"{self.provider} key"


PLAIN = StorageKey("identity", "")
UNKNOWN_KEY = StorageKey("unknown", "")


class BadDumpError(ValueError):
    """An export that cannot be used, in words for the person who made it; never with a value of it."""


def key_of(value: bytes) -> StorageKey:
    """What a value was written with."""
    if not value.startswith(_ENCRYPTED):
        return PLAIN
    if (match := _PREFIX.match(value)) is None:
        return UNKNOWN_KEY
    cipher, kms, version, name = match.groups()
    provider = cipher.decode() if cipher else f"{kms.decode()} {version.decode()}"
    return StorageKey(provider, name.decode("utf-8", errors="replace"))


def count_keys(dump: bytes) -> dict[Resource, Counter[StorageKey]]:
    """How many objects of each resource are written with which key.

    Args:
        dump: what `etcdctl get /registry --prefix -w json` prints; or lines with a key of etcd and, after a blank, the
            start of its value.

    Raises:
        BadDumpError: the export is neither, or not whole.
    """
    counts: dict[Resource, Counter[StorageKey]] = {}
    objects = 0
    for etcd_key, value in _json_values(dump) if dump.lstrip()[:1] == b"{" else _line_values(dump):
        if (resource := resource_at(etcd_key)) is not None:
            counts.setdefault(resource, Counter())[key_of(value)] += 1
            objects += 1
    if not objects:
        raise BadDumpError("holds no object; export all of it: etcdctl get /registry --prefix -w json")
    # Every cluster has namespaces, so an export without them was cut to a part, and would hide keys still in use.
    if Resource("", "namespaces") not in counts:
        raise BadDumpError("holds no namespaces, so it is not whole; export from /registry, not from a folder below")
    return counts


def _json_values(dump: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        found: Any = json.loads(dump)
    except (ValueError, RecursionError):
        raise BadDumpError("is not JSON; export with etcdctl get /registry --prefix -w json") from None
    pairs = found.get("kvs")
    if not isinstance(pairs, list):
        raise BadDumpError("has no kvs; export with etcdctl get /registry --prefix -w json")
    if found.get("more") or found.get("count", len(pairs)) != len(pairs):
        raise BadDumpError("is not whole: etcd has more keys than it holds; export without --limit")
    for pair in pairs:
        key, value = (pair.get("key"), pair.get("value")) if isinstance(pair, dict) else (None, None)
        if not isinstance(key, str) or not isinstance(value, str):
            raise BadDumpError("holds a pair without key and value; export without --keys-only")
        try:
            yield base64.b64decode(key).decode("utf-8", errors="replace"), base64.b64decode(value)
        except (binascii.Error, ValueError):
            raise BadDumpError("holds a key or a value that is not base64") from None


def _line_values(dump: bytes) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(dump.decode("utf-8", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None or not match[1].startswith("/"):
            raise BadDumpError(f"line {number} is not a key of etcd, a blank and the start of its value")
        yield match[1], match[2].encode()
