"""What the plan of a control plane writes has no finding of any control, in every version."""

from __future__ import annotations

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.control_planes import settings_of
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from k8s_hardening.plans.control_plane.rendered import rendered_settings

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
