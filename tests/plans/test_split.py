"""How many resources a stack holds, and how tenants share several."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.admission_policies import objects_of_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.split import LIMIT, StackShare, refuse_too_large, resources_of_tenants, split_into_stacks
from tests.model.sample import sample
from tests.plans.environments import environment

ALONE = 9  # namespace, quota, limits, account, deny-all, DNS, admins' role and binding, and the component around them


def many(count: int, *, links: dict[int, int] | None = None) -> Baseline:
    tenants: list[dict[str, Any]] = [
        {"name": f"t{index:03}", "admins": ["group:admins"], "namespaces": [{"name": f"n{index:03}"}], "flows": []}
        for index in range(count)
    ]
    for source, destination in (links or {}).items():
        tenants[source]["flows"].append(
            {
                "name": f"to-{destination}",
                "source": {"namespace": f"n{source:03}"},
                "destination": {"namespace": f"n{destination:03}"},
                "ports": ["TCP/1"],
            }
        )
        tenants[destination].setdefault("accepts", []).append(f"t{source:03}/to-{destination}")
    # A version with neither PodSecurityPolicies nor policies of the API server: those belong to no tenant.
    return read_baseline(sample({"tenants": tenants, "kubernetes": "1.25"}))


def test_every_object_and_one_component_per_tenant_count() -> None:
    baseline = environment()
    counted = resources_of_tenants(baseline)
    objects = len(plan_baseline(baseline).manifests) - len(objects_of_baseline(baseline))
    assert sum(counted.values()) == objects + len(baseline.tenants)
    assert resources_of_tenants(many(2)) == {"t000": ALONE, "t001": ALONE}


@pytest.mark.parametrize(("target", "more"), [({"context_config": "kubeContext"}, 1), ({"render": "out/dev"}, 0)])
def test_credentials_count_where_they_are_made(target: dict[str, str], more: int) -> None:
    baseline = many(1)
    images = {**baseline.images.model_dump(), "pull_secret_config": "registryPullSecret"}
    with_credentials = {**baseline.model_dump(exclude_unset=True), "images": images, "target": target}
    assert resources_of_tenants(read_baseline(with_credentials)) == {"t000": ALONE + more}


def test_what_fits_is_one_stack() -> None:
    assert split_into_stacks(many(3)) == (StackShare(("t000", "t001", "t002"), 3 * ALONE + 5),)
    assert refuse_too_large(many(3)) == []


def test_one_stack_after_the_other_is_filled() -> None:
    shares = split_into_stacks(many(5), limit=2 * ALONE + 5)
    assert [share.tenants for share in shares] == [("t000", "t001"), ("t002", "t003"), ("t004",)]
    assert [share.resources for share in shares] == [23, 23, 14]


def test_policies_of_the_server_take_room_in_every_stack() -> None:
    newer = many(3).model_copy(update={"kubernetes": KubeVersion(1, 36)})
    (share,) = split_into_stacks(newer)
    assert share.resources == 3 * ALONE + 5 + len(objects_of_baseline(newer)) + 1


def test_the_order_of_tenants_makes_no_difference() -> None:
    baseline = many(6, links={0: 5, 1: 3})
    turned = baseline.model_copy(update={"tenants": tuple(reversed(baseline.tenants))})
    assert split_into_stacks(baseline, 30) == split_into_stacks(turned, 30)


def test_tenants_with_a_flow_between_them_stay_together() -> None:
    shares = split_into_stacks(many(4, links={0: 3, 3: 1}), limit=3 * ALONE + 5 + 4)
    assert [share.tenants for share in shares] == [("t000", "t001", "t003"), ("t002",)]
    assert [share.flows_to_repeat for share in shares] == [(), ()]


def test_the_parts_of_one_tenant_stay_together() -> None:
    data = many(4).model_dump(mode="json", exclude_unset=True)
    data["tenants"][3]["parent"] = "t000"
    shares = split_into_stacks(read_baseline(data), limit=3 * ALONE + 5)
    assert [share.tenants for share in shares] == [("t000", "t001", "t003"), ("t002",)]


def test_linked_tenants_that_are_too_many_are_parted_and_their_flows_named() -> None:
    shares = split_into_stacks(many(3, links={0: 1, 1: 2}), limit=ALONE + 5 + 2)
    assert [share.tenants for share in shares] == [("t000",), ("t001",), ("t002",)]
    assert [share.flows_to_repeat for share in shares] == [(), ("t000.to-1",), ("t001.to-2",)]


def test_no_stack_is_larger_than_the_limit_and_no_tenant_is_lost() -> None:
    baseline = many(60, links={index: index + 7 for index in range(0, 50, 5)})
    for limit in (14, 40, 100, 1000):
        shares = split_into_stacks(baseline, limit)
        assert all(share.resources <= limit or len(share.tenants) == 1 for share in shares)
        assert sorted(name for share in shares for name in share.tenants) == [
            tenant.name for tenant in baseline.tenants
        ]


def test_the_refusal_shows_the_split() -> None:
    assert refuse_too_large(many(3), limit=2 * ALONE + 5) == [
        (
            "k8s-hardening:baseline.tenants: make 32 resources, and one stack holds at most 23; split them over "
            "stacks, for example t000, t001 (23 resources); t002 (14 resources)"
        )
    ]


def test_the_refusal_names_flows_to_repeat() -> None:
    (line,) = refuse_too_large(many(2, links={0: 1}), limit=ALONE + 5 + 1)
    assert line.endswith("t000 (15 resources); t001 (15 resources, declare there too: t000.to-1)")


def test_a_tenant_that_is_too_large_alone_is_named() -> None:
    problems = refuse_too_large(many(1), limit=13)
    assert len(problems) == 2
    assert '"t000" alone makes 14 resources, more than the 13 of one stack' in problems[1]


def test_the_limit() -> None:
    assert LIMIT == 2000
