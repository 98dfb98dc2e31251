"""Life spans as a reader asks for them."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.flags import (
    API_SERVER,
    ETCD,
    KUBELET,
    PROGRAMS,
    admission_plugins,
    flags_of,
    kubelet_fields,
    replacement_of,
)
from k8s_hardening.kube.version import NEWEST, KubeVersion


@pytest.mark.parametrize(
    ("program", "flag", "known", "unknown"),
    [
        (API_SERVER, "insecure-port", 23, 24),
        (API_SERVER, "basic-auth-file", 18, 19),
        (API_SERVER, "authorization-config", 29, 28),
        (API_SERVER, "service-account-extend-token-expiration", 19, 18),
        (KUBELET, "seccomp-default", 22, 21),
        (KUBELET, "pod-infra-container-image", 34, 35),
        (ETCD, "enable-v2", 33, 34),
    ],
)
def test_a_flag_lives_in_its_span(program: str, flag: str, known: int, unknown: int) -> None:
    span = flags_of(program)[flag]
    assert span.is_known(KubeVersion(1, known))
    assert not span.is_known(KubeVersion(1, unknown))


def test_plugins_and_fields_have_spans_too() -> None:
    assert admission_plugins()["PodSecurityPolicy"].last == KubeVersion(1, 24)
    assert admission_plugins()["PodSecurity"].on == KubeVersion(1, 22)
    assert admission_plugins()["NodeRestriction"].on is None
    assert kubelet_fields()["seccompDefault"].first == KubeVersion(1, 22)


def test_a_program_that_is_not_in_the_table_has_no_flags() -> None:
    assert flags_of("kube-proxy") == {}


def test_a_replacement_is_named_and_lives_in_the_newest_version() -> None:
    assert replacement_of(API_SERVER, "basic-auth-file") is not None
    assert replacement_of(API_SERVER, "kubelet-https") is not None
    assert replacement_of(API_SERVER, "profiling") is None
    for program in PROGRAMS:
        for flag, span in flags_of(program).items():
            instead = replacement_of(program, flag)
            if instead is None:
                continue
            assert span.last is not None, f"{program} --{flag} is not gone, so nothing took its place"
            for word in instead.replace(",", " ").split():
                if word.startswith("--"):
                    assert flags_of(program)[word.strip("-(;")].is_known(NEWEST)
