"""A function in a closed network with a layer of its own and one that another profile signed."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

app = cdk.App()
env = cdk.Environment(region="us-east-1")

vendor_stack = cdk.Stack(app, "LayerVendor", env=env)
vendor = SigningBaseline(vendor_stack, "Signing")
vendor_layer = lambda_.LayerVersion(
    vendor_stack, "Layer", code=vendor.signed(lambda_.Code.from_asset("vendor"))
)

stack = cdk.Stack(app, "Layered", env=env)
signing = SigningBaseline(stack, "Signing", trusted_publishers=[vendor.signing_profile_version_arn])
own_layer = lambda_.LayerVersion(
    stack, "Layer", code=signing.signed(lambda_.Code.from_asset("own"))
)
layered = SignedVpcFunction(
    stack,
    "Function",
    signing=signing,
    network=IsolatedNetwork(stack, "Network"),
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_asset("lambda"),
    layers=[own_layer, vendor_layer],
)
cdk.CfnOutput(stack, "FunctionName", value=layered.function.function_name)
cdk.CfnOutput(stack, "OwnProfile", value=signing.signing_profile_version_arn)
cdk.CfnOutput(stack, "VendorProfile", value=vendor.signing_profile_version_arn)
app.synth()
