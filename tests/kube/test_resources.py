"""Resources by the names that people use, as kubectl resolves them."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.resources import built_in_resources, near_resource, resource_named
from k8s_hardening.kube.scopes import NAMESPACED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("po", "pods"),
        ("pod", "pods"),
        ("Pods", "pods"),
        ("secret", "secrets"),
        ("deploy", "deployments.apps"),
        ("deployments.apps", "deployments.apps"),
        ("deployments.v1.apps", "deployments.apps"),
        ("deployments.extensions", "deployments.extensions"),
        ("ev", "events"),
        ("events.events.k8s.io", "events.events.k8s.io"),
        ("netpol", "networkpolicies.networking.k8s.io"),
        ("ing", "ingresses.networking.k8s.io"),
        ("endpoints", "endpoints"),
        ("crd", "customresourcedefinitions.apiextensions.k8s.io"),
        ("psp", "podsecuritypolicies.policy"),
        ("users", "users"),
        ("signers", "signers.certificates.k8s.io"),
        ("pods.apps", None),
        ("widgets", None),
        ("", None),
    ],
)
def test_a_name_leads_to_a_resource(text: str, expected: str | None) -> None:
    found = resource_named(text)
    assert (found and found.full_name) == expected


def test_a_similar_name_is_known() -> None:
    assert near_resource("secretz") == "secrets"
    assert near_resource("deployment.app") == "deployments.apps"
    assert near_resource("xyzzy") == ""


def test_what_lives_in_namespaces_is_what_is_said_elsewhere() -> None:
    requests = {"Binding", "LocalSubjectAccessReview"}
    for one in built_in_resources():
        if one.kind not in requests and one.group in NAMESPACED:
            assert one.namespaced is (one.kind in NAMESPACED[one.group]), one
