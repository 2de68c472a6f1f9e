"""BoundaryReference: a developers' boundary by its name, as IAM Identity Center knows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import InvalidInputError
from ..arguments import check_list, check_policy_name, check_policy_path, check_prefix
from .daily_work import DAILY_WORK
from .extra_actions import check_extra_actions

__all__ = ["BoundaryReference"]


@dataclass(frozen=True, kw_only=True)
class BoundaryReference:
    """A boundary that is in the accounts under one name and path, and what it was made with.

    Attributes:
        policy_name: Name of the policy in each account.
        policy_path: Its path.
        developer_prefix: As of `DeveloperBoundary`.
        data_path: As of `DeveloperBoundary`.
        extra_daily_actions: As of `DeveloperBoundary`.
        without_services: As of `DeveloperBoundary`.

    Raises:
        InvalidInputError: A name is none, a prefix would let in more than it says, an action would
            open the boundary, or a service is not part of the daily work.

    Example:
        ```python
        from secure_lambda_constructs import BoundaryReference

        boundary = BoundaryReference(policy_name="TeamBoundary", developer_prefix="sandbox-")
        assert boundary.own_data_path == "sandbox/"
        ```
    """

    policy_name: str = "DeveloperBoundary"
    policy_path: str = "/"
    developer_prefix: str = "dev-"
    data_path: str | None = None
    extra_daily_actions: Sequence[str] = ()
    without_services: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check what was given."""
        check_policy_name("policy_name", self.policy_name)
        check_policy_path("policy_path", self.policy_path)
        check_prefix("developer_prefix", self.developer_prefix)
        check_prefix("data_path", self.own_data_path)
        check_extra_actions(self.extra_daily_actions)
        check_list("without_services", self.without_services)
        unknown = sorted(set(self.without_services) - set(DAILY_WORK))
        if unknown:
            raise InvalidInputError(
                f"without_services must be services of the daily work, got {', '.join(unknown)}: "
                f"write some of {', '.join(sorted(DAILY_WORK))}"
            )

    @property
    def own_data_path(self) -> str:
        """What the names of the developers' own secrets and parameters begin with."""
        return f"{self.developer_prefix[:-1]}/" if self.data_path is None else self.data_path
