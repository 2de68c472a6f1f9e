"""Policy documents that a template has as text, which CloudFormation takes for most types."""

import json
from typing import Any

from .values import Unknown

__all__ = ["with_documents"]

# The properties that hold a policy, and nothing else.
_POLICIES = {
    "AccessPolicies",
    "AccessPolicy",
    "AssumeRolePolicyDocument",
    "FileSystemPolicy",
    "KeyPolicy",
    "PolicyDocument",
    "PolicyText",
    "RepositoryPolicyText",
    "ResourcePolicy",
    "ResourcePolicyDocument",
}

# Those that hold one for some types.
_MAYBE = {"Content", "Policy", "Statement"}


def with_documents(name: str, value: Any) -> Any:
    """Return the value of a property with the policies in it as objects.

    Args:
        name: The property.
        value: Its value, resolved.

    Returns:
        The value; a policy that is text and no JSON is Unknown.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.documents import with_documents

        text = '{"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}'
        policies = with_documents("Policies", [{"PolicyDocument": text}])
        assert policies[0]["PolicyDocument"]["Statement"]["Action"] == "sqs:*"
        ```
    """
    if isinstance(value, str):
        return _read(name, value) if name in _POLICIES or name in _MAYBE else value
    if isinstance(value, list):
        return [with_documents(name, item) for item in value]
    if isinstance(value, dict):
        return {key: with_documents(key, item) for key, item in value.items()}
    return value


def _read(name: str, text: str) -> Any:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    return text if name in _MAYBE else Unknown(f"the text of {name} is no policy")
