"""I01-I08: ways out with the keys of the function's role."""

import json
from collections.abc import Callable, Iterator

from ...model.policies import pessimistic, statements
from ...model.values import as_list
from ...model.views import Function
from ..attackers import FOREIGN_ACCOUNT, FOREIGN_VPC, role_context
from ..case import Case
from ..questions import Question
from ..register import path
from .databases import is_login_to_a_closed_database
from .requests import requests_of

__all__ = ["trusts_lambda_only"]

_LOG_WRITES = {"logs:CreateLogStream", "logs:PutLogEvents"}

# Lambda makes these calls from its own network, so that no condition on the VPC can hold there.
_TELEMETRY = {
    *_LOG_WRITES,
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}

# Services whose calls with the role are made by the function's code alone. It is not settled
# whether replayed keys carry the function's ARN, so these must be denied without it too. The
# calls of other services are also made by Lambda itself, without the ARN.
_DATA_SERVICES = {"athena", "dsql", "dynamodb", "rds-data", "rds-db", "s3", "secretsmanager", "ssm"}
_POLLED = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}

# What opens, copies or re-shares data by a change of configuration.
_EXPORTS = (
    "dynamodb:CreateBackup",
    "dynamodb:CreateGlobalTable",
    "dynamodb:CreateTableReplica",
    "dynamodb:DeleteResourcePolicy",
    "dynamodb:EnableKinesisStreamingDestination",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:PutResourcePolicy",
    "dynamodb:RestoreTable",
    "dynamodb:StartAwsBackupJob",
    "dynamodb:UpdateGlobalTable",
    "dynamodb:UpdateTable",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "kms:ReplicateKey",
    "lambda:Add",
    "lambda:Create",
    "lambda:Delete",
    "lambda:Put",
    "lambda:Update",
    "logs:Create",
    "logs:Put",
    "s3:CreateAccess",
    "s3:PutAccess",
    "s3:PutBucket",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:PutReplication",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:ReplicateSecretToRegions",
)

# Services that send what they are given to mail, telephones, hosts or other accounts.
_SINKS = {
    "appflow",
    "chime",
    "codebuild",
    "connect",
    "events",
    "execute-api",
    "firehose",
    "iot",
    "kinesis",
    "mobiletargeting",
    "mq",
    "pipes",
    "scheduler",
    "ses",
    "sms-voice",
    "sns",
    "social-messaging",
    "sqs",
    "states",
    "workmailmessageflow",
}

_CHAINING = ("cloudformation:", "iam:", "organizations:", "sso", "sts:")


@path("I01", "the role's keys used from the internet")
def _i01(case: Case) -> list[str]:
    return case.still_open(_replayed(case, None))


@path("I02", "the role's keys used from another VPC")
def _i02(case: Case) -> list[str]:
    return case.still_open(_replayed(case, FOREIGN_VPC))


@path("I03", "the code uses the right to make network interfaces")
def _i03(case: Case) -> list[str]:
    return case.still_open(
        _ask(function, action, resource, vpc=vpc)
        for function in case.isolated
        for action, resource in _requests(case, function)
        if action.startswith("ec2:")
        for vpc in (*_own_vpcs(function), None)
    )


@path("I04", "export or re-sharing")
def _i04(case: Case) -> list[str]:
    return _allowed_from_inside(
        case,
        lambda action, _: (
            action.startswith(_EXPORTS)
            and action not in _LOG_WRITES
            # A right to create log groups is I06's.
            and action != "logs:CreateLogGroup"
        ),
    )


@path("I05", "role chaining")
def _i05(case: Case) -> list[str]:
    reasons = _allowed_from_inside(case, lambda action, _: action.startswith(_CHAINING))
    for function in case.isolated:
        if function.role is None:
            reasons.append(f"{function.path}: no template creates its role")
            continue
        for entry in statements(function.role.get("AssumeRolePolicyDocument")):
            if entry.get("Effect") == "Allow" and not trusts_lambda_only(entry):
                trusted = json.dumps(entry.get("Principal", entry.get("NotPrincipal")), default=str)
                reasons.append(f"{function.role.path} trusts {trusted}")
        reasons += case.still_open(_assumptions(case, function))
    return reasons


@path("I06", "logs written elsewhere than to the function's own group")
def _i06(case: Case) -> list[str]:
    return case.still_open(_log_writes(case))


@path("I07", "a service that sends on what it is given")
def _i07(case: Case) -> list[str]:
    queues = {queue.arn for queue in case.world.of("AWS::SQS::Queue")}
    return _allowed_from_inside(
        case,
        lambda action, resource: action.split(":")[0] in _SINKS and resource not in queues,
    )


@path("I08", "any other function")
def _i08(case: Case) -> list[str]:
    relays = tuple(str(function.arn) for function in case.outside)
    return _allowed_from_inside(
        case,
        lambda action, resource: (
            action.startswith("lambda:Invoke")
            and resource not in relays
            and not resource.startswith(tuple(f"{relay}:" for relay in relays))
        ),
    )


def _requests(case: Case, function: Function) -> list[tuple[str, str]]:
    return requests_of(
        case,
        function.documents,
        region=function.resource.region,
        account=function.resource.account,
    )


def _own_vpcs(function: Function) -> list[str]:
    return [str(vpc) for vpc in function.vpc_ids] or ["vpc-unknown"]


def _ask(
    function: Function,
    action: str,
    resource: str,
    *,
    vpc: str | None,
    from_code: bool = True,
    owner: str | None = None,
) -> Question:
    where = "the internet" if vpc is None else vpc
    return Question(
        label=f"the role of {function.path} from {where} on {resource}",
        action=action,
        resource=resource,
        context=role_context(function, vpc=vpc, from_code=from_code, owner=owner),
        principal=function.session,
        identity=function.documents,
    )


def _replayed(case: Case, vpc: str | None) -> Iterator[Question]:
    for function in case.isolated:
        for action, resource in _requests(case, function):
            if action in _TELEMETRY or is_login_to_a_closed_database(case, action, resource):
                continue
            yield _ask(function, action, resource, vpc=vpc)
            if action.split(":")[0] in _DATA_SERVICES and action not in _POLLED:
                yield _ask(function, action, resource, vpc=vpc, from_code=False)


def _allowed_from_inside(case: Case, wanted: Callable[[str, str], bool]) -> list[str]:
    return case.still_open(
        _ask(function, action, resource, vpc=vpc)
        for function in case.isolated
        for action, resource in _requests(case, function)
        if wanted(action, resource)
        for vpc in _own_vpcs(function)
    )


def trusts_lambda_only(statement: dict[str, object]) -> bool:
    """Tell whether a statement of a role's trust policy names the Lambda service, and it alone."""
    principal = statement.get("Principal")
    if not isinstance(principal, dict) or set(principal) != {"Service"}:
        return False
    return as_list(principal["Service"]) == ["lambda.amazonaws.com"]


def _assumptions(case: Case, function: Function) -> Iterator[Question]:
    """Yield the function's role assuming each other role that the templates create."""
    for role in case.world.of("AWS::IAM::Role"):
        if function.role is None or role.path == function.role.path:
            continue
        for vpc in _own_vpcs(function):
            yield Question(
                label=f"the role of {function.path} assumes {role.path}",
                action="sts:AssumeRole",
                resource=str(role.arn),
                context=role_context(function, vpc=vpc),
                principal=function.session,
                identity=function.documents,
                resource_policy=pessimistic(role.get("AssumeRolePolicyDocument"), of_resource=True),
                account=function.resource.account,
            )


def _log_writes(case: Case) -> Iterator[Question]:
    for function in case.isolated:
        region, account = function.resource.region, function.resource.account
        group = function.log_group
        own = "" if group is None else str(group.arn).removesuffix(":*")
        own_stream = f"{own}:log-stream:x"
        foreign = [arn.format(region) for arn in _FOREIGN_GROUPS]
        if own:
            foreign.append(own.replace(account, FOREIGN_ACCOUNT) + ":log-stream:x")
        others = [f"arn:aws:logs:{region}:{account}:log-group:{name}" for name in _OTHER_GROUPS]
        others += [f"{own}-x:log-stream:x"] if own else []
        for vpc in (*_own_vpcs(function), None):
            for action in sorted(_LOG_WRITES):
                for arn in others:
                    yield _ask(function, action, arn, vpc=vpc)
                for arn in foreign:
                    yield _ask(function, action, arn, vpc=vpc, owner=FOREIGN_ACCOUNT)
            for action, resource in _requests(case, function):
                written_to_own = action in _LOG_WRITES and resource == own_stream
                if action.startswith("logs:") and not written_to_own:
                    yield _ask(function, action, resource, vpc=vpc)


_OTHER_GROUPS = ("/aws/lambda/other:log-stream:x", "exported:log-stream:x")
_FOREIGN_GROUPS = (f"arn:aws:logs:{{}}:{FOREIGN_ACCOUNT}:log-group:loot:log-stream:x",)
