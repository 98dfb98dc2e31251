"""How a person of a tenant signs in: who is somebody of it, and which identity provider knows them."""

from __future__ import annotations

import base64
import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from k8s_hardening.kube.kubeconfig import ExecPlugin
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.checked import Subject
from k8s_hardening.model.control_plane.oidc import OidcIssuerSpec
from k8s_hardening.model.inheriting import inherited
from k8s_hardening.model.tenant import BaselineTenantSpec

_SUBJECT: TypeAdapter[str] = TypeAdapter(Subject)
# Which scope gives a claim: OpenID Connect Core 1.0, 5.4. No standard names one for groups; most providers that have
# one call it like the claim.
_SCOPE_OF = {"email": "email", "preferred_username": "profile", "name": "profile", "nickname": "profile"}
_KUBELOGIN = "Install kubelogin (https://github.com/int128/kubelogin) as kubectl-oidc_login on PATH."
_TOKENS = (
    "is a service account, whose tokens a kubeconfig would keep for long: a pod gets a projected token "
    "(service_accounts of its namespace, with audience and expiry), and a short one is made by"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A user of a tenant."""

    name: str
    """As the API server calls them, with the prefix of their identity provider."""
    groups: tuple[str, ...]
    """Groups of the tenant that they are said to be in."""
    tenant: BaselineTenantSpec

    @property
    def subject(self) -> str:
        """As a tenant names them."""
        return f"user:{self.name}"


def tenant_named(baseline: Baseline, name: str, problems: list[str]) -> BaselineTenantSpec | None:
    """The tenant of a name; adds a problem when there is none."""
    by_name = {one.name: one for one in baseline.tenants}
    if name not in by_name:
        known = ", ".join(sorted(by_name)) or "none"
        problems.append(f"--tenant: {_quoted(name)} is no tenant of {baseline.environment}; known are {known}")
    return by_name.get(name)


def person_of(
    baseline: Baseline, tenant: BaselineTenantSpec, user: str, groups: Sequence[str], problems: list[str]
) -> Person | None:
    """Somebody of a tenant, or of a tenant that it is a part of; adds a problem for each name that is nobody's.

    Args:
        baseline: has the tenants.
        tenant: one of them.
        user: `user:NAME` or the name alone.
        groups: `group:NAME` or the names alone, which a provider says later; nobody can check them here.
        problems: gets what is wrong.
    """
    before = len(problems)
    parents = (one for role in ("admins", "viewers") for one in inherited(tenant, baseline.tenants, role))
    known = sorted({*tenant.subjects(), *parents})
    subject = _subject("--user", user, "user", tenant, known, problems)
    named = [_subject("--group", one, "group", tenant, known, problems) for one in dict.fromkeys(groups)]
    strangers = (one for one in named if one is not None and one not in known)
    problems += (_unknown("--group", one, tenant, known) for one in strangers)
    if subject is not None and subject not in known and not groups:
        problems.append(_unknown("--user", subject, tenant, known))
    if subject is None or len(problems) > before:
        return None
    return Person(subject.partition(":")[2], tuple(one.partition(":")[2] for one in named if one), tenant)


def _subject(
    option: str, text: str, kind: str, tenant: BaselineTenantSpec, known: Sequence[str], problems: list[str]
) -> str | None:
    found, colon, rest = text.partition(":")
    if text.startswith(("serviceaccount:", "system:serviceaccount:")):
        namespace, _, name = text.rpartition("serviceaccount:")[2].replace(":", "/", 1).partition("/")
        command = f"`kubectl create token {name or 'NAME'} -n {namespace or 'NAMESPACE'} --duration=1h`"
        problems.append(f"{option}: {_quoted(text)} {_TOKENS} {command}")
        return None
    if colon and found in ("user", "group") and found != kind:
        what = f"is a {found}, and a kubeconfig is one person's"
        way = f"--user NAME --group {rest}" if found == "group" else f"--user {rest}"
        problems.append(f"{option}: {_quoted(text)} {what}; for example {way}")
        return None
    subject = text if found == kind and colon else f"{kind}:{text}"
    try:
        return _SUBJECT.validate_python(subject)
    except ValidationError:
        near = next((one for one in known if one.startswith(kind)), f"{kind}:alice")
        what = f"is no name of a {kind} of {tenant.name}"
        problems.append(f"{option}: {_quoted(text)} {what}; for example {_quoted(near)}")
        return None


def _unknown(option: str, subject: str, tenant: BaselineTenantSpec, known: Sequence[str]) -> str:
    people = [one for one in known if not one.startswith("serviceaccount:")]
    near = difflib.get_close_matches(subject, [one for one in people if one[0] == subject[0]], n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    in_group = " (name a group that they are in by --group)" if option == "--user" else ""
    what = f"is nobody of tenant {tenant.name}{in_group}; known are {', '.join(people) or 'none'}"
    return f"{option}: {_quoted(subject)} {what}{hint}"


def oidc_plugin(
    baseline: Baseline, person: Person, issuer: str | None, client: str | None, scopes: Sequence[str]
) -> ExecPlugin | str:
    """The program kubelogin for the identity provider that knows a person; in words, why there is none.

    The flags are those of github.com/int128/kubelogin docs/usage.md. A client secret is none of them: a kubeconfig is
    a public client, which proves itself by PKCE.

    Args:
        baseline: names the providers.
        person: to be signed in.
        issuer: URL of the provider, where several know the person.
        client: its audience to use; the first when None.
        scopes: what to ask for beside `openid`; what the claims need when empty.
    """
    authentication = baseline.control_plane.authentication
    if person.subject in authentication.certificate_subjects:
        return (
            f"--user: {_quoted(person.name)} comes by a client certificate, which no kubeconfig of ours holds; {_ASK}"
        )
    if not authentication.oidc:
        return f"control_plane.authentication.oidc: names no identity provider; {_ASK}, or declare one, {_DECLARE}"
    able = [one for one in authentication.oidc if _knows(one, person)]
    if issuer is not None:
        able = [one for one in able if one.url == issuer]
    urls = ", ".join(one.url for one in authentication.oidc)
    if not able:
        which = urls if issuer is None else f"{_quoted(issuer)} (known are {urls})"
        return f"--user: {_quoted(person.name)} is no name that comes from {which}; {_ASK}"
    if len(able) > 1:
        return f"--issuer: is missing, and {len(able)} providers know such names; for example --issuer {able[0].url}"
    (chosen,) = able
    if client is not None and client not in chosen.audiences:
        known = ", ".join(chosen.audiences)
        return f"--client-id: {_quoted(client)} is no audience of {chosen.url}; known are {known}"
    flags = [f"--oidc-issuer-url={chosen.url}", f"--oidc-client-id={client or chosen.audiences[0]}"]
    flags += [f"--oidc-extra-scope={one}" for one in dict.fromkeys(scopes or _scopes(chosen)) if one != "openid"]
    if chosen.certificate_authority is not None:
        encoded = base64.b64encode(chosen.certificate_authority.encode()).decode()
        flags.append(f"--certificate-authority-data={encoded}")
    return ExecPlugin("kubectl", ("oidc-login", "get-token", *flags), install_hint=_KUBELOGIN)


_ASK = "name a credential plug-in, for example --exec example-login --exec-arg=token"
_DECLARE = (
    'for example oidc: [{url: "https://login.example.com/realms/k8s", audiences: ["kubernetes"], mfa: {amr: ["mfa"]}}]'
)


def _knows(issuer: OidcIssuerSpec, person: Person) -> bool:
    if not person.name.startswith(issuer.username_prefix):
        return False
    has_groups = issuer.groups_claim is not None
    return all(has_groups and group.startswith(issuer.groups_prefix) for group in person.groups)


def _scopes(issuer: OidcIssuerSpec) -> Iterator[str]:
    if (scope := _SCOPE_OF.get(issuer.username_claim)) is not None:
        yield scope
    if issuer.groups_claim is not None:
        yield issuer.groups_claim


def _quoted(text: str) -> str:
    return json.dumps(text[:80], ensure_ascii=False)
