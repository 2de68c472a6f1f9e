"""Rules and schedules that SAM makes of events, with the roles that they call with."""

from typing import Any

from .roles import trust_of
from .sending import letters, sending
from .written import Made, Written

__all__ = ["RULES", "add_calling_role", "add_rule", "add_schedule"]

# The types of events that are rules.
RULES = ("CloudWatchEvent", "EventBridgeRule", "Schedule")

# The properties of an event, by those of the rule.
_NAMES = {
    "EventBusName": "EventBusName",
    "EventPattern": "Pattern",
    "Name": "RuleName",
    "ScheduleExpression": "Schedule",
    "State": "State",
}


def add_rule(
    written: Written,
    made: Made,
    logical_id: str,
    properties: dict[str, Any],
    target: dict[str, Any],
) -> None:
    """Add a rule that calls something.

    Args:
        written: What it calls.
        made: What is made of that.
        logical_id: The rule.
        properties: Those of the event.
        target: The target of the rule, without its id.
    """
    sent = letters(written, made, logical_id, properties)
    rule: dict[str, Any] = {"Targets": [{**target, "Id": "Target", **sent}]}
    rule |= {new: properties[old] for new, old in _NAMES.items() if old in properties}
    if "Name" in properties:
        rule["Name"] = properties["Name"]
    made.add(logical_id, written.like("AWS::Events::Rule", rule))


def add_schedule(
    written: Written,
    made: Made,
    logical_id: str,
    properties: dict[str, Any],
    action: str,
    arn: Any,
) -> None:
    """Add a schedule that calls something.

    Args:
        written: What it calls.
        made: What is made of that.
        logical_id: The schedule.
        properties: Those of the event.
        action: What it does.
        arn: The ARN of what it calls.
    """
    role = properties.get("RoleArn") or {"Fn::GetAtt": [f"{logical_id}Role", "Arn"]}
    sent = letters(written, made, logical_id, properties)
    target = {"Arn": arn, "RoleArn": role, **sent}
    made.add(logical_id, written.like("AWS::Scheduler::Schedule", {"Target": target}))
    if "RoleArn" not in properties:
        statements = [{"Effect": "Allow", "Action": action, "Resource": arn}]
        if sent:
            statements += sending("SQS", sent["DeadLetterConfig"]["Arn"])
        boundary = properties.get("PermissionsBoundary")
        add_calling_role(
            written, made, logical_id, "scheduler.amazonaws.com", statements, boundary=boundary
        )


def add_calling_role(
    written: Written,
    made: Made,
    logical_id: str,
    service: str,
    statements: list[dict[str, Any]],
    *,
    boundary: Any = None,
) -> None:
    """Add the role that a service calls with.

    Args:
        written: What it calls.
        made: What is made of that.
        logical_id: What the role is for.
        service: Who takes the role.
        statements: What it may do.
        boundary: The permissions boundary of the role.
    """
    document = {"Version": "2012-10-17", "Statement": statements}
    policies = [{"PolicyName": "Call", "PolicyDocument": document}]
    bound = {} if boundary is None else {"PermissionsBoundary": boundary}
    role = {"AssumeRolePolicyDocument": trust_of(service), "Policies": policies, **bound}
    made.add(f"{logical_id}Role", written.like("AWS::IAM::Role", role))
