"""Queues that get what functions hand on: who reads them, and whether TLS is wanted."""

from collections.abc import Iterator
from typing import Any

from ...model.policies import VERSION, pessimistic, statements
from ...model.values import as_list
from ...model.world import Resource
from ..attackers import MALLORY, foreign_context, own_keys, unsigned_context
from ..case import Case
from ..questions import Question
from .foreigners import as_foreigner
from .named import concerning
from .reach import guarded, relays

__all__ = ["event_targets", "foreign_receivers", "wants_tls"]

_MESSAGES = ("sqs:ReceiveMessage", "sqs:SendMessage")


def foreign_receivers(case: Case, queue: Resource) -> Iterator[Question]:
    """Yield others than the app reading from a queue, or writing to it."""
    for policy in _queue_policies(case, queue):
        yield from as_foreigner(queue, str(queue.arn), _MESSAGES, policy)


def _queue_policies(case: Case, queue: Resource) -> list[Any]:
    return case.once(_policies_of_queues).get(str(queue.id), [])


def _policies_of_queues(case: Case) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for policy in case.world.of("AWS::SQS::QueuePolicy"):
        for queue in as_list(policy.get("Queues")):
            found.setdefault(str(queue), []).append(policy.get("PolicyDocument"))
    return found


def wants_tls(case: Case, queue: Resource) -> bool:
    """Tell whether its policies deny what comes without TLS, whoever it is of."""
    denies = [
        entry
        for policy in _queue_policies(case, queue)
        for entry in statements(pessimistic(policy, of_resource=True))
        if entry.get("Effect") == "Deny"
    ]
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policy = {"Version": VERSION, "Statement": [everything, *denies]}
    plain = {"aws:SecureTransport": "false"}
    account, region = queue.account, queue.region
    unsigned = {**unsigned_context(region, vpc=None, owner=account), **plain}
    foreign = {**foreign_context(region, vpc=None, owner=account), **plain}
    people: list[tuple[str | None, dict[str, Any]]] = [
        (f"arn:aws:sts::{account}:assumed-role/any/any", {**unsigned, **own_keys(account)}),
        (MALLORY, foreign),
        (None, unsigned),
        ("events.amazonaws.com", {**unsigned, "aws:PrincipalIsAWSService": "true"}),
    ]
    return not case.still_open(
        Question(
            label="takes messages without TLS",
            action=action,
            resource=str(queue.arn),
            context=context,
            principal=principal,
            resource_policy=policy,
            about=queue,
        )
        for action in _MESSAGES
        for principal, context in people
    )


def event_targets(case: Case) -> Iterator[tuple[Resource, Any]]:
    """Yield where Lambda sends failed calls and answers of the functions, with what says so."""
    judged = [*guarded(case), *relays(case)]
    for function in judged:
        dead_letters = function.resource.get("DeadLetterConfig", "TargetArn")
        # An empty one is how Lambda says that there is none.
        if dead_letters is not None and dead_letters != "":
            yield function.resource, dead_letters
    for kind in ("AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping"):
        sources = {
            source.path: source
            for function in judged
            for source in concerning(case, function, kind, "FunctionName")
        }
        for source in sources.values():
            for event in ("OnFailure", "OnSuccess"):
                target = source.get("DestinationConfig", event, "Destination")
                if target is not None:
                    yield source, target
