"""The requests that a role's policies give a chance: every allowed action on what it names."""

import fnmatch
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...model.policies import statements
from ...model.values import as_list
from ..case import Case
from ..questions import KnownAction

__all__ = ["DATA_READS", "reads_data", "requests_of"]

# What reads the data this is all about.
DATA_READS = {
    "athena:GetQueryResults",
    "dsql:DbConnect",
    "dsql:DbConnectAdmin",
    "dynamodb:BatchGetItem",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
    "rds-data:ExecuteStatement",
    "rds-db:connect",
    "s3:GetObject",
    "s3:GetObjectVersion",
}

# What stands for "every action" when a policy says so.
_EVERYTHING = [
    *sorted(DATA_READS),
    "codebuild:StartBuild",
    "dynamodb:PutItem",
    "dynamodb:PutResourcePolicy",
    "dynamodb:UpdateTable",
    "ec2:CreateNetworkInterface",
    "events:PutEvents",
    "firehose:PutRecord",
    "iam:PassRole",
    "kinesis:PutRecord",
    "kms:CreateGrant",
    "kms:Decrypt",
    "lambda:AddPermission",
    "lambda:InvokeFunction",
    "lambda:UpdateFunctionCode",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:PutSubscriptionFilter",
    "s3:PutObject",
    "secretsmanager:GetSecretValue",
    "ses:SendEmail",
    "sns:Publish",
    "sqs:SendMessage",
    "ssm:GetParameter",
    "states:StartExecution",
    "sts:AssumeRole",
]

# What a wildcard in a resource may stand for.
_FILLING = "x"
_FILLINGS_OF_LOGS = [_FILLING, "log-stream:x", "x:log-stream:x"]


def requests_of(
    case: Case, documents: Sequence[dict[str, Any]], *, region: str, account: str
) -> list[tuple[str, str]]:
    """Return (action, resource) pairs that cover every Allow of `documents`.

    Wildcards in actions are expanded to the actions that AWS documents, wildcards in resources
    are filled in. Whether such a request is really allowed is for the evaluator to say.
    """
    found = [
        pair
        for document in documents
        for statement in statements(document)
        if statement.get("Effect") == "Allow"
        for pair in _requests(case, statement, region, account)
    ]
    return list(dict.fromkeys(found))


def reads_data(case: Case, documents: Sequence[dict[str, Any]]) -> bool:
    """Tell whether `documents` allow any reading of data, under whatever conditions."""
    pairs = requests_of(case, documents, region="us-east-1", account="111122223333")
    return any(action in DATA_READS for action, _ in pairs)


def _requests(
    case: Case, statement: dict[str, Any], region: str, account: str
) -> Iterator[tuple[str, str]]:
    for pattern in as_list(statement.get("Action")) or ["*"]:
        patterns = _EVERYTHING if pattern == "*" else [pattern]
        for name in patterns:
            known = case.evaluator.expand(name)
            if not known and not re.search(r"[*?]", name):
                # An action that nobody knows: the evaluator cannot deny it.
                known = [KnownAction(name)]
            for action in known:
                for resource in _resources(statement, action, region, account):
                    yield action.action, resource


def _resources(
    statement: dict[str, Any], action: KnownAction, region: str, account: str
) -> Iterator[str]:
    if not action.arns:
        yield "*"
        return
    for written in as_list(statement.get("Resource")) or ["*"]:
        for arn in action.arns:
            filled = _fill(arn, region, account)
            if fnmatch.fnmatchcase(filled, str(written)):
                yield filled
                continue
            fillings = _FILLINGS_OF_LOGS if "log-stream" in arn else [_FILLING]
            for filling in fillings:
                candidate = str(written).replace("*", filling).replace("?", "x")
                if re.fullmatch(_expression(arn), candidate):
                    yield candidate


def _fill(arn: str, region: str, account: str) -> str:
    values = {"Partition": "aws", "Region": region, "Account": account}
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], "x"), arn)


def _expression(arn: str) -> str:
    # The name of a bucket ends at the first slash; other names may have some. That of a log group
    # has no colon.
    known = re.escape(arn).replace(re.escape("${BucketName}"), "[^/]+")
    known = known.replace(re.escape("${LogGroupName}"), "[^:]+")
    return re.sub(r"\\\$\\\{\w+\\\}", ".+", known)
