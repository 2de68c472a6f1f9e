"""The picture of the network, and the same in words."""

from .data import BoxKind, ReportData
from .drawing import draw
from .markup import Child, Markup, element, joined
from .parts import SHOWN, Section, few, path
from .tables import Column, table

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
    if not network.boxes:
        return Section(
            "network",
            "The network",
            element("p", "There is no function in these templates, so there is nothing to draw."),
        )
    description = (
        "Functions on the left, the endpoints of their VPC beside them, then what is reached "
        "through these, and the internet on the right. The table below says the same in words."
    )
    picture = draw(network, title="What can reach what", description=description)
    legend = (
        "λ: a function",
        "solid arrow: what is let through",
        "thick dashed arrow and ⚠: a leak path that is open",
        "solid frame: a VPC; dashed frame: its subnets",
    )
    rows = [
        (
            element("td", few(reach.sources, path)),
            element("td", path(reach.target)),
            element("td", path(reach.through)),
            element("td", few(reach.actions, _code)),
        )
        for reach in network.reaches
    ]
    words: Child = element(
        "p", "No function may do anything to a resource that these templates create or name."
    )
    if rows:
        columns = (
            Column("Function"),
            Column("May reach"),
            Column("Through"),
            Column("With these actions"),
        )
        caption = (
            "What the policies of each function's role and of the endpoint on the way let through, "
            "as they were evaluated."
        )
        words = table("reach-table", caption, columns, [joined(row) for row in rows])
    return Section(
        "network",
        "The network",
        element("p", network.together, class_="note") if network.together else None,
        element(
            "figure",
            element(
                "figcaption",
                "What can reach what. A box is a link to what the page says of it.",
            ),
            element("ul", [element("li", each) for each in legend], class_="legend"),
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
        element("h3", "The same in words", id="reach"),
        _folded(words, len(rows), "rights"),
    )


def _members(data: ReportData) -> Child:
    """Say what is in a box that stands for many."""
    many = [box for box in data.network.boxes if len(box.members) > 1 and box.kind in _FOLDED]
    if not many:
        return None
    listed = [
        element(
            "details",
            element("summary", f"{box.title}: which ones"),
            element("p", ", ".join(box.members), class_="path"),
        )
        for box in many
    ]
    return joined(listed)


def _code(action: str) -> Markup:
    return element("code", action)


def _folded(words: Child, rows: int, what: str) -> Child:
    if rows <= 4 * SHOWN:
        return words
    return element("details", element("summary", f"Show all {rows} {what}"), words)
