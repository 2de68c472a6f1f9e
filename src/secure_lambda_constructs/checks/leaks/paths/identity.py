"""I01-I08: ways out with the keys of the function's role."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from ...model.views import Function
from ..attackers import FOREIGN_ACCOUNT, FOREIGN_VPC, addresses_in
from ..case import Case
from ..questions import Question
from ..reasons import Reason
from ..register import path
from .admissions import admissions
from .carriers import carried_on
from .databases import is_login_to_a_closed_database
from .elsewhere import networks_elsewhere
from .queues import foreign_receivers
from .reach import guarded, has_guarded, relays
from .requests import requests_of_role
from .sinks import RUNNING, SINKS
from .trust import admitting_roles, others_than_lambda

__all__: list[str] = []

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
    "backup:PutBackupVaultAccessPolicy",
    "backup:StartBackupJob",
    "backup:StartCopyJob",
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
    "rds:CopyDB",
    "rds:ModifyDBClusterSnapshotAttribute",
    "rds:ModifyDBSnapshotAttribute",
    "rds:StartExportTask",
    "s3:CreateAccess",
    "s3:PutAccess",
    "s3:PutBucket",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:PutReplication",
    "s3:ReplicateObject",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:ReplicateSecretToRegions",
)

_CHAINING = ("cloudformation:", "iam:", "organizations:", "sso", "sts:")


_LOG_GROUP = "/aws/lambda/other:log-stream:x"
_OTHER_GROUPS = (_LOG_GROUP, "exported:log-stream:x")
_FOREIGN_GROUP = f"arn:aws:logs:{{}}:{FOREIGN_ACCOUNT}:log-group:loot:log-stream:x"

_OWN_ROLE = (
    "SignedVpcFunction has a role that denies it; grant it what it needs by the grant methods of "
    "the resource. With the CDK's own classes: "
)


@path(
    "I01",
    "the role's keys used from the internet",
    present=has_guarded,
    attack="The code returns the keys of its role in an answer or prints them, and the attacker "
    "reads the rows with them from his own computer.",
    mend=_OWN_ROLE + "a Deny of everything but the log writes in the role, with the conditions "
    "StringNotEquals aws:SourceVpc = the VPC, BoolIfExists aws:ViaAWSService = false and Null "
    "lambda:SourceFunctionArn = false; and aws:SourceVpc in each Allow of data.",
)
def _i01(case: Case) -> Iterator[Reason]:
    text = "has a role whose keys work from the internet"
    yield from case.still_open(_replayed(case, None, text))
    yield from case.still_open(
        replace(asked, context={**asked.context, "aws:SourceIp": address})
        for function in guarded(case)
        for address in addresses_in(case.documents_of(function.role))
        for asked in _replayed_by(case, function, None, text)
    )


@path(
    "I02",
    "the role's keys used from another VPC",
    present=has_guarded,
    attack="The code hands the keys of its role out, and the attacker reads the rows with them "
    "from a VPC of his own, through its endpoints.",
    mend=_OWN_ROLE + "name the one VPC in the condition: StringNotEquals aws:SourceVpc = its id, "
    "not vpc-* and not a Null on aws:SourceVpc.",
)
def _i02(case: Case) -> Iterator[Reason]:
    text = "has a role whose keys work from any other VPC"
    yield from case.still_open(_replayed(case, FOREIGN_VPC, text))
    yield from case.still_open(_replayed_elsewhere(case, text))


@path(
    "I03",
    "the code uses the right to make network interfaces",
    present=has_guarded,
    attack="The code uses the right that Lambda needs to put a network interface into a subnet "
    "with a way out, or attaches one to a host.",
    mend=_OWN_ROLE + "a Deny of ec2:* in the role with the condition Null lambda:SourceFunctionArn "
    "= false, which holds for the code and not for Lambda; AWSLambdaVPCAccessExecutionRole has "
    "none.",
)
def _i03(case: Case) -> Iterator[Reason]:
    text = "has a role that lets the code use EC2"
    yield from case.still_open(
        case.ask(function, action, resource, text, vpc=vpc)
        for function in guarded(case)
        for action, resource in requests_of_role(case, function.role, function.resource)
        if action.startswith("ec2:")
        for vpc in dict.fromkeys((*_own_places(function), None))
    )


@path(
    "I04",
    "export or re-sharing",
    present=has_guarded,
    attack="The code exports the table to a bucket of the attacker, or shares it with his account: "
    "the service does it by itself, past every endpoint.",
    mend=_OWN_ROLE + "list item actions such as dynamodb:GetItem, never dynamodb:* or s3:*, and no "
    "action that exports, replicates, shares or changes a resource.",
)
def _i04(case: Case) -> Iterator[Reason]:
    yield from _allowed_from_inside(
        case,
        "has a role that lets the code export or share data",
        lambda action, _: (
            action.startswith(_EXPORTS)
            and action not in _LOG_WRITES
            # A right to create log groups is I06's.
            and action != "logs:CreateLogGroup"
        ),
    )


@path(
    "I05",
    "role chaining",
    present=has_guarded,
    attack="The code takes a role that may do more, or somebody else takes the role of the "
    "function, and reads the rows with it.",
    mend=_OWN_ROLE
    + 'a role of its own with assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")'
    " and nothing else, no sts:AssumeRole and no iam:PassRole, and no other role that trusts it.",
)
def _i05(case: Case) -> Iterator[Reason]:
    yield from _allowed_from_inside(
        case,
        "has a role that lets the code take other roles or change identities",
        lambda action, _: action.startswith(_CHAINING),
    )
    for function in guarded(case):
        if function.role is None:
            text = "has a role that no template creates, so that nobody knows who may take it"
            yield Reason(function.resource, text, case.role_said(function))
            continue
        for said in others_than_lambda(function.role):
            text = "is the role of a function and may be taken by others than Lambda"
            yield Reason(function.role, text, said)
        yield from case.still_open(_assumptions(case, function))


@path(
    "I06",
    "logs written elsewhere than to the function's own group",
    present=has_guarded,
    attack="The code writes the rows to a log group that others read or that is exported, with the "
    "right that every function has for its log.",
    mend="SignedVpcFunction has a log group of its own and a role that writes to it only. With the "
    "CDK's own classes: lambda_.Function(log_group=logs.LogGroup(...), role=...) with a role "
    "without AWSLambdaBasicExecutionRole that may logs:CreateLogStream and logs:PutLogEvents on "
    "that group.",
)
def _i06(case: Case) -> Iterator[Reason]:
    yield from case.still_open(_log_writes(case))


@path(
    "I07",
    "a service that sends on what it is given",
    present=has_guarded,
    attack="The code gives the rows to a service that mails them, calls a web hook or writes them "
    "into another account.",
    mend="Take the right from the role, or send to an SQS queue of this app. What has to go out "
    "goes through an EgressRelayFunction, which makes declared requests only.",
)
def _i07(case: Case) -> Iterator[Reason]:
    queues = {str(queue.arn) for queue in case.world.of("AWS::SQS::Queue")}
    yield from _allowed_from_inside(
        case,
        "has a role that lets the code use a service which sends on what it is given",
        lambda action, resource: (
            action.startswith(RUNNING) or (action.split(":")[0] in SINKS and resource not in queues)
        ),
    )
    for queue in case.world.of("AWS::SQS::Queue"):
        if case.still_open(_sends(case, str(queue.arn))):
            yield from case.still_open(foreign_receivers(case, queue))
            yield from carried_on(case, queue)


@path(
    "I08",
    "any other function",
    present=has_guarded,
    attack="The code calls another function, with the rows in the call, and that one has a way "
    "out.",
    mend="Let it call relays only: EgressRelayFunction.grant_invoke(). With the CDK's own classes: "
    "no lambda:InvokeFunction on *, and none on a function that is not judged as a relay.",
)
def _i08(case: Case) -> Iterator[Reason]:
    known = {str(relay.arn) for relay in relays(case)}
    yield from _allowed_from_inside(
        case,
        "has a role that lets the code call functions which are no relays of the app",
        lambda action, resource: (
            action.startswith("lambda:Invoke") and ":".join(resource.split(":")[:7]) not in known
        ),
    )


def _sends(case: Case, queue: str) -> Iterator[Question]:
    for function in guarded(case):
        if ("sqs:SendMessage", queue) in requests_of_role(case, function.role, function.resource):
            for vpc in _own_places(function):
                yield case.ask(function, "sqs:SendMessage", queue, "fills a queue", vpc=vpc)


def _own_places(function: Function) -> list[str | None]:
    """Return where the code makes its requests from: its VPCs, or the internet."""
    if not function.subnet_ids:
        return [None]
    return [str(vpc) for vpc in function.vpc_ids] or ["vpc-unknown"]


def _replayed(case: Case, vpc: str | None, text: str) -> Iterator[Question]:
    for function in guarded(case):
        yield from _replayed_by(case, function, vpc, text)


def _replayed_by(case: Case, function: Function, vpc: str | None, text: str) -> Iterator[Question]:
    for action, resource in requests_of_role(case, function.role, function.resource):
        if action in _TELEMETRY or is_login_to_a_closed_database(case, action, resource):
            continue
        yield case.ask(function, action, resource, text, vpc=vpc)
        if action.split(":")[0] in _DATA_SERVICES and action not in _POLLED:
            yield case.ask(function, action, resource, text, vpc=vpc, from_code=False)
    # What has a policy of its own may let the role in by itself.
    for from_code in (True, False):
        yield from admissions(case, function, by_name=True, text=text, vpc=vpc, from_code=from_code)


def _replayed_elsewhere(case: Case, text: str) -> Iterator[Question]:
    """Yield the same out of the VPCs and through the endpoints that a role's policies name."""
    for function in guarded(case):
        named = networks_elsewhere(case, function)
        if function in case.unseen and len(named) == 1:
            # It may well be the one that the function is in.
            continue
        for network in named:
            is_vpc = network.startswith("vpc-")
            for asked in _replayed_by(case, function, network if is_vpc else FOREIGN_VPC, text):
                context = {} if is_vpc else {"aws:SourceVpce": network}
                yield replace(asked, context={**asked.context, **context})


def _allowed_from_inside(case: Case, text: str, wanted: Callable[[str, str], bool]) -> list[Reason]:
    return case.still_open(
        case.ask(function, action, resource, text, vpc=vpc)
        for function in guarded(case)
        for action, resource in requests_of_role(case, function.role, function.resource)
        if wanted(action, resource)
        for vpc in _own_places(function)
    )


def _assumptions(case: Case, function: Function) -> Iterator[Question]:
    """Yield the function's role assuming each other role whose trust policy may admit it."""
    for role, trust in admitting_roles(case):
        if function.role is None or role.path == function.role.path:
            continue
        for vpc in _own_places(function):
            yield case.ask(
                function,
                "sts:AssumeRole",
                str(role.arn),
                "has a role that may take another one",
                vpc=vpc,
                resource_policy=trust,
                account=function.resource.account,
            )


def _log_writes(case: Case) -> Iterator[Question]:
    text = "has a role that writes logs to other groups than the function's own"
    for function in guarded(case):
        region, account = function.resource.region, function.resource.account
        group = function.log_group
        own = "" if group is None else str(group.arn).removesuffix(":*")
        foreign = [_FOREIGN_GROUP.format(region)]
        if own:
            foreign.append(own.replace(account, FOREIGN_ACCOUNT) + ":log-stream:x")
        others = [f"arn:aws:logs:{region}:{account}:log-group:{name}" for name in _OTHER_GROUPS]
        others += [f"{own}-x:log-stream:x"] if own else []
        for vpc in dict.fromkeys((*_own_places(function), None)):
            for action in sorted(_LOG_WRITES):
                for arn in others:
                    yield case.ask(function, action, arn, text, vpc=vpc)
                for arn in foreign:
                    yield case.ask(function, action, arn, text, vpc=vpc, owner=FOREIGN_ACCOUNT)
            for action, resource in requests_of_role(case, function.role, function.resource):
                # The name of a group has no colon.
                streams = bool(own) and resource.startswith(f"{own}:log-stream:")
                written_to_own = action in _LOG_WRITES and streams
                if action.startswith("logs:") and not written_to_own:
                    yield case.ask(function, action, resource, text, vpc=vpc)
