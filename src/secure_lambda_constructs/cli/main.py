"""`secure-lambda`: finds the command that is meant, and says in a sentence what went wrong."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from ..errors import SecureLambdaError
from ..signing.command.interrupts import Interrupted, interruptible

__all__ = ["main"]

# Each module has `add_arguments(parser)` and `run(options)`, which returns the exit code. It is
# imported when its command is used. The exit code of a failure is the parser's default `failure`,
# where 1 says something else.
_COMMANDS = {
    "bootstrap-template": "close the template that `cdk bootstrap` works with",
    "check": "say of an app whether each leak path is closed, and what opens it",
    "report": "write one page on an app: what can leave it, and who can change that",
    "sign": "sign the pending assets of a cloud assembly",
    "revoke": "take a signature or a version of the signing profile back",
    "audit": "hold a live account against the rules, and against what was deployed",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with the sentence alone, without the usage text."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The arguments without the program's name; those of the process by default.

    Returns:
        The exit code: 0 where the command did what it says, 1 where a sentence on the standard
        error stream says why not; of `check`, 1 where a leak path is open and 2 with the sentence.

    Raises:
        SystemExit: With code 2 where the arguments are wrong, with code 0 after `--help`.

    Example:
        ```console
        $ secure-lambda sign --assembly cdk.out
        ```
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = _Parser(
        prog="secure-lambda",
        description="Sign the code of AWS Lambda functions, and see that nothing else is deployed.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            allow_abbrev=False,
        )
        if name in arguments[:1]:
            module = import_module(f".{name.replace('-', '_')}", __package__)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
        command.add_argument("--debug", action="store_true", help="show the traceback of a failure")
    options = parser.parse_args(arguments)
    options.debug = options.debug or os.environ.get("SECURE_LAMBDA_DEBUG") == "1"
    try:
        with interruptible():
            return int(options.run(options))
    except SecureLambdaError as error:
        return _fail(options, str(error))
    except (Interrupted, KeyboardInterrupt) as error:
        name = str(error) or "SIGINT"
        return _fail(options, f"stopped by {name}: repeat the command, which finds what is done")
    except Exception as error:
        from ..signing.command.failures import unexpected

        return _fail(options, unexpected(error))


def _fail(options: argparse.Namespace, reason: str) -> int:
    if options.debug:
        import traceback

        traceback.print_exc()
    print(f"secure-lambda {options.command}: {' '.join(reason.split())}", file=sys.stderr)
    return int(getattr(options, "failure", 1))
