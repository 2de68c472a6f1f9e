"""Answers to what linters find in the developers' boundary, kept next to it."""

from typing import cast

from aws_cdk import aws_iam as iam

from ...acknowledgements import acknowledge_cdk_nag, acknowledge_in_template

__all__ = ["answer_boundary_findings"]

_GRANTS_NOTHING = (
    "A permissions boundary grants nothing. Its Allow leaves to the developer's own policies what "
    "the Denies beside it do not refuse; an allow list could be skipped by a resource policy."
)


def answer_boundary_findings(policy: iam.ManagedPolicy) -> None:
    """Say why the boundary begins with an Allow of everything.

    Args:
        policy: The boundary.

    Example:
        ```python
        from secure_lambda_constructs.governance.developers.findings import answer_boundary_findings

        everything = iam.PolicyStatement(actions=["*"], resources=["*"])
        answer_boundary_findings(iam.ManagedPolicy(stack, "Boundary", statements=[everything]))
        ```
    """
    acknowledge_cdk_nag(
        policy,
        {
            "AwsSolutions-IAM5[Action::*]": _GRANTS_NOTHING,
            "AwsSolutions-IAM5[Resource::*]": _GRANTS_NOTHING,
        },
    )
    acknowledge_in_template(
        cast(iam.CfnManagedPolicy, policy.node.default_child),
        checkov={"CKV_AWS_109": _GRANTS_NOTHING, "CKV_AWS_111": _GRANTS_NOTHING},
    )
