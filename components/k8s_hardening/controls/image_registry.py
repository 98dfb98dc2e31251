"""Images must come from the registries of the environment.

Restricted fields: image of every container, image.reference of every volume. Allowed: what stands under an entry of
the allow-list, whole steps of the path compared; an empty list allows any. In the namespaces of a tenant that has
`registries` of its own it must stand under one of those as well. A name without a host is never allowed:
kubelets pass it on as it stands (k8s.io/kubernetes v1.37.2 pkg/kubelet/images/image_manager.go, applyDefaultImageTag),
containerd takes it to Docker Hub, and CRI-O to whatever registries.conf of the node says. What is no image reference at
all belongs to image-pinned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.pod_images import image_fields, image_of
from k8s_hardening.controls.shared.tenant_limits import shown, tenants_of_object
from k8s_hardening.kube.cel import all_of, any_of, pattern, texts
from k8s_hardening.kube.image_patterns import BARE_ID, READABLE, below
from k8s_hardening.kube.images import is_below, names_registry
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each image from elsewhere."""
    of_tenants = [tenant.registries for tenant in tenants_of_object(manifest, knowledge) if tenant.registries]
    if not knowledge.registries and not of_tenants:
        return
    for path, value in image_fields(manifest):
        image = image_of(value)
        narrow = [
            one for one in of_tenants if value is UNKNOWN or (image is not None and not is_below(image.name, one))
        ]
        if value is UNKNOWN or (
            image is not None and knowledge.registries and not is_below(image.name, knowledge.registries)
        ):
            yield finding(path, value, _fix(narrow[0] if narrow else knowledge.registries))
        elif image is not None and not names_registry(value):
            yield finding(path, value, f"name the registry as well, for example {image.name}")
        elif narrow:
            yield finding(path, shown(value, manifest), _fix(narrow[0]))


def _fix(registries: Iterable[str]) -> str:
    return f"take it from {' or '.join(sorted(registries))}"


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server, which reads an image by patterns."""
    own = {tenant.name: tenant for tenant in knowledge.tenants if tenant.registries}
    if not knowledge.registries and not own:
        return ()
    # What is no image is left to image-pinned. The short pattern first: an expression may cost only so much, and most
    # images end there.
    no_image = [f"!i.matches({pattern(READABLE)})", f"i.matches({pattern(BARE_ID)})"]
    rules, fix = [], "take it from the tenant's own registries"
    if knowledge.registries:
        rules.append(any_of([*_below(knowledge.registries), *no_image]))
        fix = _fix(knowledge.registries) + (", and there from the tenant's own" if own else "")
    if own:
        named = texts(name for tenant in own.values() for name in tenant.namespaces)
        ways = [
            all_of([f"request.namespace in {texts(tenant.namespaces)}", way])
            for _, tenant in sorted(own.items())
            for way in _below(tenant.registries)
        ]
        rules.append(any_of([f"!(request.namespace in {named})", *ways, *no_image]))
    return (AdmissionRule(fix=fix, image=all_of(rules)),)


def _below(registries: Iterable[str]) -> list[str]:
    allowed = below(registries)
    return [f"i.matches({pattern(allowed)})"] if allowed else []


CONTROL = Control(
    id="image-registry",
    requirement="Images must come from the registries that the environment allows.",
    severity=Severity.HIGH,
    chapter="image",
    profile=Profile.FULL,
    references=("CIS 5.5.1",),
    check=check,
    concerns=carries_pods,
    admission=admission,
)
