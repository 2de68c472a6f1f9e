"""`CentralSigningProfile`: a signing profile that other accounts sign with."""

import hashlib
import re
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_signer as signer
from constructs import Construct

from ..errors import InvalidInputError
from .naming import ACCOUNT_PATTERN, check_literal, check_profile_name, validity_period
from .resources import make_profile

__all__ = ["CentralSigningProfile"]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_ROLE_PATTERN = re.compile(
    rf"arn:aws[a-z-]*:iam::(?P<account>{ACCOUNT_PATTERN}):role/(?:[!-)+-~]+/)?[a-zA-Z0-9+=,.@_-]{{1,64}}"
)
_ORGANIZATION_PATTERN = re.compile(r"(?:o|r|ou)-[a-z0-9-]+")

# The signing program uses no other one. The other that it needs, `signer:DescribeSigningJob`, is on
# a job and not on a profile, so it cannot be given here.
_SIGN = "StartSigningJob"
_REVOKE = "RevokeSignature"


class CentralSigningProfile(Construct):
    """A signing profile in a central account, and who may sign with it from elsewhere.

    Signer signs within one region, so there is one for each region, of whatever name. The accounts
    of the functions name its version in
    `SigningBaseline(signing_profile_version_arn=...)`: there are the staging bucket, the code
    signing configuration and the functions. That version is known once this is deployed.

    Accounts and roles are named one by one. An organization cannot be: "an IAM role or another
    AWS account ID" is what Signer takes, see
    <https://docs.aws.amazon.com/signer/latest/api/API_AddProfilePermission.html>. An account lets
    its own principals sign by their policies, as `grant_sign` writes them; so to name an account
    is to trust whoever may write policies there.

    The profile stays when its stack is deleted, as that of a `SigningBaseline` does.

    Example:
        ```python
        from secure_lambda_constructs import CentralSigningProfile

        profile = CentralSigningProfile(
            stack,
            "Profile",
            profile_name="central",
            signers=["111122223333", "arn:aws:iam::777788889999:role/pipeline"],
        )
        cdk.CfnOutput(stack, "VersionArn", value=profile.signing_profile_version_arn)
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        profile_name: str,
        signers: Sequence[str],
        revokers: Sequence[str] = (),
        signature_validity: cdk.Duration | None = None,
    ) -> None:
        """Make the profile and its permissions.

        Args:
            scope: What it is made in, in a stack of the central account.
            id: The construct's id.
            profile_name: Name of the signing profile: 2 to 64 letters, digits and underscores.
            signers: Account ids and ARNs of IAM roles that may sign (`signer:StartSigningJob`).
            revokers: Those that may take signatures back (`signer:RevokeSignature`), such as an
                incident role. By default nobody outside of the central account.
            signature_validity: How long a signature holds, in whole days. By default 135 months,
                the most that Signer allows. A change makes a new profile, so give another
                `profile_name` with it.

        Raises:
            InvalidInputError: Where AWS would refuse a name or the validity, a principal is
                neither an account nor a role, or is named twice, or there are no signers.
        """
        check_profile_name(profile_name)
        validity = validity_period(signature_validity)
        permissions = [
            (action, principal, _place(what, principal, action))
            for what, action, principals in (
                ("signers", _SIGN, signers),
                ("revokers", _REVOKE, revokers),
            )
            for principal in _checked(what, principals)
        ]
        if not signers:
            raise InvalidInputError(
                "signers must name at least one account or role, got none: in its own account a "
                "profile needs no permissions, so write SigningBaseline(...) there"
            )
        super().__init__(scope, id)
        self._profile_name = profile_name
        self._profile = make_profile(self, profile_name, validity)
        before: signer.CfnProfilePermission | None = None
        for action, principal, place in permissions:
            permission = signer.CfnProfilePermission(
                self,
                place,
                action=f"signer:{action}",
                principal=principal,
                profile_name=self._profile.signing_profile_name,
                statement_id=place,
            )
            # One after the other: all are in one policy of the profile, and two changes of it at a
            # time are a conflict (see the errors of API_AddProfilePermission).
            if before is not None:
                permission.node.add_dependency(before)
            before = permission

    @property
    def signing_profile_name(self) -> str:
        """Name of the signing profile, a literal."""
        return self._profile_name

    @property
    def signing_profile_version_arn(self) -> str:
        """ARN of the profile's version, for `SigningBaseline` in the accounts of the functions.

        It is a token: have it as an output, and take its value from there.
        """
        return self._profile.signing_profile_version_arn


def _checked(what: str, principals: Sequence[str]) -> Sequence[str]:
    if isinstance(principals, str) or not isinstance(principals, Sequence):
        raise InvalidInputError(
            f"{what} must be a list of account ids and role ARNs, got {principals!r}: write it in "
            "square brackets"
        )
    for principal in principals:
        check_literal(f"each of {what}", principal)
        if _ORGANIZATION_PATTERN.fullmatch(principal):
            raise InvalidInputError(
                f"{what} cannot be an organization, got {principal}: Signer takes accounts and "
                "roles only, so list the accounts"
            )
        if principals.count(principal) > 1:
            raise InvalidInputError(
                f"each of {what} must be named once, got {principal} twice: leave one out"
            )
    return principals


def _place(what: str, principal: str, action: str) -> str:
    # Both the id of the construct and that of the statement, so it depends on nothing but the
    # principal: another order, or one more before it, must not replace a permission.
    if re.fullmatch(ACCOUNT_PATTERN, principal):
        return f"{action}-{principal}"
    role = _ROLE_PATTERN.fullmatch(principal)
    if role is None:
        raise InvalidInputError(
            f"each of {what} must be an account id of 12 digits or the ARN of an IAM role "
            f"(arn:…:iam::ACCOUNT:role/NAME), got {principal!r}"
        )
    digest = hashlib.sha256(principal.encode()).hexdigest()[:8]
    return f"{action}-{role['account']}-{digest}"
