"""What the tests of the report share: a real browser, where there is one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secure_lambda_constructs.checks.report.data import ReportData
from secure_lambda_constructs.checks.report.page import render

from .browser import NAMES, Browser, found_browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, started once."""
    program = found_browser()
    if program is None:
        pytest.skip(
            f"a headless Chromium is needed, and none of {', '.join(NAMES)} is on the PATH; "
            "Debian's package is chromium-headless-shell"
        )
    with Browser(program, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def written(tmp_path: Path) -> Callable[[ReportData], Path]:
    """Write the page of some data to a file, and return the file."""

    def write(data: ReportData) -> Path:
        path = tmp_path / "report.html"
        path.write_text(render(data), encoding="utf-8")
        return path

    return write
