"""Looks through a hardened bootstrap template for whoever could still get in.

It knows nothing of how the template was made: it reads every role there is, every branch of every
condition, and takes what it cannot read for open.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import InvalidInputError

__all__ = ["prove_closed"]

_NO_VALUE = {"Ref": "AWS::NoValue"}
_SERVICE_OF_THE_EXECUTION_ROLE = {"Service": "cloudformation.amazonaws.com"}


def prove_closed(template: Mapping[str, Any], trusted: Mapping[str, Sequence[str]]) -> None:
    """Refuse a template in which a role may be assumed by anybody else than it should be.

    Args:
        template: The template.
        trusted: ARNs of the roles that may assume a role, by that role's logical id. A role that
            is not named here may be assumed by CloudFormation alone.

    Raises:
        InvalidInputError: A role is open, or its trust cannot be read.

    Example:
        ```python
        from secure_lambda_constructs import InvalidInputError
        from secure_lambda_constructs.governance.bootstrap.proof import prove_closed

        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
        properties = {"AssumeRolePolicyDocument": {"Statement": [statement]}}
        role = {"Type": "AWS::IAM::Role", "Properties": properties}
        try:
            prove_closed({"Resources": {"Open": role}}, {})
        except InvalidInputError as error:
            assert "Open would be open" in str(error)
        ```
    """
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            document = resource["Properties"]["AssumeRolePolicyDocument"]
            for statement in _branches(document["Statement"]):
                if not _is_closed(statement, trusted.get(name, ())):
                    raise InvalidInputError(
                        f"the role {name} would be open by {json.dumps(statement)}: nothing was "
                        "hardened; take a newer release of secure-lambda-constructs"
                    )
        if "AdministratorAccess" in json.dumps(resource):
            raise InvalidInputError(
                f"{name} would have AdministratorAccess: nothing was hardened; take a newer "
                "release of secure-lambda-constructs"
            )


def _branches(value: Any) -> Iterator[Any]:
    """Yield every statement that there can be, whatever the parameters are."""
    if isinstance(value, list):
        for entry in value:
            yield from _branches(entry)
    elif isinstance(value, Mapping) and "Fn::If" in value:
        _, *branches = value["Fn::If"]
        yield from _branches(branches)
    elif value != _NO_VALUE:
        yield value


def _is_closed(statement: Any, roles: Sequence[str]) -> bool:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
        return False
    if statement.get("Action") != "sts:AssumeRole" or not isinstance(
        statement.get("Principal"), Mapping
    ):
        return False
    if not roles:
        return bool(statement["Principal"] == _SERVICE_OF_THE_EXECUTION_ROLE)
    match statement:
        case {
            "Principal": {"AWS": _},
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": [*named]},
                "Null": {"sts:ExternalId": "true"},
            },
        }:
            return (
                bool(named) and set(named) <= set(roles) and set(statement["Principal"]) == {"AWS"}
            )
    return False
