"""The statements of the developers' boundary.

`Allow *` stands for "what the developer's own policies say", and the Denies for the boundary. An
allow list in its place would be skipped by any resource policy of the same account that names a
developer's session, because IAM does not hold an implicit deny of a boundary against it:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html. And the daily work
is one `NotAction`, because no list of all that can be attacked fits into a policy.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..documents import PolicyDocument
from .daily_work import DAILY_WORK
from .own_scope import OWN_SCOPE, SCOPED_READS, own_scope_arns

__all__ = ["BOUNDARY_LIMIT", "boundary_document", "daily_work_document"]

BOUNDARY_LIMIT = 6144
"""Characters of a managed policy, white space not counted:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

# What developers do with the keys of their own scope.
_KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")

# A reading verb is written by its first three letters: tests/governance holds that no action of any
# service begins with them and reads otherwise.
_VERB = re.compile(r"([A-Z][a-z]{2})[a-z]+\*")


def _patterns(actions: Mapping[str, str], without: Sequence[str] = ()) -> list[str]:
    """Write a list of actions as a policy has it, as short as it can be."""
    return [
        f"{service}:{_short(name)}"
        for service, names in actions.items()
        if service not in without
        for name in names.split()
    ]


def _daily(extra: Sequence[str], without: Sequence[str]) -> list[str]:
    added = [action.split(":") for action in extra]
    return [
        *_patterns(DAILY_WORK, without),
        *(f"{service}:{_short(name)}" for service, name in added),
    ]


def _short(name: str) -> str:
    verb = _VERB.fullmatch(name)
    return f"{verb[1]}*" if verb else name


def boundary_document(
    *,
    account: str,
    developer_prefix: str,
    data_path: str,
    guard_tag_prefix: str,
    extra_daily_actions: Sequence[str],
    without_services: Sequence[str],
) -> PolicyDocument:
    """Return the boundary.

    Args:
        account: The account, since nobody else's resources are the developers' own.
        developer_prefix: What the names of the developers' own resources begin with.
        data_path: What the names of their secrets and parameters begin with.
        guard_tag_prefix: What the keys of the tags begin with that nobody may set or remove.
        extra_daily_actions: Actions that are daily work too.
        without_services: Services that are no daily work.

    Returns:
        The policy.

    Example:
        ```python
        from secure_lambda_constructs.governance.developers.statements import boundary_document

        document = boundary_document(
            account="111122223333",
            developer_prefix="dev-",
            data_path="dev/",
            guard_tag_prefix="lambda-governance:",
            extra_daily_actions=[],
            without_services=[],
        )
        assert [entry["Effect"] for entry in document["Statement"]].count("Allow") == 1
        ```
    """
    own = _patterns(OWN_SCOPE, without_services)
    daily = _daily(extra_daily_actions, without_services)
    aliases = _key_aliases(developer_prefix)
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        _deny({"NotAction": [*daily, *own, *_KEY_ACTIONS]}),
        {
            "Effect": "Deny",
            "Action": [*own, *_patterns(SCOPED_READS)],
            "NotResource": own_scope_arns(account, developer_prefix, data_path),
        },
        # The names of buckets are everybody's: somebody else's may begin with the prefix too.
        _deny({"Action": "s3:*Object"}, {"StringNotEquals": {"aws:ResourceAccount": account}}),
        # True for a key without an alias, so that is refused too.
        _deny(
            {"Action": list(_KEY_ACTIONS)},
            {"ForAllValues:StringNotLike": {"kms:ResourceAliases": aliases}},
        ),
        # API keys, and the keys of usage plans, are secrets that a GET shows.
        _deny({"Action": "apigateway:GET"}, resource="arn:*:apigateway:*::/*keys*"),
        # A shell in the VPC would be a host there.
        _deny({"Action": "cloudshell:CreateEnvironment"}, {"Null": {"cloudshell:VpcIds": "false"}}),
        _deny({"Action": "*"}, {"ForAnyValue:StringLike": {"aws:TagKeys": f"{guard_tag_prefix}*"}}),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def daily_work_document(
    *,
    developer_prefix: str,
    data_path: str,
    extra_daily_actions: Sequence[str],
    without_services: Sequence[str],
) -> PolicyDocument:
    """Return a policy that allows the daily work, for developers who have no wider one.

    It says what the boundary says, the other way round, so that either may fail. It is for all
    accounts of a permission set, so only the boundary knows the account.

    Args:
        developer_prefix: As of the boundary.
        data_path: As of the boundary.
        extra_daily_actions: As of the boundary.
        without_services: As of the boundary.

    Returns:
        The policy.

    Example:
        ```python
        from secure_lambda_constructs.governance.developers.statements import daily_work_document

        document = daily_work_document(
            developer_prefix="dev-",
            data_path="dev/",
            extra_daily_actions=[],
            without_services=[],
        )
        assert all(entry["Effect"] == "Allow" for entry in document["Statement"])
        ```
    """
    daily = _daily(extra_daily_actions, without_services)
    aliases = _key_aliases(developer_prefix)
    statements = [
        {"Effect": "Allow", "Action": daily, "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": _patterns(OWN_SCOPE, without_services),
            "Resource": own_scope_arns("*", developer_prefix, data_path),
        },
        {
            "Effect": "Allow",
            "Action": list(_KEY_ACTIONS),
            "Resource": "*",
            "Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": aliases}},
        },
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _key_aliases(developer_prefix: str) -> list[str]:
    # Keys of AWS itself are used through their service only, and what that shows is refused where
    # it is not the developers' own.
    return [f"alias/{developer_prefix}*", "alias/aws/*"]


def _deny(
    actions: Mapping[str, Any], condition: Mapping[str, Any] | None = None, resource: str = "*"
) -> dict[str, Any]:
    statement = {"Effect": "Deny", **actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement
