"""LocalStack's CloudWatch Logs with a key that can be changed after a group was made."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.services.logs.models import get_moto_logs_backend
from localstack.services.logs.provider import LogsProvider

__all__ = ["KeyChangingLogsProvider"]


class KeyChangingLogsProvider(LogsProvider):
    """Adds the two calls that the bundled back-end lacks; keys are stored, nothing is encrypted."""

    def associate_kms_key(
        self, context: RequestContext, kms_key_id: str, log_group_name: str | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """Names the key of a group."""
        _group(context, log_group_name).kms_key_id = kms_key_id

    def disassociate_kms_key(
        self, context: RequestContext, log_group_name: str | None = None, **kwargs: Any
    ) -> None:
        """Takes the key of a group away."""
        _group(context, log_group_name).kms_key_id = None


def _group(context: RequestContext, name: str | None) -> Any:
    group = get_moto_logs_backend(context.account_id, context.region).groups.get(name)
    if group is None:
        raise CommonServiceException(
            "ResourceNotFoundException",
            "The specified log group does not exist.",
            400,
            sender_fault=True,
        )
    return group
