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
from typing import Any

from k8s_hardening.kube.embedded import EmbeddedFile, files_of_kinds
from k8s_hardening.kube.encryption_resources import Resource, name_problem
from k8s_hardening.kube.manifest import Manifest, as_list, as_str
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


def encryption_files(manifest: Manifest) -> Iterator[EmbeddedFile]:
    """Every EncryptionConfiguration: the object itself, or texts of a ConfigMap or Secret that are one.

    A text that is not known until apply counts when its key, or the object, is named after encryption.
    """
    return files_of_kinds(manifest, tuple(sorted(KINDS)), None, ("encrypt",))


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
