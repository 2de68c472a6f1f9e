"""Draws the picture of the network as SVG; the page's style gives it its colours."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from .data import Box, BoxKind, Edge, Network
from .layout import INSET, ROOM, Frame, Layout, Placed, Span, lay_out
from .lettering import SMALL, TITLE, shortened
from .markup import Markup, element, joined, visible

__all__ = ["draw", "sample_of_arrow", "sample_of_box", "sample_of_frame"]

# The box that an edge is sorted at, and the one at its other end.
_Ends = Callable[[Edge], tuple[str, str]]
_Point = tuple[int, int]

_IDS = 2
# A picture that is wider is not made smaller than can be read, but scrolled.
_WIDE = 900
_CLASSES = {
    BoxKind.FUNCTION: "function",
    BoxKind.OUTSIDE: "outside",
    BoxKind.ENDPOINT: "endpoint",
    BoxKind.WAY_OUT: "way-out",
    BoxKind.DATA: "data",
    BoxKind.INTERNET: "internet",
}


def draw(network: Network, *, title: str, description: str) -> Markup:
    """Draw a network.

    Args:
        network: What is to be drawn.
        title: What the picture is called, for who does not see it.
        description: What it shows, in a sentence, and where the same is said in words.

    Returns:
        The `svg` element. Its boxes are links to what the page says of them.
    """
    layout = lay_out(network)
    return element(
        "svg",
        element("title", title, id="picture-title"),
        element("desc", description, id="picture-description"),
        element("defs", [_head(name) for name in ("", "open", "acknowledged")]),
        [_frame(frame) for frame in layout.frames],
        _edges(network, layout),
        [_box(placed) for placed in layout.placed.values()],
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {layout.width} {layout.height}",
        width=layout.width,
        height=layout.height,
        role="group",
        aria_labelledby="picture-title",
        aria_describedby="picture-description",
        class_="picture picture-wide" if layout.width > _WIDE else "picture",
    )


def sample_of_box(kind: str, letter: str = "") -> Markup:
    """Draw a box for the legend.

    Args:
        kind: The name of its class.
        letter: What is in it.

    Returns:
        The picture, which is not read out.
    """
    rect = element("rect", x=1, y=1, width=26, height=14, rx=4, class_="box-rect")
    text = element("text", letter, x=10, y=12) if letter else None
    return _sample(element("g", rect, text, class_=f"box-{kind}"))


def sample_of_frame(kind: str) -> Markup:
    """Draw a frame for the legend.

    Args:
        kind: The name of its class.

    Returns:
        The picture, which is not read out.
    """
    frame = f"frame frame-{kind}"
    return _sample(element("rect", x=1, y=1, width=26, height=14, rx=4, class_=frame))


def sample_of_arrow(way: str, *, dotted: bool = False) -> Markup:
    """Draw an arrow for the legend.

    Args:
        way: `open` or `acknowledged` for one that leads out; empty for any other.
        dotted: Whether it begins at the frame of some subnets.

    Returns:
        The picture, which is not read out.
    """
    line = element("path", d="M1 8 L27 8", marker_end=f"url(#{_named('arrow', way)})", fill="none")
    return _sample(element("g", line, _dot(4, 8, way) if dotted else None, class_=_classes_of(way)))


def _sample(drawn: Markup) -> Markup:
    return element(
        "svg", drawn, viewBox="0 0 28 16", width=28, height=16, class_="sample", aria_hidden="true"
    )


def _named(name: str, way: str) -> str:
    return f"{name}-{way}" if way else name


def _classes_of(way: str) -> str:
    return f"edge edge-{way}" if way else "edge"


def _head(way: str) -> Markup:
    return element(
        "marker",
        element("path", d="M0 0 L8 4 L0 8 z", class_=_named("edge-head", way)),
        id=_named("arrow", way),
        viewBox="0 0 8 8",
        refX=8,
        refY=4,
        markerUnits="userSpaceOnUse",
        markerWidth=11,
        markerHeight=11,
        orient="auto",
    )


def _frame(frame: Frame) -> Markup:
    room = frame.width - 28
    x, y = frame.x + 14, frame.y + 20
    if frame.kind == "vpc":
        texts = [_text(f"VPC {frame.title}", x, y, room, TITLE, "frame-title")]
    else:
        texts = [_text(frame.title, x, y - 2, room, SMALL, "frame-line")]
    if frame.lines:
        line = " · ".join(frame.lines)
        texts.append(_text(line, x, y + 18, room, SMALL, "frame-line"))
    rect = element(
        "rect",
        x=frame.x,
        y=frame.y,
        width=frame.width,
        height=frame.height,
        rx=10,
        class_=f"frame frame-{frame.kind}",
    )
    return element("g", rect, texts)


def _box(placed: Placed) -> Markup:
    box = placed.box
    room = placed.width - 2 * INSET
    x, y = placed.x + INSET, placed.y + 23
    is_cut = any("…" in line for line in placed.title)
    whole = element("title", box.title) if is_cut else None
    texts = [
        element("text", line, None if number else whole, x=x, y=y + 17 * number, class_="box-title")
        for number, line in enumerate(placed.title)
    ]
    for line in box.lines:
        texts.append(_text(line, x, y + 17 * len(texts), room, SMALL, "box-line"))
    leaks = [
        ("⚠ opens {}", box.open, "box-open"),
        ("! acknowledged: {}", box.acknowledged, "box-acknowledged"),
    ]
    for said, ids, class_ in leaks:
        if ids:
            below = y + 17 * len(texts)
            texts.append(_text(said.format(_few(ids)), x, below, room, SMALL, class_))
    rect = element(
        "rect",
        x=placed.x,
        y=placed.y,
        width=placed.width,
        height=placed.height,
        rx=8,
        class_="box-rect",
    )
    classes = f"box box-{_CLASSES[box.kind]}"
    if box.open or box.acknowledged:
        classes += " box-is-open" if box.open else " box-is-acknowledged"
    drawn = element("g", rect, texts, class_=classes)
    target = _target(box)
    if target is None:
        return drawn
    return element("a", drawn, href=target)


def _few(ids: Sequence[str]) -> str:
    return ", ".join(ids) if len(ids) <= _IDS else f"{ids[0]} and {len(ids) - 1} more"


def _target(box: Box) -> str | None:
    for path_id in (*box.open, *box.acknowledged):
        return f"#path-{path_id}"
    if box.kind in (BoxKind.FUNCTION, BoxKind.OUTSIDE):
        return "#signing"
    return "#reach" if box.kind in (BoxKind.ENDPOINT, BoxKind.DATA) else None


def _text(value: str, x: int, y: int, room: float, size: int, class_: str) -> Markup:
    bold = class_ not in ("box-line", "frame-line")
    shown = shortened(visible(value), room, size, bold=bold)
    whole = element("title", value) if shown != visible(value) else None
    return element("text", shown, whole, x=x, y=y, class_=class_)


def _edges(network: Network, layout: Layout) -> Markup:
    """Draw the arrows; those that share a side of a box are spread along it."""
    # What is open is drawn last, on top.
    ends = network.ends
    edges = sorted(layout.edges, key=lambda edge: (edge.open, edge.acknowledged))
    leaving = _ports(edges, layout, lambda edge: (edge.source, edge.target))
    arriving = _ports(edges, layout, lambda edge: (edge.target, edge.source))
    lanes: list[int] = []
    return joined(
        _edge(
            edge,
            layout,
            (leaving[edge], arriving[edge]),
            lanes,
            f"{ends[edge.source].title} to {ends[edge.target].title}: {edge.label}",
        )
        for edge in edges
    )


def _ports(edges: Iterable[Edge], layout: Layout, ends: _Ends) -> dict[Edge, int]:
    at: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        at[ends(edge)[0]].append(edge)
    found: dict[Edge, int] = {}
    for own, sharing in at.items():
        sharing.sort(key=lambda edge: _middle(layout.span(ends(edge)[1])))
        found |= zip(sharing, layout.ports(own, len(sharing)), strict=True)
    return found


def _middle(span: Span) -> int:
    return span.top + span.bottom


def _edge(edge: Edge, layout: Layout, at: _Point, lanes: list[int], said: str) -> Markup:
    target = layout.placed[edge.target]
    x1, x2 = layout.span(edge.source).right, target.x
    y1, y2 = at
    if x2 <= x1:  # in the same column: around on the right
        x2 = target.x + target.width
        line = f"C{x1 + 44} {y1} {x2 + 44} {y2} {x2} {y2}"
    else:
        # The internet is as high as the picture: it is reached at any height.
        anywhere = target.box.kind is BoxKind.INTERNET
        line = _around(layout, (x1, y1), (x2, y1 if anywhere else y2), anywhere, lanes)
    way = "open" if edge.open else "acknowledged" if edge.acknowledged else ""
    path = element(
        "path",
        element("title", said),
        d=f"M{x1} {y1} {line}",
        marker_end=f"url(#{_named('arrow', way)})",
        fill="none",
    )
    begin = None if edge.source in layout.placed else _dot(x1, y1, way)
    return element("g", path, begin, class_=_classes_of(way))


def _dot(x: int, y: int, way: str) -> Markup:
    """Mark where an arrow leaves the frame of some subnets."""
    return element("circle", cx=x, cy=y, r=3.5, class_=_named("edge-head", way))


def _around(layout: Layout, start: _Point, end: _Point, anywhere: bool, lanes: list[int]) -> str:
    """Lead a line between the boxes that are on its way."""
    passed = layout.between(start[0], end[0])
    if not passed:
        return _curve(start, end)
    lane = layout.free(start[1], end[1], passed, lanes)
    lanes.append(lane)
    before = min(p.x for p in passed) - ROOM
    parts = [_curve(start, (before, lane))]
    if anywhere:
        parts.append(f"L{end[0]} {lane}")
    else:
        behind = max(p.x + p.width for p in passed) + ROOM
        parts += [f"L{behind} {lane}", _curve((behind, lane), end)]
    return " ".join(parts)


def _curve(start: _Point, end: _Point) -> str:
    (x1, y1), (x2, y2) = start, end
    bend = max(ROOM, (x2 - x1) // 2)
    return f"C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
