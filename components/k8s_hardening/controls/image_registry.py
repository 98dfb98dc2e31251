"""Images must come from the registries of the environment.

Restricted fields: image of every container, image.reference of every volume. Allowed: what stands under an entry of
the allow-list, whole steps of the path compared; an empty list allows any. A name without a host is never allowed:
kubelets pass it on as it stands (k8s.io/kubernetes v1.37.2 pkg/kubelet/images/image_manager.go, applyDefaultImageTag),
containerd takes it to Docker Hub, and CRI-O to whatever registries.conf of the node says. What is no image reference at
all belongs to image-pinned.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.pod_images import image_fields, image_of
from k8s_hardening.kube.cel import any_of, pattern
from k8s_hardening.kube.image_patterns import BARE_ID, READABLE, below
from k8s_hardening.kube.images import Image, names_registry
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.model.knowledge import Knowledge


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each image from elsewhere."""
    if not knowledge.registries:
        return
    for path, value in image_fields(manifest):
        image = image_of(value)
        if value is UNKNOWN or (image is not None and not _is_allowed(image, knowledge)):
            yield finding(path, value, _fix(knowledge))
        elif image is not None and not names_registry(value):
            yield finding(path, value, f"name the registry as well, for example {image.name}")


def _fix(knowledge: Knowledge) -> str:
    return f"take it from {' or '.join(sorted(knowledge.registries))}"


def _is_allowed(image: Image, knowledge: Knowledge) -> bool:
    return any(f"{image.name}/".startswith(f"{entry.rstrip('/')}/") for entry in knowledge.registries)


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server, which reads an image by patterns."""
    if not knowledge.registries:
        return ()
    # The short pattern first: an expression may cost only so much, and most images end there.
    allowed = below(knowledge.registries)
    ways = [f"i.matches({pattern(allowed)})"] if allowed else []
    ways += [f"!i.matches({pattern(READABLE)})", f"i.matches({pattern(BARE_ID)})"]
    return (AdmissionRule(fix=_fix(knowledge), image=any_of(ways)),)


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
