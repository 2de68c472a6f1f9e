"""Functions that read one table, in an isolated VPC, with the CDK's own constructs only.

This is what the library is measured against: what a team writes today for the same purpose, with
the statements of https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html in a role of
each function. It has no DNS firewall, binds no endpoint to the account and denies nothing; and
Lambda refuses its code, because nothing signs it. (With ``--sign-everything`` it is signed by one
line of the library.)

``python plain.py COUNT CODE`` synthesizes it: COUNT functions with the folders 000, 001, ... of
CODE as their code, into CDK_OUTDIR or a new temporary directory.
"""

import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_signer as signer

# A stack takes 500 resources, and there are five of each function.
_IN_A_STACK = 50
# Of DynamoDB in us-east-1.
_PREFIX_LIST = "pl-02cd2c6b"


def build(app: cdk.App, count: int, code: Path, *, sign_everything: bool) -> None:
    """Add the stacks.

    Args:
        app: The app.
        count: How many functions.
        code: Folder of the functions' folders.
        sign_everything: Whether the library signs them, instead of a profile of the app's own.
    """
    env = cdk.Environment(region="us-east-1")
    stack = cdk.Stack(app, "Functions000", env=env)
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        max_azs=2,
        nat_gateways=0,
        restrict_default_security_group=False,  # would need a helper function, unsigned as it is
        subnet_configuration=[
            ec2.SubnetConfiguration(
                name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
            )
        ],
    )
    vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    users = dynamodb.TableV2(
        stack,
        "Users",
        partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
    )
    config: lambda_.CodeSigningConfig | None = None
    if sign_everything:
        from secure_lambda_constructs import SigningBaseline

        SigningBaseline(stack, "Signing").sign_everything(app)
    else:
        profile = signer.SigningProfile(
            stack, "Profile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA
        )
        config = lambda_.CodeSigningConfig(
            stack,
            "CodeSigning",
            signing_profiles=[profile],
            untrusted_artifact_on_deployment=lambda_.UntrustedArtifactOnDeployment.ENFORCE,
        )
    for number in range(count):
        if number and number % _IN_A_STACK == 0:
            stack = cdk.Stack(app, f"Functions{number:03}", env=env)
        _add_function(stack, f"{number:03}", vpc, users, config, code)


def _add_function(
    stack: cdk.Stack,
    name: str,
    vpc: ec2.Vpc,
    users: dynamodb.TableV2,
    config: lambda_.CodeSigningConfig | None,
    code: Path,
) -> None:
    """Add a function with its log group, role and security group."""
    group = logs.LogGroup(
        stack,
        f"LogGroup{name}",
        retention=logs.RetentionDays.ONE_YEAR,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    role = iam.Role(stack, f"Role{name}", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(
        iam.PolicyStatement(
            actions=[
                "ec2:AssignPrivateIpAddresses",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "ec2:UnassignPrivateIpAddresses",
            ],
            resources=["*"],
        )
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["ec2:CreateNetworkInterface"],
            resources=[
                stack.format_arn(service="ec2", resource="network-interface", resource_name="*")
            ],
        )
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["ec2:CreateNetworkInterface"],
            resources=["*"],
            conditions={"ArnEquals": {"ec2:Vpc": vpc.vpc_arn}},
        )
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[group.log_group_arn],
        )
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["dynamodb:GetItem", "dynamodb:Query"],
            resources=[users.table_arn],
            conditions={"StringEquals": {"aws:SourceVpc": vpc.vpc_id}},
        )
    )
    security_group = ec2.SecurityGroup(
        stack, f"SecurityGroup{name}", vpc=vpc, allow_all_outbound=False
    )
    security_group.add_egress_rule(ec2.Peer.prefix_list(_PREFIX_LIST), ec2.Port.tcp(443))
    lambda_.Function(
        stack,
        f"Function{name}",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(code / name)),
        code_signing_config=config,
        environment={"TABLE_NAME": users.table_name},
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        security_groups=[security_group],
        role=role,
        log_group=group,
    )


def main() -> None:
    """Synthesize."""
    count, code, *options = sys.argv[1:]
    app = cdk.App()
    build(app, int(count), Path(code), sign_everything="--sign-everything" in options)
    app.synth()


if __name__ == "__main__":
    main()
