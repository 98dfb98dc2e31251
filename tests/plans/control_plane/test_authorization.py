"""Who may do what, as flags or as a file, by version."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.authorization import AuthorizationSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.authorization import plan_authorization
from k8s_hardening.plans.control_plane.part import Part
from tests.plans.control_plane.reading import (
    ENDPOINT,
    file_of,
    files_named_but_not_mounted,
    flags_of,
    versions,
)

NODE, RBAC = {"type": "Node"}, {"type": "RBAC"}


def webhook(name: str = "deny-list", **fields: Any) -> dict[str, Any]:
    return {"type": "Webhook", "webhook": {"name": name, "endpoint": ENDPOINT, **fields}}


def part(version: str | KubeVersion = "1.37", **fields: Any) -> Part:
    kubernetes = KubeVersion.parse(version)
    spec = AuthorizationSpec.model_validate(fields)
    assert list(spec.problems(kubernetes, Dialect.KUBEADM)) == []
    return plan_authorization(spec, kubernetes)


@pytest.mark.parametrize("version", versions())
def test_the_mode_is_written_in_every_version(version: KubeVersion) -> None:
    found = part(version)
    assert flags_of(found) == {"authorization-mode": ("Node,RBAC",)}
    assert found.advice == ()


@pytest.mark.parametrize("version", versions(18, 29))
def test_before_1_30_a_webhook_is_flags(version: KubeVersion) -> None:
    found = part(version, authorizers=[webhook(failure_policy="NoOpinion"), NODE, RBAC])
    assert flags_of(found) == {
        "authorization-mode": ("Webhook,Node,RBAC",),
        "authorization-webhook-config-file": ("/etc/kubernetes/hardening/authorization/deny-list.kubeconfig",),
        "authorization-webhook-version": ("v1",),
        "authorization-webhook-cache-authorized-ttl": ("30s",),
        "authorization-webhook-cache-unauthorized-ttl": ("30s",),
    }
    assert file_of(found, "authorization-webhook-config-file")["clusters"][0]["cluster"] == {"server": ENDPOINT["url"]}
    assert files_named_but_not_mounted(found) == set()


@pytest.mark.parametrize(("version", "api"), [("1.30", "v1beta1"), ("1.31", "v1beta1"), ("1.32", "v1"), ("1.37", "v1")])
def test_from_1_30_webhooks_are_a_file_that_excludes_the_flags(version: str, api: str) -> None:
    conditions = ["request.user != 'system:kube-scheduler'", "!('system:nodes' in request.groups)"]
    found = part(
        version,
        authorizers=[webhook(match_conditions=conditions, timeout="2s"), NODE, RBAC, webhook("ask-last")],
    )
    assert set(flags_of(found)) == {"authorization-config"}
    document = file_of(found, "authorization-config")
    assert document["apiVersion"] == f"apiserver.config.k8s.io/{api}"
    assert document["kind"] == "AuthorizationConfiguration"
    assert [(one["type"], one["name"]) for one in document["authorizers"]] == [
        ("Webhook", "deny-list"),
        ("Node", "node"),
        ("RBAC", "rbac"),
        ("Webhook", "ask-last"),
    ]
    assert document["authorizers"][0]["webhook"] == {
        "authorizedTTL": "30s",
        "unauthorizedTTL": "30s",
        "timeout": "2s",
        "subjectAccessReviewVersion": "v1",
        "matchConditionSubjectAccessReviewVersion": "v1",
        "failurePolicy": "Deny",
        "connectionInfo": {
            "type": "KubeConfigFile",
            "kubeConfigFile": "/etc/kubernetes/hardening/authorization/deny-list.kubeconfig",
        },
        "matchConditions": [{"expression": text} for text in conditions],
    }
    assert "webhook" not in document["authorizers"][1]
    assert {file.path for file in found.files} == {
        "/etc/kubernetes/hardening/authorization/ask-last.kubeconfig",
        "/etc/kubernetes/hardening/authorization/deny-list.kubeconfig",
    }
    assert files_named_but_not_mounted(found) == set()


def test_a_webhooks_kubeconfig_holds_its_ca_and_no_key() -> None:
    ca = "-----BEGIN CERTIFICATE-----\nMAcwADAAAwEA\n-----END CERTIFICATE-----\n"
    endpoint = {**ENDPOINT, "certificate_authority": ca}
    found = part(authorizers=[NODE, RBAC, {"type": "Webhook", "webhook": {"name": "last", "endpoint": endpoint}}])
    kubeconfig = yaml.safe_load(found.files[0].text)
    assert set(kubeconfig["clusters"][0]["cluster"]) == {"server", "certificate-authority-data"}
    assert set(kubeconfig["users"][0]["user"]) == {"client-certificate", "client-key"}


def test_a_webhook_that_can_stop_the_cluster_is_pointed_out() -> None:
    (text,) = part(authorizers=[webhook(), NODE, RBAC]).advice
    assert "deny-list comes before RBAC" in text
    assert part(authorizers=[NODE, RBAC, webhook()]).advice == ()
    assert part(authorizers=[webhook(match_conditions=["request.user == 'alice'"]), NODE, RBAC]).advice == ()
    assert part(authorizers=[webhook(failure_policy="NoOpinion"), NODE, RBAC]).advice == ()


def test_abac_has_to_be_asked_for_aloud() -> None:
    found = part(
        authorizers=[NODE, RBAC, {"type": "ABAC"}], allow_abac=True, abac_policy_file="/etc/kubernetes/abac.jsonl"
    )
    assert flags_of(found) == {
        "authorization-mode": ("Node,RBAC,ABAC",),
        "authorization-policy-file": ("/etc/kubernetes/abac.jsonl",),
    }
    assert files_named_but_not_mounted(found) == set()
    assert "move them to RBAC" in found.advice[0]


def test_always_deny_for_tests() -> None:
    found = part(authorizers=[NODE, RBAC, {"type": "AlwaysDeny"}], allow_always_deny=True)
    assert flags_of(found) == {"authorization-mode": ("Node,RBAC,AlwaysDeny",)}
