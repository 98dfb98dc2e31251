"""`k8s-hardening can-i`: the answer of `kubectl auth can-i`, from objects instead of a server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

import click

from k8s_hardening.cli.access_worlds import Asked, asked_about, told, unknown_verb, warned, world_options
from k8s_hardening.cli.can_i_list import HEADERS, rules_of, table
from k8s_hardening.cli.report import printable
from k8s_hardening.kube.access import Identity, allows, user
from k8s_hardening.kube.access.identities import user_of_account
from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.resources import resource_named
from k8s_hardening.kube.version import KubeVersion

_NO = 1
_BAD_INPUT = 2
_NOT_SERVED = ("groups", "users")
_LIKE_AN_ACCOUNT = re.compile(r"(?:system:)?serviceaccount:(?P<namespace>[^:/]+)[:/](?P<name>[^:/]+)")


@click.command("can-i")
@click.argument("verb", required=False)
@click.argument("resource", required=False, metavar="TYPE|TYPE/NAME|NONRESOURCEURL")
@world_options
@click.option("--as", "user_name", required=True, metavar="USER", help="User who asks, a service account included.")
@click.option("--as-group", "groups", multiple=True, metavar="GROUP", help="Group of the user; may be repeated.")
@click.option("-n", "--namespace", default="default", show_default=True, metavar="NS")
@click.option("-A", "--all-namespaces", is_flag=True, help="Ask about all namespaces at once.")
@click.option("--subresource", default="", metavar="NAME", help="Such as log or scale.")
@click.option("-q", "--quiet", is_flag=True, help="Only the exit status.")
@click.option("--list", "is_list", is_flag=True, help="Show everything that is allowed in the namespace.")
@click.option("--no-headers", is_flag=True, help="With --list: the rules alone.")
@click.pass_context
def can_i(
    ctx: click.Context,
    verb: str | None,
    resource: str | None,
    paths: tuple[str, ...],
    stack: str | None,
    state_file: str | None,
    project: Path,
    kubernetes: KubeVersion,
    no_color: bool,
    user_name: str,
    groups: tuple[str, ...],
    namespace: str,
    all_namespaces: bool,
    subresource: str,
    quiet: bool,
    is_list: bool,
    no_headers: bool,
) -> None:
    r"""Answer as `kubectl auth can-i` would, from objects instead of a server.

    As there, what stands behind the slash of TYPE/NAME is the name of an object; subresources have an option. The
    user gets the groups that an API server gives to one who is impersonated. With --list, and without VERB and TYPE,
    every rule is shown that counts in the namespace.

    Exit status: 0 yes, or the rules are listed; 1 no; 2 bad input.

    \b
    Examples:
      k8s-hardening can-i create pods --as dana@example.com --as-group shop-developers -n shop-web --stack dev
      k8s-hardening can-i get secret/db --as system:serviceaccount:shop-web:default -n shop-web deploy/
      k8s-hardening can-i get pods --subresource log --as eve --as-group support -n payments-api --stack dev
      k8s-hardening can-i '*' '*' -A --as root --as-group system:masters deploy/
      k8s-hardening can-i get /metrics --as prometheus deploy/
      k8s-hardening can-i --list --as dana@example.com -n shop-web --stack dev
    """
    who = user(user_name, groups)
    warned(_meant_as_account(who))
    if is_list:
        if quiet or all_namespaces or subresource:
            raise click.UsageError("--list goes with none of --quiet, --all-namespaces and --subresource", ctx)
        named = tuple(one for one in (verb, resource) if one is not None)
        asked = asked_about((*named, *paths), stack, state_file, project, kubernetes)
        _list(ctx, asked, who, namespace, no_headers=no_headers)
    if no_headers:
        raise click.UsageError("--no-headers goes with --list only", ctx)
    if verb is None or resource is None:
        raise click.UsageError("name a VERB and a TYPE, for example get pods; or give --list", ctx)
    asked = asked_about(paths, stack, state_file, project, kubernetes)
    if resource.startswith("/") and subresource:
        raise click.UsageError("--subresource can not be used with NONRESOURCEURL", ctx)
    request, warnings = _request(verb, resource, "" if all_namespaces else namespace, subresource)
    answer = allows(asked.world, who, request)
    if answer.allowed and not answer.is_certain:
        warnings.append("it is not certain: it hangs on values known only at apply, or on objects that disagree")
    warned(warnings)
    told(asked)
    if asked.errors:
        ctx.exit(_BAD_INPUT)
    if not quiet:
        click.echo("yes" if answer.allowed else "no")
    ctx.exit(0 if answer.allowed else _NO)


def _meant_as_account(who: Identity) -> list[str]:
    """A warning of a user's name that only looks like a service account; providers may give such names to people."""
    match = _LIKE_AN_ACCOUNT.fullmatch(who.user)
    if match is None or who.account is not None:
        return []
    right = user_of_account(match["namespace"], match["name"])
    return [f"'{who.user}' is asked about as a user of that name; the service account is '{right}'"]


def _list(ctx: click.Context, asked: Asked, who: Identity, namespace: str, *, no_headers: bool) -> NoReturn:
    lines, is_certain = rules_of(asked.world, who, namespace)
    if not is_certain:
        warning = (
            "the list may be incomplete: some of it hangs on values known only at apply, or on objects that disagree"
        )
        warned([warning])
    told(asked)
    if asked.errors:
        ctx.exit(_BAD_INPUT)
    for line in table([*([] if no_headers else [HEADERS]), *lines]):
        click.echo(printable(line))
    ctx.exit(0)


def _request(verb: str, resource: str, namespace: str, subresource: str) -> tuple[ApiRequest, list[str]]:
    """What kubectl asks, and what it warns of: k8s.io/kubectl v0.37.2 pkg/cmd/auth/cani.go (Complete, Validate)."""
    if resource.startswith("/"):
        return ApiRequest(verb, resource), unknown_verb(verb, is_of_url=True)
    text, _, name = resource.partition("/")
    warnings = []
    found = None if text == "*" else resource_named(text)
    if found is None and text not in ("*", *_NOT_SERVED):
        plain, _, group = text.lower().partition(".")
        where = f" in group '{group}'" if group else ""
        warnings.append(f"the server doesn't have a resource type '{plain}'{where}")
    if found is not None and not found.namespaced and namespace and text not in _NOT_SERVED:
        where = f" in group '{found.group}'" if found.group else ""
        warnings.append(f"resource '{found.name}' is not namespace scoped{where}")
    warnings += unknown_verb(verb, is_of_url=False)
    group, plain = ("", text) if found is None else (found.group, found.name)
    return ApiRequest(verb, "", True, group, plain, subresource, namespace, name), warnings
