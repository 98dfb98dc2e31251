"""Components that stand alone refuse what a whole baseline would refuse."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.model.network import DenyAllInputs
from k8s_hardening.model.problems import explain
from k8s_hardening.model.tenant import TenantInputs
from tests.model.sample import sample

FLOW = sample()["tenants"][0]["flows"][0]
TENANT = {
    "name": "payments",
    "admins": ["group:admins"],
    "namespaces": [{"name": "payments-api"}],
    "kubernetes": "1.36",
}
CLOSED = {"namespace": "payments-api", "kubernetes": "1.36"}
LABELS = {"dns": {"namespace_labels": {"name": "kube-system"}}}


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        ({"flows": [FLOW, {**FLOW, "name": "shop.db"}]}, []),
        (
            {"namespaces": [{"name": "a"}, {"name": "a"}]},
            ['x.namespaces[1].name: "a" is already a namespace of this tenant; for example "a-2"'],
        ),
        ({"flows": [FLOW, FLOW]}, ['x.flows[1].name: "db" is already the name of another flow; for example "db-2"']),
        (
            {"flows": [{**FLOW, "source": {"namespace": "b"}, "destination": {"namespace": "c"}}]},
            [
                (
                    'x.flows[0]: "db" has no end in a namespace of this tenant; '
                    "for example destination: {namespace: payments-api}"
                )
            ],
        ),
        (
            {"flows": [{**FLOW, "name": "a.b.c"}]},
            ['x.flows[0].name: "a.b.c" is not a DNS-1123 label; for example "b-c"'],
        ),
        (
            {"kubernetes": "1.20"},
            [
                (
                    "x.dns.namespace_labels: (absent) is needed with Kubernetes 1.20, which does not label namespaces "
                    'with their name; for example {name: "kube-system"}'
                )
            ],
        ),
        (
            {"kubernetes": "1.20", **LABELS, "flows": [{**FLOW, "ports": ["TCP/1-2"]}]},
            [
                (
                    'x.flows[0].ports[0]: "TCP/1-2" is a range, and Kubernetes 1.20 opens only its first port; name '
                    'each port, or use Kubernetes 1.22; for example "TCP/1"'
                )
            ],
        ),
    ],
)
def test_a_tenant_that_stands_alone(changes: dict[str, Any], lines: list[str]) -> None:
    assert lines_of(TenantInputs, {**TENANT, **changes}) == lines


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"flows": [FLOW]}, []),
        (
            {"namespace": "elsewhere", "flows": [FLOW]},
            ['x.flows[0]: "db" has no end in this namespace; for example destination: {namespace: elsewhere}'],
        ),
        ({"flows": [FLOW, FLOW]}, ['x.flows[1].name: "db" is already the name of another flow; for example "db-2"']),
        (
            {"kubernetes": "1.21", "flows": [{**FLOW, "ports": ["TCP/1-2"]}]},
            [
                (
                    'x.flows[0].ports[0]: "TCP/1-2" is a range, and Kubernetes 1.21 opens only its first port; name '
                    'each port, or use Kubernetes 1.22; for example "TCP/1"'
                )
            ],
        ),
    ],
)
def test_a_closed_namespace_that_stands_alone(changes: dict[str, Any], lines: list[str]) -> None:
    assert lines_of(DenyAllInputs, {**CLOSED, **changes}) == lines


def lines_of(model: type[TenantInputs] | type[DenyAllInputs], data: dict[str, Any]) -> list[str]:
    try:
        model.model_validate(data)
    except ValidationError as error:
        return explain(error, model, "x")
    return []
