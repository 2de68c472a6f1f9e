"""One account owns the signing profiles, another one signs with them: in two regions.

Run ``python app.py`` to synthesize the central stacks (no credentials needed). The stacks of the
functions join them once the context has the ARNs of the profiles' versions: see README.md.
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from secure_lambda_constructs import (
    CentralSigningProfile,
    IsolatedNetwork,
    SignedVpcFunction,
    SigningBaseline,
)

HERE = Path(__file__).resolve().parent


class CentralStack(cdk.Stack):
    """The signing profile of one region, in the account that owns all of them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload_account: str, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)

        profile = CentralSigningProfile(
            self, "Profile", profile_name="central", signers=[workload_account]
        )

        cdk.CfnOutput(self, "ProfileVersionArn", value=profile.signing_profile_version_arn)


class EchoStack(cdk.Stack):
    """A function that runs only code which the central profile of its region signed."""

    def __init__(
        self, scope: Construct, construct_id: str, *, profile_version_arn: str, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)

        signing = SigningBaseline(self, "Signing", signing_profile_version_arn=profile_version_arn)
        network = IsolatedNetwork(self, "Network")

        echo = SignedVpcFunction(
            self,
            "Echo",
            signing=signing,
            network=network,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(HERE / "lambda")),
        )

        cdk.CfnOutput(self, "FunctionName", value=echo.function.function_name)


def build(app: cdk.App) -> None:
    """Add the stacks of both accounts to `app`, as far as its context says enough."""
    context = app.node.try_get_context
    central = context("central-account") or "444455556666"
    workload = context("workload-account") or "111122223333"
    versions = context("profile-versions") or {}

    for region in context("regions") or ("us-east-1", "eu-central-1"):
        stack = CentralStack(
            app,
            f"Central-{region}",
            workload_account=workload,
            env=cdk.Environment(account=central, region=region),
        )
        if region in versions:
            EchoStack(
                app,
                f"Echo-{region}",
                profile_version_arn=versions[region],
                env=cdk.Environment(account=workload, region=region),
            )
        else:
            cdk.Annotations.of(stack).add_info(
                f"there is no stack Echo-{region} yet: deploy this one, then write its output "
                "ProfileVersionArn into profile-versions of cdk.json"
            )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
