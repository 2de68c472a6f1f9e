"""A network, a table and a function, at one of three points of their life: `--context step=...`."""

import os
from dataclasses import dataclass, replace

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import (
    IsolatedNetwork,
    IsolatedTable,
    SignedVpcFunction,
    SigningBaseline,
)


@dataclass(frozen=True)
class Settings:
    """What differs from one deployment to the next."""

    table: str = "Users"
    function_name: str = "life-first"
    memory_size: int = 128
    greeting: str = "hello"
    writes: bool = False
    endpoint: bool = False
    protected: bool = True


FIRST = Settings()
CHANGED = replace(FIRST, memory_size=256, greeting="good day", writes=True, endpoint=True)
# The last deployment: a stack with a protected firewall cannot be deleted.
REPLACED = replace(CHANGED, table="People", function_name="life-second", protected=False)
STEPS = {"first": FIRST, "changed": CHANGED, "replaced": REPLACED}

app = cdk.App()
settings = STEPS[app.node.try_get_context("step") or "first"]
stack = cdk.Stack(
    app,
    "Life",
    env=cdk.Environment(
        account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]
    ),
)
network = IsolatedNetwork(stack, "Network", dns_firewall_mutation_protection=settings.protected)
if settings.endpoint:
    network.add_interface_endpoint("Secrets", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER)
table = IsolatedTable(
    stack,
    settings.table,
    network=network,
    partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
)
function = SignedVpcFunction(
    stack,
    "Greeter",
    signing=SigningBaseline(stack, "Signing"),
    network=network,
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_asset("lambda"),
    function_name=settings.function_name,
    memory_size=settings.memory_size,
    environment={"TABLE_NAME": table.table.table_name, "GREETING": settings.greeting},
)
table.table.grant_read_data(function)
if settings.writes:
    table.table.grant_write_data(function)
cdk.CfnOutput(stack, "TableName", value=table.table.table_name)
cdk.CfnOutput(stack, "LogGroupName", value=function.log_group.log_group_name)
app.synth()
