"""P01-P11: ways out through a VPC endpoint into somebody else's account."""

from collections.abc import Iterable, Iterator

from ...model.views import Endpoint, Function
from ..attackers import FOREIGN_ACCOUNT, MALLORY, foreign_context, role_context, unsigned_context
from ..case import Case
from ..questions import Question
from ..register import path
from .requests import requests_of
from .services import DYNAMODB, HEEDLESS, LAMBDA, OTHERS, ROLE, S3, STS, UNSIGNED

__all__: list[str] = []


@path(
    "P01",
    "the attacker's keys, the attacker's table, our DynamoDB endpoint",
    lambda case: bool(_dynamodb(case)),
)
def _p01(case: Case) -> list[str]:
    return case.still_open(_with_foreign_keys(case, _dynamodb(case), DYNAMODB))


@path("P02", "the function's role, the attacker's table", lambda case: bool(_dynamodb(case)))
def _p02(case: Case) -> list[str]:
    questions = list(_with_own_role(case, _dynamodb(case), DYNAMODB))
    # The attacker may well give his table the name of ours.
    for table in case.world.of("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        same_name = f"arn:aws:dynamodb:{{region}}:{FOREIGN_ACCOUNT}:table/{table.id}"
        named = {action: same_name for action, arn in DYNAMODB.items() if arn != "*"}
        questions += _with_own_role(case, _dynamodb(case), named)
    return case.still_open(questions)


@path(
    "P03",
    "the attacker's keys or presigned URL, the attacker's bucket",
    lambda case: bool(_s3(case)),
)
def _p03(case: Case) -> list[str]:
    signed = [
        question
        for requests in _s3_requests(case)
        for question in _with_foreign_keys(case, _s3(case), requests)
    ]
    presigned = [
        Question(
            label=f"{question.label} (presigned)",
            action=question.action,
            resource=question.resource,
            context={**question.context, "s3:authType": "REST-QUERY-STRING"},
            principal=question.principal,
            endpoint_policy=question.endpoint_policy,
        )
        for question in signed
    ]
    return case.still_open([*signed, *presigned])


@path("P04", "an unsigned PUT to a public bucket", lambda case: bool(_s3(case)))
def _p04(case: Case) -> list[str]:
    return case.still_open(
        question for requests in _s3_requests(case) for question in _unsigned(_s3(case), requests)
    )


@path("P05", "the function's role, the attacker's bucket", lambda case: bool(_s3(case)))
def _p05(case: Case) -> list[str]:
    return case.still_open(
        question
        for requests in _s3_requests(case)
        for question in _with_own_role(case, _s3(case), requests)
    )


@path("P06", "the attacker's keys, the attacker's function", lambda case: bool(_lambda(case)))
def _p06(case: Case) -> list[str]:
    return case.still_open(_with_foreign_keys(case, _lambda(case), LAMBDA))


@path("P07", "the function's role, the attacker's function", lambda case: bool(_lambda(case)))
def _p07(case: Case) -> list[str]:
    return case.still_open(_with_own_role(case, _lambda(case), LAMBDA))


@path(
    "P08",
    "STS: session names, tags and user agents reach the attacker's trail",
    lambda case: bool(_sts(case)),
)
def _p08(case: Case) -> list[str]:
    endpoints = _sts(case)
    federated = {"sts:AssumeRoleWithWebIdentity": ROLE}
    return case.still_open(
        [
            *_with_foreign_keys(case, endpoints, STS),
            *_with_own_role(case, endpoints, {"sts:AssumeRole": ROLE}),
            *_unsigned(endpoints, federated),
        ]
    )


@path(
    "P09",
    "another service's endpoint, the attacker's keys or the function's role",
    lambda case: bool(_others(case)),
)
def _p09(case: Case) -> list[str]:
    reasons: list[str] = []
    for endpoint in _others(case):
        requests = OTHERS.get(str(endpoint.service))
        if requests is None:
            reasons.append(f"{endpoint.resource.path}: nothing is known about {endpoint.service}")
            continue
        reasons += case.still_open(_with_foreign_keys(case, [endpoint], requests))
        reasons += case.still_open(_with_own_role(case, [endpoint], requests))
    return reasons


@path(
    "P10",
    "an unsigned request through another service's endpoint",
    lambda case: bool(_unsigned_services(case)),
)
def _p10(case: Case) -> list[str]:
    reasons: list[str] = []
    for endpoint in _unsigned_services(case):
        if "syslog" in str(endpoint.service):
            reasons.append(f"{endpoint.resource.path}: syslog takes everything from everybody")
        requests = UNSIGNED.get(str(endpoint.service), {})
        reasons += case.still_open(_unsigned([endpoint], requests))
    return reasons


@path("P11", "a service whose endpoint ignores its policy", lambda case: bool(_heedless(case)))
def _p11(case: Case) -> list[str]:
    return [
        f"{endpoint.resource.path}: {endpoint.service} ignores endpoint policies"
        for endpoint in _heedless(case)
    ]


def _dynamodb(case: Case) -> list[Endpoint]:
    return [e for e in case.endpoints if str(e.service).startswith("dynamodb")]


def _s3(case: Case) -> list[Endpoint]:
    return [e for e in case.endpoints if str(e.service).startswith("s3")]


def _lambda(case: Case) -> list[Endpoint]:
    return case.endpoints_of("lambda")


def _sts(case: Case) -> list[Endpoint]:
    return case.endpoints_of("sts", "sts-fips")


def _heedless(case: Case) -> list[Endpoint]:
    return case.endpoints_of(*HEEDLESS)


def _unsigned_services(case: Case) -> list[Endpoint]:
    return [e for e in _others(case) if e.service in UNSIGNED or "syslog" in str(e.service)]


def _s3_requests(case: Case) -> Iterator[dict[str, str]]:
    yield S3
    # A bucket of ours that was deleted may be created again by anybody, under the same ARN.
    for bucket in case.world.of("AWS::S3::Bucket"):
        yield dict.fromkeys(S3, f"{bucket.arn}/data")


def _others(case: Case) -> list[Endpoint]:
    judged = {*HEEDLESS, "lambda", "sts", "sts-fips"}
    return [
        endpoint
        for endpoint in case.endpoints
        if endpoint.service is not None
        and endpoint.service not in judged
        and not endpoint.service.startswith(("dynamodb", "s3", "vpce"))
    ]


def _with_foreign_keys(
    case: Case, endpoints: Iterable[Endpoint], requests: dict[str, str]
) -> Iterator[Question]:
    for endpoint in endpoints:
        region = endpoint.resource.region
        for action, arn in _carried(case, endpoint, requests):
            yield Question(
                label=f"{endpoint.resource.path}, the attacker's keys",
                action=action,
                resource=arn,
                context=foreign_context(
                    region, vpc=endpoint.resource.get("VpcId"), owner=_owner(arn)
                ),
                principal=MALLORY,
                endpoint_policy=endpoint.policy,
            )


def _carried(case: Case, endpoint: Endpoint, requests: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield requests that are known to hand data over, and whatever the policy lets through.

    What is asked for may be data too, and is in the trail of the account that asks.
    """
    region = endpoint.resource.region
    for action, arn in requests.items():
        yield action, arn.format(region=region)
    # An endpoint carries the calls of its own service, whatever else its policy names.
    own = {action.split(":")[0] for action in requests}
    for action, arn in requests_of(case, [endpoint.policy], region=region, account=FOREIGN_ACCOUNT):
        if action.split(":")[0] in own:
            yield action, arn


def _owner(arn: str) -> str | None:
    # The ARN of a bucket tells no owner; here it is the attacker. A model of AWS has none.
    if arn.startswith("arn:aws:s3:"):
        return FOREIGN_ACCOUNT
    return None if arn == "*" else arn.split(":")[4] or None


def _with_own_role(
    case: Case, endpoints: Iterable[Endpoint], requests: dict[str, str]
) -> Iterator[Question]:
    for endpoint in endpoints:
        for function in case.isolated:
            for action, arn in _carried(case, endpoint, requests):
                # A call that names no resource goes to the role's own account.
                if _owner(arn) == FOREIGN_ACCOUNT:
                    yield _own(function, endpoint, action, arn)


def _own(function: Function, endpoint: Endpoint, action: str, arn: str) -> Question:
    return Question(
        label=f"{endpoint.resource.path}, the role of {function.path}",
        action=action,
        resource=arn,
        context=role_context(function, vpc=endpoint.resource.get("VpcId"), owner=FOREIGN_ACCOUNT),
        principal=function.session,
        identity=function.documents,
        endpoint_policy=endpoint.policy,
    )


def _unsigned(endpoints: Iterable[Endpoint], requests: dict[str, str]) -> Iterator[Question]:
    for endpoint in endpoints:
        region = endpoint.resource.region
        for action, arn in requests.items():
            yield Question(
                label=f"{endpoint.resource.path}, unsigned",
                action=action,
                resource=arn.format(region=region),
                context=unsigned_context(region, vpc=endpoint.resource.get("VpcId")),
                principal=None,
                endpoint_policy=endpoint.policy,
            )
