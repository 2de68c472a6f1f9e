"""The role of a function as the app makes it: for Lambda, and nobody else."""

import json
from typing import Any

from aws_cdk import aws_iam as iam

from ..errors import InvalidInputError

__all__ = ["resource_of", "trust_errors"]

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
_TRUST = {
    "Statement": [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ],
    "Version": "2012-10-17",
}


def resource_of(role: iam.Role, *, known_to_be: str, kind: str) -> iam.CfnRole:
    """Return the resource of a role that was made just now.

    Args:
        role: The role.
        known_to_be: What such a role is known to be.
        kind: What has such roles, in the plural.

    Returns:
        The resource.

    Raises:
        InvalidInputError: The app was told to make no roles.

    Example:
        ```python
        from secure_lambda_constructs.function.trust import resource_of

        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        assert resource_of(role, known_to_be="closed", kind="functions").policies is None
        ```
    """
    resource = role.node.default_child
    if isinstance(resource, iam.CfnRole):
        return resource
    raise InvalidInputError(
        "iam.Role.customize_roles(...) keeps the app from making roles, and a role made by hand is "
        f"not known to be {known_to_be}; call it on a scope without {kind}"
    )


def trust_errors(trust: Any) -> list[str]:
    """Say whether anybody but Lambda can assume a role.

    Args:
        trust: Its trust policy, made readable.

    Returns:
        One sentence, or none.

    Example:
        ```python
        from secure_lambda_constructs.function.trust import trust_errors

        assert trust_errors({"Statement": [], "Version": "2012-10-17"})
        ```
    """
    if trust == _TRUST:
        return []
    return [
        "the trust policy of the role is not that of Lambda alone any more, so others could act "
        "with what the function was granted; remove what was added to role.assume_role_policy, "
        f"and give them a role of their own (got {json.dumps(trust)})"
    ]
