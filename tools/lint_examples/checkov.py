"""Runs checkov, which has an environment of its own."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cdk_cli import cdk_environment

from .model import LintError, Result
from .templates import Found, TemplateSet

__all__ = ["checkov_result"]


def checkov_result(templates: TemplateSet, *, program: Path) -> Result:
    """Run checkov on the templates.

    Args:
        templates: The templates.
        program: checkov itself.

    Returns:
        What it found, and what was acknowledged to it.

    Raises:
        LintError: It did not run, or could not read a template.
    """
    if not program.is_file():
        raise LintError("checkov is not installed here; run: make setup-checkov")
    home = templates.directory.parent
    # Nothing is fetched, sent, or read from the settings of whoever runs this.
    options = ["--framework", "cloudformation", "--skip-download", "--soft-fail"]
    options += ["--output", "json", "--compact", "--quiet"]
    done = subprocess.run(
        [str(program), "--directory", str(templates.directory), *options],
        cwd=home,
        env={**cdk_environment({}), "HOME": str(home), "LOG_LEVEL": "ERROR"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        report = None
    if done.returncode != 0 or not isinstance(report, dict) or "results" not in report:
        raise LintError(f"checkov failed:\n{done.stdout}\n{done.stderr}")
    if report["summary"]["parsing_errors"] or not report["summary"]["resource_count"]:
        raise LintError(f"checkov could not read every template: {report['summary']}")
    found = [
        Found(
            file=templates.directory / check["file_path"].lstrip("/"),
            rule=check["check_id"],
            logical_id=check["resource"].rpartition(".")[2],
            asks=check["check_name"],
        )
        for check in report["results"]["failed_checks"]
    ]
    return templates.result("checkov", found, _acknowledged)


def _acknowledged(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for skip in metadata.get("checkov", {}).get("skip", []):
        yield skip["id"], skip.get("comment", "")
