"""What a configuration lets a server read and write: per resource the keys in order, the first of which writes."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.kube.encrypted_values import PLAIN, StorageKey
from k8s_hardening.kube.encryption import KEYED_PROVIDERS, PLACEHOLDER
from k8s_hardening.kube.encryption_resources import Resource, chosen
from k8s_hardening.kube.manifest import as_list, as_map, as_str
from k8s_hardening.model.control_plane.encryption import EncryptionSpec

# What the script on the nodes shows in place of a key, so that none has to leave its node.
_SHOWN = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Entry:
    """Resources with the keys that serve them, in order."""

    resources: tuple[Resource, ...]
    keys: tuple[StorageKey, ...]


@dataclass(frozen=True, slots=True)
class EncryptionState:
    """One configuration as far as rotation is concerned; without entries it is that of a server without a file."""

    entries: tuple[Entry, ...] = ()
    marks: Mapping[StorageKey, str] = field(default_factory=dict, repr=False)
    """Hash of the bytes of each key where they are known: tells two keys of one name apart, and is never shown."""

    def named(self) -> frozenset[Resource]:
        """Every resource and wildcard that it names."""
        return frozenset(resource for entry in self.entries for resource in entry.resources)

    def keys_for(self, resource: Resource) -> tuple[StorageKey, ...]:
        """The keys that serve a resource, plain text included; the first writes."""
        name = chosen(resource, self.named())
        if name is None:
            return (PLAIN,)
        # A server joins the providers of all entries that name a resource.
        keys = [key for entry in self.entries if name in entry.resources for key in entry.keys]
        return tuple(dict.fromkeys(keys))

    def all_keys(self) -> frozenset[StorageKey]:
        """Every key that it holds."""
        return frozenset(key for entry in self.entries for key in entry.keys)

    def differs_in_bytes(self, other: EncryptionState) -> frozenset[StorageKey]:
        """Keys that both hold under one name with other bytes."""
        return frozenset(key for key in self.marks if other.marks.get(key, self.marks[key]) != self.marks[key])

    def is_same(self, other: EncryptionState) -> bool:
        """Whether both read and write the same, as far as is known."""
        resources = self.named() | other.named()
        return not self.differs_in_bytes(other) and all(self.keys_for(one) == other.keys_for(one) for one in resources)


def state_of_spec(spec: EncryptionSpec) -> EncryptionState:
    """The state that a specification leads to."""
    entries = []
    for group in spec.groups:
        keys: list[StorageKey] = []
        for provider in group.providers:
            if provider.kms is not None:
                keys.append(StorageKey(f"kms {provider.kms.api_version.value}", provider.kms.name))
            keys += [StorageKey(provider.kind, key.name) for key in provider.keys]
        if group.reads_plain_text_while_migrating:
            keys.append(PLAIN)
        entries.append(Entry(tuple(map(Resource.parse, group.resources)), tuple(keys)))
    return EncryptionState(tuple(entries))


def state_of_configuration(content: Mapping[str, Any]) -> EncryptionState:
    """The state that an EncryptionConfiguration leads to: of a server, or a template; its keys are only hashed."""
    entries = []
    secrets: dict[StorageKey, Counter[str]] = {}
    for item in map(as_map, as_list(content.get("resources"))):
        keys = []
        for key, secret in _keys_of(item):
            keys.append(key)
            if secret and not PLACEHOLDER.fullmatch(secret):
                secrets.setdefault(key, Counter())[_mark(secret)] += 1
        names = (as_str(name) for name in as_list(item.get("resources")))
        entries.append(Entry(tuple(map(Resource.parse, names)), tuple(keys)))
    return EncryptionState(tuple(entries), {key: "+".join(sorted(found)) for key, found in secrets.items()})


def _mark(secret: str) -> str:
    shown = _SHOWN.fullmatch(secret)
    return shown[1] if shown else hashlib.sha256(secret.encode()).hexdigest()


def _keys_of(entry: Mapping[str, Any]) -> Iterator[tuple[StorageKey, str]]:
    for provider in map(as_map, as_list(entry.get("providers"))):
        if "kms" in provider:
            kms = as_map(provider["kms"])
            yield StorageKey(f"kms {as_str(kms.get('apiVersion')) or 'v1'}", as_str(kms.get("name"))), ""
        for kind in KEYED_PROVIDERS:
            for key in map(as_map, as_list(as_map(provider.get(kind)).get("keys"))):
                yield StorageKey(kind, as_str(key.get("name"))), as_str(key.get("secret"))
        if "identity" in provider:
            yield PLAIN, ""
