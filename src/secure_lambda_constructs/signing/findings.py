"""Answers to what linters find in a signing baseline, kept next to it."""

from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..acknowledgements import acknowledge_cdk_nag, acknowledge_in_template

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

__all__ = ["answer_bucket_findings", "answer_grant_findings"]

_NO_ACCESS_LOGS = (
    "Holds copies of code for at most a few days; who may use it is decided by IAM, and CloudTrail "
    "records the signing jobs. A log bucket would outlive all that it could tell of."
)


# The metadata of `Validations.acknowledge`; what is said there to the leak checks.
_ACKNOWLEDGED_RULES = "aws:cdk:acknowledged-rules"
_READS_CODE_ONLY = (
    "Reads the code that it has signed, and denies itself everything else: no data is in the "
    "staging bucket, and the synthesis fails if the role may do more."
)


@runtime_checkable
class _ClosingRole(Protocol):
    """A role that refuses grants from some time on, and finds out whether it was changed."""

    def close(self) -> None: ...

    def errors(self) -> list[str]: ...


def answer_bucket_findings(bucket: "s3.Bucket") -> None:
    """Say why the staging bucket has no server access logs.

    Args:
        bucket: The staging bucket.

    Example:
        ```python
        from aws_cdk import aws_s3 as s3

        from secure_lambda_constructs.signing.findings import answer_bucket_findings

        answer_bucket_findings(s3.Bucket(stack, "Bucket"))
        ```
    """
    acknowledge_cdk_nag(bucket, {"AwsSolutions-S1": _NO_ACCESS_LOGS})
    resource = cast(CfnResource, bucket.node.default_child)
    acknowledge_in_template(resource, checkov={"CKV_AWS_18": _NO_ACCESS_LOGS})


def answer_grant_findings(grantee: iam.IGrantable, reasons: dict[str, str]) -> None:
    """Say why a policy names resources with a wildcard, and why a role outside may read them.

    The leak check N01 is answered for a role that takes no other grants, as a `DeploymentRole` is:
    at any other one the answer would hold for whatever is granted to it besides.

    Args:
        grantee: Who was granted them; nothing is said for a principal without a policy here.
        reasons: A reason for each resource, an ARN as CloudFormation's `Fn::Sub` would spell it.

    Example:
        ```python
        from secure_lambda_constructs.signing.findings import answer_grant_findings

        role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        answer_grant_findings(role, {"arn:${AWS::Partition}:s3:::code/*": "Only code is in it."})
        ```
    """
    principal = grantee.grant_principal
    if not isinstance(principal, iam.Role | iam.User | iam.Group):
        return
    if isinstance(principal, _ClosingRole):
        principal.node.add_metadata(_ACKNOWLEDGED_RULES, {"LeakChecks::N01": _READS_CODE_ONLY})
    policy = principal.node.try_find_child("DefaultPolicy")
    if isinstance(policy, Construct):
        # cdk-nag spells a reference <AWS::Region>.
        acknowledge_cdk_nag(
            policy,
            {
                f"AwsSolutions-IAM5[Resource::{arn.replace('${', '<').replace('}', '>')}]": reason
                for arn, reason in reasons.items()
            },
        )
