"""R01-R05: what a relay may be; without one there is no such way out."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ...model.physical import attribute
from ...model.policies import pessimistic
from ...model.values import Unknown
from ...model.views import Function
from ...model.world import Resource
from ..case import Case
from ..reasons import Reason, told
from ..register import path
from .admissions import admissions
from .databases import password_of_a_database
from .imported import attached_elsewhere
from .named import Named, allowed_resources, concerning, merged
from .reach import INVOCATIONS, has_relays, relays
from .relay_rights import rights_beyond_need
from .requests import reads_data
from .signing import SIGNED, unsigned
from .trust import others_than_lambda

__all__: list[str] = []

# A relay answers a caller that waits for it, and cannot be kept busy for longer.
_LONGEST_SECONDS = 30

_PRINCIPALS = ("AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User")
_LATEST = "$LATEST"

_BY_HAND = "A function of your own that code in the VPC may call is judged as a relay:"


@path(
    "R01",
    "a relay with unsigned code",
    present=has_relays,
    attack="Somebody replaces the code of the relay by one that sends what it is given anywhere, "
    "and the code inside gives it the rows.",
    mend=SIGNED,
)
def _r01(case: Case) -> Iterator[Reason]:
    for relay in relays(case):
        yield from unsigned(case, relay)


@path(
    "R02",
    "a relay that reads data itself",
    present=has_relays,
    attack="The code of the relay, which is on the internet's side, reads the rows itself and "
    "sends them out.",
    mend="Use an EgressRelayFunction, whose role denies all data. "
    f"{_BY_HAND} take every right to read data from its role, and its role out of the policies of "
    "tables and buckets.",
)
def _r02(case: Case) -> Iterator[Reason]:
    for relay in relays(case):
        read = reads_data(case, relay.role, relay.resource)
        if read is not None:
            yield Reason(relay.resource, f"may read data{case.guess_about(relay)}", read)
        secret = password_of_a_database(case, relay)
        if secret is not None:
            yield Reason(relay.resource, "may read the password of a database", secret)
        # A resource of the same account may admit the role by itself.
        yield from case.still_open(admissions(case, relay))


@path(
    "R03",
    "a relay that others can call",
    present=has_relays,
    attack="Somebody else calls the relay and uses its credentials, or two functions that should "
    "not know of each other pass data through it.",
    mend="Use an EgressRelayFunction for each caller, and its grant_invoke(). "
    f"{_BY_HAND} no URL, permission or event source, and lambda:InvokeFunction on it in one role.",
)
def _r03(case: Case) -> Iterator[Reason]:
    for relay in relays(case):
        yield from _other_callers(case, relay)


@path(
    "R04",
    "a relay without a bound on its rate",
    present=has_relays,
    attack="The code calls the relay a thousand times a second and spells the rows in what each "
    "call may say.",
    mend="Use an EgressRelayFunction, which needs reserved_concurrent_executions= and is not "
    f"called again. {_BY_HAND} reserved_concurrent_executions=, timeout=cdk.Duration.seconds(30) "
    "or less, and retry_attempts=0, for each alias too.",
)
def _r04(case: Case) -> Iterator[Reason]:
    for relay in relays(case):
        reserved = relay.resource.get("ReservedConcurrentExecutions")
        if not _is_number(reserved):
            yield Reason(relay.resource, "has no reserved concurrency")
        timeout = relay.resource.get("Timeout", default=3)
        if not _is_number(timeout) or int(timeout) > _LONGEST_SECONDS:
            yield Reason(relay.resource, "may run for long", f"{told(timeout)} seconds")
        for qualifier in _repetitions(case, relay):
            text = "is called up to three times for each asynchronous call"
            yield Reason(relay.resource, text, qualifier)


@path(
    "R05",
    "a relay whose role does more than log and read its secrets",
    present=has_relays,
    attack="The code of the relay uses a right that it has no need for, to keep what it is given "
    "or to reach further into the account.",
    mend="Use an EgressRelayFunction, whose role is made for its routes. "
    f"{_BY_HAND} a role of its own, assumed by Lambda only, that may write to the function's log "
    "group and read its secrets by their ARNs.",
)
def _r05(case: Case) -> Iterator[Reason]:
    for relay in relays(case):
        for action, resource in rights_beyond_need(case, relay):
            text = "has a role that may do more than log and read its secrets"
            yield Reason(relay.resource, text + case.guess_about(relay), f"{action} on {resource}")
        if relay.role is None:
            text = "has a role that no template creates, so that nobody knows what it may do"
            yield Reason(relay.resource, text, case.role_said(relay))
            continue
        for said in others_than_lambda(relay.role):
            text = "is the role of a relay and may be taken by others than Lambda"
            yield Reason(relay.role, text, said)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isdigit())


def _other_callers(case: Case, relay: Function) -> Iterator[Reason]:
    for kind, name, text in (
        ("AWS::Lambda::EventSourceMapping", "FunctionName", "feeds a relay"),
        ("AWS::Lambda::Permission", "FunctionName", "lets others call a relay"),
        ("AWS::Lambda::Url", "TargetFunctionArn", "is a URL of a relay"),
    ):
        for found in concerning(case, relay, kind, name):
            yield Reason(found, text, relay.resource.construct_path)
    callers = list(_callers(case, relay))
    for caller in callers:
        if caller.path not in case.once(_roles_inside):
            text = "may call a relay and is not the role of a function in the VPC"
            if caller.type not in _PRINCIPALS:
                text = "lets a role, a user or a group call a relay that no template creates"
            yield Reason(caller, text, relay.resource.construct_path)
    if len(callers) > 1:
        # The relay is not told who calls, so it cannot keep two callers apart.
        several = ", ".join(caller.construct_path for caller in callers)
        yield Reason(relay.resource, "has several callers, which it cannot tell apart", several)


def _roles_inside(case: Case) -> set[str]:
    return {function.role.path for function in case.isolated if function.role is not None}


def _callers(case: Case, relay: Function) -> Iterator[Resource]:
    """Yield who has an Allow that names the relay, whatever its conditions and other Denies say."""
    arn = str(relay.arn)
    by_arn, by_pattern = case.once(_who_may_invoke)
    found = {caller.path for caller in by_arn.get(arn, ())}
    for caller, named in by_pattern:
        if any(named.may_match(f"{arn}{end}") for end in ("", ":x")):
            found.add(caller.path)
    elsewhere = [policy for policy, _ in attached_elsewhere(case)]
    everybody = dict.fromkeys([*case.world.of(*_PRINCIPALS), *elsewhere])
    yield from (caller for caller in everybody if caller.path in found)


def _who_may_invoke(
    case: Case,
) -> tuple[dict[str, list[Resource]], list[tuple[Resource, Named]]]:
    """Who may call functions: by the ARN that is named, and those that name patterns."""
    by_arn: dict[str, list[Resource]] = defaultdict(list)
    by_pattern: list[tuple[Resource, Named]] = []
    documented = [(each, case.documents_of(each)) for each in case.world.of(*_PRINCIPALS)]
    documented += [
        (policy, (pessimistic(policy.get("PolicyDocument")),))
        for policy, _ in attached_elsewhere(case)
    ]
    for principal, documents in documented:
        named = allowed_resources(documents, INVOCATIONS)
        for arn in {":".join(text.split(":")[:7]) for text in named.literal}:
            by_arn[arn].append(principal)
        if named.patterns:
            by_pattern.append((principal, Named(frozenset(), named.patterns)))
    return by_arn, by_pattern


def _repetitions(case: Case, relay: Function) -> Iterator[str]:
    """Yield the qualifiers whose asynchronous calls are made again when they fail."""
    callable_as = {_LATEST: [str(relay.arn), f"{relay.arn}:{_LATEST}"]}
    for found in concerning(case, relay, "AWS::Lambda::Alias", "FunctionName"):
        callable_as[told(found.get("Name"))] = [f"{relay.arn}:{found.get('Name')}"]
    for found in concerning(case, relay, "AWS::Lambda::Version", "FunctionName"):
        number = attribute(found, "Version")
        name = found.path if isinstance(number, Unknown) else str(number)
        callable_as[name] = [str(found.id), f"{relay.arn}:x"]
    once = {
        str(config.get("Qualifier"))
        for config in concerning(case, relay, "AWS::Lambda::EventInvokeConfig", "FunctionName")
        # What may be another function's closes nothing.
        if config.get("MaximumRetryAttempts") in (0, "0")
        and isinstance(config.get("FunctionName"), str)
    }
    named = case.once(_callable_from_inside)
    # What calls a relay by its events may call each of them.
    called = {q for q, arns in callable_as.items() if any(map(named.may_match, arns))}
    yield from sorted((called or set(callable_as)) - once)


def _callable_from_inside(case: Case) -> Named:
    """What the functions inside may call."""
    return merged(
        allowed_resources(case.documents_of(function.role), INVOCATIONS)
        for function in case.isolated
    )
