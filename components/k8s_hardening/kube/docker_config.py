"""What is wrong with a Docker config.json as credentials for image pulls; no message holds a part of it.

Source: k8s.io/kubernetes v1.18.20 and v1.37.2, pkg/credentialprovider/config.go (what a kubelet reads of an entry) and
keyring.go (for which images an entry counts). One entry that cannot be read spoils the whole Secret for a pod.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from k8s_hardening.kube.images import DOCKER_HUB, OLD_DOCKER_HUB

SECRET_TYPE = "kubernetes.io/dockerconfigjson"  # noqa: S105 - the name of a type
DATA_KEY = ".dockerconfigjson"

_EXAMPLE = '{"auths": {"registry.example.com": {"auth": "<base64 of user:password>"}}}'
_READ = frozenset({"auth", "username", "password", "email"})
# Without the wildcards that a kubelet knows: they would send the credentials to hosts that nobody has named.
_ENTRY = re.compile(
    r"(?:https?://)?(?P<host>(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::[0-9]{1,5})?)(?P<path>(?:/[A-Za-z0-9._-]+)*)/?"
)
_API_VERSIONS = ("/v1", "/v2")


class _TwiceError(ValueError):
    """A key stands in an object twice; Go merges both, others read the last."""


def docker_config_problems(text: str, registries: Sequence[str]) -> list[str]:
    """Everything that is wrong with a config.json whose entries may be for some registries only, one sentence each.

    Args:
        text: the file's text.
        registries: hosts with optional path, in the form of the allow-list of images.
    """
    try:
        found: Any = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except _TwiceError:
        return ["names a key twice in one object"]
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or "auths" not in found:
        return [f"is no config.json with auths; for example {_EXAMPLE}"]
    problems = []
    if len(found) > 1:
        problems.append("holds something beside auths, which no kubelet reads; leave only auths in it")
    entries = found["auths"]
    if not isinstance(entries, dict) or not entries:
        problems.append(f"has auths without an entry; for example {_EXAMPLE}")
        return problems
    for number, (name, entry) in enumerate(entries.items(), 1):
        problems += [f"entry number {number} of auths {what}" for what in _entry_problems(name, entry, registries)]
    return problems


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _TwiceError
    return made


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity, which are no JSON


def _entry_problems(name: str, entry: Any, registries: Sequence[str]) -> Iterator[str]:
    if not any(_meets(name, registry) for registry in registries):
        yield f"is for none of the registries {', '.join(sorted(registries))}; take it out"
    if not isinstance(entry, dict):
        yield 'is no mapping; for example {"auth": "<base64 of user:password>"}'
        return
    if not entry.keys() <= _READ:
        yield f"has fields beside {', '.join(sorted(_READ))}, which no kubelet reads; take them out"
    if any(not isinstance(entry[field], str) for field in _READ & entry.keys()):
        yield "has a field that is not a text"
    elif entry.get("auth"):
        if not _is_auth(entry["auth"]):
            yield "has an auth that is not base64 of user:password"
    elif not (entry.get("username") and entry.get("password")):
        yield "has neither auth nor username and password"


def _is_auth(text: str) -> bool:
    try:
        decoded = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    user, colon, password = decoded.partition(b":")
    return bool(user and colon and password)


def _meets(name: str, registry: str) -> bool:
    """Whether an entry counts for images of a registry: same host and port, and one path leads to the other."""
    match = _ENTRY.fullmatch(name)
    if match is None:
        return False
    host, path = match["host"], match["path"]
    if path.startswith(_API_VERSIONS) and (path in _API_VERSIONS or path[3] == "/"):
        path = path[3:]
    allowed_host, _, allowed_path = registry.partition("/")
    if host == OLD_DOCKER_HUB:
        # Looked up by its bare name, for every image of Docker Hub.
        return allowed_host == DOCKER_HUB and not path
    own, allowed = path.strip("/").split("/") if path else [], allowed_path.split("/") if allowed_path else []
    shared = min(len(own), len(allowed))
    return host == allowed_host and own[:shared] == allowed[:shared]
