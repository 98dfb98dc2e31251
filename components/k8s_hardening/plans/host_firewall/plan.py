"""The files of the nodes' firewalls, and what their operator must know before one is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from k8s_hardening.kube.component_ports import CNI_PORTS
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.host_firewall import NodeRole
from k8s_hardening.plans.control_plane.paths import HARDENING
from k8s_hardening.plans.host_firewall.nftables import TABLE, table_text
from k8s_hardening.plans.host_firewall.rules import node_port_sources, roles_of, rules_of
from k8s_hardening.plans.host_firewall.talos import documents_text, is_expressible
from k8s_hardening.plans.plan import HostFile, Hosts

_FOLDER: Final = f"{HARDENING}/firewall"
_UNIT: Final = "k8s-hardening-firewall@.service"
UNIT_FILE: Final = f"/etc/systemd/system/{_UNIT}"
"""A template: what stands behind the @ is the node's role."""
_NFT: Final = "/usr/sbin/nft"
_HOSTS = {
    NodeRole.CONTROL_PLANE: Hosts.CONTROL_PLANE,
    NodeRole.WORKER: Hosts.WORKERS,
    NodeRole.ETCD: Hosts.ETCD,
}
_KUBELET_UNITS = {
    Dialect.K3S: ("k3s.service", "k3s-agent.service"),
    Dialect.RKE2: ("rke2-server.service", "rke2-agent.service"),
}


def firewall_files(baseline: Baseline) -> tuple[HostFile, ...]:
    """One table for each role and the unit that loads it; nothing unless a firewall is declared."""
    if baseline.host_firewall is None:
        return ()
    if baseline.dialect is Dialect.TALOS:
        return tuple(
            HostFile(_talos_path(role), documents_text(rules_of(baseline, role)), _HOSTS[role])
            for role in roles_of(baseline)
        )
    tables = [HostFile(table_path(role), table_text(baseline, role), _HOSTS[role]) for role in roles_of(baseline)]
    return (*tables, HostFile(UNIT_FILE, _unit(baseline.dialect), Hosts.EVERY_HOST))


def table_path(role: NodeRole) -> str:
    """Where the table of a role lies."""
    return f"{_FOLDER}/{role}.nft"


def _talos_path(role: NodeRole) -> str:
    return f"{HARDENING}/talos/firewall-{role}.yaml"


def _unit(dialect: Dialect) -> str:
    """Loads the table before there is a network, and so before the kubelet.

    It comes after services that empty the whole ruleset as they start; the sandbox is that of Debian's nftables.service
    (nftables 1.0.6).
    """
    kubelets = " ".join(_KUBELET_UNITS.get(dialect, ("kubelet.service",)))
    load = f"{_NFT} -f {_FOLDER}/%i.nft"
    lines = (
        "[Unit]",
        "Description=Firewall of a Kubernetes node of role %i",
        "DefaultDependencies=no",
        "Wants=network-pre.target",
        "After=nftables.service",
        f"Before=network-pre.target {kubelets} shutdown.target",
        "Conflicts=shutdown.target",
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "StandardInput=null",
        "ProtectSystem=full",
        "ProtectHome=true",
        f"ExecStart={load}",
        f"ExecReload={load}",
        f"ExecStop={_NFT} delete table inet {TABLE}",
        "",
        "[Install]",
        "WantedBy=sysinit.target",
        "",
    )
    return "\n".join(lines)


def firewall_advice(baseline: Baseline) -> Iterator[str]:
    """What the operator must do and know, one sentence or two each; nothing unless a firewall is declared."""
    spec = baseline.host_firewall
    if spec is None:
        return
    facts = CNI_PORTS.get(baseline.cni.name)
    if baseline.dialect is Dialect.TALOS:
        yield from _talos_advice(baseline)
    else:
        admins = ", ".join(spec.admins)
        yield (
            "host_firewall LOCKS OUT whoever it does not name: SSH answers to "
            f"{admins} alone. Load it on one node first, with a way back that needs no network: "
            f"{_NFT} -c -f {_FOLDER}/ROLE.nft && systemd-run --on-active=5min {_NFT} delete table inet {TABLE} && "
            f"{_NFT} -f {_FOLDER}/ROLE.nft; log in anew, and stop the timer within five minutes."
        )
        yield (
            "host_firewall: on each node, with ROLE one of "
            f"{', '.join(roles_of(baseline))}: systemctl enable --now {_UNIT.replace('@', '@ROLE')}. Disable what "
            "empties the whole ruleset as it starts (nftables.service with flush ruleset, firewalld), which would take "
            "this table, kube-proxy's and the network plug-in's with it."
        )
    if baseline.dialect is Dialect.CLUSTER_API:
        yield (
            "host_firewall: machines of Cluster API are replaced and not changed, so bring the table of their role and "
            "the unit with their image, or as files of their KubeadmControlPlane and KubeadmConfigTemplate."
        )
    yield (
        "host_firewall guards what comes into a node. Traffic that it forwards is the network plug-in's affair, and "
        "so are host ports of pods, which a plug-in turns towards the pod."
    )
    # IPVS balances what is for an address of the node itself, so Services have theirs on a dummy interface there:
    # k8s.io/kubernetes v1.37.2 pkg/proxy/ipvs/proxier.go, kube-router 2.1.0 pkg/options/options.go (run-service-proxy).
    is_router = baseline.cni.name == "kube-router"
    switch = "run kube-router with --run-service-proxy=false" if is_router else "do not run kube-proxy in mode ipvs"
    yield (
        f"host_firewall: {switch}: with IPVS, traffic to Services comes into the node, and this table would drop that "
        "of pods."
    )
    if not node_port_sources(spec):
        yield "host_firewall: nobody reaches node ports, since node_ports.sources and load_balancers name no network."
    if facts is not None and facts.skips_netfilter:
        yield (
            f"host_firewall: where {baseline.cni.name} replaces kube-proxy, it serves node ports before netfilter sees "
            "the packet, so this table does not guard them; its own host firewall and loadBalancerSourceRanges can."
        )
    if facts is None:
        yield (
            f"host_firewall: no source for what {baseline.cni.name} exchanges between nodes was read, so nothing is "
            "opened for it; name it under open, or pods of different nodes may not reach each other."
        )
    if not spec.kubelet_clients:
        yield (
            "host_firewall: kubelets answer to the control plane alone; name under kubelet_clients where "
            "metrics-server runs (its pods' networks, and the nodes' where the plug-in hides pods behind them)."
        )


def _talos_advice(baseline: Baseline) -> Iterator[str]:
    for role in roles_of(baseline):
        yield (
            f"host_firewall LOCKS OUT whoever it does not name. Add it to the nodes of role {role}: talosctl patch "
            f"machineconfig --mode=try --nodes NODE --patch @{_talos_path(role)}"
        )


def firewall_gaps(baseline: Baseline) -> Iterator[str]:
    """What a dialect has no words for, one sentence each."""
    if baseline.host_firewall is None or baseline.dialect is not Dialect.TALOS:
        return
    lost = {rule.title for role in roles_of(baseline) for rule in rules_of(baseline, role) if not is_expressible(rule)}
    for title in sorted(lost):
        yield f"The firewall of Talos knows ports of TCP and UDP on every address, so it opens nothing for {title}."
