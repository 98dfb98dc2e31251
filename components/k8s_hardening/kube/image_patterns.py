"""What parse_image (kube/images.py) reads, as regular expressions for the API server, which has no parser of images.

They are of the form that RE2 shares with Python, and match whole texts. Lengths are left aside: no registry has a path
of more than 255 characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from k8s_hardening.kube.images import (
    COMPONENT,
    DIGEST,
    DOCKER_HUB,
    HOST,
    OLD_DOCKER_HUB,
    TAG,
    is_registry,
)

_NO_HOST = "[a-z0-9]+(?:(?:_|__|-+)[a-z0-9]+)*"  # a first step that cannot be a host, as it has no dot
_PATH = rf"(?:(?:{HOST}|{_NO_HOST})/{COMPONENT}(?:/{COMPONENT})*|{COMPONENT})"
_SHA256 = "@sha256:[a-f0-9]{64}"
_ON_HUB = f"(?:(?:{re.escape(OLD_DOCKER_HUB)}|{re.escape(DOCKER_HUB)})/)"
_REST = "(?:[/:@].*)?"

READABLE = f"^{_PATH}(?::{TAG})?(?:@(?:{DIGEST}))?$"
"""An image reference; a text of BARE_ID matches as well, and is none."""
BARE_ID = "^[a-f0-9]{64}$"
BY_DIGEST = f"^{_PATH}(?::{TAG})?{_SHA256}$"
BY_DIGEST_OR_TAG = f"^{_PATH}(?::{TAG}|(?::{TAG})?{_SHA256})$"
LATEST = ":latest$"


def below(registries: Iterable[str]) -> str:
    """A pattern for the images below some registries that name their host; empty when there can be none."""
    patterns: list[str] = []
    for entry in sorted(set(registries)):
        host, _, path = entry.rstrip("/").partition("/")
        if host == DOCKER_HUB:
            patterns += (f"{_ON_HUB}{tail}" for tail in _hub_tails(path))
        elif is_registry(host) and host != OLD_DOCKER_HUB:
            patterns.append(f"{re.escape(host)}/{re.escape(path)}{_REST}" if path else f"{re.escape(host)}/.*")
    return f"^(?:{'|'.join(patterns)})$" if patterns else ""


def _hub_tails(path: str) -> Iterator[str]:
    """What follows the host in images below a path of Docker Hub; one step alone is short for library/<step>."""
    first, _, rest = path.partition("/")
    if not path:
        yield ".*"
    elif not rest:
        yield f"{re.escape(path)}/.*"
        if path == "library":
            yield "[^/]*"
    else:
        yield f"{re.escape(path)}{_REST}"
        if first == "library" and "/" not in rest:
            yield f"{re.escape(rest)}(?:[:@].*)?"
