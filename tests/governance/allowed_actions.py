"""The actions that the boundary leaves open, of all that AWS has, and the list of those reviewed.

`python -m tests.governance.allowed_actions` prints what the list does not know yet, and with
`--write` puts it there: after somebody has read it.
"""

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from secure_lambda_constructs import DeveloperBoundary
from secure_lambda_constructs.checks.leaks.questions import KnownAction

from ..leaks.simulator import Simulator
from .decisions import ACCOUNT

__all__ = ["REVIEWED_WRITES", "daily_patterns", "matching", "open_actions", "reviewed"]

_REVIEWED = Path(__file__).with_name("allowed_actions.txt")

REVIEWED_WRITES: Mapping[str, str] = {
    "cloudshell:CreateEnvironment": "a shell with the developer's own rights, outside the VPC",
    "cloudshell:CreateSession": "the same",
    "cloudshell:DeleteEnvironment": "the same",
    "cloudshell:GetFileDownloadUrls": "files of that shell",
    "cloudshell:GetFileUploadUrls": "files of that shell",
    "cloudshell:PutCredentials": "the developer's own credentials for that shell",
    "cloudshell:StartEnvironment": "the same shell",
    "cloudshell:StopEnvironment": "the same shell",
    "cloudwatch:DeleteAlarms": "in the own scope",
    "cloudwatch:DeleteDashboards": "a dashboard shows, and watches nothing",
    "cloudwatch:PutDashboard": "a dashboard shows, and watches nothing",
    "cloudwatch:PutMetricAlarm": "in the own scope",
    "dynamodb:BatchWriteItem": "in the own scope",
    "dynamodb:DeleteItem": "in the own scope",
    "dynamodb:PutItem": "in the own scope",
    "dynamodb:TagResource": "in the own scope, no guard tags",
    "dynamodb:UntagResource": "in the own scope, no guard tags",
    "dynamodb:UpdateItem": "in the own scope",
    "events:PutEvents": "in the own scope",
    "kinesis:PutRecord": "in the own scope",
    "kinesis:PutRecords": "in the own scope",
    "kms:Decrypt": "with keys of the own scope",
    "kms:GenerateDataKey": "with keys of the own scope",
    "lambda:InvokeAsync": "in the own scope",
    "lambda:InvokeFunction": "in the own scope",
    "lambda:InvokeFunctionUrl": "in the own scope",
    "lambda:TagResource": "in the own scope, no guard tags",
    "lambda:UntagResource": "in the own scope, no guard tags",
    "logs:DeleteQueryDefinition": "a saved query",
    "logs:PutQueryDefinition": "a saved query",
    "logs:TagResource": "in the own scope, no guard tags",
    "logs:UntagResource": "in the own scope, no guard tags",
    "s3:DeleteObject": "in the own scope",
    "s3:PutObject": "in the own scope",
    "sns:Publish": "in the own scope",
    "sqs:DeleteMessage": "in the own scope",
    "sqs:SendMessage": "in the own scope",
    "sqs:TagQueue": "in the own scope, no guard tags",
    "sqs:UntagQueue": "in the own scope, no guard tags",
    "ssm:PutParameter": "in the own scope",
    "states:StartExecution": "in the own scope",
    "states:StartSyncExecution": "in the own scope",
    "states:StopExecution": "in the own scope",
    "sts:DecodeAuthorizationMessage": "says why a call was denied",
    "support:AddAttachmentsToSet": "a support case",
    "support:AddCommunicationToCase": "a support case",
    "support:AddRelatedItemToCase": "a support case",
    "support:CreateCase": "a support case",
    "support:ResolveCase": "a support case",
    "tag:TagResources": "each service asks for its own right besides, no guard tags",
    "tag:UntagResources": "each service asks for its own right besides, no guard tags",
}
"""What the boundary leaves open and AWS does not class as reading, with the reason for each."""


def daily_patterns() -> list[str]:
    """Return the patterns that the boundary does not refuse outright."""
    (statement,) = (
        entry
        for entry in DeveloperBoundary.document(account=ACCOUNT)["Statement"]
        if "NotAction" in entry
    )
    return list(statement["NotAction"])


def matching(pattern: str, actions: Iterable[str]) -> list[str]:
    """Return the actions that a pattern matches: IAM does not mind the case."""
    expression = re.compile(re.escape(pattern).replace(r"\*", ".*"), re.IGNORECASE)
    return [action for action in actions if expression.fullmatch(action)]


def open_actions(simulator: Simulator) -> dict[str, KnownAction]:
    """Return all actions that AWS has and the boundary does not refuse outright."""
    known = {action.action: action for action in simulator.expand("*")}
    names = {name for pattern in daily_patterns() for name in matching(pattern, known)}
    return {name: known[name] for name in sorted(names)}


def reviewed() -> set[str]:
    """Return the actions of the list."""
    return {
        f"{service}:{name}"
        for service, _, names in (
            line.partition(": ") for line in _REVIEWED.read_text().splitlines()
        )
        for name in names.split()
    }


def _write(actions: Iterable[str]) -> None:
    services: dict[str, list[str]] = {}
    for action in sorted(actions):
        service, _, name = action.partition(":")
        services.setdefault(service, []).append(name)
    lines = [f"{service}: {' '.join(names)}\n" for service, names in services.items()]
    _REVIEWED.write_text("".join(lines))


def main() -> None:
    """Print what is new, and write the list where `--write` says so."""
    repository = Path(__file__).resolve().parents[2]
    os.environ["PATH"] = f"{repository / 'node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"
    with Simulator(repository) as simulator:
        actions = open_actions(simulator)
    known = reviewed() if _REVIEWED.exists() else set()
    for name, action in actions.items():
        if name not in known:
            print(f"{name} ({action.level})")
    if "--write" in sys.argv:
        _write(actions)


if __name__ == "__main__":
    main()
