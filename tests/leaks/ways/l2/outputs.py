"""O01-O03: ways out through what the function hands on."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_logs_destinations as logs_destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from .base import ACCOUNT, FOREIGN, WAYS, Network, stack_of
from .plain import Plain, table_of

__all__: list[str] = []


@WAYS.way("O01")
def _queue_of_the_construct(app: cdk.App, is_open: bool) -> None:
    """The CDK makes the dead letter queue: without a policy, so that it is open without TLS."""
    stack = stack_of(app)
    if is_open:
        Plain(stack, dead_letter_queue_enabled=True)
    else:
        kind = sqs.QueueEncryption.KMS_MANAGED
        queue = sqs.Queue(stack, "Dead", encryption=kind, enforce_ssl=True)
        Plain(stack, dead_letter_queue=queue)


@WAYS.way("O01")
def _queue_without_encryption(app: cdk.App, is_open: bool) -> None:
    """Somebody has turned the encryption of the queue off, which it has by default."""
    stack = stack_of(app, region=None)
    kind = sqs.QueueEncryption.UNENCRYPTED if is_open else None
    Plain(stack, dead_letter_queue=sqs.Queue(stack, "Dead", encryption=kind, enforce_ssl=True))


@WAYS.way("O01", "I07")
def _bus_of_another_account(app: cdk.App, is_open: bool) -> None:
    """What succeeds goes to a bus of another account, or to a queue."""
    stack = stack_of(app, region="eu-west-1")
    target: lambda_.IDestination
    if is_open:
        arn = f"arn:aws:events:eu-west-1:{FOREIGN}:event-bus/central"
        bus = events.EventBus.from_event_bus_arn(stack, "Central", arn)
        target = destinations.EventBridgeDestination(bus)
    else:
        kind = sqs.QueueEncryption.SQS_MANAGED
        queue = sqs.Queue(stack, "Done", encryption=kind, enforce_ssl=True)
        target = destinations.SqsDestination(queue)
    Plain(stack, on_success=target)


@WAYS.way("O01", "I07")
def _queue_for_another_account(app: cdk.App, is_open: bool) -> None:
    """The operators of another account may read the dead letters, or those of this one."""
    data, stack = stack_of(app, "Data"), stack_of(app)
    key = kms.Key(data, "Key", enable_key_rotation=True)
    queue = sqs.Queue(data, "Dead", encryption_master_key=key, enforce_ssl=True)
    Plain(stack, dead_letter_queue=queue, table=table_of(data), has_table_endpoint=True)
    reader = iam.AccountPrincipal(FOREIGN if is_open else ACCOUNT)
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[reader], actions=["sqs:ReceiveMessage"], resources=[queue.queue_arn]
        )
    )


@WAYS.way("O01", "I07")
def _failed_messages(app: cdk.App, is_open: bool) -> None:
    """What of a stream could not be handled goes to a queue of another account, or an own one."""
    stack = stack_of(app, region="eu-west-1")
    table = table_of(stack, dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE)
    plain = Plain(stack, table=table)
    queue: sqs.IQueue = sqs.Queue(
        stack, "Dead", encryption=sqs.QueueEncryption.SQS_MANAGED, enforce_ssl=True
    )
    if is_open:
        queue = sqs.Queue.from_queue_arn(stack, "Far", f"arn:aws:sqs:eu-west-1:{FOREIGN}:dead")
    plain.function.add_event_source(
        sources.DynamoEventSource(
            table,
            on_failure=sources.SqsDlq(queue),
            starting_position=lambda_.StartingPosition.LATEST,
        )
    )


@WAYS.way("O02")
def _traces(app: cdk.App, is_open: bool) -> None:
    """The function sends traces, which leave through Lambda's own network."""
    mode = lambda_.Tracing.ACTIVE if is_open else lambda_.Tracing.DISABLED
    Plain(stack_of(app), tracing=mode)


@WAYS.way("O02")
def _central_stream(app: cdk.App, is_open: bool) -> None:
    """The log is shipped to a stream of the security account, or to an own one."""
    stack = stack_of(app, region="eu-west-1")
    group = logs.LogGroup(stack, "Group")
    plain = Plain(stack, log_group=group)
    group.grant_write(plain.role)
    arn = f"arn:aws:kinesis:eu-west-1:{FOREIGN}:stream/central"
    stream: kinesis.IStream = (
        kinesis.Stream.from_stream_arn(stack, "Stream", arn)
        if is_open
        else kinesis.Stream(stack, "Stream")
    )
    group.add_subscription_filter(
        "Shipped",
        destination=logs_destinations.KinesisDestination(stream),
        filter_pattern=logs.FilterPattern.all_events(),
    )


@WAYS.way("O02", "I06")
def _log_group_by_its_name(app: cdk.App, is_open: bool) -> None:
    """The log group is one that no template creates, or that of the platform."""
    platform, stack = stack_of(app, "Platform"), stack_of(app)
    made = logs.LogGroup(platform, "Group")
    name = "central" if is_open else made.log_group_name
    group = logs.LogGroup.from_log_group_name(stack, "Group", name)
    plain = Plain(stack, log_group=group)
    (group if is_open else made).grant_write(plain.role)


@WAYS.way("O02")
def _flow_log(app: cdk.App, is_open: bool) -> None:
    """Who talks to whom is logged to a bucket of nobody knows whom, or to an own one."""
    stack = stack_of(app)
    network = Network(stack)
    Plain(stack, network=network)
    bucket: s3.IBucket = s3.Bucket(stack, "Flows", enforce_ssl=True)
    if is_open:
        bucket = s3.Bucket.from_bucket_name(stack, "Central", "central-flows")
    network.vpc.add_flow_log("Flow", destination=ec2.FlowLogDestination.to_s3(bucket))


@WAYS.way("O03")
def _url_for_everybody(app: cdk.App, is_open: bool) -> None:
    """The function has a URL that needs a signature, or none."""
    plain = Plain(stack_of(app))
    kinds = lambda_.FunctionUrlAuthType
    plain.function.add_function_url(auth_type=kinds.NONE if is_open else kinds.AWS_IAM)


@WAYS.way("O03")
def _callers_of_another_account(app: cdk.App, is_open: bool) -> None:
    """A grant admits another account, or this one."""
    plain = Plain(stack_of(app, region="eu-west-1"))
    caller = iam.AccountPrincipal(FOREIGN if is_open else ACCOUNT)
    plain.function.grant_invoke(caller)


@WAYS.way("O03")
def _service_without_a_source(app: cdk.App, is_open: bool) -> None:
    """S3 may call the function for whoever has a bucket, or for this account."""
    stack = stack_of(app, region=None)
    plain = Plain(stack)
    plain.function.add_alias("live").add_permission(
        "Uploads",
        principal=iam.ServicePrincipal("s3.amazonaws.com"),
        source_account=None if is_open else stack.account,
    )


@WAYS.way("O03")
def _balancer_of_anybody(app: cdk.App, is_open: bool) -> None:
    """A load balancer may call the function: one of whatever account, or one of this account."""
    stack = stack_of(app)
    plain = Plain(stack)
    balancer = iam.ServicePrincipal("elasticloadbalancing.amazonaws.com")
    if is_open:
        plain.function.grant_invoke(balancer)
    else:
        plain.function.add_permission("Balancer", principal=balancer, source_account=ACCOUNT)


@WAYS.way("O03")
def _organization(app: cdk.App, is_open: bool) -> None:
    """Everybody may call the function, or everybody of an organization."""
    plain = Plain(stack_of(app, region="eu-west-1"))
    everybody = iam.AnyPrincipal() if is_open else iam.OrganizationPrincipal("o-a1b2c3d4e5")
    plain.function.grant_invoke(everybody)


@WAYS.way("O03")
def _url_for_another_account(app: cdk.App, is_open: bool) -> None:
    """The URL needs a signature: one of another account, or one of this account."""
    plain = Plain(stack_of(app))
    url = plain.function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM)
    url.grant_invoke_url(iam.AccountPrincipal(FOREIGN if is_open else ACCOUNT))


@WAYS.way("O03")
def _rotation_of_a_secret(app: cdk.App, is_open: bool) -> None:
    """Secrets Manager may call the function for whoever has a secret, or for this one."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    secret = secretsmanager.Secret(stack, "Password")
    service = iam.ServicePrincipal("secretsmanager.amazonaws.com")
    if is_open:
        plain.function.grant_invoke(service)
    else:
        plain.function.add_permission("Rotates", principal=service, source_arn=secret.secret_arn)
    rotation = secretsmanager.CfnRotationSchedule(
        stack,
        "Rotation",
        rotation_lambda_arn=plain.function.function_arn,
        rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
            schedule_expression="rate(30 days)"
        ),
        secret_id=secret.secret_arn,
    )
    rotation.node.add_dependency(plain.function)
