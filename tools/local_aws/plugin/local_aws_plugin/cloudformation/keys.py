"""``AWS::KMS::Key`` and ``::Alias``: with updates."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes

__all__ = ["AliasProvider", "KeyProvider"]


class KeyProvider(OurProvider):
    """A key; its policy is stored, not enforced."""

    TYPE = "AWS::KMS::Key"
    SUPPORTED = frozenset(
        {
            "Description",
            "EnableKeyRotation",
            "Enabled",
            "KeyPolicy",
            "KeySpec",
            "KeyUsage",
            "MultiRegion",
            "PendingWindowInDays",
            "RotationPeriodInDays",
            "Tags",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        kms = request.aws_client_factory.kms
        given: Model = {
            key: wanted[key] for key in ("Description", "KeySpec", "KeyUsage") if key in wanted
        }
        if "KeyPolicy" in wanted:
            given["Policy"] = _policy(wanted)
        made = kms.create_key(
            MultiRegion=_truth(wanted.get("MultiRegion", False)),
            Tags=[_tag(each["Key"], each["Value"]) for each in wanted.get("Tags") or []],
            **given,
        )["KeyMetadata"]
        self._switch(kms, made["KeyId"], {}, wanted)
        return wanted | {"KeyId": made["KeyId"], "Arn": made["Arn"]}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        kms, key_id = request.aws_client_factory.kms, before["KeyId"]
        for fixed in ("KeySpec", "KeyUsage", "MultiRegion"):
            if wanted.get(fixed) != before.get(fixed):
                raise RuntimeError(f"{fixed} of a key cannot be changed")
        if wanted.get("Description") != before.get("Description"):
            kms.update_key_description(KeyId=key_id, Description=wanted.get("Description", ""))
        if "KeyPolicy" in wanted and wanted["KeyPolicy"] != before.get("KeyPolicy"):
            kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=_policy(wanted))
        self._switch(kms, key_id, before, wanted)
        tag_changes(
            before,
            wanted,
            add=lambda tags: kms.tag_resource(
                KeyId=key_id, Tags=[_tag(key, value) for key, value in tags.items()]
            ),
            remove=lambda keys: kms.untag_resource(KeyId=key_id, TagKeys=keys),
        )
        return wanted | {"KeyId": key_id, "Arn": before["Arn"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.kms.schedule_key_deletion(
            KeyId=before["KeyId"], PendingWindowInDays=int(before.get("PendingWindowInDays", 30))
        )

    @staticmethod
    def _switch(kms: Any, key_id: str, before: Model, wanted: Model) -> None:
        """What is on or off."""
        enabled = _truth(wanted.get("Enabled", True))
        if enabled != _truth(before.get("Enabled", True)):
            (kms.enable_key if enabled else kms.disable_key)(KeyId=key_id)
        keys = ("EnableKeyRotation", "RotationPeriodInDays")
        if all(wanted.get(key) == before.get(key) for key in keys):
            return
        if _truth(wanted.get("EnableKeyRotation", False)):
            days = wanted.get("RotationPeriodInDays")
            period = {"RotationPeriodInDays": int(days)} if days else {}
            kms.enable_key_rotation(KeyId=key_id, **period)
        else:
            kms.disable_key_rotation(KeyId=key_id)


class AliasProvider(OurProvider):
    """Another name of a key."""

    TYPE = "AWS::KMS::Alias"
    SUPPORTED = frozenset({"AliasName", "TargetKeyId"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        request.aws_client_factory.kms.create_alias(**wanted)
        return wanted

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        request.aws_client_factory.kms.update_alias(**wanted)
        return wanted

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.kms.delete_alias(AliasName=before["AliasName"])


def _policy(wanted: Model) -> str:
    document = wanted["KeyPolicy"]
    return document if isinstance(document, str) else json.dumps(document)


def _tag(key: str, value: str) -> dict[str, str]:
    return {"TagKey": key, "TagValue": value}


def _truth(value: object) -> bool:
    return str(value).lower() == "true"
