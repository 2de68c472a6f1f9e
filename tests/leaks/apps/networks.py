"""Networks with further endpoints, with an organization as the perimeter, in an existing VPC."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

CODE = Path(__file__).resolve().parent / "article" / "lambda"
ENV = cdk.Environment(account="444455556666", region="us-east-1")
SERVICE = ec2.InterfaceVpcEndpointAwsService
# All that may have an interface endpoint without naming resources; Lambda's does not.
SERVICES = {
    "Agents": SERVICE.BEDROCK_AGENT_RUNTIME,
    "Bedrock": SERVICE.BEDROCK_RUNTIME,
    "Catalog": SERVICE.GLUE,
    "Configuration": SERVICE.APPCONFIGDATA,
    "Deliveries": SERVICE.KINESIS_FIREHOSE,
    "Documents": SERVICE.TEXTRACT,
    "Events": SERVICE.EVENTBRIDGE,
    "Express": SERVICE.STEP_FUNCTIONS_SYNC,
    "Keys": SERVICE.KMS,
    "Languages": SERVICE.COMPREHEND,
    "Logs": SERVICE.CLOUDWATCH_LOGS,
    "Metrics": SERVICE.CLOUDWATCH_MONITORING,
    "Models": SERVICE.SAGEMAKER_RUNTIME,
    "Parameters": SERVICE.SSM,
    "Pictures": SERVICE.REKOGNITION,
    "Queries": SERVICE.ATHENA,
    "Queues": SERVICE.SQS,
    "Secrets": SERVICE.SECRETS_MANAGER,
    "Statements": SERVICE.RDS_DATA,
    "Streams": SERVICE.KINESIS_STREAMS,
    "Tokens": SERVICE.STS,
    "Topics": SERVICE.SNS,
    "Traces": SERVICE.XRAY,
    "Translations": SERVICE.TRANSLATE,
    "Workflows": SERVICE.STEP_FUNCTIONS,
}
RELAY = "arn:aws:lambda:us-east-1:444455556666:function:relay"


def endpoints(app: cdk.App) -> None:
    """Add a function that may use a bucket and every service, one of them in one zone."""
    _with_endpoints(cdk.Stack(app, "Endpoints", env=ENV))


def organization(app: cdk.App) -> None:
    """Add the same for all accounts of an organization."""
    _with_endpoints(cdk.Stack(app, "Organization", env=ENV), organization_id="o-a1b2c3d4e5")


def existing_vpc(app: cdk.App) -> None:
    """Add a VPC, and in another stack what closes it."""
    # The stacks are bound to no account, or the CDK would look up the zones.
    region = cdk.Environment(region="us-east-1")
    vpc = ec2.Vpc(
        cdk.Stack(app, "Platform", env=region),
        "Vpc",
        nat_gateways=0,
        restrict_default_security_group=False,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        ],
    )
    stack = cdk.Stack(app, "Functions", env=region)
    _function(stack, IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc))


def _with_endpoints(stack: cdk.Stack, **arguments: Any) -> None:
    network = IsolatedNetwork(
        stack, "Network", dns_query_log_group=logs.LogGroup(stack, "Queries"), **arguments
    )
    # Before there is an endpoint, and after.
    function = _function(stack, network)
    bucket = s3.Bucket(stack, "Reports", enforce_ssl=True)
    network.add_s3_endpoint(buckets=[bucket])
    bucket.grant_read_write(function)
    for id, service in SERVICES.items():
        zones = network.subnets[:1] if id == "Streams" else network.subnets
        network.add_interface_endpoint(id, service, subnets=ec2.SubnetSelection(subnets=zones))
    network.add_interface_endpoint("Functions", SERVICE.LAMBDA_, resources=[RELAY])


def _function(stack: cdk.Stack, network: IsolatedNetwork) -> SignedVpcFunction:
    users = dynamodb.TableV2(
        stack,
        "Users",
        partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
    )
    function = SignedVpcFunction(
        stack,
        "UserInfo",
        signing=SigningBaseline(stack, "Signing"),
        network=network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(CODE)),
    )
    users.grant_read_data(function)
    return function
