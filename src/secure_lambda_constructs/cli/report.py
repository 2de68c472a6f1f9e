"""`secure-lambda report`: one page on an app, that a reviewer reads without anything else."""

import argparse
from datetime import date
from pathlib import Path

from ..checks.evaluation import default_evaluator
from ..checks.formats.files import write_atomically
from ..checks.leaks.case import Case
from ..checks.outcome import tool_version
from ..checks.report.gather import gather
from ..checks.report.page import render, verdict_line
from .inputs import add_inputs, outcome_of

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes.

    Args:
        parser: The command's own parser.
    """
    parser.description = (
        "Judges what the templates create, as `secure-lambda check` does, and writes one page "
        "about it: what can reach what, each leak path, who can change what, the signing state of "
        "each function, what is acknowledged or in the baseline, what it costs. The page needs no "
        "network. Nothing is asked of AWS. Exit codes: 0 where the page is written, whatever it "
        "says, 1 where it is not."
    )
    add_inputs(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("report.html"),
        metavar="FILE",
        help="where to write (default: report.html)",
    )
    parser.add_argument("--title", help="what the page calls the app (default: the paths)")
    parser.add_argument(
        "--date",
        type=_date,
        metavar="DATE",
        help="the day that the page names, such as 2026-11-28 (default: none, and an app that has "
        "not changed gives the same page)",
    )


def run(options: argparse.Namespace) -> int:
    """Judge, write the page, and print the verdict in a line.

    Args:
        options: What the command line says.

    Returns:
        0.

    Raises:
        InvalidInputError: The templates cannot be read, or the page not be written.
    """
    evaluator = default_evaluator()
    outcome, world = outcome_of(options, evaluator)
    data = gather(
        outcome,
        Case(world, evaluator, trusted_accounts=options.trusted_account),
        title=options.title or ", ".join(str(path) for path in options.paths),
        made_with=f"secure-lambda-constructs {tool_version()}",
        date=options.date,
    )
    write_atomically(options.output, render(data))
    print(f"{options.output}: {verdict_line(data)}")
    return 0


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"a day expected, such as 2026-11-28, got {text!r}"
        ) from error
