"""ARNs of code signing: what AWS accepts as one, and what is in it."""

import re

from aws_cdk import Token

from ..errors import InvalidInputError
from .naming import ACCOUNT_PATTERN, PROFILE_NAME_PATTERN, REGION_PATTERN

__all__ = ["parse_config_arn", "parse_profile_version_arn"]

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
    rf":/signing-profiles/(?P<name>{PROFILE_NAME_PATTERN})/(?P<version>[a-zA-Z0-9]{{10}})"
)


def parse_config_arn(what: str, arn: str) -> dict[str, str]:
    """Take the ARN of a code signing configuration apart.

    Args:
        what: What the value is, for the message.
        arn: The ARN.

    Returns:
        Its `region` and `account`; nothing for a token.

    Raises:
        InvalidInputError: Where it is neither such an ARN nor a token.

    Example:
        ```python
        from secure_lambda_constructs.signing.arns import parse_config_arn

        arn = "arn:aws:lambda:us-east-1:111122223333:code-signing-config:csc-0123456789abcdef0"
        assert parse_config_arn("arn", arn)["region"] == "us-east-1"
        ```
    """
    wanted = "arn:…:lambda:REGION:ACCOUNT:code-signing-config:csc-…"
    return _parse(what, arn, _CONFIG_ARN, wanted)


def parse_profile_version_arn(what: str, arn: str) -> dict[str, str]:
    """Take the ARN of a signing profile's version apart.

    Args:
        what: What the value is, for the message.
        arn: The ARN.

    Returns:
        Its `region`, `account`, `name` and `version`; nothing for a token.

    Raises:
        InvalidInputError: Where it is neither such an ARN nor a token.

    Example:
        ```python
        from secure_lambda_constructs.signing.arns import parse_profile_version_arn

        arn = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/users/1a2B3c4D5e"
        assert parse_profile_version_arn("arn", arn)["name"] == "users"
        ```
    """
    wanted = "arn:…:signer:REGION:ACCOUNT:/signing-profiles/NAME/VERSION"
    return _parse(what, arn, _VERSION_ARN, wanted)


def _parse(what: str, arn: str, pattern: re.Pattern[str], wanted: str) -> dict[str, str]:
    if not isinstance(arn, str):
        raise InvalidInputError(f"{what} must be text, {wanted}, got {arn!r}")
    match = pattern.fullmatch(arn)
    if match is None and not Token.is_unresolved(arn):
        raise InvalidInputError(f"{what} must be {wanted}, got {arn!r}")
    return match.groupdict() if match is not None else {}
