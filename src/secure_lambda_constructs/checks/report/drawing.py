"""Draws the picture of the network as SVG; the page's style gives it its colours."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from .data import Box, BoxKind, Edge, Network
from .layout import Frame, Layout, Placed, lay_out, shortened
from .markup import Markup, element, joined, visible

__all__ = ["draw"]

# The box that an edge is sorted at, and the one at its other end.
_Ends = Callable[[Edge], tuple[str, str]]

_TITLE = 13
_IDS = 2
_SMALL = 12
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
        element("defs", _arrow("arrow", "edge-head"), _arrow("arrow-open", "edge-head-open")),
        [_frame(frame) for frame in layout.frames],
        _edges(layout),
        [_box(placed) for placed in layout.placed.values()],
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {layout.width} {layout.height}",
        role="group",
        aria_labelledby="picture-title",
        aria_describedby="picture-description",
        class_="picture",
    )


def _arrow(name: str, class_: str) -> Markup:
    shape = element("path", d="M0 0 L8 4 L0 8 z", class_=class_)
    return element(
        "marker",
        shape,
        id=name,
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
    what = "VPC " if frame.kind == "vpc" else ""
    texts = [_text(f"{what}{frame.title}", frame.x + 14, frame.y + 20, room, _TITLE, "frame-title")]
    if frame.lines:
        line = " · ".join(frame.lines)
        texts.append(_text(line, frame.x + 14, frame.y + 38, room, _SMALL, "frame-line"))
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
    room = placed.width - 24
    x, y = placed.x + 12, placed.y + 23
    is_function = box.kind in (BoxKind.FUNCTION, BoxKind.OUTSIDE)
    # That it is a function is said by the letter, and the beginning tells more than this end.
    shown = f"λ {box.title.removesuffix('/Function')}" if is_function else box.title
    texts = [_text(shown, x, y, room, _TITLE, "box-title")]
    for number, line in enumerate(box.lines, 1):
        texts.append(_text(line, x, y + 17 * number, room, _SMALL, "box-line"))
    if box.open:
        below = y + 17 * (len(box.lines) + 1)
        texts.append(_text(_opened(box), x, below, room, _SMALL, "box-open"))
    rect = element(
        "rect",
        x=placed.x,
        y=placed.y,
        width=placed.width,
        height=placed.height,
        rx=8,
        class_="box-rect",
    )
    classes = f"box box-{_CLASSES[box.kind]}" + (" box-is-open" if box.open else "")
    drawn = element("g", rect, texts, class_=classes)
    target = _target(box)
    if target is None:
        return drawn
    return element("a", drawn, href=target)


def _opened(box: Box) -> str:
    if len(box.open) <= _IDS:
        return f"⚠ opens {', '.join(box.open)}"
    return f"⚠ opens {box.open[0]} and {len(box.open) - 1} more"


def _target(box: Box) -> str | None:
    if box.open:
        return f"#path-{box.open[0]}"
    if box.kind in (BoxKind.FUNCTION, BoxKind.OUTSIDE):
        return "#signing"
    return "#reach" if box.kind in (BoxKind.ENDPOINT, BoxKind.DATA) else None


def _text(value: str, x: int, y: int, room: float, size: int, class_: str) -> Markup:
    shown = shortened(visible(value), room, size, bold=size == _TITLE or class_ == "box-open")
    whole = element("title", value) if shown != visible(value) else None
    return element("text", shown, whole, x=x, y=y, class_=class_)


def _edges(layout: Layout) -> Markup:
    """Draw the arrows; those that share a side of a box are spread along it."""
    # What is open is drawn last, on top.
    edges = sorted(layout.edges, key=lambda edge: edge.open)
    leaving = _ports(edges, layout, lambda edge: (edge.source, edge.target))
    arriving = _ports(edges, layout, lambda edge: (edge.target, edge.source))
    lanes: list[int] = []
    return joined(_edge(edge, layout, leaving[edge], arriving[edge], lanes) for edge in edges)


def _ports(edges: Iterable[Edge], layout: Layout, ends: _Ends) -> dict[Edge, int]:
    at: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        at[ends(edge)[0]].append(edge)
    found: dict[Edge, int] = {}
    for own, sharing in at.items():
        place = layout.placed[own]
        sharing.sort(key=lambda edge: _middle(layout.placed[ends(edge)[1]]))
        for number, edge in enumerate(sharing, 1):
            found[edge] = place.y + round(place.height * number / (len(sharing) + 1))
    return found


def _middle(placed: Placed) -> int:
    return 2 * placed.y + placed.height


def _edge(edge: Edge, layout: Layout, y1: int, y2: int, lanes: list[int]) -> Markup:
    source, target = layout.placed[edge.source], layout.placed[edge.target]
    x1, x2 = source.x + source.width, target.x
    lane = ""
    if target.box.kind is BoxKind.INTERNET:
        # It is as high as the picture: the arrow goes straight there, between what is on the way.
        y2 = layout.free(y1, beyond=x1, used=lanes)
        lanes.append(y2)
        x2, lane = min(x2, layout.beyond(x1)), f" L{x2} {y2}"
    bend = max(30, (x2 - x1) // 2)
    if x2 <= x1:  # in the same column: around on the right
        x2 = target.x + target.width
        line = f"M{x1} {y1} C{x1 + 44} {y1} {x2 + 44} {y2} {x2} {y2}"
    else:
        line = f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}{lane}"
    name = "arrow-open" if edge.open else "arrow"
    said = f"{source.box.title} to {target.box.title}: {edge.label}"
    path = element("path", element("title", said), d=line, marker_end=f"url(#{name})", fill="none")
    return element("g", path, class_="edge edge-open" if edge.open else "edge")
