"""What the role of an isolated function may do on its own, and what no grant can give it."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..network.endpoint_policy import DYNAMODB_ITEM_ACTIONS, S3_ACTIONS

__all__ = [
    "INTERFACE_ACTIONS",
    "LOG_WRITES",
    "any_database",
    "exempt_actions",
    "isolation_policy",
    "network_interface_statements",
    "only_by_lambda_itself",
    "only_from_the_vpc",
    "own_logs_statements",
]

_SOURCE_VPC = "aws:SourceVpc"
_STREAM_ACTIONS = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)
# Lambda puts this key into the context of the calls that the function's code makes, and of its
# own calls to Logs, X-Ray and EFS; into no other of its own (network interfaces, event sources,
# destinations, decryption of the environment). The key of event source mappings,
# `lambda:FunctionArn`, is another one.
# https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
_MADE_BY_CODE = {"lambda:SourceFunctionArn": "false"}
_MADE_BY_LAMBDA = {"lambda:SourceFunctionArn": "true"}
# What Lambda needs to poll a queue or stream, and to send to a queue. Each of these it does itself.
# Buckets are no destination here (`event_paths`): an event source that grants objects grants them
# to the code.
_DONE_BY_LAMBDA = (*_STREAM_ACTIONS, "kinesis:*", "kms:*", "sqs:*")

# Actions that hand data, or the right to it, to somebody else, done by the service and therefore
# not held up by any network (the export of a table goes to any bucket). None is needed to read
# and write items, objects, messages or secrets, to invoke a function, or by Lambda itself.
_SHARING = (
    *("dynamodb:*Backup*", "dynamodb:*GlobalTable*", "dynamodb:*Kinesis*", "dynamodb:*Replica*"),
    *("dynamodb:*ResourcePolicy", "dynamodb:CreateTable", "dynamodb:DeleteTable"),
    *("dynamodb:Export*", "dynamodb:ImportTable", "dynamodb:RestoreTable*"),
    "dynamodb:UpdateTable*",
    *("events:CreateApiDestination", "events:CreateConnection", "events:PutPermission"),
    *("events:PutRule", "events:PutTargets"),
    "iam:*",
    *("kinesis:PutResourcePolicy", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ReplicateKey"),
    *("lambda:Add*", "lambda:Create*", "lambda:Publish*", "lambda:Put*", "lambda:Update*"),
    *("logs:CreateDelivery", "logs:CreateExportTask", "logs:Put*Policy", "logs:PutDelivery*"),
    *("logs:PutDestination*", "logs:PutSubscriptionFilter"),
    *("s3:CreateAccess*", "s3:CreateJob", "s3:Put*Acl", "s3:Put*Configuration", "s3:Put*Policy"),
    "s3:PutBucket*",
    *("secretsmanager:PutResourcePolicy", "secretsmanager:ReplicateSecretToRegions"),
    *("sns:AddPermission", "sns:SetTopicAttributes", "sns:Subscribe"),
    *("sqs:AddPermission", "sqs:SetQueueAttributes", "ssm:ModifyDocumentPermission"),
    *("ssm:PutResourcePolicy", "sts:*"),
)


INTERFACE_ACTIONS = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""What Lambda does with the role of a function in a VPC."""
LOG_WRITES = ("logs:CreateLogStream", "logs:PutLogEvents")
_CONNECT = "rds-db:connect"
# Where these are granted, by name, the Deny of everything from outside the VPC leaves them out.
# - A database asks IAM itself who may log in; AWS documents no key that tells it the VPC:
#   https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrdsiamauthentication.html.
#   Keys that were taken out do not reach a database in an isolated network.
# - Lambda sends traces from its own network with the function's ARN in the context, as it does
#   with the log. They go to the function's own account, whoever sends them.
_EXEMPT = (_CONNECT, "xray:PutTelemetryRecords", "xray:PutTraceSegments")


def isolation_policy(*, region: str, vpc_id: str, exempt: Collection[str] = ()) -> dict[str, Any]:
    """What every role may do and must not do, whatever is granted to it, save for logs.

    Args:
        region: The region of the function.
        vpc_id: The VPC that the function's code calls from.
        exempt: Actions, of those that `exempt_actions` returns, that are not bound to the VPC.

    Returns:
        The policy document.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            *network_interface_statements(region),
            {
                # StringNotEquals holds where the key is absent as well: from the internet. The
                # exemption of ViaAWSService lets DynamoDB call KMS for the function. Lambda writes
                # the log from its own network with the function's ARN in the context, so log
                # writes cannot be denied here; `OnlyOwnLogs` bounds them.
                "Sid": "NothingFromOutsideTheVpc",
                "Effect": "Deny",
                "NotAction": [*LOG_WRITES, *sorted(exempt)],
                "Resource": "*",
                "Condition": {
                    "BoolIfExists": {"aws:ViaAWSService": "false"},
                    "Null": _MADE_BY_CODE,
                    "StringNotEquals": {_SOURCE_VPC: vpc_id},
                },
            },
            {
                "Sid": "NothingIsShared",
                "Effect": "Deny",
                "Action": sorted(_SHARING),
                "Resource": "*",
            },
        ],
    }


def network_interface_statements(region: str) -> list[dict[str, Any]]:
    """What the role of a function in a VPC needs for its network interfaces, and its code not.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions

    Args:
        region: The region of the function.

    Returns:
        An Allow, and a Deny of all of EC2 to the code.
    """
    return [
        {
            # Lambda needs them on "*": the Describe actions know no resource, and the others are
            # checked before the interface exists.
            "Sid": "NetworkInterfaces",
            "Effect": "Allow",
            "Action": list(INTERFACE_ACTIONS),
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": region}},
        },
        {
            "Sid": "NoEniFromCode",
            "Effect": "Deny",
            "Action": "ec2:*",
            "Resource": "*",
            "Condition": {"Null": _MADE_BY_CODE},
        },
    ]


def own_logs_statements(log_group_arn: str) -> list[dict[str, Any]]:
    """What every role may write to: one log group.

    Writing to it is the only thing that the keys of the role are good for outside the VPC. Without
    the Deny, `other_log_group.grant_write(fn)` would open another one to keys that were taken out,
    and that group may be exported, or shared with another account.

    Args:
        log_group_arn: ARN of the function's log group, ending in `:*`.

    Returns:
        An Allow, and a Deny of everything else.
    """
    return [
        {
            # Not the managed policies: they allow writing to every log group.
            "Sid": "OwnLogs",
            "Effect": "Allow",
            "Action": list(LOG_WRITES),
            "Resource": log_group_arn,
        },
        {
            "Sid": "OnlyOwnLogs",
            "Effect": "Deny",
            "Action": list(LOG_WRITES),
            "NotResource": log_group_arn,
        },
    ]


def exempt_actions(statement: Mapping[str, Any]) -> set[str]:
    """The actions of a statement that cannot be bound to the VPC, and need not be.

    Args:
        statement: The statement as it appears in a policy.

    Returns:
        Those that it allows by their names. A wildcard exempts nothing.
    """
    if statement.get("Effect") != "Allow":
        return set()
    named = {action.lower() for action in _listed(statement.get("Action", ()))}
    return {action for action in _EXEMPT if action.lower() in named}


def any_database(statement: Mapping[str, Any], resolve: Callable[[Any], Any]) -> bool:
    """Whether a statement allows to log in to databases that it does not name.

    Args:
        statement: The statement as it appears in a policy.
        resolve: Makes the references in a value readable.

    Returns:
        `True` as well where one of several resources is a wildcard.
    """
    if statement.get("Effect") != "Allow" or not _allows(statement, (_CONNECT,)):
        return False
    resources = resolve(statement.get("Resource", "*"))
    return any(
        "dbuser:" not in text or "dbuser:*" in text
        for text in map(json.dumps, resources if isinstance(resources, list) else [resources])
    )


def only_by_lambda_itself(statement: Mapping[str, Any]) -> dict[str, Any] | None:
    """The conditions that keep the code from using a right that Lambda needs for itself.

    Args:
        statement: The statement as it appears in a policy.

    Returns:
        All conditions of the statement with the one added, or `None` if the code may need it too.
    """
    if statement.get("Effect") != "Allow" or "Action" not in statement:
        return None
    if not all(
        any(fnmatchcase(action.lower(), known.lower()) for known in _DONE_BY_LAMBDA)
        for action in _listed(statement["Action"])
    ):
        return None
    conditions = dict(statement.get("Condition", {}))
    conditions["Null"] = {**conditions.get("Null", {}), **_MADE_BY_LAMBDA}
    return conditions


def only_from_the_vpc(
    statement: Mapping[str, Any], vpc_id: str, resolve: Callable[[Any], Any]
) -> dict[str, Any] | None:
    """The conditions a statement needs so that its keys are worth nothing outside the VPC.

    Only calls that nobody but the function's code makes can be bound to the VPC. That is so for
    the items of a table and the objects of a bucket. The records of a table's stream are read by
    Lambda, outside the VPC.

    Args:
        statement: The statement as it appears in a policy.
        vpc_id: The VPC.
        resolve: Makes the references in a value readable.

    Returns:
        All conditions of the statement with the VPC's added, or `None` if it stays as it is.
    """
    if statement.get("Effect") != "Allow" or not (
        _allows(statement, (*DYNAMODB_ITEM_ACTIONS, *S3_ACTIONS))
        # `grant_read_data` allows the actions on streams too, but names no stream.
        or (_allows(statement, _STREAM_ACTIONS) and not _names_a_stream(statement, resolve))
    ):
        return None
    conditions = dict(statement.get("Condition", {}))
    equal = dict(conditions.get("StringEquals", {}))
    if any(key.lower() == _SOURCE_VPC.lower() for key in equal):
        return None
    conditions["StringEquals"] = {**equal, _SOURCE_VPC: vpc_id}
    return conditions


def _allows(statement: Mapping[str, Any], actions: Iterable[str]) -> bool:
    """Whether an Allow covers one of some actions."""
    if "Action" not in statement:
        # An Allow of everything but some actions.
        return True
    patterns = [pattern.lower() for pattern in _listed(statement["Action"])]
    return any(fnmatchcase(action.lower(), pattern) for pattern in patterns for action in actions)


def _names_a_stream(statement: Mapping[str, Any], resolve: Callable[[Any], Any]) -> bool:
    """Whether one of the resources is the stream of a table, or could be."""
    resources = json.dumps(resolve(statement.get("Resource", "*")))
    return any(mark in resources for mark in ("StreamArn", "/stream/", '"*"', "table/*"))


def _listed(value: str | Iterable[str]) -> Iterable[str]:
    """A single value as a list, as policies may write it without brackets."""
    return [value] if isinstance(value, str) else value
