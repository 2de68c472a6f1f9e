"""Who signs, with what and where: all that the signing program must be told."""

import functools
import hashlib
import json
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from .command import permissions
from .findings import answer_grant_findings

__all__ = ["SigningIdentity", "grant_sign", "literal_or_none"]


def literal_or_none(value: str) -> str | None:
    """Return an account or a region where it is known before the deployment, else `None`.

    Args:
        value: What a stack says its account or region is.

    Returns:
        The same, or `None` for a token.

    Example:
        ```python
        from secure_lambda_constructs.signing.identity import literal_or_none

        assert literal_or_none(cdk.Aws.REGION) is None
        ```
    """
    return None if value.startswith("${Token[") else value


@dataclass(frozen=True)
class SigningIdentity:
    """A signing profile and the staging bucket that goes with it.

    Attributes:
        profile_name: Name of the signing profile.
        profile_owner: Account of the profile where it is not the one deployed to.
        bucket_name: Name of the staging bucket; `{account}` and `{region}` in it stand for those
            of the deployment.
        account: Account deployed to, or `None` where that is not known before.
        region: Region of all this, or `None` where that is not known before.
        revision: Changes the identity of every signed asset.
        python: Interpreter that runs the signing program.
        baseline_stack: What to deploy first, in the words `cdk deploy` understands.
        profile_version: Version of the profile, or `None` where that is not known before.

    Example:
        ```python
        from secure_lambda_constructs.signing.identity import SigningIdentity

        identity = SigningIdentity(
            profile_name="users",
            profile_owner=None,
            bucket_name="users-{account}-{region}",
            account=None,
            region="us-east-1",
            revision="",
            python="python3",
            baseline_stack="App-Signing",
        )
        assert len(identity.asset_id("1a2b")) == 64
        ```
    """

    profile_name: str
    profile_owner: str | None
    bucket_name: str
    account: str | None
    region: str | None
    revision: str
    python: str
    baseline_stack: str
    profile_version: str | None = None

    def asset_id(self, asset_hash: str) -> str:
        """Derive the identity of the signed asset: the name that its object is published under.

        It changes with the code, with the profile, with its version where that is known, and with
        the revision. So signed and unsigned code never share an object, and a rotation signs
        everything anew. The pseudo parameters stand for what is not known, and always for the
        partition: the same app gives the same identity with and without the flag
        `@aws-cdk/core:enablePartitionLiterals`.

        Args:
            asset_hash: What the CDK calls the code, by its content and its options.

        Returns:
            64 hexadecimal digits.
        """
        identity = {
            "asset": asset_hash,
            "owner": self.profile_owner,
            "profile": self.profile_arn(),
            "revision": self.revision,
        }
        # Only where it is known: what was signed before it could be known is not signed anew.
        if self.profile_version is not None:
            identity["version"] = self.profile_version
        canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def environment(self) -> tuple[str, str]:
        """Return account and region as `Fn::Sub` would spell them."""
        return self.account or "${AWS::AccountId}", self.region or "${AWS::Region}"

    def profile_arn(self) -> str:
        """Return the profile's ARN as `Fn::Sub` would spell it."""
        account, region = self.environment()
        return (
            f"arn:${{AWS::Partition}}:signer:{region}:{self.profile_owner or account}"
            f":/signing-profiles/{self.profile_name}"
        )

    def spelled_bucket_name(self) -> str:
        """Return the bucket's name as `Fn::Sub` would spell it."""
        account, region = self.environment()
        return self.bucket_name.replace("{account}", account).replace("{region}", region)

    def resolved_bucket_name(self) -> str:
        """Return the bucket's name for a template, with references where needed."""
        return _with_references(self.spelled_bucket_name())


def grant_sign(grantee: iam.IGrantable, identity: SigningIdentity) -> iam.Grant:
    """Give a principal the rights that the signing program uses.

    They are named by literal ARNs in the principal's own policy, never by a reference to the
    companion stack: a role of whatever stack can have them without a cycle.

    Args:
        grantee: The principal, for example the deployment role.
        identity: The profile and the bucket.

    Returns:
        The grant.

    Example:
        ```python
        from secure_lambda_constructs.signing.identity import grant_sign

        role = iam.Role(stack, "Deployer", assumed_by=iam.AccountRootPrincipal())
        grant_sign(role, identity)
        ```
    """
    account, region = identity.environment()
    signer = f"arn:${{AWS::Partition}}:signer:{region}"
    # AWS does not say whether a job with a profile of another account is named by that account or
    # by the one that started it:
    # https://docs.aws.amazon.com/signer/latest/developerguide/signing-profile-cross-account.html
    owners = sorted({account, identity.profile_owner or account})
    bucket = f"arn:${{AWS::Partition}}:s3:::{identity.spelled_bucket_name()}"
    jobs = [f"{signer}:{owner}:/signing-jobs/*" for owner in owners]
    sources = f"{bucket}/{permissions.SOURCE_PREFIX}*"
    results = f"{bucket}/{permissions.SIGNED_PREFIX}*"
    grants = [
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=list(actions),
            resource_arns=[_with_references(resource) for resource in resources],
        )
        for actions, resources in (
            (permissions.PROFILE_ACTIONS, [identity.profile_arn()]),
            (permissions.JOB_ACTIONS, jobs),
            (permissions.BUCKET_ACTIONS, [bucket]),
            (permissions.SOURCE_OBJECT_ACTIONS, [sources]),
            (permissions.SIGNED_OBJECT_ACTIONS, [results]),
        )
    ]
    asked = "A signing job has no id before it runs; this only allows to ask how it goes."
    objects = "The staging bucket holds only code to sign and signed code, under changing names."
    answer_grant_findings(
        grantee,
        {**dict.fromkeys(jobs, asked), sources: objects, results: objects},
    )
    return functools.reduce(lambda grant, other: grant.combine(other), grants)


def _with_references(text: str) -> str:
    # Not `Fn::Sub`: the same references, in the form in which the CDK compares and merges them.
    for name, token in (
        ("${AWS::Partition}", cdk.Aws.PARTITION),
        ("${AWS::AccountId}", cdk.Aws.ACCOUNT_ID),
        ("${AWS::Region}", cdk.Aws.REGION),
    ):
        text = text.replace(name, token)
    return text
