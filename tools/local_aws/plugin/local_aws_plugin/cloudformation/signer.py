"""``AWS::Signer::SigningProfile`` and ``AWS::Signer::ProfilePermission``."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes, tags_as_dict

__all__ = ["ProfilePermissionProvider", "SigningProfileProvider"]


class SigningProfileProvider(OurProvider):
    """A signing profile; deleting it cancels it, and its name stays taken."""

    TYPE = "AWS::Signer::SigningProfile"
    # ProfileName is listed as read-only beside create-only in older schemas; AWS accepts it.
    SUPPORTED = frozenset({"PlatformId", "ProfileName", "SignatureValidityPeriod", "Tags"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        signer = request.aws_client_factory.signer
        name = wanted.get("ProfileName") or self._name(request).replace("-", "_")
        if _exists(signer, name):
            raise RuntimeError(f"signing profile {name} already exists or was canceled")
        validity = wanted.get("SignatureValidityPeriod")
        made = signer.put_signing_profile(
            profileName=name,
            platformId=wanted["PlatformId"],
            tags=tags_as_dict(wanted.get("Tags")),
            **(
                {"signatureValidityPeriod": {
                    "value": int(validity["Value"]), "type": validity["Type"],
                }}
                if validity else {}
            ),
        )  # fmt: skip
        return wanted | {
            "ProfileName": name,
            "Arn": made["arn"],
            "ProfileVersion": made["profileVersion"],
            "ProfileVersionArn": made["profileVersionArn"],
        }

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        signer, arn = request.aws_client_factory.signer, before["Arn"]
        tag_changes(
            before,
            wanted,
            add=lambda tags: signer.tag_resource(resourceArn=arn, tags=tags),
            remove=lambda keys: signer.untag_resource(resourceArn=arn, tagKeys=keys),
        )
        kept = ("ProfileName", "Arn", "ProfileVersion", "ProfileVersionArn")
        return wanted | {key: before[key] for key in kept}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.signer.cancel_signing_profile(profileName=before["ProfileName"])


class ProfilePermissionProvider(OurProvider):
    """What another account may do with a profile; every change is a replacement."""

    TYPE = "AWS::Signer::ProfilePermission"
    SUPPORTED = frozenset({"Action", "Principal", "ProfileName", "ProfileVersion", "StatementId"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        version = wanted.get("ProfileVersion")
        request.aws_client_factory.signer.add_profile_permission(
            profileName=wanted["ProfileName"],
            action=wanted["Action"],
            principal=wanted["Principal"],
            statementId=wanted["StatementId"],
            **({"profileVersion": version} if version else {}),
        )
        return wanted

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        signer, name = request.aws_client_factory.signer, before["ProfileName"]
        revision = signer.list_profile_permissions(profileName=name)["revisionId"]
        signer.remove_profile_permission(
            profileName=name, statementId=before["StatementId"], revisionId=revision
        )


def _exists(signer: Any, name: str) -> bool:
    try:
        signer.get_signing_profile(profileName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise
    return True
