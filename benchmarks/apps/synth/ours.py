"""Functions that read one table, in a closed network, with the library: see `plain.py`.

``python ours.py COUNT CODE`` synthesizes it: COUNT functions with the folders 000, 001, ... of
CODE as their code, into CDK_OUTDIR or a new temporary directory.
"""

import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

# As in `plain.py`.
_IN_A_STACK = 50


def build(app: cdk.App, count: int, code: Path) -> None:
    """Add the stacks.

    Args:
        app: The app.
        count: How many functions.
        code: Folder of the functions' folders.
    """
    env = cdk.Environment(region="us-east-1")
    stack = cdk.Stack(app, "Functions000", env=env)
    signing = SigningBaseline(stack, "Signing")
    network = IsolatedNetwork(stack, "Network")
    users = dynamodb.TableV2(
        stack,
        "Users",
        partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
    )
    for number in range(count):
        if number and number % _IN_A_STACK == 0:
            stack = cdk.Stack(app, f"Functions{number:03}", env=env)
        function = SignedVpcFunction(
            stack,
            f"Function{number:03}",
            signing=signing,
            network=network,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(code / f"{number:03}")),
            environment={"TABLE_NAME": users.table_name},
        )
        users.grant(function, "dynamodb:GetItem", "dynamodb:Query")


def main() -> None:
    """Synthesize."""
    count, code = sys.argv[1:]
    app = cdk.App()
    build(app, int(count), Path(code))
    app.synth()


if __name__ == "__main__":
    main()
