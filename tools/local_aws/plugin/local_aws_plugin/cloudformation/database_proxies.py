"""``AWS::RDS::DBProxy`` and ``::DBProxyTargetGroup``."""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider
from .databases import change_rds_tags, rds_arguments

__all__ = ["ProxyProvider", "TargetGroupProvider"]

_POOL = "ConnectionPoolConfigurationInfo"


class ProxyProvider(OurProvider):
    """A proxy."""

    TYPE = "AWS::RDS::DBProxy"
    SUPPORTED = frozenset(
        {
            "Auth",
            "DBProxyName",
            "DebugLogging",
            "DefaultAuthScheme",
            "EngineFamily",
            "IdleClientTimeout",
            "RequireTLS",
            "RoleArn",
            "Tags",
            "VpcSecurityGroupIds",
            "VpcSubnetIds",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        rds = request.aws_client_factory.rds
        made = rds.create_db_proxy(**rds_arguments(rds, "CreateDBProxy", wanted))["DBProxy"]
        return wanted | self._described(made)

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        rds, name = request.aws_client_factory.rds, before["DBProxyName"]
        # What a template no longer has becomes what it is by default.
        given = {
            "Auth": [],
            "DebugLogging": False,
            "DefaultAuthScheme": "NONE",
            "IdleClientTimeout": 1800,
            "RequireTLS": False,
            "SecurityGroups": wanted.get("VpcSecurityGroupIds") or before["VpcSecurityGroupIds"],
        } | wanted
        changed = rds.modify_db_proxy(
            **rds_arguments(rds, "ModifyDBProxy", given | {"DBProxyName": name})
        )
        change_rds_tags(rds, before["DBProxyArn"], before, wanted)
        return wanted | self._described(changed["DBProxy"])

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.rds.delete_db_proxy(DBProxyName=before["DBProxyName"])

    @staticmethod
    def _described(described: Model) -> Model:
        keys = ("DBProxyArn", "Endpoint", "VpcId", "VpcSecurityGroupIds")
        return {key: described[key] for key in keys}


class TargetGroupProvider(OurProvider):
    """What a proxy is in front of, and its pool of connections."""

    TYPE = "AWS::RDS::DBProxyTargetGroup"
    SUPPORTED = frozenset(
        {_POOL, "DBClusterIdentifiers", "DBInstanceIdentifiers", "DBProxyName", "TargetGroupName"}
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        return self._applied(request.aws_client_factory.rds, {}, wanted)

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        return self._applied(request.aws_client_factory.rds, before, wanted)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        # The group itself is the proxy's, and goes with it.
        self._applied(request.aws_client_factory.rds, before, _identity(before))

    @staticmethod
    def _applied(rds: Any, before: Model, wanted: Model) -> Model:
        identity = _identity(wanted)
        for operation, old, new in (
            (rds.deregister_db_proxy_targets, wanted, before),
            (rds.register_db_proxy_targets, before, wanted),
        ):
            targets = {
                key: sorted(set(new.get(key) or []) - set(old.get(key) or []))
                for key in ("DBClusterIdentifiers", "DBInstanceIdentifiers")
            }
            if any(targets.values()):
                operation(**identity, **{key: each for key, each in targets.items() if each})
        pool = wanted.get(_POOL) or {}
        if pool != (before.get(_POOL) or {}):
            rds.modify_db_proxy_target_group(
                **identity,
                **rds_arguments(
                    rds, "ModifyDBProxyTargetGroup", {"ConnectionPoolConfig": _DEFAULT_POOL | pool}
                ),
            )
        (group,) = rds.describe_db_proxy_target_groups(DBProxyName=identity["DBProxyName"])[
            "TargetGroups"
        ]
        return wanted | {"TargetGroupArn": group["TargetGroupArn"]}


_DEFAULT_POOL: Model = {
    "ConnectionBorrowTimeout": 120,
    "MaxConnectionsPercent": 100,
    "MaxIdleConnectionsPercent": 50,
    "SessionPinningFilters": [],
}


def _identity(model: Model) -> Model:
    return {key: model[key] for key in ("DBProxyName", "TargetGroupName")}
