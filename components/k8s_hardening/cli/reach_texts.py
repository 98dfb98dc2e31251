"""What is reachable, as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from k8s_hardening.cli.report import Line, count, printable
from k8s_hardening.kube.masks import places_of
from k8s_hardening.kube.reach import Change, End, Matrix, Pods, PortSet, Verdict, World, end_text, port_texts
from k8s_hardening.kube.reach.ports import without

_MOST_NAMES = 6  # that one line of text shows


def pair_json(
    source: str, destination: str, port: int | str | None, protocol: str, verdict: Verdict, errors: Sequence[str]
) -> str:
    """The answer about one pair as one JSON object."""
    told = {
        "from": source,
        "to": destination,
        "port": port,
        "protocol": protocol,
        "allowed": verdict.allowed,
        "because": [*_scope(port, verdict), *map(str, verdict.because)],
        "errors": list(errors),
    }
    return json.dumps(told, indent=2)


def pair_lines(
    source: str, destination: str, port: int | str | None, protocol: str, verdict: Verdict
) -> Iterator[Line]:
    """The answer about one pair, with its reasons below."""
    what = protocol if port is None else f"{protocol}/{port}"
    answer = ("allowed", "bold green") if verdict.allowed else ("denied", "bold red")
    yield [(printable(f"{source} -> {destination} {what}: "), "bold"), answer]
    for reason in (*_scope(port, verdict), *map(str, verdict.because)):
        yield [(f"  {printable(reason)}", "")]


def _scope(port: int | str | None, verdict: Verdict) -> Iterator[str]:
    if port is None and verdict.ports:
        yield f"open: {', '.join(port_texts(verdict.ports))}"
    if not verdict.is_certain:
        yield "not for certain: it hangs on what is known only at apply, or on which node a pod runs"


def matrix_json(found: Matrix, errors: Sequence[str]) -> str:
    """The whole matrix: the ends, and which of them reach which on what ports."""
    names = _names(found.world)
    told = {
        "ends": [_end(found.world, end) | {"name": names[place]} for place, end in enumerate(found.world.ends)],
        "reach": [
            {
                "from": [names[place] for place in places_of(row.sources)],
                "to": [names[place] for place in places_of(cell.destinations)],
                "ports": port_texts(cell.may),
                "certain": cell.sure == cell.may,
            }
            for row in found.rows
            for cell in row.cells
        ],
        "errors": list(errors),
    }
    return json.dumps(told, indent=2)


def _end(world: World, end: End) -> dict[str, Any]:
    if not isinstance(end, Pods):
        return {"network": str(end.network), "without": [str(hole) for hole in end.holes]}
    labels = {key: value if isinstance(value, str) else None for key, value in end.labels or ()}
    return {"namespace": end.namespace, "labels": labels, "workloads": [str(owner) for owner in world.owners[end]]}


def _names(world: World) -> list[str]:
    return [end_text(world, end) for end in world.ends]


def matrix_lines(found: Matrix) -> Iterator[Line]:
    """Who reaches whom; ends that reach the same stand together."""
    names = _names(found.world)
    reaching = 0
    for row in found.rows:
        reaching |= row.sources
        yield [(_listed(found.world, names, row.sources), "bold")]
        for cell in row.cells:
            verb = "reaches" if cell.sure == cell.may else "may reach" if not cell.sure else "reaches at least in part"
            ports = ", ".join(port_texts(cell.may))
            yield [(f"  {verb} ", "dim"), (_listed(found.world, names, cell.destinations), ""), (f"  {ports}", "cyan")]
    if quiet := found.world.all_pods & ~reaching:
        yield [("reaching nothing: ", "dim"), (_listed(found.world, names, quiet), "")]
    yield from _summary(found)


def _listed(world: World, names: Sequence[str], ends: int) -> str:
    """A set of ends in few words: whole namespaces, all pods and the whole outside are named as such."""
    if ends == world.everyone:
        return "everything"
    shown = []
    outside = world.everyone & ~world.all_pods
    if ends & world.all_pods == world.all_pods:
        shown, ends = ["every pod"], ends & outside
    for place in places_of(ends & world.all_pods):
        inside = world.inside(world.pods[place].namespace).sure
        if inside & ends != inside or inside.bit_count() == 1:
            shown.append(names[place])
        elif inside & -inside == 1 << place:
            shown.append(f"every pod of {world.pods[place].namespace}")
    if ends & outside == outside:
        shown.append("every address outside")
    else:
        shown += [names[place] for place in places_of(ends & outside)]
    more = [f"{len(shown) - _MOST_NAMES} more"] if len(shown) > _MOST_NAMES else []
    return printable(", ".join([*shown[:_MOST_NAMES], *more]))


def _summary(found: Matrix) -> Iterator[Line]:
    world = found.world
    pairs = len(world.ends) ** 2 - len(world.regions.all) ** 2
    opened = sum(row.sources.bit_count() * cell.destinations.bit_count() for row in found.rows for cell in row.cells)
    if any(not world.owners[one] for one in world.pods):
        yield [
            (
                "* stands for pods that no policy mentions by a label; others are named by what policies ask of them",
                "dim",
            )
        ]
    classes = f"{len(world.pods)} {'class' if len(world.pods) == 1 else 'classes'} of pods"
    policies = f"{len(world.policies)} {'policy' if len(world.policies) == 1 else 'policies'}"
    spaces = count(len({one.namespace for one in world.pods}), "namespace")
    yield [(f"{classes} in {spaces}, {policies}: {opened} of {pairs} pairs are open", "")]


def changes_json(changes: Iterable[Change], worlds: Sequence[World], errors: Sequence[str]) -> str:
    """What was opened and closed, as one JSON object; ends are named as the first of the worlds that has them does."""
    told: dict[str, Any] = {"opened": [], "closed": [], "errors": list(errors)}
    for change, what, ports in _parts(changes):
        sources, destinations = ([_name(end, worlds) for end in ends] for ends in (change.sources, change.destinations))
        told[what].append({"from": sources, "to": destinations, "ports": port_texts(ports)})
    return json.dumps(told, indent=2)


def changes_lines(changes: Iterable[Change], worlds: Sequence[World]) -> Iterator[Line]:
    """What was opened and closed, one line each."""
    pairs = {"opened": 0, "closed": 0}
    for change, what, ports in _parts(changes):
        pairs[what] += len(change.sources) * len(change.destinations)
        style = "bold red" if what == "opened" else "bold green"
        sources, destinations = (_few(ends, worlds) for ends in (change.sources, change.destinations))
        ends = printable(f"{sources} -> {destinations}")
        yield [(what, style), (f"  {ends}", ""), (f"  {', '.join(port_texts(ports))}", "cyan")]
    yield [(f"{count(pairs['opened'], 'pair')} opened, {count(pairs['closed'], 'pair')} closed", "")]


def _parts(changes: Iterable[Change]) -> Iterator[tuple[Change, str, PortSet]]:
    for change in changes:
        if opened := without(change.after, change.before):
            yield change, "opened", opened
        if closed := without(change.before, change.after):
            yield change, "closed", closed


def _name(end: End, worlds: Sequence[World]) -> str:
    return next((end_text(world, end) for world in worlds if isinstance(end, Pods) and end in world.owners), str(end))


def _few(ends: Sequence[End], worlds: Sequence[World]) -> str:
    more = [f"{len(ends) - _MOST_NAMES} more"] if len(ends) > _MOST_NAMES else []
    return ", ".join([*(_name(end, worlds) for end in ends[:_MOST_NAMES]), *more])
