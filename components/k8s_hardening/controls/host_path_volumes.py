"""Pods must not mount a folder of the node.

Restricted field: spec.volumes[*].hostPath. Allowed: absent; and where the environment names folders for the namespace
(`host_paths`), one of them or what lies below, if every container mounts the volume read-only. That holds no link on
the node back: what is allowed should hold none that leads elsewhere. There is no fix: without the volume the pod would
not run.
Source: k8s.io/pod-security-admission v0.37.2, policy/check_hostPathVolumes.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.cel import lists_by_name
from k8s_hardening.kube.manifest import Manifest, as_list, as_map, as_str, namespace_of
from k8s_hardening.kube.pods import CONTAINER_LISTS, Pod, carries_pods, pods_of
from k8s_hardening.model.knowledge import Knowledge

_FIX = "use a persistentVolumeClaim, configMap or emptyDir"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each volume that is a folder of the node."""
    folders = knowledge.host_paths.get(namespace_of(manifest), ())
    for pod in pods_of(manifest):
        for index, volume in enumerate(as_list(pod.spec.get("volumes"))):
            value = as_map(volume).get("hostPath")
            if value is not None and not _is_allowed(pod, as_map(volume), folders):
                yield finding(f"{pod.path}.volumes[{index}].hostPath", value, _fix(folders))


def _fix(folders: tuple[str, ...]) -> str:
    return f"{_FIX}, or mount {' or '.join(sorted(folders))} with readOnly: true" if folders else _FIX


def _is_allowed(pod: Pod, volume: dict[str, Any], folders: tuple[str, ...]) -> bool:
    path, name = as_str(as_map(volume.get("hostPath")).get("path")), volume.get("name")
    return (
        any(f"{path}/".startswith(f"{folder}/") for folder in folders)
        and ".." not in path.split("/")
        and isinstance(name, str)
        and all(
            mount.get("readOnly") is True
            for container in pod.containers()
            for mount in map(as_map, as_list(container.spec.get("volumeMounts")))
            if mount.get("name") == name or not isinstance(mount.get("name"), str)
        )
    )


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server: where the namespace has folders, they are looked up by its name."""
    mounts = " && ".join(
        f"(!has(variables.pod.{name}) || variables.pod.{name}.all(c, !has(c.volumeMounts) || "
        "c.volumeMounts.all(m, m.name != v.name || (has(m.readOnly) && m.readOnly))))"
        for name in CONTAINER_LISTS
    )
    allowed = (
        "variables.folders.exists(f, v.hostPath.path == f || v.hostPath.path.startsWith(f + '/')) && "
        f"!v.hostPath.path.matches(r'(^|/)[.][.](/|$)') && {mounts}"
    )
    folders = lists_by_name(knowledge.host_paths)
    named = folders != "{}"
    volume = f"!has(v.hostPath) || ({allowed})" if named else "!has(v.hostPath)"
    return (
        AdmissionRule(
            fix=f"{_FIX}, or mount what the environment allows there with readOnly: true" if named else _FIX,
            expressions=(f"!has(variables.pod.volumes) || variables.pod.volumes.all(v, {volume})",),
            variables=(
                {"folders": f"request.namespace in {folders} ? {folders}[request.namespace] : []"} if named else {}
            ),
        ),
    )


CONTROL = Control(
    id="host-path-volumes",
    requirement="Pods must not mount a folder of the node.",
    severity=Severity.HIGH,
    chapter="workload",
    profile=Profile.PSS_BASELINE,
    references=("PSS baseline: HostPath Volumes", "PSS restricted: Volume Types", "CIS 5.2.11"),
    check=check,
    concerns=carries_pods,
    admission=admission,
)
