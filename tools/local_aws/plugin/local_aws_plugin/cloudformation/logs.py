"""``AWS::Logs::LogGroup``, with retention, key and tags, and ``::ResourcePolicy``."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes, tags_as_dict

__all__ = ["LogGroupProvider", "ResourcePolicyProvider"]


class LogGroupProvider(OurProvider):
    """A log group."""

    TYPE = "AWS::Logs::LogGroup"
    SUPPORTED = frozenset({"KmsKeyId", "LogGroupClass", "LogGroupName", "RetentionInDays", "Tags"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        logs = request.aws_client_factory.logs
        name = wanted.get("LogGroupName") or self._name(request, 512)
        optional: Model = {}
        if wanted.get("KmsKeyId"):
            optional["kmsKeyId"] = wanted["KmsKeyId"]
        if wanted.get("LogGroupClass"):
            optional["logGroupClass"] = wanted["LogGroupClass"]
        if wanted.get("Tags"):
            optional["tags"] = tags_as_dict(wanted["Tags"])
        logs.create_log_group(logGroupName=name, **optional)
        if wanted.get("RetentionInDays"):
            logs.put_retention_policy(
                logGroupName=name, retentionInDays=int(wanted["RetentionInDays"])
            )
        # The ARN that Fn::GetAtt gives ends with ":*".
        arn = f"arn:aws:logs:{request.region_name}:{request.account_id}:log-group:{name}:*"
        return wanted | {"LogGroupName": name, "Arn": arn}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        logs, name = request.aws_client_factory.logs, before["LogGroupName"]
        if wanted.get("RetentionInDays") != before.get("RetentionInDays"):
            if wanted.get("RetentionInDays"):
                days = int(wanted["RetentionInDays"])
                logs.put_retention_policy(logGroupName=name, retentionInDays=days)
            else:
                logs.delete_retention_policy(logGroupName=name)
        if wanted.get("KmsKeyId") != before.get("KmsKeyId"):
            if wanted.get("KmsKeyId"):
                logs.associate_kms_key(logGroupName=name, kmsKeyId=wanted["KmsKeyId"])
            else:
                logs.disassociate_kms_key(logGroupName=name)
        self._change_tags(logs, before, wanted)
        return wanted | {"LogGroupName": name, "Arn": before["Arn"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.logs.delete_log_group(logGroupName=before["LogGroupName"])

    @staticmethod
    def _change_tags(logs: Any, before: Model, wanted: Model) -> None:
        arn = before["Arn"].removesuffix(":*")
        tag_changes(
            before,
            wanted,
            add=lambda tags: logs.tag_resource(resourceArn=arn, tags=tags),
            remove=lambda keys: logs.untag_resource(resourceArn=arn, tagKeys=keys),
        )


class ResourcePolicyProvider(OurProvider):
    """Who may write to log groups, stored and not enforced."""

    TYPE = "AWS::Logs::ResourcePolicy"
    SUPPORTED = frozenset({"PolicyDocument", "PolicyName"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        document = wanted["PolicyDocument"]
        request.aws_client_factory.logs.put_resource_policy(
            policyName=wanted["PolicyName"],
            policyDocument=document if isinstance(document, str) else json.dumps(document),
        )
        return wanted

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        return self._make(request, wanted)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.logs.delete_resource_policy(policyName=before["PolicyName"])
