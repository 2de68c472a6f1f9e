"""The sections of the page, in their order."""

from collections.abc import Iterable

from .changes_section import changes_section, signing_section
from .data import ReportData
from .markup import Child, element, joined
from .network_section import network_section
from .parts import Section
from .paths_section import acknowledged_section, flows_section, paths_section
from .tables import Column, table

__all__ = ["sections"]


def sections(data: ReportData) -> tuple[Section, ...]:
    """Make all sections.

    Args:
        data: What the page says.

    Returns:
        The sections, in their order.
    """
    return (
        network_section(data),
        paths_section(data),
        flows_section(data),
        changes_section(data),
        signing_section(data),
        acknowledged_section(data),
        _costs(data),
        _limits(),
    )


def _costs(data: ReportData) -> Section:
    rows = [
        joined(
            (
                element("th", row.what, scope="row"),
                element("td", row.region),
                element("td", row.quantity),
                element("td", f"${row.unit:f}", class_="number"),
                element("td", f"${row.month:.2f}", class_="number"),
                element("td", row.source, " the price of us-east-1" if row.stands_in else None),
            )
        )
        for row in data.costs
    ]
    columns = (
        Column("What"),
        Column("Region"),
        Column("How many"),
        Column("Each", is_number=True),
        Column("A month", is_number=True),
        Column("Source of the price"),
    )
    caption = "What is paid by the month, used or not, in US dollars, at on-demand prices."
    total = element(
        "tr",
        element("th", "Total of what is counted", scope="row", colspan=4),
        element("td", f"${data.month:.2f}", class_="number"),
        element("td", ""),
    )
    counted: Child = (
        table("costs-table", caption, columns, rows, foot=total)
        if rows
        else element("p", "Nothing of what these templates create is paid by the month.")
    )
    return Section(
        "costs",
        "Cost per month",
        counted,
        element("p", "Not counted:"),
        element("ul", [element("li", each) for each in data.not_counted]),
    )


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
