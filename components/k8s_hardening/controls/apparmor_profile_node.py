"""A pod with an AppArmor profile of the environment must ask for nodes that have it loaded.

Required, where a loader labels the nodes: for each profile that a container gets, the profile's label with the value
"loaded" in spec.nodeSelector, or `In: [loaded]` in every term of spec.affinity.nodeAffinity.required...; terms are
alternatives, so one without it is a way past all others, and an empty one matches no node. The scheduler knows nothing
of profiles: without this a pod may land where its profile is not loaded (yet), and never starts there.

The fix writes nodeSelector, never affinity: it is ANDed with whatever else is asked for, and it stays what it is where
the controller of a DaemonSet replaces the terms of the affinity by the node's name. The server gets no rule, since a
pod without its profile does not run at all.
Sources: k8s.io/component-helpers v0.37.2 scheduling/corev1/nodeaffinity/nodeaffinity.go (GetRequiredNodeAffinity,
isEmptyNodeSelectorTerm); k8s.io/kubernetes v1.37.2 pkg/controller/daemon/util/daemonset_util.go
(ReplaceDaemonSetPodNodeNameNodeAffinity).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.controls.shared.relaxations import linux_pods_of
from k8s_hardening.kube.apparmor import LOADED, node_label, profile_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, ensure_map, is_changeable, key_path
from k8s_hardening.kube.pods import Pod, carries_pods
from k8s_hardening.model.knowledge import Knowledge

_SELECTOR = "nodeSelector"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each label of a profile that the pod does not ask for."""
    if not knowledge.apparmor_labelled or knowledge.apparmor_profiles is None:
        return
    for pod in linux_pods_of(manifest):
        for label in _labels_not_asked_for(pod, knowledge):
            value = as_map(pod.spec.get(_SELECTOR)).get(label)
            path = key_path(f"{pod.path}.{_SELECTOR}", label)
            yield finding(path, value, f"set it to {LOADED}, so that the pod goes where its profile is")
        if any(map(_is_undecided, _profiles(pod, knowledge))):
            yield finding(f"{pod.path}.{_SELECTOR}", UNKNOWN, "give the profiles of the containers plain values")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Ask for the labels; a selector that is known only at apply is left to its owner."""
    if not knowledge.apparmor_labelled or knowledge.apparmor_profiles is None:
        return
    for pod in linux_pods_of(manifest):
        labels = _labels_not_asked_for(pod, knowledge)
        if labels and is_changeable(pod.spec) and pod.spec.get(_SELECTOR) is not UNKNOWN:
            ensure_map(pod.spec, _SELECTOR).update(dict.fromkeys(labels, LOADED))


def _profiles(pod: Pod, knowledge: Knowledge) -> list[dict[str, Any]]:
    return [as_map(profile_of(container, pod, knowledge.kubernetes)) for container in pod.containers()]


def _is_undecided(profile: dict[str, Any]) -> bool:
    kind = profile.get("type")
    return kind is UNKNOWN or (kind == "Localhost" and profile.get("localhostProfile") is UNKNOWN)


def _labels_not_asked_for(pod: Pod, knowledge: Knowledge) -> list[str]:
    names = [one.get("localhostProfile") for one in _profiles(pod, knowledge) if one.get("type") == "Localhost"]
    used = {name for name in (knowledge.apparmor_profiles or {}).values() if name in names}
    return [label for label in map(node_label, sorted(used)) if not _asks_for(pod.spec, label)]


def _asks_for(spec: dict[str, Any], label: str) -> bool:
    if as_map(spec.get(_SELECTOR)).get(label) == LOADED:
        return True
    required = as_map(as_map(as_map(spec.get("affinity")).get("nodeAffinity")).get(_REQUIRED))
    terms = [term for term in as_list(required.get("nodeSelectorTerms")) if not _matches_nothing(term)]
    return bool(terms) and all(_demands(as_map(term), label) for term in terms)


def _matches_nothing(term: Any) -> bool:
    return isinstance(term, dict) and all(term.get(key) in (None, []) for key in ("matchExpressions", "matchFields"))


def _demands(term: dict[str, Any], label: str) -> bool:
    expressions = map(as_map, as_list(term.get("matchExpressions")))
    return any(
        one.get("key") == label and one.get("operator") == "In" and one.get("values") == [LOADED] for one in expressions
    )


CONTROL = Control(
    id="apparmor-profile-node",
    requirement="A pod with an AppArmor profile must ask for nodes that have the profile loaded.",
    severity=Severity.MEDIUM,
    chapter="workload",
    references=("Kubernetes: Assigning Pods to Nodes",),
    check=check,
    concerns=carries_pods,
    harden=harden,
)
