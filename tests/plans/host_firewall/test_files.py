"""Which files of which nodes a firewall makes, what Talos gets instead, and what the operator is told."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.host_firewall import NodeRole
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.host_firewall.plan import (
    UNIT_FILE,
    firewall_advice,
    firewall_files,
    firewall_gaps,
    table_path,
)
from k8s_hardening.plans.plan import Hosts
from tests.model.sample import sample
from tests.plans.host_firewall.declared import declared, program

_FOLDER = "/etc/kubernetes/hardening/firewall"


def text_of(baseline: Baseline, path: str) -> str:
    return next(file.text for file in firewall_files(baseline) if file.path == path)


def told(baseline: Baseline) -> str:
    return "\n".join(firewall_advice(baseline))


def test_there_is_none_unless_it_is_declared() -> None:
    baseline = read_baseline(sample())
    plan = plan_baseline(baseline)
    assert firewall_files(baseline) == ()
    assert told(baseline) == ""
    assert not [file for file in plan.host_files if "firewall" in file.path]
    assert not [line for line in plan.notes.advice if "host_firewall" in line]


def test_each_role_has_its_table_and_every_host_the_unit() -> None:
    baseline = declared({"etcd": ["10.0.1.0/29"]})
    assert [(file.path, file.hosts) for file in firewall_files(baseline)] == [
        (f"{_FOLDER}/control-plane.nft", Hosts.CONTROL_PLANE),
        (f"{_FOLDER}/worker.nft", Hosts.WORKERS),
        (f"{_FOLDER}/etcd.nft", Hosts.ETCD),
        ("/etc/systemd/system/k8s-hardening-firewall@.service", Hosts.EVERY_HOST),
    ]
    plan = plan_baseline(baseline)
    assert set(firewall_files(baseline)) <= set(plan.host_files)
    assert [file.path for file in plan.host_files] == sorted(file.path for file in plan.host_files)
    assert set(firewall_advice(baseline)) <= set(plan.notes.advice)


def test_only_the_tables_own_rules_are_replaced() -> None:
    text = text_of(declared(), table_path(NodeRole.WORKER))
    assert "flush" not in text
    assert re.findall(r"^(?:delete )?table .*", text, re.MULTILINE) == [
        "table inet k8s_hardening",
        "delete table inet k8s_hardening",
        "table inet k8s_hardening {",
    ]
    assert re.findall(r"hook (\w+)", text) == ["input", "prerouting"]


def test_people_get_in_before_anything_else_is_decided_by_source() -> None:
    for role in NodeRole:
        text = text_of(declared({"etcd": ["10.0.1.0/29"]}), table_path(role))
        by_source = [line for line in text.splitlines() if re.match(r"\t\tip saddr ", line)]
        assert by_source[0].startswith("\t\tip saddr { 10.9.0.0/24 } tcp dport 22 accept")


@pytest.mark.parametrize(
    ("dialect", "units"),
    [("kubeadm", "kubelet"), ("k3s", "k3s.service k3s-agent"), ("rke2", "rke2-server.service rke2-agent")],
)
def test_the_table_is_loaded_before_there_is_a_network_and_a_kubelet(dialect: str, units: str) -> None:
    text = text_of(declared(dialect=dialect), UNIT_FILE)
    assert f"Before=network-pre.target {units}.service shutdown.target\n" in text
    assert f"ExecStart=/usr/sbin/nft -f {_FOLDER}/%i.nft\n" in text


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    program("nft", "nftables")
    unit = tmp_path / "k8s-hardening-firewall@worker.service"
    unit.write_text(text_of(declared(), UNIT_FILE))
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60)
    about_us = [line for line in done.stderr.splitlines() if "k8s-hardening" in line]
    assert (done.returncode, about_us) == (0, [])
    unit.write_text(unit.read_text().replace("Type=oneshot", "Type=never").replace("ExecStart=/", "ExecStart=nowhere/"))
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60)
    assert "k8s-hardening" in done.stderr


def test_talos_takes_its_own_documents() -> None:
    baseline = declared(dialect="talos", dns={"node_local_cidr": "169.254.20.10/32"})
    control_plane, worker = firewall_files(baseline)
    assert [(one.path, one.hosts) for one in (control_plane, worker)] == [
        ("/etc/kubernetes/hardening/talos/firewall-control-plane.yaml", Hosts.CONTROL_PLANE),
        ("/etc/kubernetes/hardening/talos/firewall-worker.yaml", Hosts.WORKERS),
    ]
    default, *rules = yaml.safe_load_all(control_plane.text)
    assert default == {"apiVersion": "v1alpha1", "kind": "NetworkDefaultActionConfig", "ingress": "block"}
    assert {
        "apiVersion": "v1alpha1",
        "kind": "NetworkRuleConfig",
        "name": "etcd-peers-tcp-2380",
        "portSelector": {"ports": [2380], "protocol": "tcp"},
        "ingress": [{"subnet": "10.0.0.0/28"}, {"subnet": "fd00:1::/112"}],
    } in rules
    names = [one["name"] for one in rules]
    assert len(set(names)) == len(names)
    assert {"node-ports-tcp-30000-32767", "talos-api-tcp-50000", "calico-vxlan-udp-4789"} <= set(names)
    ports: list[Any] = [port for one in rules for port in one["portSelector"]["ports"]]
    assert "30000-32767" in ports
    assert 53 not in ports
    assert [line.rpartition(" for ")[2] for line in firewall_gaps(baseline)] == ["NodeLocal DNSCache.", "node ports."]
    assert "--mode=try" in told(baseline)
    assert "systemctl" not in told(baseline)


def test_services_by_ipvs_are_warned_of() -> None:
    # With IPVS, the node itself has the addresses of Services, and the table would judge what pods send there.
    assert "do not run kube-proxy in mode ipvs" in told(declared())


def test_machines_that_are_replaced_get_their_table_by_their_image() -> None:
    cluster_api = {"namespace": "clusters", "control_plane": "prod", "workers": "prod-workers"}
    control_plane = {
        "cluster_api": cluster_api,
        "authentication": {"bootstrap_tokens": True, "anonymous_cluster_info": True},
    }
    baseline = declared(dialect="cluster-api", control_plane=control_plane)
    assert "KubeadmConfigTemplate" in told(baseline)
    assert "KubeadmConfigTemplate" not in told(declared())


def test_the_operator_is_told_how_not_to_be_locked_out() -> None:
    first = told(declared()).splitlines()[0]
    assert first.startswith("host_firewall LOCKS OUT whoever it does not name: SSH answers to 10.9.0.0/24, fd00:9::/64")
    assert "systemd-run --on-active=5min /usr/sbin/nft delete table inet k8s_hardening" in first


@pytest.mark.parametrize(
    ("changes", "baseline", "text"),
    [
        ({"node_ports": {}, "load_balancers": []}, {}, "nobody reaches node ports"),
        ({"kubelet_clients": []}, {}, "kubelets answer to the control plane alone"),
        ({"cni_modes": ["vxlan"]}, {"cni": {"name": "cilium"}}, "serves node ports before netfilter sees the packet"),
        ({"cni_modes": ["bgp"]}, {"cni": {"name": "kube-router"}}, "run kube-router with --run-service-proxy=false"),
        ({"cni_modes": None}, {"cni": {"name": "antrea"}}, "no source for what antrea exchanges between nodes"),
    ],
)
def test_what_the_table_does_not_do_is_said(changes: dict[str, Any], baseline: dict[str, Any], text: str) -> None:
    assert text in told(declared(changes, **baseline))
    assert text not in told(declared())


def test_cilium_hands_pods_to_its_proxy() -> None:
    mark = "meta mark and 0x0f00 == 0x0200 accept"
    baseline = declared({"etcd": ["10.0.1.0/29"]}, cni={"name": "cilium"})
    assert mark in text_of(baseline, table_path(NodeRole.WORKER))
    assert mark not in text_of(baseline, table_path(NodeRole.ETCD))
    assert mark not in text_of(declared(), table_path(NodeRole.WORKER))
