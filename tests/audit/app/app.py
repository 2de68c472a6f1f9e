"""One of everything that an audit compares: functions in and outside a VPC, and what they need."""

import os

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from secure_lambda_constructs import (
    EgressRelayFunction,
    IsolatedNetwork,
    RelayRoute,
    SignedVpcFunction,
    SigningBaseline,
)

app = cdk.App()
stack = cdk.Stack(
    app,
    "Audited",
    env=cdk.Environment(
        account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]
    ),
)
elsewhere = cdk.Stack(
    app, "Elsewhere", env=cdk.Environment(account="999900001111", region="eu-west-1")
)
cdk.CfnWaitConditionHandle(elsewhere, "Nothing")
boundary = iam.ManagedPolicy(
    stack,
    "Boundary",
    managed_policy_name="AuditedBoundary",
    statements=[iam.PolicyStatement(actions=["logs:*"], resources=["*"])],
)
iam.PermissionsBoundary.of(stack).apply(boundary)
signing = SigningBaseline(stack, "Signing")
network = IsolatedNetwork(stack, "Network")
orders = SignedVpcFunction(
    stack,
    "Orders",
    signing=signing,
    network=network,
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_asset("lambda"),
    environment={"GREETING": "hello", "ACCOUNT": stack.account},
    layers=[
        lambda_.LayerVersion(
            stack, "Greeting", code=signing.signed(lambda_.Code.from_asset("layer"))
        )
    ],
)
orders.function.add_alias("live")
orders.function.add_permission(
    "Nightly",
    principal=iam.ServicePrincipal("events.amazonaws.com"),
    source_arn=f"arn:aws:events:{stack.region}:{stack.account}:rule/nightly",
)
relay = EgressRelayFunction(
    stack,
    "Relay",
    signing=signing,
    reserved_concurrent_executions=5,
    routes=[RelayRoute("rates", method="GET", host="api.example.com", path="/v1/rates")],
)
relay.grant_invoke(orders)
items = dynamodb.TableV2(
    stack,
    "Items",
    partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
)
items.grant_read_data(orders)
s3.Bucket(stack, "Files", block_public_access=s3.BlockPublicAccess.BLOCK_ALL, enforce_ssl=True)
jobs = sqs.Queue(stack, "Jobs", enforce_ssl=True)
failed = sqs.Queue(stack, "Failed", encryption=sqs.QueueEncryption.KMS_MANAGED, enforce_ssl=True)
lambda_.EventSourceMapping(
    stack, "FromJobs", target=orders.function, event_source_arn=jobs.queue_arn, enabled=False
)
orders.function.configure_async_invoke(on_failure=destinations.SqsDestination(failed))
alarms = sns.Topic(stack, "Alarms", enforce_ssl=True)
sns.Subscription(
    stack,
    "OnCall",
    topic=alarms,
    protocol=sns.SubscriptionProtocol.EMAIL,
    endpoint="on-call@example.com",
)
kms.Key(stack, "Key", enable_key_rotation=True)
secretsmanager.Secret(stack, "Token")
events.Rule(
    stack,
    "Daily",
    schedule=events.Schedule.rate(cdk.Duration.days(1)),
    targets=[targets.SqsQueue(jobs)],
)
cdk.CfnOutput(stack, "OrdersName", value=orders.function.function_name)
cdk.CfnOutput(stack, "RelayName", value=relay.function.function_name)
app.synth()
