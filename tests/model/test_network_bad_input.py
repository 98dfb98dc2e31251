"""What a baseline must not say of its network: a refusal names path and value, and what it proposes works."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from k8s_hardening.kube.manifest import name_of
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT, read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from tests.model.sample import sample

FLOW = "tenants/0/flows/0"
TO, PORTS = f"{FLOW}/destination", f"{FLOW}/ports"
OLD = {"dns": {"namespace_labels": {"name": "kube-system"}}}  # what any cluster before 1.21 needs
CILIUM = {"name": "cilium", "version": "1.15"}


@dataclass(frozen=True)
class Row:
    """One thing that is wrong with the sample, and the change that the message proposes."""

    path: str
    value: Any
    proposed: str
    """Part of the message."""
    change: dict[str, Any]
    mended: dict[str, Any] = field(default_factory=dict)
    """Over `change`."""


def to(path: str, value: Any, proposed: str, end: dict[str, Any], mended: dict[str, Any], **more: Any) -> Row:
    return Row(f"tenants[0].flows[0].destination{path}", value, proposed, {TO: end}, {TO: mended, **more})


def port(text: str, proposed: str, mended: str, **around: Any) -> Row:
    return Row("tenants[0].flows[0].ports[0]", text, proposed, {PORTS: [text], **around}, {PORTS: [mended]})


TEN = {"cidr": "10.0.0.0/8"}
ROWS = {
    "unknown tenant": to(".tenant", "shopp", '"shop"', {"tenant": "shopp"}, {"tenant": "shop"},
                         **{"tenants/1/accepts": ["payments/db"]}),
    "unknown namespace": to(".namespace", "payment-db", '"payments-db"', {"namespace": "payment-db"},
                            {"namespace": "payments-db"}),
    "unknown end": to(".end", "monitoring", 'network.ends: {monitoring: {namespace: "monitoring"}}',
                      {"end": "monitoring"}, {"end": "monitoring"},
                      network={"ends": {"monitoring": {"namespace": "monitoring"}}}),
    "another tenant without its consent": to("", {"namespace": "shop-web"}, 'tenants[1].accepts: ["payments/db"]',
                                             {"namespace": "shop-web"}, {"namespace": "shop-web"},
                                             **{"tenants/1/accepts": ["payments/db"]}),
    "another tenant by a named end": Row(
        "network.ends.mon.namespace", "shop-web", 'destination: {namespace: "shop-web"}',
        {"network": {"ends": {"mon": {"namespace": "shop-web"}}}, TO: {"end": "mon"}},
        {"network": {}, TO: {"namespace": "shop-web"}, "tenants/1/accepts": ["payments/db"]}),
    "port 0": port("TCP/0", '"TCP/5432"', "TCP/5432"),
    "port 70000": port("TCP/70000", '"TCP/5432"', "TCP/5432"),
    "range up to 70000": port("TCP/80-70000", '"TCP/5432"', "TCP/5432"),
    "range that ends below its start": port("TCP/90-80", '"TCP/80-90"', "TCP/80-90"),
    "range before 1.22": port("TCP/80-90", 'use Kubernetes 1.22; for example "TCP/80"', "TCP/80", kubernetes="1.21"),
    "range with an old plug-in": port("TCP/80-90", 'name each port, or say cni.version; for example "TCP/80"', "TCP/80",
                                      cni=CILIUM),
    "SCTP before 1.19": port("SCTP/9", 'use Kubernetes 1.19, or another protocol; for example "TCP/9"', "TCP/9",
                             kubernetes="1.18", **OLD),
    "SCTP that is switched off": port("SCTP/9", 'cni.switches: ["sctp.enabled"]', "TCP/9", cni=CILIUM),
    "protocol that no policy has": port("ICMP/8", '"TCP/5432"', "TCP/5432"),
    "name of a port outside": Row("tenants[0].flows[0].ports[0]", "TCP/http", '"TCP/443"',
                                  {PORTS: ["TCP/http"], TO: TEN}, {PORTS: ["TCP/443"]}),
    "host bits": to(".cidr", "10.0.0.1/8", '"10.0.0.0/8"', {"cidr": "10.0.0.1/8"}, TEN),
    "except outside": to(".except_for[0]", "11.0.0.0/16", '"10.0.0.0/9"', {**TEN, "except_for": ["11.0.0.0/16"]},
                         {**TEN, "except_for": ["10.0.0.0/9"]}),
    "except of everything": to(".except_for[0]", "10.0.0.0/8", '"10.0.0.0/9"', {**TEN, "except_for": ["10.0.0.0/8"]},
                               {**TEN, "except_for": ["10.0.0.0/9"]}),
    "excepts that overlap": to(".except_for[1]", "10.1.2.0/24", 'only "10.1.0.0/16"',
                               {**TEN, "except_for": ["10.1.0.0/16", "10.1.2.0/24"]},
                               {**TEN, "except_for": ["10.1.0.0/16"]}),
    "except of the other family": to(".except_for[0]", "2001:db8::/64", '"10.0.0.0/9"',
                                     {**TEN, "except_for": ["2001:db8::/64"]}, {**TEN, "except_for": ["10.0.0.0/9"]}),
    "IPv4 dressed as IPv6": to(".cidr", "::ffff:10.0.0.0/104", '"10.20.0.0/16"', {"cidr": "::ffff:10.0.0.0/104"},
                               {"cidr": "10.20.0.0/16"}),
    "metadata address unsaid": to(".cidr", "169.254.169.254/32", "say so with node_credentials: true",
                                  {"cidr": "169.254.169.254/32"}, {"cidr": "10.20.0.0/16"}),
    "metadata address along with others": to(
        ".cidr", "0.0.0.0/0", '"169.254.169.254/32"', {"cidr": "0.0.0.0/0", "node_credentials": True},
        {"cidr": "169.254.169.254/32", "node_credentials": True},
        exemptions=[{"control": "network-policy-open", "namespace": "payments-api", "name": "allow-db-out",
                     "reason": "It reads its own region there.", "owner": "platform", "expires": "2027-06-30"}]),
    "credentials of no network that has them": to(
        "", {**TEN, "node_credentials": True}, '{cidr: "169.254.169.254/32", node_credentials: true}',
        {**TEN, "node_credentials": True}, TEN),
    "nodes where no policy can deny them": Row(
        "cluster_deny.kind", None, "these have one: antrea, calico, canal, cilium, ovn-kubernetes",
        {"cni": {"name": "kindnet", "version": "0.24"},
         "cluster_deny": {"networks": ["10.10.0.0/24"], "keep": ["10.10.0.10/32"]}},
        {"cni": {"name": "calico", "version": "3.31"}}),
}  # fmt: skip


def refused(row: Row) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        read_baseline(sample(row.change))
    return list(caught.value.problems)


@pytest.mark.parametrize("name", ROWS)
def test_a_refusal_has_the_path_the_value_and_what_would_work(name: str) -> None:
    row = ROWS[name]
    (line,) = [one for one in refused(row) if one.startswith(f"{ROOT}.{row.path}: ")]
    value = "(absent)" if row.value is None else json.dumps(row.value)
    assert line.startswith(f"{ROOT}.{row.path}: {value} ")
    assert row.proposed in line


@pytest.mark.parametrize("name", ROWS)
def test_what_is_proposed_is_taken(name: str) -> None:
    row = ROWS[name]
    assert read_baseline(sample({**row.change, **row.mended})).environment == "dev"


def test_all_of_them_are_told_at_once() -> None:
    flows = [{"name": f"f{index}", "source": {"namespace": "payments-api"}, "destination": {"namespace": "payments-db"},
              "ports": [text]} for index, text in enumerate(("TCP/0", "TCP/70000", "TCP/90-80", "ICMP/8"))]  # fmt: skip
    with pytest.raises(BadInputError) as caught:
        read_baseline(sample({"tenants/0/flows": flows, "tenants/1/flows": [{**flows[0], "source": {"tenant": "x"}}]}))
    paths = [line.removeprefix(f"{ROOT}.").partition(": ")[0] for line in caught.value.problems]
    assert {f"tenants[0].flows[{index}].ports[0]" for index in range(4)} <= set(paths)
    assert "tenants[1].flows[0].source.tenant" in paths


def test_a_wide_network_never_brings_the_metadata_address_along() -> None:
    for cidr, address in (("0.0.0.0/0", "169.254.169.254/32"), ("169.254.0.0/16", "169.254.169.254/32"),
                          ("::/0", "fd00:ec2::254/128")):  # fmt: skip
        for end in ({TO: {"cidr": cidr}}, {TO: {"end": "wide"}, "network": {"ends": {"wide": {"cidrs": [cidr]}}}}):
            manifests = plan_baseline(read_baseline(sample(end))).manifests
            (blocks,) = [
                [peer["ipBlock"] for peer in one["spec"]["egress"][0]["to"]]
                for one in manifests
                if name_of(one) == "allow-db-out"
            ]
            assert blocks == [{"cidr": cidr, "except": [address]}]
