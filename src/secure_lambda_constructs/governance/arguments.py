"""What the governance constructs are given: names, roles and accounts, checked before they count.

They end up in policies, where a name that matches nothing protects nothing, and says nothing.
"""

import re
from collections.abc import Sequence

from ..errors import InvalidInputError
from ..signing.naming import ACCOUNT_PATTERN, check_literal

__all__ = [
    "check_list",
    "check_policy_name",
    "check_policy_path",
    "check_prefix",
    "check_qualifier",
    "check_role_arns",
]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
_NAME = r"[\w+=,.@-]{1,128}"
_PATH = r"/(?:[\x21-\x2e\x30-\x7e]+/)*"
# https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html: ten characters at most
_QUALIFIER = r"[A-Za-z0-9_-]{1,10}"
_ROLE_ARN = re.compile(
    rf"arn:(?:aws[a-z-]*|\*):iam::(?:{ACCOUNT_PATTERN}|\*):role/[\w+=,.@*?/-]*[\w+=,.@-]"
    r"[\w+=,.@*?/-]*"
)


def check_list(what: str, value: object) -> None:
    """Refuse what is no list or tuple, such as a single text.

    Args:
        what: What the value is, for the message.
        value: The value.

    Raises:
        InvalidInputError: It is none.

    Example:
        ```python
        from secure_lambda_constructs.governance.arguments import check_list

        check_list("pipeline_roles", ["arn:aws:iam::111122223333:role/deploy"])
        ```
    """
    if not isinstance(value, list | tuple):
        raise InvalidInputError(f"{what} must be a list, got {value!r}: write [...] around it")


def check_prefix(what: str, value: str) -> None:
    """Refuse a prefix of names that would let in more than it says.

    Args:
        what: What the value is, for the message.
        value: The prefix.

    Raises:
        InvalidInputError: It is not letters and digits that end in a hyphen, an underscore, a
            slash or a colon.

    Example:
        ```python
        from secure_lambda_constructs.governance.arguments import check_prefix

        check_prefix("developer_prefix", "dev-")
        ```
    """
    check_literal(what, value)
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_:/-]{0,40})[-_/:]", value) is None:
        raise InvalidInputError(
            f"{what} must be letters, digits and hyphens with a separator (- _ / :) at the end, "
            f"got {value!r}: without it 'dev' would also be the beginning of 'device-keys', so "
            "write for example 'dev-'"
        )


def check_qualifier(value: str) -> None:
    """Refuse a qualifier that `cdk bootstrap` would refuse.

    Args:
        value: The qualifier.

    Raises:
        InvalidInputError: It is not one to ten letters, digits, hyphens or underscores.

    Example:
        ```python
        from secure_lambda_constructs.governance.arguments import check_qualifier

        check_qualifier("hnb659fds")
        ```
    """
    check_literal("qualifier", value)
    if re.fullmatch(_QUALIFIER, value) is None:
        raise InvalidInputError(
            "qualifier must be one to ten letters, digits, hyphens or underscores, as "
            f"`cdk bootstrap --qualifier` takes it, got {value!r}"
        )


def check_policy_name(what: str, value: str) -> None:
    """Refuse a name that IAM would refuse.

    Args:
        what: What the value is, for the message.
        value: The name.

    Raises:
        InvalidInputError: It is not 1 to 128 letters, digits or `+=,.@_-`.

    Example:
        ```python
        from secure_lambda_constructs.governance.arguments import check_policy_name

        check_policy_name("policy_name", "DeveloperBoundary")
        ```
    """
    check_literal(what, value)
    if re.fullmatch(_NAME, value, re.ASCII) is None:
        raise InvalidInputError(
            f"{what} must be 1 to 128 letters, digits or any of +=,.@_-, got {value!r}"
        )


def check_policy_path(what: str, value: str) -> None:
    """Refuse a path that IAM would refuse.

    Args:
        what: What the value is, for the message.
        value: The path.

    Raises:
        InvalidInputError: It does not begin and end with a slash, or is longer than 512
            characters.

    Example:
        ```python
        from secure_lambda_constructs.governance.arguments import check_policy_path

        check_policy_path("path", "/guardrails/")
        ```
    """
    check_literal(what, value)
    if len(value) > 512 or re.fullmatch(_PATH, value) is None:
        raise InvalidInputError(
            f"{what} must begin and end with a slash, such as '/' or '/guardrails/', got {value!r}"
        )


def check_role_arns(what: str, value: Sequence[str]) -> None:
    """Refuse what is no list of ARNs of roles, or names every role.

    In an ARN `*` may stand for any partition or account, and for parts of the name.

    Args:
        what: What the value is, for the message.
        value: The ARNs.

    Raises:
        InvalidInputError: It is no list, or one of them is no such ARN, or would match all roles.

    Example:
        ```python
        from secure_lambda_constructs.governance.arguments import check_role_arns

        check_role_arns("pipeline_roles", ["arn:aws:iam::*:role/cicd/deploy"])
        ```
    """
    check_list(what, value)
    for arn in value:
        check_literal(what, arn)
        if _ROLE_ARN.fullmatch(arn) is None:
            raise InvalidInputError(
                f"{what} must be ARNs of roles, arn:aws:iam::ACCOUNT:role/NAME, in which * may "
                f"stand for the account and for a part of the name, got {arn!r}"
            )
