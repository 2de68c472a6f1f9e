"""Who is in another account, and everybody, at what has a policy of its own."""

from collections.abc import Iterable, Iterator
from typing import Any

from ...model.policies import pessimistic
from ...model.world import Resource
from ..attackers import addresses_in, attackers_in, foreign_context, unsigned_context
from ..questions import Question

__all__ = ["as_foreigner"]


def as_foreigner(
    resource: Resource,
    arn: str,
    actions: Iterable[str],
    policy: Any,
    *,
    through: Iterable[dict[str, Any]] = (),
) -> Iterator[Question]:
    """Yield a user of another account, and somebody without keys, at what `policy` is of.

    Args:
        resource: What has the policy.
        arn: Its ARN, or that of a part of it.
        actions: What is tried.
        policy: The policy.
        through: What a service adds that he has make the request for him.
    """
    checked = pessimistic(policy, of_resource=True)
    signed = foreign_context(resource.region, vpc=None, owner=resource.account)
    unsigned = unsigned_context(resource.region, vpc=None, owner=resource.account)
    people: list[tuple[str | None, dict[str, Any]]] = [
        *(
            (attacker, {**signed, **keys, **of_service})
            for attacker, keys in attackers_in(checked)
            for of_service in ({}, *through)
        ),
        (None, unsigned),
    ]
    people += [
        (who, {**context, "aws:SourceIp": address})
        for address in addresses_in(checked)
        for who, context in tuple(people)
    ]
    for action in actions:
        for principal, context in people:
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
