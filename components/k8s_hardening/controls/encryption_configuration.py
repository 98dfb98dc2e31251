"""An EncryptionConfiguration must encrypt the Secrets, with a key that does not stand in the file.

Judged: the object itself, and texts of ConfigMaps and Secrets that are one. Restricted:
- an entry that writes with the provider identity (the first one writes), events and leases excepted;
- a file whose entries leave out the Secrets;
- every key in the file; the finding tells what else is wrong with it: not base64, or not 32 bytes;
- key names that one provider gives to two keys, since a value is read by the name of its key;
- a kms provider in a version that the cluster's servers do not run: absent means v1, which is off from 1.29;
- entries without providers, and providers that are none or two at once, which the server refuses.

Key material is never shown. Facts and sources: kube/encryption.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.encryption import (
    KEY_BYTES,
    KEYED_PROVIDERS,
    KMS_V1_OFF_SINCE,
    KMS_V2_ON_SINCE,
    PROVIDERS,
    EncryptionFile,
    covers_secrets,
    encryption_files,
    key_length,
)
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

# Written so often, and worth so little to an attacker, that leaving them in plain text is a choice.
_MAY_BE_PLAIN = frozenset({"events", "leases.coordination.k8s.io"})
_NO_KEY_HERE = (
    "use a kms provider with apiVersion v2, or have the file made on the node; replace this key, since whoever reads "
    "the object can decrypt etcd"
)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each weakness of each EncryptionConfiguration."""
    for file in encryption_files(manifest):
        if file.content is None:
            yield Finding(
                file.path, "an EncryptionConfiguration too large to be judged", "have the file made on the node instead"
            )
        elif file.content is UNKNOWN:
            yield _unknown(file.path)
        else:
            yield from _file(file, knowledge.kubernetes)


def _file(file: EncryptionFile, version: KubeVersion) -> Iterator[Finding]:
    entries = as_list(file.content.get("resources"))
    if UNKNOWN not in entries and not any(covers_secrets(as_map(entry).get("resources"), version) for entry in entries):
        yield Finding(
            file.at("resources"),
            "without an entry for secrets",
            'add "secrets" to the resources of an entry that encrypts',
        )
    for index, entry in enumerate(entries):
        path = file.at(f"resources[{index}]")
        providers = as_list(as_map(entry).get("providers"))
        if not providers:
            yield Finding(
                f"{path}.providers", "without a provider", "name the provider that encrypts; the server refuses it"
            )
        for position, provider in enumerate(providers):
            writes = position == 0 and not _may_be_plain(as_map(entry))
            yield from _provider(f"{path}.providers[{position}]", provider, version, writes=writes)


def _may_be_plain(entry: dict[str, Any]) -> bool:
    resources = as_list(entry.get("resources"))
    return bool(resources) and all(as_str(name) in _MAY_BE_PLAIN for name in resources)


def _provider(path: str, provider: Any, version: KubeVersion, *, writes: bool) -> Iterator[Finding]:
    if provider is UNKNOWN:
        yield _unknown(path)
        return
    names = [name for name in PROVIDERS if name in as_map(provider)]
    if len(names) != 1:
        what = f"{len(names)} providers at once" if names else "no provider that the server knows"
        yield Finding(path, what, f"name exactly one of {', '.join(PROVIDERS)}; the server refuses the file")
    for name in names:
        settings = as_map(provider).get(name)
        if name == "identity" and writes:
            yield Finding(
                f"{path}.identity",
                "the provider that writes, and it writes plain text",
                "put a provider that encrypts before it; keep identity last only while old values are read",
            )
        elif settings is UNKNOWN:
            yield _unknown(f"{path}.{name}")
        elif name == "kms":
            yield from _kms(f"{path}.kms.apiVersion", as_map(settings).get("apiVersion"), version)
        elif name in KEYED_PROVIDERS:
            yield from _keys(f"{path}.{name}.keys", as_map(settings).get("keys"))


def _kms(path: str, api_version: Any, version: KubeVersion) -> Iterator[Finding]:
    if api_version is UNKNOWN:
        yield _unknown(path)
    elif version >= KMS_V1_OFF_SINCE and api_version != "v2":
        what = "absent, which means v1" if api_version is None else "not v2"
        yield Finding(path, what, f"set it to v2; from {KMS_V1_OFF_SINCE} servers have v1 switched off")
    elif version < KMS_V2_ON_SINCE and api_version == "v2":
        yield finding(path, api_version, f"leave it out; servers before {KMS_V2_ON_SINCE} have v2 switched off")


def _keys(path: str, keys: Any) -> Iterator[Finding]:
    if not as_list(keys):
        yield Finding(path, "without a key", "give the provider a key; the server refuses the file")
    uses = Counter(as_str(as_map(key).get("name")) for key in as_list(keys))
    for index, key in enumerate(as_list(keys)):
        if key is UNKNOWN:
            yield _unknown(f"{path}[{index}]")
            continue
        name = as_map(key).get("name")
        if name is UNKNOWN:
            yield _unknown(f"{path}[{index}].name")
        elif uses[as_str(name)] > 1:
            yield Finding(f"{path}[{index}].name", "the name of two keys", "name each key of a provider differently")
        yield _key(f"{path}[{index}].secret", as_map(key).get("secret"))


def _key(path: str, secret: Any) -> Finding:
    if secret is UNKNOWN:
        return Finding(path, "a key in the file, not known until apply", _NO_KEY_HERE, unknown=True)
    length = key_length(secret)
    if length is None:
        return Finding(path, "a key in the file that is not base64", _NO_KEY_HERE)
    if length != KEY_BYTES:
        return Finding(path, f"a key in the file of {length} bytes, where {KEY_BYTES} are needed", _NO_KEY_HERE)
    return Finding(path, f"a key of {length} bytes in the file", _NO_KEY_HERE)


def _unknown(path: str) -> Finding:
    return Finding(path, "not known until apply", "give it a plain value", unknown=True)


CONTROL = Control(
    id="encryption-configuration",
    requirement="An EncryptionConfiguration must encrypt the Secrets with a key that does not stand in it.",
    severity=Severity.CRITICAL,
    chapter="secret",
    profile=Profile.FULL,
    references=("CIS 1.2.27", "CIS 1.2.28"),
    check=check,
)
