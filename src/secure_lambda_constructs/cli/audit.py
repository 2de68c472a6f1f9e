"""`secure-lambda audit`: hold a live account against the rules, and against what was deployed."""

import argparse
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..checks.audit.audit import Accepted, Questions, Report, audit
from ..checks.audit.calls import Account, connect
from ..checks.audit.findings import KINDS, AuditError
from ..checks.audit.formats import as_data, as_text, unread
from ..checks.audit.kept_answers import KeptAnswers
from ..errors import InvalidInputError
from ..signing.command.interrupts import Interrupted

__all__ = ["add_arguments", "run"]

_SPANS = {"h": "hours", "d": "days"}
_HISTORY_DAYS = 90
_NOTHING, _FOUND, _WRONG, _INCOMPLETE = 0, 1, 2, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes to its parser.

    Args:
        parser: The parser of the command.

    Example:
        ```python
        import argparse

        from secure_lambda_constructs.cli.audit import add_arguments

        parser = argparse.ArgumentParser()
        add_arguments(parser)
        assert parser.parse_args(["--region", "eu-west-1"]).regions == ["eu-west-1"]
        ```
    """
    parser.description = (
        "Reads an account and changes nothing. Finds functions whose code is not signed or not "
        "checked, that are outside any VPC or open to other accounts, and networks with open "
        "endpoints or DNS. With --baseline also what is no longer as it was deployed. "
        "Exit code: 0 nothing found, 1 something found, 2 wrong arguments or assembly, 3 not all "
        "could be looked at, whatever was found."
    )
    parser.add_argument(
        "--region",
        dest="regions",
        action="append",
        metavar="REGION",
        type=_matching(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", "a region expected, for example eu-west-1"),
        help="region to look at; repeatable (default: all that are enabled for the account)",
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="FOLDER",
        help="cloud assembly that was deployed, for example cdk.out: compare with it",
    )
    parser.add_argument(
        "--boundary",
        default="",
        metavar="NAME",
        help="permissions boundary that every role must have, by its name or ARN",
    )
    parser.add_argument(
        "--organization",
        type=_matching("o-[a-z0-9]{10,32}", "the id of an organization expected, o-..."),
        metavar="ID",
        help="policies that are bound to this organization count as closed",
    )
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        type=_accepted,
        metavar="KIND=RESOURCE",
        help="finding that is wanted, and does not count; * in the resource stands for any text; "
        "repeatable",
    )
    parser.add_argument(
        "--no-history",
        dest="history",
        action="store_false",
        help="do not look up in CloudTrail who changed what",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep what AWS has answered in this file, so that the same command goes on where it "
        "was stopped or throttled; removed when all is looked at",
    )
    parser.add_argument(
        "--changes-since",
        dest="since",
        type=_since,
        metavar="TIME",
        help="with --baseline: tell also who has changed what since a time, such as 24h, 7d, "
        "2026-11-28 or 2026-11-28T09:30 (UTC), whether or not anything differs now",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write there, the whole result or nothing (default: standard output)",
    )


def run(options: argparse.Namespace) -> int:
    """Audit, and print what was found.

    Args:
        options: What the parser made of the arguments.

    Returns:
        0 where nothing was found, 1 where something was, 2 where the assembly cannot be read,
        3 where not all could be looked at.
    """
    questions = Questions(
        tuple(dict.fromkeys(options.regions or ())),
        options.baseline,
        options.boundary,
        options.organization or "",
        options.history,
        tuple(options.accept),
        options.since,
    )
    try:
        _check_options(options)
        if questions.baseline is not None:
            _check_baseline(questions.baseline)
        report = _audited(options, questions)
    except _UsageError as error:
        return _fail(options, str(error), _WRONG)
    except AuditError as error:
        return _fail(options, str(error), _INCOMPLETE)
    except (Interrupted, KeyboardInterrupt) as error:
        name = str(error) or "SIGINT"
        return _fail(
            options, f"stopped by {name}: repeat the command, with --resume FILE", _INCOMPLETE
        )
    except Exception as error:
        from ..signing.command.failures import unexpected

        return _fail(options, unexpected(error), _INCOMPLETE)
    written = _write(options, report)
    for sentence in unread(report):
        print(f"secure-lambda audit: {sentence}", file=sys.stderr)
    if report.gaps or not written:
        return _INCOMPLETE
    return _FOUND if report.findings else _NOTHING


class _UsageError(AuditError):
    """The command line names something that cannot be used."""


def _check_options(options: argparse.Namespace) -> None:
    """Refuse what would fail after all calls have been made."""
    if options.since is not None and options.baseline is None:
        raise _UsageError("--changes-since takes --baseline: name the assembly that was deployed")
    if options.since is not None and not options.history:
        raise _UsageError("--changes-since and --no-history exclude each other: leave one out")
    if options.output is not None and not options.output.absolute().parent.is_dir():
        raise _UsageError(f"{options.output} cannot be written: make its folder first")


def _write(options: argparse.Namespace, report: Report) -> bool:
    text = json.dumps(as_data(report), indent=2) if options.json else as_text(report)
    if options.output is None:
        print(text)
        return True
    from ..checks.formats.files import write_atomically

    try:
        write_atomically(options.output, f"{text}\n")
    except InvalidInputError as error:
        print(text)  # rather than to have looked for nothing
        print(f"secure-lambda audit: {error}", file=sys.stderr)
        return False
    return True


def _check_baseline(folder: Path) -> None:
    from ..checks.audit.assembly import read_assembly

    try:
        read_assembly(folder)
    except AuditError as error:
        raise _UsageError(str(error)) from error


def _audited(options: argparse.Namespace, questions: Questions) -> Report:
    account = connect(questions.regions[0] if questions.regions else None)
    with KeptAnswers(options.resume, account.number) as kept:
        account.answers = kept
        with _Progress(account):
            report = audit(account, questions)
        if not report.gaps:
            kept.remove()
    return report


class _Progress:
    """Counts calls on a terminal; says nothing elsewhere, so that cron has no mail."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._bar: Any = None

    def __enter__(self) -> None:
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(file=sys.stderr, desc="auditing", unit="call", leave=False)
            self._account.on_call = self._step

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _step(self, region: str, operation: str) -> None:
        self._bar.set_postfix_str(f"{region} {operation}", refresh=False)
        self._bar.update()


def _fail(options: argparse.Namespace, reason: str, code: int) -> int:
    if options.debug:
        import traceback

        traceback.print_exc()
    print(f"secure-lambda audit: {' '.join(reason.split())}", file=sys.stderr)
    return code


def _matching(pattern: str, expected: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise argparse.ArgumentTypeError(f"{expected}, got {text!r}")
        return text

    return convert


def _since(text: str) -> datetime:
    now = datetime.now(UTC)
    span = re.fullmatch("([1-9][0-9]{0,3})([hd])", text)
    try:
        if span:
            since = now - timedelta(**{_SPANS[span[2]]: int(span[1])})
        else:
            since = datetime.fromisoformat(text)
            since = since if since.tzinfo else since.replace(tzinfo=UTC)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"a time expected, such as 24h, 7d or 2026-11-28, got {text!r}"
        ) from error
    if not now - timedelta(days=_HISTORY_DAYS) <= since <= now:
        raise argparse.ArgumentTypeError(
            f"a time of the last {_HISTORY_DAYS} days expected, which is what CloudTrail's event "
            f"history holds, got {text!r}"
        )
    return since


def _accepted(text: str) -> Accepted:
    kind, _, resource = text.partition("=")
    if kind not in KINDS or not resource:
        raise argparse.ArgumentTypeError(
            f"KIND=RESOURCE expected, with one of the kinds {', '.join(KINDS)}, got {text!r}"
        )
    return Accepted(kind, resource)
