"""R01-R05: what a function outside the VPC may be; without one there is no such way out."""

from collections.abc import Iterator
from typing import Any

from ..case import Case
from ..model.policies import statements
from ..model.values import as_list
from ..model.views import Function
from .outputs import unsigned
from .paths import path
from .requests import reads_data, requests_of

__all__: list[str] = []

# A relay answers a caller that waits for it, and cannot be kept busy for longer.
_LONGEST_SECONDS = 30

_LOG_WRITES = {"logs:CreateLogStream", "logs:PutLogEvents"}
_SECRET_READS = {"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}


def _is_there(case: Case) -> bool:
    return bool(case.outside)


@path("R01", "a relay with unsigned code", _is_there)
def _r01(case: Case) -> list[str]:
    return [why for relay in case.outside for why in unsigned(case, relay)]


@path("R02", "a relay that reads data itself", _is_there)
def _r02(case: Case) -> list[str]:
    return [
        f"{relay.path} may read data" for relay in case.outside if reads_data(case, relay.documents)
    ]


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
    return reasons


@path("R05", "a relay whose role does more than log and read its secrets", _is_there)
def _r05(case: Case) -> list[str]:
    return [
        f"{relay.path} may {action} on {resource}"
        for relay in case.outside
        for action, resource in _beyond_need(case, relay)
    ]


def _other_callers(case: Case, relay: Function) -> Iterator[str]:
    for kind, name in (
        ("AWS::Lambda::EventSourceMapping", "FunctionName"),
        ("AWS::Lambda::Permission", "FunctionName"),
        ("AWS::Lambda::Url", "TargetFunctionArn"),
    ):
        for found in case.world.of(kind):
            target = found.get(name)
            if not isinstance(target, str) or target in (relay.resource.id, relay.arn):
                yield f"{found.path} lets others call {relay.path}"
    callers = [
        role.path
        for role in case.world.of("AWS::IAM::Role")
        if _may_invoke(case, case.documents_of(role), relay)
    ]
    trusted = {f.role.path for f in case.isolated if f.role is not None}
    for caller in callers:
        if caller not in trusted:
            yield f"{caller} may call {relay.path} and is not a function's in the VPC"
    if len(callers) > 1:
        # The relay is not told who calls, so it cannot keep two callers apart.
        yield f"{relay.path} has several callers: {', '.join(callers)}"


def _may_invoke(case: Case, documents: Any, relay: Function) -> bool:
    pairs = requests_of(
        case, documents, region=relay.resource.region, account=relay.resource.account
    )
    invoked = [arn for action, arn in pairs if action.startswith("lambda:Invoke")]
    return any(
        arn == relay.arn or arn.startswith(f"{relay.arn}:") or _is_filled(arn) for arn in invoked
    )


def _is_filled(arn: str) -> bool:
    # A wildcard that was filled in may have stood for the relay too.
    return arn.endswith("x")


def _beyond_need(case: Case, relay: Function) -> Iterator[tuple[str, str]]:
    group = relay.log_group
    own = "" if group is None else str(group.arn).removesuffix(":*")
    named = {
        str(resource)
        for document in relay.documents
        for entry in statements(document)
        for resource in as_list(entry.get("Resource"))
    }
    for action, resource in requests_of(
        case, relay.documents, region=relay.resource.region, account=relay.resource.account
    ):
        if action in _LOG_WRITES and own and resource.startswith(f"{own}:log-stream:"):
            continue
        # Named as it stands: a wildcard would have been filled in and be none of these.
        if action in _SECRET_READS and resource in named:
            continue
        yield action, resource
