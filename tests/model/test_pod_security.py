"""The part `pod_security` of a baseline: what enforces by version, and what is refused with its successor."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.pod_security import PodSecurityInputs, PodSecuritySpec
from k8s_hardening.model.pod_security_inputs import pod_security_inputs
from k8s_hardening.model.problems import BadInputError, explain
from k8s_hardening.model.reading import read_baseline
from tests.plans.environments import environment_data

ROOT = "k8s-hardening:baseline"
REASON = "The network plug-in of the nodes."


def lines_of(version: str, **pod_security: Any) -> list[str]:
    """What is wrong with an environment of a version."""
    data = environment_data(version)
    data["pod_security"] = pod_security
    return lines_of_data(data)


def lines_of_data(data: dict[str, Any]) -> list[str]:
    try:
        read_baseline(data)
    except BadInputError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize(
    ("version", "migration", "policies", "admission"),
    [
        ("1.18", False, True, False),
        ("1.22", False, True, False),
        ("1.22", True, True, True),
        ("1.23", False, False, True),
        ("1.24", False, False, True),
        ("1.24", True, True, True),
        ("1.25", False, False, True),
        ("1.37", False, False, True),
    ],
)
def test_what_enforces_by_version(version: str, migration: bool, policies: bool, admission: bool) -> None:
    spec, known = PodSecuritySpec(migration=migration), KubeVersion.parse(version)
    assert spec.uses_policies(known) is policies
    assert spec.uses_admission(known) is admission
    assert policies or admission


@pytest.mark.parametrize(
    "field", ["restricted_groups", "baseline_namespaces", "privileged_namespaces", "seccomp_profiles", "selinux"]
)
def test_what_is_about_policies_is_refused_after_them_with_the_successor_named(field: str) -> None:
    value: Any = {
        "privileged_namespaces": {"calico-system": REASON},
        "selinux": {"type": "container_t"},
    }.get(field, ["monitoring"])
    (line,) = lines_of("1.25", **{field: value})
    assert line.startswith(f"{ROOT}.pod_security.{field}: ")
    assert "ended with Kubernetes 1.24" in line
    assert "Pod Security Admission" in line
    (line,) = lines_of("1.24", **{field: value})
    assert "unless migration is true" in line
    assert lines_of("1.24", migration=True, **{field: value}) == []
    assert lines_of("1.20", **{field: value}) == []


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.25", "keeps PodSecurityPolicies, which ended with Kubernetes 1.24"),
        ("1.36", "Pod Security Admission, their successor, enforces the levels alone"),
        ("1.21", "needs Pod Security Admission, which comes with Kubernetes 1.22"),
    ],
)
def test_a_migration_has_its_versions(version: str, text: str) -> None:
    (line,) = lines_of(version, migration=True)
    assert line.startswith(f"{ROOT}.pod_security.migration: true ")
    assert text in line


def test_what_stays_at_its_default_is_never_refused() -> None:
    assert lines_of("1.36", **PodSecuritySpec().model_dump(mode="json")) == []


@pytest.mark.parametrize(
    ("changes", "path", "text"),
    [
        ({"baseline_namespaces": ["payments-api"]}, "baseline_namespaces[0]", "is a tenant's"),
        ({"privileged_namespaces": {"shop-web": REASON}}, "privileged_namespaces.shop-web", "is a tenant's"),
        ({"privileged_namespaces": {"kube-system": REASON}}, "privileged_namespaces.kube-system", "already"),
        ({"baseline_namespaces": ["default"]}, "baseline_namespaces[0]", "nobody's pods"),
        (
            {"baseline_namespaces": ["agents"], "privileged_namespaces": {"agents": REASON}},
            "baseline_namespaces[0]",
            "named by privileged_namespaces as well",
        ),
        ({"restricted_groups": ["system:masters"]}, "restricted_groups[0]", "is a group of the system"),
        ({"restricted_groups": ["system:unauthenticated"]}, "restricted_groups[0]", "is a group of the system"),
        ({"restricted_groups": ["system:serviceaccounts:A_B"]}, "restricted_groups[0]", "names no namespace"),
        ({"restricted_groups": [" x"]}, "restricted_groups[0]", "is not the name of a group"),
        ({"seccomp_profiles": ["a,b"]}, "seccomp_profiles[0]", "is not the path of a profile"),
        ({"seccomp_profiles": ["a/../b"]}, "seccomp_profiles[0]", "is not the path of a profile"),
        ({"selinux": {"type": "spc_t"}}, "selinux.type", "is no SELinux type"),
        ({"selinux": {"level": "all"}}, "selinux.level", "is not an SELinux level"),
    ],
)
def test_refused(changes: dict[str, Any], path: str, text: str) -> None:
    (line,) = lines_of("1.22", **changes)
    assert line.startswith(f"{ROOT}.pod_security.{path}")
    assert text in line


@pytest.mark.parametrize(
    "group", ["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:ci", "ops"]
)
def test_who_may_use_the_restricted_policy_everywhere(group: str) -> None:
    assert lines_of("1.22", restricted_groups=[group]) == []


def test_the_plug_in_is_refused_where_no_policies_are_emitted() -> None:
    data = environment_data("1.24")
    data["control_plane"] = {"admission": {"enable": ["PodSecurityPolicy"]}}
    (line,) = lines_of_data(data)
    assert line.startswith(f"{ROOT}.control_plane.admission.enable[0]: ")
    assert "refuse every pod" in line
    data["control_plane"] = {"admission": {"historical_list": "NamespaceLifecycle,PodSecurityPolicy"}}
    (line,) = lines_of_data(data)
    assert line.startswith(f"{ROOT}.control_plane.admission.historical_list: ")
    data["pod_security"] = {"migration": True}
    assert lines_of_data(data) == []


def test_a_component_that_stands_alone_refuses_the_same() -> None:
    sent = {
        "kubernetes": "1.25",
        "migration": True,
        "namespaces": {"payments-api": "restricted"},
        "baseline_namespaces": ["payments-api"],
    }
    with pytest.raises(ValidationError) as error:
        PodSecurityInputs.model_validate(sent)
    lines = explain(error.value, PodSecurityInputs, "x")
    assert {line.partition(":")[0] for line in lines} == {"x.migration", "x.baseline_namespaces[0]"}


def test_a_namespace_that_pod_security_admission_leaves_alone_is_left_alone_by_both() -> None:
    data = environment_data("1.24")
    data["pod_security"] = {
        "migration": True,
        "baseline_namespaces": ["monitoring"],
        "privileged_namespaces": {"calico-system": REASON},
    }
    left_alone = {"kube-system": REASON, "storage": REASON, "monitoring": REASON, "kube-public": REASON}
    data["control_plane"] = {"admission": {"pod_security": {"exempt_namespaces": left_alone}}}
    baseline = read_baseline(data)
    assert set(pod_security_inputs(baseline).privileged_namespaces) == {"calico-system", "storage"}
    assert knowledge_of(baseline).privileged_namespaces == ("calico-system", "storage")
