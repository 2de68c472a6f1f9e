"""Says to linters why something is as it is, in the construct that makes it so.

A linter's finding is mended, or acknowledged where it comes from, with a reason that whoever runs
the linter can read. Nothing of the linters is imported: cdk-nag reads the CDK's own
acknowledgements, checkov and cfn-lint read the metadata of a resource.
"""

from collections.abc import Mapping

from aws_cdk import CfnResource
from constructs import Construct

__all__ = ["acknowledge_cdk_nag", "acknowledge_in_template"]

# `Validations.ACKNOWLEDGED_RULES_METADATA_KEY`; to read that costs a question to the CDK's process.
_ACKNOWLEDGED_RULES = "aws:cdk:acknowledged-rules"


def acknowledge_cdk_nag(construct: Construct, reasons: Mapping[str, str]) -> None:
    """Acknowledge findings of cdk-nag at a construct and everything below it.

    `Validations.of(construct).acknowledge(...)` writes the same metadata, in twice the time and for
    each rule on its own; and older releases of the CDK, 2.257 for one, take no id there with a
    second `::` in it, as that of `AwsSolutions-IAM5[Resource::*]`.
    See <https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html>.

    Args:
        construct: The construct.
        reasons: A reason for each finding: the rule's id as cdk-nag prints it.

    Example:
        ```python
        from aws_cdk import aws_s3 as s3

        from secure_lambda_constructs.acknowledgements import acknowledge_cdk_nag

        bucket = s3.Bucket(stack, "Bucket", enforce_ssl=True)
        acknowledge_cdk_nag(bucket, {"AwsSolutions-S1": "CloudTrail records who reads it."})
        ```
    """
    construct.node.add_metadata(
        _ACKNOWLEDGED_RULES,
        {f"{rule.partition('-')[0]}::{rule}": reason for rule, reason in reasons.items()},
    )


def acknowledge_in_template(
    resource: CfnResource,
    *,
    checkov: Mapping[str, str] | None = None,
    cfn_lint: Mapping[str, str] | None = None,
) -> None:
    """Acknowledge findings of linters of templates at one resource.

    See <https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html> and
    <https://github.com/aws-cloudformation/cfn-lint#resource-based-metadata>. cfn-lint has no place
    for reasons: they are beside its settings, where it does not look.

    Args:
        resource: The resource.
        checkov: A reason for each of checkov's checks, such as `CKV_AWS_18`, to skip.
        cfn_lint: A reason for each of cfn-lint's rules, such as `W3005`, to ignore.

    Example:
        ```python
        from aws_cdk import aws_s3 as s3

        from secure_lambda_constructs.acknowledgements import acknowledge_in_template

        bucket = s3.CfnBucket(stack, "BucketInTemplate")
        acknowledge_in_template(bucket, checkov={"CKV_AWS_18": "CloudTrail records who reads it."})
        ```
    """
    if checkov:
        skip = [{"id": check, "comment": reason} for check, reason in checkov.items()]
        resource.add_metadata("checkov", {"skip": skip})
    if cfn_lint:
        settings = {"config": {"ignore_checks": list(cfn_lint)}, "reasons": dict(cfn_lint)}
        resource.add_metadata("cfn-lint", settings)
