"""The page on the checks says what they ask, and what they say of the judged apps."""

import pytest

from ..docs.page import DOCS, commands, read_sections
from ..leaks.synthesis import shared_folder
from .verdicts import table, verdicts

_PAGE = DOCS / "checks.md"
_COMMAND = ".venv/bin/python -m tests.checks"


def test_the_page_has_what_each_check_asks() -> None:
    page = _PAGE.read_text()
    shown = page.partition("<!-- paths: begin -->\n")[2].partition("<!-- paths: end -->")[0]
    assert shown.strip().splitlines() == list(table())


@pytest.mark.long
def test_the_command_prints_what_the_page_says(tmp_path_factory: pytest.TempPathFactory) -> None:
    (section,) = [
        each for each in read_sections(_PAGE) if each.title == "What is said of which app"
    ]
    printed = {
        command: lines for block in section.all("console") for command, lines in commands(block)
    }
    shared = shared_folder(tmp_path_factory.getbasetemp())
    assert list(verdicts(shared)) == printed[_COMMAND]
