"""What an audit has found, as text for people and as data for programs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from .audit import Report
from .changes_since import Made
from .findings import KINDS, Change, Finding

__all__ = ["as_data", "as_text", "unread"]


def as_data(report: Report) -> dict[str, Any]:
    """Return what `--json` prints.

    Args:
        report: What was found out.
    """
    return {
        "version": 1,
        "time": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "account": report.account,
        "regions": report.regions,
        "complete": not report.gaps,
        "functions": report.functions,
        "findings": [_entry(each) for each in report.findings],
        "accepted": [_entry(each) for each in report.accepted],
        "changes": [_made(each) for each in report.changes],
        "unread": [each._asdict() for each in report.gaps],
        "leftOut": [{"stack": name, "reason": reason} for name, reason in report.left_out],
        "notCompared": report.not_compared,
    }


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "title": KINDS[finding.kind].title,
        "region": finding.region,
        "resource": finding.resource,
        "path": finding.path or None,
        "expected": finding.expected,
        "found": finding.found,
        "changed": finding.change and _call(finding.change),
        "note": finding.note or None,
        "remedy": KINDS[finding.kind].remedy,
    }


def _call(change: Change) -> dict[str, str]:
    return {
        "time": change.time,
        "by": change.by,
        "call": change.call,
        "eventId": change.event_id,
    }


def _made(made: Made) -> dict[str, Any]:
    return {
        **_call(made.change),
        "region": made.region,
        "resource": made.resource,
        "path": made.path,
        "byCloudFormation": made.by_cloudformation,
    }


def as_text(report: Report) -> str:
    """Return what is printed for people.

    Args:
        report: What was found out.
    """
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
    if report.not_compared:
        types = ", ".join(f"{count} {kind}" for kind, count in report.not_compared.items())
        lines.append(f"not compared: {types}")
    if len(report.findings) > 1:
        head = ("finding", "where", "construct or resource", "changed", "by")
        lines += ["", *_table([head, *map(_row, report.findings)])]
    for finding in report.findings:
        lines += ["", *_block(finding)]
    kinds = sorted({each.kind for each in report.findings})
    if kinds:
        lines += ["", "what to do"]
        lines += _table([(f"  {kind}", KINDS[kind].remedy) for kind in kinds])
    if report.changes:
        titles = ("changed", "call", "construct or stack", "by")
        lines += ["", *_table([titles, *map(_change_row, report.changes)])]
    return "\n".join(lines)


def _row(finding: Finding) -> tuple[str, ...]:
    change = finding.change
    where = finding.path or finding.resource
    when = (change.time, change.by) if change else ("", "")
    return (finding.kind, finding.region, where, *when)


def _change_row(made: Made) -> tuple[str, ...]:
    return made.change.time, made.change.call, made.path, made.change.by


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _block(finding: Finding) -> list[str]:
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


def unread(report: Report) -> list[str]:
    """Say what could not be read: one sentence for each operation and reason.

    What is denied once is mostly denied always.

    Args:
        report: What was found out.
    """
    grouped: dict[tuple[str, str], list[str]] = {}
    for gap in report.gaps:
        grouped.setdefault((gap.operation, gap.reason), []).append(f"{gap.about} in {gap.region}")
    sentences = []
    for (operation, reason), about in grouped.items():
        more = f" and {len(about) - 1} more" if len(about) > 1 else ""
        sentences.append(f"{operation} failed on {about[0]}{more}: {reason}")
    return sentences
