"""`k8s-hardening cnis`: the table in all its forms."""

from __future__ import annotations

import json

import pytest

from k8s_hardening.kube.cnis import CNIS
from tests.cli.calling import call


def test_every_plug_in_has_a_line() -> None:
    lines = call("cnis").stdout.splitlines()
    assert [line.split()[0] for line in lines] == sorted(CNIS)
    by_name = {line.split()[0]: line for line in lines}
    assert by_name["flannel"].split(maxsplit=1)[1] == "NetworkPolicy: no"
    assert by_name["aws-vpc-cni"].split(maxsplit=1)[1] == "enforces (from 1.14, with enable-network-policy)"
    assert by_name["weave"].split() == ["weave", "enforces", "archived"]
    assert by_name["azure-npm"].endswith("support ends 2028-09-30")


@pytest.mark.parametrize("name", CNIS)
def test_one_is_explained_with_every_source(name: str) -> None:
    text = call("cnis", name).stdout
    cni = CNIS[name]
    facts = (cni.network_policy, cni.egress, cni.end_port, cni.sctp_ports, cni.host_network)
    for source in [*(fact.source for fact in facts), *(kind.source for kind in cni.policies), cni.upkeep.source]:
        assert f"[{source}]" in text
    assert all(switch.how in text for _, switch in cni.switches)


def test_the_data_says_the_same() -> None:
    data = {one["name"]: one for one in json.loads(call("cnis", "--format", "json").stdout)}
    assert set(data) == set(CNIS)
    assert data["cilium"]["facts"]["endPort"]["since"] == "1.16"
    assert data["cilium"]["facts"]["SCTP"]["switch"] == "sctp.enabled"
    assert data["romana"]["facts"]["NetworkPolicy"]["holds"] is None
    kinds = {kind["kind"]: kind for kind in data["calico"]["policies"]}
    assert (kinds["AdminNetworkPolicy"]["since"], kinds["AdminNetworkPolicy"]["until"]) == ("3.29", "3.31")
    assert [kind for kind, one in kinds.items() if one["clusterDeny"]] == [
        "ClusterNetworkPolicy", "AdminNetworkPolicy", "GlobalNetworkPolicy",
    ]  # fmt: skip
    assert data["azure-npm"]["upkeep"]["ends"] == "2028-09-30"


def test_an_unknown_name_is_explained_with_status_2() -> None:
    near, far = call("cnis", "calicoo"), call("cnis", "zzz")
    assert (near.exit_code, far.exit_code) == (2, 2)
    assert "did you mean calico?" in near.stderr
    assert "known are antrea, " in far.stderr
