"""Errors that lie between parts of a baseline, found in the raw data so that they show together with all others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.version import KubeVersion

Loc = tuple[str | int, ...]
Error = tuple[Loc, Any, str]
_METADATA_NAME_LABEL_SINCE = KubeVersion(1, 21)


def crossing_errors(data: Any) -> Iterator[Error]:
    """Each error as (location, value, what is wrong with an example of a good value)."""
    if not isinstance(data, dict):
        return
    yield from _secure_nodes(data, ())
    tenants = [(index, tenant) for index, tenant in enumerate(_list(data.get("tenants"))) if isinstance(tenant, dict)]
    yield from _tenant_names(tenants)
    owners: dict[str, str] = {}
    yield from _namespaces(tenants, owners)
    yield from _flows(tenants, owners)
    yield from _dns(data)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _secure_nodes(value: Any, loc: Loc) -> Iterator[Error]:
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            yield (
                loc,
                "[secret]",
                (
                    "is a secret, and a baseline never holds one; name a configuration key that holds it, "
                    "for example pull_secret_config: registryPullSecret"
                ),
            )
            return
        for key, item in value.items():
            yield from _secure_nodes(item, (*loc, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _secure_nodes(item, (*loc, index))


def _tenant_names(tenants: list[tuple[int, dict[str, Any]]]) -> Iterator[Error]:
    seen: dict[str, int] = {}
    for index, tenant in tenants:
        name = tenant.get("name")
        if not isinstance(name, str):
            continue
        if name in seen:
            yield (
                ("tenants", index, "name"),
                name,
                (f'is already the name of tenants[{seen[name]}]; for example "{name}-{index}"'),
            )
        seen.setdefault(name, index)


def _namespaces(tenants: list[tuple[int, dict[str, Any]]], owners: dict[str, str]) -> Iterator[Error]:
    for index, tenant in tenants:
        owner = tenant.get("name") if isinstance(tenant.get("name"), str) else f"tenants[{index}]"
        for position, namespace in enumerate(_list(tenant.get("namespaces"))):
            name = namespace.get("name") if isinstance(namespace, dict) else None
            if not isinstance(name, str):
                continue
            if name in owners:
                other = "this tenant" if owners[name] == owner else f'tenant "{owners[name]}"'
                yield (
                    ("tenants", index, "namespaces", position, "name"),
                    name,
                    (f'is already a namespace of {other}; for example "{owner}-{name}"'),
                )
            owners.setdefault(name, str(owner))


def _flows(tenants: list[tuple[int, dict[str, Any]]], owners: dict[str, str]) -> Iterator[Error]:
    for index, tenant in tenants:
        own = {name for name, owner in owners.items() if owner == tenant.get("name")}
        seen: set[str] = set()
        for position, flow in enumerate(_list(tenant.get("flows"))):
            if not isinstance(flow, dict):
                continue
            loc: Loc = ("tenants", index, "flows", position)
            name = flow.get("name")
            if isinstance(name, str):
                if name in seen:
                    yield (*loc, "name"), name, f'is already a flow of this tenant; for example "{name}-2"'
                seen.add(name)
            ends = [flow.get("source"), flow.get("destination")]
            named = {end.get("namespace") for end in ends if isinstance(end, dict)}
            if own and not named & own and all(isinstance(end, dict) for end in ends):
                yield (
                    loc,
                    name,
                    (
                        "has no end in a namespace of this tenant; "
                        f"for example destination: {{namespace: {sorted(own)[0]}}}"
                    ),
                )


def _dns(data: dict[str, Any]) -> Iterator[Error]:
    with contextlib.suppress(ValueError):
        version = KubeVersion.parse(data.get("kubernetes"))
        dns = data.get("dns")
        labels = dns.get("namespace_labels") if isinstance(dns, dict) else None
        if version < _METADATA_NAME_LABEL_SINCE and not labels:
            yield (
                ("dns", "namespace_labels"),
                labels,
                (
                    f"is needed with Kubernetes {version}, which does not label namespaces with their name; "
                    'for example {name: "kube-system"}'
                ),
            )
