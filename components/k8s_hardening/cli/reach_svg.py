"""The picture as SVG; the layout comes from elsewhere, all drawing and all words are here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from k8s_hardening.cli.reach_layout import Layout, laid_out
from k8s_hardening.cli.reach_picture import Flow, Picture, Space, state_texts
from k8s_hardening.cli.report import printable

_LETTER = 0.6  # width of a letter against its height; wider than the average, since fonts differ
_LINE = 16
_LONGEST = 46  # letters of one line
_MOST_LINES = 5
_MARGIN = 24
_SPARE = 14  # of the room around the namespaces of a tenant, which only its top needs, for the name
_STYLE = """
text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 12px; fill: #334155; }
.tenant rect { fill: #eef2ff; stroke: #c7d2fe; }
.tenant text { font-size: 12px; font-weight: 600; fill: #4338ca; }
.space rect { fill: #ffffff; stroke: #94a3b8; }
.space .bar { stroke: none; }
.closed .bar { fill: #16a34a; }
.half .bar { fill: #d97706; }
.open .bar { fill: #dc2626; }
.name { font-size: 13px; font-weight: 600; fill: #0f172a; }
.state { font-size: 11px; fill: #64748b; }
.open .state { fill: #b91c1c; }
.outside rect { fill: #f8fafc; stroke: #64748b; stroke-dasharray: 5 3; }
.flow path { fill: none; stroke: #2563eb; stroke-width: 1.6; }
.flow polygon { fill: #2563eb; }
.flow rect { fill: #ffffff; stroke: #93c5fd; }
.unsure path { stroke-dasharray: 6 4; }
.who { font-size: 11px; fill: #64748b; }
.ports { font-size: 11px; font-weight: 600; fill: #1d4ed8; }
.note { font-size: 12px; }
"""


@dataclass(frozen=True, slots=True)
class _Box:
    """A box to place, with its lines of text: class and words."""

    lines: tuple[tuple[str, str], ...]
    width: int
    height: int


def as_svg(picture: Picture) -> str:
    """The picture as an SVG document.

    Raises:
        BadInputError: the library for the layout is not installed.
    """
    boxes = dict(_boxes(picture))
    tenants = sorted({one.tenant for one in picture.spaces if one.tenant is not None})
    members = {
        f"t{number}": [f"s{place}" for place, one in enumerate(picture.spaces) if one.tenant == tenant]
        for number, tenant in enumerate(tenants)
    }
    place_of = {one.name: f"s{place}" for place, one in enumerate(picture.spaces)}
    place_of |= {name: f"o{place}" for place, name in enumerate(picture.outside)}
    lines = [
        pair
        for number, flow in enumerate(picture.flows)
        for pair in ((place_of[flow.source], f"f{number}"), (f"f{number}", place_of[flow.destination]))
    ]
    layout = laid_out({name: (box.width, box.height) for name, box in boxes.items()}, members, lines)
    notes = [*_notes(picture)]
    width = max(layout.width, max((_width(note, 12) for note in notes), default=0)) + 2 * _MARGIN
    height = layout.height + 2 * _MARGIN + (len(notes) + 1) * 20
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="Who reaches whom">',
        f"<style>{_STYLE}</style>",
        '<rect width="100%" height="100%" rx="8" fill="#ffffff"/>',
        f'<g transform="translate({_MARGIN} {_MARGIN})">',
        *(_tenant(name, layout.tenants[f"t{number}"]) for number, name in enumerate(tenants)),
        *(_flow_lines(number, flow, place_of, layout) for number, flow in enumerate(picture.flows)),
        *(
            _drawn_space(one, boxes[f"s{place}"], layout.middles[f"s{place}"])
            for place, one in enumerate(picture.spaces)
        ),
        *(
            _drawn_box("outside", name, boxes[f"o{place}"], layout.middles[f"o{place}"])
            for place, name in enumerate(picture.outside)
        ),
        *(
            _drawn_box("flow", f"{flow.source} → {flow.destination}", boxes[f"f{number}"], layout.middles[f"f{number}"])
            for number, flow in enumerate(picture.flows)
        ),
        *(_text(0, layout.height + 28 + 20 * line, "note", note) for line, note in enumerate(notes)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts)


def _notes(picture: Picture) -> Iterator[str]:
    for who, whom, ports in picture.common:
        yield f"{who} reaches {whom}: {ports}."
    yield "Green is closed both ways: only what is drawn passes."
    if not all(all(space.is_closed) for space in picture.spaces):
        yield "What is open reaches, and is reached by, all else that is open; that is not drawn."
    if not all(flow.is_certain for flow in picture.flows):
        yield "Dashed: may be open; it hangs on what is known only at apply, or on which node a pod runs."


def _boxes(picture: Picture) -> Iterator[tuple[str, _Box]]:
    for place, space in enumerate(picture.spaces):
        states = state_texts(space) or ["closed both ways"]
        inside = _shortened([("who", line) for line in space.inside])
        yield f"s{place}", _box([("name", space.name), *(("state", one) for one in states), *inside])
    for place, name in enumerate(picture.outside):
        yield f"o{place}", _box([("name", name), ("state", "outside")])
    for number, flow in enumerate(picture.flows):
        lines = [line for who, ports in flow.lines for line in (("who", who), ("ports", ports)) if line[1]]
        yield f"f{number}", _box(_shortened(lines), padding=8)


def _shortened(lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    most = 2 * _MOST_LINES
    return [*lines[:most], *([("who", f"and {len(lines) - most} more lines")] if len(lines) > most else [])]


def _box(lines: Iterable[tuple[str, str]], padding: int = 14) -> _Box:
    shown = tuple((kind, _cut(printable(text))) for kind, text in lines)
    width = max(_width(text, 13 if kind == "name" else 11) for kind, text in shown)
    return _Box(shown, int(width) + 2 * padding, len(shown) * _LINE + 2 * padding - 8)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _width(text: str, size: int) -> float:
    return len(text) * size * _LETTER


def _tenant(name: str, corners: tuple[float, float, float, float]) -> str:
    left, high, right, low = corners
    size = f'width="{right - left:.1f}" height="{low - high - _SPARE:.1f}"'
    words = _text(left + 12, high + 19, "", f"tenant {name}")
    return f'<g class="tenant"><rect x="{left}" y="{high}" {size} rx="10"/>{words}</g>'


def _drawn_space(space: Space, box: _Box, middle: tuple[float, float]) -> str:
    kind = {2: "closed", 1: "half", 0: "open"}[sum(space.is_closed)]
    x, y = middle[0] - box.width / 2, middle[1] - box.height / 2
    bar = f'<rect class="bar" x="{x:.1f}" y="{y + 4:.1f}" width="4" height="{box.height - 8}" rx="2"/>'
    return _drawn_box(f"space {kind}", space.name, box, middle, bar)


def _drawn_box(kind: str, title: str, box: _Box, middle: tuple[float, float], more: str = "") -> str:
    x, y = middle[0] - box.width / 2, middle[1] - box.height / 2
    radius = box.height // 2 if kind == "outside" else 7
    first = middle[1] - len(box.lines) * _LINE / 2 + 12
    texts = "".join(
        _text(middle[0], first + line * _LINE, kind_of_line, text, anchor="middle")
        for line, (kind_of_line, text) in enumerate(box.lines)
    )
    return (
        f'<g class="{kind}" data-name={_attribute(title)}><title>{_words(title)}</title>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{box.width}" height="{box.height}" rx="{radius}"/>{more}{texts}</g>'
    )


def _flow_lines(number: int, flow: Flow, place_of: dict[str, str], layout: Layout) -> str:
    here, there = place_of[flow.source], place_of[flow.destination]
    paths = [_path(layout.lines[pair]) for pair in ((here, f"f{number}"), (f"f{number}", there))]
    *_, before, tip = layout.lines[f"f{number}", there]
    return (
        f'<g class="flow{"" if flow.is_certain else " unsure"}" data-from={_attribute(flow.source)} '
        f"data-to={_attribute(flow.destination)}>{''.join(paths)}{_arrow(before, tip)}</g>"
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    # A curve of Graphviz has one point and then three for each of its parts; with an arrow, its tip is one more.
    first, rest = points[0], points[1:]
    curves = " ".join(f"{x},{y}" for x, y in rest[: len(rest) - len(rest) % 3])
    return f'<path d="M{first[0]},{first[1]} C{curves}"/>'


def _arrow(before: tuple[float, float], tip: tuple[float, float]) -> str:
    across = ((before[1] - tip[1]) * 0.4, (tip[0] - before[0]) * 0.4)
    sides = [(before[0] + sign * across[0], before[1] + sign * across[1]) for sign in (1, -1)]
    return '<polygon points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in (sides[0], tip, sides[1])) + '"/>'


def _text(x: float, y: float, kind: str, words: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_words(words)}</text>'


def _words(text: str) -> str:
    return escape(printable(text))


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
