"""O01-O06: ways out through what the function, its table and its keys hand on."""

from collections.abc import Iterator
from typing import Any

from ...model.policies import VERSION, pessimistic, statements
from ...model.values import Unknown, as_list, dig
from ...model.views import Function
from ...model.world import Resource
from ..attackers import FOREIGN_ACCOUNT, MALLORY, foreign_context, unsigned_context
from ..case import Case
from ..questions import Question
from ..register import path

__all__ = ["concerns", "permissions_of", "unsigned"]

_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_TABLE_READS = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutResourcePolicy")
_STREAM_READS = ("dynamodb:GetRecords", "dynamodb:GetShardIterator")
_KEY_USES = ("kms:CreateGrant", "kms:Decrypt", "kms:PutKeyPolicy", "kms:ReEncryptFrom")
_INVOCATIONS = ("lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:GetFunction")

# Services that call functions for whoever has an account with them.
_CALLING_SERVICES = (
    "apigateway.amazonaws.com",
    "events.amazonaws.com",
    "s3.amazonaws.com",
    "sns.amazonaws.com",
)

# What ships log data to where the resource says.
_LOG_SHIPPING = {
    "AWS::Logs::AccountPolicy": ("PolicyDocument",),
    "AWS::Logs::DeliveryDestination": ("DestinationResourceArn",),
    "AWS::Logs::SubscriptionFilter": ("DestinationArn",),
    "AWS::Oam::Link": ("SinkIdentifier",),
}

_LOGGED_TO = ("AWS::Logs::LogGroup", "AWS::S3::Bucket")
_SHIPPED_TO = ("AWS::Kinesis::Stream", "AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::Oam::Sink")


@path("O01", "dead letters and destinations")
def _o01(case: Case) -> list[str]:
    reasons: list[str] = []
    for source, target in _targets(case):
        queue = case.world.find(target, "AWS::SQS::Queue")
        if queue is None:
            reasons.append(f"{source.path} sends to {target}, which is no queue of these stacks")
            continue
        if queue.get("KmsMasterKeyId") is None and queue.get("SqsManagedSseEnabled") is not True:
            reasons.append(f"{queue.path} is not encrypted")
        if not _wants_tls(case, queue):
            reasons.append(f"{queue.path} takes messages without TLS")
        reasons += case.still_open(_foreign_receivers(case, queue))
    return reasons


@path("O02", "logs, traces and mounts, which leave through Lambda's own network")
def _o02(case: Case) -> list[str]:
    reasons: list[str] = []
    for kind, names in _LOG_SHIPPING.items():
        for shipping in case.world.of(kind):
            target = shipping.get(*names)
            if case.world.find(target, *_SHIPPED_TO) is None:
                reasons.append(f"{shipping.path} ships logs to {target}")
    for flow_log in case.world.of("AWS::EC2::FlowLog"):
        target = flow_log.get("LogDestination")
        named = target is not None and case.world.find(target, *_LOGGED_TO) is None
        if named and not case.is_own_account(target):
            reasons.append(f"{flow_log.path} sends flow logs to {target}")
        if flow_log.get("DeliverCrossAccountRole") is not None:
            reasons.append(f"{flow_log.path} is delivered to another account")
    for function in case.isolated:
        resource = function.resource
        if resource.get("TracingConfig", "Mode", default="PassThrough") != "PassThrough":
            reasons.append(f"{function.path} sends traces")
        for mount in as_list(resource.get("FileSystemConfigs")):
            if case.world.find(dig(mount, "Arn"), "AWS::EFS::AccessPoint") is None:
                reasons.append(f"{function.path} mounts a file system of somebody else")
        named = resource.get("LoggingConfig", "LogGroup")
        if named is not None and function.log_group is None:
            reasons.append(f"{function.path} logs to {named}, which no template creates")
    return reasons


@path("O03", "whoever may invoke the function reads its answers")
def _o03(case: Case) -> list[str]:
    reasons: list[str] = []
    for function in case.isolated:
        policy = permissions_of(case, function)
        if statements(policy):
            reasons += case.still_open(_foreign_callers(function, policy))
        reasons += [
            f"{url.path} needs no signature"
            for url in case.world.of("AWS::Lambda::Url")
            if concerns(function, url.get("TargetFunctionArn")) and url.get("AuthType") != "AWS_IAM"
        ]
    return reasons


@path("O04", "the table is shared or copied")
def _o04(case: Case) -> list[str]:
    reasons: list[str] = []
    for table in case.world.of(*_TABLES):
        reasons += case.still_open(_foreign_readers(table))
        for replica in as_list(table.get("Replicas")):
            if dig(replica, "Region") != table.region:
                reasons.append(f"{table.path} has a replica in {dig(replica, 'Region')}")
        for stream in _kinesis_streams(table):
            if case.world.find(stream, "AWS::Kinesis::Stream") is None:
                reasons.append(f"{table.path} is streamed to {stream}")
    reasons += _stream_consumers(case)
    for plan in case.world.of("AWS::Backup::BackupPlan"):
        for rule in as_list(plan.get("BackupPlan", "BackupPlanRule")):
            for copy in as_list(dig(rule, "CopyActions")):
                target = dig(copy, "DestinationBackupVaultArn")
                if not case.is_own_account(target):
                    reasons.append(f"{plan.path} copies to {target}")
    return reasons


@path("O05", "code that was not signed by the own profile")
def _o05(case: Case) -> list[str]:
    return [why for function in case.isolated for why in unsigned(case, function)]


@path("O06", "a key that others may use")
def _o06(case: Case) -> list[str]:
    reasons: list[str] = []
    for key in case.world.of("AWS::KMS::Key", "AWS::KMS::ReplicaKey"):
        reasons += case.still_open(_foreign_key_users(key))
    for source, key_id in _keys_in_use(case):
        literal = isinstance(key_id, str) and key_id.startswith("arn:")
        if isinstance(key_id, Unknown) or (literal and not case.is_own_account(key_id)):
            reasons.append(f"{source.path} is encrypted with {key_id}")
    return reasons


def unsigned(case: Case, function: Function) -> Iterator[str]:
    """Yield why code that the own profile did not sign could get into `function`."""
    resource = function.resource
    if resource.get("PackageType", default="Zip") != "Zip" or resource.get("Code", "ImageUri"):
        yield f"{function.path} is a container image, which code signing leaves out"
    if resource.get("Code", "ZipFile") is not None:
        yield f"{function.path} has inline code, which nobody signs"
    config = case.world.find(resource.get("CodeSigningConfigArn"), "AWS::Lambda::CodeSigningConfig")
    if config is None:
        yield f"{function.path} has no code signing config of these stacks"
        return
    policy = config.get("CodeSigningPolicies", "UntrustedArtifactOnDeployment")
    if policy != "Enforce":
        yield f"{config.path} does not enforce"
    publishers = as_list(config.get("AllowedPublishers", "SigningProfileVersionArns"))
    if not publishers:
        yield f"{config.path} names no publisher"
    for publisher in publishers:
        if not case.is_own_account(publisher):
            yield f"{config.path} trusts {publisher}"


def concerns(function: Function, name: Any) -> bool:
    """Tell whether `name` is that of `function`, or of a version or an alias of it.

    It may be a name or an ARN; of one that nobody can tell, it counts as its name.
    """
    if isinstance(name, Unknown):
        return True
    resource = function.resource
    own = (resource.id, function.arn, f"{resource.account}:function:{resource.id}")
    return str(name) in own or str(name).startswith(tuple(f"{each}:" for each in own))


def permissions_of(case: Case, function: Function) -> dict[str, Any]:
    """Return the resource policy that the `AWS::Lambda::Permission`s of `function` make up."""
    made = [
        _permission(permission)
        for permission in case.world.of("AWS::Lambda::Permission")
        if concerns(function, permission.get("FunctionName"))
    ]
    return pessimistic({"Version": VERSION, "Statement": made}, of_resource=True)


def _permission(permission: Resource) -> dict[str, Any]:
    principal = permission.get("Principal")
    if isinstance(principal, Unknown):
        who: Any = principal
    elif principal == "*":
        who = "*"
    elif str(principal).endswith(".amazonaws.com"):
        who = {"Service": principal}
    else:
        who = {"AWS": principal}
    conditions: dict[str, Any] = {}
    for name, operator, key in (
        ("SourceArn", "ArnLike", "aws:SourceArn"),
        ("SourceAccount", "StringEquals", "aws:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ):
        if permission.get(name) is not None:
            conditions.setdefault(operator, {})[key] = permission.get(name)
    action = permission.get("Action")
    allowed = {"Effect": "Allow", "Principal": who, "Action": action, "Resource": "*"}
    return {**allowed, "Condition": conditions} if conditions else allowed


def _foreign_callers(function: Function, policy: dict[str, Any]) -> Iterator[Question]:
    region, account = function.resource.region, function.resource.account
    for action in _INVOCATIONS:
        if action == "lambda:InvokeFunctionUrl":
            extra = {"lambda:FunctionUrlAuthType": "NONE"}
        else:
            extra = {}
        callers: list[tuple[str, str | None, dict[str, Any]]] = [
            ("another account", MALLORY, foreign_context(region, vpc=None, owner=account)),
            ("everybody", None, unsigned_context(region, vpc=None, owner=account)),
        ]
        for service in _CALLING_SERVICES:
            source = {
                "aws:SourceAccount": FOREIGN_ACCOUNT,
                "aws:SourceArn": f"arn:aws:{service.split('.')[0]}:{region}:{FOREIGN_ACCOUNT}:loot",
            }
            callers.append((f"{service} for another account", service, source))
        for who, principal, context in callers:
            yield Question(
                label=f"{who} calls {function.path}",
                action=action,
                resource=str(function.arn),
                context={**context, **extra},
                principal=principal,
                resource_policy=policy,
            )


def _as_foreigner(resource: Resource, arn: str, actions: Any, policy: Any) -> Iterator[Question]:
    checked = pessimistic(policy, of_resource=True)
    for action in actions:
        for principal, context in (
            (MALLORY, foreign_context(resource.region, vpc=None, owner=resource.account)),
            (None, unsigned_context(resource.region, vpc=None, owner=resource.account)),
        ):
            yield Question(
                label=f"{'everybody' if principal is None else 'another account'} on "
                f"{resource.path}",
                action=action,
                resource=arn,
                context=context,
                principal=principal,
                resource_policy=checked,
            )


def _foreign_readers(table: Resource) -> Iterator[Question]:
    policies = [table.get("ResourcePolicy", "PolicyDocument")]
    policies += [
        dig(replica, "ResourcePolicy", "PolicyDocument")
        for replica in as_list(table.get("Replicas"))
    ]
    for policy in policies:
        if policy is not None:
            yield from _as_foreigner(table, str(table.arn), _TABLE_READS, policy)
    of_streams = [table.get("StreamSpecification", "ResourcePolicy", "PolicyDocument")]
    of_streams += [
        dig(replica, "ReplicaStreamSpecification", "ResourcePolicy", "PolicyDocument")
        for replica in as_list(table.get("Replicas"))
    ]
    for policy in of_streams:
        if policy is not None:
            stream = f"{table.arn}/stream/2026-01-01T00:00:00.000"
            yield from _as_foreigner(table, stream, _STREAM_READS, policy)


def _foreign_key_users(key: Resource) -> Iterator[Question]:
    policy = key.get("KeyPolicy")
    if policy is not None:
        arn = f"arn:aws:kms:{key.region}:{key.account}:key/{key.id}"
        yield from _as_foreigner(key, arn, _KEY_USES, policy)


def _foreign_receivers(case: Case, queue: Resource) -> Iterator[Question]:
    for policy in _queue_policies(case, queue):
        actions = ("sqs:ReceiveMessage", "sqs:SendMessage")
        yield from _as_foreigner(queue, str(queue.arn), actions, policy)


def _queue_policies(case: Case, queue: Resource) -> Iterator[Any]:
    for policy in case.world.of("AWS::SQS::QueuePolicy"):
        if queue.id in as_list(policy.get("Queues")):
            yield policy.get("PolicyDocument")


def _wants_tls(case: Case, queue: Resource) -> bool:
    return any(
        entry.get("Effect") == "Deny"
        and str(dig(entry, "Condition", "Bool", "aws:SecureTransport")).lower() == "false"
        for policy in _queue_policies(case, queue)
        for entry in statements(policy)
    )


def _targets(case: Case) -> Iterator[tuple[Resource, Any]]:
    for function in case.isolated:
        dead_letters = function.resource.get("DeadLetterConfig", "TargetArn")
        if dead_letters is not None:
            yield function.resource, dead_letters
    for source in case.world.of(
        "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping"
    ):
        for event in ("OnFailure", "OnSuccess"):
            target = source.get("DestinationConfig", event, "Destination")
            if target is not None:
                yield source, target


def _kinesis_streams(table: Resource) -> Iterator[Any]:
    for owner in (table.properties, *as_list(table.get("Replicas"))):
        stream = dig(owner, "KinesisStreamSpecification", "StreamArn")
        if stream is not None:
            yield stream


def _stream_consumers(case: Case) -> Iterator[str]:
    inside = [function.resource.id for function in case.isolated]
    inside += [function.arn for function in case.isolated]
    for mapping in case.world.of("AWS::Lambda::EventSourceMapping"):
        source = str(mapping.get("EventSourceArn"))
        if ":dynamodb:" in source and mapping.get("FunctionName") not in inside:
            yield f"{mapping.path} feeds the table's stream to a function outside the VPC"
    for pipe in case.world.of("AWS::Pipes::Pipe"):
        if not isinstance(pipe.get("Source"), str) or ":dynamodb:" in pipe.get("Source"):
            yield f"{pipe.path} feeds the table's stream to {pipe.get('Target')}"


def _keys_in_use(case: Case) -> Iterator[tuple[Resource, Any]]:
    for table in case.world.of(*_TABLES):
        for owner in (table.properties, *as_list(table.get("Replicas"))):
            yield table, dig(owner, "SSESpecification", "KMSMasterKeyId")
    for function in case.isolated:
        yield function.resource, function.resource.get("KmsKeyArn")
    for group in case.world.of("AWS::Logs::LogGroup"):
        yield group, group.get("KmsKeyId")
