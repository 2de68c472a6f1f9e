"""`secure-lambda bootstrap-template`: close the template that `cdk bootstrap` works with."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import InvalidInputError

__all__ = ["add_arguments", "run"]

_SHOW = "cdk bootstrap --show-template --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes.

    Args:
        parser: The command's own parser.
    """
    parser.description = (
        f"Reads what `{_SHOW}` prints, and writes a template in which the bootstrap roles can be "
        "assumed by the named roles alone, for `cdk bootstrap --template`. Nothing is asked of AWS."
    )
    parser.add_argument(
        "template",
        nargs="?",
        default="-",
        metavar="TEMPLATE",
        help="the template, as JSON (default: -, the standard input)",
    )
    parser.add_argument(
        "--trust",
        action="append",
        required=True,
        metavar="ROLE_ARN",
        help="a role that deploys, of whatever account; * may stand for the account. Repeatable",
    )
    parser.add_argument(
        "--trust-for-lookup",
        action="append",
        default=[],
        metavar="ROLE_ARN",
        help="a role that only looks values up while an app is synthesized. Repeatable",
    )
    parser.add_argument(
        "--bucket-writer",
        action="append",
        default=[],
        metavar="ROLE_ARN",
        help="a role that may write and delete assets too, such as that of `cdk gc`. Repeatable",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="where to write (default: standard output)",
    )


def run(options: argparse.Namespace) -> int:
    """Read, close and write.

    Args:
        options: What the command line says.

    Returns:
        0.

    Raises:
        InvalidInputError: The template cannot be read or closed, or the result not be written.
    """
    from ..governance.bootstrap.template import harden_bootstrap_template

    hardened = harden_bootstrap_template(
        _parsed(options.template, _read(options.template)),
        deployment_roles=options.trust,
        lookup_roles=options.trust_for_lookup,
        bucket_writers=options.bucket_writer,
    )
    written = json.dumps(hardened, indent=2) + "\n"
    if options.output is None:
        sys.stdout.write(written)
        return 0
    try:
        options.output.write_text(written)
    except OSError as error:
        raise InvalidInputError(
            f"{options.output} cannot be written: {error.strerror or error}"
        ) from error
    return 0


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text()
    except OSError as error:
        raise InvalidInputError(f"{name} cannot be read: {error.strerror or error}") from error


def _parsed(name: str, text: str) -> dict[str, Any]:
    where = "the standard input" if name == "-" else name
    try:
        template = json.loads(text)
    except ValueError:
        template = None
    if not isinstance(template, dict):
        raise InvalidInputError(f"{where} holds no template in JSON: give it what `{_SHOW}` prints")
    return template
