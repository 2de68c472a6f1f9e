"""A shop that its pipeline alone deploys, and the role that the pipeline deploys with.

Run ``python app.py`` to synthesize it (no credentials needed). The platform team deploys the stack
`Pipeline`, the pipeline deploys `Shop-Signing` and `Shop`: see README.md.
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from secure_lambda_constructs import (
    DeploymentRole,
    GitHubTrust,
    GitLabTrust,
    IsolatedNetwork,
    SignedVpcFunction,
    SigningBaseline,
)

HERE = Path(__file__).resolve().parent

PRODUCTION = cdk.Environment(account="111122223333", region="eu-west-1")

# Whose jobs deploy. `git-provider` in cdk.json says which of them; the other one is not used.
TRUSTS: dict[str, GitHubTrust | GitLabTrust] = {
    "github": GitHubTrust(
        owner="octo-org",
        owner_id=123456,
        repository="shop",
        repository_id=456789,
        branch="main",
        environment="production",
        workflow="deploy.yml",
    ),
    "gitlab": GitLabTrust(
        project_path="octo-org/shop",
        project_id=20,
        branch="main",
    ),
}


class ShopStack(cdk.Stack):
    """What the pipeline deploys: a signed function in a closed network."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        # The profile and the bucket are in a stack of their own, `Shop-Signing`.
        self.signing = SigningBaseline(self, "Signing")
        network = IsolatedNetwork(self, "Network")

        total = SignedVpcFunction(
            self,
            "OrderTotal",
            signing=self.signing,
            network=network,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(HERE / "order_total")),
        )

        cdk.CfnOutput(self, "FunctionName", value=total.function.function_name)


class PipelineStack(cdk.Stack):
    """What the pipeline may do: sign and deploy the shop, and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        trust: GitHubTrust | GitLabTrust,
        signing: SigningBaseline,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)

        deployment = DeploymentRole(
            self,
            "Deployment",
            trust=trust,
            signing=signing,
            bootstrapped=[PRODUCTION],
            role_name="shop-deployment",
        )

        cdk.CfnOutput(self, "RoleArn", value=deployment.role.role_arn)


def build(app: cdk.App) -> None:
    """Add the shop, and the role of its pipeline, to `app`."""
    shop = ShopStack(app, "Shop", env=PRODUCTION)
    PipelineStack(
        app,
        "Pipeline",
        trust=TRUSTS[app.node.try_get_context("git-provider") or "github"],
        signing=shop.signing,
        env=PRODUCTION,
        # It is deployed with the credentials of whoever deploys it and none of the roles of the
        # bootstrap, so the pipeline cannot.
        synthesizer=cdk.LegacyStackSynthesizer(),
        termination_protection=True,
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
