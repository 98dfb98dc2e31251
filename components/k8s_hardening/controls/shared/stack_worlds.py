"""The objects of a stack as their NetworkPolicies see them, for the controls over a whole stack."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.network_policies import is_network_policy
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.kube.reach import Pods, World
from k8s_hardening.kube.reach.ends import class_of
from k8s_hardening.model.knowledge import Knowledge


def world_of(manifests: Sequence[Manifest], knowledge: Knowledge) -> World | None:
    """What a stack holds; None where it has no NetworkPolicy, so that most stacks cost nothing."""
    if not any(map(is_network_policy, manifests)):
        return None
    return World.of(manifests, knowledge.kubernetes)


def places_of_pods(manifests: Sequence[Manifest], wanted: Collection[Pods]) -> Iterator[tuple[int, str, Pods]]:
    """Each object that carries pods of some classes, with the path of the pod's labels."""
    if not wanted:
        return
    for index, manifest in enumerate(manifests):
        for pod in pods_of(manifest):
            if not pod.is_fragment and (found := class_of(manifest, pod)) in wanted:
                yield index, f"{pod.metadata_path}.labels", found
