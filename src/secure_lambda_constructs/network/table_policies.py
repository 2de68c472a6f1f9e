"""Who may use the items of an isolated table, and its key."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from .endpoint_policy import DYNAMODB_ITEM_ACTIONS

__all__ = ["READS", "WRITES", "key_actions", "only_from_the_network", "only_through_dynamodb"]

# What shows items, or copies the table to where its policy does not hold. DynamoDB refuses a
# policy with an action that it cannot have, such as those on streams (aws-cdk #32230); which it
# can: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
READS = (
    "dynamodb:BatchGetItem",
    "dynamodb:EnableKinesisStreamingDestination",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:RestoreTableToPointInTime",
    "dynamodb:Scan",
)
# All else that the endpoint carries. CloudFormation describes tables, from outside.
WRITES = tuple(
    action
    for action in DYNAMODB_ITEM_ACTIONS
    if action not in READS and action != "dynamodb:DescribeTable"
)
# What DynamoDB does with the key of a table for whoever reads it, and for whoever writes to it:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_TO_READ = ("kms:Decrypt", "kms:DescribeKey")
_TO_WRITE = (*_TO_READ, "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
# And for whoever creates the table: a grant, by which it uses the key in the background.
_USES = ("kms:CreateGrant", *_TO_WRITE)
# How a key is managed. `kms:Create*`, which is often written here, covers CreateGrant: whoever has
# that can let any principal decrypt.
_MANAGEMENT = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:Delete*",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:Put*",
    "kms:Revoke*",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
)


def only_from_the_network(
    vpc_id: str, readers: Sequence[str], writers: Sequence[str]
) -> list[iam.PolicyStatement]:
    """The resource policy of a table whose items are used from one VPC.

    It allows nothing, so that grants stay the only way to get a permission.

    Args:
        vpc_id: The VPC.
        readers: ARNs of roles and users that may read from anywhere.
        writers: ARNs of roles and users that may write from anywhere.

    Returns:
        Its statements. Their resource is a star, which means the table that the policy is attached
        to and its indexes: the table's ARN cannot be in a property of the table.
    """
    return [
        _deny("NoReadsFromOutsideTheNetwork", READS, vpc_id, readers),
        _deny("NoWritesFromOutsideTheNetwork", WRITES, vpc_id, writers),
    ]


def key_actions(actions: Sequence[str]) -> tuple[str, ...]:
    """What somebody needs of the key for some actions on the table.

    Args:
        actions: The actions on the table.

    Returns:
        The actions on the key.
    """
    return _TO_READ if all(action in READS for action in actions) else _TO_WRITE


def only_through_dynamodb(stack: Stack) -> iam.PolicyDocument:
    """The policy of a key that encrypts a table and is good for nothing else.

    The usual policy of a key lets everybody decrypt with it whose own policies say so. Here they
    can when DynamoDB asks KMS for them, and not by a call of their own. See
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service.

    Args:
        stack: The stack of the key, whose region is meant.

    Returns:
        The policy.
    """
    account = iam.AccountRootPrincipal()
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                sid="Management",
                principals=[account],
                actions=list(_MANAGEMENT),
                resources=["*"],
            ),
            iam.PolicyStatement(
                sid="UseThroughDynamoDb",
                principals=[account],
                actions=list(_USES),
                resources=["*"],
                conditions={
                    "StringEquals": {"kms:ViaService": f"dynamodb.{stack.region}.amazonaws.com"}
                },
            ),
        ]
    )


def _deny(
    sid: str, actions: Sequence[str], vpc_id: str, exempt: Sequence[str]
) -> iam.PolicyStatement:
    """One Deny of what comes from elsewhere."""
    # Both operators hold where the key is absent: for a call from the internet, and for one that a
    # service makes by itself.
    conditions: dict[str, Any] = {"StringNotEquals": {"aws:SourceVpc": vpc_id}}
    if exempt:
        conditions["ArnNotLike"] = {"aws:PrincipalArn": list(exempt)}
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.StarPrincipal()],
        actions=list(actions),
        resources=["*"],
        conditions=conditions,
    )
