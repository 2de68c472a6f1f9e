"""What every signing baseline offers, made here or imported."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from .alarms import make_alarms
from .everything import sign_everything
from .signed_code import CodeSigner, SignedCode

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns

__all__ = ["BaselineMembers", "ISigningBaseline"]


class ISigningBaseline(Protocol):
    """A signing profile with its staging bucket, and the configuration that trusts it.

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
        """Makes Lambda refuse what neither this baseline's profile nor a trusted one has signed.

        With `enforcement=WARN` Lambda only counts it.
        """

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
    def staging_bucket(self) -> "s3.IBucket":
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

    def sign_everything(self, scope: Construct, *, skip: Sequence[Construct | str] = ()) -> None:
        """Have every function and layer below a scope signed, whoever defined it.

        An Aspect: when the app synthesizes, each `AWS::Lambda::Function` and
        `AWS::Lambda::LayerVersion` is pointed to the signed twin of its asset, and each function
        gets the code signing configuration: L2s, bundled code, L1s, nested stacks, Stages, and the
        CDK's own helper functions. What this baseline signs already is left as it is. The unsigned
        asset is taken out of the manifest, unless something else in a template uses it. Versions
        (`current_version`) follow the signed code.

        Call it once, after the last Stage is made (and, with CDK Pipelines, before `add_stage`,
        which synthesizes the Stage at once). Whatever cannot be signed stops the synth, all
        of it at once for each Stage, with one sentence for each construct: inline code, container
        images, objects in S3 that are none of the app's assets, functions that another code
        signing configuration or another baseline is for, functions of SAM, functions at the edge,
        and stacks that this baseline cannot sign for. Not seen are functions that are in no
        template of the app: those of a template that CloudFormation fetches
        (`AWS::CloudFormation::Stack`, applications of SAM), or that a service makes (canaries of
        CloudWatch Synthetics).

        Layers of elsewhere, by their ARN, are judged by Lambda when the function is deployed: it
        takes those that a trusted publisher has signed. See
        <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>.

        Args:
            scope: App, Stage, stack or any construct.
            skip: What is left as it is, with all below it: constructs or their paths. Each
                function and layer in it gets a note in the assembly, `[ack:
                secure-lambda-constructs:unsigned]`. Lambda refuses a signed function that has an
                unsigned layer, so with a layer go the functions that use it. By default nothing is
                skipped.

        Raises:
            InvalidInputError: Where the scope is no construct, or `skip` no list of them. What is
                found when the app synthesizes arrives as a `RuntimeError`.

        Example:
            ```python
            from secure_lambda_constructs import SigningBaseline

            signing = SigningBaseline(stack, "WholeAppSigning")
            lambda_.Function(
                stack,
                "Existing",
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler="index.handler",
                code=lambda_.Code.from_asset("lambda"),
            )
            signing.sign_everything(app)
            ```
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

    def add_alarms(self, topic: "sns.ITopic") -> None:
        """Have messages sent where signing fails, or Lambda accepts code that nobody signed.

        They are made in the topic's stack: an EventBridge rule for signing jobs of this baseline
        that did not succeed, and, where the policy is `WARN` or not known, a CloudWatch alarm on
        Lambda's metric `SignatureValidationErrors` of the whole account and region, summed over
        five minutes. The alarm costs money: see <https://aws.amazon.com/cloudwatch/pricing/>.

        A topic of this app gets the rights for both services, and so does its key where it has
        one of its own; a topic with the key `alias/aws/sns` of AWS delivers nothing. An imported
        topic cannot be given them: its policy must let `events.amazonaws.com` and
        `cloudwatch.amazonaws.com` do `sns:Publish`, and its key `kms:Decrypt` and
        `kms:GenerateDataKey*`. See
        <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html> and
        <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>.

        Args:
            topic: An SNS topic of the baseline's account and region.

        Raises:
            InvalidInputError: Where the topic is none, or is of another account or region, or
                there are alarms of this baseline already.

        Example:
            ```python
            from aws_cdk import aws_sns as sns

            from secure_lambda_constructs import SigningBaseline

            signing = SigningBaseline(stack, "AlarmedSigning")
            signing.add_alarms(sns.Topic(stack, "Alerts", enforce_ssl=True))
            ```
        """


class BaselineMembers(Construct):
    """Implements `ISigningBaseline`, see there, on what its subclasses set."""

    _signer: CodeSigner
    _config: lambda_.ICodeSigningConfig
    _bucket: "s3.IBucket"
    _version_arn: str
    _enforcement: lambda_.UntrustedArtifactOnDeployment | None = None

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
    def staging_bucket(self) -> "s3.IBucket":
        """See `ISigningBaseline.staging_bucket`."""
        return self._bucket

    def signed(self, code: lambda_.Code) -> SignedCode:
        """See `ISigningBaseline.signed`."""
        return self._signer.signed(code)

    def sign_everything(self, scope: Construct, *, skip: Sequence[Construct | str] = ()) -> None:
        """See `ISigningBaseline.sign_everything`."""
        sign_everything(scope, self._signer, self._config.code_signing_config_arn, skip)

    def grant_sign(self, grantee: iam.IGrantable) -> iam.Grant:
        """See `ISigningBaseline.grant_sign`."""
        return self._signer.grant_sign(grantee)

    def add_alarms(self, topic: "sns.ITopic") -> None:
        """See `ISigningBaseline.add_alarms`."""
        make_alarms(self, topic, self._signer.identity, self._enforcement)
