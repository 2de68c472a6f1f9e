"""The sections of the page, in their order."""

from collections.abc import Iterable
from decimal import Decimal

from ...network.prices import HOURS_PER_MONTH, REFERENCE_REGION
from .accepted_section import acknowledged_section, baseline_section
from .changes_section import changes_section, signing_section
from .data import CostRow, ReportData
from .markup import Child, Markup, element, joined
from .network_section import network_section
from .parts import Section
from .paths_section import flows_section, paths_section
from .tables import Column, Row, table

__all__ = ["sections"]


def sections(data: ReportData) -> tuple[Section, ...]:
    """Make all sections.

    Args:
        data: What the page says.

    Returns:
        The sections, in their order.
    """
    made = (
        network_section(data),
        paths_section(data),
        flows_section(data),
        changes_section(data),
        signing_section(data),
        acknowledged_section(data),
        baseline_section(data),
        _costs(data),
        _limits(),
    )
    return tuple(section for section in made if section is not None)


def _costs(data: ReportData) -> Section:
    rows = [
        Row(
            (
                row.what,
                row.region,
                row.quantity,
                _each(row),
                _dollars(row.month, cents=True),
                row.source,
            )
        )
        for row in data.costs
    ]
    columns = (
        Column(head="What", is_head=True),
        Column(head="Region"),
        Column(head="How many"),
        Column(head="Each", is_number=True),
        Column(head="A month", is_number=True),
        Column(head="Source of the price, and its day"),
    )
    caption = (
        f"What is paid whether it is used or not, in US dollars: AWS's on-demand list prices on "
        f"the day that is named, and {HOURS_PER_MONTH} hours to a month."
    )
    total = Row(("At least, with what is counted", _dollars(data.month, cents=True), ""))
    counted: Child = (
        table("costs-table", caption, columns, rows, foot=total)
        if rows
        else element("p", "Nothing that is looked for is paid by the month.")
    )
    return Section(
        "costs",
        "Cost per month",
        counted,
        element("p", "Not counted:"),
        element("ul", [element("li", each) for each in data.not_counted]),
    )


def _each(row: CostRow) -> Markup:
    said: list[Child] = [_dollars(row.unit), element("span", row.per, class_="note per")]
    if row.stands_in:
        said.append(element("span", f"that of {REFERENCE_REGION}", class_="note per"))
    return joined(said)


def _dollars(amount: Decimal, *, cents: bool = False) -> str:
    if not cents:
        return f"${amount:f}"
    if Decimal(0) < amount < Decimal("0.01"):
        return "under $0.01"
    return f"${amount:,.2f}"


def _limits() -> Section:
    limits: Iterable[str] = (
        "What is judged is what the templates create. What is added to the account later, or by "
        "other templates, is not in it; what a template does not tell counts as open.",
        "What an app's callers do with its answers, and what the code itself does with what it is "
        "allowed, is not judged.",
        "An arrow in the picture means that rules and policies let a request through, not that "
        "the code makes it.",
    )
    return Section(
        "limits",
        "What this page does not say",
        element("ul", [element("li", each) for each in limits]),
    )
