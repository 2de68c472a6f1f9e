"""Databases that nothing outside the functions' VPC reaches, whatever keys it has."""

from collections.abc import Iterator
from typing import Any

from ...model.physical import attribute
from ...model.policies import statements
from ...model.values import as_list
from ...model.views import Function
from ...model.world import Resource
from ..case import Case
from ..groups import rules_of_group
from .named import allowed_resources
from .requests import DATA_READS, requests_of_role

__all__ = [
    "closed_databases",
    "groups_of",
    "groups_of_databases",
    "is_login_to_a_closed_database",
    "is_of_closed_proxies",
    "login_id",
    "password_of_a_database",
]

_SECRET_READS = ("secretsmanager:batchgetsecretvalue", "secretsmanager:getsecretvalue")

# type: the property that names its security groups
_GROUPS = {
    "AWS::RDS::DBCluster": "VpcSecurityGroupIds",
    "AWS::RDS::DBInstance": "VPCSecurityGroups",
    "AWS::RDS::DBProxy": "VpcSecurityGroupIds",
}


def closed_databases(case: Case) -> list[Resource]:
    """The databases in subnets of the functions, without a public address, open to groups only."""
    return case.once(_closed)


def _closed(case: Case) -> list[Resource]:
    return [
        database
        for database in case.world.of(*_GROUPS)
        if _is_inside(case, database)
        and not _is_public(case, database)
        and all(rule.get("SourceSecurityGroupId") is not None for rule in _ingress(case, database))
    ]


def groups_of_databases(case: Case) -> set[Any]:
    """The security groups that closed databases have."""
    return case.once(_groups_of_closed)


def _groups_of_closed(case: Case) -> set[Any]:
    return {str(group) for database in closed_databases(case) for group in groups_of(database)}


def groups_of(database: Resource) -> list[Any]:
    """The security groups that `database` has."""
    return as_list(database.get(_GROUPS[database.type]))


def login_id(database: Resource) -> Any:
    """What the ARNs of the users of `database` name it."""
    if database.type == "AWS::RDS::DBProxy":
        return str(attribute(database, "DBProxyArn")).rpartition(":")[2]
    cluster = database.type == "AWS::RDS::DBCluster"
    return attribute(database, "DBClusterResourceId" if cluster else "DbiResourceId")


def is_login_to_a_closed_database(case: Case, action: str, resource: str) -> bool:
    """Tell whether keys are worth nothing for `action` to whoever does not reach the database."""
    return action == "rds-db:connect" and any(
        f":dbuser:{login_id(database)}/" in resource for database in closed_databases(case)
    )


def is_of_closed_proxies(case: Case, role: Resource) -> bool:
    """Tell whether only closed proxies use `role`, to log in to closed databases as named users.

    What such a proxy reads it hands to who is in the VPC and has logged in to the proxy itself.
    """
    closed = closed_databases(case)
    proxies = [
        proxy
        for proxy in case.world.of("AWS::RDS::DBProxy")
        if case.is_ours(proxy.get("RoleArn"), [role.arn])
    ]
    allows = [
        entry
        for document in case.documents_of(role)
        for entry in statements(document)
        if entry.get("Effect") == "Allow"
    ]
    users = [str(item) for entry in allows for item in as_list(entry.get("Resource"))]
    reads = [
        is_login_to_a_closed_database(case, action, resource)
        for action, resource in requests_of_role(case, role, role)
        if action in DATA_READS
    ]
    return (
        _is_assumed_by_rds_only(role)
        and all(proxy in closed for proxy in proxies)
        and all(reads)
        and not any(":dbuser:" in user and ("*" in user or "?" in user) for user in users)
    )


def _is_assumed_by_rds_only(role: Resource) -> bool:
    trust = role.get("AssumeRolePolicyDocument")
    return bool(statements(trust)) and all(
        entry.get("Principal") == {"Service": "rds.amazonaws.com"}
        for entry in statements(trust)
        if entry.get("Effect") == "Allow"
    )


def _is_inside(case: Case, database: Resource) -> bool:
    if database.type == "AWS::RDS::DBProxy":
        subnets = as_list(database.get("VpcSubnetIds"))
    else:
        group = case.world.find(database.get("DBSubnetGroupName"), "AWS::RDS::DBSubnetGroup")
        subnets = [] if group is None else as_list(group.get("SubnetIds"))
    ours = {subnet.id for subnet in case.subnets}
    return bool(subnets) and all(subnet in ours for subnet in subnets)


def _is_public(case: Case, database: Resource) -> bool:
    instances = [
        instance
        for instance in case.world.of("AWS::RDS::DBInstance")
        if instance.path == database.path
        or case.is_ours(instance.get("DBClusterIdentifier"), [database.id])
    ]
    written = [str(instance.get("PubliclyAccessible")).lower() for instance in instances]
    return any(each != "false" for each in written)


def _ingress(case: Case, database: Resource) -> Iterator[dict[str, Any]]:
    for group_id in groups_of(database):
        group = case.world.find(group_id, "AWS::EC2::SecurityGroup")
        if group is None:
            yield {"Unknown": group_id}
        else:
            yield from rules_of_group(case, group, "Ingress")


def password_of_a_database(case: Case, function: Function) -> str | None:
    """Return the secret of a database that the policies of the function let it read, if any."""
    passwords = case.once(_passwords)
    if not passwords:
        return None
    named = allowed_resources(case.documents_of(function.role), _SECRET_READS)
    return next((secret for secret in passwords if named.may_match(secret)), None)


def _passwords(case: Case) -> list[str]:
    """The secrets with passwords of databases: those that are attached, and those RDS keeps."""
    found: list[str] = []
    for attachment in case.world.of("AWS::SecretsManager::SecretTargetAttachment"):
        secret = attachment.get("SecretId")
        known = case.world.find(secret, "AWS::SecretsManager::Secret", near=attachment)
        found.append(str(secret if known is None else known.arn))
    for database in case.world.of("AWS::RDS::DBCluster", "AWS::RDS::DBInstance"):
        if str(database.get("ManageMasterUserPassword")).lower() == "true":
            kept = attribute(database, "MasterUserSecret.SecretArn")
            place = f"{database.region}:{database.account}"
            made_up = f"arn:aws:secretsmanager:{place}:secret:rds!x-AbCdEf"
            found.append(kept if isinstance(kept, str) else made_up)
    return found
