"""A function with a table in the CDK's L2 constructs, closed as the mends say."""

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_signer as signer
from constructs import Construct

from .base import ACCOUNT, INSIDE, ITEMS, Network

__all__ = [
    "Plain",
    "code_of",
    "code_signing_of",
    "denies_of",
    "relay_of",
    "role_of",
    "table_of",
]

_LOG_WRITES = ["logs:CreateLogStream", "logs:PutLogEvents"]
_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
_FROM_CODE = {"Null": {"lambda:SourceFunctionArn": "false"}}


def code_of(scope: Construct, id: str) -> lambda_.S3Code:
    """Return code that somebody else has signed and uploaded."""
    bucket = s3.Bucket.from_bucket_name(scope, f"{id}Signed", f"signed-{ACCOUNT}")
    return lambda_.Code.from_bucket(bucket, f"{id.lower()}.zip")


def code_signing_of(
    scope: Construct, id: str = "Signing", **more: Any
) -> lambda_.CodeSigningConfig:
    """Return a config that takes what a profile of the app has signed, and nothing else."""
    enforced = lambda_.UntrustedArtifactOnDeployment.ENFORCE
    profile = signer.SigningProfile(
        scope, f"{id}Profile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA
    )
    arguments = {"signing_profiles": [profile], "untrusted_artifact_on_deployment": enforced}
    return lambda_.CodeSigningConfig(scope, id, **{**arguments, **more})


def denies_of(vpc_id: str, *, but: Sequence[str] = ()) -> list[iam.PolicyStatement]:
    """Return what the role of a function in a VPC denies to its keys elsewhere, and to its code.

    Args:
        vpc_id: The VPC.
        but: What works elsewhere too.
    """
    elsewhere = {
        "StringNotEquals": {"aws:SourceVpc": vpc_id},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
    }
    return [
        _deny(_FROM_CODE, actions=["ec2:*"]),
        _deny({**elsewhere, **_FROM_CODE}, not_actions=[*_LOG_WRITES, *but]),
        _deny(elsewhere, actions=["dynamodb:*", "s3:*", "secretsmanager:*", "ssm:*"]),
    ]


def _deny(conditions: dict[str, Any], **what: Any) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        effect=iam.Effect.DENY, resources=["*"], conditions=conditions, **what
    )


def role_of(
    scope: Construct,
    id: str,
    *,
    denies: Sequence[iam.PolicyStatement] = (),
    is_inside: bool = True,
    **more: Any,
) -> iam.Role:
    """Return the role of a function, in a VPC or not, without a right to write logs."""
    interfaces = iam.PolicyStatement(actions=_INTERFACES, resources=["*"])
    statements = [*([interfaces] if is_inside else []), *denies]
    document = iam.PolicyDocument(statements=statements)
    arguments = {
        "assumed_by": iam.ServicePrincipal("lambda.amazonaws.com"),
        "inline_policies": {"own": document} if statements else None,
    }
    return iam.Role(scope, id, **{**arguments, **more})


def table_of(scope: Construct, id: str = "Orders", **more: Any) -> dynamodb.TableV2:
    """Return a table."""
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    return dynamodb.TableV2(scope, id, partition_key=key, **more)


class Plain:
    """A function in a VPC, closed on every leak path that it has, and the table that it reads.

    Attributes:
        stack: The stack of the function.
        network: The network.
        signing: The code signing config.
        table: The table.
        role: The role of the function.
        function: The function.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        network: Network | None = None,
        denies: Sequence[iam.PolicyStatement] | None = None,
        role: iam.Role | None = None,
        signing: lambda_.ICodeSigningConfig | None = None,
        table: dynamodb.TableV2 | None = None,
        has_table_endpoint: bool = True,
        **more: Any,
    ) -> None:
        """Make it.

        Args:
            stack: The stack of what is not given.
            network: The network.
            denies: The Denies of the role. By default those that it needs.
            role: The role of the function.
            signing: The code signing config.
            table: The table.
            has_table_endpoint: Whether it makes the endpoint of the table.
            **more: Further properties of the function.
        """
        self.stack = stack
        self.network = Network(stack) if network is None else network
        self.signing = code_signing_of(stack) if signing is None else signing
        self.table = table_of(stack) if table is None else table
        if denies is None:
            denies = denies_of(self.network.vpc.vpc_id)
        self.role = role_of(stack, "Role", denies=denies) if role is None else role
        if has_table_endpoint:
            self.table_endpoint()
        self.function = self.add("Function", role=self.role, **more)
        self.table.grant_read_data(self.role)

    def table_endpoint(self, **more: Any) -> ec2.GatewayVpcEndpoint:
        """Return an endpoint that carries items of the table."""
        return self.network.gateway(
            "dynamodb", self.network.own(ITEMS, [self.table.table_arn]), **more
        )

    def add(
        self, id: str, *, role: iam.IRole | None, stack: cdk.Stack | None = None, **more: Any
    ) -> lambda_.Function:
        """Return a further function in the VPC, with a log group of its own.

        Args:
            id: The id.
            role: The role, which gets the right to write to the log group.
            stack: Where it is.
            **more: Further properties of the function.
        """
        stack = self.stack if stack is None else stack
        arguments: dict[str, Any] = {
            "code": code_of(stack, id),
            "code_signing_config": self.signing,
            "handler": "index.handler",
            "role": role,
            "runtime": lambda_.Runtime.PYTHON_3_13,
            "security_groups": [self.network.group],
            "vpc": self.network.vpc,
            "vpc_subnets": INSIDE,
        }
        if "log_group" not in more:
            group = arguments["log_group"] = logs.LogGroup(stack, f"{id}Logs")
            if role is not None:
                group.grant_write(role)
        return lambda_.Function(stack, id, **{**arguments, **more})

    def caller_of(
        self, target: lambda_.IFunction, *, others: Sequence[lambda_.IFunction] = ()
    ) -> None:
        """Let the function call `target`, by an endpoint of Lambda that leads to `others` too."""
        arns = [each.function_arn for each in (target, *others)]
        self.network.interface(
            "LambdaEndpoint",
            ec2.InterfaceVpcEndpointAwsService.LAMBDA_,
            self.network.own(["lambda:InvokeFunction"], arns),
        )
        target.grant_invoke(self.role)


def relay_of(
    plain: Plain, id: str = "Relay", *, role: iam.Role | None = None, **more: Any
) -> lambda_.Function:
    """Return a function outside that has a token for an API, and no data."""
    stack = plain.stack
    if role is None:
        role = role_of(stack, f"{id}Role", is_inside=False)
    group = logs.LogGroup(stack, f"{id}Logs")
    group.grant_write(role)
    secretsmanager.Secret(stack, f"{id}Token").grant_read(role)
    arguments: dict[str, Any] = {
        "code": code_of(stack, id),
        "code_signing_config": plain.signing,
        "handler": "index.handler",
        "log_group": group,
        "reserved_concurrent_executions": 2,
        "retry_attempts": 0,
        "role": role,
        "runtime": lambda_.Runtime.PYTHON_3_13,
        "timeout": cdk.Duration.seconds(20),
    }
    return lambda_.Function(stack, id, **{**arguments, **more})
