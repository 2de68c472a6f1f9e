"""What every signing baseline offers, made here or imported."""

from typing import Protocol

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from .signed_code import CodeSigner, SignedCode

__all__ = ["BaselineMembers", "ISigningBaseline"]


class ISigningBaseline(Protocol):
    """A signing profile with its staging bucket, and the configuration that trusts only it.

    `SigningBaseline(...)` and `SigningBaseline.from_attributes(...)` are such.

    Example:
        ```python
        from secure_lambda_constructs import ISigningBaseline, SigningBaseline

        def echo(stack: cdk.Stack, signing: ISigningBaseline) -> lambda_.Function:
            return lambda_.Function(
                stack,
                "Echo",
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler="index.handler",
                code=signing.signed(lambda_.Code.from_asset("lambda")),
                code_signing_config=signing.code_signing_config,
            )

        echo(stack, SigningBaseline(stack, "EchoSigning"))
        ```
    """

    @property
    def code_signing_config(self) -> lambda_.ICodeSigningConfig:
        """Makes Lambda refuse what this baseline's profile has not signed."""

    @property
    def signing_profile_name(self) -> str:
        """Name of the signing profile, a literal."""

    @property
    def signing_profile_version_arn(self) -> str:
        """ARN of the profile's version, which a code signing configuration trusts.

        Raises:
            InvalidInputError: Where the baseline was imported without it.
        """

    @property
    def staging_bucket(self) -> s3.IBucket:
        """The bucket in which Signer finds the code and puts the signed code."""

    def signed(self, code: lambda_.Code) -> SignedCode:
        """Have code signed while it is published.

        Args:
            code: Any code with a file asset: a directory, a zip, bundled code. Code that this
                baseline signs already is returned as it is.

        Returns:
            Code for a function or a layer, to be used in place of `code`.

        Raises:
            InvalidInputError: Where the code is inline, a container image, an object in S3,
                signed already, missing, or neither a directory nor a zip. What shows only when
                the code is staged, or that one code object is used in two stacks, is raised when
                the function is made, then as a `RuntimeError`.
        """

    def grant_sign(self, grantee: iam.IGrantable) -> iam.Grant:
        """Give a principal, such as the deployment role, the rights to sign: no more than needed.

        The rights go into the principal's own policy and name profile and bucket by their ARNs.
        One of them, `signer:DescribeSigningJob`, is for all jobs of the account and region,
        because a job has no id before it runs. See
        <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssigner.html>.

        That policy must be deployed before the code is signed, hence before the stack of the
        functions. A role that exists already is best imported into `signing.stack`, the companion
        stack of a `SigningBaseline`, or else into a stack of its own that does not depend on that
        of the functions. There is a warning where the policy is in a stack whose code is signed.

        Args:
            grantee: The principal. Whoever signs must be able to reach the staging bucket too.

        Returns:
            The grant.

        Example:
            ```python
            from secure_lambda_constructs import SigningBaseline

            signing = SigningBaseline(stack, "Signing")
            arn = "arn:aws:iam::111122223333:role/pipeline"
            signing.grant_sign(iam.Role.from_role_arn(signing.stack, "Pipeline", arn))
            ```
        """


class BaselineMembers(Construct):
    """Implements `ISigningBaseline`, see there, on what its subclasses set."""

    _signer: CodeSigner
    _config: lambda_.ICodeSigningConfig
    _bucket: s3.IBucket
    _version_arn: str

    @property
    def code_signing_config(self) -> lambda_.ICodeSigningConfig:
        """See `ISigningBaseline.code_signing_config`."""
        return self._config

    @property
    def signing_profile_name(self) -> str:
        """See `ISigningBaseline.signing_profile_name`."""
        return self._signer.identity.profile_name

    @property
    def signing_profile_version_arn(self) -> str:
        """See `ISigningBaseline.signing_profile_version_arn`."""
        return self._version_arn

    @property
    def staging_bucket(self) -> s3.IBucket:
        """See `ISigningBaseline.staging_bucket`."""
        return self._bucket

    def signed(self, code: lambda_.Code) -> SignedCode:
        """See `ISigningBaseline.signed`."""
        return self._signer.signed(code)

    def grant_sign(self, grantee: iam.IGrantable) -> iam.Grant:
        """See `ISigningBaseline.grant_sign`."""
        return self._signer.grant_sign(grantee)
