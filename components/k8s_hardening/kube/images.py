"""Image references as kubelets and container runtimes read them.

Source: github.com/distribution/reference v0.6.0 (regexp.go, reference.go, normalize.go: ParseNormalizedNamed), which
k8s.io/kubernetes v1.37.2 pkg/util/parsers calls, and github.com/opencontainers/go-digest v1.0.0 for the digests. One
form is refused that it takes: a first step with a dot and an underscore, which it reads as a path without any
registry.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

DOCKER_HUB = "docker.io"
OLD_DOCKER_HUB = "index.docker.io"
_LONGEST_PATH = 255
_LONGEST = 1024  # more than the longest name of a host, path, tag and digest; keeps hostile texts cheap

_ALNUM = "[a-z0-9]+"
COMPONENT = rf"{_ALNUM}(?:(?:[._]|__|-+){_ALNUM})*"
_HOST_COMPONENT = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
HOST = rf"(?:{_HOST_COMPONENT}(?:\.{_HOST_COMPONENT})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
DIGEST = "sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}"
_FORM = re.compile(
    rf"(?P<registry>{HOST})/(?P<repository>{COMPONENT}(?:/{COMPONENT})*)"
    rf"(?::(?P<tag>{TAG}))?(?:@(?P<digest>{DIGEST}))?"
)
_BARE_ID = re.compile("[a-f0-9]{64}")


@dataclass(frozen=True, slots=True)
class Image:
    """One image reference in its full form."""

    registry: str
    """Host with optional port; docker.io where the text names none."""
    repository: str
    """Path in the registry; library/ stands before an official image of Docker Hub."""
    tag: str | None
    digest: str | None
    """Algorithm and hex digits, for example sha256:0123...; where there is one, the tag counts for nothing."""

    @property
    def name(self) -> str:
        """Registry and repository, for example docker.io/library/nginx."""
        return f"{self.registry}/{self.repository}"


@functools.lru_cache(maxsize=1024)  # several controls ask about the same image, and a stack about the same few
def parse_image(text: str) -> Image:
    """The image that a text refers to, Docker Hub's short forms written out.

    Raises:
        ValueError: no runtime takes such a text.
    """
    if len(text) > _LONGEST or _BARE_ID.fullmatch(text):
        raise ValueError("is not an image reference")
    match = _FORM.fullmatch("/".join(_split(text)))
    if match is None or len(match["repository"]) > _LONGEST_PATH:
        raise ValueError("is not an image reference")
    return Image(match["registry"], match["repository"], match["tag"], match["digest"])


def is_registry(first: str) -> bool:
    """Whether the first of several steps of an image names a host; if not, it is a path on Docker Hub."""
    return first == "localhost" or "." in first or ":" in first or first.lower() != first


def names_registry(text: str) -> bool:
    """Whether an image reference names the host that it comes from, which runtimes otherwise choose by themselves."""
    first, slash, _ = text.partition("/")
    return bool(slash) and is_registry(first)


def is_below(name: str, registries: Iterable[str]) -> bool:
    """Whether a name stands under one of some registries with an optional path, whole steps of the path compared."""
    return any(f"{name}/".startswith(f"{one.rstrip('/')}/") for one in registries if one)


def _split(text: str) -> tuple[str, str]:
    """Registry and rest: a first step counts as a host only if it cannot be a path on Docker Hub."""
    first, slash, rest = text.partition("/")
    if not slash:
        return DOCKER_HUB, f"library/{text}"
    registry, path = (first, rest) if is_registry(first) else (DOCKER_HUB, text)
    if registry == OLD_DOCKER_HUB:
        registry = DOCKER_HUB
    if registry == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    return registry, path
