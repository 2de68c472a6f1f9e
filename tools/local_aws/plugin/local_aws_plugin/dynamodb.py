"""LocalStack's DynamoDB on the DynamoDB Local that the set-up installed.

LocalStack would download a newer one. This one is of 2020 and knows neither deletion protection nor
table classes nor resource policies; LocalStack's own layer and this one keep what it lacks.
"""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.services.dynamodb.provider import DynamoDBProvider
from localstack.services.dynamodb.server import DynamodbServer
from localstack.utils.objects import singleton_factory
from localstack.utils.run import FuncThread

from .processes import KEEPER
from .table_policies import TablePolicies

__all__ = ["LocalDynamoDBProvider"]

# Request fields that DynamoDB Local of 2020 refuses or drops.
_UNKNOWN_FIELDS = (
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "ResourcePolicy",
    "TableClass",
    "WarmThroughput",
)


class _Server(DynamodbServer):
    def do_start_thread(self) -> FuncThread:
        home = Path(os.environ["LOCAL_AWS_DYNAMODB"])
        log = Path(os.environ["LOCAL_AWS_STATE"]) / "dynamodb.log"
        script = str(Path(__file__).with_name("dynamodb_server.py"))
        command = [sys.executable, "-I", script, str(home)]
        command += [os.environ["LOCAL_AWS_JVM"], str(self.port)]
        with log.open("ab") as out:
            child = KEEPER.start(
                command, env={"PATH": os.environ["PATH"]}, cwd=home, stdout=out, stderr=out
            )

        def wait(*args: Any) -> None:
            child.wait()

        thread = FuncThread(wait, name="dynamodb-local", on_stop=lambda *args: KEEPER.end(child))
        thread.start()
        return thread


@singleton_factory
def _server() -> _Server:
    return _Server()


class LocalDynamoDBProvider(DynamoDBProvider):
    """Adds deletion protection and policies, and hides what DynamoDB Local does not know."""

    def __init__(self) -> None:
        super().__init__()
        self._protected: set[tuple[str, str, str]] = set()
        self._policies = TablePolicies()

    @staticmethod
    def _new_dynamodb_server() -> DynamodbServer:
        return _server()

    def forward_request(self, context: RequestContext, service_request: Any = None) -> Any:
        """Forwards a call without the fields that DynamoDB Local does not know."""
        request = service_request if service_request is not None else context.service_request
        if context.operation.name in ("CreateTable", "UpdateTable") and request:
            known = {key: value for key, value in request.items() if key not in _UNKNOWN_FIELDS}
            if len(known) != len(request):
                service_request = copy.deepcopy(known)
        return super().forward_request(context, service_request)

    @handler("CreateTable", expand=False)
    def create_table(self, context: RequestContext, create_table_input: Any) -> Any:
        """Creates a table and remembers its protection."""
        answer = super().create_table(context, create_table_input)
        if create_table_input.get("ResourcePolicy"):
            self._policies.put(
                answer["TableDescription"]["TableArn"], create_table_input["ResourcePolicy"]
            )
        return self._protect(context, create_table_input, answer)

    @handler("UpdateTable", expand=False)
    def update_table(self, context: RequestContext, update_table_input: Any) -> Any:
        """Changes a table and remembers its protection."""
        answer = super().update_table(context, update_table_input)
        return self._protect(context, update_table_input, answer)

    def describe_table(self, context: RequestContext, table_name: str, **kwargs: Any) -> Any:
        """Describes a table, with its protection."""
        answer = super().describe_table(context, table_name, **kwargs)
        answer["Table"]["DeletionProtectionEnabled"] = self._key(context, table_name) in (
            self._protected
        )
        return answer

    def delete_table(self, context: RequestContext, table_name: str, **kwargs: Any) -> Any:
        """Deletes a table that is not protected."""
        if self._key(context, table_name) in self._protected:
            raise CommonServiceException(
                "ValidationException",
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first.",
                400,
                sender_fault=True,
            )
        answer = super().delete_table(context, table_name, **kwargs)
        self._policies.delete(answer["TableDescription"]["TableArn"])
        return answer

    @handler("PutResourcePolicy")
    def put_resource_policy(
        self, context: RequestContext, resource_arn: str, policy: str, **kwargs: Any
    ) -> Any:
        """Keeps the policy of a table that exists."""
        name = resource_arn.rsplit("/", 1)[-1]
        if not self.table_exists(context.account_id, context.region, name):
            raise CommonServiceException(
                "ResourceNotFoundException",
                f"Requested resource not found: Table: {name} not found",
                400,
                sender_fault=True,
            )
        return {"RevisionId": self._policies.put(resource_arn, policy)}

    @handler("GetResourcePolicy")
    def get_resource_policy(self, context: RequestContext, resource_arn: str, **kwargs: Any) -> Any:
        """Gives the policy of a table."""
        return self._policies.get(resource_arn)

    @handler("DeleteResourcePolicy")
    def delete_resource_policy(
        self, context: RequestContext, resource_arn: str, **kwargs: Any
    ) -> Any:
        """Forgets the policy of a table."""
        return self._policies.delete(resource_arn)

    def _protect(self, context: RequestContext, request: Any, answer: Any) -> Any:
        key = self._key(context, request["TableName"])
        if "DeletionProtectionEnabled" in request:
            (
                self._protected.add
                if request["DeletionProtectionEnabled"]
                else self._protected.discard
            )(key)
        answer["TableDescription"]["DeletionProtectionEnabled"] = key in self._protected
        return answer

    @staticmethod
    def _key(context: RequestContext, table_name: str) -> tuple[str, str, str]:
        return context.account_id, context.region, table_name.rsplit("/", 1)[-1]
