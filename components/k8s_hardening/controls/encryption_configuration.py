"""An EncryptionConfiguration must encrypt the Secrets, with a key that does not stand in the file.

Judged: the object itself, and texts of ConfigMaps and Secrets that are one. Restricted:
- the form before 1.13, EncryptionConfig of v1, whose fields are the same: `k8s-hardening encryption translate`;
- an entry that writes with the provider identity (the first one writes), events and leases excepted, and identity in
  front of other providers, which then only read and are easily taken for what writes;
- a file whose entries leave out the Secrets;
- names of resources that the servers of the cluster refuse, or take and encrypt nothing for (wildcards before 1.27,
  custom resources before 1.26), and names that an earlier entry or a wildcard hides;
- every key in the file; the finding tells what else is wrong with it: not base64, or not 32 bytes. A placeholder such
  as @key-1@, which bootstrap fills in on the node, is no key;
- key names that one provider gives to two keys, since a value is read by the name of its key, and names that are empty
  or hold a colon, which ends the name there;
- a kms provider in a version that the cluster's servers do not run (absent means v1, which is off from 1.29), without
  a name of its own, at an endpoint that is no unix socket, or with a cachesize, which v2 has not;
- entries without providers, and providers that are none or two at once, which the server refuses.

Key material is never shown. Facts and sources: kube/encryption.py, kube/encryption_resources.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.encryption_names import name_findings
from k8s_hardening.kube.embedded import EmbeddedFile
from k8s_hardening.kube.encryption import (
    API_VERSION,
    KEY_BYTES,
    KEYED_PROVIDERS,
    KIND,
    KMS_V1_OFF_SINCE,
    KMS_V2_ON_SINCE,
    OLD_KIND,
    PLACEHOLDER,
    PROVIDERS,
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


def _file(file: EmbeddedFile, version: KubeVersion) -> Iterator[Finding]:
    entries = as_list(file.content.get("resources"))
    if file.content.get("kind") == OLD_KIND:
        yield Finding(
            file.at("kind"),
            f"{OLD_KIND}, the form before 1.13",
            f"write apiVersion {API_VERSION} and kind {KIND}, the rest stays (`k8s-hardening encryption translate`)",
        )
    yield from name_findings(file, entries, version)
    plug_ins = _plug_ins(entries)
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
            where = f"{path}.providers[{position}]"
            if "identity" in as_map(provider) and provider is not UNKNOWN:
                yield from _identity(f"{where}.identity", position, len(providers), may_be_plain=_may_be_plain(entry))
            yield from _provider(where, provider, version, plug_ins)


def _plug_ins(entries: list[Any]) -> Counter[str]:
    """How often each name is that of a kms provider; the server wants it once in the whole file."""
    providers = [as_map(one) for entry in entries for one in as_list(as_map(entry).get("providers"))]
    return Counter(as_str(as_map(one["kms"]).get("name")) for one in providers if "kms" in one)


def _identity(path: str, position: int, count: int, *, may_be_plain: bool) -> Iterator[Finding]:
    if position == 0 and not may_be_plain:
        yield Finding(
            path,
            "the provider that writes, and it writes plain text",
            "put a provider that encrypts before it; keep identity last only while old values are read",
        )
    elif 0 < position < count - 1:
        yield Finding(
            path,
            "identity in front of other providers, which therefore never write",
            "put it last, and only while old values are read",
        )


def _may_be_plain(entry: Any) -> bool:
    resources = as_list(as_map(entry).get("resources"))
    return bool(resources) and all(as_str(name) in _MAY_BE_PLAIN for name in resources)


def _provider(path: str, provider: Any, version: KubeVersion, plug_ins: Counter[str]) -> Iterator[Finding]:
    if provider is UNKNOWN:
        yield _unknown(path)
        return
    names = [name for name in PROVIDERS if name in as_map(provider)]
    if len(names) != 1:
        what = f"{len(names)} providers at once" if names else "no provider that the server knows"
        yield Finding(path, what, f"name exactly one of {', '.join(PROVIDERS)}; the server refuses the file")
    for name in names:
        settings = as_map(provider).get(name)
        if name == "identity":
            continue
        if settings is UNKNOWN:
            yield _unknown(f"{path}.{name}")
        elif name == "kms":
            yield from _kms_version(f"{path}.kms.apiVersion", as_map(settings).get("apiVersion"), version)
            yield from _kms(f"{path}.kms", as_map(settings), plug_ins)
            yield from _kms_cache(f"{path}.kms.cachesize", as_map(settings), version)
        elif name in KEYED_PROVIDERS:
            yield from _keys(f"{path}.{name}.keys", as_map(settings).get("keys"))


def _kms(path: str, settings: dict[str, Any], plug_ins: Counter[str]) -> Iterator[Finding]:
    name, endpoint = settings.get("name"), settings.get("endpoint")
    if name is UNKNOWN:
        yield _unknown(f"{path}.name")
    elif not as_str(name) or ":" in as_str(name):
        yield finding(f"{path}.name", name, "give it a name without a colon; the server refuses the file")
    elif plug_ins[as_str(name)] > 1:
        yield Finding(f"{path}.name", "the name of two plug-ins", "name each kms provider of the file differently")
    if endpoint is UNKNOWN:
        yield _unknown(f"{path}.endpoint")
    elif not as_str(endpoint).startswith("unix://"):
        what = "absent" if endpoint is None else "no unix socket"
        yield Finding(f"{path}.endpoint", what, "give it as unix:///<path>; the server refuses the file")


def _kms_cache(path: str, settings: dict[str, Any], version: KubeVersion) -> Iterator[Finding]:
    size = settings.get("cachesize")
    if size is not None and settings.get("apiVersion") == "v2" and version >= KMS_V2_ON_SINCE:
        yield finding(path, size, "remove it; with v2 the server refuses the file")


def _kms_version(path: str, api_version: Any, version: KubeVersion) -> Iterator[Finding]:
    if api_version is UNKNOWN:
        yield _unknown(path)
    elif version >= KMS_V1_OFF_SINCE and api_version != "v2":
        what = "absent, which means v1" if api_version is None else "not v2"
        yield Finding(path, what, f"set it to v2; from {KMS_V1_OFF_SINCE} servers have v1 switched off")
    elif version < KMS_V2_ON_SINCE and api_version == "v2":
        yield finding(path, api_version, f"leave it out; servers before {KMS_V2_ON_SINCE} have v2 switched off")
    elif api_version not in (None, "v1", "v2"):
        yield Finding(path, "neither v1 nor v2", "set it to v2, or v1 where that is all the plug-in speaks")


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
        elif not as_str(name) or ":" in as_str(name):
            what = "no name" if not as_str(name) else "a name with a colon, where the name of a key ends"
            yield Finding(f"{path}[{index}].name", what, 'give the key a plain name, for example "key-1"')
        yield from _key(f"{path}[{index}].secret", as_map(key).get("secret"))


def _key(path: str, secret: Any) -> Iterator[Finding]:
    if secret is UNKNOWN:
        yield Finding(path, "a key in the file, not known until apply", _NO_KEY_HERE, unknown=True)
    elif PLACEHOLDER.fullmatch(as_str(secret)) is None:
        length = key_length(secret)
        if length is None:
            what = "a key in the file that is not base64"
        elif length != KEY_BYTES:
            what = f"a key in the file of {length} bytes, where {KEY_BYTES} are needed"
        else:
            what = f"a key of {length} bytes in the file"
        yield Finding(path, what, _NO_KEY_HERE)


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
