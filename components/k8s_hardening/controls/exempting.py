"""Whether an exemption covers a finding."""

from __future__ import annotations

from k8s_hardening.controls.control import Control, Finding
from k8s_hardening.kube.manifest import Manifest, api_group_of, kind_of, name_of, namespace_of
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowledge import Knowledge


def is_exempt(control: Control, manifest: Manifest, finding: Finding, knowledge: Knowledge) -> bool:
    """Whether a living exemption of the control covers the object and, where it names one, the container."""
    return any(
        exemption.control == control.id
        and is_alive(exemption, knowledge)
        and covers(exemption, manifest)
        and covers_container(exemption, manifest, finding)
        for exemption in knowledge.exemptions
    )


def is_alive(exemption: Exemption, knowledge: Knowledge) -> bool:
    """Whether the exemption holds on the day of the verdict; it always does where that day is not known."""
    return knowledge.today is None or knowledge.today <= exemption.expires


def covers(exemption: Exemption, manifest: Manifest) -> bool:
    """Whether the exemption names the object, whichever of its containers."""
    kind = kind_of(manifest)
    # A Namespace is its own namespace; a custom resource may be called so too and stands where it says.
    is_namespace = kind == "Namespace" and not api_group_of(manifest)
    namespace = name_of(manifest) if is_namespace else namespace_of(manifest)
    return (
        exemption.namespace in (None, namespace)
        and exemption.kind in (None, kind)
        and exemption.name in (None, name_of(manifest))
    )


def covers_container(exemption: Exemption, manifest: Manifest, finding: Finding) -> bool:
    """Whether the finding is about the container that the exemption names, if it names one."""
    return exemption.container is None or exemption.container == _container_name(manifest, finding)


def _container_name(manifest: Manifest, finding: Finding) -> str | None:
    for pod in pods_of(manifest):
        for container in pod.containers():
            if finding.path == container.path or finding.path.startswith(f"{container.path}."):
                name = container.spec.get("name")
                return name if isinstance(name, str) else None
    return None
