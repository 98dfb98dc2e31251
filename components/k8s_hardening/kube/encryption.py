"""EncryptionConfiguration as the API server reads it, and where one may be hidden in a ConfigMap or Secret.

Sources: k8s.io/apiserver v0.37.2 pkg/apis/apiserver/v1/types_encryption.go, pkg/apis/apiserver/v1/register.go (the
old form EncryptionConfig of `v1` is still read), pkg/apis/apiserver/validation/validation_encryption.go,
pkg/server/options/encryptionconfig/config.go; the flag of automatic reload: v0.26.15 pkg/server/options/etcd.go, the
first with it. Names of resources: kube/encryption_resources.py.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from k8s_hardening.kube.encryption_resources import Resource, name_problem
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_str, kind_of
from k8s_hardening.kube.texts import is_named_like, texts_of
from k8s_hardening.kube.version import KubeVersion

API_VERSION = "apiserver.config.k8s.io/v1"
KIND = "EncryptionConfiguration"
OLD_API_VERSION, OLD_KIND = "v1", "EncryptionConfig"
"""The form before 1.13; its fields are the same."""
KINDS = frozenset({KIND, OLD_KIND})
OLD_FLAG, FLAG = "experimental-encryption-provider-config", "encryption-provider-config"
RELOAD_FLAG = "encryption-provider-config-automatic-reload"
KEYED_PROVIDERS = ("aescbc", "aesgcm", "secretbox")
"""Providers whose keys stand in the file."""
PROVIDERS = ("kms", *KEYED_PROVIDERS, "identity")
KEY_BYTES = 32
"""Length of a key: the server takes 16 and 24 for AES as well, its API comment and the documentation name 32 only."""

KMS_V1_OFF_SINCE = KubeVersion(1, 29)
"""From here on a kms provider works only as apiVersion v2; absent means v1 (feature gate KMSv1)."""
KMS_V2_ON_SINCE = KubeVersion(1, 27)
"""Before it a server ignores or refuses apiVersion v2 by default (feature gate KMSv2)."""
KMS_V1_DEPRECATED_SINCE = KubeVersion(1, 28)
RELOAD_SINCE = KubeVersion(1, 26)
"""From here on a server can read its file again by itself, once a minute; before, it must be started again."""

PLACEHOLDER = re.compile(r"@([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)@")
"""Stands in a template for the key of that name, until the file is made on the node; base64 has no such character."""

_MENTION = re.compile(r"""kind["']?\s{0,8}:\s{0,8}["']?EncryptionConfig""")
# Read leniently, unlike kube/documents.py: a file with a key twice is a flaw there, and here it still holds its keys.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A real file is a few kilobytes; the bounds keep hostile text (long, or small with aliases of aliases) cheap.
_LONGEST_TEXT = 32 * 1024
_MOST_NODES = 5_000


@dataclass(frozen=True, slots=True)
class EncryptionFile:
    """One EncryptionConfiguration found in an object."""

    path: str
    """JSON path of the configuration, empty when it is the object itself."""
    content: Any
    """The configuration as a mapping; UNKNOWN when it is not known until apply; None when it is too large to read."""

    def at(self, path: str) -> str:
        """JSON path of something inside the configuration."""
        return f"{self.path}.{path}" if self.path else path


def encryption_files(manifest: Manifest) -> Iterator[EncryptionFile]:
    """Every EncryptionConfiguration: the object itself, or texts of a ConfigMap or Secret that are one.

    A text that is not known until apply counts when its key, or the object, is named after encryption.
    """
    if kind_of(manifest) in KINDS:
        yield EncryptionFile("", manifest)
        return
    for text in texts_of(manifest):
        if text.content is not None:
            yield from _in_text(text.path, text.content)
        elif is_named_like(manifest, text, ("encrypt",)):
            yield EncryptionFile(text.path, UNKNOWN)


def _in_text(path: str, content: str) -> Iterator[EncryptionFile]:
    if "EncryptionConfig" not in content or _MENTION.search(content) is None:
        return
    if len(content) > _LONGEST_TEXT:
        yield EncryptionFile(path, None)
        return
    try:
        documents = list(yaml.load_all(content, Loader=_LOADER))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return  # not a file that the server could read either
    found = [document for document in documents if isinstance(document, dict) and document.get("kind") in KINDS]
    for index, document in enumerate(found):
        where = path if len(found) == 1 else f"{path}[{index}]"
        yield EncryptionFile(where, document if _is_small(document) else None)


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


def covers_secrets(resources: Any, version: KubeVersion) -> bool:
    """Whether the resources of an entry include the Secrets; UNKNOWN ones never do."""
    names = {as_str(name) for name in as_list(resources)}
    return any(
        name_problem(name, version) is None and Resource.parse(name).covers(Resource("", "secrets")) for name in names
    )


def key_length(secret: Any) -> int | None:
    """How many bytes a key in base64 has; None when the server cannot decode it."""
    try:
        return len(base64.b64decode(re.sub(r"[\r\n]", "", as_str(secret)), validate=True))
    except (binascii.Error, ValueError):
        return None
