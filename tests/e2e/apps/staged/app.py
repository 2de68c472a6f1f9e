"""A Stage (``Prod``, or the context's ``stage``) with a stack and a nested stack below it."""

import os

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import ISigningBaseline, SigningBaseline


def _function(stack: cdk.Stack, signing: ISigningBaseline) -> lambda_.Function:
    function = lambda_.Function(
        stack,
        "Echo",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=signing.signed(lambda_.Code.from_asset("lambda")),
        code_signing_config=signing.code_signing_config,
    )
    return function


app = cdk.App()
stage = cdk.Stage(
    app,
    app.node.try_get_context("stage") or "Prod",
    env=cdk.Environment(
        account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]
    ),
)
stack = cdk.Stack(stage, "Echo")
signing = SigningBaseline(stack, "Signing")
nested = cdk.NestedStack(stack, "Nested")
cdk.CfnOutput(stack, "Top", value=_function(stack, signing).function_name)
cdk.CfnOutput(stack, "Below", value=_function(nested, signing).function_name)
app.synth()
