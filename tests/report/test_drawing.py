"""The picture: nothing lies on anything else, everything is inside, and it is well-formed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.checks.judgement import Verdict
from secure_lambda_constructs.checks.report.data import Box, BoxKind, Edge, Network, Vpc
from secure_lambda_constructs.checks.report.drawing import draw
from secure_lambda_constructs.checks.report.layout import Placed, lay_out
from secure_lambda_constructs.checks.report.lettering import shortened, wrapped
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


def _points(drawn: str) -> dict[str, list[tuple[float, float]]]:
    """Return points on each line of a drawing, by what its title says."""
    found = {}
    for path in ElementTree.fromstring(drawn).iter(f"{_SVG}path"):
        title = path.findtext(f"{_SVG}title")
        if title is not None:
            found[title] = list(_walked(path.attrib["d"]))
    return found


def _walked(line: str) -> Iterator[tuple[float, float]]:
    here = (0.0, 0.0)
    for command, numbers in re.findall(r"([MLC])([0-9. -]+)", line):
        values = [float(number) for number in numbers.split()]
        ends = list(zip(values[::2], values[1::2], strict=True))
        if command == "M":
            here = ends[0]
            continue
        corners = [here, *ends] if command == "C" else [here, here, *ends, *ends]
        for step in range(21):
            t = step / 20
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield (
                sum(w * x for w, (x, _) in zip(weights, corners, strict=True)),
                sum(w * y for w, (_, y) in zip(weights, corners, strict=True)),
            )
        here = ends[-1]


@pytest.mark.parametrize("ways", [1, 3])
def test_lines_pass_no_box(ways: int) -> None:
    """To the internet behind tables, and from a function past the endpoints to a database."""
    network = samples.closed().network
    endpoint, function, table = network.boxes
    endpoints = [replace(endpoint, id=f"endpoint-{n}", title=f"e{n}") for n in range(ways)]
    internet = Box(id="internet", kind=BoxKind.INTERNET, title="Internet")
    whole = Network(
        vpcs=network.vpcs,
        boxes=(*endpoints, function, table, internet),
        edges=(
            *(Edge(source=e.id, target="internet", label="open", open=True) for e in endpoints),
            Edge(source=function.id, target=table.id, label="may connect"),
        ),
    )
    layout = lay_out(whole)
    lines = _points(draw(whole, title="t", description="d"))
    assert len(lines) == ways + 1
    for said, points in lines.items():
        for placed in layout.placed.values():
            if placed.box.title in said:
                continue  # it begins or ends there
            assert not any(
                placed.x < x < placed.x + placed.width and placed.y < y < placed.y + placed.height
                for x, y in points
            ), (said, placed.box.title)


def test_lines_have_heights_of_their_own() -> None:
    passed = list(lay_out(samples.closed().network).placed.values())
    layout = lay_out(samples.closed().network)
    height = layout.free(passed[0].y, passed[0].y, passed)
    assert layout.free(passed[0].y, passed[0].y, passed, [height]) != height


@pytest.mark.parametrize("number", [1, 2, 5])
def test_an_arrow_of_all_functions_leaves_beside_none(number: int) -> None:
    network = picture_of(case_of(shop(3)), _NOTHING)
    layout = lay_out(network)
    (place,) = network.places
    ports = layout.ports(place.id, number)
    assert len(set(ports)) == number
    boxes = [p for p in layout.placed.values() if p.box.kind is BoxKind.FUNCTION]
    assert not [p for p in ports for b in boxes if b.y < p < b.y + b.height]
    drawn = draw(network, title="t", description="d")
    assert drawn.count("<circle") == len([e for e in network.edges if e.source == place.id])


def test_a_long_path_has_two_lines() -> None:
    """So that functions are told apart that only differ in the middle of their paths."""
    names = [f"Payments-{region}/Alarm/Freeze/Function" for region in ("eu-west-1", "us-east-1")]
    boxes = [Box(id=name, kind=BoxKind.OUTSIDE, title=name, members=(name,)) for name in names]
    placed = lay_out(Network(boxes=tuple(boxes))).placed
    assert [placed[name].title for name in names] == [
        ("λ Payments-eu-west-1/", "Alarm/Freeze"),
        ("λ Payments-us-east-1/", "Alarm/Freeze"),
    ]
    assert placed[names[0]].height > lay_out(samples.closed().network).placed["data-3"].height - 17
    drawn = draw(Network(boxes=tuple(boxes)), title="t", description="d")
    assert "<title>Payments" not in drawn  # nothing is cut


@given(st.text(st.characters(codec="ascii", categories=["L", "P"]), min_size=1, max_size=90))
def test_lines_of_a_title_fit_and_say_the_path(path: str) -> None:
    lines = wrapped(path, 150, 13)
    assert 1 <= len(lines) <= 2
    assert all(shortened(line, 150, 13, bold=True) == line for line in lines)
    if not any("…" in line for line in lines):
        assert "".join(lines) == path


def test_what_is_beside_two_vpcs_is_where_it_is_reached_from() -> None:
    one, two = samples.closed().network, samples.closed().network
    apart = [
        replace(box, id=f"{box.id}-{vpc}", vpc=box.vpc and vpc)
        for vpc, network in (("A", one), ("B", two))
        for box in network.boxes
    ]
    edges = [
        replace(edge, source=f"{edge.source}-{vpc}", target=f"{edge.target}-{vpc}")
        for vpc in ("B", "A")
        for edge in one.edges
    ]
    vpcs = (Vpc(id="A", name="A"), Vpc(id="B", name="B"))
    placed = lay_out(Network(vpcs=vpcs, boxes=tuple(apart[::-1]), edges=tuple(edges))).placed
    assert placed["data-3-A"].y < placed["data-3-B"].y
    assert abs(placed["data-3-B"].y - placed["endpoint-1-B"].y) < 30


def test_many_arrows_have_room_at_a_box() -> None:
    network = samples.closed().network
    endpoint, function, _ = network.boxes
    others = [replace(function, id=f"f{n}", title=f"f{n}", subnets=(f"s{n}",)) for n in range(12)]
    edges = [Edge(source=other.id, target=endpoint.id, label="may connect") for other in others]
    whole = replace(network, boxes=(endpoint, *others), edges=tuple(edges))
    layout = lay_out(whole)
    ports = layout.ports(endpoint.id, 12)
    assert all(b - a >= 11 for a, b in pairwise(ports))
    _check(whole)


def test_without_a_vpc_the_picture_is_small() -> None:
    relay = Box(id="r", kind=BoxKind.OUTSIDE, title="Shop/Relay", members=("Shop/Relay",))
    internet = Box(id="internet", kind=BoxKind.INTERNET, title="Internet")
    edge = Edge(source="r", target="internet", label="open", open=True)
    layout = lay_out(Network(boxes=(relay, internet), edges=(edge,)))
    assert layout.placed["r"].x < 10
    assert layout.width < 450
    assert "picture-wide" not in draw(Network(boxes=(relay,)), title="t", description="d")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Own", "6 subnets: Own0, Own1, Own2 and 3 more"),
        ("VeryLong" * 9, "6 subnets: VeryL…LongVeryLong0 and 5 more"),
    ],
    ids=["short", "long"],
)
def test_subnets_are_named_as_far_as_there_is_room(name: str, title: str) -> None:
    network = samples.closed().network
    many = tuple(f"Shop/Network/{name}{n}" for n in range(6))
    boxes = tuple(replace(box, subnets=many) for box in network.boxes)
    layout = lay_out(replace(network, boxes=boxes))
    (shown,) = (frame.title for frame in layout.frames if frame.kind == "subnets")
    assert shown == title
    assert shortened(shown, 310, 12) == shown


def test_what_is_acknowledged_is_told_in_words() -> None:
    network = samples.leaking().network
    boxes = [
        replace(box, open=(), acknowledged=box.open) if box.kind is BoxKind.WAY_OUT else box
        for box in network.boxes
    ]
    edges = [replace(edge, open=False, acknowledged=edge.open) for edge in network.edges]
    drawn = draw(
        replace(network, boxes=tuple(boxes), edges=tuple(edges)), title="t", description="d"
    )
    assert "! acknowledged: N04" in drawn
    assert "⚠" not in drawn
    assert drawn.count("edge edge-acknowledged") == 2
    assert 'href="#path-N04"' in drawn


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
