"""The page on the threat model says what the judge of `tests/leaks` says."""

import re

import pytest

from secure_lambda_constructs.checks.leaks.paths import PATHS, SIGNING

from ..leaks.judgement import verdicts
from ..leaks.synthesis import shared_folder
from .page import DOCS, commands, read_sections

pytestmark = pytest.mark.long

_PAGE = DOCS / "threat-model.md"
_COMMAND = ".venv/bin/python -m tests.leaks"
_ROW = re.compile(r"^\| ([A-Z]\d\d) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_WHEN = {"made so", "synth", "AWS"}


def _printed() -> list[str]:
    """The lines that the page says the command prints."""
    (section,) = [each for each in read_sections(_PAGE) if each.title == "How it is shown"]
    printed = {
        command: lines for block in section.all("console") for command, lines in commands(block)
    }
    return printed[_COMMAND]


def test_every_path_has_one_row_under_its_own_name() -> None:
    rows = [match.groups() for match in _ROW.finditer(_PAGE.read_text())]
    named = [(path_id, title) for path_id, title, _, _ in rows]
    assert sorted(named) == [(path_id, leak.title) for path_id, leak in sorted(PATHS.items())]


def test_each_row_is_in_the_table_of_its_group() -> None:
    groups = re.findall(r"^### ([A-Z]): ", _PAGE.read_text(), re.MULTILINE)
    assert sorted(groups) == sorted({path_id[0] for path_id in PATHS})
    for part in re.split(r"^### ", _PAGE.read_text(), flags=re.MULTILINE)[1:]:
        part = part.split("\n## ", 1)[0]
        assert {match[1][0] for match in _ROW.finditer(part)} == {part[0]}


def test_each_row_says_when_the_path_is_closed() -> None:
    for match in _ROW.finditer(_PAGE.read_text()):
        assert set(match[4].split(", ")) <= _WHEN, match[0]


def test_the_command_prints_what_the_page_says(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert list(verdicts(shared_folder(tmp_path_factory.getbasetemp()))) == _printed()


def test_the_number_of_paths_is_told() -> None:
    assert f"There are {len(PATHS)} ways out" in _PAGE.read_text()


def test_the_checks_of_signing_are_apart_from_the_paths() -> None:
    assert len(PATHS) == 44
    assert not set(SIGNING) & set(PATHS)
    assert not {path_id[0] for path_id in SIGNING} & {path_id[0] for path_id in PATHS}
