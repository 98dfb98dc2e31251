"""A tenant's pods must name no priority class but those that the environment gives the tenant.

Restricted field, of pods in a tenant's namespaces: spec.priorityClassName. Allowed: the tenant's
`priority_classes`. Absent means: the class that the cluster has as its
default, which the server writes into the pod, or none.
There is no fix: how important a pod is to everybody, only the platform knows. Pods of a higher class push out others,
those of other tenants, too; the classes of the system (system-...) are nobody's.
Source: k8s.io/kubernetes v1.37.2 plugin/pkg/admission/priority/admission.go, pkg/scheduler/framework/preemption.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.tenant_limits import pod_field_findings, pod_field_rules
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

FIELD = "priorityClassName"


def _classes(tenant: TenantFacts) -> tuple[str, ...]:
    return tenant.priority_classes


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each pod with another class."""
    yield from pod_field_findings(manifest, knowledge, FIELD, _classes)


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server."""
    return pod_field_rules(knowledge, FIELD, _classes)


CONTROL = Control(
    id="priority-classes",
    requirement="A tenant's pods must name only priority classes that the environment gives the tenant.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.FULL,
    references=("Kubernetes: Pod Priority and Preemption",),
    check=check,
    concerns=carries_pods,
    admission=admission,
)
