"""What the plan of a control plane writes has no finding of any control, in every version."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import yaml

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS, control_of
from k8s_hardening.controls.shared.static_pods import CONTROLS as CONTROLS_OF_STATIC_PODS
from k8s_hardening.controls.shared.static_pods import PODS, static_pod_exemptions
from k8s_hardening.kube.control_planes import settings_of
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.control_plane.dialects.kubeadm_defaults import DEFAULTS
from k8s_hardening.plans.control_plane.dialects.writer import plan_in_dialect
from k8s_hardening.plans.control_plane.part import Component
from k8s_hardening.plans.control_plane.paths import MANIFESTS
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from k8s_hardening.plans.control_plane.rendered import rendered_settings

GONE = {"insecure-port", "port"}  # of old versions, where plans set them themselves
TODAY = datetime.date(2026, 11, 24)
VERSIONS = [KubeVersion(1, minor) for minor in range(OLDEST.minor, NEWEST.minor + 1)]


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_generator_and_enforcer_agree(version: KubeVersion) -> None:
    part = plan_control_plane(ControlPlaneSpec(), version, Dialect.KUBEADM)
    manifests = rendered_settings(part)
    assert {settings.program for manifest in manifests for settings in settings_of(manifest)} == {
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    }
    knowledge = Knowledge(kubernetes=version)
    found = [judged.finding.message for one in manifests for judged in judge(one, CONTROLS, knowledge)]
    assert not found


def static_pods(version: KubeVersion) -> list[dict[str, Any]]:
    """The manifests of the dialect static-pod."""
    examples = ControlPlaneSpec.model_fields["static_pods"].examples
    assert examples
    spec = ControlPlaneSpec.model_validate({"static_pods": examples[0]})
    output = plan_in_dialect(spec, version, Dialect.STATIC_POD)
    return [yaml.safe_load(file.text) for file in output.host_files if file.path.startswith(MANIFESTS)]


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_static_pods_need_no_more_than_their_exemptions(version: KubeVersion) -> None:
    documents = static_pods(version)
    assert {settings.program for one in documents for settings in settings_of(one)} == set(PODS)
    knowledge = Knowledge(kubernetes=version, today=TODAY, exemptions=static_pod_exemptions(TODAY))
    found = [judged.finding.message for one in documents for judged in judge(one, CONTROLS, knowledge)]
    assert not found


@pytest.mark.parametrize("control", sorted(CONTROLS_OF_STATIC_PODS))
def test_each_exemption_of_static_pods_is_needed(control: str) -> None:
    documents = static_pods(NEWEST)
    knowledge = Knowledge(kubernetes=NEWEST, today=TODAY)
    assert [judged for one in documents for judged in judge(one, (control_of(control),), knowledge)]


def test_what_kubeadm_sets_by_itself_is_the_same_for_plans_and_controls() -> None:
    nothing = {"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration"}
    compared = 0
    for settings in settings_of(nothing):
        written = DEFAULTS[Component(settings.program)]
        for flag, value in settings.implied.items():
            if flag in GONE:
                assert flag not in written
                continue
            assert written[flag] == value, f"{settings.program} --{flag}"
            compared += 1
    assert compared > 20
