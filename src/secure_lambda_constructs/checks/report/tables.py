"""Tables, and the buttons and the field that filter their rows where scripts run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .markup import Child, Markup, element

__all__ = ["Column", "filters", "table"]


@dataclass(frozen=True)
class Column:
    """The head of a column."""

    head: Child
    is_number: bool = False


def table(
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Markup],
    *,
    of_rows: bool = False,
    foot: Markup | None = None,
) -> Markup:
    """Make a table that can be scrolled where it is too wide.

    Args:
        name: Its id.
        caption: What it has.
        columns: The heads of the columns.
        rows: The cells of each row, or its whole element.
        of_rows: Whether `rows` are whole elements.
        foot: The row at its foot.

    Returns:
        The table, in a place of its own that the keyboard can scroll.
    """
    heads = [
        element("th", column.head, scope="col", class_="number" if column.is_number else None)
        for column in columns
    ]
    body = [row if of_rows else element("tr", row) for row in rows]
    made = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", heads)),
        element("tbody", body),
        None if foot is None else element("tfoot", foot),
        id=name,
    )
    return element("div", made, class_="scroll", role="group", aria_label=caption, tabindex=0)


def filters(name: str, label: str, choices: Sequence[tuple[str, str]], *, search: str) -> Markup:
    """Make what filters the rows of a table; it is hidden until the script finds it.

    Args:
        name: The id of the table.
        label: What the buttons choose.
        choices: What each button says, and the state of the rows that it shows; empty for all.
        search: What the field is for.

    Returns:
        The bar of buttons.
    """
    buttons = [
        element(
            "button", said, type="button", value=value, aria_pressed="false" if value else "true"
        )
        for said, value in choices
    ]
    field = element("input", type="search", aria_label=search, placeholder=search)
    return element(
        "div",
        buttons if len(choices) > 2 else None,
        field,
        element("span", role="status", class_="note"),
        class_="filters",
        role="group",
        aria_label=label,
        data_filters=name,
        hidden=True,
    )
