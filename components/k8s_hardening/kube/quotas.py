"""What ResourceQuotas and LimitRanges can hold, and what the API server does with it.

Sources, read in k8s.io/kubernetes v1.24.17 and v1.37.2: pkg/apis/core/helper/helpers.go (names and scopes),
pkg/apis/core/validation/validation.go (ValidateResourceQuotaSpec, ValidateLimitRange), pkg/quota/v1/evaluator/core
(pods.go, persistent_volume_claims.go), plugin/pkg/admission/limitranger/admission.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from k8s_hardening.kube.names import is_dns1123_subdomain, is_label_key
from k8s_hardening.kube.version import KubeVersion

COUNTS = frozenset({
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims", "configmaps",
    "services.nodeports", "services.loadbalancers",
})  # fmt: skip
"""Standard names that count objects, so that their amounts are whole."""
_STANDARD = COUNTS | {
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
    "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
}  # fmt: skip
_SHORT = {"cpu": "requests.cpu", "memory": "requests.memory", "ephemeral-storage": "requests.ephemeral-storage"}
_HUGE_PAGES = ("hugepages-", "requests.hugepages-")
_RESOURCE = re.compile(r"[a-z][a-z0-9]*")

_OF_CONTAINERS = frozenset({"cpu", "memory", "ephemeral-storage"})
COUNTED_WHERE_SAID = "ephemeral-storage"
"""A container that names no amount of it may use any, and a quota counts none: unlike cpu and memory, which a quota
demands of every container (validationSet in pods.go), and unlike what nobody gets without asking (hugepages, devices).
"""

TERMINATING, NOT_TERMINATING = "Terminating", "NotTerminating"
BEST_EFFORT, NOT_BEST_EFFORT = "BestEffort", "NotBestEffort"
PRIORITY_CLASS = "PriorityClass"
CROSS_NAMESPACE = "CrossNamespacePodAffinity"
VOLUME_ATTRIBUTES_CLASS = "VolumeAttributesClass"
SCOPES_SINCE = {CROSS_NAMESPACE: KubeVersion(1, 22), VOLUME_ATTRIBUTES_CLASS: KubeVersion(1, 34)}
"""First version that takes a scope without a feature gate; the others are as old as scopes (pkg/features/
kube_features.go v1.22.17 PodAffinityNamespaceSelector, v1.34.4 VolumeAttributesClass; helpers.go)."""
EXCLUSIVE = ((BEST_EFFORT, NOT_BEST_EFFORT), (TERMINATING, NOT_TERMINATING))
_OF_PODS = frozenset({"pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
_ALLOWED = {
    BEST_EFFORT: frozenset({"pods"}),
    VOLUME_ATTRIBUTES_CLASS: frozenset({"persistentvolumeclaims", "requests.storage"}),
}

SYSTEM_PRIORITY_PREFIX = "system-"
"""How names of classes begin that the server makes itself, and no others (pkg/apis/scheduling/types.go and
validation/validation.go v1.37.2)."""


def is_quota_resource(name: str) -> bool:
    """Whether a ResourceQuota can limit it: of other names only qualified ones count, as count/jobs.batch."""
    return name in _STANDARD or name.startswith(_HUGE_PAGES) or ("/" in name and is_label_key(name))


def is_container_resource(name: str) -> bool:
    """Whether a container can ask for it: devices have qualified names."""
    return name in _OF_CONTAINERS or name.startswith("hugepages-") or ("/" in name and is_label_key(name))


def is_overcommitted(name: str) -> bool:
    """Whether a limit may be above the request; of hugepages and devices both are the same."""
    return name in _OF_CONTAINERS


def is_count(name: str) -> bool:
    """Whether the amount is a number of objects."""
    return name in COUNTS or name.startswith("count/")


def is_countable(resource: str) -> bool:
    """Whether a text is a plural name of a resource with its API group, if any: configmaps or jobs.batch."""
    name, dot, group = resource.partition(".")
    return _RESOURCE.fullmatch(name) is not None and (not dot or is_dns1123_subdomain(group))


def scope_holds(scope: str, resource: str) -> bool:
    """Whether the server takes a resource in a quota with a scope; of others than standard ones it takes any, in vain.

    Those are refused here, too: the evaluators of all other resources match no scope, and so count nothing.
    """
    return resource in _ALLOWED.get(scope, _OF_PODS)


def resources_of_scope(scope: str) -> tuple[str, ...]:
    """The resources that a quota with a scope may hold, sorted."""
    return tuple(sorted(_ALLOWED.get(scope, _OF_PODS)))


def by_long_name(hard: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Hard limits with the requests by their long names; where both names stand, the lower amount holds."""
    found: dict[str, Decimal] = {}
    for name, amount in hard.items():
        long = _SHORT.get(name, name)
        found[long] = min(amount, found.get(long, amount))
    return found
