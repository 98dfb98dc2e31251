"""Who can talk: pods, in classes that no policy can tell apart, and the addresses outside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map, as_str, kind_of
from k8s_hardening.kube.network_policies import PROTOCOLS, is_port_name, is_port_number
from k8s_hardening.kube.pods import Pod, pods_of
from k8s_hardening.kube.reach.policies import UNNAMED, Policy
from k8s_hardening.kube.reach.regions import Address, Region
from k8s_hardening.kube.reach.selectors import Selector

UNPLACED = "(namespace not known yet)"
ANY_OTHER = "*"
"""Stands for the name of pods that no policy mentions."""
_INVENTED = "any"  # the value of a label of which a selector only asks that it is there


@dataclass(frozen=True, slots=True)
class Owner:
    """An object that carries pods."""

    kind: str
    name: str
    path: str
    """JSON path of its pod's spec."""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class NamedPort:
    """A port of a container that has a name."""

    protocol: str
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods of one namespace that no policy can tell apart."""

    namespace: str
    labels: tuple[tuple[str, Any], ...] | None = ()
    """Sorted by key; None when they are not known yet."""
    ports: tuple[NamedPort, ...] = ()
    host_network: Any = False
    """True, False or UNKNOWN. Such pods have their node's address, and selectors pass over them."""
    addresses: tuple[Address, ...] = ()
    """Where the cluster said so in status.podIPs."""
    is_vague: bool = False
    """Names of ports are not known yet."""

    def __str__(self) -> str:
        if self.labels is None:
            return f"{self.namespace}/(labels not known yet)"
        found = ",".join(f"{key}={value}" for key, value in self.labels)
        return f"{self.namespace}/{found or ANY_OTHER}"


End = Pods | Region


def pods_in(manifests: Iterable[Manifest]) -> dict[Pods, list[Owner]]:
    """Every class of pods with the objects that carry it."""
    found: dict[Pods, list[Owner]] = {}
    for manifest in manifests:
        for pod in pods_of(manifest):
            if not pod.is_fragment:
                found.setdefault(class_of(manifest, pod), []).append(_owner(manifest, pod))
    return found


def _owner(manifest: Manifest, pod: Pod) -> Owner:
    name = as_map(manifest.get("metadata")).get("name")
    return Owner(kind_of(manifest), as_str(name) or UNNAMED, pod.path)


def class_of(manifest: Manifest, pod: Pod) -> Pods:
    """What of a pod in an object NetworkPolicies can tell apart."""
    namespace = as_map(manifest.get("metadata")).get("namespace")
    labels = pod.metadata.get("labels")
    ports = [port for container in _serving(pod) for port in as_list(container.get("ports"))]
    host_network = pod.spec.get("hostNetwork")
    return Pods(
        UNPLACED if namespace is UNKNOWN else as_str(namespace) or "default",
        label_items(labels),
        tuple(sorted(set(_named(ports)), key=lambda one: (one.name, one.protocol, one.number))),
        UNKNOWN if host_network is UNKNOWN else host_network is True,
        tuple(sorted(set(_addresses(manifest)), key=lambda one: (one.version, int(one)))),
        is_vague=any(_is_vague(port) for port in ports),
    )


def label_items(labels: Any) -> tuple[tuple[str, Any], ...] | None:
    """Labels in a form that can be compared; what the server would not take as one is left out."""
    if labels is UNKNOWN:
        return None
    items = [(key, value) for key, value in as_map(labels).items() if isinstance(key, str)]
    return tuple(sorted((key, "" if value is None else value) for key, value in items if _is_label(value)))


def _is_label(value: Any) -> bool:
    return value is UNKNOWN or value is None or isinstance(value, str)


def _serving(pod: Pod) -> Iterator[dict[str, Any]]:
    """Containers that run beside the others; an init container does only when it is restarted always."""
    for container in pod.containers():
        if container.list_name == "containers" or (
            container.list_name == "initContainers" and container.spec.get("restartPolicy") == "Always"
        ):
            yield container.spec


def _named(ports: Iterable[Any]) -> Iterator[NamedPort]:
    for port in ports:
        one = as_map(port)
        name, number, protocol = one.get("name"), one.get("containerPort", 0), one.get("protocol")
        protocol = "TCP" if protocol is None else as_str(protocol)
        if is_port_name(name) and is_port_number(number) and protocol in PROTOCOLS:
            yield NamedPort(protocol, as_str(name), int(number))


def _is_vague(port: Any) -> bool:
    return any(as_map(port).get(field) is UNKNOWN for field in ("name", "containerPort", "protocol"))


def _addresses(manifest: Manifest) -> Iterator[Address]:
    status = as_map(manifest.get("status"))
    if kind_of(manifest) != "Pod":
        return
    for text in (status.get("podIP"), *(as_map(one).get("ip") for one in as_list(status.get("podIPs")))):
        try:
            yield ipaddress.ip_address(as_str(text))
        except ValueError:
            continue


def imagined_pods(policies: Iterable[Policy], namespaces: Iterable[str]) -> Iterator[Pods]:
    """Pods that a world without workloads could hold: in each namespace one for each selector, and any other one.

    A selector of a policy stands for pods of its namespace. One of a peer stands for pods of every namespace that
    the peer names by `kubernetes.io/metadata.name` or that is its own; wider ones tell of no namespace in particular.
    """
    known = sorted(set(namespaces))
    wanted: dict[str, set[Selector]] = {name: {Selector()} for name in known}
    for policy in policies:
        if policy.namespace is None:
            continue
        wanted.setdefault(policy.namespace, {Selector()}).add(policy.pods)
        for side in (policy.ingress, policy.egress):
            for grant in side.grants:
                for peers in grant.peers or ():
                    if peers.pods is None:
                        continue
                    for name in _named_namespaces(peers.namespaces, policy.namespace):
                        wanted.setdefault(name, {Selector()}).add(peers.pods)
    for name in sorted(wanted):
        yield from sorted(
            {Pods(name, _example(selector)) for selector in wanted[name]}, key=lambda one: one.labels or ()
        )


def _named_namespaces(selector: Selector | None, own: str) -> Iterator[str]:
    if selector is None:
        yield own
        return
    for one in selector.requirements:
        if one.key == "kubernetes.io/metadata.name" and one.operator == "In":
            yield from one.values


def _example(selector: Selector) -> tuple[tuple[str, Any], ...]:
    """Labels that a selector matches, where there are any."""
    wanted: dict[str, frozenset[str]] = {}
    present: set[str] = set()
    for one in selector.requirements:
        if one.key is not None and one.operator == "In":
            wanted[one.key] = wanted.get(one.key, one.values) & one.values
        elif one.key is not None and one.operator == "Exists":
            present.add(one.key)
    for one in selector.requirements:
        if one.key in wanted and one.operator == "NotIn":
            wanted[one.key] -= one.values
    found = dict.fromkeys(present, _INVENTED) | {key: min(values) for key, values in wanted.items() if values}
    return tuple(sorted(found.items()))
