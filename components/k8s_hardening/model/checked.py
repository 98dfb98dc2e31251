"""Checked leaf types of the models: each error says what is wrong and shows an example of a good value."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Strict, WithJsonSchema
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
from k8s_hardening.kube.network_policies import HIGHEST_PORT, PROTOCOLS, is_port_name, is_port_number
from k8s_hardening.kube.quantities import parse_quantity

T = TypeVar("T", bound=Collection[Any])


def wrong(what: str, example: str) -> PydanticCustomError:
    """A validation error in the house's form: `is not ...; for example ...`."""
    return PydanticCustomError("refused", "{what}", {"what": f"{what}; for example {example}"})


def not_empty(example: str) -> AfterValidator:
    """A validator for lists and mappings that need an item.

    Unlike a minimum length it speaks only when the items are valid, so that a bad item is not called missing, too.
    """

    def check(value: T) -> T:
        if not value:
            raise wrong("is empty", example)
        return value

    return AfterValidator(check)


def over(defaults: dict[str, str]) -> BeforeValidator:
    """A validator that lays what a user writes over the defaults: what is left out keeps its own."""
    return BeforeValidator(lambda value: {**defaults, **value} if isinstance(value, dict) else value)


def matching(pattern: str, what: str, example: str) -> AfterValidator:
    """A validator for texts of a form: `what` says what a text of another form is not."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if form.fullmatch(text) is None:
            raise wrong(what, example)
        return text

    return AfterValidator(check)


class ConfigKey(AfterValidator):
    """Marks a field that names a key of a stack's configuration; what is refused there is never shown."""

    __slots__ = ()


def config_key(example: str) -> ConfigKey:
    """A validator for the name of a key of a stack's configuration, without the part before the colon."""
    return ConfigKey(matching(r"[A-Za-z][A-Za-z0-9_-]*", "is not a key of the configuration", f'"{example}"').func)


def label_problem(text: str) -> PydanticCustomError | None:
    """What keeps a text from being a DNS-1123 label, or None."""
    if len(text) > LONGEST_LABEL:
        shorter = suggest_dns1123_label(text)[: LONGEST_LABEL // 2].strip("-")
        return wrong(f"has {len(text)} characters, at most {LONGEST_LABEL} are allowed", f'"{shorter}"')
    if not is_dns1123_label(text):
        return wrong("is not a DNS-1123 label", f'"{suggest_dns1123_label(text)}"')
    return None


def _label(text: str) -> str:
    if (problem := label_problem(text)) is not None:
        raise problem
    return text


def _tenant_namespace(text: str) -> str:
    _label(text)
    if is_system_namespace(text):
        raise wrong("belongs to the system and cannot be a tenant's namespace", '"payments-api"')
    return text


def is_system_namespace(text: str) -> bool:
    """Whether a namespace is the server's own; the prefix kube- is reserved as a whole."""
    return text in SYSTEM_NAMESPACES or text.startswith("kube-")


def _flow_name(text: str) -> str:
    # A flow that another tenant declared is called <tenant>.<flow>: a label holds no dot, so no two names can meet.
    for part in text.split(".", 1):
        _label(part)
    return text


def _accepted(text: str) -> str:
    owner, slash, flow = text.partition("/")
    if not slash or label_problem(owner) or label_problem(flow):
        raise wrong("is not whoever declares a flow, a slash and the flow's name", '"shop/pay"')
    return text


def _subdomain(text: str) -> str:
    if not is_dns1123_subdomain(text):
        raise wrong("is not a DNS-1123 subdomain", f'"{suggest_dns1123_label(text)}"')
    return text


def _number_as_text(value: Any) -> Any:
    # The API server takes `pods: 50` as well as `pods: "50"`.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


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


# Labels that the server, admission plug-ins and this package act on; the last is our own (model/labels.py).
_RESERVED_PREFIX = re.compile(r"(?:(?:[^/]*\.)?(?:kubernetes|k8s)\.io|k8s-hardening)/")


def _free_label_key(text: str) -> str:
    _label_key(text)
    if _RESERVED_PREFIX.match(text):
        raise wrong("has a prefix that is reserved, since others act on it", '"example.com/cost-centre"')
    return text


def _label_value(text: str) -> str:
    if not is_label_value(text):
        raise wrong("is not a label value", '"team-a"')
    return text


_SUBJECT_EXAMPLES = '"group:payments-admins", "user:alice@example.com" or "serviceaccount:ci/deployer"'
# system:masters and kubeadm:cluster-admins hold every right already; the others are identities of the system's parts.
_NEVER_A_SUBJECT = ("system:", "kubeadm:cluster-admins")


def _subject(text: str) -> str:
    kind, _, name = text.partition(":")
    if kind not in ("user", "group", "serviceaccount") or not name or name != name.strip() or not name.isprintable():
        raise wrong("is not a subject", _SUBJECT_EXAMPLES)
    if kind != "serviceaccount":
        if name.startswith(_NEVER_A_SUBJECT):
            raise wrong("is a group or user of the system and never belongs to a tenant", '"group:payments-admins"')
        return text
    namespace, slash, account = name.partition("/")
    if not slash or not is_dns1123_label(namespace) or not is_dns1123_subdomain(account):
        raise wrong("is not a service account with its namespace", '"serviceaccount:ci/deployer"')
    if is_system_namespace(namespace):
        raise wrong("is a service account of the system", '"serviceaccount:ci/deployer"')
    if account == "default":
        raise wrong(
            "is the account of every pod that names none, so it stays without rights", f'"{kind}:{namespace}/ci"'
        )
    return text


_PORT = re.compile(r"(?P<protocol>[^/]*)/(?:(?P<first>[0-9]{1,9})(?:-(?P<last>[0-9]{1,9}))?|(?P<name>.+))")
_PORTS = '"TCP/5432", "TCP/8000-8080" or "TCP/http"'


def _port(text: str) -> str:
    match = _PORT.fullmatch(text)
    if match is None or match["protocol"] not in PROTOCOLS or (match["name"] and not is_port_name(match["name"])):
        raise wrong("is not a protocol with a port", _PORTS)
    ends = [number for number in (match["first"], match["last"]) if number]
    for number in ends:
        if not is_port_number(int(number)) or number.startswith("0"):
            raise wrong(f"names port {number}, and ports are 1 to {HIGHEST_PORT}", f'"{match["protocol"]}/5432"')
    if sorted(ends, key=int) != ends:
        raise wrong("ends below its first port", f'"{match["protocol"]}/{"-".join(reversed(ends))}"')
    if ends and (int(ends[0]), int(ends[-1])) == (1, HIGHEST_PORT):
        raise wrong("is every port; say so with all_ports: true, or name those that are needed", _PORTS)
    return text


# YAML reads an unquoted day as a time, and the engine hands it on as Go prints that (pulumi v3.200.0, seen in a run).
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: 00:00:00 \+0000 UTC)?")


def _day(value: Any) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str) and (match := _DAY.fullmatch(value)):
        try:
            return datetime.date.fromisoformat(match[1])
        except ValueError:
            pass  # no such day, as 2027-02-30
    raise wrong("is not a day (year-month-day)", '"2027-06-30"')


def _word(text: str) -> str:
    if not text or text != text.strip() or not text.isprintable():
        raise wrong("is empty, or has blanks around it or unprintable characters in it", '"platform-team"')
    return text


_SHORTEST_REASON = 10


def _sentence(text: str) -> str:
    if len(text.strip()) < _SHORTEST_REASON:
        raise wrong(f"is shorter than {_SHORTEST_REASON} characters", '"The node agent reads the logs of all pods."')
    return text


Name = Annotated[str, AfterValidator(_label)]
NamespaceNames = Annotated[tuple[Name, ...], not_empty('["shop-web"]')]
EndName = Annotated[str, matching(r"[a-z][a-z0-9_-]{0,62}", "is not a name of an end", '"ingress_controller"')]
Accepted = Annotated[str, AfterValidator(_accepted)]
FlowName = Annotated[str, AfterValidator(_flow_name)]
TenantNamespace = Annotated[str, AfterValidator(_tenant_namespace)]
ObjectName = Annotated[str, AfterValidator(_subdomain)]
Quantity = Annotated[
    str,
    BeforeValidator(_number_as_text),
    AfterValidator(_quantity),
    WithJsonSchema({"type": ["string", "number"]}),  # an editor must not mark what is taken
]
LabelKey = Annotated[str, AfterValidator(_label_key)]
FreeLabelKey = Annotated[str, AfterValidator(_free_label_key)]
LabelValue = Annotated[str, AfterValidator(_label_value)]
SUBJECT_FORM = AfterValidator(_subject)
"""Marks a field for subjects, where `user:alice@example.com` is a name and no password."""
Subject = Annotated[str, SUBJECT_FORM]
Port = Annotated[str, AfterValidator(_port)]
Day = Annotated[datetime.date, BeforeValidator(_day)]
Reason = Annotated[str, AfterValidator(_sentence)]
Switch = Annotated[bool, Strict()]
Word = Annotated[str, AfterValidator(_word)]
