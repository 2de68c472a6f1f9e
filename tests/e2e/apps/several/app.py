"""Several closed functions with code of their own, and a layer that all of them share."""

import os
import shutil
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

FUNCTIONS = 6

app = cdk.App()
stack = cdk.Stack(
    app,
    "Several",
    env=cdk.Environment(
        account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]
    ),
)
signing = SigningBaseline(stack, "Signing")
network = IsolatedNetwork(stack, "Network")
layer = lambda_.LayerVersion(
    stack, "Greeting", code=signing.signed(lambda_.Code.from_asset("layer"))
)
for number in range(FUNCTIONS):
    code = Path("code", str(number))
    shutil.copytree("lambda", code, dirs_exist_ok=True)
    (code / "number.py").write_text(f"NUMBER = {number}\n")
    function = SignedVpcFunction(
        stack,
        f"Function{number}",
        signing=signing,
        network=network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(code)),
        layers=[layer],
    )
    cdk.CfnOutput(stack, f"Name{number}", value=function.function.function_name)
cdk.CfnOutput(stack, "Layer", value=layer.layer_version_arn)
app.synth()
