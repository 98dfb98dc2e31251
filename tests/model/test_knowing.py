"""What the pack knows comes from the baseline, survives the way through its file, and depends on no order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.reading import read_baseline
from tests.model.sample import sample

EXEMPTIONS = [
    {
        "control": control,
        "namespace": "monitoring",
        "reason": "The node agent reads the logs of all pods.",
        "owner": "platform-team",
        "expires": "2027-06-30",
    }
    for control in ("host-path-volumes", "host-namespaces")
]
CHANGES: dict[str, Any] = {
    "exemptions": EXEMPTIONS,
    "images/registries": ["registry.example.com/b", "registry.example.com/a"],
    "tenants/0/members": ["user:bob", "group:payments-developers", "serviceaccount:ci/deployer"],
    "tenants/0/namespaces/1/pod_security": "baseline",
    "tenants/1/namespaces/0/pod_security": "baseline",
    "tenants/0/access": {"exec": "admin", "secrets": "member"},
    "tenants/0/delegation": True,
    "tenants/0/namespace_prefix": "payments-",
    "tenants/1/parent": "payments",
    "tenants/1/registries": ["registry.example.com/a/shop"],
    "tenants/1/node_selector": {"example.com/pool": "pay", "disk": "ssd"},
    "tenants/1/separation": True,
    "tenants/1/viewers": ["group:auditors"],
    "break_glass": [
        {
            "name": "outage",
            "tenant": "shop",
            "subjects": ["user:bob@example.com"],
            "reason": "The shop does not answer.",
            "owner": "platform-team",
            "expires": "2027-01-15",
        }
    ],
    "tenants/0/namespaces/0/quota": {"services.loadbalancers": "1"},
    "tenants/0/service_types": ["LoadBalancer", "ExternalName"],
    "tenants/0/ingress_hosts": ["pay.example.com", "*.pay.example.com"],
    "tenants/0/storage_classes": ["encrypted-ssd", "encrypted-hdd"],
    "tenants/0/ingress_classes": ["nginx", "edge"],
    "tenants/0/runtime_classes": ["kata", "gvisor"],
    "tenants/0/priority_classes": ["pay-high", "pay-critical"],
    "tenants/0/registries": ["registry.example.com/b/pay", "registry.example.com/a"],
    "tenants/0/node_selector": {"example.com/pool": "pay", "disk": "ssd"},
    "apparmor/required": True,
    "host_paths/monitoring": ["/var/log/pods", "/var/log/audit"],
    "admission_policies/platform": ["user:root@example.com", "group:platform"],
    "tenants/0/labels": {"example.com/zone": "card-data", "example.com/cost-centre": "cc-1042"},
    "network/namespace_labels": ["example.com/zone", "example.com/tier"],
    "external": {"monitoring": ["secret/b", "configmap/a"], "ci": ["serviceaccount/x"]},
}


def written(data: dict[str, Any]) -> str:
    return json.dumps(knowledge_of(read_baseline(data)).model_dump(mode="json"))


def test_knowledge_is_what_the_baseline_says() -> None:
    known = knowledge_of(read_baseline(sample(CHANGES))).model_dump(mode="json", exclude={"exemptions"})
    expected = {
        "kubernetes": "1.36",
        "cni": "calico",
        "digests_required": True,
        "registries": ["registry.example.com/a", "registry.example.com/b"],
        "tenants": [
            {
                "name": "payments",
                "namespaces": {"payments-api": "restricted", "payments-db": "baseline"},
                "subjects": [
                    "group:payments-admins",
                    "group:payments-developers",
                    "serviceaccount:ci/deployer",
                    "user:bob",
                ],
                "parent": None,
                "admins": ["group:payments-admins"],
                "auditors": [],
                "access": {"secrets": "member", "exec": "admin"},
                "delegation": True,
                "namespace_prefix": "payments-",
                "service_types": ["ExternalName", "LoadBalancer"],
                "ingress_hosts": ["*.pay.example.com", "pay.example.com"],
                "storage_classes": ["encrypted-hdd", "encrypted-ssd"],
                "ingress_classes": ["edge", "nginx"],
                "runtime_classes": ["gvisor", "kata"],
                "priority_classes": ["pay-critical", "pay-high"],
                "registries": ["registry.example.com/a", "registry.example.com/b/pay"],
                "node_selector": {"disk": "ssd", "example.com/pool": "pay"},
                "labels": {"example.com/zone": "card-data"},
            },
            {
                "name": "shop",
                "namespaces": {"shop-web": "baseline"},
                "subjects": ["group:auditors", "group:payments-admins", "group:shop-admins"],
                "parent": "payments",
                "admins": ["group:payments-admins", "group:shop-admins"],
                "auditors": ["group:auditors"],
                "access": {},
                "delegation": False,
                "namespace_prefix": None,
                "service_types": [],
                "ingress_hosts": [],
                "storage_classes": [],
                "ingress_classes": [],
                "runtime_classes": [],
                "priority_classes": [],
                "registries": ["registry.example.com/a/shop"],
                "node_selector": {"disk": "ssd", "example.com/pool": "pay"},
                "labels": {},
            },
        ],
        "pod_node_selector": True,
        "namespace_labels": ["example.com/tier", "example.com/zone"],
        "dns": None,
        "apparmor_required": True,
        "host_paths": {"monitoring": ["/var/log/audit", "/var/log/pods"]},
        "platform": ["group:platform", "user:root@example.com"],
        "break_glass": [
            {
                "name": "outage",
                "tenant": "shop",
                "subjects": ["user:bob@example.com"],
                "owner": "platform-team",
                "expires": "2027-01-15",
            }
        ],
        "external": {"ci": ["serviceaccount/x"], "monitoring": ["configmap/a", "secret/b"]},
        "today": None,
    }
    assert {key: known[key] for key in expected} == expected


def test_knowledge_survives_its_file() -> None:
    known = knowledge_of(read_baseline(sample(CHANGES)))
    assert Knowledge.model_validate(json.loads(written(sample(CHANGES)))) == known


def test_the_order_in_the_baseline_makes_no_difference() -> None:
    data = sample(CHANGES)
    turned = sample(CHANGES)
    turned["tenants"].reverse()
    turned["exemptions"].reverse()
    turned["images"]["registries"].reverse()
    turned["host_paths"]["monitoring"].reverse()
    turned["admission_policies"]["platform"].reverse()
    turned["network"]["namespace_labels"].reverse()
    turned["external"] = {name: found[::-1] for name, found in reversed(turned["external"].items())}
    for tenant in turned["tenants"]:
        tenant["namespaces"].reverse()
        classes = ("storage_classes", "ingress_classes", "runtime_classes", "priority_classes", "registries")
        for field in ("members", "service_types", "ingress_hosts", *classes):
            tenant.get(field, []).reverse()
    assert written(turned) == written(data)


@pytest.mark.parametrize(
    ("subject", "tenants"),
    [
        ("group:shop-admins", ["shop"]),
        ("group:payments-admins", ["payments", "shop"]),
        ("group:payments-developers", ["payments"]),
        ("serviceaccount:shop-web/anything", ["shop"]),
        ("serviceaccount:ci/deployer", ["payments"]),
        ("group:somebody-else", []),
        ("user:shop-web/anything", []),
    ],
)
def test_whom_a_subject_belongs_to(subject: str, tenants: list[str]) -> None:
    known = knowledge_of(read_baseline(sample(CHANGES)))
    assert [tenant.name for tenant in known.tenants_of_subject(subject)] == tenants


def test_whom_a_namespace_belongs_to() -> None:
    known = knowledge_of(read_baseline(sample()))
    owner = known.tenant_of_namespace("payments-db")
    assert owner is not None
    assert owner.name == "payments"
    assert known.tenant_of_namespace("kube-system") is None
