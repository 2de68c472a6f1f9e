"""A signing baseline that exists already."""

import re

from aws_cdk import Token
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ..errors import InvalidInputError
from .identity import SigningIdentity
from .members import BaselineMembers
from .naming import (
    ACCOUNT_PATTERN,
    PROFILE_NAME_PATTERN,
    REGION_PATTERN,
    check_account,
    check_bucket_name,
    check_literal,
    check_profile_name,
    python_interpreter,
)
from .signed_code import CodeSigner

__all__ = ["ImportedSigningBaseline"]

_PARTITION = r"aws[a-z-]*"
# https://docs.aws.amazon.com/lambda/latest/api/API_GetCodeSigningConfig.html
_CONFIG_ARN = re.compile(
    rf"arn:{_PARTITION}:lambda:(?P<region>{REGION_PATTERN}):(?P<account>{ACCOUNT_PATTERN})"
    r":code-signing-config:csc-[a-z0-9]{17}"
)
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssigner.html with the
# version, which has 10 letters and digits: its API_GetSigningProfile
_VERSION_ARN = re.compile(
    rf"arn:{_PARTITION}:signer:(?P<region>{REGION_PATTERN}):(?P<account>{ACCOUNT_PATTERN})"
    rf":/signing-profiles/(?P<name>{PROFILE_NAME_PATTERN})/[a-zA-Z0-9]{{10}}"
)


class ImportedSigningBaseline(BaselineMembers):
    """What `SigningBaseline.from_attributes` returns; see there for an example."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        code_signing_config_arn: str,
        signing_profile_name: str,
        staging_bucket_name: str,
        profile_owner: str | None,
        signing_profile_version_arn: str | None,
        signing_revision: str,
        python: str | None,
    ) -> None:
        """Check the attributes and take them over."""
        wanted = "arn:…:lambda:REGION:ACCOUNT:code-signing-config:csc-…"
        config = _match("code_signing_config_arn", code_signing_config_arn, _CONFIG_ARN, wanted)
        check_profile_name(signing_profile_name)
        check_bucket_name(staging_bucket_name)
        check_literal("signing_revision", signing_revision)
        if profile_owner is not None:
            check_account("profile_owner", profile_owner)
        if signing_profile_version_arn is not None:
            wanted = "arn:…:signer:REGION:ACCOUNT:/signing-profiles/NAME/VERSION"
            name = "signing_profile_version_arn"
            version = _match(name, signing_profile_version_arn, _VERSION_ARN, wanted)
            _agree(version, config, signing_profile_name, profile_owner)

        super().__init__(scope, id)
        self._given_version_arn = signing_profile_version_arn
        identity = SigningIdentity(
            profile_name=signing_profile_name,
            profile_owner=profile_owner,
            bucket_name=staging_bucket_name,
            account=config.get("account"),
            region=config.get("region"),
            revision=signing_revision,
            python=python_interpreter(self, python),
            baseline_stack="of the signing baseline",  # "deploy the stack … first"
        )
        self._signer = CodeSigner(identity, home=None)
        self._config = lambda_.CodeSigningConfig.from_code_signing_config_arn(
            self, "CodeSigningConfig", code_signing_config_arn
        )
        self._bucket = s3.Bucket.from_bucket_name(
            self, "StagingBucket", identity.resolved_bucket_name()
        )

    @property
    def signing_profile_version_arn(self) -> str:
        """See `ISigningBaseline.signing_profile_version_arn`."""
        if self._given_version_arn is None:
            raise InvalidInputError(
                f"the version of the signing profile {self.signing_profile_name} is not known: "
                "give SigningBaseline.from_attributes its signing_profile_version_arn"
            )
        return self._given_version_arn


def _match(what: str, arn: str, pattern: re.Pattern[str], wanted: str) -> dict[str, str]:
    if not isinstance(arn, str):
        raise InvalidInputError(f"{what} must be text, {wanted}, got {arn!r}")
    match = pattern.fullmatch(arn)
    if match is None and not Token.is_unresolved(arn):
        raise InvalidInputError(f"{what} must be {wanted}, got {arn!r}")
    return match.groupdict() if match is not None else {}


def _agree(version: dict[str, str], config: dict[str, str], name: str, owner: str | None) -> None:
    expected = {"name": name, "region": config.get("region")}
    expected["account"] = owner or config.get("account")
    for what, value in version.items():
        wanted = expected[what]
        if wanted is not None and value != wanted:
            hint = "; say profile_owner= for another account's" if what == "account" else ""
            raise InvalidInputError(
                f"signing_profile_version_arn must be of the {what} {wanted}, as the other "
                f"attributes say, got {value}{hint}"
            )
