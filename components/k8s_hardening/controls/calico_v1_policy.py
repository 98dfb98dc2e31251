"""Calico resources of the calicoctl v1 form must not stand in a stack: nothing applies them.

Calico up to 2.x read `apiVersion: v1, kind: policy` from calicoctl into its own etcd. It looks like a Kubernetes
object and is none: the core group has no such kind, and Calico 3 reads projectcalico.org/v3 only. The policy is
missing in silence. Restricted: apiVersion v1 with the kinds policy, profile, hostEndpoint and ipPool, in any case.
Source: Calico documentation v2.6, calicoctl resources, Policy Resource (the lowest order is applied first).
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.kube.manifest import Manifest, as_str, kind_of
from k8s_hardening.model.knowledge import Knowledge

_ORDER = "there the policy with the lower order decides first"
_INSTEAD = {
    "policy": "write a NetworkPolicy of networking.k8s.io/v1, or where an order is needed a NetworkPolicy or "
    f"GlobalNetworkPolicy of projectcalico.org/v3; {_ORDER}",
    "profile": "write a NetworkPolicy of networking.k8s.io/v1; Calico 3 makes the profile of a namespace itself",
    "hostendpoint": "write a HostEndpoint of projectcalico.org/v3",
    "ippool": "write an IPPool of projectcalico.org/v3",
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The kind of a calicoctl v1 resource."""
    kind = kind_of(manifest).lower()
    if kind in _INSTEAD and as_str(manifest.get("apiVersion")) == "v1":
        yield Finding("kind", f'"{kind}" of the calicoctl v1 form, which Kubernetes does not know', _INSTEAD[kind])


CONTROL = Control(
    id="calico-v1-policy",
    requirement="Network policies must be written in a form that the cluster applies.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("Calico: converting data from v1 to v3",),
    check=check,
)
