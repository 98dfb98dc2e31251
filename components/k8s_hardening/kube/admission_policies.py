"""ValidatingAdmissionPolicies: which API serves them in which version, and where the kinds keep what rules look at.

Sources: k8s.io/api v0.26.15 to v0.37.2, admissionregistration (types.go of v1alpha1, v1beta1 and v1);
k8s.io/kubernetes v1.37.2 pkg/controller (the names of the controllers' service accounts).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from k8s_hardening.kube.version import KubeVersion

KIND, BINDING_KIND = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
SINCE = KubeVersion(1, 26)
STABLE_SINCE = KubeVersion(1, 30)
"""From here on the server takes policies by itself; before, a feature gate and runtime-config switch that on."""
ACTIONS_SINCE = KubeVersion(1, 27)
"""Before, a binding can only deny, and a policy has no match conditions."""
VARIABLES_SINCE = KubeVersion(1, 28)
FROM_FILES_SINCE = KubeVersion(1, 37)
"""From here on the API server reads policies from a folder of its host, active from its start on."""
FILE_SUFFIX = ".static.k8s.io"
"""Ends the name of a policy in a file; the API takes no object of such a name (k8s.io/apiserver v0.37.2
pkg/admission/plugin/manifest/validation.go)."""
IMAGE_VOLUMES_SINCE = KubeVersion(1, 31)
"""Before, no pod has a field `volumes[*].image`, and an expression with it would not fit the type."""


def policy_api(version: KubeVersion) -> str | None:
    """The API version of policies and bindings; None where there is none."""
    if version < SINCE:
        return None
    if version >= STABLE_SINCE:
        return "admissionregistration.k8s.io/v1"
    return f"admissionregistration.k8s.io/{'v1beta1' if version >= VARIABLES_SINCE else 'v1alpha1'}"


@dataclass(frozen=True, slots=True)
class Resources:
    """Resources of one API group and version, as rules match them."""

    group: str
    version: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Kinds that keep what a rule looks at in the same place, so that one typed expression fits them all.

    A policy for pods in every kind at once would have to leave the types aside, and the server could not check it.
    """

    name: str
    """Ends the name of the policy."""
    resources: tuple[Resources, ...]
    kinds: frozenset[str]
    judged: str
    """What is looked at, as an expression on `object`; an update that leaves it as it was is let through, so that
    objects from before the policy can still be scaled, finalized and deleted."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What expressions may call `variables.<name>`."""
    operations: tuple[str, ...] = ("CREATE", "UPDATE")


def _pods_in(name: str, kinds: dict[str, Resources], holder: str) -> Target:
    path = f"object{holder}"
    return Target(
        name=name,
        resources=tuple(dict.fromkeys(kinds.values())),
        kinds=frozenset(kinds),
        judged=path if holder else "object.spec",
        variables={
            "pod": f"{path}.spec",
            "annotations": (
                f"has({path}.metadata) && has({path}.metadata.annotations) ? {path}.metadata.annotations : {{}}"
            ),
        },
    )


_PODS = Resources("", "v1", ("pods", "pods/ephemeralcontainers"))
_APPS = Resources("apps", "v1", ("daemonsets", "deployments", "replicasets", "statefulsets"))

POD_TARGETS = (
    _pods_in("pods", {"Pod": _PODS}, ""),
    _pods_in(
        "workloads",
        {
            "DaemonSet": _APPS,
            "Deployment": _APPS,
            "ReplicaSet": _APPS,
            "StatefulSet": _APPS,
            "Job": Resources("batch", "v1", ("jobs",)),
            "ReplicationController": Resources("", "v1", ("replicationcontrollers",)),
        },
        ".spec.template",
    ),
    _pods_in("cronjobs", {"CronJob": Resources("batch", "v1", ("cronjobs",))}, ".spec.jobTemplate.spec.template"),
    _pods_in("podtemplates", {"PodTemplate": Resources("", "v1", ("podtemplates",))}, ".template"),
)
"""Every built-in kind that carries a pod."""

SERVICES = Target("services", (Resources("", "v1", ("services",)),), frozenset({"Service"}), "object.spec")
CLAIMS = Target(
    "claims",
    (Resources("", "v1", ("persistentvolumeclaims",)),),
    frozenset({"PersistentVolumeClaim"}),
    "object.spec",
    operations=("CREATE",),
)
CLAIM_TEMPLATES = Target(
    "claim-templates",
    (Resources("apps", "v1", ("statefulsets",)),),
    frozenset({"StatefulSet"}),
    "object.spec.volumeClaimTemplates",
    operations=("CREATE",),
)
"""Neither a claim nor a template of one changes its class once it is there (validation.go of core and apps)."""
INGRESSES = Target(
    "ingresses", (Resources("networking.k8s.io", "v1", ("ingresses",)),), frozenset({"Ingress"}), "object.spec"
)
_NAMESPACES = (Resources("", "v1", ("namespaces",)),)
NEW_NAMESPACES = Target("new", _NAMESPACES, frozenset({"Namespace"}), "object.metadata.labels", operations=("CREATE",))
CHANGED_NAMESPACES = Target("changed", _NAMESPACES, frozenset({"Namespace"}), "object.metadata", operations=("UPDATE",))
_BINDINGS = (Resources("rbac.authorization.k8s.io", "v1", ("rolebindings",)),)
_BINDING = frozenset({"RoleBinding"})
NEW_BINDINGS = Target("new", _BINDINGS, _BINDING, "object", operations=("CREATE",))
CHANGED_BINDINGS = Target("changed", _BINDINGS, _BINDING, "object", operations=("UPDATE",))
GONE_BINDINGS = Target("gone", _BINDINGS, _BINDING, "oldObject", operations=("DELETE",))

# Who makes an object from another: kind that is made -> kind it stems from -> the controller's service account. A pod
# of a Deployment is made by the controller of its ReplicaSet.
MAKERS: dict[str, dict[str, str]] = {
    "Pod": {
        "DaemonSet": "daemon-set-controller",
        "Deployment": "replicaset-controller",
        "ReplicaSet": "replicaset-controller",
        "StatefulSet": "statefulset-controller",
        "Job": "job-controller",
        "CronJob": "job-controller",
        "ReplicationController": "replication-controller",
    },
    "ReplicaSet": {"Deployment": "deployment-controller"},
    "Job": {"CronJob": "cronjob-controller"},
}
ALL_CONTROLLERS = "system:kube-controller-manager"
"""Who all controllers are where they share one identity (no --use-service-account-credentials)."""
