"""Isolated tables: in one stack with the function and its stream, and in three stacks."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources

from secure_lambda_constructs import (
    IsolatedNetwork,
    IsolatedTable,
    SignedVpcFunction,
    SigningBaseline,
)

CODE = Path(__file__).resolve().parent / "article" / "lambda"
ENV = cdk.Environment(account="444455556666", region="us-east-1")


def one_stack(app: cdk.App) -> None:
    """Add a stack with everything: the function reads the table and is called by its stream."""
    stack = cdk.Stack(app, "Everything", env=ENV)
    network = IsolatedNetwork(stack, "Network")
    users = _table(stack, network, dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE)
    function = _function(stack, network, SigningBaseline(stack, "Signing"), users)
    users.grant(function, "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
    function.function.add_event_source(
        event_sources.DynamoEventSource(
            users.table, starting_position=lambda_.StartingPosition.LATEST
        )
    )


def three_stacks(app: cdk.App) -> None:
    """Add a network, a table that some may use from outside, and a function."""
    platform = cdk.Stack(app, "Platform", env=ENV)
    network = IsolatedNetwork(platform, "Network")
    signing = SigningBaseline(platform, "Signing")

    data = cdk.Stack(app, "Data", env=ENV)
    users = _table(
        data,
        network,
        principals_that_may_read_from_outside=[
            iam.Role(data, "Emergency", role_name="Emergency", assumed_by=_account())
        ],
        principals_that_may_write_from_outside=[
            iam.Role(data, "Loader", role_name="Loader", assumed_by=_account())
        ],
    )
    functions = cdk.Stack(app, "Functions", env=ENV)
    users.table.grant_read_write_data(_function(functions, network, signing, users))


def _account() -> iam.IPrincipal:
    return iam.AccountRootPrincipal()


def _table(scope: cdk.Stack, network: IsolatedNetwork, **arguments: Any) -> IsolatedTable:
    return IsolatedTable(
        scope,
        "Users",
        network=network,
        partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
        **arguments,
    )


def _function(
    scope: cdk.Stack, network: IsolatedNetwork, signing: SigningBaseline, users: IsolatedTable
) -> SignedVpcFunction:
    return SignedVpcFunction(
        scope,
        "UserInfo",
        signing=signing,
        network=network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(CODE)),
        environment={"TABLE_NAME": users.table.table_name},
    )
