"""Policies of VPC endpoints that bind caller and resource to one account.

An endpoint without a policy carries any call, with whatever keys: code could bring keys of a
foreign account and write to that account's table. See
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

__all__ = ["DYNAMODB_ITEM_ACTIONS", "binds_the_account", "dynamodb_statement"]

# What code does with items, and nothing that changes or shares a table: no export, no resource
# policy, no stream to Kinesis. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
DYNAMODB_ITEM_ACTIONS = (
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLSelect",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
)

_KEYS = ("aws:principalaccount", "aws:resourceaccount")


def dynamodb_statement(stack: Stack) -> iam.PolicyStatement:
    """What the DynamoDB endpoint of a network lets through.

    Args:
        stack: The stack of the network, whose account and region are meant.

    Returns:
        The only statement of the endpoint's policy.
    """
    account = stack.account
    return iam.PolicyStatement(
        # Of a gateway endpoint's policy `Principal: {"AWS": account}` means the root user only:
        # the account is bound by the condition.
        principals=[iam.StarPrincipal()],
        actions=list(DYNAMODB_ITEM_ACTIONS),
        # The star covers `table/NAME/index/NAME` as well.
        resources=[stack.format_arn(service="dynamodb", resource="table", resource_name="*")],
        conditions={
            "StringEquals": {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}
        },
    )


def binds_the_account(policy: Any, account: Any) -> bool:
    """Whether each Allow of a resolved endpoint policy binds caller and resource to an account.

    Args:
        policy: The policy as the template has it, or `None` where the endpoint has none.
        account: The account as the template has it: a literal or `{"Ref": "AWS::AccountId"}`.

    Returns:
        `False` as well for a policy in a form that cannot be judged.
    """
    if not isinstance(policy, Mapping):
        return False
    statements = policy.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    return bool(statements) and all(
        statement.get("Effect") == "Deny" or _is_bound(statement, account)
        for statement in statements
    )


def _is_bound(statement: Mapping[str, Any], account: Any) -> bool:
    """Whether one Allow names both accounts with an operator that fails where a key is absent."""
    # `StringEqualsIfExists` would pass unsigned calls, which carry no account.
    equal = {
        key.lower(): value
        for key, value in statement.get("Condition", {}).get("StringEquals", {}).items()
    }
    return all(equal.get(key) in (account, [account]) for key in _KEYS)
