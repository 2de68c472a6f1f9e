"""Templates and accounts that answer as they say, to compare the one with the other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from secure_lambda_constructs.checks.audit.calls import Account
from secure_lambda_constructs.checks.audit.findings import Finding

from .fake_account import NOTHING_ADDED, account_with

__all__ = ["Compare", "cloudformation", "told", "write"]

Compare = Callable[..., list[Finding]]


def write(folder: Path, template: dict[str, Any], **stack: Any) -> Path:
    """Write an assembly of one stack."""
    folder.mkdir(exist_ok=True)
    (folder / "App.template.json").write_text(json.dumps(template))
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "App.template.json"},
    }
    manifest = {"artifacts": {"App": artifact | stack, "Tree": {"type": "cdk:tree"}}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def cloudformation(template: dict[str, Any], **answers: Any) -> Account:
    """Return an account with a stack of the template; each resource's physical id is its name."""
    listed = [
        {"LogicalResourceId": name, "PhysicalResourceId": name.lower()}
        for name in template["Resources"]
        if name != "NotMade"
    ]
    stack = {
        "StackId": "stack-id",
        "StackName": "App",
        "CreationTime": "2026-11-28",
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": "a,b"}
            for name in template.get("Parameters", {})
        ],
    }
    known: dict[str, Any] = NOTHING_ADDED | {
        "describe_stacks": {"Stacks": [stack]},
        "list_stack_resources": {"StackResourceSummaries": listed},
        "list_exports": {"Exports": []},
        "get_template": {"TemplateBody": template},
    }
    return account_with(**(known | answers))


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    """Return the kinds of findings with what was found."""
    return [(each.kind, each.found) for each in findings]
