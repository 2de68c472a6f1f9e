"""A database in the VPC: who has its password, and how wide the way to it is."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager

from .base import AGNOSTIC, EU, WAYS, WRITES, Base, allow, log_group, role

__all__: list[str] = []

_LOGIN = "rds-db:connect"


class _Database:
    """A cluster that the function logs in to without a password."""

    def __init__(self, base: Base, *, keeps_password: bool = False) -> None:
        stack = base.stack
        subnets = rds.CfnDBSubnetGroup(
            stack,
            "Subnets",
            db_subnet_group_description="Orders",
            subnet_ids=[each.ref for each in base.subnets],
        )
        self.group = ec2.CfnSecurityGroup(
            stack,
            "DatabaseGroup",
            group_description="Database",
            security_group_ingress=[
                ec2.CfnSecurityGroup.IngressProperty(
                    ip_protocol="tcp",
                    from_port=5432,
                    to_port=5432,
                    source_security_group_id=base.group.attr_group_id,
                )
            ],
            vpc_id=base.vpc.ref,
        )
        self.cluster = rds.CfnDBCluster(
            stack,
            "Cluster",
            db_subnet_group_name=subnets.ref,
            enable_iam_database_authentication=True,
            engine="aurora-postgresql",
            manage_master_user_password=keeps_password,
            master_username="postgres",
            storage_encrypted=True,
            vpc_security_group_ids=[self.group.attr_group_id],
        )
        rds.CfnDBInstance(
            stack,
            "Writer",
            db_cluster_identifier=self.cluster.ref,
            db_instance_class="db.serverless",
            engine="aurora-postgresql",
            publicly_accessible=False,
        )
        user = "arn:${AWS::Partition}:rds-db:${AWS::Region}:${AWS::AccountId}:dbuser:${Id}/orders"
        login = cdk.Fn.sub(user, {"Id": self.cluster.attr_db_cluster_resource_id})
        # RDS tells IAM nothing of where a login comes from.
        base.denies[1]["NotAction"] = [*WRITES, _LOGIN]
        base.grant(allow(_LOGIN, login))
        base.names = [*base.names, self.cluster.attr_endpoint_address]
        base.known.domains = base.names

    def rule(self, base: Base, first: int) -> ec2.CfnSecurityGroup.EgressProperty:
        """Return the rule that lets out to the database, from a port on."""
        return ec2.CfnSecurityGroup.EgressProperty(
            ip_protocol="tcp",
            from_port=first,
            to_port=5432,
            destination_security_group_id=self.group.attr_group_id,
        )


def _reporter(base: Base, secrets: str) -> None:
    """Make a function outside that reads a secret."""
    logs = log_group(base.stack, "ReportLogs")
    of = role(
        base.stack,
        "ReportRole",
        allow(WRITES, logs.attr_arn),
        allow("secretsmanager:GetSecretValue", secrets),
    )
    base.signed("Report", of, logs)


@WAYS.way("N01", "I01", "I02")
def _the_password_that_rds_keeps(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    database = _Database(base, keeps_password=True)
    base.let_out(database.rule(base, 5432))
    token = secretsmanager.CfnSecret(base.stack, "Token")
    password = database.cluster.attr_master_user_secret_secret_arn
    _reporter(base, password if is_open else token.ref)


@WAYS.way("N01", "I01", "I02")
def _the_password_is_among_the_secrets_of_the_app(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    database = _Database(base)
    base.let_out(database.rule(base, 5432))
    password = secretsmanager.CfnSecret(
        base.stack,
        "Password",
        name="orders/database",
        generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
            generate_string_key="password", secret_string_template='{"username": "postgres"}'
        ),
    )
    secretsmanager.CfnSecretTargetAttachment(
        base.stack,
        "Attached",
        secret_id=password.ref,
        target_id=database.cluster.ref,
        target_type="AWS::RDS::DBCluster",
    )
    arn = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
    _reporter(base, cdk.Fn.sub(f"{arn}orders/*" if is_open else f"{arn}reports/*"))


@WAYS.way("N10")
def _all_ports_of_the_database(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    database = _Database(base)
    base.let_out(database.rule(base, 1 if is_open else 5432))
