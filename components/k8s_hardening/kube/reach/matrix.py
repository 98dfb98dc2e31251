"""Who reaches whom on which ports, for all ends at once, in rows that many ends share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from k8s_hardening.kube.masks import mask_of, places_of
from k8s_hardening.kube.reach.entries import Direction, direction_of, spread
from k8s_hardening.kube.reach.ports import NO_PORTS, PortSet, met
from k8s_hardening.kube.reach.world import World


@dataclass(frozen=True, slots=True)
class Cell:
    """Ends that some sources reach alike."""

    destinations: int
    """A set of ends."""
    sure: PortSet
    """Ports on which they are reached."""
    may: PortSet
    """Ports on which they may be reached, since something is known only at apply or depends on nodes."""


@dataclass(frozen=True, slots=True)
class Row:
    """Ends that reach the same."""

    sources: int
    """A set of ends."""
    cells: tuple[Cell, ...]
    """Disjoint; who is in none is not reached."""


@dataclass(frozen=True)
class Matrix:
    """The whole of what is reachable in a world. Traffic of an end with itself is that between two of its pods."""

    world: World
    rows: tuple[Row, ...]
    """Disjoint; ends that reach nobody have no row."""

    @cached_property
    def _row_of(self) -> dict[int, Row]:
        return {place: row for row in self.rows for place in places_of(row.sources)}

    def ports(self, source: int, destination: int) -> tuple[PortSet, PortSet]:
        """Ports on which one end reaches another, by their places: for sure, and perhaps."""
        row = self._row_of.get(source)
        for cell in row.cells if row is not None else ():
            if cell.destinations >> destination & 1:
                return cell.sure, cell.may
        return NO_PORTS, NO_PORTS


def matrix(world: World) -> Matrix:
    """Everything that is reachable in a world; what passes between two addresses outside is nobody's here."""
    egress, ingress = direction_of(world, is_ingress=False), direction_of(world, is_ingress=True)
    is_certain = egress.sure == egress.may and ingress.sure == ingress.may
    found: dict[tuple[Cell, ...], int] = {}
    for sources, out, into in _alike(world, egress, ingress):
        # A set of sources holds either pods or addresses, for addresses lack the entries that pods have or are more.
        for part in (sources & world.all_pods, sources & ~world.all_pods):
            if not part:
                continue
            among = world.everyone if part & world.all_pods else world.all_pods
            may = _meeting(spread(out[1]), spread(into[1]), among)
            sure = may if is_certain else _meeting(spread(out[0]), spread(into[0]), among)
            cells = tuple(_cells(sure, may))
            if cells:
                found[cells] = found.get(cells, 0) | part
    rows = sorted((Row(sources, cells) for cells, sources in found.items()), key=lambda row: row.sources & -row.sources)
    return Matrix(world, tuple(rows))


_Pieces = tuple[list[tuple[int, PortSet]], list[tuple[int, PortSet]]]


def _alike(world: World, egress: Direction, ingress: Direction) -> Iterator[tuple[int, _Pieces, _Pieces]]:
    """Sets of sources that every policy treats alike, with what lets them out and what lets them in elsewhere."""
    tables = [list(opened.items()) for opened in (egress.sure, egress.may, ingress.sure, ingress.may)]
    met_by: list[list[int]] = [[] for _ in world.ends]
    number = 0
    starts = []
    for which, table in enumerate(tables):
        starts.append(number)
        for (peers, _), subjects in table:
            for place in places_of(subjects if which < len(tables) // 2 else peers):
                met_by[place].append(number)
            number += 1
    starts.append(number)
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, numbers in enumerate(met_by):
        groups.setdefault(tuple(numbers), []).append(place)

    def pieces(numbers: tuple[int, ...], which: int) -> list[tuple[int, PortSet]]:
        start, end, table = starts[which], starts[which + 1], tables[which]
        rows = [table[one - start] for one in numbers if start <= one < end]
        if which < len(tables) // 2:
            return [(peers, ports) for (peers, ports), _ in rows]
        return [(subjects, ports) for (_, ports), subjects in rows]

    for alike, places in groups.items():
        yield (
            mask_of(places),
            (pieces(alike, 0), pieces(alike, 1)),
            (pieces(alike, 2), pieces(alike, 3)),
        )


def _meeting(out: dict[PortSet, int], into: dict[PortSet, int], among: int) -> dict[PortSet, int]:
    """What is both let out and let in: ports -> destinations."""
    found: dict[PortSet, int] = {}
    for out_ports, out_ends in out.items():
        for in_ports, in_ends in into.items():
            both = out_ends & in_ends & among
            ports = met(out_ports, in_ports) if both else NO_PORTS
            if ports:
                found[ports] = found.get(ports, 0) | both
    return found


def _cells(sure: dict[PortSet, int], may: dict[PortSet, int]) -> Iterator[Cell]:
    for ports, ends in sorted(may.items()):
        if sure is may:
            yield Cell(ends, ports, ports)
            continue
        rest = ends
        for sure_ports, sure_ends in sorted(sure.items()):
            if both := rest & sure_ends:
                yield Cell(both, sure_ports, ports)
                rest &= ~both
        if rest:
            yield Cell(rest, NO_PORTS, ports)
