"""API life spans against the removals that the Deprecated API Migration Guide lists."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.apis import api_of, is_unheard_of, successor_of
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion

# API version, kind, first version without it, what to use from there.
REMOVALS = [
    ("extensions/v1beta1", "NetworkPolicy", 16, "networking.k8s.io/v1"),
    ("extensions/v1beta1", "DaemonSet", 16, "apps/v1"),
    ("apps/v1beta1", "StatefulSet", 16, "apps/v1"),
    ("apps/v1beta2", "Deployment", 16, "apps/v1"),
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration", 22, "admissionregistration.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 22, "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", "APIService", 22, "apiregistration.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest", 22, "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", "Lease", 22, "coordination.k8s.io/v1"),
    ("extensions/v1beta1", "Ingress", 22, "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "IngressClass", 22, "networking.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding", 22, "rbac.authorization.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", 22, "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSIDriver", 22, "storage.k8s.io/v1"),
    ("batch/v1beta1", "CronJob", 25, "batch/v1"),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", 25, "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", "Event", 25, "events.k8s.io/v1"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", 25, "autoscaling/v2"),
    ("policy/v1beta1", "PodDisruptionBudget", 25, "policy/v1"),
    ("policy/v1beta1", "PodSecurityPolicy", 25, None),
    ("node.k8s.io/v1beta1", "RuntimeClass", 25, "node.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", 26, "flowcontrol.apiserver.k8s.io/v1beta3"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", 26, "autoscaling/v2"),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", 27, "storage.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", 29, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", 32, "flowcontrol.apiserver.k8s.io/v1"),
]


@pytest.mark.parametrize(("api_version", "kind", "gone", "successor"), REMOVALS)
def test_an_api_ends_where_the_migration_guide_says(
    api_version: str, kind: str, gone: int, successor: str | None
) -> None:
    api = api_of(api_version, kind)
    assert api is not None
    assert api.is_past(KubeVersion(1, gone))
    assert not api.is_past(KubeVersion(1, gone - 1))
    assert successor_of(kind, KubeVersion(1, max(gone, OLDEST.minor))) == successor


@pytest.mark.parametrize(
    ("api_version", "kind", "since"),
    [
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", 30),
        ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", 36),
        ("policy/v1", "PodDisruptionBudget", 21),
        ("batch/v1", "CronJob", 21),
        ("networking.k8s.io/v1", "Ingress", 19),
    ],
)
def test_an_api_starts_with_its_first_version(api_version: str, kind: str, since: int) -> None:
    api = api_of(api_version, kind)
    assert api is not None
    assert api.is_future(KubeVersion(1, since - 1))
    assert api.is_served(KubeVersion(1, since))
    assert api.is_served(NEWEST)


def test_alpha_and_new_beta_versions_are_off_by_default() -> None:
    opt_in = {
        (version, kind): api.is_opt_in
        for version, kind in [
            ("admissionregistration.k8s.io/v1alpha1", "ValidatingAdmissionPolicy"),
            ("admissionregistration.k8s.io/v1beta1", "ValidatingAdmissionPolicy"),
            ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"),
            ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema"),
            ("policy/v1beta1", "PodSecurityPolicy"),
            ("apps/v1", "Deployment"),
        ]
        if (api := api_of(version, kind)) is not None
    }
    assert list(opt_in.values()) == [True, True, False, False, False, False]


def test_other_groups_and_core_kinds_have_no_life_span() -> None:
    assert api_of("v1", "Pod") is None
    assert api_of("example.com/v1beta1", "Deployment") is None
    assert api_of("", "") is None


def test_a_kind_that_is_not_listed_is_judged_only_in_a_dead_group_version() -> None:
    dead = api_of("extensions/v1beta1", "Scale")
    assert dead is not None
    assert dead.is_past(KubeVersion(1, 22))
    assert api_of("storage.k8s.io/v1", "SomethingNew") is None
    assert api_of("policy/v1", "SomethingNew") is None


@pytest.mark.parametrize(
    ("api_version", "kind", "unheard"),
    [
        ("networking.k8s.io/v2", "NetworkPolicy", True),
        ("networking.k8s.io/v1beta1", "NetworkPolicy", True),
        ("networking.k8s.io/v1", "NetworkPolicy", False),
        ("extensions/v1beta1", "NetworkPolicy", False),
        ("networking.k8s.io/v9", "Other", False),
        ("example.com/v2", "NetworkPolicy", False),
        ("v2", "ResourceQuota", True),
        ("v1", "ResourceQuota", False),
        ("", "ResourceQuota", False),
    ],
)
def test_versions_that_never_were(api_version: str, kind: str, unheard: bool) -> None:
    assert is_unheard_of(api_version, kind) is unheard
