"""Stacks whose rights lead too far to be followed are findings, and cost little."""

from __future__ import annotations

from typing import Any

from k8s_hardening.controls.registry import control_of
from k8s_hardening.model.knowledge import Knowledge
from tests.controls.corpus import KNOWLEDGE, findings_of
from tests.kube.access.worlds import bind, rbac, rule


def test_rights_that_are_followed_no_further_are_a_finding() -> None:
    objects: list[Any] = []
    for one in range(150):
        objects.append(rbac("ClusterRole", f"c{one}", rules=[rule("impersonate", "users", names=f"u{one + 1}")]))
        objects.append(bind(f"ClusterRole/c{one}", f"user:u{one}", name=f"b{one}"))
    control = control_of("secret-readers")
    assert control.check_stack is not None
    knowledge = Knowledge.model_validate(KNOWLEDGE)
    assert list(findings_of(objects, knowledge, (control,))) == [("secret-readers", 1, "subjects")]
    ((_, finding),) = control.check_stack(objects, knowledge)
    assert "more than 100 times in a row" in finding.found
