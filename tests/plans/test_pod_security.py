"""The labels of a namespace, and which dialects get the cluster-wide default as a file."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.namespaces import PodSecurityLevel
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.plan import Plan
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


EXEMPTION = {
    "control": "run-as-non-root",
    "namespace": "payments-api",
    "name": "legacy",
    "container": "app",
    "reason": "Its image starts as root.",
    "owner": "payments-team",
    "expires": "2027-06-30",
}


def planned(*changes: dict[str, Any], version: str = "1.36") -> Plan:
    exemptions = [{**EXEMPTION, **change} for change in changes]
    return plan_baseline(read_baseline({**environment_data(version), "exemptions": exemptions}))


def labels_of(plan: Plan, namespace: str) -> dict[str, str]:
    (found,) = [one for one in plan.manifests if one["kind"] == "Namespace" and one["metadata"]["name"] == namespace]
    prefix = "pod-security.kubernetes.io/"
    return {key.removeprefix(prefix): value for key, value in found["metadata"]["labels"].items() if prefix in key}


@pytest.mark.parametrize(("control", "level"), [("run-as-non-root", "baseline"), ("host-path-volumes", "privileged")])
def test_an_exemption_weakens_what_its_namespace_enforces_and_nothing_else(control: str, level: str) -> None:
    plan = planned({"control": control})
    pinned = {"enforce-version": "v1.36", "audit-version": "v1.36", "warn-version": "v1.36"}
    assert labels_of(plan, "payments-api") == {**pinned, "enforce": level, "audit": "restricted", "warn": "restricted"}
    others = [one["metadata"]["name"] for one in plan.manifests if one["kind"] == "Namespace"]
    assert len(others) > 1
    for other in set(others) - {"payments-api"}:
        assert labels_of(plan, other) == labels_of(planned(), other)


def test_what_the_server_no_longer_enforces_is_said_aloud() -> None:
    (advice,) = set(planned({"control": "host-path-volumes"}).notes.advice) - set(planned().notes.advice)
    assert advice.startswith("Namespace payments-api enforces privileged instead of restricted, since")
    assert "(host-path-volumes, until 2027-06-30, payments-team)" in advice
    assert "The policy pack still holds every other pod to restricted" in advice


@pytest.mark.parametrize("version", ["1.18", "1.22"])
def test_where_no_label_has_an_effect_none_is_weakened(version: str) -> None:
    plan = planned({"control": "privileged"}, version=version)
    assert labels_of(plan, "payments-api") == {}
    assert plan.notes == planned(version=version).notes


def test_an_exemption_of_another_control_weakens_no_label() -> None:
    plan = planned({"control": "image-registry"})
    assert labels_of(plan, "payments-api") == labels_of(planned(), "payments-api")
    assert plan.notes == planned().notes


def test_the_pack_takes_what_is_planned_until_the_exemption_ends() -> None:
    exemptions = [{**EXEMPTION, "control": "host-path-volumes"}]
    baseline = read_baseline({**environment_data("1.36"), "exemptions": exemptions})
    plan, knowledge = plan_baseline(baseline), knowledge_of(baseline)
    for day, expected in ((datetime.date(2027, 6, 30), set()), (datetime.date(2027, 7, 1), {"namespace-pod-security"})):
        dated = knowledge.model_copy(update={"today": day})
        found = {one.control.id for manifest in plan.manifests for one in judge(manifest, CONTROLS, dated)}
        assert found == expected
