"""Synthesizes the judged apps that `tests/leaks` does not: ``python others.py OUTPUT EXAMPLES``.

One program for all of them, because most of the time goes into starting the CDK.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_

_CODE = "def handler(event, context):\n    return event\n"
# The central profiles' versions that the functions of that example join.
_VERSIONS = {
    region: f"arn:aws:signer:{region}:444455556666:/signing-profiles/central/a1b2c3d4e5"
    for region in ("us-east-1", "eu-central-1")
}


def defaults(app: cdk.App) -> None:
    """Add two functions that read a table, with whatever the CDK does where it is told nothing.

    One is in no VPC, behind an API; the other one is in a VPC.
    """
    stack = cdk.Stack(app, "Defaults")
    table = dynamodb.TableV2(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    )
    for name, vpc in (("Plain", None), ("InVpc", ec2.Vpc(stack, "Vpc"))):
        function = lambda_.Function(
            stack,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(_CODE),
            vpc=vpc,
        )
        table.grant_read_data(function)
        if vpc is None:
            apigateway.LambdaRestApi(stack, "Api", handler=function)


def _example(examples: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"checks_{name}", examples / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(output: Path, examples: Path) -> None:
    """Write the cloud assemblies to directories of `output`."""
    plain = cdk.App(outdir=str(output / "defaults"))
    defaults(plain)
    plain.synth()
    for name in ("governance", "pipeline", "central_signing"):
        app = cdk.App(
            outdir=str(output / f"example_{name}"), context={"profile-versions": _VERSIONS}
        )
        _example(examples, name).build(app)
        app.synth()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
