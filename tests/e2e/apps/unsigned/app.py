"""What the CDK does by itself: a code signing config, and code that nobody signs."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_signer as signer

app = cdk.App()
stack = cdk.Stack(app, "Unsigned")
profile = signer.SigningProfile(stack, "Profile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA)
lambda_.Function(
    stack,
    "Function",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_asset("lambda"),
    code_signing_config=lambda_.CodeSigningConfig(
        stack,
        "Config",
        signing_profiles=[profile],
        untrusted_artifact_on_deployment=lambda_.UntrustedArtifactOnDeployment.ENFORCE,
    ),
)
app.synth()
