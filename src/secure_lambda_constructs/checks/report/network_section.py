"""The picture of the network, and the same in words."""

from .data import Box, BoxKind, Edge, Place, ReportData
from .drawing import draw, sample_of_arrow, sample_of_box, sample_of_frame
from .markup import Child, Markup, element, joined
from .parts import SHOWN, Section, few, path
from .tables import Column, Row, table

__all__ = ["network_section"]

# Of these a box may stand for many, which the table beside it does not tell.
_FOLDED = (BoxKind.FUNCTION, BoxKind.OUTSIDE, BoxKind.ENDPOINT)


def network_section(data: ReportData) -> Section:
    """Draw the network.

    Args:
        data: What the page says.

    Returns:
        The section.
    """
    network = data.network
    heading = "The network"
    if not network.boxes:
        said = "There is no function in these templates, so there is nothing to draw."
        return Section("network", heading, element("p", said))
    description = (
        "Functions on the left, the endpoints of their VPC beside them, then what is reached "
        "through these, and the internet on the right. The list of arrows below says the same in "
        "words."
    )
    picture = draw(network, title="What can reach what", description=description)
    return Section(
        "network",
        heading,
        element("p", network.together, class_="note") if network.together else None,
        element(
            "figure",
            element(
                "figcaption",
                "What can reach what. ",
                element("span", "A box is a link to what the page says of it.", class_="screen"),
            ),
            _legend(data),
            element(
                "div",
                picture,
                class_="scroll",
                role="group",
                aria_label="The picture of the network, which may be scrolled",
                tabindex=0,
            ),
        ),
        _members(data),
        element("h3", "The arrows in words", id="arrows"),
        _folded(_arrows(data), len(network.edges), "arrows"),
        element("h3", "What each function may do", id="reach"),
        _folded(_rights(data), len(network.reaches), "rights"),
    )


def _legend(data: ReportData) -> Markup:
    """Explain the signs, those that are in the picture."""
    kinds = {box.kind for box in data.network.boxes}
    edges = data.network.edges
    signs = [
        (
            bool(kinds & {BoxKind.FUNCTION, BoxKind.OUTSIDE}),
            sample_of_box("function", "λ"),
            "function",
        ),
        (BoxKind.ENDPOINT in kinds, sample_of_box("endpoint"), "VPC endpoint"),
        (BoxKind.DATA in kinds, sample_of_box("data"), "table or other resource"),
        (bool(data.network.vpcs), sample_of_frame("vpc"), "VPC"),
        (bool(data.network.vpcs), sample_of_frame("subnets"), "subnets"),
        (
            any(not _leads_out(e) for e in edges),
            sample_of_arrow(""),
            "lets requests through",
        ),
        (
            bool(data.network.places),
            sample_of_arrow("", dotted=True),
            "from subnets: from every function in them",
        ),
        (any(e.open for e in edges), sample_of_arrow("open"), "⚠ a leak path that is open"),
        (
            any(e.acknowledged for e in edges),
            sample_of_arrow("acknowledged"),
            "! a leak path that is open and acknowledged",
        ),
    ]
    items = [element("li", sign, " ", words) for is_there, sign, words in signs if is_there]
    return element("ul", items, class_="legend", aria_label="Signs in the picture")


def _leads_out(edge: Edge) -> bool:
    return edge.open or edge.acknowledged


def _arrows(data: ReportData) -> Child:
    """Say of each arrow where it leads; those that lead out first."""
    network = data.network
    if not network.edges:
        return element("p", "Nothing leads anywhere.")
    ends = network.ends
    items = [
        element("li", _arrow(edge, ends[edge.source], ends[edge.target]))
        for edge in sorted(network.edges, key=lambda edge: (not edge.open, not edge.acknowledged))
        if edge.source in ends and edge.target in ends
    ]
    return element("ul", items, class_="arrows")


def _arrow(edge: Edge, source: Box | Place, target: Box | Place) -> Markup:
    said: list[Child] = [_end(source), " to ", _end(target), f": {edge.label}"]
    if not _leads_out(edge):
        return joined(said)
    # What a function leaves by is what opens the leak path.
    is_way_out = isinstance(target, Box) and target.kind is BoxKind.WAY_OUT
    holder = target if is_way_out else source
    ids = () if isinstance(holder, Place) else holder.open if edge.open else holder.acknowledged
    links = [element("a", each, href=f"#path-{each}") for each in ids]
    sign = "⚠ open: " if edge.open else "! acknowledged: "
    return joined([element("strong", sign), *said, " (", joined(links, ", "), ")"])


def _end(end: Box | Place) -> Markup:
    if isinstance(end, Box) and end.title in end.members:
        return path(end.title)
    return element("span", end.title, class_="end")


def _rights(data: ReportData) -> Markup:
    rows = [
        Row(
            (
                few(reach.sources, path),
                path(reach.target),
                path(reach.through),
                few(reach.actions, _code),
            )
        )
        for reach in data.network.reaches
    ]
    if not rows:
        return element(
            "p", "No function may do anything to a resource that these templates create or name."
        )
    columns = (
        Column(head="Function", is_head=True),
        Column(head="May reach"),
        Column(head="Through"),
        Column(head="With these actions"),
    )
    caption = (
        "What the policies of each function's role and of the endpoint on the way let through, "
        "as they were evaluated."
    )
    return table("reach-table", caption, columns, rows)


def _members(data: ReportData) -> Child:
    """Say what is in a box that stands for many."""
    many = [box for box in data.network.boxes if len(box.members) > 1 and box.kind in _FOLDED]
    if not many:
        return None
    listed = [
        element(
            "details",
            element("summary", f"{box.title}: which ones"),
            element("p", joined(map(path, box.members), ", "), class_="wide"),
        )
        for box in many
    ]
    return joined(listed)


def _code(action: str) -> Markup:
    return element("code", action)


def _folded(words: Child, rows: int, what: str) -> Child:
    if rows <= 4 * SHOWN:
        return words
    return element("details", element("summary", f"All {rows} {what}"), words)
