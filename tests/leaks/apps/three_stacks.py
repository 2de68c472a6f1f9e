"""A network, a table with a key of its own, and a function, in three stacks.

A platform team owns the first, so that most values cross stacks; the function's log has a key of
its own too.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

CODE = Path(__file__).resolve().parent / "article" / "lambda"


def build(app: cdk.App) -> None:
    """Add the three stacks to `app`."""
    env = cdk.Environment(account="444455556666", region="eu-west-1")
    platform = cdk.Stack(app, "Platform", env=env)
    network = IsolatedNetwork(platform, "Network")
    signing = SigningBaseline(platform, "Signing")

    data = cdk.Stack(app, "Data", env=env)
    key = kms.Key(data, "Key", enable_key_rotation=True)
    users = dynamodb.TableV2(
        data,
        "Users",
        partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
        encryption=dynamodb.TableEncryptionV2.customer_managed_key(key),
    )

    functions = cdk.Stack(app, "Functions", env=env)
    user_info = SignedVpcFunction(
        functions,
        "UserInfo",
        signing=signing,
        network=network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(CODE)),
        environment={"TABLE_NAME": users.table_name},
        log_encryption_key=kms.Key(functions, "LogKey", enable_key_rotation=True),
    )
    users.grant_read_write_data(user_info)
