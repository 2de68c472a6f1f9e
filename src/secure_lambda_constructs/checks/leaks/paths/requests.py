"""The requests that a role's policies give a chance: every allowed action on what it names."""

import fnmatch
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ...model.policies import statements
from ...model.values import as_list
from ...model.world import Resource
from ..case import Case
from ..questions import KnownAction, Question

__all__ = [
    "DATA_READS",
    "reads_data",
    "requests_of",
    "requests_of_role",
    "requests_of_statement",
]

_Documents = tuple[dict[str, Any], ...]

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
    found: dict[tuple[str, str], None] = {}
    for document in documents:
        for statement in statements(document):
            if statement.get("Effect") == "Allow":
                found.update(dict.fromkeys(requests_of_statement(case, statement, region, account)))
    return list(found)


def requests_of_role(case: Case, role: Resource | None, of: Resource) -> list[tuple[str, str]]:
    """Return what the policies of `role` give a chance, seen from where the resource `of` is."""
    made = case.once(_made)
    key = (None if role is None else role.path, of.region, of.account)
    if key not in made:
        documents = case.documents_of(role)
        made[key] = requests_of(case, documents, region=of.region, account=of.account)
    return made[key]


def requests_of_statement(
    case: Case, statement: dict[str, Any], region: str, account: str
) -> list[tuple[str, str]]:
    """Return what one Allow gives a chance; many functions have equal ones."""
    made = case.once(_made_of_statements)
    actions = tuple(str(a) for a in as_list(statement.get("Action"))) or ("*",)
    resources = tuple(str(r) for r in as_list(statement.get("Resource"))) or ("*",)
    key = (actions, resources, region, account)
    if key not in made:
        made[key] = list(_requests(case, *key))
    return made[key]


def reads_data(case: Case, role: Resource | None, of: Resource) -> str | None:
    """Return the reading of data that the policies of `role` allow, under whatever conditions.

    A Deny among them may be gone with the next change; a boundary is somebody else's to change.

    Args:
        case: The app under judgement.
        role: The role; None for one that no template creates, which may do everything.
        of: What has the role.

    Returns:
        The action and the resource of one such request; None if there is none.
    """
    boundary = case.boundary_of(role)
    for action, resource in requests_of_role(case, role, of):
        if action in DATA_READS and not _is_beyond(case, boundary, of, action, resource):
            return f"{action} on {resource}"
    return None


def _is_beyond(
    case: Case, boundary: _Documents | None, of: Resource, action: str, resource: str
) -> bool:
    """Tell whether a boundary surely holds back a request, wherever it comes from."""
    if boundary is None:
        return False
    asked = Question(
        label="reads data",
        action=action,
        resource=resource,
        context={},
        principal=f"arn:aws:sts::{of.account}:assumed-role/any/session",
        boundary=boundary,
        about=of,
    )
    return not case.still_open([asked])


def _made(case: Case) -> dict[Any, list[tuple[str, str]]]:
    return {}


def _made_of_statements(case: Case) -> dict[Any, list[tuple[str, str]]]:
    return {}


def _requests(
    case: Case, actions: Sequence[str], resources: Sequence[str], region: str, account: str
) -> Iterator[tuple[str, str]]:
    for pattern in actions:
        patterns = _EVERYTHING if pattern == "*" else [pattern]
        for name in patterns:
            known = case.expand(name)
            if not known and not re.search(r"[*?]", name):
                # An action that nobody knows: the evaluator cannot deny it.
                known = [KnownAction(name)]
            for action in known:
                for resource in _resources(resources, action, region, account):
                    yield action.action, resource


def _resources(
    named: Sequence[str], action: KnownAction, region: str, account: str
) -> Iterator[str]:
    if not action.arns:
        yield "*"
        return
    for written in named:
        for arn in action.arns:
            filled = _fill(arn, region, account)
            wild = "*" in written or "?" in written
            if filled == written or (wild and fnmatch.fnmatchcase(filled, written)):
                yield filled
                continue
            fillings = _FILLINGS_OF_LOGS if "log-stream" in arn else [_FILLING]
            for filling in fillings:
                candidate = written.replace("*", filling).replace("?", "x")
                if _expression(arn).fullmatch(candidate):
                    yield candidate


@cache
def _fill(arn: str, region: str, account: str) -> str:
    values = {"Partition": "aws", "Region": region, "Account": account}
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], "x"), arn)


@cache
def _expression(arn: str) -> re.Pattern[str]:
    # The name of a bucket ends at the first slash; other names may have some. That of a log group
    # has no colon.
    known = re.escape(arn).replace(re.escape("${BucketName}"), "[^/]+")
    known = known.replace(re.escape("${LogGroupName}"), "[^:]+")
    return re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".+", known))
