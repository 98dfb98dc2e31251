"""Fields of a pod spec that are safe when they are absent or false."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import Pod, pods_of


def switched_on(manifest: Manifest, fields: Sequence[str]) -> Iterator[Finding]:
    """Each of the fields that is anything but false, of each pod."""
    for pod, field in _on(manifest, fields):
        yield finding(f"{pod.path}.{field}", pod.spec.get(field), "remove it or set it to false")


def switch_off(manifest: Manifest, fields: Sequence[str]) -> None:
    """Remove those fields."""
    for pod, field in list(_on(manifest, fields)):
        pod.spec.pop(field, None)


def _on(manifest: Manifest, fields: Sequence[str]) -> Iterator[tuple[Pod, str]]:
    for pod in pods_of(manifest):
        for field in fields:
            if pod.spec.get(field) is not None and pod.spec.get(field) is not False:
                yield pod, field
