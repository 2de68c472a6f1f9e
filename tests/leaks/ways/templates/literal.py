"""Writes out what an export of an account, or another tool, would have as plain text."""

import json
import re
from collections.abc import Callable
from typing import Any

__all__ = ["as_literal"]

# The account and the region that such a template is for.
_PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}

# type: the property that names it, and its ARN
_NAMED = {
    "AWS::DynamoDB::Table": ("TableName", "dynamodb:{region}:{account}:table/{name}"),
    "AWS::IAM::Role": ("RoleName", "iam::{account}:role/{name}"),
    "AWS::Lambda::Function": ("FunctionName", "lambda:{region}:{account}:function:{name}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs:{region}:{account}:log-group:{name}:*"),
    "AWS::S3::Bucket": ("BucketName", "s3:::{name}"),
    "AWS::SQS::Queue": ("QueueName", "sqs:{region}:{account}:{name}"),
}
# What `Ref` is not the name of.
_BY_URL = {"AWS::SQS::Queue": "https://sqs.us-east-1.amazonaws.com/111122223333/{name}"}

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9:]+)(\.Arn)?\}")


def as_literal(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template whose names, ARNs, account and region are written out.

    The policies of endpoints are text, where nothing in them is left to be filled in.
    """
    names: dict[str, str] = dict(_PSEUDO)
    arns: dict[str, str] = {}
    resources = {}
    for logical_id, resource in template["Resources"].items():
        kind = resource["Type"]
        written = {**resource, "Properties": dict(resource.get("Properties", {}))}
        resources[logical_id] = written
        if kind not in _NAMED:
            continue
        name_property, arn = _NAMED[kind]
        name = written["Properties"].setdefault(name_property, f"shop-{logical_id.lower()}")
        if isinstance(name, str):
            arns[logical_id] = "arn:aws:" + arn.format(
                account=_PSEUDO["AWS::AccountId"], name=name, region=_PSEUDO["AWS::Region"]
            )
            names[logical_id] = _BY_URL.get(kind, "{name}").format(name=name)
    made = {**template, "Resources": _written_out(resources, names, arns)}
    for resource in made["Resources"].values():
        policy = resource["Properties"].get("PolicyDocument")
        is_of_endpoint = resource["Type"] == "AWS::EC2::VPCEndpoint" and policy is not None
        if is_of_endpoint and "'Ref'" not in repr(policy) and "Fn::" not in repr(policy):
            resource["Properties"]["PolicyDocument"] = json.dumps(policy)
    return made


def _written_out(value: Any, names: dict[str, str], arns: dict[str, str]) -> Any:
    def again(each: Any) -> Any:
        return _written_out(each, names, arns)

    if isinstance(value, list):
        return [again(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": str(name)} if name in names:
            return names[name]
        case {"Fn::GetAtt": [str(name), "Arn"]} if name in arns:
            return arns[name]
        case {"Fn::Sub": str(text)}:
            changed = _REFERENCE.sub(_filling(names, arns), text)
            return {"Fn::Sub": changed} if "${" in changed else changed
    return {key: again(item) for key, item in value.items()}


def _filling(names: dict[str, str], arns: dict[str, str]) -> Callable[[re.Match[str]], str]:
    def fill(match: re.Match[str]) -> str:
        return (arns if match[2] else names).get(match[1], match[0])

    return fill
