"""The stack that the article describes, in the CDK's own constructs.

A signing profile with a code signing config that enforces; a VPC of isolated subnets with a
DynamoDB gateway endpoint; a table; and a function in the VPC whose role has the article's rights.
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_signer as signer
from constructs import Construct

CODE = Path(__file__).resolve().parent / "lambda"

INTERFACE_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:UnassignPrivateIpAddresses",
]


class ArticleStack(cdk.Stack):
    """One function that reads one table, as the article deploys it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        profile = signer.SigningProfile(
            self,
            "SigningProfile",
            platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA,
            signing_profile_name="SecureLambdaSigningProfile",
        )
        config = lambda_.CodeSigningConfig(
            self,
            "CodeSigningConfig",
            signing_profiles=[profile],
            untrusted_artifact_on_deployment=lambda_.UntrustedArtifactOnDeployment.ENFORCE,
        )
        isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        vpc = ec2.Vpc(
            self,
            "SecureVpc",
            max_azs=2,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Secure", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                )
            ],
        )
        vpc.add_gateway_endpoint(
            "DynamoDbEndpoint",
            service=ec2.GatewayVpcEndpointAwsService.DYNAMODB,
            subnets=[isolated],
        )
        table = dynamodb.Table(
            self,
            "UserTable",
            partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        lambda_.Function(
            self,
            "UserInfo",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(CODE)),
            environment={"TABLE_NAME": table.table_name},
            vpc=vpc,
            vpc_subnets=isolated,
            role=self._role(vpc, table),
            timeout=cdk.Duration.seconds(30),
            code_signing_config=config,
        )

    def _role(self, vpc: ec2.Vpc, table: dynamodb.Table) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        for statement in (
            # The article's rights for network interfaces: its wide statement, and two more that
            # add nothing to it.
            iam.PolicyStatement(actions=INTERFACE_ACTIONS, resources=["*"]),
            iam.PolicyStatement(
                actions=["ec2:CreateNetworkInterface"],
                resources=["arn:aws:ec2:*:*:network-interface/*"],
            ),
            iam.PolicyStatement(
                actions=["ec2:CreateNetworkInterface"],
                resources=["*"],
                conditions={"ArnEquals": {"ec2:Vpc": vpc.vpc_arn}},
            ),
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"arn:aws:logs:{self.region}:{self.account}:log-group:/aws/lambda/*"],
            ),
            iam.PolicyStatement(
                actions=["dynamodb:GetItem", "dynamodb:Query"],
                resources=[table.table_arn],
                conditions={"StringEquals": {"aws:SourceVpc": vpc.vpc_id}},
            ),
        ):
            role.add_to_policy(statement)
        return role
