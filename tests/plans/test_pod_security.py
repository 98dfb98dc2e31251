"""The labels of a namespace, and which dialects get the cluster-wide default as a file."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.model.tenant import PodSecurityLevel
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.pod_security import pod_security_labels
from tests.plans.environments import environment, environment_data

CONFIGURATION = "/etc/kubernetes/hardening/admission/admission-configuration.yaml"


@pytest.mark.parametrize("version", ["1.18", "1.22"])
def test_before_1_23_no_label_has_an_effect(version: str) -> None:
    assert pod_security_labels(PodSecurityLevel.RESTRICTED, KubeVersion.parse(version)) == {}


@pytest.mark.parametrize(
    ("dialect", "written"), [("kubeadm", True), ("k3s", True), ("managed", False), ("talos", False)]
)
def test_no_file_for_those_who_configure_admission_themselves(dialect: str, written: bool) -> None:
    control_plane = {"managed": {"provider": "eks", "cluster": "prod"}} if dialect == "managed" else {}
    baseline = read_baseline({**environment_data("1.36"), "dialect": dialect, "control_plane": control_plane})
    assert (CONFIGURATION in {file.path for file in plan_baseline(baseline).host_files}) is written


def test_host_files_are_sorted() -> None:
    paths = [file.path for file in plan_baseline(environment()).host_files]
    assert paths == sorted(paths)
    assert len(paths) > 2
