"""What calls functions, and what gets their results, against the templates they came from."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .calls import Account
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .findings import Finding
from .functions import Function
from .intrinsics import has_unknown

__all__ = [
    "compare_destinations",
    "compare_mapping",
    "compare_rule",
    "find_added_mappings",
]

_GONE = {"ResourceNotFoundException"}
_MAPPING = "AWS::Lambda::EventSourceMapping"
_INVOKE = "AWS::Lambda::EventInvokeConfig"
_OFF = {"Disabled", "Disabling"}
_ARN = re.compile(r"arn:[^:]+:lambda:[^:]+:[0-9]+:function:")
_STREAM = re.compile(r"/stream/.*")


def compare_mapping(
    account: Account, stack: DeployedStack, resource: Resource
) -> list[Finding] | None:
    """Compare an event source mapping with its template: source, function, destination, state.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.

    Returns:
        What differs and what cannot be told; `None` where the mapping is gone.

    Raises:
        UnreadError: The mappings cannot be listed.
    """
    live = _mappings(account, stack.region).get(resource.physical)
    if live is None:
        return None
    wanted = resource.properties
    name = wanted.get("FunctionName")
    named = name if has_unknown(name) else _ARN.sub("", str(name))
    there = _ARN.sub("", str(live.get("FunctionArn")))
    trail = (resource.physical, there, str(named))
    comparison = Comparison(resource, stack.region, resource.physical, trail)
    comparison.check("EventSourceArn", wanted.get("EventSourceArn"), live.get("EventSourceArn"))
    comparison.check("FunctionName", named, there)
    comparison.check("OnFailure", _on_failure(wanted), _on_failure(live))
    enabled = live.get("State") not in _OFF
    comparison.check("Enabled", wanted.get("Enabled"), enabled, default=True)
    return comparison.findings("configuration-changed", ("*EventSourceMapping",))


def _on_failure(mapping: dict[str, Any]) -> Any:
    destination = (mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
    return destination.get("Destination")


def find_added_mappings(
    account: Account, region: str, resources: Sequence[Resource]
) -> Iterator[Finding]:
    """Find the mappings to or from what the assembly has that no stack of it has.

    Args:
        account: The connection.
        region: The region.
        resources: All resources of the assembly in the region.

    Raises:
        UnreadError: The mappings cannot be listed.
    """
    wanted = {each.physical for each in resources if each.type == _MAPPING}
    functions = {each.physical for each in resources if each.type == "AWS::Lambda::Function"}
    sources = {
        source
        for each in resources
        for source in (each.physical, each.physical.rsplit("/", 1)[-1])
        if each.type in _SOURCES
    }
    if not functions and not sources:
        return
    for identifier, live in sorted(_mappings(account, region).items()):
        function = _ARN.sub("", str(live.get("FunctionArn"))).split(":")[0]
        source = str(live.get("EventSourceArn"))
        name = re.split("[:/]", _STREAM.sub("", source))[-1]
        ours = function in functions or name in sources or source in sources
        if identifier not in wanted and ours:
            found = f"{source} calls {live.get('FunctionArn')}"
            yield Finding(
                "event-source-added",
                region,
                identifier,
                "no such event source mapping",
                found,
                trail=(identifier, function, str(live.get("FunctionArn"))),
            )


_SOURCES = {
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::Kinesis::Stream",
    "AWS::SQS::Queue",
}


def _mappings(account: Account, region: str) -> dict[str, dict[str, Any]]:
    answer = account.ask(region, "lambda", "ListEventSourceMappings", "the event source mappings")
    return {
        each["UUID"]: each
        for each in answer["EventSourceMappings"]
        if each.get("State") != "Deleting"
    }


def compare_destinations(
    account: Account,
    stack: DeployedStack,
    resource: Resource,
    function: Function,
    resources: Sequence[Resource],
) -> list[Finding]:
    """Compare where a function's asynchronous results go with all templates.

    Args:
        account: The connection.
        stack: Its stack.
        resource: The function in the template.
        function: What is there.
        resources: All resources of the assembly in the region.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: The destinations cannot be listed.
        DeclinedError: The function is gone.
    """
    comparison = Comparison(resource, stack.region, function.arn, function.trail)
    wanted: list[Any] = []
    for each in resources:
        name = each.properties.get("FunctionName")
        if each.type != _INVOKE:
            continue
        if has_unknown(name):
            wanted.append(name)
        elif _ARN.sub("", str(name)).split(":")[0] == function.name:
            wanted += _destinations(each.properties, str(each.properties.get("Qualifier")))
    answer = account.ask(
        stack.region,
        "lambda",
        "ListFunctionEventInvokeConfigs",
        f"the function {function.name}",
        declined=_GONE,
        FunctionName=function.name,
    )
    live: list[Any] = []
    for config in answer["FunctionEventInvokeConfigs"]:
        qualifier = config["FunctionArn"].removeprefix(function.arn).lstrip(":")
        live += _destinations(config, qualifier or "$LATEST")
    comparison.check_set("DestinationConfig", wanted, live)
    return comparison.findings("configuration-changed", ("*FunctionEventInvokeConfig",))


def _destinations(config: dict[str, Any], qualifier: str) -> Iterator[Any]:
    for name in ("OnSuccess", "OnFailure"):
        to = ((config.get("DestinationConfig") or {}).get(name) or {}).get("Destination")
        if to is not None:
            yield to if has_unknown(to) else f"{qualifier} {name} {to}"


def compare_rule(account: Account, stack: DeployedStack, resource: Resource) -> list[Finding]:
    """Compare a rule of EventBridge with its template: state and targets.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    wanted = resource.properties
    # The physical id is the name, `bus|name` on a bus of its own, or the ARN, which has `bus/name`.
    bus, _, name = re.sub("^arn:.*:rule/", "", resource.physical).replace("/", "|").rpartition("|")
    place: dict[str, Any] = {"EventBusName": bus} if bus else {}
    about = f"the rule {resource.physical}"
    live = account.ask(
        stack.region, "events", "DescribeRule", about, declined=_GONE, Name=name, **place
    )
    targets = account.ask(
        stack.region, "events", "ListTargetsByRule", about, declined=_GONE, Rule=name, **place
    )["Targets"]
    arn = str(live["Arn"])
    comparison = Comparison(resource, stack.region, arn, (name, arn))
    comparison.check("State", wanted.get("State"), live.get("State"), default="ENABLED")
    given = [each.get("Arn") for each in wanted.get("Targets") or ()]
    comparison.check_set("Targets", given, [each["Arn"] for each in targets])
    return comparison.findings("configuration-changed")
