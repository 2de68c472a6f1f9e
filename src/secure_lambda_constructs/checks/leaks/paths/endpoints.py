"""P01-P11: ways out through a VPC endpoint into somebody else's account."""

from collections.abc import Callable, Iterator

from ...model.values import Unknown
from ...model.views import Endpoint
from ..attackers import FOREIGN_ACCOUNT
from ..case import Case
from ..questions import Question
from ..reasons import Reason, told
from ..register import path
from .services import DIRECTORIES, DYNAMODB, HEEDLESS, LAMBDA, OTHERS, ROLE, S3, STS, UNSIGNED
from .through import unsigned, with_foreign_keys, with_own_role
from .unseen import unseen

__all__: list[str] = []

# What the mend of each endpoint's policy comes to.
_POLICY = (
    "With the CDK's own classes: endpoint.add_to_policy() with an iam.PolicyStatement for "
    "iam.AnyPrincipal(), of {actions} on {resources}, with the condition StringEquals "
    "aws:PrincipalAccount and aws:ResourceAccount = this account. An endpoint without a policy "
    "lets everybody do everything."
)
_ITEMS = {"actions": "the item actions", "resources": "the ARNs of the tables"}
_OBJECTS = {"actions": "s3:GetObject or s3:PutObject", "resources": "the objects of the buckets"}
_CALLS = {"actions": "lambda:InvokeFunction", "resources": "the ARNs of the functions"}
_S3 = ("s3", "s3-fips", "s3-global.accesspoint")
_NAMED = {"actions": "the actions that the code needs", "resources": "what it needs them on"}


def _through(*services: str) -> Callable[[Case], bool]:
    """Tell whether there is an endpoint of a service, or a VPC of which nobody knows."""

    def present(case: Case) -> bool:
        return bool(case.unseen or _starting(case, *services))

    return present


def _starting(case: Case, *services: str) -> list[Endpoint]:
    return [e for e in case.endpoints if str(e.service).startswith(services) or _may_be_any(e)]


def _of(case: Case, *services: str) -> list[Endpoint]:
    return [e for e in case.endpoints if e.service in services or _may_be_any(e)]


def _may_be_any(endpoint: Endpoint) -> bool:
    """Tell whether nobody can tell of which service it is: it counts as one of each."""
    names = (endpoint.resource.get("ServiceName"), endpoint.resource.get("VpcEndpointType"))
    return any(isinstance(value, Unknown) for value in names)


@path(
    "P01",
    "the attacker's keys, the attacker's table, our DynamoDB endpoint",
    present=_through("dynamodb"),
    attack="The code brings keys of the attacker's account along and writes the rows into his "
    "table, through the app's own endpoint.",
    mend="Use an IsolatedNetwork: the policy of its endpoint binds the caller and the table to the "
    f"account. {_POLICY.format(**_ITEMS)}",
)
def _p01(case: Case) -> Iterator[Reason]:
    yield from case.still_open(with_foreign_keys(case, _dynamodb(case), DYNAMODB))
    yield from unseen(case, "what the policy of its DynamoDB endpoint lets through")


@path(
    "P02",
    "the function's role, the attacker's table",
    present=_through("dynamodb"),
    attack="The attacker's table admits the role of the function by its resource policy, and the "
    "code copies the rows there with its own keys.",
    mend="Grant the role tables by their ARN, as IsolatedTable and grant_read_data() of a table "
    f"do, and bind the endpoint. {_POLICY.format(**_ITEMS)}",
)
def _p02(case: Case) -> Iterator[Reason]:
    yield from case.still_open(with_own_role(case, _dynamodb(case), DYNAMODB.items()))
    # The attacker may well give his table the name of ours.
    same_names = [
        (action, f"arn:aws:dynamodb:{{region}}:{FOREIGN_ACCOUNT}:table/{table.id}")
        for table in case.world.of("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
        if isinstance(table.id, str)
        for action, arn in DYNAMODB.items()
        if arn != "*"
    ]
    yield from case.still_open(with_own_role(case, _dynamodb(case), same_names))


@path(
    "P03",
    "the attacker's keys or presigned URL, the attacker's bucket",
    present=_through(*_S3, "s3express"),
    attack="The code uploads the rows to a bucket of the attacker, with his keys or with a URL "
    "that he has signed beforehand, through the app's own endpoint.",
    mend="Use IsolatedNetwork.add_s3_endpoint(buckets=[...]), or have no S3 endpoint. "
    f"{_POLICY.format(**_OBJECTS)}",
)
def _p03(case: Case) -> Iterator[Reason]:
    signed = [
        question
        for requests in _s3_requests(case)
        for question in with_foreign_keys(case, _s3(case), requests)
    ]
    presigned = [
        Question(
            label=f"{question.label} by a presigned URL",
            action=question.action,
            resource=question.resource,
            context={**question.context, "s3:authType": "REST-QUERY-STRING"},
            principal=question.principal,
            endpoint_policy=question.endpoint_policy,
            about=question.about,
        )
        for question in signed
    ]
    yield from case.still_open([*signed, *presigned])
    yield from case.still_open(with_foreign_keys(case, _directories(case), DIRECTORIES))
    yield from unseen(case, "what the policy of its S3 endpoint lets through")


@path(
    "P04",
    "an unsigned PUT to a public bucket",
    present=_through(*_S3),
    attack="The code puts the rows into a bucket that takes them from everybody, without any keys.",
    mend="Use IsolatedNetwork.add_s3_endpoint(buckets=[...]): a request without a signature has no "
    f"aws:PrincipalAccount, so that the condition holds it back. {_POLICY.format(**_OBJECTS)}",
)
def _p04(case: Case) -> Iterator[Reason]:
    yield from case.still_open(
        question
        for requests in _s3_requests(case)
        for question in unsigned(case, _s3(case), requests)
    )
    yield from unseen(case, "what the policy of its S3 endpoint lets through")


@path(
    "P05",
    "the function's role, the attacker's bucket",
    present=_through(*_S3, "s3express"),
    attack="The attacker's bucket admits the role of the function, or has the name of one of yours "
    "that was deleted, and the code copies the rows there with its own keys.",
    mend="Use IsolatedNetwork.add_s3_endpoint(buckets=[...]), which binds the owner of the bucket: "
    f"its ARN tells no account. {_POLICY.format(**_OBJECTS)}",
)
def _p05(case: Case) -> Iterator[Reason]:
    requests = [pair for each in _s3_requests(case) for pair in each.items()]
    yield from case.still_open(with_own_role(case, _s3(case), requests))
    yield from case.still_open(with_own_role(case, _directories(case), DIRECTORIES.items()))


@path(
    "P06",
    "the attacker's keys, the attacker's function",
    present=_through("lambda"),
    attack="The code calls a function of the attacker's account with his keys, and the rows are in "
    "the call.",
    mend="Let EgressRelayFunction.grant_invoke() make the endpoint of Lambda, for the functions it "
    f"names. {_POLICY.format(**_CALLS)}",
)
def _p06(case: Case) -> Iterator[Reason]:
    yield from case.still_open(with_foreign_keys(case, _lambda(case), LAMBDA))
    yield from unseen(case, "what the policy of its Lambda endpoint lets through")


@path(
    "P07",
    "the function's role, the attacker's function",
    present=_through("lambda"),
    attack="The attacker's function admits the role of yours, and the code calls it with its own "
    "keys and the rows.",
    mend="Let the role invoke functions by their ARN, as EgressRelayFunction.grant_invoke() does, "
    "and bind the "
    f"endpoint. {_POLICY.format(**_CALLS)}",
)
def _p07(case: Case) -> Iterator[Reason]:
    yield from case.still_open(with_own_role(case, _lambda(case), LAMBDA.items()))


@path(
    "P08",
    "STS: session names, tags and user agents reach the attacker's trail",
    present=_through("sts"),
    attack="The code assumes a role of the attacker with the rows in the session's name and tags, "
    "and he reads them in his CloudTrail.",
    mend="Have no STS endpoint: the role's keys come without one. Where one is needed, "
    "IsolatedNetwork.add_interface_endpoint() carries sts:GetCallerIdentity with keys of the "
    "account. With the CDK's own classes: endpoint.add_to_policy() with an iam.PolicyStatement for "
    "iam.AnyPrincipal(), of sts:GetCallerIdentity on *, with the condition StringEquals "
    "aws:PrincipalAccount = this account. It names no resource, so that it has no "
    "aws:ResourceAccount.",
)
def _p08(case: Case) -> Iterator[Reason]:
    endpoints = _sts(case)
    federated = {"sts:AssumeRoleWithWebIdentity": ROLE}
    yield from case.still_open(
        [
            *with_foreign_keys(case, endpoints, STS),
            *with_own_role(case, endpoints, [("sts:AssumeRole", ROLE)]),
            *unsigned(case, endpoints, federated),
        ]
    )
    yield from unseen(case, "what the policy of its STS endpoint lets through")


@path(
    "P09",
    "another service's endpoint, the attacker's keys or the function's role",
    present=lambda case: bool(case.unseen or _others(case)),
    attack="The code sends the rows to a queue, a log, a parameter or a model of the attacker's "
    "account, with his keys or the function's own, through the service's endpoint.",
    mend="Use IsolatedNetwork.add_interface_endpoint(), which writes the policy. "
    f"{_POLICY.format(**_NAMED)}",
)
def _p09(case: Case) -> Iterator[Reason]:
    for endpoint in _others(case):
        requests = OTHERS.get(str(endpoint.service))
        if requests is None:
            text = "is of a service of which nobody here knows what its endpoint lets through"
            named = endpoint.service or told(endpoint.resource.get("ServiceName"))
            yield Reason(endpoint.resource, text, str(named))
            continue
        yield from case.still_open(with_foreign_keys(case, [endpoint], requests))
        yield from case.still_open(with_own_role(case, [endpoint], requests.items()))
    yield from unseen(case, "what the policies of its other endpoints let through")


@path(
    "P10",
    "an unsigned request through another service's endpoint",
    present=lambda case: bool(case.unseen or _unsigned_services(case)),
    attack="The code sends the rows to a queue, a topic or an API of the attacker that takes them "
    "from everybody, without any keys.",
    mend="Use IsolatedNetwork.add_interface_endpoint(), which refuses services that need no "
    "signature and binds the caller for the others. "
    f"{_POLICY.format(**_NAMED)}",
)
def _p10(case: Case) -> Iterator[Reason]:
    for endpoint in _unsigned_services(case):
        if "syslog" in str(endpoint.service):
            yield Reason(endpoint.resource, "is of syslog, which takes everything from everybody")
        requests = UNSIGNED.get(str(endpoint.service), {})
        yield from case.still_open(unsigned(case, [endpoint], requests))
    yield from unseen(case, "what the policies of its other endpoints let through")


@path(
    "P11",
    "a service whose endpoint ignores its policy",
    present=lambda case: bool(case.unseen or _heedless(case)),
    attack="The code writes the rows into a resource of the attacker's account, and no policy of "
    "the endpoint can hold it back, because the service does not look at it.",
    mend="Remove the endpoint: IsolatedNetwork.add_interface_endpoint() refuses such services. "
    "What needs the service belongs into a function outside that reads no data, such as an "
    "EgressRelayFunction.",
)
def _p11(case: Case) -> Iterator[Reason]:
    for endpoint in _heedless(case):
        text = "is of a service that ignores the policies of its endpoints"
        yield Reason(endpoint.resource, text, str(endpoint.service))
    yield from unseen(case, "whether it has endpoints that ignore their policies")


def _dynamodb(case: Case) -> list[Endpoint]:
    return _starting(case, "dynamodb")


def _s3(case: Case) -> list[Endpoint]:
    return _of(case, *_S3)


def _directories(case: Case) -> list[Endpoint]:
    return _of(case, "s3express")


def _lambda(case: Case) -> list[Endpoint]:
    return _of(case, "lambda")


def _sts(case: Case) -> list[Endpoint]:
    return _of(case, "sts", "sts-fips")


def _heedless(case: Case) -> list[Endpoint]:
    return case.endpoints_of(*HEEDLESS)


def _unsigned_services(case: Case) -> list[Endpoint]:
    return [e for e in _others(case) if e.service in UNSIGNED or "syslog" in str(e.service)]


def _s3_requests(case: Case) -> Iterator[dict[str, str]]:
    yield S3
    # A bucket of ours that was deleted may be created again by anybody, under the same ARN.
    for bucket in case.world.of("AWS::S3::Bucket"):
        if isinstance(bucket.arn, str):
            yield dict.fromkeys(S3, f"{bucket.arn}/data")


def _others(case: Case) -> list[Endpoint]:
    judged = {*HEEDLESS, *_S3, "lambda", "s3express", "sts", "sts-fips"}
    return [
        endpoint
        for endpoint in case.endpoints
        if _may_be_any(endpoint)
        or (
            endpoint.service is not None
            and endpoint.service not in judged
            and not endpoint.service.startswith(("dynamodb", "vpce"))
        )
    ]
