"""The objects of a stack that an exemption is about, and where to report something about the exemption itself."""

from __future__ import annotations

from collections.abc import Sequence

from k8s_hardening.controls.control import Control, Finding
from k8s_hardening.controls.exempting import covers
from k8s_hardening.kube.manifest import Manifest, api_group_of, kind_of, name_of, namespace_of
from k8s_hardening.model.exemption import Exemption


def covered(exemption: Exemption, control: Control, manifests: Sequence[Manifest]) -> list[int]:
    """Indexes of the objects that the exemption covers and in which its control could find anything."""
    return [
        index
        for index, manifest in enumerate(manifests)
        if covers(exemption, manifest) and (control.concerns is None or control.concerns(manifest))
    ]


def home(exemption: Exemption, manifests: Sequence[Manifest]) -> list[int]:
    """Indexes of the Namespace that the exemption names, where the stack holds it."""
    return [
        index
        for index, manifest in enumerate(manifests)
        if kind_of(manifest) == "Namespace"
        and not api_group_of(manifest)
        and exemption.namespace == name_of(manifest) != ""
    ]


def first(places: Sequence[int], manifests: Sequence[Manifest]) -> int:
    """The same object of some, in whatever order the stack holds them."""

    def rank(index: int) -> tuple[str, str, str]:
        return kind_of(manifests[index]), namespace_of(manifests[index]), name_of(manifests[index])

    return min(places, key=rank)


def about(exemption: Exemption, what: str, fix: str) -> Finding:
    """A finding about an exemption: no field of an object is to blame."""
    place = "/".join(part for part in (exemption.namespace, exemption.kind, exemption.name) if part)
    container = f", container {exemption.container}" if exemption.container else ""
    return Finding("(exemption)", f"of {exemption.control} for {place}{container}, {what}", fix)
