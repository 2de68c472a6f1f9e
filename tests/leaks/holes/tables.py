"""Holes in isolated tables."""

from typing import Any

from ..synthesis import ISOLATED_TABLE
from .draft import Draft, hole

__all__: list[str] = []

_FOREIGN = {"AWS": "arn:aws:iam::999988887777:root"}


def _replica(draft: Draft) -> dict[str, Any]:
    (replica,) = draft.first("AWS::DynamoDB::GlobalTable")["Replicas"]
    found: dict[str, Any] = replica
    return found


def _statements(draft: Draft) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = _replica(draft)["ResourcePolicy"]["PolicyDocument"][
        "Statement"
    ]
    return statements


def _admit(draft: Draft, action: str) -> None:
    _statements(draft).append(
        {"Effect": "Allow", "Principal": _FOREIGN, "Action": action, "Resource": "*"}
    )


@hole(app=ISOLATED_TABLE)
def _harmless_a_foreign_reader_whom_the_denies_stop(draft: Draft) -> None:
    _admit(draft, "dynamodb:GetItem")


@hole("O04", app=ISOLATED_TABLE)
def _a_foreign_reader_without_the_denies(draft: Draft) -> None:
    _statements(draft).clear()
    _admit(draft, "dynamodb:GetItem")


@hole("O04", app=ISOLATED_TABLE)
def _a_foreign_reader_whom_the_denies_leave_out(draft: Draft) -> None:
    for statement in _statements(draft):
        statement["Condition"]["ArnNotLike"] = {"aws:PrincipalArn": "arn:aws:iam::*:user/mall*"}
    _admit(draft, "dynamodb:GetItem")


@hole("O04", app=ISOLATED_TABLE)
def _somebody_else_may_change_the_policy(draft: Draft) -> None:
    _admit(draft, "dynamodb:PutResourcePolicy")


@hole("O04", app=ISOLATED_TABLE)
def _somebody_else_reads_the_stream(draft: Draft) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": _FOREIGN,
        "Action": "dynamodb:GetRecords",
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    _replica(draft)["ReplicaStreamSpecification"] = {"ResourcePolicy": {"PolicyDocument": document}}


@hole("O06", app=ISOLATED_TABLE)
def _somebody_else_may_decrypt(draft: Draft) -> None:
    policy = draft.first("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    policy.append(
        {"Effect": "Allow", "Principal": _FOREIGN, "Action": "kms:Decrypt", "Resource": "*"}
    )
