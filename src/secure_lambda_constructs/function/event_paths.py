"""Where the events of a function come from, and where those that it could not handle go.

Lambda itself polls and sends, with the function's role but from its own network. So neither the
network nor the role's Denies hold there, and the other side is looked at instead.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from aws_cdk import CfnResource, Reference, Stack, Tokenization
from constructs import IConstruct

from ..network.app_tree import AppTree, Found, References, flat
from .callers import foreign_account, foreign_principal

__all__ = ["dead_letter_reason", "destination_reasons", "source_reason"]

_QUEUE = (
    "write a queue of the function's own account: sqs.Queue(self, 'Failed', "
    "encryption=sqs.QueueEncryption.KMS_MANAGED, enforce_ssl=True)"
)
_SOURCE = (
    "a SignedVpcFunction takes events from SQS queues, Kinesis streams and DynamoDB streams of its "
    "own account"
)
_QUEUE_TYPE = "AWS::SQS::Queue"
# What Lambda polls, by the service in their ARNs, and by the types of their resources.
_POLLED = ("dynamodb", "kinesis", "sqs")
_POLLED_TYPES = (
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::Kinesis::Stream",
    "AWS::Kinesis::StreamConsumer",
    _QUEUE_TYPE,
)
_ARN = re.compile(r"arn:[^:]+:(?P<service>[^:]+):[^:]*:(?P<account>[^:]*):.+")
_UNKNOWN = "something that is known at deployment only"


def dead_letter_reason(
    function: CfnResource, properties: Mapping[str, Any], own: Any, tree: AppTree
) -> str | None:
    """Say why the dead letters of a function may not go where they go.

    Args:
        function: The function's resource.
        properties: Its resolved properties.
        own: The function's account as the template has it.
        tree: What the app is made of.

    Returns:
        The reason, or `None` where there are none, or they go to a closed queue.
    """
    target = properties.get("deadLetterConfig", {}).get("targetArn")
    if target is None:
        return None
    raw = _at(function._cfn_properties, "deadLetterConfig", "targetArn")
    return _destination_reason(target, raw, own, "sends failed calls to", tree)


def destination_reasons(found: Found, own: Any, tree: AppTree) -> Iterator[str | None]:
    """Say why what a function was called with may not go where it goes.

    Args:
        found: The configuration of asynchronous calls, or the event source.
        own: The function's account as the template has it.
        tree: What the app is made of.

    Yields:
        For each destination the reason, or `None` where it is a closed queue.
    """
    for when, destination in found.properties.get("destinationConfig", {}).items():
        yield _destination_reason(
            destination.get("destination"),
            _at(_properties(found.node), "destinationConfig", when, "destination"),
            own,
            f"sends what the function was called with ({when}) to",
            tree,
        )


def source_reason(found: Found, own: Any) -> str | None:
    """Say why a function may not take events from where it takes them.

    What the function answers tells Lambda which messages to delete, and whoever owns the queue or
    stream sees that.

    Args:
        found: The event source.
        own: The function's account as the template has it.

    Returns:
        The reason, or `None` where it is a queue or stream of the own account.
    """
    arn = found.properties.get("eventSourceArn")
    text = flat(arn)
    if text:
        match = _ARN.fullmatch(text)
        if match is None or match["service"] not in _POLLED:
            return f"takes events from {text}; {_SOURCE}"
        return foreign_account(arn, own, "takes events from", _SOURCE)
    if isinstance(arn, dict) and "Fn::ImportValue" in arn:
        return None  # exports do not leave their account
    target = _target(_at(_properties(found.node), "eventSourceArn"))
    if isinstance(target, CfnResource) and target.cfn_resource_type in _POLLED_TYPES:
        return None
    where = "a Kafka cluster" if arn is None else target.node.path if target else _UNKNOWN
    return f"takes events from {where}; {_SOURCE}"


def _destination_reason(target: Any, raw: Any, own: Any, does: str, tree: AppTree) -> str | None:
    """Why something may not go to a destination, if so."""
    text = flat(target)
    if text:
        match = _ARN.fullmatch(text)
        if match is None or match["service"] != "sqs":
            return (
                f"{does} {text}, which is no queue, and may hand it on (by mail, for example); "
                f"{_QUEUE}"
            )
        if not match["account"]:
            return f"{does} {text}, whose account is not known; {_QUEUE}"
        return foreign_account(target, own, does, _QUEUE)
    queue = _target(raw)
    if not isinstance(queue, CfnResource) or queue.cfn_resource_type != _QUEUE_TYPE:
        where = queue.node.path if queue else _UNKNOWN
        return (
            f"{does} {where}, which is not known to be a queue, and may hand it on (by mail, for "
            f"example); {_QUEUE}"
        )
    problem = _queue_problem(queue, own, tree)
    return problem and f"{does} {queue.node.path}, {problem}"


def _queue_problem(queue: CfnResource, own: Any, tree: AppTree) -> str | None:
    """Why a queue of the app is not closed, if so."""
    stack = Stack.of(queue)
    properties = stack.resolve(queue._cfn_properties)
    if not properties.get("kmsMasterKeyId") and properties.get("sqsManagedSseEnabled") is not True:
        return (
            "which is not said to be encrypted; write encryption=sqs.QueueEncryption.KMS_MANAGED, "
            "or KMS with a key of your own"
        )
    statements = [
        statement
        for found in tree.concerning(References(stack, [queue.ref]))
        if found.kind == "aws_sqs.CfnQueuePolicy"
        for statement in _statements(found.properties.get("policyDocument"))
    ]
    if not any(_refuses_plain_text(statement) for statement in statements):
        return "which takes messages without TLS; write enforce_ssl=True"
    readers = (
        foreign_principal(principal, own)
        for statement in statements
        if statement.get("Effect") == "Allow" and _allows_to_read(statement)
        for principal in _principals(statement)
    )
    reader = next(filter(None, readers), None)
    return reader and f"whose policy lets {reader} read it; allow the function's own account only"


def _statements(document: Any) -> list[Mapping[str, Any]]:
    """The statements of a resolved policy document."""
    statements = document.get("Statement", []) if isinstance(document, Mapping) else []
    return [statements] if isinstance(statements, Mapping) else statements


def _refuses_plain_text(statement: Mapping[str, Any]) -> bool:
    """Whether a statement denies what comes without TLS."""
    secure = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    return statement.get("Effect") == "Deny" and str(secure).lower() == "false"


def _allows_to_read(statement: Mapping[str, Any]) -> bool:
    """Whether a statement is about receiving messages."""
    actions = statement.get("Action", "*")
    return any(
        fnmatchcase("sqs:receivemessage", action.lower())
        for action in ([actions] if isinstance(actions, str) else actions)
    )


def _principals(statement: Mapping[str, Any]) -> Iterator[Any]:
    """Whom a statement is about, services aside: those send to a queue and do not read it."""
    principal = statement.get("Principal", "*")
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal
    yield from named if isinstance(named, list) else [named]


def _properties(node: IConstruct) -> Any:
    """The properties of a resource with the tokens in them."""
    return node._cfn_properties if isinstance(node, CfnResource) else {}


def _at(value: Any, *keys: str) -> Any:
    """What is in a tree of mappings, or `None`."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _target(raw: Any) -> IConstruct | None:
    """The construct that a token refers to, or `None` if it is something else."""
    if not isinstance(raw, str):
        return None
    for token in Tokenization.reverse_string(raw).tokens:
        if Reference.is_reference(token):
            target: IConstruct = token.target  # type: ignore[attr-defined]
            return target
    return None
