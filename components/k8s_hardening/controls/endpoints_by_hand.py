"""Addresses of a Service must be those of its pods, and not be written by hand.

Restricted in a tenant's namespaces: the addresses of every Endpoints and EndpointSlice. Not allowed: any. The server's
own controllers write those of a Service with a selector; whoever writes them lets an Ingress, a load balancer or a
gateway, which policies of the other side admit, send to pods of other tenants or to the node's own services
(CVE-2021-25740). For the same reason rbac-escalation refuses the right to write them, and the API server's roles edit
and admin hold it no longer (k8s.io/kubernetes v1.37.2 plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go). There
is no fix: what the Service is for decides.
Source: k8s.io/api v0.37.2 core/v1/types.go (Endpoints), discovery/v1/types.go (EndpointSlice).
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.controls.shared.tenant_limits import shown, tenants_of_object
from k8s_hardening.kube.manifest import Manifest, api_group_of, kind_of
from k8s_hardening.model.knowledge import Knowledge

_FIELDS = {("", "Endpoints"): "subsets", ("discovery.k8s.io", "EndpointSlice"): "endpoints"}
_FIX = (
    "give the Service a selector of pods, or call what is outside of the cluster by its own name, with a flow to its "
    "network"
)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The addresses, when there are any."""
    field = _FIELDS.get((api_group_of(manifest), kind_of(manifest)))
    if field is None or not tenants_of_object(manifest, knowledge):
        return
    addresses = manifest.get(field)
    if addresses not in (None, []):
        yield finding(field, shown(addresses, manifest), _FIX)


CONTROL = Control(
    id="endpoints-by-hand",
    requirement="Addresses of a tenant's Services must be those of their pods, and not be written by hand.",
    severity=Severity.HIGH,
    chapter="network",
    references=("CVE-2021-25740",),
    check=check,
)
