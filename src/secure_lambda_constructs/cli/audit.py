"""`secure-lambda audit`: hold a live account against the rules, and against what was deployed."""

import argparse
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..checks.audit.audit import Accepted, Questions, Report, audit
from ..checks.audit.calls import Account, connect
from ..checks.audit.findings import KINDS, AuditError, Finding
from ..checks.audit.kept_answers import KeptAnswers
from ..signing.command.interrupts import Interrupted

__all__ = ["add_arguments", "run"]

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
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


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
    )
    try:
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
    print(json.dumps(_data(report), indent=2) if options.json else _text(report))
    for sentence in _unread(report):
        print(f"secure-lambda audit: {sentence}", file=sys.stderr)
    if report.gaps:
        return _INCOMPLETE
    return _FOUND if report.findings else _NOTHING


class _UsageError(AuditError):
    """The command line names something that cannot be used."""


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


def _accepted(text: str) -> Accepted:
    kind, _, resource = text.partition("=")
    if kind not in KINDS or not resource:
        raise argparse.ArgumentTypeError(
            f"KIND=RESOURCE expected, with one of the kinds {', '.join(KINDS)}, got {text!r}"
        )
    return Accepted(kind, resource)


def _data(report: Report) -> dict[str, Any]:
    return {
        "version": 1,
        "time": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "account": report.account,
        "regions": report.regions,
        "complete": not report.gaps,
        "functions": report.functions,
        "findings": [_entry(each) for each in report.findings],
        "accepted": [_entry(each) for each in report.accepted],
        "unread": [each._asdict() for each in report.gaps],
        "leftOut": [{"stack": name, "reason": reason} for name, reason in report.left_out],
    }


def _entry(finding: Finding) -> dict[str, Any]:
    change = finding.change
    return {
        "kind": finding.kind,
        "title": KINDS[finding.kind].title,
        "region": finding.region,
        "resource": finding.resource,
        "path": finding.path or None,
        "expected": finding.expected,
        "found": finding.found,
        "changed": change
        and {
            "time": change.time,
            "by": change.by,
            "call": change.call,
            "eventId": change.event_id,
        },
        "note": finding.note or None,
        "remedy": KINDS[finding.kind].remedy,
    }


def _text(report: Report) -> str:
    counts = [
        _counted(report.functions, "function"),
        _counted(len(report.regions), "region"),
        _counted(len(report.findings), "finding"),
    ]
    if report.accepted:
        counts.append(f"{len(report.accepted)} accepted")
    if report.gaps:
        counts.append(f"NOT COMPLETE: {_counted(len(report.gaps), 'call')} failed")
    lines = [f"account {report.account}: {', '.join(counts)}"]
    lines += [f"not looked at: the stack {name}: {why}" for name, why in report.left_out]
    for finding in report.findings:
        lines += ["", *_rows(finding)]
    kinds = sorted({each.kind for each in report.findings})
    if kinds:
        width = max(len(kind) for kind in kinds)
        lines += ["", "what to do"]
        lines += [f"  {kind:{width}}  {KINDS[kind].remedy}" for kind in kinds]
    return "\n".join(lines)


def _rows(finding: Finding) -> list[str]:
    change = finding.change
    when = f"{change.time}  {change.call}  by {change.by}" if change else finding.note
    rows = [
        ("where", f"{finding.region}  {finding.resource}"),
        ("construct", finding.path),
        ("expected", finding.expected),
        ("found", finding.found),
        ("changed", when),
    ]
    lines = [f"{finding.kind}: {KINDS[finding.kind].title}"]
    return lines + [f"  {name:9}  {value}" for name, value in rows if value]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _unread(report: Report) -> list[str]:
    """One sentence for each operation and reason: what is denied once is mostly denied always."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for gap in report.gaps:
        grouped.setdefault((gap.operation, gap.reason), []).append(f"{gap.about} in {gap.region}")
    sentences = []
    for (operation, reason), about in grouped.items():
        more = f" and {len(about) - 1} more" if len(about) > 1 else ""
        sentences.append(f"{operation} failed on {about[0]}{more}: {reason}")
    return sentences
