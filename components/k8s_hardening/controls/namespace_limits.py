"""Every namespace must bound what its pods may take of the cluster.

Judged over a whole stack: for each of its Namespaces, system ones excepted, the stack must hold ResourceQuotas that
bound pods, limits.cpu and limits.memory (which bound the requests too, since no request exceeds its limit), and a
LimitRange that gives each container a limit for both: its default, or its max, which the server takes for a missing
default (k8s.io/kubernetes v1.37.2 pkg/apis/core/v1/defaults.go). A limit of zero
is none: the node sets no bound for it (the same, pkg/kubelet/cm/helpers_linux.go). A quota with scopes bounds only
some pods and does not count, and of several objects with one name each must do its part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.stack_namespaces import agreed, by_namespace, inside, lacking, user_namespaces
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map
from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.model.knowledge import Knowledge

# What must be bounded -> the names under which a quota may bound it.
_BOUNDS = {"pods": ("pods", "count/pods"), "limits.cpu": ("limits.cpu",), "limits.memory": ("limits.memory",)}
_DEFAULTS = ("cpu", "memory")


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each namespace of the stack without quota, and each without limits for its containers."""
    quotas = by_namespace(manifests, "", "ResourceQuota")
    ranges = by_namespace(manifests, "", "LimitRange")
    for index, name in user_namespaces(manifests):
        bounded = agreed(inside(quotas, name), _bounded)
        missing = [what for what, names in _BOUNDS.items() if bounded.isdisjoint(names)]
        if missing:
            fix = "add a ResourceQuota without scopes that bounds them"
            yield index, lacking(name, f"without a quota for {', '.join(missing)}", fix)
        limited = agreed(inside(ranges, name), _limited)
        missing = [resource for resource in _DEFAULTS if resource not in limited]
        if missing:
            fix = "add a LimitRange with defaults for containers"
            yield index, lacking(name, f"without a default limit for {' and '.join(missing)}", fix)


def _bounded(quota: Manifest) -> Iterator[str]:
    spec = as_map(quota.get("spec"))
    if as_list(spec.get("scopes")) or spec.get("scopeSelector") is not None:
        return
    for resource, amount in as_map(spec.get("hard")).items():
        if _amount(amount) is not None:
            yield resource


def _limited(limit_range: Manifest) -> Iterator[str]:
    for item in as_list(as_map(limit_range.get("spec")).get("limits")):
        if as_map(item).get("type") == "Container":
            for field in ("default", "max"):
                for resource, amount in as_map(as_map(item).get(field)).items():
                    if (_amount(amount) or 0) > 0:
                        yield resource


def _amount(quantity: object) -> Decimal | None:
    if quantity is UNKNOWN:
        return None
    try:
        return parse_quantity(quantity)
    except ValueError:
        return None


CONTROL = Control(
    id="namespace-limits",
    requirement="Every namespace must have a quota and default limits.",
    severity=Severity.MEDIUM,
    chapter="namespace",
    profile=Profile.FULL,
    references=("Kubernetes: Multi-tenancy, Quotas",),
    check_stack=check_stack,
)
