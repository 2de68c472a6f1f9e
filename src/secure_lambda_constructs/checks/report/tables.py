"""Tables, and the buttons and the field that filter their rows where scripts run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .markup import Child, Markup, element

__all__ = ["Column", "Row", "filters", "table"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        head: What is at its head.
        label: How a cell names its column where rows are below each other; the head, where that is
            a text.
        is_number: Whether its cells are numbers.
        is_head: Whether its cells name their rows.
    """

    head: Child
    label: str = ""
    is_number: bool = False
    is_head: bool = False

    @property
    def _label(self) -> str | None:
        return self.label or (self.head if isinstance(self.head, str) else None)

    def heading(self) -> Markup:
        """Return the cell at its head."""
        return element("th", self.head, scope="col", class_=self._class)

    def cell(self, content: Child) -> Markup:
        """Return one of its cells."""
        if self.is_head:
            return element("th", content, scope="row", class_=self._class)
        return element("td", content, class_=self._class, data_label=self._label)

    @property
    def _class(self) -> str | None:
        return "number" if self.is_number else None


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        cells: What is in it, column by column.
        id: Its id, where links lead to it.
        state: What the buttons of the table know it by.
    """

    cells: Sequence[Child]
    id: str | None = None
    state: str | None = None


def table(
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Row],
    *,
    foot: Row | None = None,
    stacks: bool = True,
) -> Markup:
    """Make a table that can be read in a narrow window too.

    Args:
        name: Its id.
        caption: What it has.
        columns: Its columns.
        rows: Its rows.
        foot: The row at its foot: its first cell spans what the others leave.
        stacks: Whether its cells are below each other in a narrow window; else it is scrolled.

    Returns:
        The table, in a place of its own that the keyboard can scroll where it is too wide.
    """
    body = [
        element(
            "tr",
            [column.cell(content) for column, content in zip(columns, row.cells, strict=True)],
            id=row.id,
            data_state=row.state,
        )
        for row in rows
    ]
    made = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", [column.heading() for column in columns])),
        element("tbody", body),
        None if foot is None else element("tfoot", _foot(columns, foot)),
        id=name,
        class_="stacks" if stacks else None,
    )
    return element("div", made, class_="scroll", role="group", aria_label=caption, tabindex=0)


def _foot(columns: Sequence[Column], foot: Row) -> Markup:
    first, *others = foot.cells
    span = len(columns) - len(others)
    cells = [column.cell(each) for column, each in zip(columns[span:], others, strict=True)]
    return element("tr", element("th", first, scope="row", colspan=span), cells)


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
