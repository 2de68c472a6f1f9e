"""The outcome of a check, for programs: one object, in a layout that has a version."""

import json
from pathlib import Path

from ..acknowledged import Acknowledgement
from ..baseline import Known, identity_of
from ..judgement import Finding, PathVerdict
from ..outcome import Outcome, State, tool_version

__all__ = ["SCHEMA_VERSION", "as_json"]

# Goes up by one with whatever a program that reads the old layout would stumble over.
SCHEMA_VERSION = 1


def as_json(outcome: Outcome) -> str:
    """Write all that was found, as `docs/checks.md` describes it.

    Args:
        outcome: The outcome of a check.

    Returns:
        JSON, without a line feed at the end.
    """
    became = outcome.acknowledgements
    content = {
        "version": SCHEMA_VERSION,
        "tool": {"name": "secure-lambda-constructs", "version": tool_version()},
        "inputs": list(outcome.inputs),
        "trustedAccounts": list(outcome.trusted_accounts),
        "closed": outcome.is_closed,
        "counts": {state.value: len(outcome.paths(state)) for state in State},
        "paths": [_path(outcome, path) for path in outcome.verdict.all],
        "broken": [
            {"flow": flow, "reasons": list(reasons)}
            for flow, reasons in outcome.verdict.broken.items()
        ],
        "acknowledgements": {
            "met": [{**_said(each), "findings": count} for each, count in became.met],
            "stale": [_said(each) for each in became.stale],
            "refused": [{**_said(each), "why": why} for each, why in became.refused],
        },
        "baseline": None
        if outcome.comparison is None
        else {
            "new": len(outcome.comparison.new),
            "known": len(outcome.comparison.known),
            "gone": [_gone(known) for known in outcome.comparison.gone],
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _path(outcome: Outcome, path: PathVerdict) -> dict[str, object]:
    return {
        "id": path.id,
        "title": path.title,
        "attack": path.attack,
        "mend": path.mend,
        "state": outcome.state(path).value,
        "findings": [_finding(outcome, finding) for finding in path.findings],
    }


def _finding(outcome: Outcome, finding: Finding) -> dict[str, object]:
    template: Path | None = outcome.template(finding)
    return {
        "identity": identity_of(finding),
        "standing": outcome.standing(finding).value,
        "construct": finding.construct_path,
        "stack": finding.stack,
        "logicalId": finding.logical_id,
        "template": None if template is None else template.as_posix(),
        "line": outcome.line(finding),
        "reason": finding.reason,
        "acknowledged": finding.acknowledged,
    }


def _said(each: Acknowledgement) -> dict[str, object]:
    return {"id": each.rule, "at": each.at, "reason": each.reason, "source": each.source}


def _gone(known: Known) -> dict[str, str]:
    return {
        "identity": known.identity,
        "id": known.path_id,
        "construct": known.construct_path,
        "cause": known.cause,
    }
