"""What the role of a relay may do beyond what every relay needs: its log and its credentials."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...model.policies import statements
from ...model.values import as_list
from ...model.views import Function
from ..case import Case
from ..questions import Question
from .requests import requests_of_statement

__all__ = ["rights_beyond_need"]

_LOG_WRITES = {"logs:CreateLogStream", "logs:PutLogEvents"}
_CREDENTIAL_READS = {
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "ssm:DescribeParameters",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
}
_DECRYPTION = "kms:Decrypt"

# Lambda does this with the role of a function that is in a VPC.
_INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}

# How a secret is named whose last characters AWS makes up.
_ANY_SUFFIX = re.compile(r"(arn:[^*?]+:secret:[^*?]+)-\?{6}")

# Services that keep data under keys, none of which may decrypt for a relay.
_KEEPERS = ("dynamodb", "kinesis", "rds", "s3", "sqs")


def rights_beyond_need(case: Case, relay: Function) -> Iterator[tuple[str, str]]:
    """Yield each action and resource that the relay's role has a right to and no need for."""
    for document in case.documents_of(relay.role):
        for entry in statements(document):
            if entry.get("Effect") != "Allow":
                continue
            resource = relay.resource
            for action, arn in requests_of_statement(
                case, entry, resource.region, resource.account
            ):
                if not _is_needed(case, relay, entry, action, arn):
                    yield action, arn


def _is_needed(
    case: Case, relay: Function, statement: dict[str, Any], action: str, arn: str
) -> bool:
    group = relay.log_group
    own = "" if group is None else str(group.arn).removesuffix(":*")
    if action in _LOG_WRITES and own and arn.startswith(f"{own}:log-stream:"):
        return True
    # Named as it stands: a wildcard would have been filled in and be none of these.
    named = {_ANY_SUFFIX.sub(r"\1-xxxxxx", str(r)) for r in as_list(statement.get("Resource"))}
    if action in _CREDENTIAL_READS and arn in named:
        return True
    asked = [_question(case, relay, action, arn)]
    if action == _DECRYPTION and arn in named:
        asked += [_question(case, relay, action, arn, through=service) for service in _KEEPERS]
    elif action not in _INTERFACES or not relay.subnet_ids:
        asked.append(_question(case, relay, action, arn, from_code=False))
    return not case.still_open(asked)


def _question(
    case: Case,
    relay: Function,
    action: str,
    arn: str,
    *,
    from_code: bool = True,
    through: str | None = None,
) -> Question:
    """The relay doing it, by itself or through a service, whatever the conditions of its Allows."""
    via = f"{through}.{relay.resource.region}.amazonaws.com"
    asked = case.ask(
        relay,
        action,
        arn,
        "does more than it needs",
        vpc=None,
        from_code=from_code,
        context=None if through is None else {"kms:ViaService": via},
    )
    made = case.once(_made)
    if relay.path not in made:
        documents = case.documents_of(relay.role)
        made[relay.path] = tuple(_unconditional(document) for document in documents)
    return replace(asked, identity=made[relay.path])


def _made(case: Case) -> dict[str, tuple[dict[str, Any], ...]]:
    return {}


def _unconditional(document: dict[str, Any]) -> dict[str, Any]:
    """Return `document` with no condition in its Allows but that a service decrypts."""
    kept = []
    for entry in statements(document):
        if entry.get("Effect") == "Allow" and "Condition" in entry:
            via = {
                operator: {"kms:ViaService": keys["kms:ViaService"]}
                for operator, keys in entry["Condition"].items()
                if "kms:ViaService" in keys
            }
            entry = {key: value for key, value in entry.items() if key != "Condition"}
            if via:
                entry["Condition"] = via
        kept.append(entry)
    return {**document, "Statement": kept}
