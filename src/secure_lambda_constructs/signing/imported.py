"""A signing baseline that exists already."""

from collections.abc import Sequence

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..errors import InvalidInputError
from .arns import parse_config_arn, parse_profile_version_arn
from .identity import SigningIdentity
from .members import BaselineMembers
from .naming import (
    check_account,
    check_bucket_name,
    check_literal,
    check_profile_name,
    python_interpreter,
)
from .publishers import check_publishers
from .signed_code import CodeSigner

__all__ = ["ImportedSigningBaseline"]


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
        trusted_publishers: Sequence[str],
        signing_revision: str,
        python: str | None,
    ) -> None:
        """Check the attributes and take them over."""
        config = parse_config_arn("code_signing_config_arn", code_signing_config_arn)
        check_profile_name(signing_profile_name)
        check_bucket_name(staging_bucket_name)
        check_literal("signing_revision", signing_revision)
        if profile_owner is not None:
            check_account("profile_owner", profile_owner)
        version: dict[str, str] = {}
        if signing_profile_version_arn is not None:
            what = "signing_profile_version_arn"
            version = parse_profile_version_arn(what, signing_profile_version_arn)
            _agree(version, config, signing_profile_name, profile_owner)
        publishers = check_publishers(trusted_publishers, own=signing_profile_version_arn)

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
            profile_version=version.get("version"),
        )
        self._signer = CodeSigner(identity, home=None)
        self._signer.trusted_publishers = publishers.trusted
        self._signer.profile_version_arn = signing_profile_version_arn
        self._config = lambda_.CodeSigningConfig.from_code_signing_config_arn(
            self, "CodeSigningConfig", code_signing_config_arn
        )
        from aws_cdk import aws_s3 as s3  # takes long to import

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


def _agree(version: dict[str, str], config: dict[str, str], name: str, owner: str | None) -> None:
    expected = {"name": name, "region": config.get("region")}
    expected["account"] = owner or config.get("account")
    for what, wanted in expected.items():
        value = version.get(what)
        if None not in (value, wanted) and value != wanted:
            hint = "; say profile_owner= for another account's" if what == "account" else ""
            raise InvalidInputError(
                f"signing_profile_version_arn must be of the {what} {wanted}, as the other "
                f"attributes say, got {value}{hint}"
            )
