"""What is reachable as a picture: tenants, their namespaces, and a flow for each pair of them that may talk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from k8s_hardening.cli.report import printable
from k8s_hardening.kube.manifest import as_map, as_str
from k8s_hardening.kube.masks import places_of
from k8s_hardening.kube.reach import Matrix, Pods, World, port_texts
from k8s_hardening.kube.reach.ports import PortSet
from k8s_hardening.model.labels import TENANT_LABEL
from k8s_hardening.model.problems import BadInputError

_MOST_NODES, _MOST_FLOWS = 250, 500  # beyond, no layout is readable, nor quick
_ANY = "any pod"
_MANY = 3  # namespaces that share a flow, from which on it is said once instead of drawn often


@dataclass(frozen=True, slots=True)
class Space:
    """A namespace."""

    name: str
    tenant: str | None
    is_closed: tuple[bool, bool]
    """Whether policies isolate all of its pods: for what comes in, and for what goes out."""
    inside: tuple[str, ...]
    """What its pods may say to each other, one line each."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What pods of one place may say to those of another."""

    source: str
    """Name of a namespace, or of a network outside."""
    destination: str
    lines: tuple[tuple[str, str], ...]
    """Who to whom, and on which ports."""
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn."""

    spaces: tuple[Space, ...]
    outside: tuple[str, ...]
    """Networks that take part in a flow."""
    flows: tuple[Flow, ...]
    common: tuple[tuple[str, str, str], ...]
    """What most closed namespaces reach: which these are, whom they reach, and on which ports."""


def picture_of(found: Matrix) -> Picture:
    """The picture of a matrix. What two open ends may say to each other is not drawn, but marked at both.

    Raises:
        BadInputError: it would be too large to be read.
    """
    world = found.world
    flows = dict(_flows(found))
    common = _common(world, flows)
    drawn = {key: sources for key, sources in flows.items() if key not in common}
    places = _places(world, drawn)
    lines: dict[tuple[str, str], list[tuple[str, str, bool]]] = {}
    for (destinations, ports, is_certain), sources in drawn.items():
        for source, here in _by_place(places, sources):
            for destination, there in _by_place(places, destinations):
                who = _who_to_whom(_who(world, here), _who(world, there))
                lines.setdefault((source, destination), []).append((who, ", ".join(port_texts(ports)), is_certain))
    between = {key: sorted(found) for key, found in lines.items() if key[0] != key[1]}
    names = sorted({one.namespace for one in world.pods})
    outside = sorted({place for key in between for place in key} - set(names))
    if len(names) + len(outside) > _MOST_NODES or len(between) > _MOST_FLOWS:
        size = f"{len(names)} namespaces and {len(between)} flows"
        most = f"at most {_MOST_NODES} and {_MOST_FLOWS} at once"
        raise BadInputError([f"a picture of {size} cannot be read; draw {most}, or use --format json"])
    return Picture(
        tuple(_space(world, name, [one[:2] for one in sorted(lines.get((name, name), ()))]) for name in names),
        tuple(outside),
        tuple(
            Flow(*key, tuple((who, ports) for who, ports, _ in found), all(one[2] for one in found))
            for key, found in sorted(between.items())
        ),
        tuple(
            (who, _all_of(world, destinations), ", ".join(port_texts(ports)))
            for (destinations, ports, _), who in common.items()
        ),
    )


_Key = tuple[int, PortSet, bool]


def _flows(found: Matrix) -> Iterator[tuple[_Key, int]]:
    """Destinations, ports and certainty of each flow, with its sources; those between open ends left out."""
    world = found.world
    closed_out, closed_in = world.isolated(is_ingress=False).may, world.isolated(is_ingress=True).may
    gathered: dict[_Key, int] = {}
    for row in found.rows:
        for cell in row.cells:
            is_certain = cell.sure == cell.may
            for sources, destinations in (
                (row.sources & closed_out, cell.destinations),
                (row.sources & ~closed_out, cell.destinations & closed_in),
            ):
                if sources and destinations:
                    key = (destinations, cell.may, is_certain)
                    gathered[key] = gathered.get(key, 0) | sources
    yield from gathered.items()


def _common(world: World, flows: Mapping[_Key, int]) -> dict[_Key, str]:
    """Flows of all pods of most closed namespaces, where these are many, with the words for their sources."""
    closed = world.isolated(is_ingress=False).may
    spaces = {world.pods[place].namespace for place in places_of(closed)}
    found = {}
    for key, sources in sorted(flows.items()):
        lacking = {name for name in spaces if world.inside(name).sure & closed & ~sources}
        if len(spaces) - len(lacking) >= max(_MANY, len(spaces) / 2):
            but = f" but {', '.join(sorted(lacking))}" if lacking else ""
            if not lacking or _is_whole(world, sources, spaces - lacking):
                found[key] = f"Every closed namespace{but}"
    return found


def _is_whole(world: World, sources: int, spaces: set[str]) -> bool:
    """Whether sources are all in some namespaces, so that naming those names all of them."""
    inside = 0
    for name in spaces:
        inside |= world.inside(name).sure
    return not sources & ~inside


def _places(world: World, flows: Mapping[_Key, int]) -> list[str]:
    """Where each end is drawn: pods in their namespace, and addresses that take part in the same flows at one place."""
    alike: dict[tuple[tuple[int, bool], ...], list[int]] = {}
    for place in range(len(world.pods), len(world.ends)):
        part = tuple(
            (number, is_source)
            for number, ((destinations, *_), sources) in enumerate(flows.items())
            for is_source, ends in ((True, sources), (False, destinations))
            if ends >> place & 1
        )
        alike.setdefault(part, []).append(place)
    found = [pods.namespace for pods in world.pods] + [""] * len(world.regions.all)
    for together in alike.values():
        name = _together([str(world.ends[place]) for place in together], len(world.regions.all))
        for place in together:
            found[place] = name
    return found


def _together(names: list[str], number_of_all: int) -> str:
    if len(names) == number_of_all:
        return "every address outside"
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(names[:_MANY]) + more


def _by_place(places: Sequence[str], ends: int) -> Iterator[tuple[str, int]]:
    found: dict[str, int] = {}
    for place in places_of(ends):
        found[places[place]] = found.get(places[place], 0) | 1 << place
    yield from found.items()


def _who(world: World, ends: int) -> str:
    """Pods of one namespace in few words; nothing for addresses."""
    first = world.ends[next(places_of(ends))]
    if not isinstance(first, Pods):
        return ""
    if world.inside(first.namespace).sure == ends:
        return _ANY
    return ", ".join(_short(world, world.pods[place]) for place in places_of(ends))


def _who_to_whom(here: str, there: str) -> str:
    """Both ends of a flow; nothing where they are as wide as the places that are drawn."""
    if {here, there} <= {"", _ANY}:
        return ""
    return " → ".join(filter(None, (here, there)))


def _short(world: World, pods: Pods) -> str:
    owners = world.owners[pods]
    if not owners:
        return str(pods).partition("/")[2]
    return owners[0].name if len(owners) == 1 else f"{owners[0].name} and {len(owners) - 1} more"


def _all_of(world: World, ends: int) -> str:
    places = [end.namespace if isinstance(end, Pods) else str(end) for end in world.ends]
    return ", ".join(f"{name} {_who(world, some)}".strip() for name, some in _by_place(places, ends))


def _space(world: World, name: str, inside: list[tuple[str, str]]) -> Space:
    pods = world.inside(name).sure
    closed = tuple(not pods & ~world.isolated(is_ingress=is_ingress).sure for is_ingress in (True, False))
    labels = world.namespaces.get(name)
    tenant = as_str(as_map(labels).get(TENANT_LABEL)) if isinstance(labels, dict) else ""
    return Space(
        name, tenant or None, (closed[0], closed[1]), tuple(f"{who or _ANY}: {ports}" for who, ports in inside)
    )


def as_dot(picture: Picture) -> str:
    """The picture in the language of Graphviz."""
    lines = ["digraph reach {", "  rankdir=LR; compound=true; node [shape=box]; fontname=sans; node [fontname=sans];"]
    tenants: dict[str | None, list[Space]] = {}
    for space in picture.spaces:
        tenants.setdefault(space.tenant, []).append(space)
    for number, (tenant, spaces) in enumerate(tenants.items()):
        if tenant is not None:
            lines.append(f"  subgraph cluster_{number} {{ label={_quoted(f'tenant {tenant}')};")
        lines += [f"    {_quoted(one.name)} [label={_quoted(_label(one))}];" for one in spaces]
        lines += ["  }"] if tenant is not None else []
    lines += [f"  {_quoted(name)} [shape=ellipse];" for name in picture.outside]
    for flow in picture.flows:
        label = "\n".join(f"{who}: {ports}" if who else ports for who, ports in flow.lines)
        style = "" if flow.is_certain else ", style=dashed"
        lines.append(f"  {_quoted(flow.source)} -> {_quoted(flow.destination)} [label={_quoted(label)}{style}];")
    if picture.common:
        common = "\n".join(f"{who} reaches {whom}: {ports}" for who, whom, ports in picture.common)
        lines.append(f"  label={_quoted(common)};")
    return "\n".join([*lines, "}"])


def _label(space: Space) -> str:
    return "\n".join([space.name, *state_texts(space), *space.inside])


def state_texts(space: Space) -> list[str]:
    """Which ways a namespace is open."""
    into, out = space.is_closed
    if into and out:
        return []
    return [
        {(True, False): "open outwards", (False, True): "open inwards", (False, False): "open both ways"}[into, out]
    ]


def _quoted(text: str) -> str:
    # Graphviz reads backslashes in labels as escapes of its own, so each is doubled; line ends are its \n.
    plain = "\\n".join(printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return f'"{plain}"'
