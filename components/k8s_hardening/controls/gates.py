"""What a Pulumi resource is, before any control can judge what it holds.

A gate looks at the type token of a resource beside its properties: the provider makes the object that the properties
name, whatever the token says, so a token alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from k8s_hardening.controls.control import Finding, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, holds_unknown

# Resources of the kubernetes package that stand for others and are no object of the API server.
_COMPOSITES = ("helm.sh/", "kustomize", "yaml")
# Aliases of API groups in type tokens (pulumi-kubernetes 4.27.0): token group -> group of the API.
_ALIASES = {"core": "", "apiregistration": "apiregistration.k8s.io"}
_OWN_PACKAGES = frozenset({"pulumi", "kubernetes", "k8s-hardening"})

GateCheck = Callable[[str, Manifest, frozenset[str]], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Gate:
    """One requirement on the type of a resource."""

    id: str
    requirement: str
    severity: Severity
    check: GateCheck
    """From type token, properties and the packages that are allowed beside ours, to findings."""
    references: tuple[str, ...] = ()


def _resource_type(token: str, properties: Manifest, packages: frozenset[str]) -> Iterator[Finding]:
    package, _, rest = token.partition(":")
    module, _, kind = rest.partition(":")
    if package != "kubernetes" or not properties or module.startswith(_COMPOSITES):
        return
    group, _, version = module.rpartition("/")
    group = _ALIASES.get(group, group)
    wanted = f"{group}/{version}" if group else version
    api_version, found_kind = properties.get("apiVersion"), properties.get("kind")
    if api_version != wanted:
        yield finding("apiVersion", api_version, f"a resource of type {token} must have {wanted}")
    if found_kind is UNKNOWN or found_kind not in (kind, kind.removesuffix("Patch")):
        yield finding("kind", found_kind, f"a resource of type {token} must have {kind}")


def _opaque_release(token: str, properties: Manifest, packages: frozenset[str]) -> Iterator[Finding]:
    if token == "kubernetes:helm.sh/v3:Release":  # noqa: S105 - a type token
        fix = "use kubernetes:helm.sh/v4:Chart, which registers each object so that it can be judged"
        yield Finding("(resource)", "a Helm release, whose objects nobody sees at preview", fix)
    elif token.startswith(tuple(f"kubernetes:{prefix}" for prefix in _COMPOSITES)) and holds_unknown(properties):
        fix = "give it inputs that are known at preview"
        yield Finding("(resource)", "made of inputs not known until apply, so its objects are not judged", fix, True)
    elif token.startswith("kubernetes:") and token.endswith("List") and "items" in properties:
        yield Finding("(resource)", "a list, which the provider refuses", "register each of its objects by itself")


def _provider_package(token: str, properties: Manifest, packages: frozenset[str]) -> Iterator[Finding]:
    package = token.partition(":")[0]
    if package not in _OWN_PACKAGES and package not in packages:
        fix = "use the kubernetes package, or let the platform add it to enforcement.packages"
        yield Finding("(resource)", f"made by the package {package}, which could change a cluster unseen", fix)


GATES = (
    Gate(
        id="opaque-release",
        requirement="Every object that a stack applies must be visible at preview.",
        severity=Severity.HIGH,
        check=_opaque_release,
    ),
    Gate(
        id="provider-package",
        requirement="A stack uses only packages whose effect on the cluster is known.",
        severity=Severity.HIGH,
        check=_provider_package,
    ),
    Gate(
        id="resource-type",
        requirement="A resource must be what its type token says.",
        severity=Severity.HIGH,
        check=_resource_type,
    ),
)
