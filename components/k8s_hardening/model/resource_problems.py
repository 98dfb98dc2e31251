"""What tenants may use, held against each other and against the environment, in plain data of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from k8s_hardening.kube.images import is_below
from k8s_hardening.kube.quotas import CROSS_NAMESPACE, SCOPES_SINCE, VOLUME_ATTRIBUTES_CLASS
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.parts import Party, plain_list, plain_map, plain_text
from k8s_hardening.model.raw import Loc, Problem


def resource_problems(tenant: Party, version: KubeVersion | None) -> Iterator[Problem]:
    """Problems between the parts of one tenant: quotas of what it may not use, and hosts without an ingress class."""
    classes = plain_list(tenant.fields.get("priority_classes"))
    for index, namespace in enumerate(plain_list(tenant.fields.get("namespaces"))):
        for position, found in enumerate(plain_list(plain_map(namespace).get("scoped_quotas"))):
            loc: Loc = (*tenant.loc, "namespaces", index, "scoped_quotas", position)
            quota = plain_map(found)
            yield from _classes(loc, quota, classes, tenant)
            yield from _scopes(loc, quota, version)
    if plain_list(tenant.fields.get("ingress_hosts")) and not plain_list(tenant.fields.get("ingress_classes")):
        what = "is empty, and so no Ingress may serve the ingress_hosts"
        loc = (*tenant.loc, "ingress_classes")
        yield loc, tenant.fields.get("ingress_classes"), f'{what}; for example ["nginx"]'


def _classes(loc: Loc, quota: dict[str, Any], allowed: list[Any], tenant: Party) -> Iterator[Problem]:
    for index, name in enumerate(plain_list(quota.get("priority_classes"))):
        if plain_text(name) and name not in allowed:
            example = next(filter(plain_text, allowed), None)
            hint = f'"{example}"' if example else f'priority_classes: ["{name}"] of the tenant'
            what = f"is no priority class that {tenant.title} may use"
            yield (*loc, "priority_classes", index), name, f"{what}; for example {hint}"


def _scopes(loc: Loc, quota: dict[str, Any], version: KubeVersion | None) -> Iterator[Problem]:
    if version is None:
        return
    scopes = [((*loc, "scopes", index), one) for index, one in enumerate(plain_list(quota.get("scopes")))]
    if scopes and version < SCOPES_SINCE[CROSS_NAMESPACE]:
        for where, scope in scopes:
            if scope == CROSS_NAMESPACE:
                since = SCOPES_SINCE[CROSS_NAMESPACE]
                yield where, scope, f'comes with Kubernetes {since}, and this is {version}; for example "Terminating"'
    field = "volume_attributes_classes"
    if plain_list(quota.get(field)) and version < SCOPES_SINCE[VOLUME_ATTRIBUTES_CLASS]:
        since = SCOPES_SINCE[VOLUME_ATTRIBUTES_CLASS]
        what = f"come with Kubernetes {since}, and this is {version}"
        yield (*loc, field), quota[field], f'{what}; for example scopes: ["Terminating"] instead'


def resource_and_baseline_problems(data: dict[str, Any], tenants: Sequence[Party]) -> Iterator[Problem]:
    """Problems of tenants with their environment: registries beyond its own, and nodes that no pod may ask for."""
    registries = [one for one in plain_list(plain_map(data.get("images")).get("registries")) if plain_text(one)]
    admission = plain_map(plain_map(data.get("control_plane")).get("admission"))
    selectors = plain_map(admission.get("node_selectors"))
    for tenant in tenants:
        for index, entry in enumerate(plain_list(tenant.fields.get("registries"))):
            if plain_text(entry) and registries and not is_below(entry, registries):
                what = "is not within the registries of the environment"
                yield (*tenant.loc, "registries", index), entry, f'{what}; for example "{registries[0]}/{tenant.label}"'
        wanted = plain_map(tenant.fields.get("node_selector"))
        for _, name in tenant.namespaces() if wanted else ():
            allowed = plain_map(selectors.get(name))
            missing = [key for key, value in wanted.items() if key not in allowed or allowed[key] != value]
            if allowed and missing:
                where: Loc = ("control_plane", "admission", "node_selectors", name)
                what = f"lets no pod have the node_selector of {tenant.title}"
                yield where, allowed, f'{what}; for example {{{missing[0]}: "{wanted[missing[0]]}"}}'
