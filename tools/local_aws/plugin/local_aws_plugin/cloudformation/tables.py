"""``AWS::DynamoDB::Table`` and ``AWS::DynamoDB::GlobalTable`` (the CDK's ``TableV2``)."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes

__all__ = ["GlobalTableProvider", "TableProvider"]

_SHAPE = ("AttributeDefinitions", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes")


class TableProvider(OurProvider):
    """A table in one region."""

    TYPE = "AWS::DynamoDB::Table"
    SUPPORTED = frozenset(
        {
            *_SHAPE,
            "BillingMode",
            "DeletionProtectionEnabled",
            "PointInTimeRecoverySpecification",
            "ProvisionedThroughput",
            "ResourcePolicy",
            "SSESpecification",
            "StreamSpecification",
            "TableClass",
            "TableName",
            "Tags",
            "TimeToLiveSpecification",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        client = request.aws_client_factory.dynamodb
        name = wanted.get("TableName") or self._name(request, 255)
        description = client.create_table(**self._creation(name, wanted))["TableDescription"]
        _settings(client, name, {}, self._settings_of(request, wanted))
        _policy(client, description["TableArn"], {}, wanted)
        return wanted | {"TableName": name} | _identity(description)

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        client, name = request.aws_client_factory.dynamodb, before["TableName"]
        for key in ("AttributeDefinitions", "GlobalSecondaryIndexes"):
            if wanted.get(key) != before.get(key):
                raise RuntimeError(
                    f"the local AWS stand-in cannot change {key} of a table that exists"
                )
        old, new = self._settings_of(request, before), self._settings_of(request, wanted)
        changes = {
            key: new.get(key, default)
            for key, default in (
                ("BillingMode", "PROVISIONED"),
                ("DeletionProtectionEnabled", False),
                ("SSESpecification", {"Enabled": False}),
                ("TableClass", "STANDARD"),
            )
            if new.get(key) != old.get(key)
        }
        if "ProvisionedThroughput" in wanted and changes.get("BillingMode") == "PROVISIONED":
            changes["ProvisionedThroughput"] = wanted["ProvisionedThroughput"]
        if new.get("StreamSpecification") != old.get("StreamSpecification"):
            changes["StreamSpecification"] = _stream(new) or {"StreamEnabled": False}
        if changes:
            client.update_table(TableName=name, **changes)
        _settings(client, name, old, new)
        arn = before["Arn"]
        _policy(client, arn, old, new)
        tag_changes(
            old,
            new,
            add=lambda tags: client.tag_resource(
                ResourceArn=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
            ),
            remove=lambda keys: client.untag_resource(ResourceArn=arn, TagKeys=keys),
        )
        description = client.describe_table(TableName=name)["Table"]
        return wanted | {"TableName": name} | _identity(description)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.dynamodb.delete_table(TableName=before["TableName"])

    def _creation(self, name: str, wanted: Model) -> Model:
        given = {key: wanted[key] for key in _SHAPE if wanted.get(key)}
        billing = wanted.get("BillingMode", "PROVISIONED")
        given |= {"TableName": name, "BillingMode": billing}
        if billing == "PROVISIONED":
            given["ProvisionedThroughput"] = wanted["ProvisionedThroughput"]
        for key in ("SSESpecification", "TableClass", "Tags"):
            if wanted.get(key):
                given[key] = wanted[key]
        if "SSEEnabled" in given.get("SSESpecification", {}):
            given["SSESpecification"] = _encryption(wanted)
        if wanted.get("DeletionProtectionEnabled"):
            given["DeletionProtectionEnabled"] = True
        if wanted.get("StreamSpecification"):
            given["StreamSpecification"] = _stream(wanted)
        return given

    def _settings_of(self, request: ResourceRequest, model: Model) -> Model:
        """What is applied by calls of its own, under the names of ``AWS::DynamoDB::Table``."""
        settings = dict(model)
        if "SSESpecification" in settings:
            settings["SSESpecification"] = _encryption(model)
        return settings


class GlobalTableProvider(TableProvider):
    """A global table with its one replica in this region, which is how TableV2 renders a table."""

    TYPE = "AWS::DynamoDB::GlobalTable"
    SUPPORTED = frozenset(
        {
            *_SHAPE,
            "BillingMode",
            "Replicas",
            "SSESpecification",
            "StreamSpecification",
            "TableName",
            "TimeToLiveSpecification",
        }
    )
    _REPLICA = frozenset(
        {
            "ContributorInsightsSpecification",
            "DeletionProtectionEnabled",
            "KinesisStreamSpecification",
            "PointInTimeRecoverySpecification",
            "Region",
            "ResourcePolicy",
            "SSESpecification",
            "TableClass",
            "Tags",
        }
    ) - {"KinesisStreamSpecification", "ContributorInsightsSpecification"}

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        client = request.aws_client_factory.dynamodb
        name = wanted.get("TableName") or self._name(request, 255)
        settings = self._settings_of(request, wanted)
        description = client.create_table(**self._creation(name, settings))["TableDescription"]
        _settings(client, name, {}, settings)
        _policy(client, description["TableArn"], {}, settings)
        return wanted | {"TableName": name} | _identity(description)

    def _settings_of(self, request: ResourceRequest, model: Model) -> Model:
        replicas = model.get("Replicas") or []
        if len(replicas) != 1 or replicas[0]["Region"] != request.region_name:
            raise RuntimeError(
                "the local AWS stand-in supports one replica, in the stack's own region, of "
                f"{self.TYPE}"
            )
        replica: Model = replicas[0]
        dropped = replica.keys() - self._REPLICA
        if dropped:
            raise RuntimeError(
                f"the local AWS stand-in does not support {', '.join(sorted(dropped))} "
                f"of a replica of {self.TYPE}"
            )
        settings = {key: value for key, value in model.items() if key != "Replicas"}
        encryption = settings.pop("SSESpecification", None)
        settings |= {key: value for key, value in replica.items() if key != "Region"}
        if encryption is not None:
            settings["SSESpecification"] = _encryption({"SSESpecification": encryption | (
                replica.get("SSESpecification") or {}
            )})  # fmt: skip
        else:
            settings.pop("SSESpecification", None)
        return settings


def _identity(description: Model) -> Model:
    identity = {"Arn": description["TableArn"], "TableId": description.get("TableId", "")}
    if description.get("LatestStreamArn"):
        identity["StreamArn"] = description["LatestStreamArn"]
    return identity


def _encryption(model: Model) -> Model:
    given = dict(model["SSESpecification"])
    if "SSEEnabled" in given:
        given["Enabled"] = str(given.pop("SSEEnabled")).lower() == "true"
    return given


def _stream(model: Model) -> Model | None:
    given = model.get("StreamSpecification")
    if not given:
        return None
    return {"StreamEnabled": True, "StreamViewType": given.get("StreamViewType", "KEYS_ONLY")}


def _settings(client: Any, name: str, before: Model, wanted: Model) -> None:
    """What has a call of its own."""
    recovery = "PointInTimeRecoverySpecification"
    if wanted.get(recovery) != before.get(recovery):
        enabled = (wanted.get(recovery) or {}).get("PointInTimeRecoveryEnabled", False)
        client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": str(enabled).lower() == "true"
            },
        )
    live = "TimeToLiveSpecification"
    if wanted.get(live) != before.get(live):
        given = wanted.get(live) or before[live] | {"Enabled": False}
        enabled = str(given.get("Enabled", True)).lower() == "true"
        current = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if enabled or current.get("TimeToLiveStatus") == "ENABLED":
            client.update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={
                    "Enabled": enabled, "AttributeName": given["AttributeName"],
                },
            )  # fmt: skip


def _policy(client: Any, arn: str, before: Model, wanted: Model) -> None:
    """The resource policy; the calls of one are among those that CloudFormation makes."""
    given = wanted.get("ResourcePolicy")
    if given == before.get("ResourcePolicy"):
        return
    if given is None:
        client.delete_resource_policy(ResourceArn=arn)
    else:
        client.put_resource_policy(ResourceArn=arn, Policy=json.dumps(given["PolicyDocument"]))
