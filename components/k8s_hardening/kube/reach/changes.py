"""What two worlds let through differently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.kube.masks import mask_of, places_of
from k8s_hardening.kube.reach.ends import End
from k8s_hardening.kube.reach.matrix import Matrix, matrix
from k8s_hardening.kube.reach.ports import NO_PORTS, PortSet
from k8s_hardening.kube.reach.world import World


@dataclass(frozen=True, slots=True)
class Change:
    """Sources and destinations between which other ports are open than before."""

    sources: tuple[End, ...]
    destinations: tuple[End, ...]
    before: PortSet
    """Ports that may have been reached before; none where one of the ends was not there."""
    after: PortSet


def differences(before: World, after: World) -> tuple[Change, ...]:
    """Every pair whose open ports changed, pairs that changed alike together; what may be open counts as open.

    Ends are the same in both worlds when no policy could tell them apart: pods by namespace, labels and named ports,
    the outside by its networks, cut alike for both.
    """
    left, right = (matrix(one.with_ends(networks=other.regions.networks)) for one, other in _both(before, after))
    ends = tuple(dict.fromkeys((*left.world.ends, *right.world.ends)))
    place_of = {end: place for place, end in enumerate(ends)}
    old, new = _rows(left, place_of), _rows(right, place_of)
    found: dict[tuple[int, PortSet, PortSet], int] = {}
    for source in range(len(ends)):
        for destinations, was, now in _changed(old.get(source, ()), new.get(source, ())):
            key = (destinations, was, now)
            found[key] = found.get(key, 0) | 1 << source
    return tuple(
        Change(tuple(ends[one] for one in places_of(sources)), tuple(ends[one] for one in places_of(to)), was, now)
        for (to, was, now), sources in found.items()
    )


def _both(before: World, after: World) -> Iterator[tuple[World, World]]:
    yield before, after
    yield after, before


_Cells = tuple[tuple[int, PortSet], ...]


def _rows(of: Matrix, place_of: dict[End, int]) -> dict[int, _Cells]:
    """Each source with its destinations, by their places among the ends of both worlds."""
    moved = [place_of[end] for end in of.world.ends]
    found = {}
    for row in of.rows:
        cells: dict[PortSet, int] = {}
        for cell in row.cells:
            cells[cell.may] = cells.get(cell.may, 0) | mask_of(moved[one] for one in places_of(cell.destinations))
        for source in places_of(row.sources):
            found[moved[source]] = tuple((destinations, ports) for ports, destinations in cells.items())
    return found


def _changed(old: _Cells, new: _Cells) -> Iterator[tuple[int, PortSet, PortSet]]:
    if old == new:
        return
    before = after = 0
    for destinations, _ in old:
        before |= destinations
    for destinations, _ in new:
        after |= destinations
    for destinations, was in (*old, (after & ~before, NO_PORTS)):
        for others, now in (*new, (before & ~after, NO_PORTS)):
            if was != now and (both := destinations & others):
                yield both, was, now
