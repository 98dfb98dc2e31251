"""The namespace default: closed by default, by what the server itself holds to."""

from __future__ import annotations

from typing import Any

from k8s_hardening.kube.manifest import kind_of
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.default_namespace import plan_default_namespace
from tests.model.sample import sample


def planned(changes: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return list(plan_default_namespace(read_baseline(sample(changes))))


def test_nothing_runs_talks_or_gives_rights_there() -> None:
    quota, policy, account = planned()
    assert {one["metadata"]["namespace"] for one in planned()} == {"default"}
    assert set(quota["spec"]["hard"].values()) == {"0"}
    assert {"pods", "persistentvolumeclaims", "count/rolebindings.rbac.authorization.k8s.io"} <= set(
        quota["spec"]["hard"]
    )
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert (kind_of(account), account["automountServiceAccountToken"]) == ("ServiceAccount", False)


def test_it_can_be_left_open() -> None:
    assert planned({"open_default_namespace": True}) == []


def test_a_baseline_that_says_what_runs_there_closes_it_itself() -> None:
    network = {
        "system_namespaces": [{"name": "default", "called_by_api_server": []}],
        "ends": {"api_server": {"cidrs": ["10.20.0.10/32"], "ports": ["TCP/6443"]}},
    }
    assert planned({"network": network}) == []
