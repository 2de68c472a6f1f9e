"""Runs cfn-lint."""

import json
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cdk_cli import cdk_environment

from .model import LintError, Result
from .templates import Found, TemplateSet

__all__ = ["cfn_lint_result"]

# One bit each for informational messages, warnings and errors in the templates; anything else
# says that it did not work. https://github.com/aws-cloudformation/cfn-lint#exit-codes
_FOUND_SOMETHING = 2 | 4 | 8


def cfn_lint_result(templates: TemplateSet) -> Result:
    """Run cfn-lint on the templates: its errors and its warnings.

    Args:
        templates: The templates.

    Returns:
        What it found, and what was acknowledged to it.

    Raises:
        LintError: It did not run.
    """
    home = templates.directory.parent
    program = Path(sysconfig.get_path("scripts"), "cfn-lint")
    done = subprocess.run(
        [str(program), "--format", "json", "--template", *map(str, templates.files())],
        cwd=home,
        env={**cdk_environment({}), "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode & ~_FOUND_SOMETHING:
        raise LintError(f"cfn-lint failed:\n{done.stdout}\n{done.stderr}")
    found = [
        Found(
            file=Path(item["Filename"]),
            rule=item["Rule"]["Id"],
            logical_id=_logical_id(item["Location"].get("Path") or []),
            asks=item["Rule"]["ShortDescription"],
        )
        for item in json.loads(done.stdout)
    ]
    return templates.result("cfn-lint", found, _acknowledged)


def _logical_id(path: list[str | int]) -> str | None:
    match path:
        case ["Resources", str(logical_id), *_]:
            return logical_id
    return None


def _acknowledged(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The rules it is told to ignore; it has no place for a reason, so ours is beside them."""
    settings = metadata.get("cfn-lint", {})
    for rule in settings.get("config", {}).get("ignore_checks", []):
        yield rule, settings.get("reasons", {}).get(rule, "")
