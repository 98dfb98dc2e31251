"""Which images may run, and the credentials by which nodes pull them from private registries."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from k8s_hardening.kube.images import DOCKER_HUB, OLD_DOCKER_HUB, is_registry
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Switch, config_key, matching, not_empty, wrong

# A host as images name it, then path components of the form that registries take; no scheme, tag or digest.
_REGISTRY = (
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]{1,5})?"
    r"(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)


def _registry(text: str) -> str:
    """Refuse what no image ever names, so that a list that allows nothing is not taken for one that does."""
    host, _, path = text.partition("/")
    if host == OLD_DOCKER_HUB:
        raise wrong("is the old name of Docker Hub", f'"{DOCKER_HUB}/{path or "library"}"')
    if not is_registry(host):
        raise wrong("names no host, and images without one come from Docker Hub", f'"{DOCKER_HUB}/{text}"')
    return text


Registry = Annotated[
    str,
    matching(_REGISTRY, "is not a registry with an optional path", '"registry.example.com/platform"'),
    AfterValidator(_registry),
]
Registries = Annotated[tuple[Registry, ...], not_empty('["registry.example.com/platform"]')]
PULL_SECRET = "registry-pull"  # noqa: S105 - the name of an object
"""Name of the Secret that holds credentials for registries, in each tenant's namespace."""
_PullSecretKey = Annotated[str, config_key("registryPullSecret")]


class ImagesSpec(Model):
    """Which images may run."""

    registries: Registries = Field(examples=[["registry.example.com/platform"]])
    """Allowed registries, with optional path prefix, for example registry.example.com/platform."""
    allow_tags: Switch = False
    """Weaker: accept a fixed tag in place of a digest. For environments that hold nothing of value."""
    pull_secret_config: _PullSecretKey | None = Field(default=None, examples=["registryPullSecret"])
    """Key of this stack's secret configuration with credentials for the registries, as a Docker config.json."""


class PullSecretSpec(Model):
    """Credentials for private registries, as one Secret in each namespace of a tenant."""

    config: _PullSecretKey = Field(examples=["registryPullSecret"])
    """Key of this stack's secret configuration that holds them, as a Docker config.json."""
    registries: Registries = Field(examples=[["registry.example.com/platform"]])
    """Registries that they may be for, with optional path prefix."""
    into_cluster: Switch = False
    """Make the Secrets: only for a provider that talks to a cluster, since one that renders writes them readably."""
