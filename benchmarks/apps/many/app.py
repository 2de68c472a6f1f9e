"""A stack of many functions, each with code of its own that is signed while it is published.

With the context ``plain`` the same functions have unsigned code and no code signing: what the CDK
makes without us.
"""

import os
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import SigningBaseline

app = cdk.App()
stack = cdk.Stack(
    app,
    "Many",
    env=cdk.Environment(
        account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]
    ),
)
plain = app.node.try_get_context("plain")
signing = None if plain else SigningBaseline(stack, "Signing")
# One role for all: the benchmark measures signing, not how long roles take.
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
for folder in sorted(Path("code").iterdir()):
    code = lambda_.Code.from_asset(str(folder))
    lambda_.Function(
        stack,
        folder.name.capitalize(),
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        role=role,
        code=signing.signed(code) if signing else code,
        code_signing_config=signing.code_signing_config if signing else None,
    )
app.synth()
