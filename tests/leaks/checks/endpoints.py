"""P01-P11: ways out through a VPC endpoint into somebody else's account."""

from collections.abc import Iterable, Iterator

from ..attackers import FOREIGN_ACCOUNT, MALLORY, foreign_context, role_context, unsigned_context
from ..case import Case
from ..model.views import Endpoint, Function
from ..simulator import Question
from .paths import path

__all__: list[str] = []

_ARN = "arn:aws:{}:{{region}}:" + FOREIGN_ACCOUNT + ":{}"
_TABLE = _ARN.format("dynamodb", "table/loot")
_BUCKET = "arn:aws:s3:::loot/data"
_FUNCTION = _ARN.format("lambda", "function:loot")
_ROLE = f"arn:aws:iam::{FOREIGN_ACCOUNT}:role/loot"
_KEY = _ARN.format("kms", "key/11111111-2222-3333-4444-555555555555")

_DYNAMODB = {
    **dict.fromkeys(
        [
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:DescribeTable",
            "dynamodb:GetItem",
            "dynamodb:PartiQLInsert",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:TagResource",
            "dynamodb:UpdateItem",
            "dynamodb:UpdateTable",
        ],
        _TABLE,
    ),
    # Calls that name no resource reach the account of whoever signs them.
    "dynamodb:ListTables": "*",
    "dynamodb:DescribeLimits": "*",
}
_S3 = dict.fromkeys(["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"], _BUCKET)
_LAMBDA = {
    "lambda:InvokeFunction": _FUNCTION,
    "lambda:UpdateFunctionConfiguration": _FUNCTION,
    "lambda:ListFunctions": "*",
}
_STS = {
    "sts:AssumeRole": _ROLE,
    "sts:GetCallerIdentity": "*",
    "sts:GetSessionToken": "*",
}

# One way to hand data to each of the other services.
_OTHERS: dict[str, dict[str, str]] = {
    "ec2": {"ec2:DescribeInstances": "*", "ec2:CreateTags": _ARN.format("ec2", "instance/i-0a")},
    "ecr.api": {"ecr:PutImage": _ARN.format("ecr", "repository/loot")},
    "ecr.dkr": {"ecr:PutImage": _ARN.format("ecr", "repository/loot")},
    "events": {"events:PutEvents": _ARN.format("events", "event-bus/loot")},
    "execute-api": {"execute-api:Invoke": _ARN.format("execute-api", "loot/prod/POST/data")},
    "kinesis-firehose": {"firehose:PutRecord": _ARN.format("firehose", "deliverystream/loot")},
    "kinesis-streams": {"kinesis:PutRecord": _ARN.format("kinesis", "stream/loot")},
    "kms": {"kms:Encrypt": _KEY, "kms:GenerateDataKey": _KEY, "kms:ListKeys": "*"},
    "logs": {"logs:PutLogEvents": _ARN.format("logs", "log-group:loot:log-stream:x")},
    "monitoring": {"cloudwatch:PutMetricData": "*"},
    "secretsmanager": {
        "secretsmanager:PutSecretValue": _ARN.format("secretsmanager", "secret:loot-AbCdEf")
    },
    "sns": {"sns:Publish": _ARN.format("sns", "loot")},
    "sqs": {"sqs:SendMessage": _ARN.format("sqs", "loot")},
    "ssm": {"ssm:PutParameter": _ARN.format("ssm", "parameter/loot")},
    "states": {"states:StartExecution": _ARN.format("states", "stateMachine:loot")},
    "xray": {"xray:PutTraceSegments": "*"},
}

# Services that take requests without a signature if the resource lets everybody in.
_UNSIGNED = {
    "execute-api": {"execute-api:Invoke": _ARN.format("execute-api", "loot/prod/POST/data")},
    "sns": {"sns:Publish": _ARN.format("sns", "loot")},
    "sqs": {"sqs:SendMessage": _ARN.format("sqs", "loot")},
}

# Services whose endpoints do not heed a policy (data-perimeter-policy-examples of aws-samples).
_HEEDLESS = (
    "acm",
    "acm-pca",
    "appsync",
    "appsync-api",
    "artifact",
    "cloudfront-keyvaluestore",
    "glacier",
    "route53",
)


@path("P01", "the attacker's keys, the attacker's table, our DynamoDB endpoint")
def _p01(case: Case) -> list[str]:
    return case.simulator.open(_with_foreign_keys(_dynamodb(case), _DYNAMODB))


@path("P02", "the function's role, the attacker's table")
def _p02(case: Case) -> list[str]:
    questions = list(_with_own_role(case, _dynamodb(case), _DYNAMODB))
    # The attacker may well give his table the name of ours.
    for table in case.world.of("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        same_name = _ARN.format("dynamodb", f"table/{table.id}")
        named = {action: same_name for action, arn in _DYNAMODB.items() if arn != "*"}
        questions += _with_own_role(case, _dynamodb(case), named)
    return case.simulator.open(questions)


@path("P03", "the attacker's keys or presigned URL, the attacker's bucket")
def _p03(case: Case) -> list[str]:
    signed = list(_with_foreign_keys(_s3(case), _S3))
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
    return case.simulator.open([*signed, *presigned])


@path("P04", "an unsigned PUT to a public bucket")
def _p04(case: Case) -> list[str]:
    return case.simulator.open(_unsigned(_s3(case), _S3))


@path("P05", "the function's role, the attacker's bucket")
def _p05(case: Case) -> list[str]:
    own = [f"{bucket.arn}/data" for bucket in case.world.of("AWS::S3::Bucket")]
    questions = list(_with_own_role(case, _s3(case), _S3))
    # A bucket of ours that was deleted may be created again by anybody, under the same ARN.
    for arn in own:
        questions += _with_own_role(case, _s3(case), dict.fromkeys(_S3, arn))
    return case.simulator.open(questions)


@path("P06", "the attacker's keys, the attacker's function")
def _p06(case: Case) -> list[str]:
    return case.simulator.open(_with_foreign_keys(case.endpoints_of("lambda"), _LAMBDA))


@path("P07", "the function's role, the attacker's function")
def _p07(case: Case) -> list[str]:
    return case.simulator.open(_with_own_role(case, case.endpoints_of("lambda"), _LAMBDA))


@path("P08", "STS: session names, tags and user agents reach the attacker's trail")
def _p08(case: Case) -> list[str]:
    endpoints = case.endpoints_of("sts", "sts-fips")
    federated = {"sts:AssumeRoleWithWebIdentity": _ROLE}
    return case.simulator.open(
        [
            *_with_foreign_keys(endpoints, _STS),
            *_with_own_role(case, endpoints, {"sts:AssumeRole": _ROLE}),
            *_unsigned(endpoints, federated),
        ]
    )


@path("P09", "another service's endpoint, the attacker's keys or the function's role")
def _p09(case: Case) -> list[str]:
    reasons: list[str] = []
    for endpoint in _others(case):
        requests = _OTHERS.get(str(endpoint.service))
        if requests is None:
            reasons.append(f"{endpoint.resource.path}: nothing is known about {endpoint.service}")
            continue
        reasons += case.simulator.open(_with_foreign_keys([endpoint], requests))
        reasons += case.simulator.open(_with_own_role(case, [endpoint], requests))
    return reasons


@path("P10", "an unsigned request through another service's endpoint")
def _p10(case: Case) -> list[str]:
    reasons = [
        f"{endpoint.resource.path}: syslog takes everything from everybody"
        for endpoint in _others(case)
        if "syslog" in str(endpoint.service)
    ]
    for endpoint in _others(case):
        requests = _UNSIGNED.get(str(endpoint.service), {})
        reasons += case.simulator.open(_unsigned([endpoint], requests))
    return reasons


@path("P11", "a service whose endpoint ignores its policy")
def _p11(case: Case) -> list[str]:
    return [
        f"{endpoint.resource.path}: {endpoint.service} ignores endpoint policies"
        for endpoint in case.endpoints_of(*_HEEDLESS)
    ]


def _dynamodb(case: Case) -> list[Endpoint]:
    return [e for e in case.endpoints if str(e.service).startswith("dynamodb")]


def _s3(case: Case) -> list[Endpoint]:
    return [e for e in case.endpoints if str(e.service).startswith("s3")]


def _others(case: Case) -> list[Endpoint]:
    judged = {*_HEEDLESS, "lambda", "sts", "sts-fips"}
    return [
        endpoint
        for endpoint in case.endpoints
        if endpoint.service is not None
        and endpoint.service not in judged
        and not endpoint.service.startswith(("dynamodb", "s3", "vpce"))
    ]


def _with_foreign_keys(
    endpoints: Iterable[Endpoint], requests: dict[str, str]
) -> Iterator[Question]:
    for endpoint in endpoints:
        region = endpoint.resource.region
        for action, arn in requests.items():
            yield Question(
                label=f"{endpoint.resource.path}, the attacker's keys",
                action=action,
                resource=arn.format(region=region),
                context=foreign_context(
                    region,
                    vpc=endpoint.resource.get("VpcId"),
                    owner=None if arn == "*" else FOREIGN_ACCOUNT,
                ),
                principal=MALLORY,
                endpoint_policy=endpoint.policy,
            )


def _with_own_role(
    case: Case, endpoints: Iterable[Endpoint], requests: dict[str, str]
) -> Iterator[Question]:
    for endpoint in endpoints:
        for function in case.isolated:
            for action, arn in requests.items():
                # A call that names no resource goes to the role's own account.
                if arn != "*":
                    yield _own(function, endpoint, action, arn)


def _own(function: Function, endpoint: Endpoint, action: str, arn: str) -> Question:
    return Question(
        label=f"{endpoint.resource.path}, the role of {function.path}",
        action=action,
        resource=arn.format(region=endpoint.resource.region),
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
