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
from .arns import shared_arn

__all__ = [
    "DATA_READS",
    "is_granted",
    "reads_by",
    "reads_data",
    "requests_of",
    "requests_of_role",
    "requests_of_statement",
]

_Documents = tuple[dict[str, Any], ...]

# What reads the data of the stores that functions mostly have.
_COMMON_READS = {
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

# What reads the data this is all about; some give the credentials or the session to do it with.
DATA_READS = _COMMON_READS | {
    "aoss:APIAccessAll",
    "cassandra:Select",
    "dax:BatchGetItem",
    "dax:GetItem",
    "dax:Query",
    "dax:Scan",
    "es:ESHttpGet",
    "es:ESHttpPost",
    "kinesis:GetRecords",
    "neptune-db:ReadDataViaQuery",
    "redshift-data:GetStatementResult",
    "redshift-serverless:GetCredentials",
    "redshift:GetClusterCredentials",
    "redshift:GetClusterCredentialsWithIAM",
    "s3-object-lambda:GetObject",
    "s3express:CreateSession",
    "s3tables:GetTableData",
    "timestream:Select",
}

# What stands for "every action" when a policy says so.
_EVERYTHING = [
    *sorted(_COMMON_READS),
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
    return reads_by(case, case.documents_of(role), of, boundary=case.boundary_of(role))


def reads_by(
    case: Case, documents: _Documents, of: Resource, *, boundary: _Documents | None = None
) -> str | None:
    """Return the reading of data that policies allow, under whatever conditions.

    Args:
        case: The app under judgement.
        documents: The policies.
        of: What has them.
        boundary: What bounds them.

    Returns:
        The action and the resource of one such request; None if there is none.
    """
    for action, resource in requests_of(case, documents, region=of.region, account=of.account):
        if action in DATA_READS and is_granted(
            case, documents, of, action, resource, boundary=boundary
        ):
            return f"{action} on {resource}"
    return None


def is_granted(
    case: Case,
    documents: _Documents,
    of: Resource,
    action: str,
    resource: str,
    *,
    boundary: _Documents | None = None,
) -> bool:
    """Tell whether the Allows of policies grant something, under whatever conditions.

    Args:
        case: The app under judgement.
        documents: The policies; their Denies do not count.
        of: What has them.
        action: What is granted.
        resource: What on.
        boundary: What bounds them.
    """
    asked = Question(
        label="is granted",
        action=action,
        resource=resource,
        context={},
        principal=f"arn:aws:sts::{of.account}:assumed-role/any/session",
        identity=_allows_of(case, documents),
        boundary=boundary,
        about=of,
    )
    return bool(case.still_open([asked]))


def _allows_of(case: Case, documents: _Documents) -> _Documents:
    """Return policies without Denies, and without conditions."""
    made = case.once(_made_allows)
    key = id(documents)
    if key not in made:
        allows = tuple(
            {
                **document,
                "Statement": [
                    {name: value for name, value in entry.items() if name != "Condition"}
                    for entry in statements(document)
                    if entry.get("Effect") == "Allow"
                ],
            }
            for document in documents
        )
        # The policies are kept, so that no others get their place in memory.
        made[key] = (documents, allows)
    return made[key][1]


def _made_allows(case: Case) -> dict[int, tuple[_Documents, _Documents]]:
    return {}


def _made(case: Case) -> dict[Any, list[tuple[str, str]]]:
    return {}


def _made_of_statements(case: Case) -> dict[Any, list[tuple[str, str]]]:
    return {}


def _requests(
    case: Case, actions: Sequence[str], resources: Sequence[str], region: str, account: str
) -> Iterator[tuple[str, str]]:
    for pattern in actions:
        patterns = [pattern]
        if not pattern.strip("*:"):
            patterns = [*_EVERYTHING, *(f"{service}:*" for service in _services(resources))]
        for name in dict.fromkeys(patterns):
            known = case.expand(name)
            if not known and not re.search(r"[*?]", name):
                # An action that nobody knows: the evaluator cannot deny it.
                known = [KnownAction(name)]
            for action in known:
                for resource in _resources(resources, action, region, account):
                    yield action.action, resource


def _services(resources: Sequence[str]) -> Iterator[str]:
    """Yield the services that the ARNs of some resources are surely of."""
    for written in resources:
        parts = written.split(":", 3)
        if len(parts) > 3 and parts[0] == "arn" and re.fullmatch("[a-z0-9-]+", parts[2]):
            yield parts[2]


def _resources(
    named: Sequence[str], action: KnownAction, region: str, account: str
) -> Iterator[str]:
    if not action.arns:
        yield "*"
        return
    for written in [_placed(text, region, account) for text in named]:
        for arn in action.arns:
            filled = _fill(arn, region, account)
            wild = "*" in written or "?" in written
            if filled == written or (wild and fnmatch.fnmatchcase(filled, written)):
                yield filled
                continue
            fillings = _FILLINGS_OF_LOGS if "log-stream" in arn else [_FILLING]
            candidates = [written.replace("*", each).replace("?", "x") for each in fillings]
            found = [each for each in candidates if _expression(arn).fullmatch(each)]
            if not found and wild:
                # An asterisk may stand for several parts of the ARN.
                placed = _with_place(arn, region, account)
                shared = shared_arn(written, placed) or shared_arn(written, arn)
                found = [] if shared is None else [shared]
            yield from found


@cache
def _placed(arn: str, region: str, account: str) -> str:
    """Return an ARN with the region and the account that wildcards in it may stand for."""
    parts = arn.split(":")
    # One wildcard may stand for both.
    if len(parts) == 5 and parts[0] == "arn" and parts[3] == "*":
        parts[3:4] = [region, account]
    for place, value in ((1, "aws"), (3, region), (4, account)):
        if len(parts) > 5 and parts[0] == "arn" and fnmatch.fnmatchcase(value, parts[place]):
            parts[place] = value
    return ":".join(parts)


@cache
def _with_place(arn: str, region: str, account: str) -> str:
    values = {"Partition": "aws", "Region": region, "Account": account}
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), arn)


@cache
def _fill(arn: str, region: str, account: str) -> str:
    return re.sub(r"\$\{\w+\}", "x", _with_place(arn, region, account))


@cache
def _expression(arn: str) -> re.Pattern[str]:
    # The name of a bucket ends at the first slash; other names may have some. That of a log group
    # has no colon.
    known = re.escape(arn).replace(re.escape("${BucketName}"), "[^/]+")
    known = known.replace(re.escape("${LogGroupName}"), "[^:]+")
    return re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".+", known))
