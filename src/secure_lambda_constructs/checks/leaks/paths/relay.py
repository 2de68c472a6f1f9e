"""R01-R05: what a function outside may be; without one there is no such way out."""

import fnmatch
from collections.abc import Iterator
from typing import Any

from ...model.policies import pessimistic, principal_documents, statements
from ...model.values import as_list, dig
from ...model.views import Function
from ..attackers import role_context
from ..case import Case
from ..questions import Question
from ..register import path
from .identity import trusts_lambda_only
from .outputs import concerns, unsigned
from .relay_rights import rights_beyond_need
from .requests import reads_data

__all__: list[str] = []

# A relay answers a caller that waits for it, and cannot be kept busy for longer.
_LONGEST_SECONDS = 30

_INVOCATIONS = ("lambda:invokefunction", "lambda:invokefunctionurl", "lambda:invokeasync")
_PRINCIPALS = ("AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User")
_LATEST = "$LATEST"


def _is_there(case: Case) -> bool:
    return bool(case.outside)


@path("R01", "a relay with unsigned code", _is_there)
def _r01(case: Case) -> list[str]:
    return [why for relay in case.outside for why in unsigned(case, relay)]


@path("R02", "a relay that reads data itself", _is_there)
def _r02(case: Case) -> list[str]:
    reasons = [
        f"{relay.path} may read data" for relay in case.outside if reads_data(case, relay.documents)
    ]
    reasons += [
        f"{relay.path} reads the password of a database, {secret}"
        for relay in case.outside
        for secret in _passwords(case, relay)
    ]
    # A resource of the same account may admit the role by itself.
    return reasons + case.still_open(
        question for relay in case.outside for question in _admissions(case, relay)
    )


@path("R03", "a relay that others can call", _is_there)
def _r03(case: Case) -> list[str]:
    return [why for relay in case.outside for why in _other_callers(case, relay)]


@path("R04", "a relay without a bound on its rate", _is_there)
def _r04(case: Case) -> list[str]:
    reasons: list[str] = []
    for relay in case.outside:
        reserved = relay.resource.get("ReservedConcurrentExecutions")
        if not isinstance(reserved, int):
            reasons.append(f"{relay.path} has no reserved concurrency")
        timeout = relay.resource.get("Timeout", default=3)
        if not isinstance(timeout, int) or timeout > _LONGEST_SECONDS:
            reasons.append(f"{relay.path} may run for {timeout} seconds")
        reasons += _repetitions(case, relay)
    return reasons


@path("R05", "a relay whose role does more than log and read its secrets", _is_there)
def _r05(case: Case) -> list[str]:
    reasons = [
        f"{relay.path} may {action} on {resource}"
        for relay in case.outside
        for action, resource in rights_beyond_need(case, relay)
    ]
    for relay in case.outside:
        if relay.role is None:
            reasons.append(f"{relay.path}: no template creates its role")
        elif not all(
            trusts_lambda_only(entry)
            for entry in statements(relay.role.get("AssumeRolePolicyDocument"))
            if entry.get("Effect") == "Allow"
        ):
            reasons.append(f"{relay.role.path} may be assumed by others than Lambda")
    return reasons


def _passwords(case: Case, relay: Function) -> Iterator[str]:
    """Yield the secrets of databases that the relay's policies name."""
    attached = {
        found.get("SecretId")
        for found in case.world.of("AWS::SecretsManager::SecretTargetAttachment")
    }
    for document in relay.documents:
        for entry in statements(document):
            if entry.get("Effect") == "Allow":
                yield from (str(r) for r in as_list(entry.get("Resource")) if r in attached)


def _admissions(case: Case, relay: Function) -> Iterator[Question]:
    """Yield the relay reading what has a policy of its own."""
    held: list[tuple[Any, str, Any]] = []
    for table in case.world.of("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        for owner in (table.properties, *as_list(table.get("Replicas"))):
            policy = dig(owner, "ResourcePolicy", "PolicyDocument")
            held.append((policy, "dynamodb:GetItem", table.arn))
    for policy in case.world.of("AWS::S3::BucketPolicy"):
        bucket = case.world.find(policy.get("Bucket"), "AWS::S3::Bucket")
        arn = "arn:aws:s3:::unknown" if bucket is None else bucket.arn
        held.append((policy.get("PolicyDocument"), "s3:GetObject", f"{arn}/data"))
    for document, action, arn in held:
        if document is not None:
            yield Question(
                label=f"{relay.path} on {arn}",
                action=action,
                resource=str(arn),
                context=role_context(relay, vpc=None),
                principal=relay.session,
                identity=relay.documents,
                resource_policy=pessimistic(document, of_resource=True),
                account=relay.resource.account,
            )


def _other_callers(case: Case, relay: Function) -> Iterator[str]:
    for kind, name in (
        ("AWS::Lambda::EventSourceMapping", "FunctionName"),
        ("AWS::Lambda::Permission", "FunctionName"),
        ("AWS::Lambda::Url", "TargetFunctionArn"),
    ):
        for found in case.world.of(kind):
            if concerns(relay, found.get(name)):
                yield f"{found.path} lets others call {relay.path}"
    callers = [
        principal.path
        for principal in case.world.of(*_PRINCIPALS)
        if _may_invoke(principal_documents(case.world, principal), relay)
    ]
    trusted = {f.role.path for f in case.isolated if f.role is not None}
    for caller in callers:
        if caller not in trusted:
            yield f"{caller} may call {relay.path} and is not a function's in the VPC"
    if len(callers) > 1:
        # The relay is not told who calls, so it cannot keep two callers apart.
        yield f"{relay.path} has several callers: {', '.join(callers)}"


def _may_invoke(documents: Any, relay: Function) -> bool:
    """Tell whether an Allow names the relay, whatever its conditions and other Denies say."""
    return any(
        entry.get("Effect") == "Allow"
        and _names_call(entry)
        and _names_relay(entry, str(relay.arn))
        for document in documents
        for entry in statements(document)
    )


def _names_call(statement: dict[str, Any]) -> bool:
    return "Action" not in statement or any(
        fnmatch.fnmatchcase(action, str(pattern).lower())
        for pattern in as_list(statement["Action"])
        for action in _INVOCATIONS
    )


def _names_relay(statement: dict[str, Any], arn: str) -> bool:
    return "Resource" not in statement or any(
        str(pattern).startswith(f"{arn}:")
        or any(fnmatch.fnmatchcase(f"{arn}{end}", str(pattern)) for end in ("", ":x"))
        for pattern in as_list(statement["Resource"])
    )


def _repetitions(case: Case, relay: Function) -> Iterator[str]:
    """Yield why Lambda makes a call again that was asynchronous and failed."""
    qualifiers = {_LATEST}
    for kind, property_name in (("Alias", "Name"), ("Version", "Version")):
        for found in case.world.of(f"AWS::Lambda::{kind}"):
            if concerns(relay, found.get("FunctionName")):
                qualifiers.add(str(found.get(property_name, default=found.path)))
    once = {
        str(config.get("Qualifier"))
        for config in case.world.of("AWS::Lambda::EventInvokeConfig")
        if concerns(relay, config.get("FunctionName")) and config.get("MaximumRetryAttempts") == 0
    }
    for qualifier in sorted(qualifiers - once):
        yield f"{relay.path} is called up to three times for each asynchronous call ({qualifier})"
