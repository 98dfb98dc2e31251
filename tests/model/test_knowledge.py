from __future__ import annotations

import pytest

from k8s_hardening.model.knowledge import Knowledge, TenantFacts

KNOWLEDGE = Knowledge(
    tenants=(
        TenantFacts(
            name="payments",
            namespaces={"payments-api": "restricted"},
            subjects=("group:support", "serviceaccount:ci/deployer", "serviceaccount:shop-ci/deployer"),
        ),
        TenantFacts(name="shop", namespaces={"shop-ci": "baseline"}, subjects=("group:support", "user:bob")),
    )
)


@pytest.mark.parametrize(
    ("subject", "tenants"),
    [
        ("user:bob", ["shop"]),
        ("group:bob", []),
        ("group:support", ["payments", "shop"]),
        ("serviceaccount:ci/deployer", ["payments"]),
        ("serviceaccount:ci/other", []),
        ("serviceaccount:payments-api/anything", ["payments"]),
        ("serviceaccount:shop-ci/*", ["shop"]),
        ("serviceaccount:shop-ci/deployer", ["payments", "shop"]),
        ("user:payments-api/anything", []),
        ("", []),
    ],
)
def test_a_subject_belongs_to_every_tenant_that_names_or_houses_it(subject: str, tenants: list[str]) -> None:
    assert [tenant.name for tenant in KNOWLEDGE.tenants_of_subject(subject)] == tenants


def test_a_namespace_has_one_owner() -> None:
    owner = KNOWLEDGE.tenant_of_namespace("shop-ci")
    assert owner is not None
    assert owner.name == "shop"
    assert KNOWLEDGE.tenant_of_namespace("kube-system") is None
