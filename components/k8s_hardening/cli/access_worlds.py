"""What the commands about access are asked about: some files, a stack's plan, or the state of a stack."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from k8s_hardening.cli.check import Command, kubernetes_of_files_option
from k8s_hardening.cli.ladder_state import state_in
from k8s_hardening.cli.report import printable
from k8s_hardening.cli.sources import read_sources
from k8s_hardening.cli.stack_options import no_color_option, project_option
from k8s_hardening.cli.verdict import read_items
from k8s_hardening.kube.access import Identity, TooFarError, World, identity_of, principals
from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.resources import KNOWN_VERBS, URL_VERBS, near_resource, resource_named
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.problems import BadInputError


@dataclass(frozen=True, slots=True)
class Asked:
    """A world, what of the input is not in it, and what is good to know."""

    world: World
    errors: tuple[str, ...]
    notes: tuple[str, ...]


def world_options(command: Command) -> Command:
    """The options that say where the roles and bindings are."""
    for option in reversed((
        click.argument("paths", nargs=-1, metavar="[PATH]..."),
        click.option("--stack", help="Stack whose plan is asked about instead of files."),
        click.option(
            "--state", "state_file", metavar="FILE", help="What `pulumi stack export` prints; - for standard input."
        ),
        project_option,
        kubernetes_of_files_option,
        no_color_option,
    )):  # fmt: skip
        command = option(command)
    return command


def asked_about(
    paths: Sequence[str], stack: str | None, state_file: str | None, project: Path, kubernetes: KubeVersion
) -> Asked:
    """The world that the options name.

    Raises:
        click.UsageError: none of the options is given, or several are.
        BadInputError: the stack or the state cannot be used.
    """
    if sum((bool(paths), state_file is not None, stack is not None)) != 1:
        raise click.UsageError("give one of PATH, --stack and --state", click.get_current_context())
    if stack is not None:
        return _of_stack(project, stack)
    if state_file is not None:
        state = state_in(state_file)
        world = World.of((one.manifest for one in state.objects if not one.is_partial), kubernetes)
        patches = (one.urn for one in state.objects if one.is_partial)
        partial = (f"{urn}: only changes an object of others, and is passed over" for urn in patches)
        unseen = (f"{urn}: is a Helm release, whose objects no state holds" for urn in state.unseen)
        return Asked(world, (), (*partial, *unseen, *world.flaws))
    read = read_items(read_sources(paths, sys.stdin.buffer))
    world = World.of((item.manifest for item in read.items), kubernetes)
    return Asked(world, tuple(map(str, read.problems)), world.flaws)


def _of_stack(project: Path, stack: str) -> Asked:
    # Only here, since it loads the whole model.
    from k8s_hardening.cli.stack_files import baseline_of
    from k8s_hardening.plans.baseline import plan_baseline

    baseline = baseline_of(project, stack)
    world = World.of(plan_baseline(baseline).manifests, baseline.kubernetes)
    return Asked(world, (), world.flaws)


@contextmanager
def followed() -> Iterator[None]:
    """Say in words where rights lead too far to be followed.

    Raises:
        BadInputError: they do.
    """
    try:
        yield
    except TooFarError as error:
        raise BadInputError([f"{error}: ask about fewer objects, or with who-can --direct"]) from None


def told(asked: Asked, *, errors_too: bool = True) -> None:
    """Say on the error stream what is good to know, and what could not be read."""
    for note in asked.notes:
        click.echo(f"note: {printable(note)}", err=True)
    for error in asked.errors if errors_too else ():
        click.echo(f"error: {printable(error)}", err=True)


def request_of(
    world: World, verb: str, resource: str, namespace: str | None, name: str | None, problems: list[str]
) -> ApiRequest:
    """The request that a verb and a resource mean; problems are added to the list.

    Args:
        world: where resources of others are known from.
        verb: as rules write it.
        resource: any name that kubectl takes, with a subresource behind a slash, or a path that starts with a slash.
        namespace: None: in no namespace, or in all.
        name: of the object.
        problems: what is wrong with it.
    """
    if resource.startswith("/"):
        return ApiRequest(verb.lower(), resource)
    if namespace is not None:
        known_namespace(world, namespace, problems)
    text, _, subresource = resource.partition("/")
    found = resource_named(text)
    if found is None:
        plain, dot, group = text.partition(".")
        if not dot and not _is_in_a_rule(world, plain):
            like = near_resource(text)
            hint = f'did you mean "{like}"?' if like else 'name those of others with their group: "widgets.example.com"'
            problems.append(f'RESOURCE "{printable(resource)}" is no resource that is known; {hint}')
        return ApiRequest(verb, "", True, group, plain, subresource, namespace or "", name or "")
    if subresource and found.subresources and subresource not in found.subresources:
        like = difflib.get_close_matches(subresource, found.subresources, n=1, cutoff=0)[0]
        what = f"{found.name} has no {printable(subresource)}"
        problems.append(f'RESOURCE "{printable(resource)}": {what}; for example "{found.name}/{like}"')
    where = namespace if found.namespaced or found.name == "namespaces" else ""
    return ApiRequest(verb, "", True, found.group, found.name, subresource, where or "", name or "")


def _is_in_a_rule(world: World, resource: str) -> bool:
    return any(resource in placed.rule.resources.known for rules in world.roles.values() for placed in rules)


def known_namespace(world: World, namespace: str, problems: list[str]) -> None:
    """Add a problem when nothing is known of a namespace."""
    if namespace not in world.namespaces:
        hint = near(namespace, world.namespaces)
        problems.append(f'--namespace "{printable(namespace)}" is none of those here{hint}')


def subject_of(text: str, groups: Sequence[str], problems: list[str]) -> Identity | None:
    """The identity that a subject names; None, and a problem is added, when it is none of a service account."""
    try:
        return identity_of(text, groups)
    except ValueError as error:
        problems.append(f"SUBJECT {printable(str(error))}")
        return None


def stranger(world: World, who: Identity, groups: Sequence[str]) -> str | None:
    """What is to be said of somebody of whom nothing is known: neither an own binding nor one of a group it is in."""
    titles = {one.identity.title for one in principals(world)}
    home = who.account
    is_account = home is not None and home[1] in world.accounts.get(home[0], ())
    if is_account or not titles.isdisjoint({who.title, *(f"group:{group}" for group in groups)}):
        return None
    titles |= {f"serviceaccount:{place}/{name}" for place, names in world.accounts.items() for name in names}
    return f'SUBJECT "{printable(who.title)}" is bound to nothing here{near(who.title, titles)}'


def unknown_verb(verb: str, *, is_of_url: bool) -> list[str]:
    """What kubectl warns of about a verb: k8s.io/kubectl v0.37.2 pkg/cmd/auth/cani.go (Validate)."""
    return [] if verb in (URL_VERBS if is_of_url else KNOWN_VERBS) else [f"verb '{verb}' is not a known verb"]


def warned(warnings: Iterable[str]) -> None:
    """Say warnings on the error stream, in the form of kubectl."""
    for warning in warnings:
        click.echo(f"Warning: {printable(warning)}", err=True)


def near(text: str, known: Iterable[str]) -> str:
    """A hint at the most similar of what is known; empty when nothing is similar."""
    found = difflib.get_close_matches(text, sorted(known), n=1, cutoff=0.5)
    return f'; did you mean "{printable(found[0])}"?' if found else ""
