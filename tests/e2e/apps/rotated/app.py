"""A function whose profile, and whether it is enforced, the context says; with alarms."""

import datetime
import os

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from secure_lambda_constructs import SigningBaseline

app = cdk.App()
context = app.node.try_get_context
stack = cdk.Stack(
    app,
    "Rotated",
    env=cdk.Environment(
        account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]
    ),
)
retiring = context("retiring")
signing = SigningBaseline(
    stack,
    "Signing",
    profile_name=context("profile"),
    retiring_publishers={retiring: datetime.date.fromisoformat(context("until"))}
    if retiring
    else None,
    enforcement=lambda_.UntrustedArtifactOnDeployment[context("enforcement") or "ENFORCE"],
)
signing.add_alarms(sns.Topic(stack, "Alerts"))
function = lambda_.Function(
    stack,
    "Echo",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=signing.signed(lambda_.Code.from_asset("lambda")),
    code_signing_config=signing.code_signing_config,
)
cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
app.synth()
