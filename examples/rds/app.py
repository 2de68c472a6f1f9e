"""Users in Aurora PostgreSQL, read by a function through RDS Proxy: no password, no way out.

Run ``python app.py`` to synthesize it (no credentials needed), ``cdk deploy`` to deploy it.
"""

import os
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from constructs import Construct

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

HERE = Path(__file__).resolve().parent

NAME = "users"
MASTER = "postgres"
READER = "user_info"
# Every proxy of PostgreSQL listens on this port, whatever that of its database is.
PORT = 5432


class UserDatabaseStack(cdk.Stack):
    """A cluster and its proxy in a closed network, and the only two functions that reach them."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        # To try it out: what is deployed with it can be deleted with all its data.
        disposable = self.node.try_get_context("disposable") == "true"

        signing = SigningBaseline(self, "Signing")
        network = IsolatedNetwork(self, "Network", dns_firewall_mutation_protection=not disposable)
        subnets = ec2.SubnetSelection(subnets=network.subnets)

        # The CDK's own groups would allow everything outbound.
        database_group, proxy_group = (
            ec2.SecurityGroup(
                self,
                f"{name}Group",
                vpc=network.vpc,
                description=f"{name} of the users",
                allow_all_outbound=False,
            )
            for name in ("Database", "Proxy")
        )

        database = rds.DatabaseCluster(
            self,
            "Database",
            engine=rds.DatabaseClusterEngine.aurora_postgres(
                version=rds.AuroraPostgresEngineVersion.VER_17_7
            ),
            credentials=rds.Credentials.from_username(MASTER),
            manage_master_user_password=True,
            default_database_name=NAME,
            writer=rds.ClusterInstance.serverless_v2("Writer"),
            serverless_v2_min_capacity=0.5,
            serverless_v2_max_capacity=2,
            iam_authentication=True,
            storage_encrypted=True,
            backup=rds.BackupProps(retention=cdk.Duration.days(14)),
            deletion_protection=not disposable,
            removal_policy=cdk.RemovalPolicy.DESTROY if disposable else None,
            vpc=network.vpc,
            vpc_subnets=subnets,
            security_groups=[database_group],
        )
        # The master user logs in with IAM as well: there is no password anywhere, so none to keep,
        # to rotate or to lose. The CDK's construct has no word for it yet.
        cluster = cast(rds.CfnDBCluster, database.node.default_child)
        cluster.manage_master_user_password = None
        cluster.master_user_authentication_type = "iam-db-auth"

        # The proxy checks the function's token, and logs in to the cluster with one of its own.
        proxy_role = iam.Role(
            self, "ProxyRole", assumed_by=iam.ServicePrincipal("rds.amazonaws.com")
        )
        proxy = rds.DatabaseProxy(
            self,
            "Proxy",
            proxy_target=rds.ProxyTarget.from_cluster(database),
            # One name for each stack, in small letters: tokens are signed for the endpoint's name.
            db_proxy_name=f"{self.stack_name}-users".lower(),
            default_auth_scheme=rds.DefaultAuthScheme.IAM_AUTH,
            require_tls=True,
            role=proxy_role,
            vpc=network.vpc,
            vpc_subnets=subnets,
            security_groups=[proxy_group],
        )
        network.allow_dns_names(proxy.endpoint)

        # One asset for both functions, signed once, and the driver as a signed layer.
        code = signing.signed(lambda_.Code.from_asset(str(HERE / "lambda")))
        driver = lambda_.LayerVersion(
            self,
            "Driver",
            code=signing.signed(lambda_.Code.from_asset(str(HERE / "driver"))),
            description="pg8000",
        )
        if not (HERE / "driver" / "python" / "pg8000").is_dir():
            cdk.Annotations.of(driver).add_warning_v2(
                "rds:driver",
                "the driver is missing, and the functions would fail without it; run: pip install "
                "--require-hashes --requirement driver/requirements.txt --target driver/python",
            )

        def function(id: str, handler: str, user: str, **variables: str) -> SignedVpcFunction:
            made = SignedVpcFunction(
                self,
                id,
                signing=signing,
                network=network,
                runtime=lambda_.Runtime.PYTHON_3_14,
                handler=handler,
                code=code,
                layers=[driver],
                timeout=cdk.Duration.seconds(30),
                memory_size=256,
                environment={
                    "DATABASE_HOST": proxy.endpoint,
                    "DATABASE_NAME": NAME,
                    "DATABASE_PORT": str(PORT),
                    "DATABASE_USER": user,
                    **variables,
                },
            )
            proxy.connections.allow_from(made, ec2.Port.tcp(PORT))
            proxy.grant_connect(made, user)
            database.grant_connect(proxy_role, user)
            return made

        user_info = function("UserInfo", "index.handler", READER)
        prepare = function("Prepare", "index.prepare", MASTER, READER=READER)

        acknowledge(database, proxy)

        cdk.CfnOutput(self, "FunctionName", value=user_info.function.function_name)
        cdk.CfnOutput(self, "PrepareFunctionName", value=prepare.function.function_name)


def acknowledge(database: rds.DatabaseCluster, proxy: rds.DatabaseProxy) -> None:
    """Say to linters why something is as it is."""
    writer = cast(rds.CfnDBInstance, database.node.find_child("Writer").node.default_child)
    monitoring = "It needs a role with a policy of AWS's own; CloudWatch has metrics without."
    writer.add_metadata("checkov", {"skip": [{"id": "CKV_AWS_118", "comment": monitoring}]})

    targets = cast(rds.CfnDBProxyTargetGroup, proxy.node.find_child("ProxyTargetGroup"))
    twice = {"W3005": "The CDK names what is referred to anyway; to say it twice changes nothing."}
    targets.add_metadata("cfn-lint", {"config": {"ignore_checks": list(twice)}, "reasons": twice})


def build(app: cdk.App) -> UserDatabaseStack:
    """Add the stack to `app`, in the account and region the CDK CLI names."""
    return UserDatabaseStack(
        app,
        "UserDatabase",
        env=cdk.Environment(
            account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
            region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"),
        ),
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
