"""What SAM makes of `AWS::Serverless::StateMachine`."""

from typing import Any

from ..transforms import as_section
from .roles import role_of
from .rules import RULES, add_calling_role, add_rule, add_schedule
from .written import Made, Written

__all__ = ["expand_state_machine"]

# The properties that only SAM has, or that CloudFormation has another name for.
_OWN = (
    "AutoPublishAlias",
    "Definition",
    "DefinitionUri",
    "DeploymentPreference",
    "Events",
    "Logging",
    "Name",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "Role",
    "RolePath",
    "Tracing",
    "Type",
    "UseAliasAsEventTarget",
)

_START = "states:StartExecution"


def expand_state_machine(written: Written) -> Made:
    """Return what SAM makes of a state machine.

    Args:
        written: The state machine.

    Returns:
        The state machine of Step Functions, its role, and what starts it.
    """
    logical_id = written.logical_id
    renamed = {
        "LoggingConfiguration": written.get("Logging"),
        "RoleArn": written.get("Role") or {"Fn::GetAtt": [f"{logical_id}Role", "Arn"]},
        "StateMachineName": written.get("Name"),
        "StateMachineType": written.get("Type"),
        "TracingConfiguration": written.get("Tracing"),
    }
    given = {key: value for key, value in renamed.items() if value is not None}
    made = written.made("AWS::StepFunctions::StateMachine", {**written.without(*_OWN), **given})
    if written.get("Role") is None:
        traced = as_section(written.get("Tracing")).get("Enabled")
        managed = ["AWSXrayWriteOnlyAccess"] if traced not in (None, False, "false") else []
        role = role_of(written, "states.amazonaws.com", managed=managed, statements=[])
        made.add(f"{logical_id}Role", role)
    for name, event in as_section(written.get("Events")).items():
        _add_event(written, made, f"{logical_id}{name}", as_section(event))
    return made


def _add_event(written: Written, made: Made, logical_id: str, event: dict[str, Any]) -> None:
    kind = event.get("Type")
    properties = as_section(event.get("Properties"))
    machine = {"Ref": written.logical_id}
    boundary = written.get("PermissionsBoundary")
    statements = [{"Effect": "Allow", "Action": _START, "Resource": machine}]
    if kind in RULES:
        role = properties.get("RoleArn") or {"Fn::GetAtt": [f"{logical_id}Role", "Arn"]}
        add_rule(written, made, logical_id, properties, {"Arn": machine, "RoleArn": role})
        if "RoleArn" not in properties:
            service = "events.amazonaws.com"
            add_calling_role(written, made, logical_id, service, statements, boundary=boundary)
    elif kind == "ScheduleV2":
        add_schedule(written, made, logical_id, properties, _START, machine)
    elif kind == "Api":
        service = "apigateway.amazonaws.com"
        add_calling_role(written, made, logical_id, service, statements, boundary=boundary)
        if "RestApiId" not in properties:
            api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {}}
            made.resources.setdefault("ServerlessRestApi", api)
    else:
        text = f"what SAM makes of an event of the type {kind} of a state machine is not known here"
        made.reasons.append(text)
