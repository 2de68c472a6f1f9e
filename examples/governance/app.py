"""The guardrails of an organization: nobody changes production but the pipeline.

Run ``python app.py`` to synthesize it (no credentials needed). The stacks of an account are
deployed by an administrator before ``cdk bootstrap``, those of the organization from the
management account afterwards: see README.md.
"""

import os
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from secure_lambda_constructs import (
    BoundaryReference,
    ChangeAlarm,
    CloudFormationExecutionPolicy,
    DeploymentRole,
    DeveloperAssignment,
    DeveloperBoundary,
    DeveloperPermissionSet,
    GitHubTrust,
    GuardrailScp,
    SigningBaseline,
)

# What is your own: write it here.
ACCOUNT = os.environ.get("CDK_DEFAULT_ACCOUNT", "111122223333")
REGION = os.environ.get("CDK_DEFAULT_REGION", "eu-west-1")
PRODUCTION = cdk.Environment(account=ACCOUNT, region=REGION)
MANAGEMENT = cdk.Environment(account="444455556666", region="us-east-1")
IDENTITY_CENTER = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
DEVELOPERS = "1a2b3c4d-0000-4000-8000-1234567890ab"
WORKLOADS = "ou-ab12-11111111"
CODE_SIGNING_CONFIG = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
ISOLATED_VPC = "vpc-0123456789abcdef0"

PIPELINE = "arn:aws:iam::*:role/shop-deployment"
BREAK_GLASS = "arn:aws:iam::*:role/break-glass"
# The function that stops others, and its role, as CloudFormation names them.
FREEZE = "Changes-*-AlarmFreeze*"
BOUNDARY = BoundaryReference(policy_path="/guardrails/")
# What the service control policy knows the alarm by.
GUARDRAIL_TAG = "lambda-governance:guardrail"


class AccountGuardrailsStack(cdk.Stack):
    """What bounds developers, the pipeline, and the CloudFormation of the pipeline."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        DeveloperBoundary(self, "Boundary", policy_path=BOUNDARY.policy_path)
        deployment = DeploymentRole(
            self,
            "Deployment",
            trust=GitHubTrust(
                owner="octo-org",
                owner_id=123456,
                repository="shop",
                repository_id=456789,
                branch="main",
                environment="production",
                workflow="deploy.yml",
            ),
            bootstrapped=[PRODUCTION],
            role_name="shop-deployment",
        )
        execution = CloudFormationExecutionPolicy(
            self,
            "Execution",
            path=BOUNDARY.policy_path,
            protected_policies=["guardrails/DeveloperBoundary"],
            protected_roles=[PIPELINE, BREAK_GLASS],
            protected_resources=["arn:aws:sns:*:*:Changes-*", "arn:aws:events:*:*:rule/Changes-*"],
        )

        cdk.CfnOutput(self, "DeploymentRoleArn", value=deployment.role.role_arn)
        cdk.CfnOutput(self, "ExecutionPolicyArn", value=execution.policy.managed_policy_arn)


class ChangesStack(cdk.Stack):
    """Says who else changes something in one region, and stops a function that was changed."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        key = kms.Key(self, "Key", enable_key_rotation=True)
        topic = sns.Topic(self, "Changes", master_key=key, enforce_ssl=True)
        ChangeAlarm(
            self,
            "Alarm",
            topic=topic,
            pipeline_roles=[PIPELINE],
            break_glass_roles=[BREAK_GLASS],
            freeze_functions=["prod-*"],
            signing=SigningBaseline(self, "Signing"),
        )
        cdk.Tags.of(self).add(GUARDRAIL_TAG, "change-alarm")

        cdk.CfnOutput(self, "TopicArn", value=topic.topic_arn)


class OrganizationStack(cdk.Stack):
    """Who the developers are, and what nobody may do in the accounts with workloads."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        DeveloperPermissionSet(
            self,
            "Developers",
            instance_arn=IDENTITY_CENTER,
            boundary=BOUNDARY,
            assignments=[DeveloperAssignment(group_id=DEVELOPERS, accounts=[ACCOUNT])],
        )
        GuardrailScp(
            self,
            "Guardrail",
            code_signing_config_arns=[CODE_SIGNING_CONFIG],
            vpc_ids=[ISOLATED_VPC],
            pipeline_roles=[PIPELINE, f"arn:aws:iam::*:role/{FREEZE}"],
            break_glass_role=BREAK_GLASS,
            governance_roles=["arn:aws:iam::*:role/stacksets-exec-*"],
            functions_outside_vpc=[FREEZE],
            guardrail_policies=[
                "guardrails/DeveloperBoundary",
                "guardrails/CloudFormationExecution",
            ],
            target_ids=[WORKLOADS],
        )


def build(app: cdk.App) -> list[cdk.Stack]:
    """Add the stacks to `app`."""
    # IAM is recorded in us-east-1 alone, whatever the region of the workloads is.
    regions = sorted({REGION, "us-east-1"})
    return [
        # Deployed while the account is not bootstrapped yet.
        AccountGuardrailsStack(
            app,
            "AccountGuardrails",
            env=PRODUCTION,
            synthesizer=cdk.LegacyStackSynthesizer(),
            termination_protection=True,
        ),
        *(
            ChangesStack(
                app,
                f"Changes-{region}",
                env=cdk.Environment(account=ACCOUNT, region=region),
            )
            for region in regions
        ),
        OrganizationStack(app, "Organization", env=MANAGEMENT),
    ]


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
