"""An exemption covers what it names, and nothing that only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import control_of
from k8s_hardening.model.knowledge import Knowledge
from tests.builders import container, pod
from tests.controls.corpus import KNOWLEDGE

EXEMPTION = {
    "control": "privileged",
    "namespace": "monitoring",
    "reason": "The node agent needs it.",
    "owner": "platform-team",
    "expires": "2026-12-31",
}


def judged(manifest: dict[str, Any], **changes: Any) -> list[str]:
    """Paths of what is found in spite of the exemption."""
    knowledge = Knowledge.model_validate({**KNOWLEDGE, "exemptions": [{**EXEMPTION, **changes}]})
    return [one.finding.path for one in judge(manifest, [control_of("privileged")], knowledge)]


def agent(*names: str, **metadata: Any) -> dict[str, Any]:
    """A pod in monitoring with privileged containers."""
    made = pod(containers=[container(name, securityContext={"privileged": True}) for name in names or ("agent",)])
    return {**made, "metadata": {"name": "node-agent", "namespace": "monitoring", **metadata}}


def test_it_covers_what_it_names() -> None:
    assert judged(agent()) == []
    assert judged(agent(), kind="Pod", name="node-agent", container="agent") == []


@pytest.mark.parametrize(
    ("manifest", "changes"),
    [
        (agent(namespace="payments-api"), {}),
        (agent(namespace="monitoring "), {}),
        (agent(namespace=None), {}),
        (agent(), {"kind": "DaemonSet"}),
        (agent(), {"name": "node"}),
        (agent(name=None, generateName="node-agent"), {"name": "node-agent"}),
        (agent("agent2"), {"container": "agent"}),
        (agent(), {"expires": "2026-11-23"}),
        ({**agent(namespace="payments-api"), "kind": "Deployment", "apiVersion": "example.com/v1"}, {}),
        (
            {
                **agent(namespace="payments-api", name="monitoring"),
                "kind": "Namespace",
                "apiVersion": "example.com/v1",
            },
            {},
        ),
    ],
    ids=str,
)
def test_it_covers_nothing_else(manifest: dict[str, Any], changes: dict[str, Any]) -> None:
    assert judged(manifest, **changes) == ["spec.containers[0].securityContext.privileged"]


def test_a_container_vouches_for_no_other() -> None:
    assert judged(agent("agent", "other"), container="agent") == ["spec.containers[1].securityContext.privileged"]
