"""What a tenant may have, where the namespace, and so the tenant, is known only at apply."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import control_of
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.model.knowledge import Knowledge
from tests.controls.corpus import KNOWLEDGE

OBJECTS: dict[str, dict[str, Any]] = {
    "service-types": {"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer"}},
    "ingress-hosts": {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "spec": {"rules": [{"host": "shop.example.com"}]},
    },
    "ingress-classes": {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "spec": {"ingressClassName": "edge"},
    },
    "priority-classes": {"apiVersion": "v1", "kind": "Pod", "spec": {"priorityClassName": "shop-critical"}},
    "runtime-classes": {"apiVersion": "v1", "kind": "Pod", "spec": {"runtimeClassName": "gvisor"}},
    "storage-classes": {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "spec": {"storageClassName": "encrypted-ssd"},
    },
}


def findings(control: str, namespace: Any, **changes: Any) -> list[bool]:
    """Of each finding, whether it is undecided."""
    manifest = {**OBJECTS[control], "metadata": {"name": "shop", "namespace": namespace}}
    knowledge = Knowledge.model_validate({**KNOWLEDGE, **changes})
    return [one.finding.unknown for one in judge(manifest, [control_of(control)], knowledge)]


@pytest.mark.parametrize("control", OBJECTS)
def test_the_tenant_decides_and_an_unknown_one_leaves_it_undecided(control: str) -> None:
    assert findings(control, "shop-web") == []
    assert findings(control, "payments-api") == [False]
    assert findings(control, UNKNOWN) == [True]


@pytest.mark.parametrize("control", OBJECTS)
@pytest.mark.parametrize("namespace", ["monitoring", None, 7])
def test_outside_of_tenants_nothing_is_limited(control: str, namespace: Any) -> None:
    assert findings(control, namespace) == []


@pytest.mark.parametrize("control", OBJECTS)
def test_without_tenants_an_unknown_namespace_is_nobodys(control: str) -> None:
    assert findings(control, UNKNOWN, tenants=[]) == []
