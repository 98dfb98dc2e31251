"""Checked leaf types of the models: each error says what is wrong and shows an example of a good value."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from k8s_hardening.kube.names import (
    LONGEST_LABEL,
    SYSTEM_NAMESPACES,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_label_key,
    is_label_value,
    suggest_dns1123_label,
)
from k8s_hardening.kube.quantities import parse_quantity


def wrong(what: str, example: str) -> PydanticCustomError:
    """A validation error in the house's form: `is not ...; for example ...`."""
    return PydanticCustomError("refused", "{what}; for example {example}", {"what": what, "example": example})


def _label(text: str) -> str:
    if len(text) > LONGEST_LABEL:
        raise wrong(f"has {len(text)} characters, at most {LONGEST_LABEL} are allowed", f'"{text[:20].strip("-")}"')
    if not is_dns1123_label(text):
        raise wrong("is not a DNS-1123 label", f'"{suggest_dns1123_label(text)}"')
    return text


def _tenant_namespace(text: str) -> str:
    _label(text)
    if text in SYSTEM_NAMESPACES or text.startswith("kube-"):
        raise wrong("belongs to the system and cannot be a tenant's namespace", '"payments-api"')
    return text


def _subdomain(text: str) -> str:
    if not is_dns1123_subdomain(text):
        raise wrong("is not a DNS-1123 subdomain", f'"{suggest_dns1123_label(text)}"')
    return text


def _quantity(value: str) -> str:
    try:
        amount = parse_quantity(value)
    except ValueError as error:
        raise wrong("is not a quantity", '"500m" or "2Gi"') from error
    if amount < 0:
        raise wrong("is negative", '"500m" or "2Gi"')
    return value


def _label_key(text: str) -> str:
    if not is_label_key(text):
        raise wrong("is not a label key", '"example.com/cost-centre"')
    return text


def _label_value(text: str) -> str:
    if not is_label_value(text):
        raise wrong("is not a label value", '"team-a"')
    return text


_SUBJECT = re.compile(r"(?:user|group):\S(?:.*\S)?|serviceaccount:[^/\s]+/[^/\s]+")
_NEVER_A_SUBJECT = re.compile(r"(?:user|group):system:")


def _subject(text: str) -> str:
    if _SUBJECT.fullmatch(text) is None:
        raise wrong(
            "is not a subject",
            '"group:payments-admins", "user:alice@example.com" or "serviceaccount:ci/deployer"',
        )
    if _NEVER_A_SUBJECT.match(text):
        raise wrong("is a group or user of the system and never belongs to a tenant", '"group:payments-admins"')
    return text


_PORT = re.compile(r"(TCP|UDP|SCTP)/([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?")


def _port(text: str) -> str:
    match = _PORT.fullmatch(text)
    ends = [int(end) for end in match.groups()[1:] if end] if match else []
    if not ends or max(ends) > 65535 or ends != sorted(ends):
        raise wrong("is not a protocol with a port", '"TCP/5432" or "TCP/8000-8080"')
    return text


Name = Annotated[str, AfterValidator(_label)]
TenantNamespace = Annotated[str, AfterValidator(_tenant_namespace)]
ObjectName = Annotated[str, AfterValidator(_subdomain)]
Quantity = Annotated[str, AfterValidator(_quantity)]
LabelKey = Annotated[str, AfterValidator(_label_key)]
LabelValue = Annotated[str, AfterValidator(_label_value)]
Subject = Annotated[str, AfterValidator(_subject)]
Port = Annotated[str, AfterValidator(_port)]
