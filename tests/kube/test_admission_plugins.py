"""The life spans of admission plug-ins."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.admission_plugins import (
    HISTORICAL_LIST,
    REFUSED,
    default_plugins,
    names_in,
    plugins,
    switched_off_by,
)
from k8s_hardening.kube.version import KubeVersion


@pytest.mark.parametrize(
    ("version", "on", "known"),
    # Counted in pkg/kubeapiserver/options/plugins.go of each version; SecurityContextDeny is left out where its gate is
    # off (1.27 to 1.29).
    [
        ("1.18", 17, 36),
        ("1.20", 17, 35),
        ("1.21", 17, 34),
        ("1.22", 18, 35),
        ("1.25", 18, 34),
        ("1.26", 19, 35),
        ("1.27", 20, 35),
        ("1.30", 20, 35),
        ("1.31", 20, 34),
        ("1.32", 21, 35),
        ("1.33", 22, 36),
        ("1.35", 23, 37),
        ("1.36", 27, 41),
        ("1.37", 25, 39),
    ],
)
def test_how_many_there_are_and_run_by_default(version: str, on: int, known: int) -> None:
    kubernetes = KubeVersion.parse(version)
    assert len(default_plugins(kubernetes)) == on
    assert len([name for name, one in plugins().items() if one.is_known(kubernetes)]) == known


def test_every_plugin_that_went_names_what_came_instead() -> None:
    assert [name for name, one in plugins().items() if (one.last is None) != (one.instead == "")] == []


def test_what_is_refused_is_alive_and_off_by_default() -> None:
    assert [name for name in REFUSED if plugins()[name].default_on or plugins()[name].last is not None] == []


def test_names_of_a_list() -> None:
    assert names_in(" ServiceAccount,, LimitRanger ,") == ("ServiceAccount", "LimitRanger")
    assert len(names_in(HISTORICAL_LIST)) == 9


def test_what_the_historical_list_would_switch_off() -> None:
    off = switched_off_by(names_in(HISTORICAL_LIST), KubeVersion(1, 37))
    assert {"PodSecurity", "ValidatingAdmissionPolicy", "Priority", "CertificateSubjectRestriction"} <= set(off)
    assert set(off).isdisjoint(names_in(HISTORICAL_LIST))
    assert "PodSecurity" not in switched_off_by(names_in(HISTORICAL_LIST), KubeVersion(1, 21))
