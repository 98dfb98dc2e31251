"""AppArmor profiles must be named where the cluster's version looks for them, and nowhere else otherwise.

- Every version: an annotation for a container that the pod does not have. The server refuses it.
- Before 1.30: a field appArmorProfile of type Localhost without the container's annotation that says the same. These
  servers and kubelets know no such field, so the profile that it asks for would not be used. The type RuntimeDefault
  does no harm there: it is what containers get anyway.
- From 1.30: an annotation that says something else than the field that counts for its container (the container's own,
  else the pod's). The server refuses that, in a bare pod only beside the container's own field.

A node that is older than its server needs nothing of its own. A kubelet of 1.29, which reads annotations alone, can
belong to servers up to 1.32 (three minor versions); these write the annotation themselves from the field of every pod
that is made (until 1.33), and the kubelets of later servers read the field. What no server writes is the annotation of
a static pod: judge the files of a node by the version of its kubelet.
Sources: k8s.io/kubernetes v1.37.2, v1.33.13, v1.30.14 pkg/registry/core/pod/strategy.go (applyAppArmorVersionSkew);
v1.37.2 pkg/apis/core/validation/validation.go (ValidateAppArmorPodAnnotations,
validateAppArmorAnnotationsAndFieldsMatchOnCreate); v1.29.15, v1.30.14 pkg/security/apparmor/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Revision, Severity, describe, finding
from k8s_hardening.controls.shared.apparmor_names import annotated_containers, is_allowed_annotation
from k8s_hardening.controls.shared.profile_types import ALLOWED
from k8s_hardening.kube.apparmor import (
    ANNOTATION,
    FIELD,
    FIELD_SINCE,
    annotated_profile,
    annotation_of,
    field_of,
)
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, ensure_map, is_changeable
from k8s_hardening.kube.pods import Container, Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

_FIX = "name it in the annotation of each container, which is all that this version reads"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each annotation without a container, and each field that is not read."""
    for pod in pods_of(manifest):
        yield from _without_container(pod)
        yield from dict.fromkeys(
            finding(path, holder.get(FIELD), _FIX) for path, holder, _ in _not_read(pod) if not pod.is_windows
        )


def check_1_30(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each annotation without a container, and each that contradicts a field."""
    for pod in pods_of(manifest):
        yield from _without_container(pod)
        for _, path, value, container in _contradicting(pod):
            profile = _field_for(container, pod)
            fix = f"remove it; the field says {describe(annotation_of(profile))}"
            yield finding(path, value, fix)


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove annotations without a container, and write fields as annotations."""
    for pod in pods_of(manifest):
        _remove_without_container(pod)
        unread = [] if pod.is_windows else list(_not_read(pod))
        for _, holder, container in unread:
            name, text = container.spec.get("name"), annotation_of(holder.get(FIELD))
            is_free = annotated_profile(container, pod) in (None, "")
            if isinstance(name, str) and text is not None and is_free and is_changeable(pod.metadata):
                ensure_map(pod.metadata, "annotations")[f"{ANNOTATION}{name}"] = text
        for _, holder, container in unread:
            if annotated_profile(container, pod) not in (None, "", UNKNOWN) and is_changeable(holder):
                holder.pop(FIELD, None)


def harden_1_30(manifest: Manifest, knowledge: Knowledge) -> None:
    """Remove what contradicts a container's own field; what contradicts the pod's becomes the container's own."""
    for pod in pods_of(manifest):
        _remove_without_container(pod)
        for key, _, value, container in list(_contradicting(pod)):
            if container.security_context.get(FIELD) is None and field_of(value) is not None:
                if not is_changeable(container.spec) or value is UNKNOWN:
                    continue
                ensure_map(container.spec, "securityContext")[FIELD] = field_of(value)
            del pod.annotations[key]


def _without_container(pod: Pod) -> Iterator[Finding]:
    path = f"{pod.metadata_path}.annotations"
    if pod.metadata.get("annotations") is UNKNOWN:
        yield finding(path, UNKNOWN, "give the annotations plain values")
    for _, path, value in _lost(pod):
        yield Finding(
            path,
            f"{describe(value)} for a container that the pod does not have",
            "remove it, or name one of the containers",
            unknown=value is UNKNOWN,
        )


def _remove_without_container(pod: Pod) -> None:
    for key, _, _ in list(_lost(pod)):
        del pod.annotations[key]


def _lost(pod: Pod) -> Iterator[tuple[str, str, Any]]:
    if not pod.is_fragment:
        for key, path, value, container in annotated_containers(pod):
            if container is None and (value is UNKNOWN or is_allowed_annotation(value)):
                yield key, path, value


def _field_for(container: Container, pod: Pod) -> Any:
    own = container.security_context.get(FIELD)
    return pod.security_context.get(FIELD) if own is None else own


def _not_read(pod: Pod) -> Iterator[tuple[str, dict[str, Any], Container]]:
    """Path, securityContext and container of each field that asks for a profile in vain."""
    for container in pod.containers():
        own = container.security_context.get(FIELD) is not None
        where, holder = (container.path, container.security_context) if own else (pod.path, pod.security_context)
        kind, said = as_map(holder.get(FIELD)).get("type"), annotation_of(holder.get(FIELD))
        if (kind is UNKNOWN or kind == "Localhost") and (said is None or annotated_profile(container, pod) != said):
            yield f"{where}.securityContext.{FIELD}", holder, container


def _contradicting(pod: Pod) -> Iterator[tuple[str, str, Any, Container]]:
    if pod.is_windows:
        return
    for key, path, value, container in annotated_containers(pod):
        if container is None or value is None or not (value is UNKNOWN or is_allowed_annotation(value)):
            continue
        profile = as_map(_field_for(container, pod))
        if profile.get("type") in ALLOWED and value != annotation_of(profile):
            yield key, path, value, container


CONTROL = Control(
    id="apparmor-form",
    requirement="AppArmor profiles must be named where the cluster's version looks for them.",
    severity=Severity.MEDIUM,
    chapter="workload",
    references=("PSS baseline: AppArmor",),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=FIELD_SINCE, check=check_1_30, harden=harden_1_30),),
)
