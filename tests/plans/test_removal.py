"""Namespaces go in two changes: one that names the day, one that takes the tenant away on or after it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.removal import removal_refusals
from tests.model.sample import sample

TODAY = datetime.date(2026, 11, 24)
LIVE = {"target": {"context_config": "kubeContext"}}
ROOT = "k8s-hardening:baseline.tenants"


def state(**changes: Any) -> list[dict[str, Any]]:
    return list(plan_baseline(read_baseline(sample({**LIVE, **changes}))).manifests)


def without_shop() -> Baseline:
    return read_baseline(sample({**LIVE, "tenants": sample()["tenants"][:1]}))


def test_nothing_is_lost() -> None:
    assert removal_refusals(state(), read_baseline(sample(LIVE)), TODAY) == ()


def test_the_first_run_loses_nothing() -> None:
    assert removal_refusals([], without_shop(), TODAY) == ()


def test_a_tenant_that_disappears() -> None:
    assert removal_refusals(state(), without_shop(), TODAY) == (
        (
            f'{ROOT}: tenant "shop" is gone, and with it namespace shop-web, which may not be deleted yet; '
            'first apply the tenant as it was, for example with decommission: "2026-12-01"'
        ),
    )


@pytest.mark.parametrize(
    ("day", "refused"), [("2026-11-25", True), ("2026-11-24", False), ("2026-11-23", False), ("2099-01-01", True)]
)
def test_the_day_counts_from_its_morning(day: str, refused: bool) -> None:
    before = state(**{"tenants/1/decommission": day})
    assert bool(removal_refusals(before, without_shop(), TODAY)) is refused


def test_before_the_day_the_message_says_which_day() -> None:
    before = state(**{"tenants/1/decommission": "2027-06-30"})
    assert removal_refusals(before, without_shop(), TODAY) == (
        (
            f'{ROOT}: tenant "shop" is gone, and with it namespace shop-web, which may go on 2027-06-30 at the '
            'earliest; put it back until then, for example with decommission: "2027-06-30"'
        ),
    )


def test_a_day_that_is_set_in_the_same_change_comes_too_late() -> None:
    """Only the last run's word counts: a single change must not name the day and take the namespace."""
    after = read_baseline(
        sample({**LIVE, "tenants/1/decommission": "2026-01-01", "tenants/1/namespaces": [{"name": "shop-new"}]})
    )
    assert removal_refusals(state(), after, TODAY) == (
        (
            f'{ROOT}: tenant "shop" no longer has namespace shop-web, which may not be deleted yet; '
            'first apply the tenant as it was, for example with decommission: "2026-12-01"'
        ),
    )


def test_a_namespace_that_moves_to_another_tenant_would_be_deleted_on_the_way() -> None:
    after = read_baseline(
        sample({**LIVE, "tenants/1/namespaces": [{"name": "shop-web2"}], "tenants/0/namespaces/1/name": "shop-web",
                "tenants/0/flows": []})
    )  # fmt: skip
    assert [line.split("; ")[0].removeprefix(f"{ROOT}: ") for line in removal_refusals(state(), after, TODAY)] == [
        'tenant "payments" no longer has namespace payments-db, which may not be deleted yet',
        'tenant "shop" no longer has namespace shop-web, which may not be deleted yet',
    ]


def test_several_namespaces_of_one_tenant_make_one_line() -> None:
    (line,) = removal_refusals(state(), read_baseline(sample({**LIVE, "tenants": sample()["tenants"][1:]})), TODAY)
    assert "namespaces payments-api, payments-db, which" in line


def test_the_order_of_the_state_makes_no_difference() -> None:
    nobody = read_baseline(sample({**LIVE, "tenants": []}))
    assert removal_refusals(state()[::-1], nobody, TODAY) == removal_refusals(state(), nobody, TODAY)
    assert len(removal_refusals(state(), nobody, TODAY)) == 2


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"kind": "Namespace"},
        {"kind": "Namespace", "metadata": None},
        {"kind": "Namespace", "metadata": {"name": "kube-system", "labels": ["x"]}},
        {"kind": "ConfigMap", "metadata": {"name": "x", "labels": {"k8s-hardening/tenant": "gone"}}},
    ],
    ids=str,
)
def test_what_is_not_ours_is_left_alone(odd: dict[str, Any]) -> None:
    assert removal_refusals([odd], without_shop(), TODAY) == ()


@pytest.mark.parametrize("day", ["soon", "", None, 20270101, ["2020-01-01"]])
def test_a_day_that_cannot_be_read_is_none(day: Any) -> None:
    namespace = {
        "kind": "Namespace",
        "metadata": {
            "name": "old",
            "labels": {"k8s-hardening/tenant": "gone"},
            "annotations": {"k8s-hardening/decommission": day},
        },
    }
    (line,) = removal_refusals([namespace], without_shop(), TODAY)
    assert "may not be deleted yet" in line
