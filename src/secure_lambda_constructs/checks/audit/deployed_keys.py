"""Keys and secrets against the templates they came from: who may use and who may read them."""

from collections.abc import Sequence
from typing import Any

from .calls import Account
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .findings import Finding
from .intrinsics import UNKNOWN
from .resource_policies import check_policy, document_of, policy_given_by

__all__ = ["compare_key", "compare_secret"]

_NO_KEY = {"NotFoundException"}
_NO_SECRET = {"ResourceNotFoundException"}
_SERVICE = (".amazonaws.com", ".amazonaws.com.cn")


def compare_key(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding]:
    """Compare a key with its template: policy and grants.

    No template has grants. Those of AWS's services are passed over, and those that a service made
    for a role of the assembly, which Lambda does for environment variables.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    key, about = resource.physical, f"the key {resource.physical}"
    arn = f"arn:{account.partition}:kms:{stack.region}:{account.number}:key/{key}"
    policy = account.ask(
        stack.region,
        "kms",
        "GetKeyPolicy",
        about,
        declined=_NO_KEY,
        KeyId=key,
        PolicyName="default",
    )["Policy"]
    sharing = Comparison(resource, stack.region, arn, (arn, key))
    given = resource.properties.get("KeyPolicy", _default_policy(account))
    check_policy(sharing, given, document_of(policy))
    granted = Comparison(resource, stack.region, arn, (arn, key))
    grants = account.ask(stack.region, "kms", "ListGrants", about, declined=_NO_KEY, KeyId=key)
    roles = {each.physical for each in resources if each.type == "AWS::IAM::Role"}
    for grant in grants["Grants"]:
        who = str(grant.get("GranteePrincipal"))
        if not who.endswith(_SERVICE) and not _is_own_role(who, account, roles):
            operations = ", ".join(sorted(grant.get("Operations") or ()))
            granted.differs("no such grant", f"grant {grant['GrantId']}: {who} may {operations}")
    return [*sharing.findings("resource-policy-changed"), *granted.findings("grant-added")]


def _default_policy(account: Account) -> dict[str, Any]:
    """What a key has whose template says nothing: all rights to the account."""
    root = f"arn:{account.partition}:iam::{account.number}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {"Statement": [statement]}


def _is_own_role(principal: str, account: Account, roles: set[str]) -> bool:
    """Tell whether a principal is a role of the assembly, or one of its sessions."""
    parts = principal.split(":", 5)
    if len(parts) < 6 or parts[4] != account.number:
        return False
    kind, *path = parts[5].split("/")
    if kind == "assumed-role":
        return path[0] in roles
    return kind == "role" and path[-1] in roles


def compare_secret(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding]:
    """Compare a secret with its template: policy, replicas, rotation. Its value is never read.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region: policies and rotations.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    arn, about = resource.physical, f"the secret {resource.physical}"
    described = account.ask(
        stack.region, "secretsmanager", "DescribeSecret", about, declined=_NO_SECRET, SecretId=arn
    )
    policy = account.ask(
        stack.region,
        "secretsmanager",
        "GetResourcePolicy",
        about,
        declined=_NO_SECRET,
        SecretId=arn,
    )
    trail = (arn, str(described.get("Name")))
    sharing = Comparison(resource, stack.region, arn, trail)
    given = policy_given_by(resources, ("AWS::SecretsManager::ResourcePolicy",), "SecretId", arn)
    check_policy(sharing, given, document_of(policy.get("ResourcePolicy")))
    comparison = Comparison(resource, stack.region, arn, trail)
    comparison.check_set(
        "ReplicaRegions",
        [each.get("Region") for each in resource.properties.get("ReplicaRegions") or ()],
        [each["Region"] for each in described.get("ReplicationStatus") or ()],
    )
    rotations = [
        each.properties.get("RotationLambdaARN", UNKNOWN)
        for each in resources
        if each.type == "AWS::SecretsManager::RotationSchedule"
        and each.properties.get("SecretId") == arn
    ]
    live = described.get("RotationLambdaARN") if described.get("RotationEnabled") else None
    comparison.check("RotationLambdaARN", rotations[0] if rotations else None, live)
    return [
        *sharing.findings("resource-policy-changed"),
        *comparison.findings("configuration-changed"),
    ]
