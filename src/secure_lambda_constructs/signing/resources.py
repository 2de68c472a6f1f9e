"""The resources of a signing baseline."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_signer as signer
from constructs import Construct

from .findings import answer_bucket_findings

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

__all__ = ["SigningResources", "make_profile", "make_resources"]

_ENFORCE = lambda_.UntrustedArtifactOnDeployment.ENFORCE


class SigningResources(NamedTuple):
    """What a signing baseline consists of.

    Attributes:
        version_arn: ARN of the version of the signing profile.
        bucket: The staging bucket.
        config: The code signing configuration for functions.

    Example:
        ```python
        from secure_lambda_constructs.signing.resources import make_resources

        version_arn, bucket, config = make_resources(
            stack, profile_name="users", validity=("MONTHS", 135), bucket_name="users-code"
        )
        ```
    """

    version_arn: str
    bucket: "s3.Bucket"
    config: lambda_.CodeSigningConfig


def make_resources(
    scope: Construct,
    *,
    profile_name: str,
    validity: tuple[str, int],
    bucket_name: str,
    version_arn: str | None = None,
    publishers: Sequence[str] = (),
    enforcement: lambda_.UntrustedArtifactOnDeployment = _ENFORCE,
) -> SigningResources:
    """Make bucket and code signing configuration, and the profile where there is none.

    Args:
        scope: What they are made in.
        profile_name: Name of the signing profile.
        validity: How long signatures hold: unit and number, in Signer's words.
        bucket_name: Name of the staging bucket.
        version_arn: ARN of the version of the profile where that exists already. By default the
            profile is made.
        publishers: ARNs of the profile versions that are trusted besides.
        enforcement: What Lambda does with code that is not signed by one of them.

    Returns:
        All three.

    Example:
        ```python
        from constructs import Construct

        from secure_lambda_constructs.signing.resources import make_resources

        resources = make_resources(
            Construct(stack, "Own"),
            profile_name="users",
            validity=("DAYS", 30),
            bucket_name="users-code",
        )
        ```
    """
    bucket = _make_bucket(scope, bucket_name)
    if version_arn is None:
        profile = make_profile(scope, profile_name, validity)
        # So the profile comes last of what can fail: a name cannot be spent in vain.
        profile.node.add_dependency(bucket)
        version_arn = profile.signing_profile_version_arn
    config = lambda_.CodeSigningConfig(
        scope,
        "CodeSigningConfig",
        signing_profiles=[],
        untrusted_artifact_on_deployment=enforcement,
        description=_description(profile_name, len(publishers), enforcement),
    )
    # Not by the L2, which wants constructs: the CDK's import of one renders a malformed ARN.
    resource = cast(lambda_.CfnCodeSigningConfig, config.node.default_child)
    resource.allowed_publishers = lambda_.CfnCodeSigningConfig.AllowedPublishersProperty(
        signing_profile_version_arns=[version_arn, *publishers]
    )
    return SigningResources(version_arn, bucket, config)


def make_profile(
    scope: Construct, profile_name: str, validity: tuple[str, int]
) -> signer.SigningProfile:
    """Make a signing profile that stays when its stack is deleted, or another one replaces it.

    Args:
        scope: What it is made in.
        profile_name: Its name.
        validity: How long signatures hold: unit and number, in Signer's words.

    Returns:
        The profile.

    Example:
        ```python
        from constructs import Construct

        from secure_lambda_constructs.signing.resources import make_profile

        profile = make_profile(Construct(stack, "Kept"), "kept", ("DAYS", 30))
        ```
    """
    profile = signer.SigningProfile(
        scope, "Profile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA
    )
    unit, number = validity
    resource = cast(signer.CfnSigningProfile, profile.node.default_child)
    # The L2 drops the name without the flag `signingProfileNamePassedToCfn`, and renders every
    # validity in days.
    resource.profile_name = profile_name
    resource.signature_validity_period = signer.CfnSigningProfile.SignatureValidityPeriodProperty(
        type=unit, value=number
    )
    # Deleting a profile cancels it, and the name of a cancelled one cannot be used again.
    resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    return profile


def _make_bucket(scope: Construct, name: str) -> "s3.Bucket":
    # A module that takes long to import: who only imports the library need not wait for it.
    from aws_cdk import aws_s3 as s3

    bucket = s3.Bucket(
        scope,
        "StagingBucket",
        bucket_name=name,
        versioned=True,  # Signer signs a version of an object
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="expire",
                expiration=cdk.Duration.days(1),
                noncurrent_version_expiration=cdk.Duration.days(1),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
            )
        ],
        # Kept, save where the stack's very first deployment fails: it could not be repeated while
        # an empty bucket of the same name is left over.
        removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    # The policy goes where the bucket goes, or the kept one would allow plain HTTP.
    cast(s3.BucketPolicy, bucket.policy).apply_removal_policy(
        cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    )
    answer_bucket_findings(bucket)
    return bucket


def _description(
    profile_name: str, others: int, enforcement: lambda_.UntrustedArtifactOnDeployment
) -> str:
    publishers = f"the profile {profile_name}"
    if others:
        publishers += f" or by {others} more publisher{'s' if others > 1 else ''}"
    if enforcement == _ENFORCE:
        return f"Only code signed by {publishers}"
    return f"Warns of code that is not signed by {publishers}"
