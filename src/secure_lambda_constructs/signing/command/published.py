"""Asking whether an object is published already, as the CDK does before it publishes one."""

import threading
from collections.abc import Sequence
from typing import Any

from .aws import Aws
from .manifests import Destination

__all__ = ["Publications"]

# https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema-readme.html
_PLACEHOLDERS = {
    "${AWS::Partition}": "partition",
    "${AWS::AccountId}": "account",
    "${AWS::Region}": "region",
}
# `cdk-assets` takes an empty zip for none.
_EMPTY_ZIP = 22


class Publications:
    """Knows what is published, as far as the caller may see it.

    The manifest names a role for each destination, which the CDK CLI assumes; where that is
    denied, the CLI tries with the caller's own rights, and so does this. Whoever may do neither
    cannot know.
    """

    def __init__(self, aws: Aws) -> None:
        """Set up; nothing is called.

        Args:
            aws: The connection of the account that is deployed to.
        """
        self._aws = aws
        self._clients: dict[tuple[str | None, str], Any] = {}
        self._lock = threading.Lock()

    def has(self, destinations: Sequence[Destination]) -> bool | None:
        """Ask whether an asset is at all of its destinations.

        Args:
            destinations: Where it is published.

        Returns:
            Whether it is; `None` where the caller may not know, or AWS does not answer.
        """
        try:
            return all(self._is_there(destination) for destination in destinations)
        except Exception:
            # Whatever it is: who signs will meet it too if it matters, and say what it is.
            return None

    def _is_there(self, destination: Destination) -> bool:
        key = self._filled(destination.key)
        found = self._client(destination).list_objects_v2(
            Bucket=self._filled(destination.bucket), Prefix=key, MaxKeys=1
        )
        return any(
            item["Key"] == key and item.get("Size", _EMPTY_ZIP + 1) > _EMPTY_ZIP
            for item in found.get("Contents", [])
        )

    def _client(self, destination: Destination) -> Any:
        region = self._filled(destination.region or "${AWS::Region}")
        role = destination.role_arn and self._filled(destination.role_arn)
        with self._lock:
            if (role, region) not in self._clients:
                self._clients[role, region] = self._new_client(role, destination, region)
            return self._clients[role, region]

    def _new_client(self, role: str | None, destination: Destination, region: str) -> Any:
        session = self._aws.session
        credentials: dict[str, str] = {}
        if role:
            external = {"ExternalId": destination.external_id} if destination.external_id else {}
            try:
                made = session.create_client("sts", region_name=region).assume_role(
                    RoleArn=role, RoleSessionName="secure-lambda-sign", **external
                )["Credentials"]
                credentials = {
                    "aws_access_key_id": made["AccessKeyId"],
                    "aws_secret_access_key": made["SecretAccessKey"],
                    "aws_session_token": made["SessionToken"],
                }
            except Exception:
                credentials = {}  # the caller's own rights may do
        return session.create_client("s3", region_name=region, **credentials)

    def _filled(self, text: str) -> str:
        for placeholder, attribute in _PLACEHOLDERS.items():
            text = text.replace(placeholder, getattr(self._aws.target, attribute))
        return text
