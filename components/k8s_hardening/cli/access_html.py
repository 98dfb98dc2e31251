"""The access matrix as one page: no script, nothing loaded, readable without colours."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from k8s_hardening.cli.access_texts import path_text, place_text, secrets_text
from k8s_hardening.kube.access import Level, Match, Row, rights

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; padding: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #8886 }
th[scope=rowgroup] { font-size: 1.05rem; padding-top: 1.4rem }
th[scope=row] { font-weight: 500; overflow-wrap: anywhere }
.level { white-space: nowrap; border-radius: .3rem; padding: .05rem .5rem; border: 1px solid #8888 }
.reads { background: #2a802a2e } .writes, .runs-code { background: #b080002e }
.gives-rights, .everything { background: #c020202e; font-weight: 700 }
summary { cursor: pointer }
ul { margin: .3rem 0; padding-left: 1.2rem }
""".strip()
_LEGEND = {
    Level.READ: "looks, changes nothing",
    Level.WRITE: "changes objects that run no code",
    Level.RUN: "runs pods, and so has every Secret and service account of the namespace",
    Level.GRANT: "gives itself or others more rights",
    Level.EVERYTHING: "may do everything",
}


def page(rows: Iterable[Row], version: str) -> str:
    """The matrix by namespace, as one HTML document; every text from the objects is escaped."""
    by_place: dict[str, list[Row]] = {}
    for row in rows:
        by_place.setdefault(place_text(row.scope), []).append(row)
    subjects = {row.principal.identity.title for found in by_place.values() for row in found}
    legend = "".join(f"<li>{_level(level)} {html.escape(text)}</li>" for level, text in _LEGEND.items())
    body = "".join(part for place, found in sorted(by_place.items()) for part in _group(place, found))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>Who may do what</title>\n"
        f"<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<h1>Who may do what</h1>\n"
        f"<p>{len(subjects)} subjects in {len(by_place)} places, Kubernetes {html.escape(version)}.</p>\n"
        f"<h2>Levels</h2>\n<ul>{legend}</ul>\n"
        "<table>\n<caption>Each subject by namespace, with its strongest right and how it gets at Secrets.</caption>\n"
        '<thead><tr><th scope="col">Subject</th><th scope="col">Level</th><th scope="col">Secrets</th>'
        f'<th scope="col">Rights</th></tr></thead>\n{body}</table>\n</body>\n</html>'
    )


def _group(place: str, rows: list[Row]) -> Iterator[str]:
    yield f'<tbody>\n<tr><th scope="rowgroup" colspan="4">{html.escape(place)}</th></tr>\n'
    for row in sorted(rows, key=lambda one: (-one.level, one.principal.identity.title)):
        yield (
            f'<tr><th scope="row">{html.escape(row.principal.identity.title)}</th><td>{_level(row.level)}</td>'
            f"<td>{_secrets(row)}</td><td>{_rights(row)}</td></tr>\n"
        )
    yield "</tbody>\n"


def _level(level: Level) -> str:
    return f'<span class="level {level.text.replace(" ", "-")}">{level.text}</span>'


def _secrets(row: Row) -> str:
    if row.secrets is None:
        return "no"
    text = html.escape(secrets_text(row).removeprefix("Secrets: "))
    if row.secrets.is_direct:
        return text
    return f"<details><summary>{text}</summary>{html.escape(path_text(row.secrets))}</details>"


def _rights(row: Row) -> str:
    found = rights(row.grants)
    if not found:
        return "none of its own"
    items = "".join(
        f"<li>{html.escape(what)}: {html.escape(', '.join(verbs))}{_doubt(sure)}</li>" for what, verbs, sure in found
    )
    return f"<details><summary>{len(found)} resources</summary><ul>{items}</ul></details>"


def _doubt(sureness: Match) -> str:
    return "" if sureness is Match.YES else " (not for certain)"
