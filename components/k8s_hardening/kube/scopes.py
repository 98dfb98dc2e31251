"""Which built-in kinds live in a namespace.

Source: k8s.io/api v0.18.19 to v0.37.2, every type with a generated client and no marker genclient:nonNamespaced.
Left out are requests that the server answers and never keeps (LocalSubjectAccessReview, Eviction of policy).
"""

from __future__ import annotations

NAMESPACED: dict[str, frozenset[str]] = {
    "": frozenset({
        "ConfigMap", "Endpoints", "Event", "LimitRange", "PersistentVolumeClaim", "Pod", "PodTemplate",
        "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount",
    }),
    "apps": frozenset({"ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}),
    "autoscaling": frozenset({"HorizontalPodAutoscaler"}),
    "batch": frozenset({"CronJob", "Job"}),
    "certificates.k8s.io": frozenset({"PodCertificateRequest"}),
    "coordination.k8s.io": frozenset({"Lease", "LeaseCandidate"}),
    "discovery.k8s.io": frozenset({"EndpointSlice"}),
    "events.k8s.io": frozenset({"Event"}),
    "extensions": frozenset({"DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet"}),
    "lifecycle.k8s.io": frozenset({"Eviction", "EvictionRequest"}),
    "networking.k8s.io": frozenset({"Ingress", "NetworkPolicy"}),
    "policy": frozenset({"PodDisruptionBudget"}),
    "rbac.authorization.k8s.io": frozenset({"Role", "RoleBinding"}),
    "resource.k8s.io": frozenset({
        "PodScheduling", "PodSchedulingContext", "ResourceClaim", "ResourceClaimParameters", "ResourceClaimTemplate",
        "ResourceClassParameters",
    }),
    "scheduling.k8s.io": frozenset({"CompositePodGroup", "PodGroup", "Workload"}),
    "settings.k8s.io": frozenset({"PodPreset"}),
    "storage.k8s.io": frozenset({"CSIStorageCapacity"}),
}  # fmt: skip
"""API group -> its kinds that live in a namespace."""


def is_namespaced(group: str, kind: str) -> bool:
    """Whether a built-in kind lives in a namespace; False for cluster-scoped kinds and for those of others."""
    return kind in NAMESPACED.get(group, ())
