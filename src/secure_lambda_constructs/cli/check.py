"""`secure-lambda check`: say of any app whether each leak path is closed, and what opens it."""

import argparse
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ..checks.acknowledged import Acknowledgement
from ..checks.acknowledgement_sources import (
    acknowledged_in_assembly,
    acknowledged_in_file,
    acknowledged_in_metadata,
)
from ..checks.baseline import Baseline
from ..checks.evaluation import default_evaluator
from ..checks.formats.as_json import as_json
from ..checks.formats.files import write_atomically
from ..checks.formats.sarif import as_sarif
from ..checks.formats.text import as_text, headline
from ..checks.model.loading import load
from ..checks.model.sources import DEFAULT_ACCOUNT, DEFAULT_REGION
from ..checks.model.world import World
from ..checks.outcome import Outcome, check

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
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a cloud assembly (cdk.out), a template in JSON or YAML, or a folder of templates",
    )
    parser.add_argument(
        "--account",
        type=_account,
        default=DEFAULT_ACCOUNT,
        help=f"account of stacks that are bound to none (default: {DEFAULT_ACCOUNT})",
    )
    parser.add_argument(
        "--region",
        default=DEFAULT_REGION,
        help=f"region of stacks that are bound to none (default: {DEFAULT_REGION})",
    )
    parser.add_argument(
        "--parameter",
        type=_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what the deployment sets a parameter to (default: the template's default). "
        "Repeatable",
    )
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
        "--acknowledge",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="what is acknowledged, with reasons, where the app cannot say so. Repeatable",
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="findings that may stay for now: only others fail",
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
    outcome = _outcome(options)
    _show(outcome, options)
    if options.write_baseline is not None:
        return _write_baseline(outcome, options.write_baseline)
    return 0 if outcome.is_closed else 1


def _outcome(options: argparse.Namespace) -> Outcome:
    # What can be refused at once is read before the templates are.
    baseline = None if options.baseline is None else Baseline.read(options.baseline)
    acknowledged = [each for file in options.acknowledge for each in acknowledged_in_file(file)]
    world = load(
        options.paths,
        account=options.account,
        region=options.region,
        parameters=dict(options.parameter),
    )
    return check(
        world,
        default_evaluator(),
        inputs=[str(path) for path in options.paths],
        templates={s.name: s.file for s in world.sources if s.file is not None},
        acknowledgements=[*acknowledged, *_acknowledged(options.paths, world)],
        baseline=baseline,
    )


def _acknowledged(paths: list[Path], world: World) -> Iterator[Acknowledgement]:
    for path in paths:
        if (path / "manifest.json").is_file():
            yield from acknowledged_in_assembly(path)
    yield from acknowledged_in_metadata(world)


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


def _account(text: str) -> str:
    if re.fullmatch("[0-9]{12}", text) is None:
        raise argparse.ArgumentTypeError(f"an account of 12 digits expected, got {text!r}")
    return text


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise argparse.ArgumentTypeError(f"NAME=VALUE expected, got {text!r}")
    return name, value
