"""The outcome of a check, for people."""

import os
from collections.abc import Iterator
from pathlib import Path

from ..acknowledged import Acknowledgement
from ..judgement import Finding, PathVerdict
from ..outcome import Outcome, Standing, State

__all__ = ["as_text", "headline"]

# So many findings of one path are shown; the other formats have all.
_SHOWN = 10

# What is found of every function, and of some of them on leak paths too: it is listed there.
_EVERY_FUNCTION = "S01"
_SOME_FUNCTIONS = ("O05", "R01")


def headline(outcome: Outcome) -> str:
    """Say the verdict in a line.

    Args:
        outcome: The outcome of a check.

    Returns:
        One line: what is open, or that everything is closed.
    """
    number = len(outcome.verdict.all)
    opened = len(outcome.paths(State.OPEN))
    parts = [
        f"{len(outcome.paths(state))} {words}"
        for state, words in (
            (State.KNOWN, "in the baseline"),
            (State.ACKNOWLEDGED, "acknowledged"),
            (State.CLOSED, "closed"),
            (State.ABSENT, "not there"),
        )
        if outcome.paths(state)
    ]
    verdict = (
        f"OPEN: {opened} of {number} checks" if opened else f"CLOSED: 0 of {number} checks are open"
    )
    said = f"{verdict} ({', '.join(parts)})" if parts else verdict
    return _clean(f"{said}: {', '.join(outcome.inputs)}")


def as_text(outcome: Outcome) -> str:
    """Say all that was found.

    Args:
        outcome: The outcome of a check.

    Returns:
        Lines, without a line feed at the end.
    """
    lines = [
        headline(outcome),
        *_findings(outcome),
        *_acknowledged(outcome),
        *_acknowledgements(outcome),
        *_baseline(outcome),
        *_broken(outcome),
    ]
    return "\n".join(_clean(line) for line in lines)


def _findings(outcome: Outcome) -> Iterator[str]:
    listed: dict[tuple[str, str, str], str] = {}
    for path in outcome.paths(State.OPEN):
        new = [f for f in path.findings if outcome.standing(f) is Standing.NEW]
        if path.id in _SOME_FUNCTIONS:
            listed |= {_cause(finding): path.id for finding in new}
        known = [f for f in new if path.id == _EVERY_FUNCTION and _cause(f) in listed]
        yield ""
        yield f"{path.id} {path.title}"
        yield f"  attack: {path.attack}"
        if known:
            ids = sorted({listed[_cause(finding)] for finding in known})
            yield f"  - what is listed under {' and '.join(ids)}"
        yield from _listed(outcome, [finding for finding in new if finding not in known])
        if path.mend and len(known) < len(new):
            yield f"  mend: {path.mend}"


def _cause(finding: Finding) -> tuple[str, str, str]:
    return finding.stack, finding.construct_path, finding.reason


def _listed(outcome: Outcome, findings: list[Finding]) -> Iterator[str]:
    for finding in findings[:_SHOWN]:
        place = finding.construct_path or "the app"
        where = _where(outcome, finding)
        yield f"  - {place}{f' ({where})' if where else ''}"
        yield f"      {finding.reason}"
    if len(findings) > _SHOWN:
        yield f"  - and {len(findings) - _SHOWN} more, which --json lists"


def _where(outcome: Outcome, finding: Finding) -> str:
    template, line = outcome.template(finding), outcome.line(finding)
    if template is None:
        return finding.logical_id
    place = shown_path(template) if line is None else f"{shown_path(template)}:{line}"
    return f"{finding.logical_id}, {place}" if finding.logical_id else place


def _acknowledged(outcome: Outcome) -> Iterator[str]:
    paths = [
        (path, [f for f in path.findings if outcome.standing(f) is Standing.ACKNOWLEDGED])
        for path in outcome.verdict.all
    ]
    if any(findings for _, findings in paths):
        yield ""
        yield "Acknowledged:"
    for path, findings in paths:
        for finding in findings[:_SHOWN]:
            yield f"  {path.id} {finding.construct_path or 'the app'}: {finding.reason}"
            yield f"      because: {finding.acknowledged}"
        if len(findings) > _SHOWN:
            yield f"  {path.id} and {len(findings) - _SHOWN} more, which --json lists"


def _acknowledgements(outcome: Outcome) -> Iterator[str]:
    became = outcome.acknowledgements
    if became.refused:
        yield ""
        yield "Acknowledgements that do not count:"
        yield from (f"  {sentence} ({each.source})" for each, sentence in became.refused)
    if became.stale:
        yield ""
        yield "Acknowledgements that meet no finding, take them away:"
        yield from (f"  {_said(each)}" for each in became.stale)


def _said(each: Acknowledgement) -> str:
    return f"{each.rule} at {each.at or 'the app'}: {each.reason} ({each.source})"


def _baseline(outcome: Outcome) -> Iterator[str]:
    if outcome.comparison is None:
        return
    known = _by_path(outcome, Standing.KNOWN)
    if known:
        yield ""
        yield "In the baseline, still open:"
    for path, findings in known:
        yield f"  {path.id} {path.title}"
        yield from _listed(outcome, findings)
    if outcome.comparison.gone:
        yield ""
        yield "In the baseline, gone: write it anew with --write-baseline:"
        for gone in outcome.comparison.gone:
            yield f"  {gone.path_id} {gone.construct_path or 'the app'}: {gone.cause}"


def _by_path(outcome: Outcome, standing: Standing) -> list[tuple[PathVerdict, list[Finding]]]:
    found = [
        (path, [f for f in path.findings if outcome.standing(f) is standing])
        for path in outcome.verdict.all
    ]
    return [(path, findings) for path, findings in found if findings]


def _broken(outcome: Outcome) -> Iterator[str]:
    if outcome.verdict.broken:
        yield ""
        yield "Legitimate requests that do not work:"
    for flow, reasons in outcome.verdict.broken.items():
        yield from (f"  {flow}: {reason}" for reason in reasons[:_SHOWN])
        if len(reasons) > _SHOWN:
            yield f"  {flow}: and {len(reasons) - _SHOWN} more, which --json lists"


def shown_path(path: Path) -> str:
    """Return a path as short as it can be told from the working directory.

    Args:
        path: The path of a file.

    Returns:
        It, relative where that leads down.
    """
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _clean(text: str) -> str:
    """Take what steers a terminal out of a text: templates are others' and may hold anything."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
