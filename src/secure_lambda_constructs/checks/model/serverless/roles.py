"""The roles that SAM makes."""

from typing import Any

from ..values import Unknown, as_list
from .policy_templates import policy_of_template
from .written import Written

__all__ = ["managed_policy", "role_of", "trust_of"]

_VERSION = "2012-10-17"

# What an entry of `Policies` may be that CloudFormation makes into the ARN of a managed policy.
_NAMING = {"Fn::FindInMap", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Sub", "Ref"}

_NOTHING = {"Ref": "AWS::NoValue"}

# The managed policies that are below `service-role/`; SAM knows policies by their names.
_SERVICE_ROLES = {
    "AWSAppSyncPushToCloudWatchLogs",
    "AWSCodeDeployRoleForLambda",
    "AWSLambdaBasicDurableExecutionRolePolicy",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AmazonAPIGatewayPushToCloudWatchLogs",
}


def role_of(
    written: Written, service: str, *, managed: list[str], statements: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the role that SAM makes for a resource which has none.

    Args:
        written: The resource.
        service: Who takes the role.
        managed: The names of managed policies that SAM adds.
        statements: The statements that SAM adds.

    Returns:
        The role.
    """
    arns: list[Any] = [managed_policy(name) for name in managed]
    inline: list[Any] = [{"Version": _VERSION, "Statement": [entry]} for entry in statements]
    for entry in as_list(written.get("Policies")):
        if _is_managed(entry):
            arns.append(_named(entry))
        else:
            inline.append(_policy(entry))
    properties: dict[str, Any] = {
        "AssumeRolePolicyDocument": written.get("AssumeRolePolicyDocument", trust_of(service)),
        "ManagedPolicyArns": arns,
        "Policies": [
            _attached(f"{written.logical_id}RolePolicy{place}", document)
            for place, document in enumerate(inline)
        ],
        **written.only("PermissionsBoundary"),
    }
    if written.get("RolePath") is not None:
        properties["Path"] = written.get("RolePath")
    return written.like("AWS::IAM::Role", properties)


def trust_of(service: str) -> dict[str, Any]:
    """Return the trust policy of a role that a service takes.

    Args:
        service: The service.

    Returns:
        The document.
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": [service]},
        "Action": ["sts:AssumeRole"],
    }
    return {"Version": _VERSION, "Statement": [statement]}


def managed_policy(name: str) -> str:
    """Return the ARN of a managed policy of AWS.

    Args:
        name: Its name, without the path that it is below.

    Returns:
        The ARN.
    """
    path = "service-role/" if name in _SERVICE_ROLES else ""
    return f"arn:aws:iam::aws:policy/{path}{name}"


def _is_managed(entry: Any) -> bool:
    """Tell whether an entry of `Policies` names a managed policy."""
    match entry:
        case str():
            return True
        case {"Fn::If": [_, first, second]} if first != _NOTHING or second != _NOTHING:
            # Both are of one kind, or one of them is nothing.
            return _is_managed(second if first == _NOTHING else first)
        case dict():
            return len(entry) == 1 and entry.keys() <= _NAMING
    return False


def _named(entry: Any) -> Any:
    match entry:
        case str():
            return entry if entry.startswith("arn:") else managed_policy(entry)
        case {"Fn::If": [condition, first, second]}:
            return {"Fn::If": [condition, _named(first), _named(second)]}
    return entry


def _attached(name: str, document: Any) -> Any:
    match document:
        case {"Fn::If": [condition, first, second]}:
            return {"Fn::If": [condition, _attached(name, first), _attached(name, second)]}
        case {"Ref": "AWS::NoValue"}:
            return document
    return {"PolicyName": name, "PolicyDocument": document}


def _policy(entry: Any) -> Any:
    match entry:
        case {"Statement": _} | {"Ref": "AWS::NoValue"}:
            return entry
        case {"Fn::If": [condition, first, second]}:
            return {"Fn::If": [condition, _policy(first), _policy(second)]}
        case dict() if len(entry) == 1:
            ((name, parameters),) = entry.items()
            made = policy_of_template(name, parameters)
            if made is not None:
                return made
    named = ", ".join(sorted(entry)) if isinstance(entry, dict) else str(entry)
    return Unknown(f"the SAM policy template {named} is not known here")
