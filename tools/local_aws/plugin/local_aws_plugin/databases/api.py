"""RDS's API: moto's, with IAM authentication as AWS has it since 2025, and real databases.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/ - what moto has not answers loudly.
"""

from __future__ import annotations

import secrets
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.aws.skeleton import DispatchTable, create_dispatch_table
from localstack.aws.spec import load_service
from localstack.services.moto import (
    call_moto,
    call_moto_with_request,
    translate_service_exception,
)
from moto.rds.models import rds_backends

from .fleet import FLEET, Database

__all__ = ["RdsProvider", "dispatch_table"]

Request = dict[str, Any]

_IAM = "iam-db-auth"


def dispatch_table(provider: RdsProvider) -> DispatchTable:
    """Our own operations, and moto's for all the others: LocalStack has no API of RDS."""
    table: DispatchTable = {
        operation: lambda context, request: call_moto(context)
        for operation in load_service(RdsProvider.service).operation_names
    }
    return table | create_dispatch_table(provider)


class RdsProvider:
    """Answers the calls that moto does not answer as AWS does."""

    service = "rds"
    version = "2014-10-31"

    def __init__(self) -> None:
        # The authentication scheme of each proxy, by its ARN.
        self._schemes: dict[str, str] = {}

    @handler("CreateDBCluster", expand=False)
    def create_db_cluster(self, context: RequestContext, request: Request) -> Any:
        """Creates a cluster, and a database behind its endpoints."""
        answer = _create(context, request)
        made = answer["DBCluster"]
        FLEET.start(
            Database(
                made["DBClusterArn"],
                (made["Endpoint"], made["ReaderEndpoint"]),
                made["Engine"],
                int(made["Port"]),
                request["MasterUsername"],
                request.get("DatabaseName"),
            )
        )
        return answer

    @handler("ModifyDBCluster", expand=False)
    def modify_db_cluster(self, context: RequestContext, request: Request) -> Any:
        """Changes a cluster; moto would keep its IAM authentication as it was."""
        answer = call_moto(context)
        if "EnableIAMDatabaseAuthentication" in request:
            cluster = _backend(context).clusters[request["DBClusterIdentifier"]]
            cluster.iam_auth = bool(request["EnableIAMDatabaseAuthentication"])
        return answer

    @handler("DeleteDBCluster", expand=False)
    def delete_db_cluster(self, context: RequestContext, request: Request) -> Any:
        """Deletes a cluster with its data."""
        answer = call_moto(context)
        FLEET.stop(answer["DBCluster"]["DBClusterArn"])
        return answer

    @handler("CreateDBInstance", expand=False)
    def create_db_instance(self, context: RequestContext, request: Request) -> Any:
        """Creates an instance; one of a cluster is another name of the cluster's database."""
        cluster = request.get("DBClusterIdentifier")
        answer = call_moto(context) if cluster else _create(context, request)
        made = answer["DBInstance"]
        name, port = made["Endpoint"]["Address"], int(made["Endpoint"]["Port"])
        if cluster:
            FLEET.add_name(_backend(context).clusters[cluster].arn, name)
            return answer
        FLEET.start(
            Database(
                made["DBInstanceArn"],
                (name,),
                made["Engine"],
                port,
                request["MasterUsername"],
                request.get("DBName"),
            )
        )
        return answer

    @handler("DeleteDBInstance", expand=False)
    def delete_db_instance(self, context: RequestContext, request: Request) -> Any:
        """Deletes an instance."""
        answer = call_moto(context)
        FLEET.stop(answer["DBInstance"]["DBInstanceArn"])
        return answer

    @handler("CreateDBProxy", expand=False)
    def create_db_proxy(self, context: RequestContext, request: Request) -> Any:
        """Creates a proxy; without a default scheme it needs a secret."""
        scheme = request.get("DefaultAuthScheme") or "NONE"
        if scheme == "NONE" and not request.get("Auth"):
            raise _refusal(
                "InvalidParameterValue",
                "Auth is required when DefaultAuthScheme is not specified or is NONE.",
            )
        with translate_service_exception:
            made = _backend(context).create_db_proxy(
                db_proxy_name=request["DBProxyName"],
                engine_family=request["EngineFamily"],
                auth=request.get("Auth") or [],
                role_arn=request["RoleArn"],
                vpc_subnet_ids=request["VpcSubnetIds"],
                vpc_security_group_ids=request.get("VpcSecurityGroupIds"),
                require_tls=request.get("RequireTLS"),
                idle_client_timeout=request.get("IdleClientTimeout"),
                debug_logging=request.get("DebugLogging"),
                tags=request.get("Tags"),
            )
        # Tokens are signed for a host name in small letters.
        made.endpoint = made.endpoint.lower()
        self._schemes[made.arn] = scheme
        return {"DBProxy": self._described(made)}

    @handler("ModifyDBProxy", expand=False)
    def modify_db_proxy(self, context: RequestContext, request: Request) -> Any:
        """Changes a proxy, which moto cannot."""
        (proxy,) = _proxies(context, request["DBProxyName"])
        if "Auth" in context.request.form:
            # LocalStack's parser drops a list that is empty.
            request = {"Auth": []} | request
        for field, key in (
            ("auth", "Auth"),
            ("require_tls", "RequireTLS"),
            ("idle_client_timeout", "IdleClientTimeout"),
            ("debug_logging", "DebugLogging"),
            ("role_arn", "RoleArn"),
            ("vpc_security_group_ids", "SecurityGroups"),
        ):
            if key in request:
                setattr(proxy, field, request[key])
        if "DefaultAuthScheme" in request:
            self._schemes[proxy.arn] = request["DefaultAuthScheme"]
        return {"DBProxy": self._described(proxy)}

    @handler("DescribeDBProxies", expand=False)
    def describe_db_proxies(self, context: RequestContext, request: Request) -> Any:
        """Describes proxies, with the scheme that moto does not know."""
        found = _proxies(context, request.get("DBProxyName"))
        return {"DBProxies": [self._described(proxy) for proxy in found]}

    @handler("DeleteDBProxy", expand=False)
    def delete_db_proxy(self, context: RequestContext, request: Request) -> Any:
        """Deletes a proxy."""
        (proxy,) = _proxies(context, request["DBProxyName"])
        described = self._described(proxy)
        _backend(context).delete_db_proxy(request["DBProxyName"])
        FLEET.stop(proxy.arn)
        self._schemes.pop(proxy.arn)
        return {"DBProxy": described | {"Status": "deleting"}}

    @handler("RegisterDBProxyTargets", expand=False)
    def register_db_proxy_targets(self, context: RequestContext, request: Request) -> Any:
        """Puts a proxy in front of a database."""
        answer = call_moto(context)
        (proxy,) = _proxies(context, request["DBProxyName"])
        backend = _backend(context)
        targets = [backend.clusters[each] for each in request.get("DBClusterIdentifiers") or []]
        targets += [backend.databases[each] for each in request.get("DBInstanceIdentifiers") or []]
        for target in targets:
            FLEET.add_proxy(proxy.arn, proxy.endpoint, target.arn)
        return answer

    @handler("DeregisterDBProxyTargets", expand=False)
    def deregister_db_proxy_targets(self, context: RequestContext, request: Request) -> Any:
        """Takes a proxy away from a database."""
        answer = call_moto(context)
        (proxy,) = _proxies(context, request["DBProxyName"])
        FLEET.stop(proxy.arn)
        return answer

    def _described(self, proxy: Any) -> Request:
        return {
            "Auth": proxy.auth,
            "CreatedDate": proxy.created_date,
            "DBProxyArn": proxy.arn,
            "DBProxyName": proxy.db_proxy_name,
            "DebugLogging": bool(proxy.debug_logging),
            "DefaultAuthScheme": self._schemes[proxy.arn],
            "Endpoint": proxy.endpoint,
            "EngineFamily": proxy.engine_family,
            "IdleClientTimeout": int(proxy.idle_client_timeout),
            "RequireTLS": bool(proxy.require_tls),
            "RoleArn": proxy.role_arn,
            "Status": proxy.status,
            "UpdatedDate": proxy.updated_date,
            "VpcId": proxy.vpc_id,
            "VpcSecurityGroupIds": proxy.vpc_security_group_ids,
            "VpcSubnetIds": proxy.vpc_subnet_ids,
        }


def _backend(context: RequestContext) -> Any:
    return rds_backends[context.account_id][context.region]


def _proxies(context: RequestContext, name: str | None) -> list[Any]:
    with translate_service_exception:
        return list(_backend(context).describe_db_proxies(name))


def _create(context: RequestContext, request: Request) -> Any:
    """Creates a database; moto wants a password where the master user logs in with IAM."""
    if request.get("MasterUserAuthenticationType") != _IAM:
        return call_moto(context)
    if request.get("MasterUserPassword") or request.get("ManageMasterUserPassword"):
        raise _refusal(
            "InvalidParameterCombination",
            "A master user with IAM authentication has no password.",
        )
    given = {key: value for key, value in request.items() if key != "MasterUserAuthenticationType"}
    return call_moto_with_request(context, given | {"MasterUserPassword": secrets.token_hex(16)})


def _refusal(code: str, message: str) -> CommonServiceException:
    return CommonServiceException(code, message, 400, sender_fault=True)
