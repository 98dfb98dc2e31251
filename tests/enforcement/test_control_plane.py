"""The settings that a control plane registers are judged, though none of them becomes a resource."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_policy import proxy

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from k8s_hardening.plans.control_plane.rendered import rendered_settings
from tests.enforcement.pack_process import Pack, running_pack
from tests.enforcement.test_pack import configuration, texts

CONTROL_PLANE = "k8s-hardening:index:ControlPlane"


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    with running_pack() as running:
        running.configure(configuration())
        yield running


def settings() -> list[dict[str, Any]]:
    part = plan_control_plane(ControlPlaneSpec(), KubeVersion(1, 36), Dialect.KUBEADM)
    return copy.deepcopy(list(rendered_settings(part)))


def found(pack: Pack, made: Any) -> list[str]:
    return texts(pack.analyze(CONTROL_PLANE, {"name": "main", "settings": made}, provider=False))


def test_what_the_plan_renders_passes(pack: Pack) -> None:
    assert found(pack, settings()) == []


def test_a_weakened_flag_is_found_at_its_place(pack: Pack) -> None:
    made = settings()
    arguments = made[0]["apiServer"]["extraArgs"]
    index = next(place for place, one in enumerate(arguments) if one["name"] == "authorization-mode")
    arguments[index]["value"] = "AlwaysAllow"
    (text,) = found(pack, made)
    assert text.startswith("[control-plane-authorization]")
    assert f'settings[0].apiServer.extraArgs[{index}].value is "AlwaysAllow"' in text


def test_a_weakened_kubelet_is_found(pack: Pack) -> None:
    made = settings()
    index = next(place for place, one in enumerate(made) if one["kind"] == "KubeletConfiguration")
    made[index]["seccompDefault"] = False
    assert [f"settings[{index}].seccompDefault is false" in text for text in found(pack, made)] == [True]


def test_settings_that_are_not_known_yet_are_told(pack: Pack) -> None:
    assert "control-plane-life-span" in "".join(found(pack, proxy.UNKNOWN_STRING_VALUE))
