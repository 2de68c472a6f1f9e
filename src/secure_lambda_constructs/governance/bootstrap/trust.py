"""The trust policies of the bootstrap roles: from a whole account to named roles in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InvalidInputError

__all__ = ["trust_only"]

_NO_VALUE = {"Ref": "AWS::NoValue"}
_NO_EXTERNAL_ID = {"Null": {"sts:ExternalId": "true"}}

# The principals that the CDK's statements have, by the condition that a statement is under.
_TRUSTED: Mapping[str | None, Mapping[str, str]] = {
    None: {"Ref": "AWS::AccountId"},
    "HasTrustedAccounts": {"Ref": "TrustedAccounts"},
    "HasTrustedAccountsForLookup": {"Ref": "TrustedAccountsForLookup"},
}
_CONDITIONS: tuple[Any, ...] = (
    None,
    _NO_EXTERNAL_ID,
    {"Fn::If": ["ShouldDenyExternalId", _NO_EXTERNAL_ID, _NO_VALUE]},
)


def trust_only(name: str, document: Any, roles: Sequence[str]) -> dict[str, Any]:
    """Return a trust policy of the CDK's bootstrap template, narrowed to some roles.

    The principals stay accounts, and a condition names the roles. A role as the principal would
    have to exist when the stack is made; and IAM keeps it by its id, so that the trust would be
    lost when the role is made anew. See
    <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.

    Args:
        name: Logical id of the role whose trust policy it is, for the message.
        document: The trust policy.
        roles: ARNs of the roles to trust.

    Returns:
        A new trust policy.

    Raises:
        InvalidInputError: The policy has a statement that is not the CDK's.

    Example:
        ```python
        from secure_lambda_constructs.governance.bootstrap.trust import trust_only

        account = {"AWS": {"Ref": "AWS::AccountId"}}
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": account}
        closed = trust_only("LookupRole", {"Statement": [statement]}, ["arn:aws:iam::*:role/ci"])
        condition = closed["Statement"][0]["Condition"]
        assert condition["ArnEquals"] == {"aws:PrincipalArn": ["arn:aws:iam::*:role/ci"]}
        ```
    """
    known = isinstance(document, Mapping) and set(document) <= {"Statement", "Version"}
    statements = document.get("Statement") if known else None
    if not isinstance(statements, list):
        raise InvalidInputError(_strange(name, document))
    narrowed: list[dict[str, Any]] = []
    for entry in statements:
        condition, statement = _unwrapped(entry)
        actions = _actions(condition, statement)
        if actions is None:
            raise InvalidInputError(_strange(name, entry))
        if actions == ["sts:TagSession"]:
            continue
        closed: dict[str, Any] = {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"AWS": dict(_TRUSTED[condition])},
            "Condition": {"ArnEquals": {"aws:PrincipalArn": list(roles)}, **_NO_EXTERNAL_ID},
        }
        narrowed.append(
            closed if condition is None else {"Fn::If": [condition, closed, dict(_NO_VALUE)]}
        )
    return {"Version": "2012-10-17", "Statement": narrowed}


def _unwrapped(entry: Any) -> tuple[str | None, Any]:
    """Return the condition that a statement is under, and the statement."""
    match entry:
        case {"Fn::If": [str(condition), statement, {"Ref": "AWS::NoValue"}]} if len(entry) == 1:
            return condition, statement
    return None, entry


def _actions(condition: str | None, statement: Any) -> list[str] | None:
    """Return what a statement allows, or `None` where it is none of the CDK's."""
    if condition not in _TRUSTED or not isinstance(statement, Mapping):
        return None
    if set(statement) - {"Sid", "Action", "Effect", "Principal", "Condition"}:
        return None
    if statement.get("Effect") != "Allow":
        return None
    if statement.get("Principal") != {"AWS": _TRUSTED[condition]}:
        return None
    if statement.get("Condition") not in _CONDITIONS:
        return None
    actions = statement.get("Action")
    listed = [actions] if isinstance(actions, str) else actions
    return listed if listed in (["sts:AssumeRole"], ["sts:TagSession"]) else None


def _strange(name: str, part: Any) -> str:
    return (
        f"the trust policy of {name} has a part that this release does not know: {part!r}; "
        "nothing was hardened: take a newer release of secure-lambda-constructs"
    )
