from __future__ import annotations

import pytest

from k8s_hardening.kube.ciphers import TlsMinimum
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.scheduler import SchedulerSpec
from k8s_hardening.plans.control_plane.part import Component
from k8s_hardening.plans.control_plane.scheduler import plan_scheduler
from tests.plans.control_plane.reading import flags_of, versions


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_version_is_hardened(version: KubeVersion) -> None:
    part = plan_scheduler(SchedulerSpec(), version)
    assert {setting.component for setting in part.settings} == {Component.SCHEDULER}
    found = flags_of(part)
    assert found["profiling"] == ("false",)
    assert found["bind-address"] == ("127.0.0.1",)
    assert found["tls-min-version"] == ("VersionTLS12",)
    assert len(found["tls-cipher-suites"]) == 6
    assert "config" not in found, "with a file the scheduler would ignore --profiling"


def test_the_port_without_tls_is_closed_while_there_is_one() -> None:
    found = {version.minor: flags_of(plan_scheduler(SchedulerSpec(), version)) for version in versions()}
    assert [minor for minor, flags in found.items() if "port" in flags] == [18, 19, 20, 21, 22]
    assert all(flags.get("port", ("0",)) == ("0",) for flags in found.values())


def test_settings_reach_the_flags() -> None:
    spec = SchedulerSpec(bind_address="::1", tls_minimum=TlsMinimum.TLS_1_3)
    assert flags_of(plan_scheduler(spec, KubeVersion(1, 36))) == {
        "bind-address": ("::1",),
        "profiling": ("false",),
        "tls-min-version": ("VersionTLS13",),
    }
