"""What a resource is, before anything judges what it holds."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.gates import GATES, Around
from k8s_hardening.kube.manifest import UNKNOWN

PACKAGES = frozenset({"random"})
POD = {"apiVersion": "v1", "kind": "Pod"}


def found(token: str, properties: dict[str, Any], *, renders: bool = False) -> list[tuple[str, str]]:
    """(gate, path) of every finding."""
    return [(gate.id, one.path) for gate in GATES for one in gate.check(token, properties, Around(PACKAGES, renders))]


@pytest.mark.parametrize(
    ("token", "properties"),
    [
        ("kubernetes:core/v1:Pod", POD),
        ("kubernetes:core/v1:PodPatch", POD),
        ("kubernetes:apps/v1:Deployment", {"apiVersion": "apps/v1", "kind": "Deployment"}),
        ("kubernetes:apiregistration/v1:APIService", {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService"}),
        ("kubernetes:example.com/v1:HotPatch", {"apiVersion": "example.com/v1", "kind": "HotPatch"}),
        ("kubernetes:core/v1:Pod", {}),  # not targeted, so not known to this run
        ("kubernetes:helm.sh/v4:Chart", {"chart": "nginx"}),
        ("kubernetes:yaml/v2:ConfigFile", {"file": "a.yaml"}),
        ("pulumi:providers:kubernetes", {"version": "4.27.0"}),
        ("k8s-hardening:index:Tenant", {"name": "a"}),
        ("random:index/randomPet:RandomPet", {}),
        ("kubernetes:yaml:ConfigGroup", {"files": ["a.yaml"]}),
        ("kubernetes:core/v1:ServiceAccountPatch", {"apiVersion": "v1", "kind": "ServiceAccount"}),
        ("kubernetes:argoproj.io/v1alpha1:Rollout", {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}),
        ("pulumi:providers:kubernetes", {"__internal": {"name": "kubernetes"}}),
        ("pulumi:providers:k8s-hardening", {"pluginDownloadURL": "git://git.example.com/components"}),
    ],
)
def test_honest_resources_pass(token: str, properties: dict[str, Any]) -> None:
    assert found(token, properties) == []


@pytest.mark.parametrize(
    ("token", "properties", "expected"),
    [
        ("kubernetes:core/v1:ConfigMap", POD, [("resource-type", "kind")]),
        ("kubernetes:apps/v1:Pod", POD, [("resource-type", "apiVersion")]),
        ("kubernetes:core/v1:Pod", {"kind": "Pod"}, [("resource-type", "apiVersion")]),
        ("kubernetes:core/v1:Pod", {"apiVersion": "v1", "kind": UNKNOWN}, [("resource-type", "kind")]),
        ("kubernetes:helm.sh/v3:Release", {}, [("opaque-release", "(resource)")]),
        ("kubernetes:yaml/v2:ConfigFile", {"file": UNKNOWN}, [("opaque-release", "(resource)")]),
        (
            "kubernetes:core/v1:PodList",
            {"apiVersion": "v1", "kind": "PodList", "items": UNKNOWN},
            [("opaque-release", "(resource)")],
        ),
        (
            "kubernetes:yaml.example.com/v1:PodPatch",
            POD,
            [("resource-type", "apiVersion")],
        ),
        (
            "kubernetes:kustomize.example.com/v1:Deployment",
            POD,
            [("resource-type", "apiVersion"), ("resource-type", "kind")],
        ),
        (
            "kubernetes:helm.cattle.io/v1:HelmChart",
            {"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart"},
            [("opaque-release", "kind")],
        ),
        (
            "kubernetes:argoproj.io/v1alpha1:Application",
            {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"},
            [("opaque-release", "kind")],
        ),
        (
            "kubernetes:kustomize.toolkit.fluxcd.io/v1:Kustomization",
            {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"},
            [("opaque-release", "kind")],
        ),
        (
            "kubernetes:networking.k8s.io/v1:NetworkPolicyPatch",
            {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"},
            [("patched-guard-rail", "(resource)")],
        ),
        (
            "kubernetes:core/v1:ResourceQuotaPatch",
            {"apiVersion": "v1", "kind": "ResourceQuota"},
            [("patched-guard-rail", "(resource)")],
        ),
        ("command:local:Command", {}, [("provider-package", "(resource)")]),
        (
            "pulumi:providers:kubernetes",
            {"__internal": {"pluginDownloadURL": "https://plugins.example.com"}},
            [("provider-package", "(resource)")],
        ),
        (
            "pulumi:providers:kubernetes",
            {"pluginDownloadURL": "https://plugins.example.com"},
            [("provider-package", "(resource)")],
        ),
        ("pulumi-python:dynamic:Resource", {}, [("provider-package", "(resource)")]),
    ],
)
def test_what_hides_an_object_is_found(token: str, properties: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(token, properties) == expected


SECRET = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque"}


@pytest.mark.parametrize("field", ["data", "stringData"])
@pytest.mark.parametrize("token", ["kubernetes:core/v1:Secret", "kubernetes:core/v1:SecretPatch"])
def test_a_provider_that_renders_gets_no_values_of_a_secret(token: str, field: str) -> None:
    secret = {**SECRET, field: {"password": "of-a-test"}}
    assert found(token, secret, renders=True) == [("rendered-secret", field)]
    assert found(token, secret) == []
    assert found(token, SECRET, renders=True) == []
    (one,) = (one for gate in GATES for one in gate.check(token, secret, Around(renders=True)))
    assert "of-a-test" not in one.message
