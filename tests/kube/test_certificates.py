"""Certificates, told from what is none."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.certificates import is_certificate

LEAST = bytes.fromhex("300730003000030100")


def host_certificates() -> list[bytes]:
    """Those that this machine trusts, which are real ones of many makers."""
    paths = ssl.get_default_verify_paths()
    files = [Path(paths.cafile or ""), Path("/etc/ssl/certs/ca-certificates.crt")]
    text = next(file.read_text() for file in files if file.is_file())
    return [
        ssl.PEM_cert_to_DER_cert(f"-----BEGIN CERTIFICATE-----{part}")
        for part in text.split("-----BEGIN CERTIFICATE-----")[1:]
    ]


def test_real_ones() -> None:
    found = host_certificates()
    assert len(found) > 10
    assert all(map(is_certificate, found))
    assert not any(is_certificate(one[:-1]) or is_certificate(one + b"\x00") for one in found)


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30",
        b"\x30\x82",
        b"\x30\x82\x01",
        b"\x30\x00",
        LEAST + b"\x05\x00",  # something behind it
        LEAST[:-1],
        b"\x31" + LEAST[1:],
        bytes.fromhex("3006300030000500"),  # no signature
        bytes.fromhex("3009300030000301000500"),  # one part too many
    ],
)
def test_others(der: bytes) -> None:
    assert is_certificate(LEAST)
    assert not is_certificate(der)


@given(st.binary(max_size=64))
def test_no_bytes_raise(der: bytes) -> None:
    assert is_certificate(der) in (True, False)
