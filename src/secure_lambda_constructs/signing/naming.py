"""Names that must be known before anything is deployed, and what AWS accepts as one.

The signing program runs before the function's stack exists, so profile and bucket cannot be
looked up: their names are literals, or follow from the account and the region.
"""

import hashlib
import re
import sys

import aws_cdk as cdk
from constructs import Construct

from ..errors import InvalidInputError

__all__ = [
    "ACCOUNT_PATTERN",
    "PROFILE_NAME_PATTERN",
    "REGION_PATTERN",
    "check_account",
    "check_bucket_name",
    "check_bucket_prefix",
    "check_literal",
    "check_profile_name",
    "companion_stack_name",
    "default_bucket_prefix",
    "default_profile_name",
    "python_interpreter",
    "validity_period",
]

PROFILE_NAME_PATTERN = r"[a-zA-Z0-9_]{2,64}"
"""https://docs.aws.amazon.com/signer/latest/api/API_PutSigningProfile.html"""

ACCOUNT_PATTERN = r"[0-9]{12}"
"""Twelve digits."""

REGION_PATTERN = r"(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9]"
"""https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html"""

# A bucket's name has 63 characters at most; "-{account}-" takes 14 of them and the longest region
# there is, us-isof-south-1, has 15. Two are left for a longer one.
_LONGEST_PREFIX = 32
_PREFIX_PATTERN = rf"[a-z0-9][a-z0-9-]{{0,{_LONGEST_PREFIX - 2}}}[a-z0-9]"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_PATTERN = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_PLACEHOLDERS = {"{account}": "0" * 12, "{region}": "us-east-1"}

# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
_STACK_NAME_PATTERN = r"[a-zA-Z][a-zA-Z0-9-]{0,127}"

_PYTHON_CONTEXT = "secure-lambda-constructs:python"

_MONTHS = 135
# 135 months have at least this many days: 11 years with two 29 Februaries, and three months.
_DAYS = 4106


def check_literal(what: str, value: str) -> None:
    """Refuse a value that is no text, or one that is only known during the deployment.

    Args:
        what: What the value is, for the message.
        value: The value.

    Raises:
        InvalidInputError: Where it is no `str`, or holds a token.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import check_literal

        check_literal("signing_revision", "2026-11")
        ```
    """
    if not isinstance(value, str):
        raise InvalidInputError(f"{what} must be text, got {value!r}: write it as a str, in quotes")
    if "${Token[" in value and cdk.Token.is_unresolved(value):
        raise InvalidInputError(
            f"{what} must be a literal, got a value that is known only during the deployment: "
            "write the text itself"
        )


def _check(what: str, value: str, pattern: str, wanted: str) -> None:
    check_literal(what, value)
    if re.fullmatch(pattern, value) is None:
        raise InvalidInputError(f"{what} must be {wanted}, got {value!r}")


def check_profile_name(value: str) -> None:
    """Refuse a name that Signer would refuse.

    Args:
        value: The name of the signing profile.

    Raises:
        InvalidInputError: Where it is not 2 to 64 letters, digits and underscores.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import check_profile_name

        check_profile_name("user_info")
        ```
    """
    wanted = "2 to 64 letters, digits or underscores (no hyphens: Signer refuses them)"
    _check("profile_name", value, PROFILE_NAME_PATTERN, wanted)


def check_account(what: str, value: str) -> None:
    """Refuse what is not an account id.

    Args:
        what: What the value is, for the message.
        value: The account.

    Raises:
        InvalidInputError: Where it is not twelve digits.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import check_account

        check_account("profile_owner", "123456789012")
        ```
    """
    _check(what, value, ACCOUNT_PATTERN, "an account id of 12 digits")


def check_bucket_prefix(value: str) -> None:
    """Refuse the beginning of a bucket name that S3 would refuse with account and region added.

    Args:
        value: The prefix, to which `-{account}-{region}` will be added.

    Raises:
        InvalidInputError: Where it has more than 32 characters, other ones than lower case
            letters, digits and hyphens, or is one that S3 reserves.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import check_bucket_prefix

        check_bucket_prefix("team-signing")
        ```
    """
    wanted = (
        f"2 to {_LONGEST_PREFIX} lower case letters, digits or hyphens (S3 allows 63 characters "
        "and the account and the region are added)"
    )
    _check("staging_bucket_prefix", value, _PREFIX_PATTERN, wanted)
    if value.startswith(_RESERVED_PREFIXES):
        raise InvalidInputError(
            f"staging_bucket_prefix must not begin with {', '.join(_RESERVED_PREFIXES)} (S3 "
            f"reserves them), got {value!r}"
        )


def check_bucket_name(value: str) -> None:
    """Refuse the name of a bucket that cannot exist.

    Args:
        value: The name; `{account}` and `{region}` in it stand for those of the caller.

    Raises:
        InvalidInputError: Where S3 allows no such name.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import check_bucket_name

        check_bucket_name("team-signing-{account}-{region}")
        ```
    """
    check_literal("staging_bucket_name", value)
    filled = value
    for placeholder, text in _PLACEHOLDERS.items():
        filled = filled.replace(placeholder, text)
    if re.fullmatch(_BUCKET_PATTERN, filled) is None:
        raise InvalidInputError(
            "staging_bucket_name must be the name of an S3 bucket, in which {account} and "
            f"{{region}} may stand for those of the deployment, got {value!r}"
        )


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def default_profile_name(unique: str, readable: str) -> str:
    """Make up the name of a signing profile.

    Args:
        unique: What tells it from every other profile of the account and region.
        readable: What a person would call it.

    Returns:
        A name that Signer accepts, always the same for the same arguments.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import default_profile_name

        assert default_profile_name("UserInfo-Signing", "UserInfo-Signing") == (
            "UserInfo_Signing_d757e88445"
        )
        ```
    """
    digest = _digest(unique, 10)
    words = re.sub(r"[^a-zA-Z0-9]+", "_", readable)[: 64 - len(digest) - 1]
    return f"{words}_{digest}"


def default_bucket_prefix(unique: str, readable: str) -> str:
    """Make up the beginning of the staging bucket's name.

    Args:
        unique: What tells it from every other bucket of the account and region.
        readable: What a person would call it.

    Returns:
        A prefix that S3 accepts, always the same for the same arguments.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import default_bucket_prefix

        assert default_bucket_prefix("UserInfo-Signing", "UserInfo-Signing") == (
            "userinfo-signing-d757e884"
        )
        ```
    """
    digest = _digest(unique, 8)
    words = re.sub(r"[^a-z0-9]+", "-", readable.lower())[: _LONGEST_PREFIX - len(digest) - 1]
    return f"{words.strip('-')}-{digest}"


def companion_stack_name(natural: str) -> str:
    """Make a name that CloudFormation accepts out of construct ids, which may hold anything.

    Args:
        natural: The ids, joined.

    Returns:
        The same where it can be a stack's name. Else the characters that cannot be in one are
        replaced, what is too long is cut, and a digest keeps the names of different ids apart.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import companion_stack_name

        assert companion_stack_name("App-Signing") == "App-Signing"
        assert companion_stack_name("App-My_Signing") == "App-My-Signing-00dc1756"
        ```
    """
    if re.fullmatch(_STACK_NAME_PATTERN, natural) is not None:
        return natural
    digest = _digest(natural, 8)
    words = re.sub(r"[^a-zA-Z0-9-]+", "-", natural).strip("-")
    if re.match("[a-zA-Z]", words) is None:
        words = f"Stack-{words}".strip("-")
    return f"{words[: 128 - len(digest) - 1]}-{digest}"


def python_interpreter(construct: Construct, python: str | None) -> str:
    """Decide which Python runs the signing program.

    Args:
        construct: Where to look for the context key `secure-lambda-constructs:python`.
        python: What was asked for, if anything.

    Returns:
        That, or the context's, or the one that runs this.

    Raises:
        InvalidInputError: Where it is empty or a token.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import python_interpreter

        assert python_interpreter(stack, "python3") == "python3"
        ```
    """
    chosen = python
    if chosen is None:
        chosen = construct.node.try_get_context(_PYTHON_CONTEXT)
    if chosen is None:
        chosen = sys.executable
    if not isinstance(chosen, str) or not chosen.strip():
        raise InvalidInputError(
            f"python (or the context key {_PYTHON_CONTEXT}) must be a Python interpreter, got "
            f"{chosen!r}: write its path, or a name that is on PATH such as python3"
        )
    check_literal("python", chosen)
    return chosen


def validity_period(validity: cdk.Duration | None) -> tuple[str, int]:
    """Say how long signatures hold, in Signer's words.

    Args:
        validity: The time, in whole days; `None` for the longest.

    Returns:
        The unit and the number: 135 months by default, which is the most Signer allows. See
        https://docs.aws.amazon.com/signer/latest/developerguide/gs-profile.html

    Raises:
        InvalidInputError: Where it is no `Duration`, less than a day, not whole days, or more than
            135 months.

    Example:
        ```python
        from secure_lambda_constructs.signing.naming import validity_period

        assert validity_period(cdk.Duration.days(365)) == ("DAYS", 365)
        ```
    """
    if validity is None:
        return "MONTHS", _MONTHS
    if not isinstance(validity, cdk.Duration):
        raise InvalidInputError(
            f"signature_validity must be a Duration, got {validity!r}: write cdk.Duration.days(...)"
        )
    if validity.is_unresolved():
        # The profile's name depends on it (see `SigningBaseline`).
        raise InvalidInputError("signature_validity must be a literal, got a token")
    days = validity.to_days(integral=False)
    if not 1 <= days <= _DAYS or days != int(days):
        raise InvalidInputError(
            f"signature_validity must be 1 to {_DAYS} whole days ({_MONTHS} months), "
            f"got {days:g} days"
        )
    return "DAYS", int(days)
