"""Writes the list of acknowledgements into the page on lints."""

import re
from collections.abc import Collection, Sequence

from .model import LintError, Row

__all__ = ["page_with_table", "table"]

_BEGIN = "<!-- acknowledged: begin -->"
_END = "<!-- acknowledged: end -->"


def table(rows: Sequence[Row], examples: Collection[str]) -> str:
    """Render the list as a table in Markdown.

    Args:
        rows: The lines, in order.
        examples: The names of all examples.

    Returns:
        The table, with a line end.
    """
    lines = ["| linter and rule | asks for | on | why it stays | in |", "|---|---|---|---|---|"]
    lines += [
        "| "
        + " | ".join(
            [
                f"{row.linter} `{row.rule}`",
                _cell(row.asks),
                "<br>".join(f"`{kind}`" for kind in row.kinds if kind) or "the template",
                _cell(row.reason),
                "every example"
                if set(row.examples) == set(examples)
                else "<br>".join(f"`{example}`" for example in row.examples),
            ]
        )
        + " |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def page_with_table(page: str, content: str) -> str:
    """Put the list into a page, between its marks.

    Args:
        page: The text of the page.
        content: The list.

    Returns:
        The new text.

    Raises:
        LintError: The page has not the two marks.
    """
    marks = re.compile(f"{re.escape(_BEGIN)}\n.*?{re.escape(_END)}", re.DOTALL)
    if len(marks.findall(page)) != 1:
        raise LintError(f"the page on lints needs {_BEGIN} and {_END}, once, for the list")
    return marks.sub(lambda _: f"{_BEGIN}\n\n{content}\n{_END}", page)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
