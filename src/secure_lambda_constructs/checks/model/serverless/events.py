"""What SAM makes of the events of a function: who may call it, and what brings it messages."""

from collections.abc import Iterator
from typing import Any

from ..transforms import as_section
from ..values import Unknown
from .polled import POLLED, add_mapping, managed_policies, statements_of_event
from .rules import RULES, add_rule, add_schedule
from .written import Made, Written

__all__ = ["add_events", "event_statements", "execution_policies"]

# type: (principal, property that names the source)
_CALLING = {
    "AlexaSkill": ("alexa-appkit.amazon.com", ""),
    "CloudWatchLogs": ("logs.amazonaws.com", ""),
    "Cognito": ("cognito-idp.amazonaws.com", "UserPool"),
    "IoTRule": ("iot.amazonaws.com", ""),
    "S3": ("s3.amazonaws.com", ""),
    "SNS": ("sns.amazonaws.com", "Topic"),
}

# type: (property that names the API, the implicit one, its type)
_APIS = {
    "Api": ("RestApiId", "ServerlessRestApi", "AWS::ApiGateway::RestApi"),
    "HttpApi": ("ApiId", "ServerlessHttpApi", "AWS::ApiGatewayV2::Api"),
}


def execution_policies(written: Written) -> list[str]:
    """Return the managed policies that the role gets for the events of a function.

    Args:
        written: The function.

    Returns:
        Their names.
    """
    return managed_policies([as_section(event).get("Type") for event in _events(written).values()])


def event_statements(written: Written) -> Iterator[dict[str, Any]]:
    """Yield the statements that the role gets for the events of a function.

    Args:
        written: The function.

    Yields:
        The statements.
    """
    for event in _events(written).values():
        kind = as_section(event).get("Type")
        if isinstance(kind, str) and kind in POLLED:
            yield from statements_of_event(kind, as_section(as_section(event).get("Properties")))


def add_events(written: Written, made: Made) -> None:
    """Add what SAM makes of the events of a function.

    Args:
        written: The function.
        made: What is made of it.
    """
    for name, event in _events(written).items():
        kind = as_section(event).get("Type")
        properties = as_section(as_section(event).get("Properties"))
        logical_id = f"{written.logical_id}{name}"
        if not isinstance(kind, str) or name.startswith("Fn::"):
            made.reasons.append(f"nobody can tell the event {name}")
        elif kind in POLLED:
            add_mapping(written, made, logical_id, kind, properties)
        elif kind in RULES:
            _add_rule(written, made, logical_id, properties)
        elif kind in _APIS:
            _add_api(written, made, logical_id, kind, properties)
        elif kind == "ScheduleV2":
            _add_schedule(written, made, logical_id, properties)
        elif kind in _CALLING:
            _add_caller(written, made, logical_id, kind, properties)
        else:
            made.reasons.append(f"what SAM makes of an event of the type {kind} is not known here")


def _events(written: Written) -> dict[str, Any]:
    return as_section(written.get("Events"))


def _add_rule(written: Written, made: Made, logical_id: str, properties: dict[str, Any]) -> None:
    add_rule(written, made, logical_id, properties, {"Arn": _arn(written)})
    _add_permission(written, made, logical_id, "events.amazonaws.com", _arn_of(logical_id))


def _add_schedule(
    written: Written, made: Made, logical_id: str, properties: dict[str, Any]
) -> None:
    add_schedule(written, made, logical_id, properties, "lambda:InvokeFunction", _arn(written))


def _add_api(
    written: Written, made: Made, logical_id: str, kind: str, properties: dict[str, Any]
) -> None:
    name, implicit, type_ = _APIS[kind]
    api = properties.get(name)
    if api is None:
        made.resources.setdefault(implicit, {"Type": type_, "Properties": {}})
        api = {"Ref": implicit}
    arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"
    source = {"Fn::Sub": [arn, {"Api": api}]}
    _add_permission(written, made, logical_id, "apigateway.amazonaws.com", source)


def _add_caller(
    written: Written, made: Made, logical_id: str, kind: str, properties: dict[str, Any]
) -> None:
    principal, source = _CALLING[kind]
    arn = properties.get(source) if source else None
    if kind == "Cognito":
        pool = as_section(arn).get("Ref")
        arn = {"Fn::GetAtt": [pool, "Arn"]} if pool else Unknown("the user pool is not told")
    if kind == "SNS":
        subscription = {"Endpoint": _arn(written), "Protocol": "lambda", "TopicArn": arn}
        made.add(logical_id, written.like("AWS::SNS::Subscription", subscription))
        if properties.get("SqsSubscription"):
            made.reasons.append("what SAM makes of SqsSubscription is not known here")
    if kind == "CloudWatchLogs":
        group = properties.get("LogGroupName")
        log = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}:*"
        arn = {"Fn::Sub": [log, {"Group": group}]}
        log_filter = {"DestinationArn": _arn(written), "LogGroupName": group}
        made.add(logical_id, written.like("AWS::Logs::SubscriptionFilter", log_filter))
    if kind == "IoTRule":
        arn = {"Fn::Sub": "arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:rule/*"}
    _add_permission(written, made, logical_id, principal, arn)


def _add_permission(
    written: Written, made: Made, logical_id: str, principal: str, source: Any
) -> None:
    permission: dict[str, Any] = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": written.logical_id},
        "Principal": principal,
    }
    if source is not None:
        permission["SourceArn"] = source
    if principal == "s3.amazonaws.com":
        permission["SourceAccount"] = {"Ref": "AWS::AccountId"}
    name = f"{logical_id}Permission"
    made.add(name, written.like("AWS::Lambda::Permission", permission))


def _arn(written: Written) -> dict[str, Any]:
    return _arn_of(written.logical_id)


def _arn_of(logical_id: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}
