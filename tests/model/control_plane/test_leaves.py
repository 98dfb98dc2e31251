"""Values that several parts of the control plane share."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from k8s_hardening.model.control_plane.leaves import (
    CERTIFICATE_EXAMPLE,
    Certificates,
    Duration,
    Expression,
    HostPath,
    HttpsUrl,
)
from k8s_hardening.model.control_plane.webhook import WebhookEndpoint


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (HostPath, "/etc/kubernetes/pki/ca.crt"),
        (HostPath, "/opt/a-b_c@d/..data"),
        (HttpsUrl, "https://login.example.com"),
        (HttpsUrl, "https://127.0.0.1:8443/a/b;c=d"),
        (HttpsUrl, "https://[::1]:8443/"),
        (Certificates, CERTIFICATE_EXAMPLE),
        (Certificates, CERTIFICATE_EXAMPLE * 2),
        (Duration, "1h30m"),
        (Expression, "request.user == 'alice'"),
    ],
)
def test_taken(form: Any, value: str) -> None:
    assert TypeAdapter(form).validate_python(value) == value


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (HostPath, "etc/kubernetes"),
        (HostPath, "/"),
        (HostPath, "/etc//kubernetes"),
        (HostPath, "/etc/../root"),
        (HostPath, "/etc/kubernetes/"),
        (HostPath, "/etc/kubernetes/a b"),
        (HostPath, "/etc/kubernetes/a\n"),
        (HttpsUrl, "http://login.example.com"),
        (HttpsUrl, "https://user:pw@login.example.com"),
        (HttpsUrl, "https://login.example.com/#a"),
        (HttpsUrl, "https://login.example.com/?a"),
        (HttpsUrl, "https:///a"),
        (Certificates, ""),
        (Certificates, CERTIFICATE_EXAMPLE + "more"),
        (Duration, "0s"),
        (Duration, "1d"),
        (Expression, " "),
        (Expression, "a\nb"),
    ],
)
def test_refused(form: Any, value: str) -> None:
    with pytest.raises(ValidationError, match="for example"):
        TypeAdapter(form).validate_python(value)


def test_a_missing_end_of_line_is_added() -> None:
    assert TypeAdapter(Certificates).validate_python(CERTIFICATE_EXAMPLE.rstrip()) == CERTIFICATE_EXAMPLE


def test_a_certificate_and_its_key_are_two_files() -> None:
    file = "/etc/kubernetes/pki/both.pem"
    with pytest.raises(ValidationError, match="one file for certificate and key"):
        WebhookEndpoint(url="https://a.example.com", client_certificate_file=file, client_key_file=file)
