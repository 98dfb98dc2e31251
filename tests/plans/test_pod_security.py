"""The cluster-wide default of Pod Security Admission, as a file of the control plane."""

from __future__ import annotations

import json
from typing import Any

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.model.tenant import PodSecurityLevel
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.pod_security import CONFIG_PATH, admission_configuration, pod_security_labels
from tests.plans.environments import environment, environment_data


def configuration(version: str) -> dict[str, Any]:
    file = admission_configuration(KubeVersion.parse(version))
    assert file is not None
    (plugin,) = json.loads(file.text)["plugins"]
    assert plugin["name"] == "PodSecurity"
    found: dict[str, Any] = plugin["configuration"]
    return found


@pytest.mark.parametrize("version", ["1.18", "1.22"])
def test_before_1_23_there_is_nothing_to_configure(version: str) -> None:
    assert admission_configuration(KubeVersion.parse(version)) is None
    assert pod_security_labels(PodSecurityLevel.RESTRICTED, KubeVersion.parse(version)) == {}


@pytest.mark.parametrize(("version", "api"), [("1.23", "v1beta1"), ("1.24", "v1beta1"), ("1.25", "v1"), ("1.37", "v1")])
def test_the_api_version_fits_the_server(version: str, api: str) -> None:
    assert configuration(version)["apiVersion"] == f"pod-security.admission.config.k8s.io/{api}"


def test_a_namespace_without_labels_is_held_to_baseline_and_only_the_system_is_exempt() -> None:
    found = configuration("1.36")
    assert found["defaults"] == {
        "enforce": "baseline",
        "enforce-version": "v1.36",
        "audit": "restricted",
        "audit-version": "v1.36",
        "warn": "restricted",
        "warn-version": "v1.36",
    }
    assert found["exemptions"] == {"usernames": [], "runtimeClasses": [], "namespaces": ["kube-system"]}


@pytest.mark.parametrize(
    ("dialect", "written"), [("kubeadm", True), ("k3s", True), ("managed", False), ("talos", False)]
)
def test_no_file_for_those_who_configure_admission_themselves(dialect: str, written: bool) -> None:
    baseline = read_baseline({**environment_data("1.36"), "dialect": dialect})
    assert (CONFIG_PATH in {file.path for file in plan_baseline(baseline).host_files}) is written


def test_host_files_are_sorted() -> None:
    paths = [file.path for file in plan_baseline(environment()).host_files]
    assert paths == sorted(paths)
    assert len(paths) == 2
