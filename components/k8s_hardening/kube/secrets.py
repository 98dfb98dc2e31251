"""What the API server asks of a Secret, and what it says of one that is wrong; no message holds a part of a value.

Source: k8s.io/kubernetes v1.19.16 and v1.37.2, pkg/apis/core/validation/validation.go (ValidateSecret) and
pkg/apis/core/types.go (MaxSecretSize); k8s.io/apimachinery v0.37.2 pkg/util/validation (IsConfigMapKey).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping

from k8s_hardening.kube.docker_config import DATA_KEY, SECRET_TYPE
from k8s_hardening.kube.names import LONGEST_SUBDOMAIN

LARGEST = 1024 * 1024
"""Bytes that the values of one Secret may have together; keys do not count."""
OPAQUE = "Opaque"
TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105 - the name of a type
REQUIRED_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "kubernetes.io/dockercfg": ((".dockercfg",),),
    SECRET_TYPE: ((DATA_KEY,),),
    "kubernetes.io/basic-auth": (("username", "password"),),
    "kubernetes.io/ssh-auth": (("ssh-privatekey",),),
    "kubernetes.io/tls": (("tls.crt",), ("tls.key",)),
}
"""Type -> groups of keys; of each group one must be there."""
_JSON_KEYS = {"kubernetes.io/dockercfg": ".dockercfg", SECRET_TYPE: DATA_KEY}
_NOT_EMPTY = {"kubernetes.io/ssh-auth": "ssh-privatekey"}
_KEY = re.compile(r"[-._a-zA-Z0-9]+")


def key_problem(key: str) -> str | None:
    """What keeps a text from being a key of a Secret or ConfigMap, or None."""
    if len(key) > LONGEST_SUBDOMAIN:
        return f"has {len(key)} characters, at most {LONGEST_SUBDOMAIN} are allowed"
    if _KEY.fullmatch(key) is None:
        return "has other characters than letters, digits, -, _ and ."
    if key == "." or key.startswith(".."):
        return "leads out of the folder in which the file of that name would lie"
    return None


def missing_keys(kind: str, keys: Collection[str]) -> list[tuple[str, ...]]:
    """The groups of keys that a type asks for and of which none is there."""
    return [group for group in REQUIRED_KEYS.get(kind, ()) if not any(key in keys for key in group)]


def value_problems(kind: str, values: Mapping[str, str]) -> Iterator[str]:
    """What the server would say of the values of a Secret, one sentence each that holds no part of them."""
    size = sum(len(value.encode()) for value in values.values())
    if size > LARGEST:
        yield f"holds {size} bytes, and a Secret takes {LARGEST} at most"
    key = _NOT_EMPTY.get(kind)
    if key is not None and values.get(key) == "":
        yield f"has an empty {key}, and the type {kind} asks for one"
    key = _JSON_KEYS.get(kind)
    if key is not None and key in values and not _is_json_object(values[key]):
        yield f"has a {key} that is not a JSON object, and the type {kind} asks for one"


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
