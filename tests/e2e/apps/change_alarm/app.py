"""A function, and an alarm that freezes it where somebody else than the pipeline changes it."""

import os

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from secure_lambda_constructs import ChangeAlarm, SigningBaseline

app = cdk.App()
stack = cdk.Stack(
    app,
    "Watched",
    env=cdk.Environment(
        account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]
    ),
)
signing = SigningBaseline(stack, "Signing")
orders = lambda_.Function(
    stack,
    "Orders",
    function_name="prod-orders",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=signing.signed(lambda_.Code.from_asset("lambda")),
    code_signing_config=signing.code_signing_config,
)
inbox = sqs.Queue(stack, "Inbox")
topic = sns.Topic(stack, "Security")
topic.add_subscription(subscriptions.SqsSubscription(inbox, raw_message_delivery=True))
ChangeAlarm(
    stack,
    "Changes",
    topic=topic,
    pipeline_roles=["arn:aws:iam::*:role/deploy"],
    freeze_functions=[orders],
    signing=signing,
)
cdk.CfnOutput(stack, "InboxUrl", value=inbox.queue_url)
app.synth()
