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
_PROGRAM = """
from secure_lambda_constructs.signing.command import __main__
import botocore.session
session = botocore.session.Session()
for service in ("sts", "s3", "signer"):
    session.create_client(service, region_name="us-east-1")
"""
_NAMES = "import secure_lambda_constructs as s; [getattr(s, name) for name in s.__all__]"


def main() -> bool:
    """Measure, print, and return whether the goals are met."""
    python = sys.executable
    taken = cpu_seconds_in_turn(
        {
            "clients": [python, "-c", _CLIENTS],
            "program": [python, "-c", _PROGRAM],
            "aws_cdk": [python, "-c", "import aws_cdk"],
            "library": [python, "-c", "import aws_cdk; import secure_lambda_constructs"],
            "names": [python, "-c", f"import aws_cdk; {_NAMES}"],
        }
    )
    program, clients = taken["program"].median, taken["clients"].median
    library = taken["library"].median - taken["aws_cdk"].median
    names = taken["names"].median - taken["aws_cdk"].median
    print(f"boto3 with its three clients:              {clients:.2f} s CPU")
    print(f"the signing program with its clients:      {program:.2f} s CPU (goal: 0.3)")
    print(f"  as a ratio to boto3 with its clients:    {program / clients:.2f}")
    print(f"import of the library over import aws_cdk: {library:.2f} s CPU (goal: 0.1)")
    print(f"  with every public name used:             {names:.2f} s CPU")
    return program <= 0.3 and library <= 0.1


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
