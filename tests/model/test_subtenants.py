"""A part has at most what the whole has: limits that are lists, choices and nodes, in plain data of any shape."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.parts import tenants_in
from k8s_hardening.model.subtenants import nesting_problems


def refused(whole: dict[str, Any], part: dict[str, Any]) -> list[str]:
    """What is said of a part: the path below the tenant, and the end of the text."""
    tenants = [{"name": "retail", **whole}, {"name": "shop", "parent": "retail", **part}]
    found = []
    for loc, _, what in nesting_problems(tenants_in({"tenants": tenants})):
        assert loc[:2] == ("tenants", 1)
        assert 'tenant "retail", of which this is a part; for example ' in what
        found.append(".".join(map(str, loc[2:])))
    return found


REGISTRIES = {"registries": ["registry.example.com/retail"]}
TAINT = {"key": "example.com/pool", "operator": "Exists"}


@pytest.mark.parametrize(
    ("whole", "part", "expected"),
    [
        ({}, {}, []),
        ({"runtime_classes": ["gvisor"]}, {}, []),
        ({"runtime_classes": ["gvisor"]}, {"runtime_classes": ["gvisor"]}, []),
        ({}, {"ingress_classes": ["nginx"]}, ["ingress_classes.0"]),
        ({"priority_classes": ["low"]}, {"priority_classes": ["low", "high"]}, ["priority_classes.1"]),
        ({}, REGISTRIES, []),
        (REGISTRIES, {}, ["registries"]),
        (REGISTRIES, {"registries": ["registry.example.com/retail/shop"]}, []),
        (REGISTRIES, {"registries": ["registry.example.com/retailer"]}, ["registries.0"]),
        (REGISTRIES, {"registries": ["registry.example.com"]}, ["registries.0"]),
        ({"tolerations": [TAINT]}, {}, ["tolerations"]),
        ({"tolerations": [TAINT]}, {"tolerations": [TAINT]}, []),
        ({"tolerations": [TAINT]}, {"tolerations": [{"operator": "Exists"}]}, ["tolerations.0"]),
        ({}, {"node_selector": {"a": "b"}}, []),
        ({"node_selector": {"a": "b"}}, {"node_selector": {"a": "b", "c": "d"}}, []),
        ({"node_selector": {"a": "b"}}, {}, ["node_selector"]),
        ({"node_selector": {"a": "b"}}, {"node_selector": {"a": "c"}}, ["node_selector"]),
        ({"ingress_hosts": ["*.example.com"]}, {"ingress_hosts": ["a.example.com", "*.b.example.com"]}, []),
        ({"ingress_hosts": ["a.example.com"]}, {"ingress_hosts": ["*.a.example.com"]}, ["ingress_hosts.0"]),
        ({"registries": [7, None, {}]}, {"registries": "all"}, ["registries"]),
        ({"node_selector": []}, {"node_selector": 3, "tolerations": {}}, []),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_more_than_the_whole_has(whole: dict[str, Any], part: dict[str, Any], expected: list[str]) -> None:
    assert refused(whole, part) == expected


def test_a_part_of_a_part_is_held_to_the_nearest() -> None:
    tenants = [
        {"name": "retail", "service_types": ["LoadBalancer"]},
        {"name": "shop", "parent": "retail"},
        {"name": "booth", "parent": "shop", "service_types": ["LoadBalancer"]},
    ]
    (problem,) = nesting_problems(tenants_in({"tenants": tenants}))
    assert problem[0] == ("tenants", 2, "service_types", 0)
    assert 'tenant "shop"' in problem[2]


def test_circles_of_any_length_end() -> None:
    tenants = [{"name": name, "parent": other} for name, other in zip("abcd", "bcda", strict=True)]
    assert len(list(nesting_problems(tenants_in({"tenants": tenants})))) == 4
    tail = [*tenants, {"name": "e", "parent": "a"}]
    assert len(list(nesting_problems(tenants_in({"tenants": tail})))) == 4
