from __future__ import annotations

from k8s_hardening.kube.ciphers import ETCD_SUITES, TlsMinimum, strong_suites
from k8s_hardening.kube.version import KubeVersion


def test_every_suite_has_forward_secrecy_and_authenticated_encryption() -> None:
    for minor in range(18, 38):
        suites = strong_suites(TlsMinimum.TLS_1_2, KubeVersion(1, minor))
        assert len(set(suites)) == 6
        for suite in (*suites, *ETCD_SUITES):
            assert suite.startswith("TLS_ECDHE_")
            assert "_GCM_" in suite or "_CHACHA20_POLY1305" in suite


def test_the_names_of_chacha_changed_in_1_19() -> None:
    old, new = (strong_suites(TlsMinimum.TLS_1_2, KubeVersion(1, minor)) for minor in (18, 19))
    assert "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305" in old
    assert "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" in new
    assert set(old) & set(new) == set(ETCD_SUITES)


def test_a_suite_that_http2_needs_is_always_there() -> None:
    assert "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" in ETCD_SUITES
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in ETCD_SUITES


def test_tls_1_3_leaves_nothing_to_choose() -> None:
    assert strong_suites(TlsMinimum.TLS_1_3, KubeVersion(1, 37)) == ()
    assert TlsMinimum.TLS_1_3.flag_value == "VersionTLS13"
    assert TlsMinimum.TLS_1_2.flag_value == "VersionTLS12"
