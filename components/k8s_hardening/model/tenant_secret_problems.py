"""What is wrong between the Secrets, the service accounts and the namespaces of an environment, in plain data."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from k8s_hardening.model.external import SERVICE_ACCOUNT
from k8s_hardening.model.images import PULL_SECRET
from k8s_hardening.model.parts import Party, beside, plain_list, plain_map, plain_text, tenants_in
from k8s_hardening.model.raw import Loc, Problem


def tenant_secret_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Names that two objects share, Secrets in foreign namespaces, readers that are nobody, accounts inert already."""
    tenants = tenants_in(data)
    external = plain_map(data.get("external"))
    for tenant in tenants:
        accounts = dict(_accounts(tenant))
        yield from twice_named_accounts(tenant)
        yield from _secrets(tenant, accounts, external)
    yield from _inert(data, tenants)


def twice_named_accounts(tenant: Party) -> Iterator[Problem]:
    """Accounts of one namespace with the same name."""
    for index, namespace in enumerate(plain_list(tenant.fields.get("namespaces"))):
        seen: set[str] = set()
        for number, account in enumerate(plain_list(plain_map(namespace).get("service_accounts"))):
            name = plain_text(plain_map(account).get("name"))
            if name and name in seen:
                loc: Loc = (*tenant.loc, "namespaces", index, "service_accounts", number, "name")
                yield loc, name, f'is already an account of the namespace; for example "{beside(name, 2)}"'
            seen.add(name)


def _accounts(tenant: Party) -> Iterator[tuple[str, list[str]]]:
    for namespace in map(plain_map, plain_list(tenant.fields.get("namespaces"))):
        named = [plain_text(plain_map(one).get("name")) for one in plain_list(namespace.get("service_accounts"))]
        yield plain_text(namespace.get("name")), [name for name in named if name]


def _secrets(tenant: Party, accounts: dict[str, list[str]], external: dict[str, Any]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for index, secret in enumerate(map(plain_map, plain_list(tenant.fields.get("secrets")))):
        loc: Loc = (*tenant.loc, "secrets", index)
        namespace, name = plain_text(secret.get("namespace")), plain_text(secret.get("name"))
        if namespace and namespace not in accounts:
            near = next(iter(difflib.get_close_matches(namespace, accounts, n=1, cutoff=0)), "payments-api")
            yield (
                (*loc, "namespace"),
                namespace,
                f'is no namespace of tenant "{tenant.label}"; for example "{near}"',
            )
            continue
        for made in sorted({*_names(name, secret)}):
            if made == PULL_SECRET:
                yield (*loc, "name"), name, 'is the name of the credentials for registries; for example "db"'
            elif made and (namespace, made) in seen:
                what = f'makes "{made}", which is already a Secret of namespace "{namespace}"'
                yield (*loc, "name"), name, f'{what}; for example "{beside(name, 2)}"'
            seen.add((namespace, made))
        others = [plain_text(one) for one in plain_list(external.get(namespace))]
        known = [*accounts.get(namespace, []), *_named(others)]
        for number, reader in enumerate(plain_list(secret.get("readers"))):
            if (who := plain_text(reader)) and who not in (*known, "default"):  # has a problem of its own
                near = next(iter(difflib.get_close_matches(who, known, n=1, cutoff=0)), "")
                example = f'"{near}"' if near else f'service_accounts: [{{name: "{beside(who, 1)[:-2] or "api"}"}}]'
                what = f'is neither one of the service_accounts of namespace "{namespace}" nor declared external'
                yield (*loc, "readers", number), reader, f"{what}; for example {example}"


def _named(objects: list[str]) -> list[str]:
    return [one.partition("/")[2] for one in objects if one.startswith(f"{SERVICE_ACCOUNT}/")]


def _names(name: str, secret: dict[str, Any]) -> Iterator[str]:
    version = plain_text(secret.get("version"))
    yield f"{name}-{version}" if name and version else name
    for before in plain_map(secret.get("previous")):
        if name and (text := plain_text(before)):
            yield f"{name}-{text}"


def _inert(data: dict[str, Any], tenants: list[Party]) -> Iterator[Problem]:
    owned = {name for tenant in tenants for _, name in tenant.namespaces()}
    seen: set[str] = set()
    for index, found in enumerate(plain_list(data.get("inert_service_accounts"))):
        name = plain_text(found)
        if name in owned:
            what = "is a tenant's, where the account `default` is inert already"
            yield ("inert_service_accounts", index), name, f'{what}; for example "kube-system"'
        elif name and name in seen:
            yield ("inert_service_accounts", index), name, f'stands there twice; for example ["{name}"]'
        seen.add(name)
