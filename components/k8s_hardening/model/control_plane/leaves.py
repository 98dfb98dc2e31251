"""Checked leaf types that several parts of the control plane share: paths of hosts, URLs, certificates, durations."""

from __future__ import annotations

import base64
import binascii
import json
import re
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator

from k8s_hardening.kube.certificates import is_certificate
from k8s_hardening.kube.durations import parse_duration
from k8s_hardening.model.checked import matching, wrong

_PATH = r"(?!.*//)(?!.*/\.{1,2}(?:/|$))(?:/[A-Za-z0-9_.@+-]+)+"
HostPath = Annotated[str, matching(_PATH, "is not the absolute path of a file", '"/etc/kubernetes/pki/ca.crt"')]

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_URL = rf"https://{_HOST}(?::[0-9]{{1,5}})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?"
HttpsUrl = Annotated[
    str,
    matching(_URL, "is not an https URL without user, query and fragment", '"https://login.example.com/realms/k8s"'),
]
"""What the server takes for issuers and webhooks (k8s.io/apiserver v0.37.2 pkg/apis/apiserver/validation)."""

CERTIFICATE_EXAMPLE = "-----BEGIN CERTIFICATE-----\nMAcwADAAAwEA\n-----END CERTIFICATE-----\n"
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n?")


def _certificates(text: str) -> str:
    example = json.dumps(CERTIFICATE_EXAMPLE)
    bodies = _CERTIFICATE.findall(text)
    if not bodies or _CERTIFICATE.sub("", text).strip():
        # The whole text is looked at, so that no private key slips in beside a certificate.
        raise wrong("is not one or more certificates in PEM and nothing else", example)
    for body in bodies:
        try:
            der = base64.b64decode(body.replace("\n", ""), validate=True)
        except (binascii.Error, ValueError) as error:
            raise wrong("holds a certificate that is not base64", example) from error
        if not is_certificate(der):
            raise wrong("holds something else than a whole certificate", example)
    return text if text.endswith("\n") else text + "\n"


Certificates = Annotated[str, AfterValidator(_certificates)]


def _duration(text: str) -> str:
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise wrong("is not a duration", '"30s" or "1h30m"') from error
    if length == Fraction(0):
        raise wrong("is no time at all", '"30s" or "1h30m"')
    return text


Duration = Annotated[str, AfterValidator(_duration)]


def duration_between(shortest: str, longest: str) -> AfterValidator:
    """A validator for durations of a range, ends included."""
    low, high = parse_duration(shortest), parse_duration(longest)

    def check(text: str) -> str:
        if not low <= parse_duration(text) <= high:
            raise wrong(f"is not between {shortest} and {longest}", f'"{shortest}"')
        return text

    return AfterValidator(check)


def _expression(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise wrong("is empty, or more than one line of text", "\"request.user == 'alice'\"")
    return text


Expression = Annotated[str, AfterValidator(_expression)]
"""An expression in CEL; only the server that compiles it knows whether it is a good one."""
