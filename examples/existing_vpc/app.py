"""A function in a VPC that a network team has made already.

Stack `Platform` stands for that team: it makes the VPC, and this app is not its owner. Stack
`Orders` closes that VPC and puts a function into it. Tell it which one with the context `vpc_id`;
the CDK CLI looks the VPC up:

    cdk deploy Orders -c vpc_id=vpc-0123456789abcdef0
"""

import os
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

HERE = Path(__file__).resolve().parent


class PlatformStack(cdk.Stack):
    """The network team's VPC: isolated subnets, and nothing that leads out."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            # It would be done by a function of the CDK's, which nobody has signed.
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                )
            ],
        )
        cdk.Validations.of(self.vpc).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions::AwsSolutions-VPC7",
                reason="Flow logs are charged by the volume, and for the network team to decide.",
            )
        )
        cdk.CfnOutput(self, "VpcId", value=self.vpc.vpc_id)


class OrdersStack(cdk.Stack):
    """A table of orders, and the only function that may read it, in the VPC that was there."""

    def __init__(
        self, scope: Construct, construct_id: str, *, vpc: ec2.IVpc | None, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        if vpc is None:
            vpc_id = self.node.get_context("vpc_id")
            vpc = ec2.Vpc.from_lookup(self, "Vpc", vpc_id=vpc_id)

        network = IsolatedNetwork.from_vpc(self, "Network", vpc=vpc)
        orders = dynamodb.TableV2(
            self,
            "Orders",
            partition_key=dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )
        read_order = SignedVpcFunction(
            self,
            "ReadOrder",
            signing=SigningBaseline(self, "Signing"),
            network=network,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(HERE / "lambda")),
            environment={"TABLE_NAME": orders.table_name},
        )
        orders.grant(read_order, "dynamodb:GetItem")

        cdk.CfnOutput(self, "FunctionName", value=read_order.function.function_name)
        cdk.CfnOutput(self, "TableName", value=orders.table_name)


def build(app: cdk.App) -> None:
    """Add the stacks to `app`, in the account and region the CDK CLI names."""
    env = cdk.Environment(
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
        region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"),
    )
    if app.node.try_get_context("vpc_id"):
        OrdersStack(app, "Orders", vpc=None, env=env)
        return
    # Without a VPC to look up, both are in one app.
    platform = PlatformStack(app, "Platform", env=env)
    OrdersStack(app, "Orders", vpc=platform.vpc, env=env)


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
