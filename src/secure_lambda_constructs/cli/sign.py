"""`secure-lambda sign`: sign all that is pending in a cloud assembly, before it is deployed."""

import argparse
import json
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

from ..signing.command.assembly import ASSEMBLY_VARIABLE
from ..signing.command.batch import State
from ..signing.command.leader import AT_ONCE
from ..signing.command.unsigned import left_unsigned
from ..signing.command.whole_assembly import Report, sign_assembly
from .progress import Progress

__all__ = ["add_arguments", "run"]

_DONE = {
    State.SIGNED: "signed",
    State.CACHED: "signed before",
    State.PUBLISHED: "published already",
    State.FAILED: "failed",
}
_SHOWN_NAMES = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes.

    Args:
        parser: The command's own parser.
    """
    parser.description = (
        "Signs the code of all functions and layers of a cloud assembly that is not published "
        "yet, and lets the asset manifests name the signed zips. The deployment that follows "
        "needs neither the right to sign nor Python. Can be run again: it goes on with what is "
        "left."
    )
    parser.add_argument(
        "--assembly",
        type=Path,
        default=Path(os.environ.get(ASSEMBLY_VARIABLE) or "cdk.out"),
        help=f"folder of the cloud assembly (default: {ASSEMBLY_VARIABLE}, else cdk.out)",
    )
    parser.add_argument(
        "--concurrency",
        type=_positive,
        default=AT_ONCE,
        metavar="N",
        help=f"assets packed or transferred at the same time (default: {AT_ONCE})",
    )
    parser.add_argument(
        "--account",
        type=_account,
        help="only the assets for this account (default: all, which need one account)",
    )
    parser.add_argument(
        "--all",
        dest="everything",
        action="store_true",
        help="also what is published already, so that nothing is left to sign anywhere",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(options: argparse.Namespace) -> int:
    """Sign, and print a summary.

    Args:
        options: What the command line says.

    Returns:
        0 where nothing is left to sign, 1 where something failed.

    Raises:
        SigningError: Where the assembly cannot be read, or its manifests not be written.
    """
    with Progress() as progress:
        report = sign_assembly(
            options.assembly,
            at_once=options.concurrency,
            account=options.account,
            everything=options.everything,
            on_wait=lambda: progress.say("another program signs this assembly: waiting for it"),
            on_begin=progress.begin,
            on_asset=lambda asset: progress.step(asset.name, _DONE[asset.state]),
        )
    unsigned = left_unsigned(report.assembly)
    if options.json:
        print(json.dumps(_as_json(report, unsigned), indent=2))
    else:
        print(_as_text(report, unsigned))
    for sentence in _failures(report):
        print(f"secure-lambda sign: {sentence}", file=sys.stderr)
    return 1 if report.count(State.FAILED) else 0


def _as_json(report: Report, unsigned: list[str]) -> dict[str, object]:
    return {
        "assembly": str(report.assembly),
        "signed": report.count(State.SIGNED),
        "cached": report.count(State.CACHED),
        "published": report.count(State.PUBLISHED),
        "failed": report.count(State.FAILED),
        "replaced": report.replaced,
        "replacedBefore": report.before,
        "seconds": round(report.seconds, 3),
        "assets": [
            {
                "name": asset.name,
                "source": asset.source,
                "id": asset.identity,
                "state": asset.state.value,
                **({"reason": asset.reason} if asset.reason else {}),
            }
            for asset in report.assets
        ],
        "unsigned": unsigned,
    }


def _as_text(report: Report, unsigned: list[str]) -> str:
    counts = [
        f"{report.count(state)} {words}"
        for state, words in _DONE.items()
        if report.count(state) or state is State.SIGNED
    ]
    if report.before:
        counts.append(f"{report.before} from an earlier run")
    lines = [f"{', '.join(counts)} in {report.seconds:.1f} s ({report.assembly})"]
    lines += [f"left unsigned on purpose: {path}" for path in unsigned]
    return "\n".join(lines)


def _failures(report: Report) -> list[str]:
    """One sentence for each reason: fifty assets mostly fail for the same one."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for asset in report.assets:
        if asset.state is State.FAILED:
            names[asset.reason].append(asset.name)
    return [f"cannot sign {_named(each)}: {reason}" for reason, each in names.items()]


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN_NAMES])
    more = len(names) - _SHOWN_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError(f"a number from 1 to 256 expected, got {text!r}")
    return number


def _account(text: str) -> str:
    if re.fullmatch("[0-9]{12}", text) is None:
        raise argparse.ArgumentTypeError(f"an account of 12 digits expected, got {text!r}")
    return text
