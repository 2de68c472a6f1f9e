"""`SigningBaseline`: what an account needs so that Lambda runs only signed code."""

import datetime
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..errors import InvalidInputError
from .arns import parse_profile_version_arn
from .companion import make_companion
from .identity import SigningIdentity, literal_or_none
from .imported import ImportedSigningBaseline
from .members import BaselineMembers, ISigningBaseline
from .naming import (
    check_bucket_prefix,
    check_literal,
    check_profile_name,
    default_bucket_prefix,
    default_profile_name,
    python_interpreter,
    validity_period,
)
from .publishers import check_publishers, warn_of_expired
from .resources import make_resources
from .signed_code import CodeSigner
from .stacks import Home, surroundings

__all__ = ["ISigningBaseline", "SigningBaseline"]

_ENFORCE = lambda_.UntrustedArtifactOnDeployment.ENFORCE
_NOT_ENFORCED = "secure-lambda-constructs:signingNotEnforced"


class SigningBaseline(BaselineMembers):
    """A signing profile, its staging bucket, and a code signing configuration that trusts it.

    Code is signed while the CDK publishes it, so all three must exist before the stack of the
    functions is deployed. They are therefore made in a *companion stack* beside the stack that
    the baseline is in, `App-Signing` for the id `Signing` in the stack `App`; `cdk deploy App`
    deploys it first. Account and region, bootstrap qualifier, tags and termination protection
    are those of the stack around.

    The signing profile and the bucket stay when the companion stack is deleted: a deleted profile
    is cancelled, and its name cannot be used again
    (<https://docs.aws.amazon.com/signer/latest/api/API_CancelSigningProfile.html>). To make the
    stack once more, bring them back with `cdk import`, or give other names.

    Another `profile_name` makes a new profile, which signs everything anew at the next deployment;
    the old one stays. Lambda verifies code when it is deployed, not when it runs: functions that
    are not deployed again keep running. Whatever is still deployed with the old signatures in the
    meantime, a layer or a version that is rolled back to, needs `retiring_publishers`.

    In regions of which CloudFormation's schema has neither `AWS::Signer::SigningProfile` nor
    `AWS::Lambda::CodeSigningConfig` (those of China, as of 2026), make the resources by other
    means and use `from_attributes`.

    Where `App(default_stack_synthesizer=...)` has several stacks share one synthesizer, each of
    their manifests lists the assets of all (aws-cdk issue 29071): deploy the companion stack by
    its name once, before the others.

    Example:
        ```python
        from secure_lambda_constructs import SigningBaseline

        signing = SigningBaseline(stack, "Signing")
        lambda_.Function(
            stack,
            "UserInfo",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=signing.signed(lambda_.Code.from_asset("lambda")),
            code_signing_config=signing.code_signing_config,
        )
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        profile_name: str | None = None,
        staging_bucket_prefix: str | None = None,
        signature_validity: cdk.Duration | None = None,
        signing_profile_version_arn: str | None = None,
        trusted_publishers: Sequence[str] = (),
        retiring_publishers: Mapping[str, datetime.date] | None = None,
        enforcement: lambda_.UntrustedArtifactOnDeployment = _ENFORCE,
        signing_revision: str = "",
        python: str | None = None,
        companion_stack: bool = True,
        env: cdk.Environment | None = None,
        synthesizer: cdk.IStackSynthesizer | None = None,
    ) -> None:
        """Make the companion stack with its resources.

        Args:
            scope: The stack of the functions or anything in it; or the app or a stage, which has
                the companion stack for itself.
            id: The construct's id.
            profile_name: Name of the signing profile: 2 to 64 letters, digits and underscores. By
                default one is made up of the stack's name, this construct's path and the
                validity, always the same for the same ones.
            staging_bucket_prefix: Beginning of the bucket's name, to which `-{account}-{region}`
                is added: 2 to 32 lower case letters, digits and hyphens. By default one is made
                up in the same way.
            signature_validity: How long a signature holds, in whole days. By default 135 months,
                the most that Signer allows. A change makes a new profile, so give another
                `profile_name` with it (a made up name changes by itself).
            signing_profile_version_arn: Version of a profile that exists already, such as a
                `CentralSigningProfile` of another account, which must let this account sign. The
                stack must be of the profile's region. Another version signs everything anew. By
                default a profile is made.
            trusted_publishers: ARNs of the versions of other signing profiles whose signatures
                are accepted too, such as a vendor's for a layer: 20 at most together with the
                retiring ones and the own profile. They may be of any account and region, and
                tokens. By default none. See
                <https://docs.aws.amazon.com/lambda/latest/api/API_AllowedPublishers.html>.
            retiring_publishers: Versions of profiles that are trusted for a while yet, such as
                the one before a new `profile_name`: the last day (UTC) by the ARN. From the day
                after, the app synthesizes without it, with a warning. By default none.
            enforcement: What Lambda does where code is deployed that no publisher has signed. By
                default it refuses it. `WARN` is a step for functions that exist already: it
                **enforces nothing**, Lambda counts such deployments and runs the code. There is a
                warning as long as it is so. See
                <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>.
            signing_revision: Any text. A change of it signs everything anew at the next
                deployment, though neither code nor profile has changed.
            python: Interpreter that runs the signing program where the assets are published; the
                package must be installed for it. By default that of the context key
                `secure-lambda-constructs:python`, else the one that runs this app, by its path.
            companion_stack: `False` puts the resources into the stack around instead, which is
                for stacks of a platform team: functions in that same stack are refused.
            env: Account and region of the companion stack, by default those of the stack around,
                or of the stage.
            synthesizer: How the companion stack is deployed. By default like the stack around:
                by the CDK's `DefaultStackSynthesizer` (or `CliCredentialsStackSynthesizer`) with
                the same qualifier.

        Raises:
            InvalidInputError: Where AWS would refuse a name, an ARN or the validity, a value that
                the signing program must know is a token, or there is no place for the resources.
        """
        if profile_name is not None:
            check_profile_name(profile_name)
        if staging_bucket_prefix is not None:
            check_bucket_prefix(staging_bucket_prefix)
        check_literal("signing_revision", signing_revision)
        validity = validity_period(signature_validity)
        version: dict[str, str] = {}
        if signing_profile_version_arn is not None:
            if profile_name is not None or signature_validity is not None:
                raise InvalidInputError(
                    "profile_name and signature_validity are for a profile that is made here, got "
                    "signing_profile_version_arn too, of one that exists: leave out the one or the "
                    "other"
                )
            what = "signing_profile_version_arn"
            check_literal(what, signing_profile_version_arn)
            version = parse_profile_version_arn(what, signing_profile_version_arn)
        publishers = check_publishers(
            trusted_publishers, retiring_publishers, own=signing_profile_version_arn
        )
        if not isinstance(enforcement, lambda_.UntrustedArtifactOnDeployment):
            raise InvalidInputError(
                f"enforcement must be an UntrustedArtifactOnDeployment, got {enforcement!r}: leave "
                "it out, or write lambda_.UntrustedArtifactOnDeployment.WARN for a while"
            )
        if not companion_stack and (env is not None or synthesizer is not None):
            raise InvalidInputError(
                "env and synthesizer are for the companion stack: leave them out together with "
                "companion_stack=False, because the stack around has its own"
            )

        super().__init__(scope, id)
        where = surroundings(self)
        if companion_stack:
            self._stack = make_companion(scope, where, env=env, synthesizer=synthesizer)
        elif where.stack is not None:
            self._stack = where.stack
        else:
            raise InvalidInputError(
                f"companion_stack=False needs a stack around the baseline, got "
                f"{self.node.path} in none: make it in a stack, or leave companion_stack out"
            )
        stack = self._stack
        if version:
            _refuse_other_region(stack, version)
        account = literal_or_none(stack.account)
        stack_name = stack.stack_name
        # The validity is part of it: a profile cannot be changed, and a new one needs a new name.
        unique = "/".join((stack_name, *where.path, *map(str, validity)))
        readable = stack_name if companion_stack else "-".join((stack_name, *where.path))
        prefix = staging_bucket_prefix or default_bucket_prefix(
            "/".join((stack_name, *where.path)), readable
        )
        identity = SigningIdentity(
            profile_name=(
                version.get("name") or profile_name or default_profile_name(unique, readable)
            ),
            profile_owner=owner if (owner := version.get("account")) != account else None,
            bucket_name=f"{prefix}-{{account}}-{{region}}",
            account=account,
            region=literal_or_none(stack.region),
            revision=signing_revision,
            python=python_interpreter(self, python),
            baseline_stack=stack.node.path,
            profile_version=version.get("version"),
        )
        resources = make_resources(
            stack if companion_stack else self,
            profile_name=identity.profile_name,
            validity=validity,
            bucket_name=identity.resolved_bucket_name(),
            version_arn=signing_profile_version_arn,
            publishers=publishers.trusted,
            enforcement=enforcement,
        )
        self._bucket = resources.bucket
        self._config = resources.config
        self._enforcement = enforcement
        self._version_arn = resources.version_arn
        self._signer = CodeSigner(
            identity,
            Home(where.stage, stack, own_synthesizer=companion_stack and synthesizer is None),
        )
        self._signer.trusted_publishers = publishers.trusted
        self._signer.profile_version_arn = resources.version_arn
        # On a resource: what is in no stack, as this construct may be, gets no warning through.
        warn_of_expired(resources.config, publishers)
        if enforcement != _ENFORCE:
            cdk.Annotations.of(resources.config).add_warning_v2(
                _NOT_ENFORCED,
                "with enforcement=WARN Lambda counts the deployments of code that is not signed, "
                "and runs the code: deploy every function with signed code, see that the alarm of "
                "signing.add_alarms(topic) stays quiet, then take enforcement= away",
            )

    @property
    def stack(self) -> cdk.Stack:
        """The companion stack, or the stack around with `companion_stack=False`."""
        return self._stack

    @staticmethod
    def from_attributes(
        scope: Construct,
        id: str,
        *,
        code_signing_config_arn: str,
        signing_profile_name: str,
        staging_bucket_name: str,
        profile_owner: str | None = None,
        signing_profile_version_arn: str | None = None,
        trusted_publishers: Sequence[str] = (),
        signing_revision: str = "",
        python: str | None = None,
    ) -> ISigningBaseline:
        """Use a baseline that another app has made.

        Args:
            scope: What the construct is made in.
            id: The construct's id.
            code_signing_config_arn: ARN of the code signing configuration, of the account and
                region of the functions. May be a token.
            signing_profile_name: Name of the signing profile, in the same region.
            staging_bucket_name: Name of the staging bucket, versioned, in the region and the
                account of the functions: a bucket of another account is refused when code is
                signed, also where the profile is of another account. `{account}` and `{region}`
                in it stand for those of the deployment.
            profile_owner: Account of the signing profile, which must let the functions' account
                sign with it. By default it is the functions' account itself. See
                <https://docs.aws.amazon.com/signer/latest/developerguide/signing-profile-cross-account.html>.
            signing_profile_version_arn: ARN of the profile's version. Another version signs
                everything anew. May be a token, which does not. By default it is not known, and
                asking for it is refused.
            trusted_publishers: The other publishers that the code signing configuration trusts,
                for the checks of layers; nothing is changed there. By default none is known.
            signing_revision: As for `SigningBaseline`. By default empty, as there.
            python: As for `SigningBaseline`.

        Returns:
            The baseline.

        Raises:
            InvalidInputError: Where an ARN or a name cannot be one, or they do not fit together.

        Example:
            ```python
            from secure_lambda_constructs import SigningBaseline

            central = SigningBaseline.from_attributes(
                stack,
                "CentralSigning",
                code_signing_config_arn=(
                    "arn:aws:lambda:us-east-1:111122223333"
                    ":code-signing-config:csc-0123456789abcdef0"
                ),
                signing_profile_name="central",
                staging_bucket_name="central-signing-{account}-{region}",
                profile_owner="444455556666",
            )
            ```
        """
        return ImportedSigningBaseline(
            scope,
            id,
            code_signing_config_arn=code_signing_config_arn,
            signing_profile_name=signing_profile_name,
            staging_bucket_name=staging_bucket_name,
            profile_owner=profile_owner,
            signing_profile_version_arn=signing_profile_version_arn,
            trusted_publishers=trusted_publishers,
            signing_revision=signing_revision,
            python=python,
        )


def _refuse_other_region(stack: cdk.Stack, version: dict[str, str]) -> None:
    region = literal_or_none(stack.region)
    if region != version["region"]:
        raise InvalidInputError(
            f"the stack {stack.node.path} must be of the region of the signing profile "
            f"{version['name']}, got {region or 'none given'} and {version['region']}: Signer "
            "signs within one region, so give the stack that env, or name the version of the "
            "profile in the stack's region"
        )
