"""What cdk-nag, and the CDK itself, have found while an example was synthesized."""

from typing import Any

from .assembly import Assembly
from .model import Acknowledged, Finding, LintError, Result

__all__ = ["cdk_nag_result"]

# Namespaces of acknowledgements to cdk-nag. It takes an id without its own name in front as well,
# which the CDK then files among its annotations.
_OURS = ("AwsSolutions::", "Annotation::AwsSolutions-")

# The names of plugins that are called otherwise everywhere else.
_LINTERS = {"AwsSolutions": "cdk-nag"}


def cdk_nag_result(assembly: Assembly) -> Result:
    """Read the report of the validation plugins.

    Args:
        assembly: Synthesized with cdk-nag.

    Returns:
        The findings of all plugins, warnings too, and what was acknowledged to them.

    Raises:
        LintError: cdk-nag has not looked at the example, or a plugin failed.
    """
    findings: list[Finding] = []
    silenced: dict[tuple[str, str], list[Finding]] = {}
    reports = assembly.validation_report().get("pluginReports", [])
    if not set(_LINTERS) & {report["pluginName"] for report in reports}:
        raise LintError(f"examples/{assembly.example}: cdk-nag has not looked at it")
    for report in reports:
        plugin = report["pluginName"]
        if report["conclusion"] != "success" and not report.get("violations"):
            why = report.get("metadata", report)
            raise LintError(f"examples/{assembly.example}: the plugin {plugin} failed: {why}")
        for violation in report.get("violations", []):
            findings += _findings(assembly, plugin, violation)
        for violation in report.get("suppressedViolations", []):
            key = (violation["acknowledgedAt"], violation["acknowledgedId"])
            silenced.setdefault(key, []).extend(_findings(assembly, plugin, violation))
    acknowledged = []
    for path, rule, reason in assembly.acknowledged():
        kept = tuple(sorted(silenced.get((path, rule), [])))
        # The CDK's own constructs acknowledge, just in case, what its own rules might find.
        if not kept and not rule.startswith(_OURS):
            continue
        acknowledged.append(
            Acknowledged(
                example=assembly.example,
                linter=kept[0].linter if kept else "cdk-nag",
                rule=rule.partition("::")[2],
                path=path,
                reason=reason,
                silenced=kept,
            )
        )
    return Result(findings=findings, acknowledged=acknowledged)


def _findings(assembly: Assembly, plugin: str, violation: dict[str, Any]) -> list[Finding]:
    """One finding for each resource of a violation."""
    return [
        Finding(
            example=assembly.example,
            linter=_LINTERS.get(plugin, plugin),
            rule=violation["ruleName"],
            path=construct["constructPath"],
            kind=assembly.kinds.get(construct["constructPath"], ""),
            asks=violation["description"],
        )
        for construct in violation["violatingConstructs"]
    ]
