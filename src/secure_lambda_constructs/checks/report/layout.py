"""Where the boxes of the picture go: four columns, what leads on to the right of what leads there.

Functions inside, the VPC's endpoints and ways out, what is beside the VPC, and the internet. Within
a column each box is as near as can be to those that it is connected with.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, takewhile

from .data import Box, BoxKind, Edge, Network

__all__ = ["Frame", "Layout", "Placed", "lay_out", "shortened"]

WIDTH = 1160
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
# How near a line may come to a box that it passes.
_MARGIN = 7
_VPC_HEAD = 50
_SUBNET_HEAD = 26
_VPC_RIGHT = 664
# How wide a letter is for its size, in the widest of the fonts that browsers have for an interface.
_LETTER = 0.6
_BOLD_LETTER = 0.68


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A box with its place; `x` and `y` are those of its upper left corner."""

    box: Box
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A frame around boxes: a VPC or subnets."""

    kind: str
    title: str
    lines: tuple[str, ...]
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """All places, in the units of the drawing."""

    width: int
    height: int
    frames: tuple[Frame, ...] = ()
    placed: Mapping[str, Placed] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()

    def beyond(self, x: int) -> int:
        """Return where the first box begins that is to the right of `x`."""
        return min((p.x for p in self.placed.values() if p.x > x), default=self.width) - _GAP

    def free(self, y: int, *, beyond: int, used: Sequence[int] = ()) -> int:
        """Return a height near to `y` at which nothing but the internet is to the right.

        Args:
            y: The height that is wanted.
            beyond: Where to look: to the right of it.
            used: Heights at which there is another line, to be avoided where that is possible.

        Returns:
            The nearest one.
        """
        taken = [
            (p.y - _MARGIN, p.y + p.height + _MARGIN)
            for p in self.placed.values()
            if p.x > beyond and p.box.kind is not BoxKind.INTERNET
        ]
        wanted = [y, *(end for both in taken for end in both)]
        passing = [w for w in wanted if all(not top < w < bottom for top, bottom in taken)]
        return min(passing, key=lambda w: (w in used, abs(w - y)), default=y)


def shortened(value: str, width: float, size: float, *, bold: bool = False) -> str:
    """Cut a text in its middle so that it fits; a path is told apart by its end.

    Args:
        value: The text.
        width: How wide it may be.
        size: The size of the letters.
        bold: Whether they are bold.

    Returns:
        The text, or its beginning and its end.

    Example:
        ```python
        from secure_lambda_constructs.checks.report.layout import shortened

        assert shortened("Shop/Orders", 100, 13) == "Shop/Orders"
        assert shortened("Shop/Orders/Charge/Function", 100, 13) == "Sho…Function"
        ```
    """
    room = width / (size * (_BOLD_LETTER if bold else _LETTER))
    if sum(map(_breadth, value)) <= room:
        return value
    begin, end = _fitting(value, (room - 1) * 0.3), _fitting(value[::-1], (room - 1) * 0.7)
    return f"{begin}…{end[::-1]}"


def _breadth(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    if character in "MWmw@%—":
        return 1.65
    return 1.25 if character.isupper() else 1


def _fitting(value: str, room: float) -> str:
    """The beginning of `value` that is no wider than `room`."""
    ends = accumulate(map(_breadth, value))
    return value[: sum(1 for _ in takewhile(lambda end: end <= room, ends))]


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
    for vpc in network.vpcs:
        inside = [box for box in network.boxes if box.vpc == vpc.id]
        top, body = y, y + _VPC_HEAD
        bottom = body
        for subnets, boxes in _by_subnets(order.functions(inside)).items():
            head = body if bottom == body else bottom + _GAP
            bottom = _stack(boxes, head + _SUBNET_HEAD, placed) + _PADDING
            frames.append(
                Frame(
                    kind="subnets",
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
        bottom = max(bottom, _stack(beside, body + _SUBNET_HEAD, placed, middles) + _PADDING)
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
    beyond = order.after(beyond)
    right = _stack(beyond, 12 + _VPC_HEAD + _SUBNET_HEAD, placed, order.middles(placed))
    height = max(y - 2 * _GAP, right + _PADDING) + 12
    for box in network.boxes:
        if box.kind is BoxKind.INTERNET:
            kind = box.kind
            placed[box.id] = Placed(
                box=box, x=_COLUMN_LEFT[kind], y=12, width=_COLUMN_WIDTH[kind], height=height - 24
            )
    edges = tuple(e for e in network.edges if e.source in placed and e.target in placed)
    return Layout(width=WIDTH, height=height, frames=tuple(frames), placed=placed, edges=edges)


class _Order:
    """Orders boxes by where those are that lead to them."""

    def __init__(self, network: Network) -> None:
        self._sources: defaultdict[str, list[str]] = defaultdict(list)
        for edge in network.edges:
            self._sources[edge.target].append(edge.source)
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
    beside = vpc.rpartition("/")[0]
    names = ", ".join(
        subnet.removeprefix(f"{vpc}/").removeprefix(f"{beside}/").removesuffix("/Subnet")
        for subnet in subnets
    )
    return f"{len(subnets)} subnet{'' if len(subnets) == 1 else 's'}: {names}"


def _stack(
    boxes: Iterable[Box],
    y: int,
    placed: dict[str, Placed],
    middles: Mapping[str, float] | None = None,
) -> int:
    """Put boxes below each other from `y` on, and return where the last one ends.

    Each is as high as its place in `middles`, or lower where there is no room.
    """
    bottom = y
    for box in boxes:
        rows = 1 + len(box.lines) + (1 if box.open else 0)
        height = rows * _LINE + 2 * _PADDING
        y = max(y, round((middles or {}).get(box.id, y) - height / 2))
        placed[box.id] = Placed(
            box=box, x=_COLUMN_LEFT[box.kind], y=y, width=_COLUMN_WIDTH[box.kind], height=height
        )
        bottom = y + height
        y = bottom + _GAP
    return bottom
