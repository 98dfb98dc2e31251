"""What an authorization part cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.authorization import AuthorizationSpec
from k8s_hardening.model.dialect import Dialect
from tests.plans.control_plane.reading import ENDPOINT, versions

NODE, RBAC = {"type": "Node"}, {"type": "RBAC"}


def webhook(name: str = "deny-list", **fields: Any) -> dict[str, Any]:
    return {"type": "Webhook", "webhook": {"name": name, "endpoint": ENDPOINT, **fields}}


def problems(version: str | KubeVersion, authorizers: list[dict[str, Any]]) -> dict[str, str]:
    """Location -> text of each problem."""
    spec = AuthorizationSpec.model_validate({"authorizers": authorizers})
    found = spec.problems(KubeVersion.parse(version), Dialect.KUBEADM)
    return {".".join(map(str, loc)): text for loc, _, text in found}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"authorizers": [NODE, RBAC, {"type": "AlwaysAllow"}]}, "lets everybody do everything"),
        ({"authorizers": []}, "is empty"),
        ({"authorizers": [RBAC]}, "without Node"),
        ({"authorizers": [NODE]}, "without RBAC"),
        ({"authorizers": [NODE, RBAC, RBAC]}, "RBAC twice"),
        ({"authorizers": [NODE, RBAC, {"type": "ABAC"}]}, "allow_abac"),
        ({"authorizers": [NODE, RBAC, {"type": "ABAC"}], "allow_abac": True}, "abac_policy_file"),
        ({"allow_abac": True, "abac_policy_file": "/etc/kubernetes/abac.jsonl"}, "allow_abac"),
        ({"abac_policy_file": "/etc/kubernetes/abac.jsonl"}, "allow_abac"),
        ({"authorizers": [NODE, RBAC, {"type": "AlwaysDeny"}]}, "allow_always_deny"),
        ({"allow_always_deny": True}, "allow_always_deny"),
        ({"authorizers": [NODE, RBAC, {"type": "Webhook"}]}, "webhook"),
        ({"authorizers": [NODE, {**webhook(), "type": "RBAC"}]}, "webhook"),
        ({"authorizers": [NODE, RBAC, webhook(), webhook()]}, "two authorizers of one name"),
        ({"authorizers": [NODE, RBAC, webhook("rbac")]}, "two authorizers of one name"),
        ({"authorizers": [NODE, RBAC, webhook("Deny_List")]}, "DNS-1123 subdomain"),
        ({"authorizers": [NODE, RBAC, webhook(timeout="31s")]}, "not between 100ms and 30s"),
        ({"authorizers": [NODE, RBAC, webhook(timeout="0s")]}, "no time at all"),
        ({"authorizers": [NODE, RBAC, webhook(match_conditions=[" "])]}, "is empty"),
        ({"authorizers": [NODE, RBAC, webhook(match_conditions=["true", "true"])]}, "twice"),
        ({"authorizers": [NODE, RBAC, webhook(match_conditions=[f"{n} == {n}" for n in range(65)])]}, "more than 64"),
        ({"authorizers": [NODE, RBAC, webhook(endpoint={**ENDPOINT, "url": "http://x.example.com"})]}, "not an https"),
    ],
)
def test_what_no_version_takes(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        AuthorizationSpec.model_validate(fields)


@pytest.mark.parametrize("version", versions(18, 29))
def test_what_flags_cannot_say(version: KubeVersion) -> None:
    found = problems(
        version,
        [webhook(match_conditions=["true"], timeout="3s"), NODE, RBAC, webhook("b", failure_policy="NoOpinion")],
    )
    assert set(found) == {
        "authorizers",
        "authorizers.0.webhook.failure_policy",
        "authorizers.0.webhook.match_conditions",
        "authorizers.0.webhook.timeout",
    }
    assert all("1.30" in text for text in found.values())


@pytest.mark.parametrize("version", versions(30, 37))
def test_what_the_file_can_say(version: KubeVersion) -> None:
    assert problems(version, [webhook(match_conditions=["true"], timeout="3s"), NODE, RBAC, webhook("b")]) == {}
