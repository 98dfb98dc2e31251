"""Who may do what, as text for people and as plain data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from k8s_hardening.cli.report import Line, count, printable
from k8s_hardening.kube.access import ANYWHERE, Able, Grant, Level, Match, Path, Row, rights
from k8s_hardening.kube.access.held import Chance
from k8s_hardening.kube.api_requests import ApiRequest

_STYLES = {
    Level.NOTHING: "dim",
    Level.READ: "green",
    Level.WRITE: "yellow",
    Level.RUN: "yellow",
    Level.GRANT: "red",
    Level.EVERYTHING: "bold red",
}
_UNSURE = "not for certain"


def place_text(scope: str | None) -> str:
    """A scope for people."""
    return "every namespace" if scope is None else "a namespace known at apply" if scope == ANYWHERE else scope


def request_text(request: ApiRequest) -> str:
    """A request for people."""
    if not request.is_resource:
        return f"{request.verb} {request.path}"
    group = f".{request.group}" if request.group else ""
    name = f" {request.name}" if request.name else ""
    where = f" in {request.namespace}" if request.namespace else ""
    return f"{request.verb} {request.full_resource}{group}{name}{where}"


def does_text(chance: Chance) -> str:
    """What somebody does in a step."""
    where = " anywhere" if chance.scope is None else f" in {chance.scope}"
    return f"{' and '.join(need.text for need in chance.step.needs)}{where}"


def path_text(path: Path) -> str:
    """A way in one line, from the one who starts to what is reached."""
    parts = [path.holders[0].title]
    for holder in path.holders[1:]:
        assert holder.chance is not None  # noqa: S101 - only the first has none
        parts += [does_text(holder.chance), holder.title]
    return " -> ".join(parts)


def path_data(path: Path) -> dict[str, Any]:
    """A way as data."""
    steps = [
        {
            "step": holder.chance.step.id,
            "does": does_text(holder.chance),
            "namespace": holder.chance.scope,
            "by": [
                f"{one.holder}: {one.grant.binding}, {one.placed.where}: {one.placed.rule}" for one in holder.chance.by
            ],
            "to": holder.title,
            "source": holder.chance.step.source,
        }
        for holder in path.holders
        if holder.chance is not None
    ]
    return {
        "direct": path.is_direct,
        "certain": path.sureness is Match.YES,
        "path": steps,
        "because": str(path.reason),
    }


def able_data(request: ApiRequest, found: Sequence[Able], errors: Sequence[str]) -> dict[str, Any]:
    """Who may do something, as data."""
    asked = (
        {
            "resource": request.full_resource,
            "group": request.group,
            "namespace": request.namespace or None,
            "name": request.name or None,
        }
        if request.is_resource
        else {"path": request.path}
    )
    able = [{"subject": one.principal.identity.title, **path_data(one.path)} for one in found]
    return {"verb": request.verb, **asked, "able": able, "errors": list(errors)}


def able_lines(request: ApiRequest, found: Sequence[Able], *, direct_only: bool, with_system: bool) -> Iterator[Line]:
    """Who may do something: those with a right of their own first, then those who get there by way of others."""
    yield [(printable(f"who can {request_text(request)}"), "bold")]
    for title, is_direct in (("directly", True), ("by way of others", False)):
        some = [one for one in found if one.path.is_direct is is_direct]
        if some:
            yield [(f"{title}:", "bold")]
        for one in some:
            yield from _able(one)
    if not found:
        yield [("  nobody", "green")]
    left_out = [] if with_system else ["those of the cluster itself (--system)"]
    left_out += ["who gets there by way of others (--closed)"] if direct_only else []
    summary = count(len(found), "subject")
    yield [(f"{summary}{'; left out: ' if left_out else ''}{', '.join(left_out)}", "dim")]


def _able(able: Able) -> Iterator[Line]:
    doubt = "" if able.path.sureness is Match.YES else f"  {_UNSURE}"
    yield [(f"  {printable(able.principal.identity.title)}", "cyan"), (doubt, "yellow")]
    if not able.path.is_direct:
        yield [(f"    {printable(path_text(able.path))}", "")]
    yield [(f"    {printable(str(able.path.reason))}", "dim")]


def rights_data(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """What some grants allow, as data."""
    return [
        {"resource": what, "verbs": list(verbs), "certain": sureness is Match.YES}
        for what, verbs, sureness in rights(grants)
    ]


def row_data(row: Row) -> dict[str, Any]:
    """One row of the matrix as data."""
    return {
        "subject": row.principal.identity.title,
        "namespace": None if row.scope in (None, ANYWHERE) else row.scope,
        "scope": place_text(row.scope),
        "level": row.level.text,
        "bindings": sorted({grant.binding for grant in row.grants}),
        "rights": rights_data(row.grants),
        "secrets": None if row.secrets is None else path_data(row.secrets),
    }


def secrets_text(row: Row) -> str:
    """How somebody gets at the Secrets of a row."""
    if row.secrets is None:
        return ""
    doubt = "" if row.secrets.sureness is Match.YES else f", {_UNSURE}"
    if row.secrets.is_direct:
        return f"Secrets: directly{doubt}"
    return f"Secrets: by way of {', '.join(one.step.id for one in row.secrets.steps)}{doubt}"


def row_lines(rows: Iterable[Row], *, with_rights: bool = False) -> Iterator[Line]:
    """The matrix, one line for each somebody and namespace, or all rights below it."""
    last = None
    for row in rows:
        title = row.principal.identity.title
        if title != last:
            yield [(printable(title), "bold")]
            last = title
        secrets = secrets_text(row)
        yield [
            (f"  {printable(place_text(row.scope))}: ", ""),
            (row.level.text, _STYLES[row.level]),
            (f"  {secrets}" if secrets else "", "magenta"),
        ]
        for what, verbs, sureness in rights(row.grants) if with_rights else ():
            doubt = "" if sureness is Match.YES else f"  {_UNSURE}"
            yield [(f"    {printable(what)}: ", ""), (printable(",".join(verbs)), "cyan"), (doubt, "yellow")]
