"""Where SAM sends what fails or is done: the right to it, and the queue or topic that it makes."""

from typing import Any

from ..transforms import as_section
from ..values import Unknown
from .written import Made, Written, or_else

__all__ = ["destination", "letters", "sending"]

_ACTIONS = {
    "EventBridge": "events:PutEvents",
    "Lambda": "lambda:InvokeFunction",
    "SNS": "sns:Publish",
    "SQS": "sqs:SendMessage",
}


def sending(kind: Any, target: Any) -> list[dict[str, Any]]:
    """Return the statements that let a role send to a destination.

    Args:
        kind: Its `Type`.
        target: Its ARN.

    Returns:
        The statements.
    """
    if kind in ("S3", "S3Bucket"):
        objects = {"Fn::Join": ["", [target, "/*"]]}
        return [_allow("s3:PutObject", objects), _allow("s3:ListBucket", target)]
    return [_allow(_ACTIONS.get(kind, "*") if isinstance(kind, str) else "*", target)]


def _allow(action: str, resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def destination(written: Written, made: Made, outcome: str, target: dict[str, Any]) -> Any:
    """Return where the answers of asynchronous calls go, and add what SAM makes for it.

    Args:
        written: The function.
        made: What is made of it.
        outcome: `OnFailure` or `OnSuccess`.
        target: What the function says of it.

    Returns:
        The ARN.
    """
    given = target.get("Destination")
    name = f"{written.logical_id}EventInvokeConfig{outcome}"
    arn: Any = Unknown("SAM makes the destination")
    if target.get("Type") == "SQS":
        arn = {"Fn::GetAtt": [f"{name}Queue", "Arn"]}
        if or_else(given, arn) != given:
            made.add(f"{name}Queue", written.like("AWS::SQS::Queue", {}))
    elif target.get("Type") == "SNS":
        arn = {"Ref": f"{name}Topic"}
        if or_else(given, arn) != given:
            made.add(f"{name}Topic", written.like("AWS::SNS::Topic", {}))
    return or_else(given, arn)


def letters(
    written: Written, made: Made, logical_id: str, properties: dict[str, Any]
) -> dict[str, Any]:
    """Return where a rule or a schedule sends what it cannot deliver, and add what SAM makes.

    Args:
        written: The function or the state machine.
        made: What is made of it.
        logical_id: The rule.
        properties: Those of the event.

    Returns:
        The property of the target; empty without one.
    """
    config = as_section(properties.get("DeadLetterConfig"))
    if not config:
        return {}
    if config.get("Arn") is not None:
        return {"DeadLetterConfig": {"Arn": config["Arn"]}}
    own = config.get("QueueLogicalId")
    queue = own if isinstance(own, str) else f"{logical_id}Queue"
    made.add(queue, written.like("AWS::SQS::Queue", {}))
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    statement = {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Principal": {"Service": "events.amazonaws.com"},
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [logical_id, "Arn"]}}},
    }
    policy = {
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "Queues": [{"Ref": queue}],
    }
    made.add(f"{logical_id}QueuePolicy", written.like("AWS::SQS::QueuePolicy", policy))
    return {"DeadLetterConfig": {"Arn": arn}}
