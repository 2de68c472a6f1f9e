"""Who is in another account, and everybody, at what has a policy of its own."""

from collections.abc import Iterable, Iterator
from typing import Any

from ...model.policies import pessimistic
from ...model.world import Resource
from ..attackers import MALLORY, foreign_context, unsigned_context
from ..questions import Question

__all__ = ["as_foreigner"]


def as_foreigner(
    resource: Resource, arn: str, actions: Iterable[str], policy: Any
) -> Iterator[Question]:
    """Yield a user of another account, and somebody without keys, at what `policy` is of.

    Args:
        resource: What has the policy.
        arn: Its ARN, or that of a part of it.
        actions: What is tried.
        policy: The policy.
    """
    checked = pessimistic(policy, of_resource=True)
    for action in actions:
        for principal, context in (
            (MALLORY, foreign_context(resource.region, vpc=None, owner=resource.account)),
            (None, unsigned_context(resource.region, vpc=None, owner=resource.account)),
        ):
            who = "everybody" if principal is None else "other accounts"
            yield Question(
                label=f"has a policy that admits {who}",
                action=action,
                resource=arn,
                context=context,
                principal=principal,
                resource_policy=checked,
                about=resource,
            )
