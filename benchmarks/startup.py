"""What it costs to start: the signing program, and the library."""

import sys

from measure import cpu_seconds_in_turn

__all__ = ["main"]

_CLIENTS = """
import boto3
session = boto3.session.Session(region_name="us-east-1")
for service in ("sts", "s3", "signer"):
    session.client(service)
"""
# All that the program does before it has work for AWS: its modules, its arguments, its clients.
# The answer to its first call, who is calling, is put in place of the network.
_PROGRAM = """
import botocore.client
from secure_lambda_constructs.signing.command import jobs, leader, main, staging
from secure_lambda_constructs.signing.command.arguments import parse_arguments
from secure_lambda_constructs.signing.command.aws import connect

botocore.client.BaseClient._make_api_call = lambda *_, **__: {"Account": "1" * 12}
options = "--source a --assembly b --profile-name P --bucket b --baseline-stack S --region r-1"
request = parse_arguments([*options.split(), "--id", "0" * 64])
assert connect(request).target.account == "1" * 12
"""
# The modules that an app with a function and a table imports in any case.
_APP = "import aws_cdk; from aws_cdk import aws_dynamodb, aws_lambda"
_LIBRARY = (
    "from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline"
)
# 0.3 s where boto3 with the same three clients takes 0.2 s would be 1.5; it does better than that.
_GOAL_RATIO = 1.2
_GOAL_IMPORT = 0.1


def main() -> bool:
    """Measure, print, and return whether the goals are met."""
    python = sys.executable
    taken = cpu_seconds_in_turn(
        {
            "clients": [python, "-c", _CLIENTS],
            "program": [python, "-c", _PROGRAM],
            "bare": [python, "-c", "import aws_cdk"],
            "package": [python, "-c", "import aws_cdk; import secure_lambda_constructs"],
            "app": [python, "-c", _APP],
            "constructs": [python, "-c", f"{_APP}; {_LIBRARY}"],
        }
    )
    medians = {name: measured.median for name, measured in taken.items()}
    ratio = medians["program"] / medians["clients"]
    package = medians["package"] - medians["bare"]
    constructs = medians["constructs"] - medians["app"]
    print("medians, in seconds of CPU time")
    print(f"boto3 with its three clients:              {medians['clients']:.2f}")
    print(f"the signing program with its clients:      {medians['program']:.2f}")
    print(f"  as a ratio to boto3 with its clients:    {ratio:.2f} (goal {_GOAL_RATIO})")
    print(f"import of the package over import aws_cdk: {package:.2f} (goal {_GOAL_IMPORT})")
    print(f"  of its constructs over an app's imports: {constructs:.2f}")
    return ratio <= _GOAL_RATIO and package <= _GOAL_IMPORT


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
