"""Requests through an endpoint to what is somebody else's."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from ...model.views import Endpoint, Function
from ..attackers import FOREIGN_ACCOUNT, attackers_in, foreign_context, unsigned_context
from ..case import Case
from ..questions import Question
from .named import names_of
from .requests import requests_of

__all__ = ["unsigned", "with_foreign_keys", "with_own_role"]

_KEYS = "lets keys of another account through to what is that account's"
_ROLE_OUT = "lets the role of a function through to what is another account's"
_UNSEEN = (
    "has a role that may use what is another account's, and is in a VPC that no template creates, "
    "so that its endpoints are not known"
)
_ANYBODY = "lets requests without a signature through to what is another account's"


def with_foreign_keys(
    case: Case, endpoints: Iterable[Endpoint], requests: dict[str, str]
) -> Iterator[Question]:
    """Yield requests with the attacker's keys.

    Args:
        case: The app under judgement.
        endpoints: What carries them.
        requests: ARNs of what is the attacker's by the action; ``{region}`` is filled in.
    """
    for endpoint in endpoints:
        region = endpoint.resource.region
        attackers = list(attackers_in(endpoint.policy))
        for action, arn in _carried(case, endpoint, requests.items()):
            context = {
                **foreign_context(region, vpc=_vpc(endpoint), owner=_owner(arn)),
                "aws:SourceVpce": str(endpoint.resource.id),
            }
            for attacker, keys in attackers:
                yield Question(
                    label=_KEYS,
                    action=action,
                    resource=arn,
                    context={**context, **keys},
                    principal=attacker,
                    endpoint_policy=endpoint.policy,
                    about=endpoint.resource,
                )


def _vpc(endpoint: Endpoint) -> str:
    return str(endpoint.resource.get("VpcId"))


def _carried(
    case: Case, endpoint: Endpoint, requests: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield requests that are known to hand data over, and whatever the policy lets through.

    What is asked for may be data too, and is in the trail of the account that asks.
    """
    region = endpoint.resource.region
    # An endpoint carries the calls of its own service, whatever else its policy names.
    own = set()
    for action, arn in requests:
        own.add(action.split(":")[0])
        yield action, arn.format(region=region)
    for action, arn in requests_of(case, [endpoint.policy], region=region, account=FOREIGN_ACCOUNT):
        if action.split(":")[0] in own:
            yield action, arn


def _owner(arn: str) -> str | None:
    # The ARN of a bucket tells no owner; here it is the attacker. A model of AWS has none.
    if arn.startswith("arn:aws:s3:"):
        return FOREIGN_ACCOUNT
    return None if arn == "*" else arn.split(":")[4] or None


def with_own_role(
    case: Case, endpoints: Iterable[Endpoint], requests: Collection[tuple[str, str]]
) -> Iterator[Question]:
    """Yield requests with the roles of the functions in the VPC of the endpoint.

    Args:
        case: The app under judgement.
        endpoints: What carries them. Functions in a VPC that nobody sees have some of their own.
        requests: Actions and ARNs of what is the attacker's; ``{region}`` is filled in.
    """
    for endpoint in endpoints:
        carried = _by_service(_carried(case, endpoint, requests))
        for function in case.isolated:
            if not case.is_ours(endpoint.resource.get("VpcId"), function.vpc_ids):
                continue
            for action, arn in _possible(case, function, _joined(case, function, carried)):
                yield case.ask(
                    function,
                    action,
                    arn,
                    _ROLE_OUT,
                    vpc=_vpc(endpoint),
                    owner=FOREIGN_ACCOUNT,
                    context={"aws:SourceVpce": str(endpoint.resource.id)},
                    about=endpoint.resource,
                    endpoint_policy=endpoint.policy,
                )
    written = _by_service(requests)
    for function in case.unseen:
        vpc = next(iter(map(str, function.vpc_ids)), "vpc-unknown")
        for action, arn in _possible(case, function, written):
            full = arn.format(region=function.resource.region)
            yield case.ask(function, action, full, _UNSEEN, vpc=vpc, owner=FOREIGN_ACCOUNT)


def _joined(
    case: Case, function: Function, carried: dict[str, list[tuple[str, str]]]
) -> dict[str, list[tuple[str, str]]]:
    """Return requests together with what the role of `function` names of another account."""
    region = function.resource.region
    of_role = requests_of(
        case, case.documents_of(function.role), region=region, account=FOREIGN_ACCOUNT
    )
    named = _by_service(pair for pair in of_role if _owner(pair[1]) == FOREIGN_ACCOUNT)
    return {
        service: list(dict.fromkeys([*requests, *named.get(service, ())]))
        for service, requests in carried.items()
    }


def _possible(
    case: Case, function: Function, requests: Mapping[str, Iterable[tuple[str, str]]]
) -> Iterator[tuple[str, str]]:
    """Yield the requests that an Allow of the role may name; in another account it has to.

    A call that names no resource goes to the role's own account. The requests are by service.
    """
    for service, of_service in requests.items():
        named = names_of(case, function.role, service).of_account(FOREIGN_ACCOUNT)
        for action, arn in of_service if named else ():
            if _owner(arn) == FOREIGN_ACCOUNT and named.may_match(arn):
                yield action, arn


def _by_service(requests: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for action, arn in requests:
        found.setdefault(action.partition(":")[0], []).append((action, arn))
    return found


def unsigned(
    case: Case, endpoints: Iterable[Endpoint], requests: dict[str, str]
) -> Iterator[Question]:
    """Yield requests without a signature.

    Args:
        case: The app under judgement.
        endpoints: What carries them.
        requests: ARNs of what is the attacker's by the action; ``{region}`` is filled in.
    """
    for endpoint in endpoints:
        region = endpoint.resource.region
        for action, arn in _carried(case, endpoint, requests.items()):
            # What is of the app gets nothing out of it; there is no trail of an unsigned request.
            if action not in requests or _owner(arn) in case.inside_accounts:
                continue
            yield Question(
                label=_ANYBODY,
                action=action,
                resource=arn,
                context={
                    **unsigned_context(region, vpc=_vpc(endpoint)),
                    "aws:SourceVpce": str(endpoint.resource.id),
                },
                principal=None,
                endpoint_policy=endpoint.policy,
                about=endpoint.resource,
            )
