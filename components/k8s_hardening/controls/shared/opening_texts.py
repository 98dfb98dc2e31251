"""What a policy opens, for people."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from k8s_hardening.controls.shared.declared_flows import Beyond
from k8s_hardening.kube.reach.ports import PortSet, port_texts
from k8s_hardening.kube.reach.within import ABSENT, Axis, Box, Values

_MOST = 3  # values or ranges that a message shows


def end_texts(box: Box, namespace: str) -> tuple[str, str]:
    """Both ends of what a box lets through: the pods of the policy's namespace, and their peers."""
    pods = f"{_pods(box.values, 'pods')} of {namespace}"
    if box.addresses is not None:
        return pods, ", ".join(_few(_networks(box.addresses.ranges)))
    return pods, f"{_pods(box.values, 'peers')} of {_namespaces(box.values)}"


def _namespaces(values: Mapping[Axis, Values]) -> str:
    names, labels = values.get(("namespace", "")), _labels(values, "namespaces")
    if names is None:
        return f"namespaces with {labels}" if labels else "any namespace"
    known = ", ".join(_few(sorted(map(str, names.listed))))
    return f"{'namespaces other than ' if names.is_others else ''}{known}{f' with {labels}' if labels else ''}"


def port_texts_of(one: Beyond) -> str:
    """The ports of what is opened without a flow."""
    return f"the port named {one.port}" if one.port else ", ".join(_few(port_texts(one.left.ports.ranges)))


def _pods(values: Mapping[Axis, Values], what: str) -> str:
    labels = _labels(values, what)
    return f"pods with {labels}" if labels else "any pod"


def _labels(values: Mapping[Axis, Values], what: str) -> str:
    return " and ".join(_few(_label(key, one) for (axis, key), one in sorted(values.items()) if axis == what))


def _label(key: str, values: Values) -> str:
    known = sorted(one for one in values.listed if one is not ABSENT)
    if not values.is_others:
        texts = [f"{key}={one}" for one in known] + (["no " + key] if ABSENT in values.listed else [])
        return " or ".join(_few(texts))
    if not known:
        return f"any {key}"
    return f"{key} other than {', '.join(_few(known))}"


def _networks(ranges: PortSet) -> Iterator[str]:
    for family, first, last in ranges:
        kind = ipaddress.IPv4Address if family == "IPv4" else ipaddress.IPv6Address
        yield from map(str, ipaddress.summarize_address_range(kind(first), kind(last)))


def _few(texts: Iterator[str] | list[str]) -> list[str]:
    found: list[str] = []
    for text in texts:
        if len(found) == _MOST:
            return [*found, "others"]
        found.append(text)
    return found
