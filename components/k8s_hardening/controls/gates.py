"""What a Pulumi resource is, before any control can judge what it holds.

A gate looks at the type token of a resource beside its properties: the provider makes the object that the properties
name, whatever the token says, so a token alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from k8s_hardening.controls.control import Finding, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_map, holds_unknown, kind_of

# Modules of the kubernetes package whose resources stand for others and are no object of the API server
# (pulumi-kubernetes 4.27.0). Exact names: an API group of somebody's own may start with the same letters.
_COMPOSITES = frozenset({"helm.sh/v2", "helm.sh/v3", "helm.sh/v4", "kustomize", "kustomize/v2", "yaml", "yaml/v2"})
# Objects from which a controller in the cluster makes others, with rights of its own: group -> kinds.
_APPLIED_UNSEEN = {
    "argoproj.io": ("Application", "ApplicationSet"),
    "fleet.cattle.io": ("Bundle", "GitRepo"),
    "helm.cattle.io": ("HelmChart", "HelmChartConfig"),
    "helm.toolkit.fluxcd.io": ("HelmRelease",),
    "k3s.cattle.io": ("Addon",),
    "kustomize.toolkit.fluxcd.io": ("Kustomization",),
}
# What keeps a namespace closed: group -> kinds.
_GUARD_RAILS = {
    "": ("LimitRange", "ResourceQuota"),
    "admissionregistration.k8s.io": ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
    "networking.k8s.io": ("NetworkPolicy",),
}
# Aliases of API groups in type tokens (pulumi-kubernetes 4.27.0): token group -> group of the API.
_ALIASES = {"core": "", "apiregistration": "apiregistration.k8s.io"}
_PLUGIN_SOURCE = "pluginDownloadURL"
_OWN_PACKAGES = frozenset({"pulumi", "kubernetes", "k8s-hardening"})

_RENDERS_FIX = (
    "leave it out here (TenantSecret: into_cluster false); k8s-hardening render --with-secrets writes private files"
)


@dataclass(frozen=True, slots=True)
class Around:
    """What a gate must know of a resource beside its type and properties."""

    packages: frozenset[str] = frozenset()
    """Packages that are allowed beside ours."""
    renders: bool = False
    """Its provider writes objects to files instead of a cluster."""


GateCheck = Callable[[str, Manifest, Around], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Gate:
    """One requirement on the type of a resource."""

    id: str
    requirement: str
    severity: Severity
    check: GateCheck
    """From type token, properties and surroundings to findings."""
    references: tuple[str, ...] = ()


def is_patch(token: str, properties: Manifest) -> bool:
    """Whether the provider takes a resource for a partial object (pulumi-kubernetes 4.27.0 pkg/kinds/util.go)."""
    return token.rpartition(":")[2] == f"{kind_of(properties)}Patch"


def _resource_type(token: str, properties: Manifest, around: Around) -> Iterator[Finding]:
    package, _, rest = token.partition(":")
    module, _, kind = rest.partition(":")
    if package != "kubernetes" or not properties or module in _COMPOSITES:
        return
    group, _, version = module.rpartition("/")
    group = _ALIASES.get(group, group)
    wanted = f"{group}/{version}" if group else version
    api_version, found_kind = properties.get("apiVersion"), properties.get("kind")
    if api_version != wanted:
        yield finding("apiVersion", api_version, f"a resource of type {token} must have {wanted}")
    if found_kind is UNKNOWN or found_kind not in (kind, kind.removesuffix("Patch")):
        yield finding("kind", found_kind, f"a resource of type {token} must have {kind}")


def _opaque_release(token: str, properties: Manifest, around: Around) -> Iterator[Finding]:
    if token == "kubernetes:helm.sh/v3:Release":  # noqa: S105 - a type token
        fix = "use kubernetes:helm.sh/v4:Chart, which registers each object so that it can be judged"
        yield Finding("(resource)", "a Helm release, whose objects nobody sees at preview", fix)
    elif token.startswith("kubernetes:") and token.split(":")[1] in _COMPOSITES and holds_unknown(properties):
        fix = "give it inputs that are known at preview"
        yield Finding("(resource)", "made of inputs not known until apply, so its objects are not judged", fix, True)
    elif token.startswith("kubernetes:") and token.endswith("List") and "items" in properties:
        yield Finding("(resource)", "a list, which the provider refuses", "register each of its objects by itself")
    elif kind_of(properties) in _APPLIED_UNSEEN.get(api_group_of(properties), ()):
        fix = "register the objects themselves, so that they can be judged"
        yield finding("kind", properties.get("kind"), f"{fix}; a controller would apply them unseen")


def _patched_guard_rail(token: str, properties: Manifest, around: Around) -> Iterator[Finding]:
    is_guard_rail = kind_of(properties) in _GUARD_RAILS.get(api_group_of(properties), ())
    if is_guard_rail and is_patch(token, properties):
        fix = "change it where it is written as a whole"
        yield Finding("(resource)", "a patch, which says nothing of what is left of the object", fix)


def _provider_package(token: str, properties: Manifest, around: Around) -> Iterator[Finding]:
    package = token.partition(":")[0]
    if token == "pulumi:providers:kubernetes":  # noqa: S105 - a type token
        # The engine keeps its own settings of a provider under __internal; older ones stand among the others.
        places = (properties, as_map(properties.get("__internal")))
        if any(place.get(_PLUGIN_SOURCE) is not None for place in places):
            fix = f"leave out {_PLUGIN_SOURCE}; whatever is called kubernetes there could change a cluster unseen"
            yield Finding("(resource)", "a provider from a place of the stack's own choice", fix)
    if package not in _OWN_PACKAGES and package not in around.packages:
        fix = "use the kubernetes package, or let the platform add it to enforcement.packages"
        yield Finding("(resource)", f"made by the package {package}, which could change a cluster unseen", fix)


def _rendered_secret(token: str, properties: Manifest, around: Around) -> Iterator[Finding]:
    # pulumi-kubernetes 4.27.0 writes the values as they are (provider/pkg/provider/provider.go, renderYaml).
    if around.renders and kind_of(properties) == "Secret" and not api_group_of(properties):
        for field in ("data", "stringData"):
            if properties.get(field) is not None:
                yield Finding(field, "a Secret's values for a provider that renders files", _RENDERS_FIX)


GATES = (
    Gate(
        id="opaque-release",
        requirement="Every object that a stack applies must be visible at preview.",
        severity=Severity.HIGH,
        check=_opaque_release,
    ),
    Gate(
        id="patched-guard-rail",
        requirement="What keeps a namespace closed must be written as a whole.",
        severity=Severity.HIGH,
        check=_patched_guard_rail,
    ),
    Gate(
        id="provider-package",
        requirement="A stack uses only packages whose effect on the cluster is known.",
        severity=Severity.HIGH,
        check=_provider_package,
    ),
    Gate(
        id="rendered-secret",
        requirement="No file that a provider renders holds the values of a Secret.",
        severity=Severity.HIGH,
        check=_rendered_secret,
    ),
    Gate(
        id="resource-type",
        requirement="A resource must be what its type token says.",
        severity=Severity.HIGH,
        check=_resource_type,
    ),
)
