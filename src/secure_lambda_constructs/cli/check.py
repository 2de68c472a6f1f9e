"""`secure-lambda check`: say of any app whether each leak path is closed, and what opens it."""

import argparse
import os
import sys
from pathlib import Path

from ..checks.baseline import Baseline
from ..checks.evaluation import default_evaluator
from ..checks.formats.as_json import as_json
from ..checks.formats.files import write_atomically
from ..checks.formats.sarif import as_sarif
from ..checks.formats.text import as_text, headline
from ..checks.outcome import Outcome
from .inputs import add_inputs, outcome_of

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes.

    Args:
        parser: The command's own parser.
    """
    parser.description = (
        "Judges what the templates create, all of them together: each leak path of the threat "
        "model is closed, or what opens it is named, with what to write instead. Nothing is asked "
        "of AWS. Exit codes: 0 where nothing is open, 1 where something is, 2 where nothing could "
        "be judged."
    )
    parser.set_defaults(failure=2)
    add_inputs(parser)
    layout = parser.add_mutually_exclusive_group()
    layout.add_argument("--json", action="store_true", help="print JSON, all findings in it")
    layout.add_argument("--sarif", action="store_true", help="print SARIF, for code scanning")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write there, and print the verdict in a line (default: print all)",
    )
    parser.add_argument(
        "--write-baseline",
        type=Path,
        metavar="FILE",
        help="write what is open now to a baseline, and end with 0",
    )


def run(options: argparse.Namespace) -> int:
    """Judge, and print.

    Args:
        options: What the command line says.

    Returns:
        0 where nothing is open, 1 where something is.

    Raises:
        InvalidInputError: Nothing could be judged, or the result not be written.
    """
    outcome, _ = outcome_of(options, default_evaluator())
    _show(outcome, options)
    if options.write_baseline is not None:
        return _write_baseline(outcome, options.write_baseline)
    return 0 if outcome.is_closed else 1


def _show(outcome: Outcome, options: argparse.Namespace) -> None:
    if options.json:
        text = as_json(outcome)
    elif options.sarif:
        text = as_sarif(outcome)
    else:
        text = as_text(outcome)
    if options.output is None:
        _print(text)
    else:
        write_atomically(options.output, f"{text}\n")
        print(headline(outcome))


def _print(text: str) -> None:
    """Print, also to a program such as `head` that does not read to the end."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # The interpreter flushes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_baseline(outcome: Outcome, path: Path) -> int:
    baseline = Baseline.of(outcome.verdict)
    baseline.write(path)
    print(
        f"secure-lambda check: {len(baseline.findings)} findings are in the baseline {path}",
        file=sys.stderr,
    )
    return 0
