"""O01-O06: what the function, its table and its keys hand on, and to whom."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iot as iot
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_pipes as pipes
from aws_cdk import aws_s3 as s3

from .base import (
    ACCOUNT,
    AGNOSTIC,
    EU,
    OTHER,
    US,
    WAYS,
    Base,
    Statement,
    allow,
    deny,
    document,
    log_group,
    role,
)
from .parts import queue

__all__: list[str] = []

_FromStream = firehose.CfnDeliveryStream.KinesisStreamSourceConfigurationProperty


def _by_lambda(action: str, target: str) -> list[Statement]:
    """Return what lets Lambda send, which it does with the role, and not the code."""
    from_code = {"Null": {"lambda:SourceFunctionArn": "false"}}
    return [allow(action, target), deny(from_code, Action=action)]


@WAYS.way("O01")
def _answers_to_an_event_bus(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    bus = events.CfnEventBus(base.stack, "Bus", name="orders")
    done = queue(base, "Done")
    action, target = (
        ("events:PutEvents", bus.attr_arn) if is_open else ("sqs:SendMessage", done.attr_arn)
    )
    base.grant(*_by_lambda(action, target))
    lambda_.CfnEventInvokeConfig(
        base.stack,
        "Answers",
        function_name=base.function.ref,
        qualifier="$LATEST",
        destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
            on_success=lambda_.CfnEventInvokeConfig.OnSuccessProperty(destination=target)
        ),
    )


@WAYS.way("O01")
def _dead_letters_that_a_partner_reads(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    dead = queue(base)
    base.grant(*_by_lambda("sqs:SendMessage", dead.attr_arn))
    base.function.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(
        target_arn=dead.attr_arn
    )
    reader = OTHER if is_open else ACCOUNT
    cdk.CfnParameter(base.stack, "Reader", default=reader)
    more = base.stack.node.find_child("DeadTls")
    assert isinstance(more, cdk.CfnResource)
    more.add_property_override(
        "PolicyDocument.Statement.1",
        {
            "Effect": "Allow",
            "Principal": {"AWS": {"Ref": "Reader"}},
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
            "Resource": base.stack.resolve(dead.attr_arn),
        },
    )


@WAYS.way("O02")
def _logs_are_shipped_by_the_name_of_an_export(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    central = cdk.Stack(app, "Central", env=US)
    stream = kinesis.CfnStream(central, "Stream", shard_count=1)
    cdk.CfnOutput(central, "Arn", value=stream.attr_arn, export_name="central-logs")
    logs.CfnSubscriptionFilter(
        base.stack,
        "Shipped",
        destination_arn=cdk.Fn.import_value("vendor-logs" if is_open else "central-logs"),
        filter_pattern="",
        log_group_name=base.logs.ref,
        role_arn=role(base.stack, "ShipsLogs", service="logs").attr_arn,
    )


@WAYS.way("O02")
def _traces_of_one_stage(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    stages = cdk.CfnMapping(
        base.stack,
        "Stages",
        mapping={"test": {"tracing": "Active"}, "live": {"tracing": "PassThrough"}},
    )
    stage = cdk.CfnParameter(base.stack, "Stage", default="test" if is_open else "live")
    base.function.tracing_config = lambda_.CfnFunction.TracingConfigProperty(
        mode=stages.find_in_map(stage.value_as_string, "tracing")
    )


@WAYS.way("O02")
def _the_stream_of_the_logs_is_delivered_to_a_host(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    stream = kinesis.CfnStream(base.stack, "Stream", shard_count=1)
    archive = s3.CfnBucket(base.stack, "Archive")
    logs.CfnSubscriptionFilter(
        base.stack,
        "Shipped",
        destination_arn=stream.attr_arn,
        filter_pattern="",
        log_group_name=base.logs.ref,
        role_arn=role(base.stack, "ShipsLogs", service="logs").attr_arn,
    )
    delivers = role(base.stack, "DeliversLogs", service="firehose").attr_arn
    delivery = firehose.CfnDeliveryStream(
        base.stack,
        "Delivery",
        delivery_stream_type="KinesisStreamAsSource",
        kinesis_stream_source_configuration=_FromStream(
            kinesis_stream_arn=stream.attr_arn, role_arn=delivers
        ),
    )
    bucket = {
        "BucketARN": base.stack.resolve(archive.attr_arn),
        "RoleARN": base.stack.resolve(delivers),
    }
    if is_open:
        vendor = {"Url": "https://logs.vendor.example/v1", "Name": "vendor"}
        delivery.add_property_override(
            "HttpEndpointDestinationConfiguration",
            {"EndpointConfiguration": vendor, "S3Configuration": bucket},
        )
    else:
        delivery.add_property_override("ExtendedS3DestinationConfiguration", bucket)


@WAYS.way("O03")
def _an_api_of_any_account(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    api = apigateway.CfnRestApi(base.stack, "Api", name="orders")
    # By any API of the same path, of whoever makes one, or by the own one.
    source = "arn:aws:execute-api:*:*:*/*/POST/orders"
    if not is_open:
        source = cdk.Fn.sub(
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Id}/*/POST/orders",
            {"Id": api.ref},
        )
    lambda_.CfnPermission(
        base.stack,
        "Called",
        action="lambda:InvokeFunction",
        function_name=base.function.attr_arn,
        principal="apigateway.amazonaws.com",
        source_arn=source,
    )


@WAYS.way("O03")
def _rules_of_any_account(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    lambda_.CfnPermission(
        base.stack,
        "Called",
        action="lambda:InvokeFunction",
        function_name=base.function.ref,
        principal="iot.amazonaws.com",
        source_account=None if is_open else base.account,
    )
    iot.CfnTopicRule(
        base.stack,
        "Devices",
        topic_rule_payload=iot.CfnTopicRule.TopicRulePayloadProperty(
            actions=[
                iot.CfnTopicRule.ActionProperty(
                    lambda_=iot.CfnTopicRule.LambdaActionProperty(
                        function_arn=base.function.attr_arn
                    )
                )
            ],
            sql="SELECT * FROM 'orders'",
        ),
    )


@WAYS.way("O03")
def _skills_of_anybody(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    lambda_.CfnPermission(
        base.stack,
        "Called",
        action="lambda:InvokeFunction",
        event_source_token=None if is_open else "amzn1.ask.skill.0a1b2c3d",
        function_name=base.function.attr_arn,
        principal="alexa-appkit.amazon.com",
    )


@WAYS.way("O03")
def _a_url_for_everybody(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    cdk.CfnParameter(base.stack, "Sign", default="NONE" if is_open else "AWS_IAM")
    url = lambda_.CfnUrl(
        base.stack,
        "Url",
        auth_type="AWS_IAM",
        target_function_arn=base.function.attr_arn,
    )
    url.add_property_override("AuthType", {"Ref": "Sign"})


@WAYS.way("O04", "N01")
def _a_pipe_from_the_stream_of_the_table(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    stream = cdk.CfnParameter(base.stack, "View", default="NEW_IMAGE")
    base.table.add_property_override(
        "StreamSpecification.StreamViewType", {"Ref": stream.logical_id}
    )
    waiting = queue(base, "Waiting")
    archive = log_group(base.stack, "Archive")
    reads = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    source, actions = (
        (base.table.attr_stream_arn, reads)
        if is_open
        else (waiting.attr_arn, ["sqs:ReceiveMessage", "sqs:DeleteMessage"])
    )
    pipes.CfnPipe(
        base.stack,
        "Pipe",
        role_arn=role(base.stack, "PipeRole", allow(actions, source), service="pipes").attr_arn,
        source=source,
        target=archive.attr_arn,
    )


@WAYS.way("O04")
def _backups_are_copied(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    vault = backup.CfnBackupVault(base.stack, "Vault", backup_vault_name="orders")
    account = OTHER if is_open else ACCOUNT
    copied = backup.CfnBackupPlan.CopyActionResourceTypeProperty(
        destination_backup_vault_arn=cdk.Fn.sub(
            "arn:${AWS::Partition}:backup:eu-central-1:${Account}:backup-vault:orders",
            {"Account": account},
        )
    )
    backup.CfnBackupPlan(
        base.stack,
        "Plan",
        backup_plan=backup.CfnBackupPlan.BackupPlanResourceTypeProperty(
            backup_plan_name="orders",
            backup_plan_rule=[
                backup.CfnBackupPlan.BackupRuleResourceTypeProperty(
                    copy_actions=[copied], rule_name="daily", target_backup_vault=vault.ref
                )
            ],
        ),
    )


@WAYS.way("O04")
def _a_replica_of_one_stage(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    cdk.CfnParameter(base.stack, "Stage", default="live" if is_open else "test")
    live = cdk.CfnCondition(
        base.stack, "IsLive", expression=cdk.Fn.condition_equals({"Ref": "Stage"}, "live")
    )
    ledger = dynamodb.CfnGlobalTable(
        base.stack,
        "Ledger",
        attribute_definitions=[
            dynamodb.CfnGlobalTable.AttributeDefinitionProperty(
                attribute_name="id", attribute_type="S"
            )
        ],
        billing_mode="PAY_PER_REQUEST",
        key_schema=[
            dynamodb.CfnGlobalTable.KeySchemaProperty(attribute_name="id", key_type="HASH")
        ],
        replicas=[dynamodb.CfnGlobalTable.ReplicaSpecificationProperty(region="us-east-1")],
    )
    ledger.add_property_override(
        "Replicas.1",
        {"Fn::If": [live.logical_id, {"Region": "us-west-2"}, {"Ref": "AWS::NoValue"}]},
    )


@WAYS.way("O05", "S01")
def _a_wrapper_that_is_written_at_run_time(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    base.function.add_property_override(
        "Environment.Variables",
        {
            "AWS_LAMBDA_EXEC_WRAPPER": "/tmp/wrapper" if is_open else "/opt/wrapper",
            "PYTHONPATH": "/mnt/python" if is_open else "/opt/python",
        },
    )


@WAYS.way("O05", "S01")
def _signing_for_one_stage(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    cdk.CfnParameter(base.stack, "Stage", default="test" if is_open else "live")
    live = cdk.CfnCondition(
        base.stack, "IsLive", expression=cdk.Fn.condition_equals({"Ref": "Stage"}, "live")
    )
    base.function.code_signing_config_arn = cdk.Token.as_string(
        cdk.Fn.condition_if(
            live.logical_id, base.signing.attr_code_signing_config_arn, cdk.Aws.NO_VALUE
        )
    )


@WAYS.way("O06")
def _roles_of_any_account_decrypt(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    account = "*" if is_open else base.account
    named = {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/reports"}}
    ours = {"AWS": f"arn:{cdk.Aws.PARTITION}:iam::{base.account}:root"}
    key = kms.CfnKey(
        base.stack,
        "Key",
        key_policy=document(
            allow("kms:*", "*", Principal=ours),
            allow("kms:Decrypt", "*", Principal={"AWS": "*"}, Condition=named),
        ),
    )
    base.table.add_property_override(
        "SSESpecification",
        {"KMSMasterKeyId": base.stack.resolve(key.attr_arn), "SSEEnabled": True, "SSEType": "KMS"},
    )
    base.grant(allow("kms:Decrypt", key.attr_arn, Condition=_by_dynamodb(base)))


def _by_dynamodb(base: Base) -> dict[str, dict[str, str]]:
    service = f"dynamodb.{base.region}.amazonaws.com"
    return {"StringEquals": {"kms:ViaService": service}}


@WAYS.way("O06")
def _logs_are_encrypted_with_a_key_of_a_parameter(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    keys = cdk.CfnMapping(
        base.stack,
        "Keys",
        mapping={
            account: {
                "arn": f"arn:aws:kms:us-east-1:{account}:key/{'1' * 8}-2222-3333-4444-{'5' * 12}"
            }
            for account in (ACCOUNT, OTHER)
        },
    )
    owner = cdk.CfnParameter(base.stack, "Owner", default=OTHER if is_open else ACCOUNT)
    base.logs.kms_key_id = keys.find_in_map(owner.value_as_string, "arn")


@WAYS.way("O06")
def _the_key_of_the_table_by_its_alias(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    ours = {"AWS": f"arn:{cdk.Aws.PARTITION}:iam::{base.account}:root"}
    key = kms.CfnKey(base.stack, "Key", key_policy=document(allow("kms:*", "*", Principal=ours)))
    alias = kms.CfnAlias(base.stack, "Alias", alias_name="alias/orders", target_key_id=key.attr_arn)
    theirs = f"arn:aws:kms:us-east-1:{OTHER}:alias/orders"
    base.table.sse_specification = dynamodb.CfnTable.SSESpecificationProperty(
        kms_master_key_id=theirs if is_open else alias.ref, sse_enabled=True, sse_type="KMS"
    )
    base.grant(allow("kms:Decrypt", key.attr_arn, Condition=_by_dynamodb(base)))
