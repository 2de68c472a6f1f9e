"""Whose signatures a code signing configuration accepts besides those of its own profile."""

import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aws_cdk import Annotations
from constructs import Construct

from ..errors import InvalidInputError
from .arns import parse_profile_version_arn

__all__ = ["Publishers", "check_publishers", "today", "warn_of_expired"]

_EXPIRED = "secure-lambda-constructs:retiredPublisher"

# https://docs.aws.amazon.com/lambda/latest/api/API_AllowedPublishers.html: own profile included.
# Their region is not checked: that page allows any, and vendors of layers (Datadog, for one) name a
# profile of us-east-1 for the layers of all regions.
_MOST = 20


class Publishers(NamedTuple):
    """The publishers of a baseline besides its own profile.

    Attributes:
        trusted: ARNs of the profile versions whose signatures are accepted today.
        expired: ARNs that were to be trusted until a day that has passed, with that day.

    Example:
        ```python
        from secure_lambda_constructs.signing.publishers import Publishers

        assert Publishers(trusted=(), expired=()).trusted == ()
        ```
    """

    trusted: tuple[str, ...]
    expired: tuple[tuple[str, datetime.date], ...]


def today() -> datetime.date:
    """Return the day, the same everywhere: that of UTC.

    Returns:
        The day.

    Example:
        ```python
        from secure_lambda_constructs.signing.publishers import today

        assert today().year >= 2026
        ```
    """
    return datetime.datetime.now(datetime.UTC).date()


def check_publishers(
    trusted: Sequence[str],
    retiring: Mapping[str, datetime.date] | None = None,
    *,
    own: str | None = None,
) -> Publishers:
    """Check the ARNs, and sort out those whose time is over.

    Args:
        trusted: ARNs of profile versions that are trusted for good.
        retiring: Last day on which the signatures of a profile version are accepted, by its ARN.
        own: ARN of the own profile's version where it is known.

    Returns:
        The publishers.

    Raises:
        InvalidInputError: Where something is no ARN or no day, an ARN is given twice, or there
            are more than Lambda takes.

    Example:
        ```python
        import datetime

        from secure_lambda_constructs.signing.publishers import check_publishers

        arn = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/users/1a2B3c4D5e"
        assert check_publishers([], {arn: datetime.date(2020, 1, 31)}).trusted == ()
        ```
    """
    if isinstance(trusted, str) or not isinstance(trusted, Sequence):
        raise InvalidInputError(
            f"trusted_publishers must be a list of profile version ARNs, got {trusted!r}: write "
            "it in square brackets"
        )
    days = {} if retiring is None else retiring
    if not isinstance(days, Mapping):
        raise InvalidInputError(
            f"retiring_publishers must map profile version ARNs to days, got {retiring!r}: write "
            "{ARN: datetime.date(...)}"
        )
    seen = [own] if own is not None else []
    for what, arns in (("trusted_publishers", trusted), ("retiring_publishers", days)):
        for arn in arns:
            parse_profile_version_arn(f"each of {what}", arn)
            if arn in seen:
                raise InvalidInputError(
                    f"each publisher must be named once, got {arn} twice, the second time in "
                    f"{what}: leave that one out, a baseline trusts its own profile anyway"
                )
            seen.append(arn)
    for arn, day in days.items():
        # A `datetime` is a `date` for Python, but cannot be compared with one.
        if not isinstance(day, datetime.date) or isinstance(day, datetime.datetime):
            raise InvalidInputError(
                f"the last day of a retiring publisher must be a datetime.date, got {day!r} for "
                f"{arn}: write datetime.date(2027, 1, 31), say"
            )
    now = today()
    expired = tuple((arn, day) for arn, day in days.items() if day < now)
    accepted = (*trusted, *(arn for arn, day in days.items() if day >= now))
    if len(accepted) >= _MOST:
        raise InvalidInputError(
            f"a code signing configuration takes {_MOST} publishers at most, got "
            f"{len(accepted) + 1}, the baseline's own profile included: trust fewer, or make a "
            "second SigningBaseline for the functions that need the others"
        )
    return Publishers(accepted, expired)


def warn_of_expired(construct: Construct, publishers: Publishers) -> None:
    """Warn of publishers that are left out because their time is over.

    Args:
        construct: What gets the warnings; in a stack, or the CDK would drop them.
        publishers: The publishers.

    Example:
        ```python
        from secure_lambda_constructs.signing.publishers import Publishers, warn_of_expired

        warn_of_expired(stack, Publishers(trusted=(), expired=()))
        ```
    """
    if publishers.expired:
        retired = ", ".join(f"{arn} (through {day})" for arn, day in publishers.expired)
        Annotations.of(construct).add_warning_v2(
            _EXPIRED,
            f"these retiring publishers are not trusted any more, their time is over: {retired}; "
            "delete their entries of retiring_publishers, or give them a later day",
        )
