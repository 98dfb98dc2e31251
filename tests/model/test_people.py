"""The people of tenants: what may be said of them, and who has rights in a part since it has them in the whole."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.inheriting import inherited, wholes_of
from k8s_hardening.model.people import Holder
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import tenant_inputs
from tests.model.sample import sample

OIDC = [{"url": "https://a.example.com", "audiences": ["k8s"], "mfa": {"amr": ["mfa"]}, "groups_claim": "groups"}]
FLOW = {
    "name": "down",
    "source": {"namespace": "payments-api"},
    "destination": {"namespace": "shop-web"},
    "ports": ["TCP/1"],
}


def tree() -> Baseline:
    """Payments, of which the shop is a part, of which a booth is one."""
    data = sample({"tenants/1/parent": "payments"})
    payments, shop = data["tenants"]
    payments["admins"] += ["serviceaccount:ci/deployer"]
    payments["viewers"] = ["group:auditors", "serviceaccount:payments-api/watcher"]
    shop["viewers"] = ["user:ann"]
    booth = {"name": "booth", "parent": "shop", "namespaces": [{"name": "booth"}], "viewers": ["group:shop-admins"]}
    return read_baseline({**data, "tenants": [booth, shop, payments]})


def test_who_inherits() -> None:
    baseline = tree()
    booth, shop, payments = baseline.tenants
    assert [one.name for one in wholes_of(booth, baseline.tenants)] == ["shop", "payments"]
    assert inherited(payments, baseline.tenants, "admins") == ()
    assert inherited(shop, baseline.tenants, "admins") == ("group:payments-admins", "serviceaccount:ci/deployer")
    assert inherited(booth, baseline.tenants, "admins") == (
        "group:payments-admins",
        "group:shop-admins",
        "serviceaccount:ci/deployer",
    )
    # An account in a tenant's namespace is anybody who starts pods there; and who has a role of the part keeps that.
    assert inherited(shop, baseline.tenants, "viewers") == ("group:auditors",)
    assert inherited(booth, baseline.tenants, "viewers") == ("group:auditors", "user:ann")


def test_a_tenant_is_told_who_inherits() -> None:
    baseline = tree()
    inputs = tenant_inputs(baseline, baseline.tenants[1])
    assert inputs.parent == "payments"
    assert inputs.parent_admins == ("group:payments-admins", "serviceaccount:ci/deployer")
    assert inputs.parent_viewers == ("group:auditors",)


@pytest.mark.parametrize(
    "change",
    [
        {"tenants/1/parent": "payments", "tenants/1/admins": []},
        {"tenants/1/parent": "payments", "tenants/0/flows/0": FLOW},  # the whole needs no consent of its part
        {"tenants/0/separation": True, "tenants/0/viewers": ["group:auditors", "serviceaccount:ci/auditor"]},
        {"tenants/0/access": {"exec": "member", "secrets": "admin"}, "tenants/0/members": ["group:developers"]},
        {"kubernetes": "1.30", "tenants/0/delegation": True, "tenants/0/namespace_prefix": "pay-"},
        {
            "kubernetes": "1.26",
            "admission_policies/unfinished_api": True,
            "tenants/0/delegation": True,
        },
        {
            "tenants/0/namespace_prefix": "pay-",
            "tenants/1/parent": "payments",
            "tenants/1/namespace_prefix": "pay-shop-",
        },
        {
            "control_plane/authentication/oidc": OIDC,
            "control_plane/authentication/certificate_subjects": ["group:shop-admins"],
            "tenants/0/admins": ["group:oidc:payments-admins"],
        },
        {
            "tenants/0/namespaces/0/pod_security": "baseline",
            "tenants/1/parent": "payments",
            "tenants/1/namespaces/0/pod_security": "baseline",
        },
    ],
    ids=str,
)
def test_accepted(change: dict[str, Any]) -> None:
    assert read_baseline(sample(change)).environment == "dev"


@pytest.mark.parametrize(("holder", "holds"), [("nobody", ()), ("admin", ("admin",)), ("member", ("admin", "member"))])
def test_who_holds_a_right(holder: str, holds: tuple[str, ...]) -> None:
    assert tuple(role for role in ("admin", "member", "viewer") if Holder(holder).includes(role)) == holds


def test_which_right_is_more() -> None:
    nobody, admin, member = Holder
    assert member.exceeds(admin)
    assert admin.exceeds(nobody)
    assert not admin.exceeds(admin)
    assert not nobody.exceeds(member)
