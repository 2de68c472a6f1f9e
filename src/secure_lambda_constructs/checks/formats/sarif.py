"""The outcome of a check as SARIF 2.1.0, which code scanning services read.

See <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html> and, for what GitHub makes of
it, <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>.
"""

import json
import os
from pathlib import Path
from urllib.parse import quote

from ..baseline import identity_of
from ..judgement import Finding, PathVerdict
from ..outcome import Outcome, Standing, tool_version

__all__ = ["as_sarif"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"
# What code scanning sorts by: an open leak path is as severe as the data behind it, which is high.
_SEVERITY = "8.0"


def as_sarif(outcome: Outcome) -> str:
    """Write the findings as one run.

    A finding that the app acknowledges, or that the baseline names, is there as suppressed, so
    that it is seen but fails nothing.

    Args:
        outcome: The outcome of a check.

    Returns:
        JSON, without a line feed at the end.
    """
    paths = list(outcome.verdict.all)
    driver = {
        "name": "secure-lambda check",
        "semanticVersion": tool_version(),
        "rules": [_rule(path) for path in paths],
    }
    results = [
        _result(outcome, finding, index)
        for index, path in enumerate(paths)
        for finding in path.findings
    ]
    run: dict[str, object] = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "automationDetails": {"id": "secure-lambda-check/"},
        "invocations": [_invocation(outcome)],
        "results": results,
    }
    return json.dumps(
        {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False
    )


def _rule(path: PathVerdict) -> dict[str, object]:
    mend = path.mend or path.title
    return {
        "id": path.id,
        "name": path.id,
        "shortDescription": {"text": path.title},
        "fullDescription": {"text": path.attack},
        "help": {
            "text": f"{path.attack}\n\nMend: {mend}",
            "markdown": f"{path.attack}\n\n**Mend**: {mend}".replace("<", "&lt;"),
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security"], "security-severity": _SEVERITY},
    }


def _result(outcome: Outcome, finding: Finding, rule: int) -> dict[str, object]:
    standing, identity = outcome.standing(finding), identity_of(finding)
    result: dict[str, object] = {
        "ruleId": finding.path_id,
        "ruleIndex": rule,
        "level": "error" if standing is Standing.NEW else "note",
        "message": {"text": f"{finding.construct_path or 'The app'}: {finding.reason}"},
        "locations": [_location(outcome, finding)],
        # The first is the one that GitHub tells the alerts of two runs apart by.
        "partialFingerprints": {
            "primaryLocationLineHash": f"{identity}:1",
            "leakFinding/v1": identity,
        },
    }
    if standing is Standing.ACKNOWLEDGED:
        result["suppressions"] = [
            {"kind": "inSource", "status": "accepted", "justification": finding.acknowledged}
        ]
    if standing is Standing.KNOWN:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": "It is in the baseline."}
        ]
    if outcome.comparison is not None and standing is not Standing.ACKNOWLEDGED:
        result["baselineState"] = "unchanged" if standing is Standing.KNOWN else "new"
    return result


def _location(outcome: Outcome, finding: Finding) -> dict[str, object]:
    location: dict[str, object] = {}
    template = outcome.template(finding)
    # Code scanning shows no finding without a file: one of no stack is shown at the first.
    if template is None and outcome.templates:
        template = outcome.templates[min(outcome.templates)]
    if template is not None:
        location["physicalLocation"] = {
            "artifactLocation": _artifact(template),
            "region": {"startLine": outcome.line(finding) or 1},
        }
    if finding.construct_path:
        location["logicalLocations"] = [
            {
                "name": finding.construct_path.rpartition("/")[2],
                "fullyQualifiedName": finding.construct_path,
                "kind": "resource",
            }
        ]
    return location


def _artifact(path: Path) -> dict[str, object]:
    relative = Path(os.path.relpath(path)).as_posix()
    if relative.startswith(".."):
        return {"uri": path.resolve().as_uri()}
    return {"uri": quote(relative), "uriBaseId": _ROOT}


def _invocation(outcome: Outcome) -> dict[str, object]:
    """Tell what is no result: acknowledgements that do not count, and broken requests."""
    became = outcome.acknowledgements
    sentences = [sentence for _, sentence in became.refused]
    sentences += [
        f"{each.rule} at {each.at or 'the app'} is acknowledged, but nothing opens it"
        for each in became.stale
    ]
    sentences += [
        f"legitimate request that does not work: {flow}: {reason}"
        for flow, reasons in outcome.verdict.broken.items()
        for reason in reasons
    ]
    notifications = [{"level": "warning", "message": {"text": each}} for each in sentences]
    invocation: dict[str, object] = {"executionSuccessful": True}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return invocation
