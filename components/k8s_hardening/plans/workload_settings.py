"""What the settings of workloads put into pods that do not choose for themselves."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from k8s_hardening.controls import seccomp, seccomp_unconfined, selinux
from k8s_hardening.kube.manifest import Manifest, as_map, ensure_map, is_changeable
from k8s_hardening.kube.pods import Pod, pods_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.workloads import WorkloadsSpec
from k8s_hardening.plans.edits import Edit, differences

SETTINGS = "settings"
"""Stands for a control where no control asks for a value."""


def settings_of(manifest: Manifest, settings: WorkloadsSpec, version: KubeVersion) -> Iterator[tuple[Edit, str]]:
    """Each value to fill in, with the id of the control that it also satisfies.

    A Windows pod gets none: from 1.25 on the server refuses all of these there (k8s.io/kubernetes v1.37.2
    pkg/apis/core/validation, validateWindows). Part of a pod in a custom resource gets none either, for its controller
    makes the rest.
    """
    filled = copy.deepcopy(manifest)
    for pod in pods_of(filled):
        if pod.is_fragment or pod.is_windows or not is_changeable(pod.spec) or not any(True for _ in pod.containers()):
            continue
        _fill_context(pod, settings, version)
        if version < seccomp.CONTROL.since:
            _annotate(filled, pod, settings)
    for edit in differences(manifest, filled):
        yield edit, seccomp.CONTROL.id if edit.steps[-1] == seccomp_unconfined.OF_POD else SETTINGS


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
    holder = manifest
    for step in pod.path.split(".")[:-1]:
        holder = as_map(holder.get(step))
    if is_changeable(holder):  # an unknown one is not, and neither is the way into a custom resource's list
        profile = settings.seccomp_profile
        text = "runtime/default" if profile is None else f"localhost/{profile}"
        ensure_map(ensure_map(holder, "metadata"), "annotations")[seccomp_unconfined.OF_POD] = text
