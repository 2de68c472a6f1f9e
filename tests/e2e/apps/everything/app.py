"""An app that knows nothing of signing, and one line that has all of it signed.

A Stage with a stack: an ordinary function with a layer, one in a nested stack, one that is a
singleton of the stack, and one that is left out.
"""

import os

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import SigningBaseline


def existing(stage: cdk.Stage) -> cdk.Stack:
    """Make what was there before anybody thought of signing."""
    stack = cdk.Stack(stage, "Shop")
    nested = cdk.NestedStack(stack, "Nested")
    layer = lambda_.LayerVersion(stack, "Greeting", code=lambda_.Code.from_asset("layer"))
    code = lambda_.Code.from_asset("lambda")
    runtime, handler = lambda_.Runtime.PYTHON_3_13, "index.handler"
    functions: dict[str, lambda_.IFunction] = {
        "Top": lambda_.Function(
            stack, "Top", runtime=runtime, handler=handler, code=code, layers=[layer]
        ),
        "Single": lambda_.SingletonFunction(
            stack,
            "Single",
            uuid="6f0d1c2e",
            runtime=runtime,
            handler=handler,
            code=code,
            layers=[layer],
        ),
        "Below": lambda_.Function(
            nested,
            "Below",
            runtime=runtime,
            handler=handler,
            code=lambda_.Code.from_asset("lambda"),
            layers=[layer],
        ),
        "Inline": lambda_.Function(
            stack,
            "Inline",
            runtime=runtime,
            handler=handler,
            code=lambda_.Code.from_inline("def handler(event, context):\n    return 'inline'\n"),
        ),
    }
    for name, function in functions.items():
        cdk.CfnOutput(stack, f"{name}Name", value=function.function_name)
    return stack


app = cdk.App()
stage = cdk.Stage(
    app,
    "Live",
    env=cdk.Environment(
        account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]
    ),
)
shop = existing(stage)
SigningBaseline(shop, "Signing").sign_everything(app, skip=["Live/Shop/Inline"])
app.synth()
