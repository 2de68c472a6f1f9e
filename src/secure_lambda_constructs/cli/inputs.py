"""What the commands that judge templates take, and how it is read."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from ..checks.acknowledged import Acknowledgement
from ..checks.acknowledgement_sources import (
    acknowledged_in_assembly,
    acknowledged_in_file,
    acknowledged_in_metadata,
)
from ..checks.baseline import Baseline
from ..checks.leaks.questions import Evaluator
from ..checks.model.loading import load
from ..checks.model.sources import DEFAULT_ACCOUNT, DEFAULT_REGION
from ..checks.model.world import World
from ..checks.outcome import Outcome, check

__all__ = ["add_inputs", "outcome_of"]


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add what is judged, and what is known of it, to the parser of a command.

    Args:
        parser: The command's own parser.

    Example:
        ```python
        import argparse

        from secure_lambda_constructs.cli.inputs import add_inputs

        parser = argparse.ArgumentParser()
        add_inputs(parser)
        options = parser.parse_args(["cdk.out", "--parameter", "Stage=test"])
        assert options.parameter == [("Stage", "test")]
        ```
    """
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
        "--trusted-account",
        type=_account,
        action="append",
        default=[],
        metavar="ACCOUNT",
        help="an account of yours in which no stack is, such as that of the signing profiles "
        "(default: an account that the templates name may be the attacker's). Repeatable",
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
        help="findings that may stay for now, as `secure-lambda check --write-baseline` wrote "
        "them: only others are new",
    )


def outcome_of(options: argparse.Namespace, evaluator: Evaluator) -> tuple[Outcome, World]:
    """Judge what the command line names.

    Args:
        options: What the command line says.
        evaluator: Decides what policies allow.

    Returns:
        The outcome, and all that the templates create.

    Raises:
        InvalidInputError: Something cannot be read.
    """
    # What can be refused at once is read before the templates are.
    baseline = None if options.baseline is None else Baseline.read(options.baseline)
    world, acknowledged = _read(options)
    outcome = check(
        world,
        evaluator,
        inputs=[str(path) for path in options.paths],
        templates={s.name: s.file for s in world.sources if s.file is not None},
        acknowledgements=acknowledged,
        baseline=baseline,
        trusted_accounts=options.trusted_account,
    )
    return outcome, world


def _read(options: argparse.Namespace) -> tuple[World, list[Acknowledgement]]:
    """Read the templates, and all that is acknowledged."""
    # What can be refused at once is read before the templates are.
    acknowledged = [each for file in options.acknowledge for each in acknowledged_in_file(file)]
    world = load(
        options.paths,
        account=options.account,
        region=options.region,
        parameters=dict(options.parameter),
    )
    return world, [*acknowledged, *_acknowledged(options.paths, world)]


def _acknowledged(paths: list[Path], world: World) -> Iterator[Acknowledgement]:
    for path in paths:
        if (path / "manifest.json").is_file():
            yield from acknowledged_in_assembly(path)
    yield from acknowledged_in_metadata(world)


def _account(text: str) -> str:
    if re.fullmatch("[0-9]{12}", text) is None:
        raise argparse.ArgumentTypeError(f"an account of 12 digits expected, got {text!r}")
    return text


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise argparse.ArgumentTypeError(f"NAME=VALUE expected, got {text!r}")
    return name, value
