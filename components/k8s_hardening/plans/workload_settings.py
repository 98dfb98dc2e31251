"""What the settings of workloads put into pods that do not choose for themselves."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls import apparmor_profile_provided, seccomp, seccomp_unconfined, selinux
from k8s_hardening.controls.shared.apparmor_names import annotated_containers, is_provided, right_name
from k8s_hardening.controls.shared.security_contexts import security_contexts
from k8s_hardening.kube.apparmor import ANNOTATION, FIELD, FIELD_SINCE, LOCALHOST, annotated_profile, annotation_of
from k8s_hardening.kube.manifest import Manifest, as_map, as_str, ensure_map, is_changeable
from k8s_hardening.kube.pods import Container, Pod, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.workloads import RUNTIME_DEFAULT, WorkloadsSpec
from k8s_hardening.plans.edits import Edit, differences

SETTINGS = "settings"
"""Stands for a control where no control asks for a value."""


def settings_of(manifest: Manifest, settings: WorkloadsSpec, knowledge: Knowledge) -> Iterator[tuple[Edit, str]]:
    """Each value to fill in, with the id of the control that it also satisfies.

    A Windows pod gets none: from 1.25 on the server refuses all of these there (k8s.io/kubernetes v1.37.2
    pkg/apis/core/validation, validateWindows). Part of a pod in a custom resource gets none either, for its controller
    makes the rest.
    """
    version = knowledge.kubernetes
    named = copy.deepcopy(manifest)
    for pod in pods_of(named):
        _name_profiles(pod, knowledge)
    filled = copy.deepcopy(named)
    for pod in pods_of(filled):
        if pod.is_fragment or pod.is_windows or not is_changeable(pod.spec) or not any(True for _ in pod.containers()):
            continue
        _fill_context(pod, settings, version)
        if version < seccomp.CONTROL.since:
            _annotate(filled, pod, settings)
        _confine(filled, pod, settings, knowledge)
    changes = [(edit, apparmor_profile_provided.CONTROL.id) for edit in differences(manifest, named)]
    changes += [
        (edit, seccomp.CONTROL.id if edit.steps[-1] == seccomp_unconfined.OF_POD else SETTINGS)
        for edit in differences(named, filled)
    ]
    yield from changes


def _name_profiles(pod: Pod, knowledge: Knowledge) -> None:
    """Put the kernel's name of an AppArmor profile in the place of a friendly one, or of one with a former hash."""
    profiles = knowledge.apparmor_profiles or {}
    for _, context in security_contexts(pod):
        profile = as_map(context.get(FIELD))
        name = profile.get("localhostProfile")
        right = right_name(name, profiles)
        if profile.get("type") == "Localhost" and right is not None and not is_provided(name, knowledge):
            profile["localhostProfile"] = right
    for key, _, value, _ in list(annotated_containers(pod)):
        name = as_str(value).removeprefix(LOCALHOST)
        right = right_name(name, profiles)
        if name != value and right is not None and not is_provided(name, knowledge):
            pod.annotations[key] = f"{LOCALHOST}{right}"


def _confine(manifest: Manifest, pod: Pod, settings: WorkloadsSpec, knowledge: Knowledge) -> None:
    """Give each container that chose no AppArmor profile the one of the settings.

    Each container gets its own, even where all get the same: one of the pod would also be that of containers that
    others add (a sidecar of a mesh, a debugger), for which nobody wrote it, and annotations know none of the pod.
    """
    for container in pod.containers():
        name = container.spec.get("name")
        if not isinstance(name, str) or not is_changeable(container.spec) or _has_chosen(container, pod):
            continue
        if (choice := settings.apparmor.choice(name)) is None:
            continue
        profile = _profile(choice, knowledge)
        if knowledge.kubernetes >= FIELD_SINCE:
            ensure_map(container.spec, "securityContext")[FIELD] = profile
        elif is_changeable(holder := _holder_of(manifest, pod)):
            annotations = ensure_map(ensure_map(holder, "metadata"), "annotations")
            annotations[f"{ANNOTATION}{name}"] = annotation_of(profile)


def _has_chosen(container: Container, pod: Pod) -> bool:
    chosen = (container.security_context.get(FIELD), annotated_profile(container, pod), pod.security_context.get(FIELD))
    return any(profile is not None and profile != "" for profile in chosen)


def _profile(choice: str, knowledge: Knowledge) -> dict[str, Any]:
    if choice == RUNTIME_DEFAULT:
        return {"type": "RuntimeDefault"}
    return {"type": "Localhost", "localhostProfile": (knowledge.apparmor_profiles or {}).get(choice, choice)}


def _fill_context(pod: Pod, settings: WorkloadsSpec, version: KubeVersion) -> None:
    wanted = {
        "fsGroup": settings.fs_group,
        "supplementalGroups": list(settings.supplemental_groups) or None,
        selinux.FIELD: settings.selinux.model_dump(exclude_none=True) or None,
        seccomp.FIELD: None,
    }
    if settings.seccomp_profile is not None and version >= seccomp.CONTROL.since and _relies_on_pod(pod, version):
        wanted[seccomp.FIELD] = {"type": "Localhost", "localhostProfile": settings.seccomp_profile}
    for field, value in wanted.items():
        if value is not None and pod.security_context.get(field) is None:
            ensure_map(pod.spec, "securityContext")[field] = value


def _relies_on_pod(pod: Pod, version: KubeVersion) -> bool:
    """Whether a container has no seccomp profile, neither its own nor its pod's."""
    return seccomp.profile_of_pod(pod, version) is None and any(
        seccomp.profile_of(container, pod, version) is None for container in pod.containers()
    )


def _annotate(manifest: Manifest, pod: Pod, settings: WorkloadsSpec) -> None:
    """Name the seccomp profile where the field does not exist yet and some container has none."""
    if not _relies_on_pod(pod, seccomp.CONTROL.since):
        return
    if is_changeable(holder := _holder_of(manifest, pod)):
        profile = settings.seccomp_profile
        text = "runtime/default" if profile is None else f"localhost/{profile}"
        ensure_map(ensure_map(holder, "metadata"), "annotations")[seccomp_unconfined.OF_POD] = text


def _holder_of(manifest: Manifest, pod: Pod) -> Manifest:
    """The object with the pod's metadata; not changeable where it is unknown, or in a list of a custom resource."""
    holder = manifest
    for step in pod.path.split(".")[:-1]:
        holder = as_map(holder.get(step))
    return holder
