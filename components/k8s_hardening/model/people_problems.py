"""Problems between the people of tenants, found in plain data of any shape; `Whole` (model/base.py) says why."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from k8s_hardening.kube.rbac import account_home
from k8s_hardening.model.control_plane.oidc import OidcIssuerSpec
from k8s_hardening.model.parts import Party, plain_list, plain_map, plain_text
from k8s_hardening.model.raw import Loc, Problem

_SINGULAR = {"admins": "an admin", "members": "a member", "viewers": "a viewer"}
_EXAMPLE = '["group:payments-admins"]'


def people_problems(tenant: Party) -> Iterator[Problem]:
    """What is wrong with the people of one tenant, whoever else there is."""
    fields = tenant.fields
    if not plain_list(fields.get("admins")) and not plain_text(fields.get("parent")):
        found = fields.get("admins")
        what = "is empty" if isinstance(found, list) else "is missing"
        if found is None or isinstance(found, list):  # any other value is a problem of its own
            yield (
                (*tenant.loc, "admins"),
                found,
                f"{what}, so that nobody of {tenant.title} answers for it; for example {_EXAMPLE}",
            )
    yield from _twice(tenant)
    yield from _own_accounts(tenant)


def _twice(tenant: Party) -> Iterator[Problem]:
    first: dict[str, str] = {}
    is_separate = tenant.fields.get("separation") is True
    for loc, subject in tenant.subjects():
        role, earlier = str(loc[-2]), first.get(subject)
        if earlier is None:
            first[subject] = role
            continue
        if role == earlier:
            what = f"is listed twice among the {role}; remove one"
        elif is_separate and role == "viewers":
            what = (
                f"is {_SINGULAR[earlier]} of {tenant.title} and would audit itself, which separation forbids; "
                "name another viewer"
            )
        else:
            what = f"is {_SINGULAR[earlier]} of {tenant.title} already, who may do all that {role} may; remove one"
        group = "auditors" if role == "viewers" else "payments-developers"
        yield loc, subject, f'{what}, for example {role}: ["group:{group}"]'


def _own_accounts(tenant: Party) -> Iterator[Problem]:
    """Service accounts as whom everybody may act who may start pods beside them."""
    own = {name for _, name in tenant.namespaces()}
    is_separate = tenant.fields.get("separation") is True
    for loc, subject in tenant.subjects():
        if account_home(subject) not in own:
            continue
        if loc[-2] == "admins":
            what = "lives in a namespace of this tenant, where every member who starts pods could act as it"
        elif loc[-2] == "viewers" and is_separate:
            what = "lives in a namespace that it would audit, where who starts pods could act as it"
        else:
            continue
        yield loc, subject, f'{what}; for example an account of no tenant: "serviceaccount:ci/deployer"'


def sign_in_problems(data: dict[str, Any], tenants: Sequence[Party]) -> Iterator[Problem]:
    """Users and groups whom no identity provider of the environment can name, so that their rights are nobody's.

    With a token webhook, or where a name is declared to come by a client certificate, names need no prefix.
    """
    authentication = plain_map(plain_map(data.get("control_plane")).get("authentication"))
    issuers = [one for one in plain_list(authentication.get("oidc")) if isinstance(one, dict)]
    if not issuers or authentication.get("token_webhook") is not None:
        return
    by_certificate = set(map(plain_text, plain_list(authentication.get("certificate_subjects"))))
    prefixes = {
        "user": _prefixes(issuers, "username_prefix"),
        "group": _prefixes([one for one in issuers if one.get("groups_claim")], "groups_prefix"),
    }
    for loc, subject in (*(one for tenant in tenants for one in tenant.subjects()), *_platform(data)):
        kind, _, name = subject.partition(":")
        if kind not in prefixes or subject in by_certificate:
            continue
        if not prefixes[kind]:
            yield (
                loc,
                subject,
                (
                    "is a group, and no identity provider of control_plane.authentication.oidc says which groups its "
                    'users have; for example groups_claim: "groups"'
                ),
            )
        elif not name.startswith(tuple(prefixes[kind])):
            near = next(iter(difflib.get_close_matches(name, prefixes[kind], n=1, cutoff=0)), prefixes[kind][0])
            yield (
                loc,
                subject,
                (
                    f"is no {kind} that an identity provider of this environment names, since theirs start with "
                    f'{_either(prefixes[kind])}; for example "{kind}:{near}{name}"'
                ),
            )


def _prefixes(issuers: Sequence[dict[str, Any]], key: str) -> list[str]:
    default = OidcIssuerSpec.model_fields[key].default
    return sorted({plain_text(one.get(key, default)) for one in issuers} - {""})


def _either(prefixes: Sequence[str]) -> str:
    return " or ".join(f'"{one}"' for one in prefixes)


def _platform(data: dict[str, Any]) -> Iterator[tuple[Loc, str]]:
    for index, subject in enumerate(plain_list(plain_map(data.get("admission_policies")).get("platform"))):
        if plain_text(subject):
            yield ("admission_policies", "platform", index), subject
