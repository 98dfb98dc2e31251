"""Pod Security Admission: the labels of a namespace."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.shared.admitted_levels import admitted_level
from k8s_hardening.kube.pod_security import PREFIX, judges
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.namespaces import PodSecurityLevel


def pod_security_labels(level: str, version: KubeVersion, *, gate: bool = False) -> dict[str, str]:
    """Labels that enforce a level and warn about the strictest, pinned to the cluster's own version.

    A policy that follows the server (`latest`, or no version) would weaken with an upgrade to 1.35. Without Pod
    Security Admission there are no labels, since they would say what nothing holds; `gate` is for 1.22, which needs it.
    """
    if not judges(version, gate=gate):
        return {}
    labels = {}
    for mode, shown in (
        ("enforce", str(level)),
        ("audit", PodSecurityLevel.RESTRICTED.value),
        ("warn", PodSecurityLevel.RESTRICTED.value),
    ):
        labels[f"{PREFIX}/{mode}"] = shown
        labels[f"{PREFIX}/{mode}-version"] = f"v{version}"
    return labels


_LEFT_OPEN = {
    "baseline": "asks no pod there for what only restricted asks",
    "privileged": "refuses no pod there: whoever may create one in it owns the node",
}


def weaker_label_advice(namespace: str, wanted: str, knowledge: Knowledge) -> Iterator[str]:
    """What the server lets through in a namespace whose label had to give way to what is exempt there."""
    admitted = admitted_level(wanted, namespace, knowledge)
    if not admitted.because:
        return
    exempt = "; ".join(f"{one.control}, until {one.expires}, {one.owner}" for one in admitted.because)
    apart = ", and give the exempt workload a namespace of its own" if admitted.level == "privileged" else ""
    yield (
        f"Namespace {namespace} enforces {admitted.level} instead of {wanted}, since a label knows no exceptions and "
        f"must admit what is exempt ({exempt}). The API server {_LEFT_OPEN[admitted.level]}; it audits and warns about "
        f"restricted. The policy pack still holds every other pod to {wanted}: let nobody create pods there past it"
        f"{apart}."
    )
