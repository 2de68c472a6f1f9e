"""Cuts a template into the stacks that a team would have: data, relay, network, app."""

import re
from collections.abc import Callable
from typing import Any

__all__ = ["as_nested", "as_several"]

# Beginnings of logical ids and of types. A stack needs only those before it.
_STACKS = {
    "data": ("AWS::DynamoDB::", "AWS::KMS::", "AWS::S3::", "AWS::SQS::", "AWS::SNS::"),
    "relay": ("Relay", "Token", "AWS::Lambda::CodeSigningConfig", "AWS::Signer::"),
    "network": ("AWS::EC2::", "AWS::Route53Resolver::"),
    "app": ("",),
}

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}")

# What is said of a value of another stack: its logical id and attribute, and its stack.
_Import = Callable[[str, str, str], Any]


def as_several(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return templates that export their values, and import those of each other."""

    def imported(stack: str, logical_id: str, attribute: str) -> Any:
        return {"Fn::ImportValue": f"shop-{stack}-{_named(logical_id, attribute)}"}

    parts, wanted = _cut(template, imported)
    for stack, part in parts.items():
        outputs = {
            name: {"Value": value, "Export": {"Name": f"shop-{stack}-{name}"}}
            for name, value in wanted[stack].items()
        }
        part["Outputs"] = {**part.get("Outputs", {}), **outputs}
    return parts


def as_nested(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a template below an empty name, and those of the stacks that are nested in it."""

    def parameter(stack: str, logical_id: str, attribute: str) -> Any:
        return {"Ref": f"From{stack.title()}{_named(logical_id, attribute)}"}

    parts, wanted = _cut(template, parameter)
    given: dict[str, Any] = {}
    for stack, values in wanted.items():
        outputs = {name: {"Value": value} for name, value in values.items()}
        parts[stack]["Outputs"] = {**parts[stack].get("Outputs", {}), **outputs}
        given |= {
            f"From{stack.title()}{name}": {"Fn::GetAtt": [stack.title(), f"Outputs.{name}"]}
            for name in values
        }
    resources: dict[str, Any] = {}
    for stack, part in parts.items():
        own = {name: value for name, value in given.items() if f"'Ref': '{name}'" in repr(part)}
        passed = {name: {"Ref": name} for name in template.get("Parameters", {})}
        declared = {name: {"Type": "String"} for name in own}
        part["Parameters"] = {**part.get("Parameters", {}), **declared}
        resources[stack.title()] = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"Parameters": {**passed, **own}, "TemplateURL": f"nested-{stack}.yaml"},
        }
    outermost = {"Parameters": template.get("Parameters", {}), "Resources": resources}
    return {"": outermost, **parts}


def _named(logical_id: str, attribute: str) -> str:
    return f"{logical_id}{attribute.replace('.', '')}"


def _stack_of(logical_id: str, resource: dict[str, Any]) -> str:
    named = (logical_id, resource["Type"])
    # What a team calls its relay's is the relay's, whatever it is.
    return next(
        stack
        for stack in ("relay", "data", "network", "app")
        if any(name.startswith(_STACKS[stack]) for name in named)
    )


def _cut(
    template: dict[str, Any], imported: _Import
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the templates, and the values of each that others need."""
    stacks = {key: _stack_of(key, value) for key, value in template["Resources"].items()}
    common = {k: v for k, v in template.items() if k not in ("Outputs", "Resources")}
    wanted: dict[str, dict[str, Any]] = {stack: {} for stack in _STACKS}
    parts: dict[str, dict[str, Any]] = {}
    for stack in _STACKS:

        def reference(logical_id: str, attribute: str, here: str = stack) -> Any:
            there = stacks.get(logical_id, here)
            value = {"Fn::GetAtt": [logical_id, attribute]} if attribute else {"Ref": logical_id}
            if there == here:
                return value
            wanted[there][_named(logical_id, attribute)] = value
            return imported(there, logical_id, attribute)

        resources = {
            key: _moved(value, reference)
            for key, value in template["Resources"].items()
            if stacks[key] == stack
        }
        for resource in resources.values():
            # Stacks wait for each other as a whole.
            needed = [key for key in resource.get("DependsOn", []) if stacks[key] == stack]
            resource.pop("DependsOn", None)
            resource.update({"DependsOn": needed} if needed else {})
        parts[stack] = {**common, "Resources": resources}
    return parts, wanted


def _moved(value: Any, reference: Callable[[str, str], Any]) -> Any:
    """Return a value whose references are those of `reference`."""
    if isinstance(value, list):
        return [_moved(item, reference) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": str(name)}:
            return reference(name, "")
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return reference(name, attribute)
        case {"Fn::Sub": str(text)}:
            return _substituted(text, {}, reference)
        case {"Fn::Sub": [str(text), dict(given)]}:
            return _substituted(text, _moved(given, reference), reference)
    return {key: _moved(item, reference) for key, item in value.items()}


def _substituted(
    text: str, given: dict[str, Any], reference: Callable[[str, str], Any]
) -> dict[str, Any]:
    filled = dict(given)

    def name(match: re.Match[str]) -> str:
        logical_id, attribute = match[1], match[2] or ""
        value = match[1] in given or reference(logical_id, attribute)
        if value is True or value in (
            {"Ref": logical_id},
            {"Fn::GetAtt": [logical_id, attribute]},
        ):
            return match[0]
        filled[_named(logical_id, attribute)] = value
        return f"${{{_named(logical_id, attribute)}}}"

    changed = _REFERENCE.sub(name, text)
    return {"Fn::Sub": [changed, filled] if filled else changed}
