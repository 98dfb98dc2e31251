"""A plan depends on what the baseline says, and on nothing else."""

from __future__ import annotations

import builtins
import copy
import itertools
import socket
import time
from typing import Any

import pytest

from k8s_hardening.kube.manifest import kind_of, name_of, namespace_of
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline, tenant_inputs
from tests.model.sample import sample
from tests.plans.environments import VERSIONS, environment, environment_data


def names(version: str = "1.36") -> list[str]:
    return [
        "/".join(filter(None, (kind_of(one), namespace_of(one), name_of(one))))
        for one in plan_baseline(environment(version)).manifests
    ]


def test_everything_that_two_tenants_get() -> None:
    assert [name for name in names() if not name.startswith("ValidatingAdmissionPolicy")] == [
        "Namespace/payments-api",
        "Namespace/shop-web",
        "ResourceQuota/payments-api/tenant-quota",
        "ResourceQuota/shop-web/tenant-quota",
        "LimitRange/payments-api/tenant-limits",
        "LimitRange/shop-web/tenant-limits",
        "NetworkPolicy/payments-api/allow-bank-out",
        "NetworkPolicy/payments-api/allow-dns",
        "NetworkPolicy/payments-api/allow-edge-in",
        "NetworkPolicy/payments-api/allow-office-in",
        "NetworkPolicy/payments-api/allow-peers-in",
        "NetworkPolicy/payments-api/allow-peers-out",
        "NetworkPolicy/payments-api/allow-shop.pay-in",
        "NetworkPolicy/payments-api/deny-all",
        "NetworkPolicy/shop-web/allow-dns",
        "NetworkPolicy/shop-web/allow-pay-out",
        "NetworkPolicy/shop-web/deny-all",
        "ServiceAccount/payments-api/default",
        "ServiceAccount/shop-web/default",
        "Role/payments-api/tenant-admin",
        "Role/payments-api/tenant-member",
        "Role/payments-api/tenant-viewer",
        "Role/shop-web/tenant-admin",
        "RoleBinding/payments-api/tenant-admin",
        "RoleBinding/payments-api/tenant-member",
        "RoleBinding/payments-api/tenant-viewer",
        "RoleBinding/shop-web/tenant-admin",
    ]


def test_the_order_in_the_baseline_makes_no_difference() -> None:
    expected = plan_baseline(environment())
    for order in itertools.permutations(range(2)):
        data = environment_data("1.36")
        data["tenants"] = [data["tenants"][index] for index in order]
        for tenant in data["tenants"]:
            tenant["flows"].reverse()
        assert plan_baseline(read_baseline(data)) == expected


def test_a_plan_reads_no_file_no_network_and_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    baseline, expected = environment(), plan_baseline(environment())

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a plan is pure")

    with monkeypatch.context() as patched:
        patched.setattr(builtins, "open", refuse)
        patched.setattr(socket, "socket", refuse)
        patched.setattr(time, "time", refuse)
        made = plan_baseline(baseline)
    assert made == expected


def test_plans_share_nothing_that_could_be_changed() -> None:
    baseline = environment()
    first = plan_baseline(baseline)
    expected = copy.deepcopy(first)
    for manifest in first.manifests:
        manifest["metadata"]["labels"].clear()
        manifest.pop("spec", None)
    assert plan_baseline(baseline) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_no_two_objects_are_the_same_object(version: str) -> None:
    assert len(set(names(version))) == len(names(version))


def test_flows_of_others_never_take_the_name_of_an_own_flow() -> None:
    """Tenant a with flow b-c, tenant a-b with flow c, and an own flow a-b-c: three flows, three policies."""

    def flow(name: str, source: str) -> dict[str, Any]:
        return {
            "name": name,
            "source": {"namespace": source},
            "destination": {"namespace": "target"},
            "ports": ["TCP/1"],
        }

    tenants = [
        {
            "name": "t",
            "admins": ["group:admins"],
            "namespaces": [{"name": "target"}, {"name": "beside"}],
            "flows": [flow("a-b-c", "beside")],
            "accepts": ["a/b-c", "a-b/c"],
        },
        {"name": "a", "admins": ["group:admins"], "namespaces": [{"name": "one"}], "flows": [flow("b-c", "one")]},
        {"name": "a-b", "admins": ["group:admins"], "namespaces": [{"name": "two"}], "flows": [flow("c", "two")]},
    ]
    baseline = read_baseline(sample({"tenants": tenants}))
    made = [
        name_of(one)
        for one in plan_baseline(baseline).manifests
        if namespace_of(one) == "target" and name_of(one).endswith("-in")
    ]
    assert made == ["allow-a-b-c-in", "allow-a-b.c-in", "allow-a.b-c-in"]


def test_the_longest_names_still_make_names_of_objects() -> None:
    long = "n" * 63
    flow = {
        "name": "f" * 63,
        "source": {"namespace": long},
        "destination": {"namespace": "target"},
        "ports": ["TCP/1"],
    }
    tenants = [
        {
            "name": "target",
            "admins": ["group:admins"],
            "namespaces": [{"name": "target"}],
            "accepts": [f"{'t' * 63}/{'f' * 63}"],
        },
        {"name": "t" * 63, "admins": ["group:admins"], "namespaces": [{"name": long}], "flows": [flow]},
    ]
    plan = plan_baseline(read_baseline(sample({"tenants": tenants})))
    assert max(len(name_of(one)) for one in plan.manifests) == len("allow-") + 63 + 1 + 63 + len("-in")


@pytest.mark.parametrize(
    ("target", "decommission", "protect"),
    [
        ({"render": "out"}, None, False),
        ({"context_config": "kubeContext"}, None, True),
        ({"context_config": "kubeContext"}, "2027-06-30", False),
    ],
)
def test_only_live_namespaces_are_protected_until_their_tenant_leaves(
    target: dict[str, str], decommission: str | None, protect: bool
) -> None:
    baseline = read_baseline(sample({"target": target, "tenants/0/decommission": decommission}))
    assert tenant_inputs(baseline, baseline.tenants[0]).protect is protect
