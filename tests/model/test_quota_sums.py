"""Sums of quotas over namespaces and over tenants that are parts of others, from plain data of any shape."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.crossing import baseline_problems
from k8s_hardening.model.parts import Party
from k8s_hardening.model.quota_sums import parts_among, quota_problems


def tenant(index: int, name: str, **fields: Any) -> Party:
    return Party(("tenants", index), {"name": name, "namespaces": [{"name": f"{name}-a"}], **fields})


def lines(tenants: list[Party]) -> list[tuple[str, str]]:
    parts = parts_among(tenants)
    found = [problem for one in tenants for problem in quota_problems(one, parts)]
    return [(".".join(map(str, loc)), what) for loc, _, what in found]


def test_sums_up_to_the_quota_are_fine() -> None:
    assert lines([tenant(0, "retail", quota={"requests.cpu": "4", "pods": 50})]) == []
    assert lines([tenant(0, "retail")]) == []


def test_a_part_counts_with_its_own_quota() -> None:
    whole = tenant(0, "retail", quota={"pods": 80})
    assert (
        lines([whole, tenant(1, "shop", parent="retail", quota={"pods": 30, "requests.cpu": 1})])
        == [
            ("tenants.1.quota.requests.cpu", 'is less than the 4 of namespace "shop-a" (4); for example "4"'),
            ("tenants.1.quota.pods", 'is less than the 50 of namespace "shop-a" (50); for example "50"'),
        ][::-1]
    )
    (one,) = lines([whole, tenant(1, "shop", parent="retail", quota={"pods": 60})])
    assert one == (
        "tenants.0.quota.pods",
        'is less than the 110 of namespace "retail-a" (50) and tenant "shop" (60); for example "110"',
    )


def test_a_part_without_a_quota_counts_with_its_namespaces_and_its_own_parts() -> None:
    tenants = [
        tenant(0, "retail", quota={"pods": 100}),
        tenant(1, "shop", parent="retail", size="small"),
        tenant(2, "cart", parent="shop", size="large"),
    ]
    (one,) = lines(tenants)
    assert one[0] == "tenants.0.quota.pods"
    assert 'less than the 270 of namespace "retail-a" (50) and tenant "shop" (220)' in one[1]


def test_a_part_that_bounds_nothing_is_named() -> None:
    whole = tenant(0, "retail", quota={"configmaps": 100}, namespaces=[{"name": "a", "quota": {"configmaps": 40}}])
    (one,) = lines([whole, tenant(1, "shop", parent="retail")])
    assert one == (
        "tenants.1.quota",
        'bounds no configmaps, of which tenant "retail" has 100 in all; for example {configmaps: "60"}',
    )


def test_tenants_that_are_parts_of_each_other_do_not_hang() -> None:
    circle = [
        tenant(0, "retail", parent="shop", quota={"pods": 10}),
        tenant(1, "shop", parent="retail"),
        tenant(2, "self", parent="self", quota={"pods": 1}),
    ]
    assert {path for path, _ in lines(circle)} == {"tenants.0.quota.pods", "tenants.2.quota.pods"}


def test_the_whole_baseline_asks_for_the_sums() -> None:
    tenants = [tenant(0, "retail", quota={"pods": 60}).fields, tenant(1, "shop", parent="retail").fields]
    found = [(loc, value) for loc, value, what in baseline_problems({"tenants": tenants}) if "less than" in what]
    assert found == [(("tenants", 0, "quota", "pods"), 60)]


@pytest.mark.parametrize("odd", [None, 7, "x", [], [7], {"pods": None}, {"pods": "x"}, {7: "1"}, {"pods": [1]}])
def test_what_is_no_quota_is_somebody_elses_problem(odd: Any) -> None:
    fields = {"namespaces": [{"name": "a", "quota": odd, "counts": odd, "size": odd}, odd], "quota": odd, "size": odd}
    whole = [tenant(0, "retail", **fields), tenant(1, "shop", parent="retail", **fields)]
    assert all("quota" in path for path, _ in lines(whole))


def test_short_names_and_long_ones_are_one_resource() -> None:
    both = [{"name": "a", "quota": {"cpu": "1", "requests.cpu": "3"}}]
    assert lines([tenant(0, "retail", quota={"requests.cpu": "1"}, namespaces=both)]) == []
    assert lines([tenant(0, "retail", quota={"cpu": "1"}, namespaces=both)]) == []
    (one,) = lines([tenant(0, "retail", quota={"cpu": "900m"}, namespaces=both)])
    assert one == ("tenants.0.quota.cpu", 'is less than the 1 of namespace "a" (1); for example "1"')
