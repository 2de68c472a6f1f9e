"""The roles that SAM makes."""

from typing import Any

from ..values import Unknown, as_list
from .written import Written

__all__ = ["role_of"]

_VERSION = "2012-10-17"

# What an entry of `Policies` may be that CloudFormation makes into the ARN of a managed policy.
_NAMING = {"Fn::FindInMap", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Sub", "Ref"}

# The managed policies that are below `service-role/`; SAM knows policies by their names.
_SERVICE_ROLES = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
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
    trust = {
        "Version": _VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": [service]},
                "Action": ["sts:AssumeRole"],
            }
        ],
    }
    arns: list[Any] = [_arn(name) for name in managed]
    inline: list[Any] = [{"Version": _VERSION, "Statement": [entry]} for entry in statements]
    for entry in as_list(written.get("Policies")):
        keys = set(entry) if isinstance(entry, dict) else set()
        if isinstance(entry, str):
            arns.append(entry if entry.startswith("arn:") else _arn(entry))
        elif "Statement" in keys:
            inline.append(entry)
        elif len(keys) == 1 and keys <= _NAMING:
            arns.append(entry)
        else:
            named = ", ".join(sorted(keys))
            inline.append(Unknown(f"the SAM policy template {named} is not known here"))
    properties: dict[str, Any] = {
        "AssumeRolePolicyDocument": written.get("AssumeRolePolicyDocument", trust),
        "ManagedPolicyArns": arns,
        "Policies": [
            {"PolicyName": f"{written.logical_id}RolePolicy{place}", "PolicyDocument": document}
            for place, document in enumerate(inline)
        ],
        **written.only("PermissionsBoundary"),
    }
    if written.get("RolePath") is not None:
        properties["Path"] = written.get("RolePath")
    return written.like("AWS::IAM::Role", properties)


def _arn(name: str) -> str:
    path = "service-role/" if name in _SERVICE_ROLES else ""
    return f"arn:aws:iam::aws:policy/{path}{name}"
