"""Where the boxes of the picture go: four columns, what leads on to the right of what leads there.

Functions inside, the VPC's endpoints and ways out, what is beside the VPC, and the internet. Within
a column each box is as near as can be to those that it is connected with.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from .data import Box, BoxKind, Edge, Network
from .lettering import LETTER, SMALL, TITLE, shortened, wrapped
from .markup import visible

__all__ = ["INSET", "ROOM", "Frame", "Layout", "Placed", "Span", "lay_out"]

# How far inside of a box its text begins.
INSET = 12
# How far from the boxes that it passes a line begins to bend.
ROOM = 14

_EDGE = 6
_LEFT = 36
_COLUMN_WIDTH: Mapping[BoxKind, int] = {
    BoxKind.FUNCTION: 310,
    BoxKind.ENDPOINT: 214,
    BoxKind.WAY_OUT: 214,
    BoxKind.DATA: 250,
    BoxKind.OUTSIDE: 250,
    BoxKind.INTERNET: 130,
}
_COLUMN_LEFT: Mapping[BoxKind, int] = {
    BoxKind.FUNCTION: _LEFT + 14,
    BoxKind.ENDPOINT: 436,
    BoxKind.WAY_OUT: 436,
    BoxKind.DATA: 730,
    BoxKind.OUTSIDE: 730,
    BoxKind.INTERNET: 1024,
}
_LINE = 17
_PADDING = 10
_GAP = 14
# A box has room for each arrow at a side of it, but does not grow without end.
_PORT = 13
_PORTS = 14
# How near a line may come to a box that it passes.
_MARGIN = 7
_VPC_HEAD = 50
_SUBNET_HEAD = 26
_VPC_RIGHT = 664


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A box with its place; `x` and `y` are those of its upper left corner.

    `title` is what it is called, in the lines that there is room for.
    """

    box: Box
    title: tuple[str, ...]
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A frame around boxes: a VPC or subnets; `id` is that of a place that arrows leave."""

    kind: str
    id: str = ""
    title: str
    lines: tuple[str, ...]
    x: int
    y: int
    width: int
    height: int


class Span(NamedTuple):
    """Where something is."""

    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """All places, in the units of the drawing."""

    width: int
    height: int
    frames: tuple[Frame, ...] = ()
    placed: Mapping[str, Placed] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()

    def span(self, name: str) -> Span:
        """Return where a box is, or the frame of a place.

        Args:
            name: The id of either.

        Returns:
            Its left and right, its top and bottom.
        """
        found: Placed | Frame | None = self.placed.get(name)
        if found is None:
            found = next(frame for frame in self.frames if frame.id == name)
        return Span(found.x, found.x + found.width, found.y, found.y + found.height)

    def ports(self, name: str, number: int) -> list[int]:
        """Return the heights at which arrows leave a box, or reach it.

        What leaves the frame of a place does so beside no box, or it would seem to leave that.

        Args:
            name: The id of the box or the place.
            number: How many arrows there are.

        Returns:
            A height for each, from the top to the bottom.
        """
        span = self.span(name)
        if name in self.placed:
            step = (span.bottom - span.top) / (number + 1)
            return [span.top + round(step * each) for each in range(1, number + 1)]
        inside = sorted(
            (p.y, p.y + p.height)
            for p in self.placed.values()
            if span.left < p.x < span.right and span.top < p.y < span.bottom
        )
        gaps = [(end + top) // 2 for (_, end), (top, _) in pairwise(inside)]
        gaps = [span.top + _SUBNET_HEAD // 2, *gaps]
        ports = [gaps[(2 * each + 1) * len(gaps) // (2 * number)] for each in range(number)]
        # Where there are more arrows than gaps, those in one gap are apart.
        return [port + 4 * ports[:each].count(port) for each, port in enumerate(ports)]

    def between(self, left: int, right: int) -> list[Placed]:
        """Return the boxes that begin between two places, and which a line may have to pass.

        Args:
            left: Where the line begins.
            right: Where it ends.

        Returns:
            The boxes.
        """
        return [
            p
            for p in self.placed.values()
            if left < p.x < right and p.box.kind is not BoxKind.INTERNET
        ]

    def free(self, start: int, end: int, passed: Sequence[Placed], used: Sequence[int] = ()) -> int:
        """Return a height at which a line passes boxes without touching them.

        Args:
            start: The height that the line comes from.
            end: The height that it goes to.
            passed: The boxes.
            used: Heights at which there is another line, to be avoided where that is possible.

        Returns:
            The one that is the shortest way.
        """
        taken = [(p.y - _MARGIN, p.y + p.height + _MARGIN) for p in passed]
        wanted = [start, end, *(edge for both in taken for edge in both)]
        free = [w for w in wanted if all(not top < w < bottom for top, bottom in taken)]
        return min(free, key=lambda w: (w in used, abs(w - start) + abs(w - end)), default=start)


def lay_out(network: Network) -> Layout:
    """Give every box its place.

    Args:
        network: What is to be drawn.

    Returns:
        The places; the same for the same network.
    """
    placed: dict[str, Placed] = {}
    frames: list[Frame] = []
    y = 12
    order = _Order(network)
    stack = _Stack(network, placed)
    places = {(place.vpc, place.subnets): place.id for place in network.places}
    for vpc in network.vpcs:
        inside = [box for box in network.boxes if box.vpc == vpc.id]
        top, body = y, y + _VPC_HEAD
        bottom = body
        for subnets, boxes in _by_subnets(order.functions(inside)).items():
            head = body if bottom == body else bottom + _GAP
            bottom = stack.put(boxes, head + _SUBNET_HEAD) + _PADDING
            frames.append(
                Frame(
                    kind="subnets",
                    id=places.get((vpc.id, subnets), ""),
                    title=_named(subnets, vpc.name),
                    lines=(),
                    x=_LEFT,
                    y=head,
                    width=_COLUMN_WIDTH[BoxKind.FUNCTION] + 28,
                    height=bottom - head,
                )
            )
        kinds = (BoxKind.ENDPOINT, BoxKind.WAY_OUT)
        beside = order.after(box for box in inside if box.kind in kinds)
        middles = order.middles(placed)
        bottom = max(bottom, stack.put(beside, body + _SUBNET_HEAD, middles) + _PADDING)
        y = bottom + _PADDING
        frames.insert(
            0,
            Frame(
                kind="vpc",
                title=vpc.name,
                lines=vpc.lines,
                x=_LEFT - 16,
                y=top,
                width=_VPC_RIGHT - _LEFT + 16,
                height=y - top,
            ),
        )
        y += 2 * _GAP
    beyond = [box for box in network.boxes if box.kind in (BoxKind.DATA, BoxKind.OUTSIDE)]
    # The VPCs are below each other, so what is beside them is as far down as what leads there.
    middles = order.middles(placed)
    beyond.sort(key=lambda box: middles.get(box.id, float("inf")))
    head = _VPC_HEAD + _SUBNET_HEAD if frames else 0
    right = stack.put(beyond, 12 + head, middles)
    height = max(y - 2 * _GAP, right + _PADDING) + 12
    for box in network.boxes:
        if box.kind is BoxKind.INTERNET:
            kind = box.kind
            placed[box.id] = Placed(
                box=box,
                title=_title(box),
                x=_COLUMN_LEFT[kind],
                y=12,
                width=_COLUMN_WIDTH[kind],
                height=height - 24,
            )
    known = {*placed, *(frame.id for frame in frames)}
    edges = tuple(e for e in network.edges if e.source in known and e.target in placed)
    # What is left empty on both sides is cut off.
    spans = [(f.x, f.x + f.width) for f in frames]
    spans += [(p.x, p.x + p.width) for p in placed.values()]
    left = min((start for start, _ in spans), default=_EDGE) - _EDGE
    right = max((end for _, end in spans), default=0) + _EDGE
    return Layout(
        width=right - left,
        height=height,
        frames=tuple(replace(frame, x=frame.x - left) for frame in frames),
        placed={name: replace(box, x=box.x - left) for name, box in placed.items()},
        edges=edges,
    )


class _Order:
    """Orders boxes by where those are that lead to them."""

    def __init__(self, network: Network) -> None:
        self._sources: defaultdict[str, list[str]] = defaultdict(list)
        within = {
            place.id: [
                b.id for b in network.boxes if (b.vpc, b.subnets) == (place.vpc, place.subnets)
            ]
            for place in network.places
        }
        for edge in network.edges:
            self._sources[edge.target] += within.get(edge.source, [edge.source])
        self._place: dict[str, float] = {}

    def middles(self, placed: Mapping[str, Placed]) -> dict[str, float]:
        """The middle of what leads to each box, as far as that has its place."""
        found: dict[str, float] = {}
        for target, sources in self._sources.items():
            at = [placed[s].y + placed[s].height / 2 for s in sources if s in placed]
            if at:
                found[target] = sum(at) / len(at)
        return found

    def functions(self, boxes: Iterable[Box]) -> list[Box]:
        """The functions first that have something open, then in the order they came."""
        return self._placed(
            sorted(
                (box for box in boxes if box.kind is BoxKind.FUNCTION), key=lambda box: not box.open
            )
        )

    def after(self, boxes: Iterable[Box]) -> list[Box]:
        """Each as far down as what leads to it is on average."""

        def middle(box: Box) -> float:
            known = [self._place[s] for s in self._sources[box.id] if s in self._place]
            return sum(known) / len(known) if known else float("inf")

        return self._placed(sorted(boxes, key=middle))

    def _placed(self, boxes: Sequence[Box]) -> list[Box]:
        for position, box in enumerate(boxes):
            self._place[box.id] = position / max(1, len(boxes))
        return list(boxes)


def _by_subnets(boxes: Iterable[Box]) -> dict[tuple[str, ...], list[Box]]:
    found: defaultdict[tuple[str, ...], list[Box]] = defaultdict(list)
    for box in boxes:
        found[box.subnets].append(box)
    return dict(found)


def _named(subnets: Sequence[str], vpc: str) -> str:
    """Name as many subnets as there is room for."""
    beside = vpc.rpartition("/")[0]
    names = [
        visible(subnet).removeprefix(f"{vpc}/").removeprefix(f"{beside}/").removesuffix("/Subnet")
        for subnet in subnets
    ]
    said = f"{len(names)} subnet{'' if len(names) == 1 else 's'}: "
    room = _COLUMN_WIDTH[BoxKind.FUNCTION]
    title = said
    for shown in range(len(names), 0, -1):
        more = f" and {len(names) - shown} more" if shown < len(names) else ""
        title = said + ", ".join(names[:shown]) + more
        if shortened(title, room, SMALL) == title:
            return title
        # Not even one: it is cut, and not what is said of it.
        left = room - len(said + more) * SMALL * LETTER
        title = said + shortened(names[0], left, SMALL) + more
    return title


def _title(box: Box) -> tuple[str, ...]:
    shown = visible(box.title)
    if box.kind in (BoxKind.FUNCTION, BoxKind.OUTSIDE):
        # That it is a function is said by the letter, and the beginning tells more than this end.
        shown = f"λ {shown.removesuffix('/Function')}"
    return wrapped(shown, _COLUMN_WIDTH[box.kind] - 2 * INSET, TITLE)


class _Stack:
    """Puts boxes below each other."""

    def __init__(self, network: Network, placed: dict[str, Placed]) -> None:
        self._placed = placed
        self._leaving = Counter(edge.source for edge in network.edges)
        self._arriving = Counter(edge.target for edge in network.edges)

    def put(self, boxes: Iterable[Box], y: int, middles: Mapping[str, float] | None = None) -> int:
        """Put boxes below each other from `y` on, and return where the last one ends.

        Each is as high as its place in `middles`, or lower where there is no room.
        """
        bottom = y
        for box in boxes:
            title = _title(box)
            height = self._height(box, len(title))
            y = max(y, round((middles or {}).get(box.id, y) - height / 2))
            self._placed[box.id] = Placed(
                box=box,
                title=title,
                x=_COLUMN_LEFT[box.kind],
                y=y,
                width=_COLUMN_WIDTH[box.kind],
                height=height,
            )
            bottom = y + height
            y = bottom + _GAP
        return bottom

    def _height(self, box: Box, lines: int) -> int:
        rows = lines + len(box.lines) + bool(box.open) + bool(box.acknowledged)
        ports = min(_PORTS, max(self._leaving[box.id], self._arriving[box.id]))
        return max(rows * _LINE + 2 * _PADDING, (ports + 1) * _PORT)
