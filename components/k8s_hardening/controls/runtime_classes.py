"""A tenant's pods must name no runtime class but those that the environment gives the tenant.

Restricted field, of pods in a tenant's namespaces: spec.runtimeClassName. Allowed: the tenant's
`runtime_classes`. Absent means: the usual runtime of the node.
There is no fix: which runtime suits the pod, only its owner knows. A class may bring its own nodes, tolerations and
overhead, and may isolate less than the usual one.
Source: k8s.io/kubernetes v1.37.2 plugin/pkg/admission/runtimeclass/admission.go; k8s.io/api v0.37.2 node/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.tenant_limits import pod_field_findings, pod_field_rules
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

FIELD = "runtimeClassName"


def _classes(tenant: TenantFacts) -> tuple[str, ...]:
    return tenant.runtime_classes


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each pod with another class."""
    yield from pod_field_findings(manifest, knowledge, FIELD, _classes)


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server."""
    return pod_field_rules(knowledge, FIELD, _classes)


CONTROL = Control(
    id="runtime-classes",
    requirement="A tenant's pods must name only runtime classes that the environment gives the tenant.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.FULL,
    references=("Kubernetes: Runtime Class",),
    check=check,
    concerns=carries_pods,
    admission=admission,
)
