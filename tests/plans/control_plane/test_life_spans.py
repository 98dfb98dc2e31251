"""Every flag and field that is emitted lives in the version for which it is emitted, by the table from the source."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.flags import flags_of, kubelet_fields
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.part import Component
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from tests.plans.control_plane.reading import ENDPOINT, versions

# More than the defaults, so that flags that are rarely set are looked at as well.
FULL: dict[str, Any] = {
    "audit": {"webhook": ENDPOINT, "log": {"mode": "blocking-strict"}},
    "api_server": {"reconnect_one_in": 1000},
}


@pytest.mark.parametrize("data", [{}, FULL], ids=["defaults", "full"])
@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_flag_is_known_and_every_component_has_some(version: KubeVersion, data: dict[str, Any]) -> None:
    part = plan_control_plane(ControlPlaneSpec.model_validate(data), version, Dialect.STATIC_POD)
    for setting in part.settings:
        span = flags_of(setting.component).get(setting.flag)
        assert span is not None, f"{setting.component} never had --{setting.flag}"
        assert span.is_known(version), f"{setting.component} {version} does not know --{setting.flag}"
    assert {setting.component for setting in part.settings} == set(Component)


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_field_of_the_kubelet_is_known(version: KubeVersion) -> None:
    part = plan_control_plane(ControlPlaneSpec(), version, Dialect.STATIC_POD)
    [document] = [one for one in part.documents if one["kind"] == "KubeletConfiguration"]
    fields = document.keys() - {"apiVersion", "kind"}
    assert {field for field in fields if not kubelet_fields()[field].is_known(version)} == set()
    assert len(fields) >= 20
