"""The resources of a signing baseline."""

from typing import NamedTuple, cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_signer as signer
from constructs import Construct

from .findings import answer_bucket_findings

__all__ = ["SigningResources", "make_resources"]


class SigningResources(NamedTuple):
    """What a signing baseline consists of.

    Attributes:
        profile: The signing profile.
        bucket: The staging bucket.
        config: The code signing configuration for functions.

    Example:
        ```python
        from secure_lambda_constructs.signing.resources import make_resources

        profile, bucket, config = make_resources(
            stack, profile_name="users", validity=("MONTHS", 135), bucket_name="users-code"
        )
        ```
    """

    profile: signer.SigningProfile
    bucket: s3.Bucket
    config: lambda_.CodeSigningConfig


def make_resources(
    scope: Construct, *, profile_name: str, validity: tuple[str, int], bucket_name: str
) -> SigningResources:
    """Make profile, bucket and code signing configuration.

    Args:
        scope: What they are made in.
        profile_name: Name of the signing profile.
        validity: How long signatures hold: unit and number, in Signer's words.
        bucket_name: Name of the staging bucket.

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
    bucket = s3.Bucket(
        scope,
        "StagingBucket",
        bucket_name=bucket_name,
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
    # So the profile comes last of what can fail: a name cannot be spent in vain.
    resource.node.add_dependency(bucket)
    config = lambda_.CodeSigningConfig(
        scope,
        "CodeSigningConfig",
        signing_profiles=[profile],
        untrusted_artifact_on_deployment=lambda_.UntrustedArtifactOnDeployment.ENFORCE,
        description=f"Only code signed by the profile {profile_name}",
    )
    return SigningResources(profile, bucket, config)
