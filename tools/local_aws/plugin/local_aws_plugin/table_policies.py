"""Resource policies of tables: kept and given back, never enforced.

As DynamoDB does, a policy is refused that names an action which such a policy cannot have.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from localstack.aws.api import CommonServiceException

__all__ = ["TablePolicies"]

# What has no table for its resource: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
_NOT_OF_A_TABLE = frozenset(
    f"dynamodb:{name}"
    for name in (
        "CreateTable",
        "DescribeBackup",
        "DescribeExport",
        "DescribeImport",
        "DescribeStream",
        "GetRecords",
        "GetShardIterator",
        "ImportTable",
        "ListStreams",
        "ListTables",
        "RestoreTableFromAwsBackup",
        "RestoreTableFromBackup",
        "StartAwsBackupJob",
    )
)
_LONGEST = 20 * 1024


class TablePolicies:
    """The policies by the ARN of the table."""

    def __init__(self) -> None:
        self._policies: dict[str, str] = {}

    def put(self, arn: str, policy: str) -> str:
        """Keeps a policy.

        Args:
            arn: The table.
            policy: The document as text.

        Returns:
            Its revision.

        Raises:
            CommonServiceException: It is none, is too long, or has an action that it cannot have.
        """
        try:
            document = json.loads(policy)
            statements = document["Statement"]
        except (ValueError, KeyError, TypeError) as error:
            raise _invalid("Invalid policy document: Syntax errors in policy") from error
        if len(policy) > _LONGEST:
            raise _invalid("Invalid policy document: policy is longer than 20 KB")
        refused = sorted(
            {
                action
                for statement in ([statements] if isinstance(statements, dict) else statements)
                for action in _listed(statement.get("Action", []))
                if action in _NOT_OF_A_TABLE or not action.startswith("dynamodb:")
            }
        )
        if refused:
            names = ", ".join(f'"{name}"' for name in refused)
            raise _invalid(
                f"Invalid policy document: The following action names are invalid: {names}"
            )
        self._policies[arn] = policy
        return _revision(policy)

    def get(self, arn: str) -> dict[str, Any]:
        """The policy of a table and its revision.

        Raises:
            CommonServiceException: It has none.
        """
        if arn not in self._policies:
            raise CommonServiceException(
                "PolicyNotFoundException",
                f"Resource-based policy not found for the provided ResourceArn: {arn}",
                400,
                sender_fault=True,
            )
        policy = self._policies[arn]
        return {"Policy": policy, "RevisionId": _revision(policy)}

    def delete(self, arn: str) -> dict[str, Any]:
        """Forgets the policy of a table, if there is one."""
        policy = self._policies.pop(arn, None)
        return {} if policy is None else {"RevisionId": _revision(policy)}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _revision(policy: str) -> str:
    return str(int(hashlib.sha256(policy.encode()).hexdigest()[:12], 16))


def _invalid(message: str) -> CommonServiceException:
    return CommonServiceException(
        "ValidationException",
        f"One or more parameter values were invalid: {message}",
        400,
        sender_fault=True,
    )
