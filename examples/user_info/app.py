"""The article's stack: a table of users and one function that reads a user by id.

Run ``python app.py`` to synthesize it (no credentials needed), ``cdk deploy`` to deploy it.
"""

import os
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

HERE = Path(__file__).resolve().parent


class UserInfoStack(cdk.Stack):
    """A users table in a closed network, and the only function that may read it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        signing = SigningBaseline(self, "Signing")
        network = IsolatedNetwork(self, "Network")

        users = dynamodb.TableV2(
            self,
            "Users",
            partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )

        user_info = SignedVpcFunction(
            self,
            "UserInfo",
            signing=signing,
            network=network,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(HERE / "lambda")),
            environment={"TABLE_NAME": users.table_name},
        )
        users.grant(user_info, "dynamodb:GetItem", "dynamodb:Query")

        cdk.CfnOutput(self, "FunctionName", value=user_info.function.function_name)
        cdk.CfnOutput(self, "TableName", value=users.table_name)


def build(app: cdk.App) -> UserInfoStack:
    """Add the stack to `app`, in the account and region the CDK CLI names."""
    return UserInfoStack(
        app,
        "UserInfo",
        env=cdk.Environment(
            account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
            region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"),
        ),
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
