"""The one log group that a function can write to."""

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from .findings import answer_log_group_findings

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

__all__ = ["own_log_group"]


def own_log_group(
    scope: Construct,
    id: str,
    *,
    retention: logs.RetentionDays,
    removal_policy: RemovalPolicy,
    encryption_key: "kms.IKey | None",
) -> logs.LogGroup:
    """Create a log group.

    Args:
        scope: The function.
        id: Its id.
        retention: How long the log is kept.
        removal_policy: What becomes of the group with the stack.
        encryption_key: Key that encrypts the log, or `None` for one of CloudWatch Logs' own. A
            key of the same app gets the permission for CloudWatch Logs.

    Returns:
        The group.
    """
    if encryption_key is not None:
        _allow_logs(encryption_key, Stack.of(scope))
    group = logs.LogGroup(
        scope,
        id,
        retention=retention,
        removal_policy=removal_policy,
        encryption_key=encryption_key,
    )
    if encryption_key is None:
        answer_log_group_findings(group)
    return group


def _allow_logs(key: "kms.IKey", stack: Stack) -> None:
    """Let CloudWatch Logs encrypt the log groups of the account with a key.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html. The group's
    own ARN cannot be named: the group needs the key first.
    """
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("logs.amazonaws.com")],
            actions=[
                "kms:Decrypt*",
                "kms:Describe*",
                "kms:Encrypt*",
                "kms:GenerateDataKey*",
                "kms:ReEncrypt*",
            ],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                        service="logs",
                        resource="log-group",
                        resource_name="*",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                }
            },
        )
    )
