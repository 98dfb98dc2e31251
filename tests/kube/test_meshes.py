"""What switches the injection of a mesh on."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.meshes import MESHES


@pytest.mark.parametrize(
    ("mesh", "where", "key", "on", "off"),
    [
        ("istio", "namespace_labels", "istio-injection", ("enabled",), ("disabled", "")),
        ("istio", "namespace_labels", "istio.io/rev", ("canary",), ("",)),
        ("istio", "pod_labels", "sidecar.istio.io/inject", ("true", "yes"), ("false", "")),
        ("istio", "pod_labels", "istio.io/rev", ("canary",), ("",)),
        ("istio", "pod_annotations", "sidecar.istio.io/inject", ("true", "on"), ("false", "")),
        ("linkerd", "namespace_annotations", "linkerd.io/inject", ("enabled", "ingress"), ("disabled", "")),
        ("linkerd", "pod_annotations", "linkerd.io/inject", ("enabled", "ingress"), ("disabled", "")),
    ],
)
def test_what_switches_a_mesh_on(mesh: str, where: str, key: str, on: tuple[str, ...], off: tuple[str, ...]) -> None:
    is_on = getattr(MESHES[mesh], where)[key]
    assert all(map(is_on, on))
    assert not any(map(is_on, off))


def test_ambient_mode_injects_nothing() -> None:
    keys = {key for mesh in MESHES.values() for key in (*mesh.namespace_labels, *mesh.pod_labels)}
    assert "istio.io/dataplane-mode" not in keys
