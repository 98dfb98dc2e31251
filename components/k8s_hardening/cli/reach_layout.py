"""Where the parts of a picture stand: the layout of Graphviz, which comes with the package pygraphviz.

Graphviz is given sizes and ids of our own only, no text of anybody's files: so it needs no fonts, and a hostile name
meets no parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from k8s_hardening.model.problems import BadInputError

_POINTS = 72  # of an inch, the unit of Graphviz for sizes
_MISSING = (
    "a picture needs the package pygraphviz, which brings Graphviz; "
    'install it with the extra, pip install "k8s-hardening[picture]", or use --format dot'
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands: middles of boxes, corners of tenants, lines as paths with the tips of their arrows."""

    width: float
    height: float
    middles: dict[str, tuple[float, float]]
    tenants: dict[str, tuple[float, float, float, float]]
    lines: dict[tuple[str, str], list[tuple[float, float]]]


def laid_out(
    sizes: Mapping[str, tuple[int, int]], members: Mapping[str, Sequence[str]], lines: Sequence[tuple[str, str]]
) -> Layout:
    """Where boxes stand and lines run, from left to right.

    Args:
        sizes: width and height of each box in pixels, by its id.
        members: the boxes inside each tenant, by its id.
        lines: pairs of boxes; one that ends at a flow has no arrow.

    Raises:
        BadInputError: the library for the layout is not installed.
    """
    try:
        import pygraphviz
    except ImportError:
        raise BadInputError([_MISSING]) from None
    graph = pygraphviz.AGraph(directed=True, strict=True)
    graph.graph_attr.update(rankdir="LR", nodesep="0.25", ranksep="0.45", splines="true", outputorder="nodesfirst")
    for name, (width, height) in sizes.items():
        graph.add_node(name, label="", shape="box", fixedsize="true", width=width / _POINTS, height=height / _POINTS)
    for number, (tenant, spaces) in enumerate(members.items()):
        graph.add_subgraph(spaces, name=f"cluster_{number}", label="", margin="30", id=tenant)
    for source, destination in lines:
        # A flow is a box between two lines, so that Graphviz keeps room for its words.
        graph.add_edge(source, destination, arrowhead="none" if destination.startswith("f") else "normal")
    graph.layout(prog="dot")
    top = _numbers(graph.graph_attr["bb"])[3]

    def point(x: float, y: float) -> tuple[float, float]:
        return round(x, 1), round(top - y, 1)

    middles = {name: point(*_numbers(graph.get_node(name).attr["pos"])) for name in sizes}
    tenants = {}
    for number, tenant in enumerate(members):
        left, low, right, high = _numbers(graph.get_subgraph(f"cluster_{number}").graph_attr["bb"])
        tenants[tenant] = (*point(left, high), *point(right, low))
    drawn = {}
    for source, destination in lines:
        steps = _numbers(graph.get_edge(source, destination).attr["pos"].replace("e,", ""))
        points = [point(*steps[at : at + 2]) for at in range(0, len(steps), 2)]
        # With an arrow, its tip comes first.
        drawn[source, destination] = points if destination.startswith("f") else [*points[1:], points[0]]
    return Layout(_numbers(graph.graph_attr["bb"])[2], top, middles, tenants, drawn)


def _numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?[0-9.]+(?:e[-+]?[0-9]+)?", text)]
