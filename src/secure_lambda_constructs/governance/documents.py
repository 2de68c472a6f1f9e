"""Policy documents: how long IAM and Organizations take them to be."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from ..errors import InvalidInputError

__all__ = ["PolicyDocument", "document_size", "refuse_too_long"]

PolicyDocument: TypeAlias = dict[str, Any]
"""A policy as it is written in JSON."""

# What stands for a value that is known only during the deployment, and how long it can become.
_PSEUDO_PARAMETERS = {
    "${AWS::AccountId}": 12,
    "${AWS::Partition}": len("aws-us-gov"),
    "${AWS::Region}": len("us-isof-south-1"),
}


def document_size(document: Mapping[str, Any]) -> int:
    """Count the characters of a policy as AWS does: without white space between its parts.

    A pseudo parameter in it, spelled as `Fn::Sub` has it, counts as what it becomes at its
    longest. See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.

    Args:
        document: The policy.

    Returns:
        Characters.

    Example:
        ```python
        from secure_lambda_constructs.governance.documents import document_size

        assert document_size({"Version": "2012-10-17", "Statement": []}) == 39
        ```
    """
    written = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    spared = sum(
        len(re.findall(re.escape(name), written)) * (len(name) - longest)
        for name, longest in _PSEUDO_PARAMETERS.items()
    )
    return len(written) - spared


def refuse_too_long(what: str, document: Mapping[str, Any], limit: int, advice: str) -> None:
    """Refuse a policy that AWS would refuse for its length.

    Args:
        what: What the policy is, for the message.
        document: The policy.
        limit: The most characters it may have.
        advice: What to do about it.

    Raises:
        InvalidInputError: It is too long; the message has the count.

    Example:
        ```python
        from secure_lambda_constructs.governance.documents import refuse_too_long

        document = {"Version": "2012-10-17", "Statement": []}
        refuse_too_long("the boundary", document, 6144, "take something out")
        ```
    """
    size = document_size(document)
    if size > limit:
        raise InvalidInputError(
            f"{what} would have {size} characters, and AWS takes {limit} at most: {advice}"
        )
