"""Holes in what the function, its table and its keys hand on."""

from typing import Any

from .draft import FUNCTION, Draft, hole

__all__: list[str] = []

_TABLE = "AWS::DynamoDB::GlobalTable"
_CONFIG = "AWS::Lambda::CodeSigningConfig"
_FOREIGN = "arn:aws:iam::999988887777:root"
_FOREIGN_LOGS = "arn:aws:logs:us-east-1:999988887777:destination:loot"


def _everybody(principal: Any, action: str, **conditions: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    if conditions:
        statement["Condition"] = conditions
    return {"Version": "2012-10-17", "Statement": [statement]}


def _queue(draft: Draft, *, tls: bool, encrypted: bool) -> dict[str, Any]:
    key = {"KmsMasterKeyId": "alias/aws/sqs"}
    properties: dict[str, Any] = key if encrypted else {"SqsManagedSseEnabled": False}
    queue = draft.add("Queue", "AWS::SQS::Queue", **properties)
    if tls:
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        draft.add("Policy", "AWS::SQS::QueuePolicy", Queues=[queue], PolicyDocument=document)
    return {"TargetArn": {"Fn::GetAtt": [queue["Ref"], "Arn"]}}


def _permission(draft: Draft, principal: str, **more: Any) -> None:
    name = draft.att(FUNCTION, "Arn")
    draft.add(
        "Permission",
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=name,
        Principal=principal,
        **more,
    )


def _url(draft: Draft, auth_type: str) -> None:
    arn = draft.att(FUNCTION, "Arn")
    draft.add("Url", "AWS::Lambda::Url", TargetFunctionArn=arn, AuthType=auth_type)


@hole()
def _harmless_a_queue_of_its_own(draft: Draft) -> None:
    draft.function()["DeadLetterConfig"] = _queue(draft, tls=True, encrypted=True)


@hole("O01")
def _a_queue_without_tls(draft: Draft) -> None:
    draft.function()["DeadLetterConfig"] = _queue(draft, tls=False, encrypted=True)


@hole("O01")
def _a_queue_without_encryption(draft: Draft) -> None:
    draft.function()["DeadLetterConfig"] = _queue(draft, tls=True, encrypted=False)


@hole("O01")
def _dead_letters_to_a_topic(draft: Draft) -> None:
    topic = draft.add("Topic", "AWS::SNS::Topic")
    draft.function()["DeadLetterConfig"] = {"TargetArn": topic}


@hole("O01")
def _failures_to_somebody_else(draft: Draft) -> None:
    target = {"Destination": "arn:aws:sqs:us-east-1:999988887777:loot"}
    draft.add(
        "Invoke",
        "AWS::Lambda::EventInvokeConfig",
        FunctionName=draft.ref(FUNCTION),
        Qualifier="$LATEST",
        DestinationConfig={"OnFailure": target},
    )


@hole("O02")
def _logs_shipped_to_somebody_else(draft: Draft) -> None:
    group = draft.ref("AWS::Logs::LogGroup")
    draft.add(
        "Filter",
        "AWS::Logs::SubscriptionFilter",
        LogGroupName=group,
        FilterPattern="",
        DestinationArn=_FOREIGN_LOGS,
    )


@hole("O02")
def _all_logs_of_the_account_shipped(draft: Draft) -> None:
    policy = '{"DestinationArn": "' + _FOREIGN_LOGS + '"}'
    draft.add(
        "Ship",
        "AWS::Logs::AccountPolicy",
        PolicyDocument=policy,
        PolicyType="SUBSCRIPTION_FILTER_POLICY",
    )


@hole("O02")
def _monitoring_of_somebody_else(draft: Draft) -> None:
    sink = "arn:aws:oam:us-east-1:999988887777:sink/loot"
    draft.add("Link", "AWS::Oam::Link", SinkIdentifier=sink)


@hole("O02")
def _traces(draft: Draft) -> None:
    draft.function()["TracingConfig"] = {"Mode": "Active"}


@hole("O02")
def _a_file_system_of_somebody_else(draft: Draft) -> None:
    arn = "arn:aws:elasticfilesystem:us-east-1:999988887777:access-point/fsap-0123"
    draft.function()["FileSystemConfigs"] = [{"Arn": arn, "LocalMountPath": "/mnt/loot"}]


@hole("O02", "I06")
def _logs_to_a_group_of_another_name(draft: Draft) -> None:
    draft.function()["LoggingConfig"] = {"LogGroup": "exported"}


@hole("O03")
def _everybody_may_invoke(draft: Draft) -> None:
    _permission(draft, "*")


@hole("O03")
def _another_account_may_invoke(draft: Draft) -> None:
    _permission(draft, "999988887777")


@hole("O03")
def _a_service_for_anybody(draft: Draft) -> None:
    _permission(draft, "events.amazonaws.com")


@hole("O03")
def _a_service_for_a_bucket_name(draft: Draft) -> None:
    _permission(draft, "s3.amazonaws.com", SourceArn="arn:aws:s3:*:*:*")


@hole()
def _harmless_a_service_for_a_rule_of_its_own(draft: Draft) -> None:
    arn = {"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/own"}
    _permission(draft, "events.amazonaws.com", SourceArn=arn)


@hole("O03")
def _a_url_without_a_signature(draft: Draft) -> None:
    _url(draft, "NONE")


@hole()
def _harmless_a_url_with_a_signature(draft: Draft) -> None:
    _url(draft, "AWS_IAM")


@hole("O04")
def _the_table_admits_somebody_else(draft: Draft) -> None:
    policy = _everybody({"AWS": _FOREIGN}, "dynamodb:GetItem")
    (replica,) = draft.first(_TABLE)["Replicas"]
    replica["ResourcePolicy"] = {"PolicyDocument": policy}


@hole("O04")
def _a_replica_in_another_region(draft: Draft) -> None:
    draft.first(_TABLE)["Replicas"].append({"Region": "eu-west-1"})


@hole("O04")
def _a_stream_to_kinesis_elsewhere(draft: Draft) -> None:
    (replica,) = draft.first(_TABLE)["Replicas"]
    stream = "arn:aws:kinesis:us-east-1:999988887777:stream/loot"
    replica["KinesisStreamSpecification"] = {"StreamArn": stream}


@hole("O04")
def _a_stream_consumer_outside(draft: Draft) -> None:
    draft.add(
        "Mapping",
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=draft.att(_TABLE, "StreamArn"),
        FunctionName="arn:aws:lambda:us-east-1:999988887777:function:loot",
    )


@hole("O04")
def _backups_copied_to_somebody_else(draft: Draft) -> None:
    vault = "arn:aws:backup:us-east-1:999988887777:backup-vault:loot"
    rule = {"RuleName": "daily", "CopyActions": [{"DestinationBackupVaultArn": vault}]}
    plan = {"BackupPlanName": "daily", "BackupPlanRule": [rule]}
    draft.add("Plan", "AWS::Backup::BackupPlan", BackupPlan=plan)


@hole("O05")
def _no_code_signing(draft: Draft) -> None:
    del draft.function()["CodeSigningConfigArn"]


@hole("O05")
def _a_warning_only(draft: Draft) -> None:
    draft.first(_CONFIG)["CodeSigningPolicies"] = {"UntrustedArtifactOnDeployment": "Warn"}


@hole("O05")
def _a_publisher_of_somebody_else(draft: Draft) -> None:
    publishers = draft.first(_CONFIG)["AllowedPublishers"]["SigningProfileVersionArns"]
    publishers.append("arn:aws:signer:us-east-1:999988887777:/signing-profiles/Loot/0123456789")


@hole("O05")
def _a_container_image(draft: Draft) -> None:
    draft.function().update({"PackageType": "Image", "Code": {"ImageUri": "loot:latest"}})


@hole("O05")
def _inline_code(draft: Draft) -> None:
    draft.function()["Code"] = {"ZipFile": "def handler(event, context): ..."}


@hole("O06")
def _a_key_for_everybody(draft: Draft) -> None:
    draft.add("Key", "AWS::KMS::Key", KeyPolicy=_everybody("*", "kms:Decrypt"))


@hole("O06")
def _a_key_for_another_account(draft: Draft) -> None:
    draft.add("Key", "AWS::KMS::Key", KeyPolicy=_everybody({"AWS": _FOREIGN}, "kms:*"))


@hole()
def _harmless_a_key_for_callers_of_the_account(draft: Draft) -> None:
    account = {"kms:CallerAccount": {"Ref": "AWS::AccountId"}}
    policy = _everybody("*", "kms:Decrypt", StringEquals=account)
    draft.add("Key", "AWS::KMS::Key", KeyPolicy=policy)


@hole("O06")
def _a_key_of_somebody_else(draft: Draft) -> None:
    key = "arn:aws:kms:us-east-1:999988887777:key/11111111-2222-3333-4444-555555555555"
    draft.first("AWS::Logs::LogGroup")["KmsKeyId"] = key
