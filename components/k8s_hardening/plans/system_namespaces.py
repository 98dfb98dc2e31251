"""Closed namespaces of no tenant: what the parts of the system in them need, so that closing breaks nothing.

Pods on the host network (kube-proxy, most network plug-ins, static pods) are their node to a NetworkPolicy: none
selects them, and a peer that means them is a network.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.ends import EndSpec
from k8s_hardening.model.network import (
    API_SERVER,
    DNS_UPSTREAMS,
    NODES,
    Called,
    DenyAllInputs,
    FlowSpec,
    SystemNamespaceSpec,
)
from k8s_hardening.plans.neighbours import Neighbour, flows_of_others, named_ends, named_tenants

# Where kubelets serve metrics: k8s.io/kubernetes v1.37.2 pkg/cluster/ports/ports.go (KubeletPort).
_KUBELET = ("TCP/10250",)


def system_inputs(baseline: Baseline, spec: SystemNamespaceSpec) -> DenyAllInputs:
    """A system namespace with what it must know of its environment."""
    others = flows_of_others(baseline, Neighbour.of_system_namespace(spec))
    flows = (*_needs(spec), *spec.flows, *others)
    of_dns = (NODES, DNS_UPSTREAMS) if spec.name == baseline.dns.namespace else ()
    return DenyAllInputs(
        namespace=spec.name,
        kubernetes=baseline.kubernetes,
        dns=baseline.dns,
        flows=flows,
        tenants=named_tenants(baseline, flows),
        ends=named_ends(baseline, flows, of_dns),
        namespace_labels=baseline.network.namespace_labels,
    )


def _needs(spec: SystemNamespaceSpec) -> Iterator[FlowSpec]:
    """Flows that everything of the system needs; their names hold the namespace's, so that no other flow has them."""
    everything = EndSpec(namespace=spec.name)
    yield _flow(spec, "api-server", everything, EndSpec(end=API_SERVER))
    for number, called in enumerate(spec.called_by_api_server, start=1):
        pods = EndSpec(namespace=spec.name, pods=called.pods)
        yield _flow(spec, f"{called.what.value}-{number}", EndSpec(end=API_SERVER), pods, called.ports)
        if called.what is Called.METRICS:
            yield _flow(spec, f"kubelets-{number}", pods, EndSpec(end=NODES), _KUBELET)


def _flow(
    spec: SystemNamespaceSpec, name: str, source: EndSpec, destination: EndSpec, ports: tuple[str, ...] = ()
) -> FlowSpec:
    return FlowSpec(name=f"{spec.name}.{name}", source=source, destination=destination, ports=ports)
