"""The app that the runbook is tried on: one function that runs signed code only."""

import datetime  # noqa: F401 - the runbook's lines use it

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import SigningBaseline

app = cdk.App()
stack = cdk.Stack(app, "UserInfo", env=cdk.Environment(region="us-east-1"))
signing = SigningBaseline(stack, "Signing")
function = lambda_.Function(
    stack,
    "Function",
    runtime=lambda_.Runtime.PYTHON_3_11,
    handler="index.handler",
    code=signing.signed(lambda_.Code.from_asset("lambda")),
    code_signing_config=signing.code_signing_config,
)
cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
app.synth()
