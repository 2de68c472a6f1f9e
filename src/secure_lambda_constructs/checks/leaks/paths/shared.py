"""O04 and O06: ways out through the tables and the keys."""

import re
from collections.abc import Iterator
from typing import Any

from ...model.values import Unknown, as_list, dig, strings
from ...model.world import Resource
from ..case import Case
from ..questions import Question
from ..reasons import Reason, told
from ..register import path
from .foreigners import as_foreigner
from .named import concerning
from .reach import guarded, has_guarded
from .requests import requests_of_role

__all__: list[str] = []

_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_KEYS = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
_TABLE_READS = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutResourcePolicy")
_STREAM_READS = ("dynamodb:GetRecords", "dynamodb:GetShardIterator")
_KINESIS_READS = ("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:SubscribeToShard")
_VAULT_READS = ("backup:CopyFromBackupVault", "backup:StartRestoreJob")
_KEY_USES = ("kms:CreateGrant", "kms:Decrypt", "kms:PutKeyPolicy", "kms:ReEncryptFrom")


# As `kms:ViaService` names a service, in which there may be wildcards.
_SERVICE = re.compile(r"[a-z0-9.*?-]+\.amazonaws\.com")


def _has(*kinds: str) -> Any:
    return lambda case: has_guarded(case) or bool(case.world.of(*kinds))


@path(
    "O04",
    "the table is shared or copied",
    present=_has(*_TABLES),
    attack="The attacker reads the table from his own account, which its policy admits, or reads "
    "the copy: a replica, a stream or a backup outside the network.",
    mend="Use an IsolatedTable, which refuses replicas, streams and foreign principals. With the "
    "CDK's own classes: no principal of another account in the table's resource_policy, no "
    "replicas=, no kinesis_stream= of somebody else, stream consumers in the VPC only, and "
    "backups into vaults of this account.",
)
def _o04(case: Case) -> Iterator[Reason]:
    for table in case.world.of(*_TABLES):
        yield from case.still_open(_foreign_readers(table))
        for replica in as_list(table.get("Replicas")):
            if dig(replica, "Region") != table.region:
                yield Reason(table, "has a replica in another region", told(dig(replica, "Region")))
        for stream in _kinesis_streams(table):
            found = case.world.find(stream, "AWS::Kinesis::Stream", near=table)
            if found is None:
                yield Reason(table, "is streamed to what no template creates", told(stream))
            else:
                yield from case.still_open(_foreign_stream_readers(case, found))
    yield from _bucket_copies(case)
    # The older class of the CDK makes replicas by a custom resource.
    for made in case.world.of("Custom::DynamoDBReplica"):
        if made.get("Region") != made.region:
            yield Reason(made, "makes a replica in another region", told(made.get("Region")))
    yield from _stream_consumers(case)
    for vault in case.world.of("AWS::Backup::BackupVault"):
        policy = vault.get("AccessPolicy")
        if policy is not None:
            arn = f"arn:aws:backup:{vault.region}:{vault.account}:backup-vault:{told(vault.id)}"
            yield from case.still_open(as_foreigner(vault, arn, _VAULT_READS, policy))
    for plan in case.world.of("AWS::Backup::BackupPlan"):
        for rule in as_list(plan.get("BackupPlan", "BackupPlanRule")):
            for copied in as_list(dig(rule, "CopyActions")):
                target = dig(copied, "DestinationBackupVaultArn")
                if not case.is_own_account(target):
                    yield Reason(plan, "copies backups outside the account", told(target))


@path(
    "O06",
    "a key that others may use",
    present=_has(*_KEYS),
    attack="The attacker decrypts a copy of the rows, a backup or a log with the key from his own "
    "account, or the key is his and he is told of each use.",
    mend="Use the key of an IsolatedTable, which decrypts through DynamoDB only, or a kms.Key of "
    "this app whose policy names no principal of another account.",
)
def _o06(case: Case) -> Iterator[Reason]:
    for key in case.world.of(*_KEYS):
        yield from case.still_open(_foreign_key_users(key))
    for source, key_id in _keys_in_use(case):
        literal = isinstance(key_id, str) and key_id.startswith("arn:")
        if isinstance(key_id, Unknown):
            yield Reason(source, "is encrypted with a key that nobody can tell", told(key_id))
        elif literal and not case.is_own_account(key_id):
            yield Reason(source, "is encrypted with a key of another account", told(key_id))


def _foreign_readers(table: Resource) -> Iterator[Question]:
    policies = [table.get("ResourcePolicy", "PolicyDocument")]
    policies += [
        dig(replica, "ResourcePolicy", "PolicyDocument")
        for replica in as_list(table.get("Replicas"))
    ]
    for policy in policies:
        if policy is not None:
            yield from as_foreigner(table, str(table.arn), _TABLE_READS, policy)
    of_streams = [table.get("StreamSpecification", "ResourcePolicy", "PolicyDocument")]
    of_streams += [
        dig(replica, "ReplicaStreamSpecification", "ResourcePolicy", "PolicyDocument")
        for replica in as_list(table.get("Replicas"))
    ]
    for policy in of_streams:
        if policy is not None:
            stream = f"{table.arn}/stream/2026-01-01T00:00:00.000"
            yield from as_foreigner(table, stream, _STREAM_READS, policy)


def _bucket_copies(case: Case) -> Iterator[Reason]:
    """Yield where the buckets are copied to that hold what must not leave."""
    read = [
        resource
        for function in guarded(case)
        for action, resource in requests_of_role(case, function.role, function.resource)
        if action == "s3:GetObject"
    ]
    for bucket in case.world.of("AWS::S3::Bucket"):
        if not any(str(each).startswith(f"{bucket.arn}/") for each in read):
            continue
        for rule in as_list(bucket.get("ReplicationConfiguration", "Rules")):
            target = dig(rule, "Destination", "Bucket")
            if case.world.find(target, "AWS::S3::Bucket", near=bucket) is None:
                yield Reason(bucket, "is copied to a bucket that no template creates", told(target))


def _foreign_stream_readers(case: Case, stream: Resource) -> Iterator[Question]:
    for policy in case.world.of("AWS::Kinesis::ResourcePolicy"):
        if case.is_ours(policy.get("ResourceArn"), [stream.arn]):
            written = policy.get("ResourcePolicy")
            yield from as_foreigner(stream, str(stream.arn), _KINESIS_READS, written)


def _foreign_key_users(key: Resource) -> Iterator[Question]:
    policy = key.get("KeyPolicy")
    if policy is not None:
        arn = f"arn:aws:kms:{key.region}:{key.account}:key/{key.id}"
        yield from as_foreigner(key, arn, _KEY_USES, policy, through=_services_in(policy))


def _services_in(policy: Any) -> list[dict[str, Any]]:
    """Return what the services that a key's policy names say when they decrypt for somebody."""
    named = dict.fromkeys(text for text in strings(policy) if _SERVICE.fullmatch(text))
    filled = [re.sub(r"[*?]", "s3", service) for service in named]
    return [
        {
            "aws:CalledVia": [f"{service.partition('.')[0]}.amazonaws.com"],
            "aws:ViaAWSService": "true",
            "kms:ViaService": service,
        }
        for service in filled
    ]


def _kinesis_streams(table: Resource) -> Iterator[Any]:
    for owner in (table.properties, *as_list(table.get("Replicas"))):
        stream = dig(owner, "KinesisStreamSpecification", "StreamArn")
        if stream is not None:
            yield stream


def _stream_consumers(case: Case) -> Iterator[Reason]:
    kind = "AWS::Lambda::EventSourceMapping"
    inside = {
        mapping.path
        for function in case.isolated
        for mapping in concerning(case, function, kind, "FunctionName")
        if isinstance(mapping.get("FunctionName"), str)
    }
    has_streams = any(table.get("StreamSpecification") for table in case.world.of(*_TABLES))
    for mapping in case.world.of(kind):
        source = mapping.get("EventSourceArn")
        if mapping.path in inside:
            continue
        if isinstance(source, Unknown) and has_streams:
            text = "may feed the stream of a table to a function outside the VPC"
            yield Reason(mapping, text, told(source))
        elif ":dynamodb:" in str(source):
            yield Reason(mapping, "feeds the stream of a table to a function outside the VPC")
    for pipe in case.world.of("AWS::Pipes::Pipe"):
        source = pipe.get("Source")
        if not isinstance(source, str) or ":dynamodb:" in source:
            text = "feeds the stream of a table to somewhere else"
            yield Reason(pipe, text, told(pipe.get("Target")))


def _keys_in_use(case: Case) -> Iterator[tuple[Resource, Any]]:
    for table in case.world.of(*_TABLES):
        for owner in (table.properties, *as_list(table.get("Replicas"))):
            yield table, dig(owner, "SSESpecification", "KMSMasterKeyId")
    for function in guarded(case):
        yield function.resource, function.resource.get("KmsKeyArn")
    for group in case.world.of("AWS::Logs::LogGroup"):
        yield group, group.get("KmsKeyId")
