"""Sound: what a plan makes of a baseline has no finding of any control, judged by the knowledge of that baseline."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.knowing import full_knowledge_of
from tests.plans.apparmor_loading import LOADER

VERSIONS = [KubeVersion(1, minor) for minor in range(OLDEST.minor, NEWEST.minor + 1)]


def baseline(version: KubeVersion, **changes: Any) -> Baseline:
    """Three tenants with every role, people in two tenants, flows within, between and out of them."""
    return Baseline.model_validate(
        {
            "environment": "test",
            "kubernetes": str(version),
            "dialect": "kubeadm",
            "cni": {"name": "calico"},
            "target": {"render": "out/test"},
            "images": {"registries": ["registry.example.com/platform"]},
            "dns": {"namespace_labels": {"name": "kube-system"}, "node_local_cidr": "169.254.20.10/32"},
            "tenants": [_payments(), _shop(), _reports()],
            **changes,
        }
    )


def _payments() -> dict[str, Any]:
    return {
        "name": "payments",
        "namespaces": [{"name": "payments-api", "quota": {"pods": "80"}}, {"name": "payments-db"}],
        "admins": ["group:payments-admins"],
        "members": ["user:alice@example.com", "serviceaccount:platform-ci/deployer"],
        "viewers": ["group:support"],
        "labels": {"example.com/cost-centre": "cc-1042"},
        "accepts": ["shop/pay"],
        "flows": [
            {
                "name": "db",
                "source": {"namespace": "payments-api", "pods": {"app": "api"}},
                "destination": {"namespace": "payments-db", "pods": {"app": "postgres"}},
                "ports": ["TCP/5432"],
            },
            {
                "name": "bank",
                "source": {"namespace": "payments-api"},
                "destination": {"cidr": "203.0.113.0/24"},
                "ports": ["TCP/443"],
            },
        ],
    }


def _shop() -> dict[str, Any]:
    return {
        "name": "shop",
        "admins": ["group:admins"],
        "namespaces": [{"name": "shop-web", "pod_security": "baseline"}, {"name": "shop-ci"}],
        "members": ["group:shop-developers"],
        "viewers": ["group:support"],
        "flows": [
            {
                "name": "pay",
                "source": {"namespace": "shop-web"},
                "destination": {"namespace": "payments-api", "pods": {"app": "api"}},
                "ports": ["TCP/8443", "UDP/8443"],
            }
        ],
    }


def _reports() -> dict[str, Any]:
    return {
        "name": "reports",
        "admins": ["group:admins"],
        "namespaces": [{"name": "reports"}],
        "decommission": "2027-06-30",
    }


WITH_LOADER = {"apparmor": {"profiles": [{"name": "web"}], "loader": LOADER, "required": True}}


@pytest.mark.thorough
@pytest.mark.parametrize("changes", [{}, WITH_LOADER], ids=["tenants", "AppArmor loader"])
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_plan_has_no_finding(version: KubeVersion, changes: dict[str, Any]) -> None:
    made = baseline(version, **changes)
    knowledge = full_knowledge_of(made)
    manifests = plan_baseline(made).manifests
    found = [judged for manifest in manifests for judged in judge(manifest, CONTROLS, knowledge)]
    found += [judged for _, judged in judge_stack(manifests, CONTROLS, knowledge)]
    assert [f"{one.control.id}: {one.finding.message}" for one in found] == []


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_each_tenant_is_complete_on_its_own(version: KubeVersion) -> None:
    made = baseline(version)
    namespaces = {namespace.name for tenant in made.tenants for namespace in tenant.namespaces}
    planned = plan_baseline(made).manifests
    for name in namespaces:
        inside = [one for one in planned if name in (one["metadata"]["name"], one["metadata"].get("namespace"))]
        assert {"Namespace", "ResourceQuota", "LimitRange", "ServiceAccount", "NetworkPolicy"} <= {
            one["kind"] for one in inside
        }


@pytest.mark.thorough
@pytest.mark.parametrize("index", range(len(plan_baseline(baseline(NEWEST)).manifests)))
def test_the_judge_notices_what_a_plan_leaves_out(index: int) -> None:
    """The soundness above says something: without its guard rails the same plan has findings."""
    made = baseline(NEWEST)
    planned = plan_baseline(made).manifests
    rest = [*planned[:index], *planned[index + 1 :]]
    found = [*judge_stack(rest, CONTROLS, full_knowledge_of(made))]
    is_guard_rail = planned[index]["kind"] in ("ResourceQuota", "LimitRange") or (
        planned[index]["kind"] == "NetworkPolicy" and planned[index]["metadata"]["name"] == "deny-all"
    )
    # The cluster makes default, so no stack has that namespace itself, and none is asked what closes it.
    of_the_cluster = planned[index]["metadata"].get("namespace") == "default"
    assert bool(found) == (is_guard_rail and not of_the_cluster)
