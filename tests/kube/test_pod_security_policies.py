"""The words of PodSecurityPolicy by version."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.pod_security import configuration_api, judges
from k8s_hardening.kube.pod_security_policies import is_policy, is_served, volume_types
from k8s_hardening.kube.version import KubeVersion, supported

V = KubeVersion.parse


def test_the_objects_end_with_1_24() -> None:
    assert is_served(V("1.18"))
    assert is_served(V("1.24"))
    assert not is_served(V("1.25"))


def test_ephemeral_volumes_have_a_name_from_1_19_on() -> None:
    assert set(volume_types(V("1.19"))) - set(volume_types(V("1.18"))) == {"ephemeral"}
    assert len(volume_types(V("1.24"))) == 29
    assert len(set(volume_types(V("1.24")))) == 29


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        ("policy/v1beta1", "PodSecurityPolicy", True),
        ("extensions/v1beta1", "PodSecurityPolicy", True),
        ("policy/v1beta1", "PodDisruptionBudget", False),
        ("example.com/v1", "PodSecurityPolicy", False),
        (None, "PodSecurityPolicy", False),
    ],
)
def test_a_policy_is_known_by_group_and_kind(api_version: str | None, kind: str, expected: bool) -> None:
    assert is_policy({"apiVersion": api_version, "kind": kind}) is expected


@pytest.mark.parametrize(
    ("version", "gate", "expected"),
    [
        ("1.21", True, None),
        ("1.22", False, None),
        ("1.22", True, "v1alpha1"),
        ("1.23", False, "v1beta1"),
        ("1.24", True, "v1beta1"),
        ("1.25", False, "v1"),
    ],
)
def test_pod_security_admission_by_version_and_gate(version: str, gate: bool, expected: str | None) -> None:
    api = configuration_api(V(version), gate=gate)
    assert api == (expected and f"pod-security.admission.config.k8s.io/{expected}")
    assert judges(V(version), gate=gate) is (expected is not None)


@pytest.mark.parametrize(("value", "expected"), [("1.24", V("1.24")), ("1.17", None), ("x", None), (None, None)])
def test_a_supported_version_or_nothing(value: object, expected: KubeVersion | None) -> None:
    assert supported(value) == expected
