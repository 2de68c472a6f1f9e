"""Networks that nobody sees: what no template creates counts as open."""

from collections.abc import Iterator

from ..case import Case
from ..reasons import Reason

__all__ = ["unseen"]


def unseen(case: Case, what: str) -> Iterator[Reason]:
    """Yield a reason for each function in a VPC that no template creates.

    Args:
        case: The app under judgement.
        what: What is not known of the VPC, as the subject of "is not known".
    """
    for function in case.unseen:
        yield Reason(
            function.resource, f"is in a VPC that no template creates, so that {what} is not known"
        )
