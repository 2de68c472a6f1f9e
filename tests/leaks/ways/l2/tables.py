"""O04 and O06: ways to share or copy a table, and keys."""

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs

from .base import ACCOUNT, FOREIGN, WAYS, stack_of
from .plain import Plain, role_of, table_of

__all__: list[str] = []


@WAYS.way("O04", "S01", "N01", "I01", "I02", "I04", "I05", "I06", "O05")
def _regions_of_the_old_table(app: cdk.App, is_open: bool) -> None:
    """A property of the older construct copies the table, by functions of the CDK."""
    stack = stack_of(app)
    Plain(stack)
    dynamodb.Table(
        stack,
        "Old",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        replication_regions=["eu-west-1"] if is_open else None,
        stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    )


@WAYS.way("O04")
def _replica(app: cdk.App, is_open: bool) -> None:
    """The table is copied to another region, or read by its index."""
    stack = stack_of(app)
    replicas = [dynamodb.ReplicaTableProps(region="eu-west-1")] if is_open else None
    table = table_of(stack, replicas=replicas)
    table.add_global_secondary_index(
        index_name="by_day",
        partition_key=dynamodb.Attribute(name="day", type=dynamodb.AttributeType.STRING),
    )
    Plain(stack, table=table)


@WAYS.way("O04")
def _table_for_another_account(app: cdk.App, is_open: bool) -> None:
    """The policy of the table admits another account, or this one."""
    stack = stack_of(app, region="eu-west-1")
    table = table_of(stack)
    Plain(stack, table=table)
    table.grant_read_data(iam.AccountPrincipal(FOREIGN if is_open else ACCOUNT))


@WAYS.way("O04")
def _stream_of_another_account(app: cdk.App, is_open: bool) -> None:
    """What changes in the table is put on a stream of another account, or on an own one."""
    stack = stack_of(app)
    arn = f"arn:aws:kinesis:us-east-1:{FOREIGN}:stream/changes"
    stream: kinesis.IStream = (
        kinesis.Stream.from_stream_arn(stack, "Changes", arn)
        if is_open
        else kinesis.Stream(stack, "Changes")
    )
    Plain(stack, table=table_of(stack, kinesis_stream=stream))


@WAYS.way("O04")
def _stream_that_others_read(app: cdk.App, is_open: bool) -> None:
    """The stream of changes is an own one, and its policy admits another account, or this one."""
    stack = stack_of(app)
    changes = kinesis.Stream(stack, "Changes")
    Plain(stack, table=table_of(stack, kinesis_stream=changes))
    changes.grant_read(iam.AccountPrincipal(FOREIGN if is_open else ACCOUNT))


@WAYS.way("O04")
def _vault_that_others_copy(app: cdk.App, is_open: bool) -> None:
    """Backups are in an own vault, whose policy lets another account copy them, or this one."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    copies = iam.PolicyStatement(
        principals=[iam.AccountPrincipal(FOREIGN if is_open else ACCOUNT)],
        actions=["backup:CopyFromBackupVault"],
        resources=["*"],
    )
    document = iam.PolicyDocument(statements=[copies])
    vault = backup.BackupVault(stack, "First", access_policy=document)
    plan = backup.BackupPlan(stack, "Plan", backup_vault=vault)
    plan.add_rule(backup.BackupPlanRule())
    _select(plan, plain.table)


@WAYS.way("O04", "N01", "R02", "R03", "R04", "R05")
def _consumer_outside(app: cdk.App, is_open: bool) -> None:
    """What the function writes is fed to one that is in no VPC, as to a relay; or to itself."""
    stack = stack_of(app, region="eu-west-1")
    table = table_of(stack, dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE)
    plain = Plain(stack, table=table)
    table.grant_write_data(plain.role)
    consumer = plain.function
    if is_open:
        role = role_of(stack, "ConsumerRole", is_inside=False)
        consumer = plain.add(
            "Consumer", role=role, vpc=None, vpc_subnets=None, security_groups=None
        )
    consumer.add_event_source(
        sources.DynamoEventSource(table, starting_position=lambda_.StartingPosition.LATEST)
    )


@WAYS.way("O04")
def _backups_elsewhere(app: cdk.App, is_open: bool) -> None:
    """Backups are copied to a vault of the backup account, or to a second one of this account."""
    stack = stack_of(app)
    plain = Plain(stack)
    account = FOREIGN if is_open else ACCOUNT
    vault = backup.BackupVault.from_backup_vault_arn(
        stack, "Second", f"arn:aws:backup:eu-west-1:{account}:backup-vault:second"
    )
    plan = backup.BackupPlan(stack, "Plan", backup_vault=backup.BackupVault(stack, "First"))
    plan.add_rule(
        backup.BackupPlanRule(
            copy_actions=[backup.BackupPlanCopyActionProps(destination_backup_vault=vault)]
        )
    )
    _select(plan, plain.table)


def _select(plan: backup.BackupPlan, table: dynamodb.TableV2) -> None:
    """Have the table backed up by the role that AWS Backup has for itself."""
    name = "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
    role = iam.Role.from_role_arn(plan, "Service", f"arn:aws:iam::{ACCOUNT}:role/{name}")
    plan.add_selection(
        "Tables",
        disable_default_backup_policy=True,
        resources=[backup.BackupResource.from_arn(table.table_arn)],
        role=role,
    )


@WAYS.way("O06")
def _key_for_another_account(app: cdk.App, is_open: bool) -> None:
    """A grant of the table's key admits another account, or an operator of this one."""
    data, stack = stack_of(app, "Data"), stack_of(app)
    key = kms.Key(data, "Key", enable_key_rotation=True)
    encryption = dynamodb.TableEncryptionV2.customer_managed_key(key)
    table = table_of(data, encryption=encryption)
    Plain(stack, table=table)
    operator = iam.Role(data, "Operator", assumed_by=iam.AccountRootPrincipal())
    cloudwatch.Metric.grant_put_metric_data(operator)
    key.grant_decrypt(iam.AccountPrincipal(FOREIGN) if is_open else operator)


@WAYS.way("O06")
def _key_of_another_account(app: cdk.App, is_open: bool) -> None:
    """The log is encrypted with a key of another account, or of the platform's stack."""
    stack = stack_of(app, region="eu-west-1")
    platform = stack_of(app, "Platform", region="eu-west-1")
    made = kms.Key(platform, "Key", enable_key_rotation=True)
    arn = f"arn:aws:kms:eu-west-1:{FOREIGN}:key/11111111-2222-3333-4444-555555555555"
    key = kms.Key.from_key_arn(stack, "Imported", arn if is_open else made.key_arn)
    group = logs.LogGroup(stack, "Group", encryption_key=key)
    plain = Plain(stack, log_group=group)
    group.grant_write(plain.role)


@WAYS.way("O06")
def _through_a_service(app: cdk.App, is_open: bool) -> None:
    """Whoever comes through S3 may use the key, or whoever does and is of this account."""
    stack = stack_of(app)
    Plain(stack)
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    conditions = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
    if not is_open:
        conditions["kms:CallerAccount"] = ACCOUNT
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=["kms:Decrypt"],
            resources=["*"],
            conditions={"StringEquals": conditions},
        )
    )
