"""Objects without which a pod does not start: Secrets, ConfigMaps and the service account that its spec names.

Source: k8s.io/kubernetes v1.37.2, pkg/api/v1/pod/util.go (VisitPodSecretNames, VisitPodConfigmapNames): all places of a
pod spec; pkg/kubelet/kubelet_pods.go and pkg/volume/secret/secret.go: what is optional may be missing;
plugin/pkg/admission/serviceaccount/admission.go: the server refuses a pod whose account is not there. imagePullSecrets
are not among them: the kubelet goes on without (kubelet_pods.go, getPullSecretsForPod).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, as_list, as_map
from k8s_hardening.kube.pods import Container, Pod

SECRET, CONFIG_MAP, SERVICE_ACCOUNT = "Secret", "ConfigMap", "ServiceAccount"
# Volumes that name a Secret: source -> the field with a reference to it.
_SECRET_REFERENCES = {
    "cephfs": "secretRef",
    "cinder": "secretRef",
    "csi": "nodePublishSecretRef",
    "flexVolume": "secretRef",
    "iscsi": "secretRef",
    "rbd": "secretRef",
    "scaleIO": "secretRef",
    "storageos": "secretRef",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One object that a pod cannot do without, in the pod's own namespace."""

    path: str
    """JSON path of the field that names it."""
    kind: str
    name: Any
    """Its name; UNKNOWN where only apply will tell."""


def references_of(pod: Pod) -> Iterator[Reference]:
    """Every object that a pod needs to start; what is optional, or names nothing, is left out."""
    for found, is_optional in _all_references(pod):
        if found.name is UNKNOWN or (isinstance(found.name, str) and found.name and is_optional is not True):
            yield found


def _all_references(pod: Pod) -> Iterator[tuple[Reference, Any]]:
    account = pod.spec.get("serviceAccountName")
    field = "serviceAccountName"
    if account is None or account == "":  # the older name of the same field, which the server copies
        account, field = pod.spec.get("serviceAccount"), "serviceAccount"
    yield Reference(f"{pod.path}.{field}", SERVICE_ACCOUNT, account), None
    for container in pod.containers():
        yield from _of_container(container)
    for index, volume in enumerate(as_list(pod.spec.get("volumes"))):
        yield from _of_volume(f"{pod.path}.volumes[{index}]", volume)


def _of_container(container: Container) -> Iterator[tuple[Reference, Any]]:
    for index, item in enumerate(as_list(container.spec.get("env"))):
        path, source = f"{container.path}.env[{index}].valueFrom", as_map(item).get("valueFrom")
        yield from _references(path, source, (("secretKeyRef", SECRET), ("configMapKeyRef", CONFIG_MAP)))
    for index, item in enumerate(as_list(container.spec.get("envFrom"))):
        path = f"{container.path}.envFrom[{index}]"
        yield from _references(path, item, (("secretRef", SECRET), ("configMapRef", CONFIG_MAP)))


def _of_volume(path: str, volume: Any) -> Iterator[tuple[Reference, Any]]:
    if volume is UNKNOWN:
        yield Reference(path, SECRET, UNKNOWN), None
        return
    volume = as_map(volume)
    yield from _references(path, volume, (("configMap", CONFIG_MAP),))
    yield from _references(path, volume, (("secret", SECRET), ("azureFile", SECRET)), "secretName")
    for source, field in _SECRET_REFERENCES.items():
        yield from _references(f"{path}.{source}", volume.get(source), ((field, SECRET),))
    projected = volume.get("projected")
    for index, item in enumerate(as_list(as_map(projected).get("sources"))):
        inner = f"{path}.projected.sources[{index}]"
        yield from _references(inner, item, (("secret", SECRET), ("configMap", CONFIG_MAP)))


def _references(
    path: str, holder: Any, fields: Sequence[tuple[str, str]], name_field: str = "name"
) -> Iterator[tuple[Reference, Any]]:
    if holder is UNKNOWN:
        yield Reference(path, fields[0][1], UNKNOWN), None
        return
    for field, kind in fields:
        found = as_map(holder).get(field)
        if found is not None:
            reference = as_map(found)
            name_path = f"{path}.{field}" if found is UNKNOWN else f"{path}.{field}.{name_field}"
            yield Reference(name_path, kind, reference.get(name_field)), reference.get("optional")
