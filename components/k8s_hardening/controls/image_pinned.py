"""Images must be named so that everybody who pulls them gets the same one.

Restricted fields: image of every container, image.reference of every volume. Required: a sha256 digest where the
environment asks for digests, otherwise at least a tag that is not `latest`. Absent tag means: `latest`. Beside a
digest the tag counts for nothing. What no runtime takes as a reference is refused here too, so that image-registry
need not guess. There is no fix: only a registry knows the digest.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.pod_images import image_fields, image_of
from k8s_hardening.kube.cel import pattern
from k8s_hardening.kube.image_patterns import BY_DIGEST, BY_DIGEST_OR_TAG, LATEST
from k8s_hardening.kube.images import Image
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.model.knowledge import Knowledge

_BY_DIGEST = "name it as registry/repository@sha256:<64 hex digits>"
_BY_TAG = "name a fixed tag, or better the digest"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each image that may be another one tomorrow."""
    for path, value in image_fields(manifest):
        image = image_of(value)
        if image is None:
            yield finding(path, value, _BY_DIGEST)
        elif not _is_pinned(image, digests_required=knowledge.digests_required):
            yield finding(path, value, _BY_DIGEST if knowledge.digests_required or image.digest else _BY_TAG)


def _is_pinned(image: Image, *, digests_required: bool) -> bool:
    if image.digest is not None:
        return image.digest.startswith("sha256:")
    return not digests_required and image.tag not in (None, "latest")


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server, which reads an image by patterns."""
    if knowledge.digests_required:
        return (AdmissionRule(fix=_BY_DIGEST, image=f"i.matches({pattern(BY_DIGEST)})"),)
    patterns = f"i.matches({pattern(BY_DIGEST_OR_TAG)}) && !i.matches({pattern(LATEST)})"
    return (AdmissionRule(fix=_BY_TAG, image=patterns),)


CONTROL = Control(
    id="image-pinned",
    requirement="Images must be pinned by digest, or where the environment allows it by a fixed tag.",
    severity=Severity.MEDIUM,
    chapter="image",
    profile=Profile.FULL,
    references=("CIS 5.5.1",),
    check=check,
    concerns=carries_pods,
    admission=admission,
)
