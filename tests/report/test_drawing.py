"""The picture: nothing lies on anything else, everything is inside, and it is well-formed."""

from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.checks.judgement import Verdict
from secure_lambda_constructs.checks.report.data import Box, BoxKind, Edge, Network, Vpc
from secure_lambda_constructs.checks.report.drawing import draw
from secure_lambda_constructs.checks.report.layout import Placed, lay_out, shortened
from secure_lambda_constructs.checks.report.picture import picture_of

from . import samples
from .apps import case_of, shop

_SVG = "{http://www.w3.org/2000/svg}"
_NOTHING = Verdict(paths=(), broken={})


def _overlap(one: Placed, other: Placed) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _check(network: Network) -> None:
    layout = lay_out(network)
    assert set(layout.placed) == {box.id for box in network.boxes}
    for one, other in combinations(layout.placed.values(), 2):
        assert not _overlap(one, other), (one.box.title, other.box.title)
    for placed in layout.placed.values():
        assert placed.x >= 0
        assert placed.y >= 0
        assert placed.x + placed.width <= layout.width
        assert placed.y + placed.height <= layout.height
    vpcs = [frame for frame in layout.frames if frame.kind == "vpc"]
    for placed in layout.placed.values():
        around = [f for f in vpcs if f.title == placed.box.vpc]
        assert len(around) == (1 if placed.box.vpc else 0)
        for frame in around:
            assert frame.x <= placed.x
            assert placed.x + placed.width <= frame.x + frame.width
            assert frame.y <= placed.y
            assert placed.y + placed.height <= frame.y + frame.height


@pytest.mark.parametrize("functions", [1, 12, 13, 100])
@pytest.mark.parametrize("tables", [1, 9, 100])
def test_nothing_lies_on_anything_else(functions: int, tables: int) -> None:
    network = picture_of(case_of(shop(functions, tables=tables)), _NOTHING)
    _check(network)
    shown = [box for box in network.boxes if box.kind is BoxKind.FUNCTION]
    assert sum(len(box.members) for box in shown) == functions
    assert len(shown) <= 12


_IDS = st.sampled_from([f"b{number}" for number in range(9)])


@given(
    st.lists(st.sampled_from(list(BoxKind)), min_size=1, max_size=9),
    st.lists(st.tuples(_IDS, _IDS), max_size=20),
    st.integers(1, 3),
)
def test_any_network_is_laid_out(
    kinds: list[BoxKind], edges: list[tuple[str, str]], vpcs: int
) -> None:
    inside = {BoxKind.FUNCTION, BoxKind.ENDPOINT, BoxKind.WAY_OUT}
    boxes = [
        Box(
            id=f"b{number}",
            kind=kind,
            title=f"box {number}",
            lines=("a line",) * (number % 3),
            vpc=f"vpc{number % vpcs}" if kind in inside else "",
            subnets=(f"subnet{number % 2}",),
        )
        for number, kind in enumerate(kinds)
        if kind is not BoxKind.INTERNET
    ]
    boxes.append(Box(id="internet", kind=BoxKind.INTERNET, title="Internet"))
    known = {box.id for box in boxes}
    network = Network(
        vpcs=tuple(Vpc(id=f"vpc{n}", name=f"vpc{n}") for n in range(vpcs)),
        boxes=tuple(boxes),
        edges=tuple(Edge(source=s, target=t, label="x") for s, t in edges if {s, t} <= known),
    )
    _check(network)
    assert draw(network, title="t", description="d") == draw(network, title="t", description="d")


@pytest.mark.parametrize("name", ["closed", "leaking", "hostile"])
def test_drawing_is_well_formed(name: str) -> None:
    network = getattr(samples, name)().network
    drawn = ElementTree.fromstring(draw(network, title="A <title>", description="what & how"))
    assert drawn.findtext(f"{_SVG}title") == "A <title>"
    assert drawn.findtext(f"{_SVG}desc") == "what & how"
    links = drawn.findall(f"{_SVG}a")
    assert len(links) == sum(box.kind is not BoxKind.INTERNET for box in network.boxes)
    edges = drawn.findall(f".//{_SVG}g[@class='edge']")
    open_ = drawn.findall(f".//{_SVG}g[@class='edge edge-open']")
    assert len(edges) + len(open_) == len(network.edges)
    assert len(open_) == sum(edge.open for edge in network.edges)


def test_boxes_lead_to_what_is_said_of_them() -> None:
    drawn = draw(samples.leaking().network, title="t", description="d")
    links = [a.get("href") for a in ElementTree.fromstring(drawn).findall(f"{_SVG}a")]
    assert sorted(map(str, links)) == ["#path-N04", "#reach", "#reach", "#signing"]


def test_what_is_open_is_told_in_words() -> None:
    network = samples.leaking().network
    assert "⚠ opens N04" in draw(network, title="t", description="d")
    ids = tuple(f"N{number:02}" for number in range(1, 8))
    boxes = tuple(replace(box, open=ids) for box in network.boxes)
    many = draw(replace(network, boxes=boxes), title="t", description="d")
    assert "⚠ opens N01 and 6 more" in many


def test_a_line_to_the_internet_passes_no_box() -> None:
    network = samples.closed().network
    endpoint, function, table = network.boxes
    internet = Box(id="internet", kind=BoxKind.INTERNET, title="Internet")
    leak = Edge(source=endpoint.id, target="internet", label="open", open=True)
    layout = lay_out(
        Network(
            vpcs=network.vpcs,
            boxes=(endpoint, function, table, internet),
            edges=(*network.edges, leak),
        )
    )
    place = layout.placed[table.id]
    height = layout.free(place.y + 5, beyond=layout.placed[endpoint.id].x + 10)
    assert not place.y <= height <= place.y + place.height
    other = layout.free(place.y + 5, beyond=layout.placed[endpoint.id].x + 10, used=[height])
    assert other != height
    assert not place.y <= other <= place.y + place.height


@given(st.text(min_size=1, max_size=200), st.integers(30, 400))
def test_shortened_keeps_the_beginning_and_the_end(value: str, width: int) -> None:
    short = shortened(value, width, 13)
    assert len(short) <= len(value)
    if short != value:
        begin, _, end = short.rpartition("…")
        assert value.startswith(begin)
        assert value.endswith(end)


def test_wide_letters_take_more_room() -> None:
    assert len(shortened("支" * 40, 200, 13)) < len(shortened("a" * 40, 200, 13)) < 40
    assert len(shortened("a" * 40, 200, 13, bold=True)) < len(shortened("a" * 40, 200, 13))
