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
from ..checks.model.loading import load
from ..checks.model.sources import DEFAULT_ACCOUNT, DEFAULT_REGION
from ..checks.model.world import World

__all__ = ["add_inputs", "read_inputs"]


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


def read_inputs(options: argparse.Namespace) -> tuple[World, list[Acknowledgement]]:
    """Read the templates, and all that is acknowledged.

    Args:
        options: What the command line says.

    Returns:
        All that the templates create, and the acknowledgements of the files, the assemblies and
        the resources.

    Raises:
        InvalidInputError: Something cannot be read.
    """
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
