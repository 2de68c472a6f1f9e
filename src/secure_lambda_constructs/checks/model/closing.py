"""What may be relied on of a resource that may not be there: nothing that closes a path."""

from typing import Any

from .values import Unknown, as_list

__all__ = ["TARGETS", "without_denies", "without_reliance"]

# The policies that are attached to something else, with the property that holds the document. A
# policy that is part of the resource is there whenever the resource is.
_ATTACHED = {
    "AWS::IAM::GroupPolicy": ("PolicyDocument",),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
    "AWS::IAM::Policy": ("PolicyDocument",),
    "AWS::IAM::RolePolicy": ("PolicyDocument",),
    "AWS::IAM::UserPolicy": ("PolicyDocument",),
    "AWS::Kinesis::ResourcePolicy": ("ResourcePolicy",),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::S3Express::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::TopicInlinePolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueueInlinePolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy",),
}

# The properties by which something that is attached closes.
_ASSOCIATIONS = {
    "AWS::Lambda::EventInvokeConfig": ("MaximumEventAgeInSeconds", "MaximumRetryAttempts"),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": (
        "FirewallRuleGroupId",
        "MutationProtection",
    ),
    "AWS::Route53Resolver::FirewallConfig": ("FirewallFailOpen",),
}

# The properties that name what the above are attached to.
TARGETS = (
    "Bucket",
    "FunctionName",
    "GroupId",
    "GroupName",
    "Groups",
    "Queue",
    "Queues",
    "ResourceArn",
    "ResourceId",
    "RoleName",
    "Roles",
    "SecretId",
    "TopicArn",
    "Topics",
    "UserName",
    "Users",
    "VpcId",
)


def without_reliance(kind: str, name: str, value: Any, why: Unknown) -> Any:
    """Return a property of a resource that may not be there, without what closes anything.

    Args:
        kind: The resource's type.
        name: The property.
        value: Its value, resolved.
        why: Why nobody can tell whether the resource is there.

    Returns:
        The value as it is, or without its Denies, or the Unknown.
    """
    if name in _ASSOCIATIONS.get(kind, ()):
        return why
    return without_denies(value) if name in _ATTACHED.get(kind, ()) else value


def without_denies(document: Any) -> Any:
    """Return a policy that may not be attached, without what it would deny.

    Args:
        document: The policy document, resolved.

    Returns:
        The document with its Allows only; as it is, where it is no document.
    """
    if not isinstance(document, dict) or "Statement" not in document:
        return document
    kept = [entry for entry in as_list(document["Statement"]) if not _denies(entry)]
    return {**document, "Statement": kept}


def _denies(statement: Any) -> bool:
    # What may be an Allow stays.
    kept = isinstance(statement, dict) and isinstance(statement.get("Effect"), Unknown)
    return isinstance(statement, dict) and statement.get("Effect") != "Allow" and not kept
