"""What network policies cannot do, or what to look at before they apply."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.networks import parse_network
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.network import NODES
from k8s_hardening.plans.neighbours import neighbours


def network_advice(baseline: Baseline) -> Iterator[str]:
    """One sentence for each closed system namespace, and for each flow that leaves out addresses of nodes."""
    for spec in sorted(baseline.network.system_namespaces, key=lambda one: one.name):
        yield (
            f"{spec.name} is closed: its pods that are not on the host network reach DNS, the API server and what its "
            f"flows name, and nothing else. Compare that with what runs there before you apply: kubectl --namespace "
            f"{spec.name} get pods --output custom-columns=NAME:.metadata.name,HOST:.spec.hostNetwork"
        )
    for declared_by, flow, left_out in sorted(_without_nodes(baseline)):
        yield (
            f"{declared_by}/{flow} leaves out {left_out}, where nodes are, and a NetworkPolicy cannot deny them: a pod "
            "always reaches its own node, and another policy that allows the address wins. Only a cluster-wide policy "
            "of the network plug-in can."
        )


def _without_nodes(baseline: Baseline) -> Iterator[tuple[str, str, str]]:
    end = baseline.network.ends.get(NODES)
    nodes = [parse_network(cidr) for cidr in end.cidrs] if end is not None else []
    for neighbour in neighbours(baseline):
        for flow in neighbour.flows:
            for text in flow.destination.except_for:
                left_out = parse_network(text)
                if any(one.version == left_out.version and one.overlaps(left_out) for one in nodes):
                    yield neighbour.name, flow.name, text
