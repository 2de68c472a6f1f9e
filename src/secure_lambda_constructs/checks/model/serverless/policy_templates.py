"""The policies that SAM has a name for, such as `DynamoDBReadPolicy`."""

import re
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["policy_of_template"]

_LIST = Path(__file__).with_name("policy_templates.txt")

_VERSION = "2012-10-17"

_PARAMETER = re.compile(r"\{(\w+)\}")

# The services whose ARNs have neither region nor account.
_GLOBAL = ("route53", "s3")


def policy_of_template(name: str, parameters: Any) -> dict[str, Any] | None:
    """Return the policy that SAM makes of one of its policy templates.

    See
    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html.

    Args:
        name: The name of the template.
        parameters: What is given to its parameters, by their names.

    Returns:
        The policy document, with functions of CloudFormation in it; None for a template that SAM
        does not have, and where a parameter of it is not given.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.serverless.policy_templates import (
            policy_of_template,
        )

        policy = policy_of_template("KMSDecryptPolicy", {"KeyId": {"Ref": "Key"}})
        assert policy["Statement"][0]["Action"] == ["kms:Decrypt"]
        assert policy_of_template("KMSDecryptPolicy", {}) is None
        ```
    """
    lines = _templates().get(name)
    if lines is None:
        return None
    given = parameters if isinstance(parameters, dict) else {}
    if any(set(_PARAMETER.findall(line)) - given.keys() for line in lines):
        return None
    return {"Version": _VERSION, "Statement": [_statement(line, given) for line in lines]}


@cache
def _templates() -> dict[str, list[str]]:
    _, *blocks = _LIST.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    parts = [block.split("\n  ") for block in blocks]
    return {name: statements for name, *statements in parts}


def _statement(line: str, given: dict[str, Any]) -> dict[str, Any]:
    calls, resources, *condition = line.split(" | ")
    service, _, names = calls.partition(": ")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": [f"{service}:{name}" for name in names.split()],
        "Resource": [_filled(resource, given) for resource in resources.split()],
    }
    for each in condition:
        key, value = each.split()
        statement["Condition"] = {"StringEquals": {key: _filled(value, given)}}
    return statement


def _filled(resource: str, given: dict[str, Any]) -> Any:
    if resource == "*":
        return resource
    service, _, rest = resource.partition(":")
    if not rest:
        return given[_PARAMETER.findall(resource)[0]]
    place = "::" if service in _GLOBAL else "${AWS::Region}:${AWS::AccountId}:"
    rest_of_arn = _PARAMETER.sub(r"${\1}", rest)
    text = f"arn:${{AWS::Partition}}:{service}:{place}{rest_of_arn}"
    named = {name: given[name] for name in _PARAMETER.findall(rest)}
    return {"Fn::Sub": [text, named] if named else text}
