"""The command line of the signing program."""

import argparse
import functools
import os
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

__all__ = ["Request", "parse_arguments"]


class Request(NamedTuple):
    """What is to be signed, by which profile, and where the two meet.

    Attributes:
        source: Name of the file or directory inside the assembly, or an absolute path.
        assembly: Path of the root cloud assembly, relative to where the app was synthesized.
        identity: Identity of the signed asset, 64 hexadecimal digits. It changes with the code,
            the profile and the signing revision.
        profile_name: Name of the Signer profile.
        profile_owner: Account that owns the profile; the caller's account where it is `None`.
        bucket_template: Name of the staging bucket; `{account}` and `{region}` are filled in.
        account: Account that the caller must be of; any where it is `None`.
        region: Region to sign in; that of the environment where it is `None`.
        baseline_stack: Name of the stack that makes profile and bucket, for messages.
        timeout_seconds: Longest wait for the signing job, in seconds.
        debug: Whether a failure shows its traceback.
    """

    source: str
    assembly: str
    identity: str
    profile_name: str
    profile_owner: str | None
    bucket_template: str
    account: str | None
    region: str | None
    baseline_stack: str
    timeout_seconds: float
    debug: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with one line: the usage text would bury it in the CLI's report of a failure."""
        self.exit(2, f"{self.prog}: {message}\n")


def _matching(pattern: str, meaning: str) -> Callable[[str], str]:
    # argparse shows a converter's ArgumentTypeError as "argument --x: <text>".
    def convert(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise argparse.ArgumentTypeError(f"{meaning} expected, got {text!r}")
        return text

    return convert


def _source(text: str) -> str:
    # The assembly itself would be signed, with every other asset in it.
    if os.path.normpath(text) in (os.curdir, os.pardir):
        raise argparse.ArgumentTypeError(f"a name inside the assembly expected, got {text!r}")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"a number of seconds above 0 expected, got {text!r}")
    return seconds


def parse_arguments(arguments: Sequence[str] | None = None) -> Request:
    """Read the command line.

    Args:
        arguments: The arguments without the program's name; those of the process by default.

    Returns:
        What is asked for.

    Raises:
        SystemExit: With code 2 and one line on stderr where the arguments are wrong, with code 0
            after `--help`.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.arguments import parse_arguments

        request = parse_arguments(
            ["--source", "asset.1a2b", "--assembly", "cdk.out", "--id", "0" * 64]
            + ["--profile-name", "SecureLambda", "--bucket", "code-{account}-{region}"]
            + ["--baseline-stack", "App-Signing"]
        )
        assert request.timeout_seconds == 300
        ```
    """
    options = _parser().parse_args(arguments)
    options.debug = options.debug or os.environ.get("SECURE_LAMBDA_DEBUG") == "1"
    return Request(**vars(options))


@functools.cache
def _parser() -> _Parser:
    # Made once: a batch reads the commands of many assets.
    account = _matching(r"[0-9]{12}", "an account of 12 digits")
    parser = _Parser(
        prog="secure-lambda-sign",
        description="Sign one asset of a cloud assembly and print the path of the signed zip.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--source", required=True, type=_source, help="file or directory inside the assembly")
    add("--assembly", required=True, help="path of the root cloud assembly")
    add(
        "--id",
        required=True,
        dest="identity",
        type=_matching(r"[0-9a-f]{64}", "64 hexadecimal digits"),
        help="identity of the signed asset",
    )
    add("--profile-name", required=True, help="name of the signing profile")
    add("--profile-owner", type=account, help="account of the profile (default: the caller's)")
    add(
        "--bucket",
        required=True,
        dest="bucket_template",
        help="staging bucket; {account} and {region} are filled in",
    )
    add("--account", type=account, help="account that the caller must be of (default: any)")
    add("--region", help="region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's)")
    add("--baseline-stack", required=True, help="stack that makes profile and bucket")
    add(
        "--timeout",
        dest="timeout_seconds",
        type=_seconds,
        default=300.0,
        help="longest wait for the signing job in seconds (default: 300)",
    )
    add("--debug", action="store_true", help="show the traceback of a failure")
    return parser
