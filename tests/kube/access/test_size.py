"""The whole matrix of a large cluster in the time that docs/performance.md names."""

from __future__ import annotations

import time
from typing import Any

import pytest

from k8s_hardening.kube.access import World, matrix
from k8s_hardening.model.people import AccessSpec, Holder
from k8s_hardening.plans.tenant_roles import rules_of
from tests.kube.access.worlds import bind, rbac

TENANTS, NAMESPACES, SECONDS = 200, 3, 10
_LEVELS = {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.mark.thorough
def test_the_matrix_of_200_tenants_takes_less_than_ten_seconds() -> None:
    access = AccessSpec(secrets=Holder.MEMBER)
    objects: list[Any] = []
    for tenant in range(TENANTS):
        for number in range(NAMESPACES):
            where = f"t{tenant}-{number}"
            objects.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": where, "labels": _LEVELS}})
            for role in ("admin", "member", "viewer"):
                people = [f"user:{role}-{tenant}", f"group:{role}s-{tenant}"]
                people += [f"serviceaccount:{where}/ci"] if role == "member" else []
                objects.append(rbac("Role", role, where, rules=rules_of(role, access)))
                objects.append(bind(f"Role/{role}", *people, namespace=where, name=role))
    began = time.process_time()
    rows = list(matrix(World.of(objects)))
    assert time.process_time() - began < SECONDS
    # Two people of each role, and the account that is bound in each namespace.
    assert len(rows) == TENANTS * NAMESPACES * (3 * 2 + 1)
    reading = [row for row in rows if row.secrets is not None]
    assert len(reading) == TENANTS * NAMESPACES * (2 * 2 + 1)
