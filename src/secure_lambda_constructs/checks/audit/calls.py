"""The connection of the audit: clients of all regions, answers that are kept, and gaps."""

import json
import threading
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from ...signing.command.aws import THROTTLED, DeclinedError, Target, error_code
from ...signing.command.session import new_session
from .findings import AuditError, Gap
from .kept_answers import KeptAnswers
from .permissions import ACTIONS_BY_OPERATION

__all__ = ["AT_ONCE", "Account", "UnreadError", "connect"]

AT_ONCE = 8
"""Calls that are under way at the same time."""

_ATTEMPTS = 10
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
# Environment variables, parameters, outputs and templates may hold secrets.
_SECRET = {"DescribeStacks", "GetTemplate", "ListExports", "ListFunctions"}
# IAM has one endpoint in each partition, and CloudTrail records its calls there.
_HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


class UnreadError(Exception):
    """Something could not be read; the gap is noted already."""


class Account:
    """One account, in all its regions.

    Throttled calls are repeated by botocore's adaptive mode, which also slows down what follows:
    10 attempts, unless the user's environment or configuration says otherwise
    (<https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html>).

    Attributes:
        number: The account.
        partition: The partition.
        region: The region of the environment.
        home: The region in which CloudTrail has what IAM does.
        gaps: What could not be read.
    """

    def __init__(self, session: Any, number: str, partition: str, region: str) -> None:
        """Set up; see `connect`."""
        self.number = number
        self.partition = partition
        self.region = region
        self.home = _HOME.get(partition, region)
        self.gaps: list[Gap] = []
        self.answers = KeptAnswers(None, number)
        self.on_call: Callable[[str, str], object] = lambda region, operation: None
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def ask(
        self,
        region: str,
        service: str,
        operation: str,
        about: str,
        *,
        declined: Collection[str] = (),
        limit: int | None = None,
        read: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        **parameters: Any,
    ) -> dict[str, Any]:
        """Make one call, all its pages, unless its answer is there already.

        Args:
            region: The region.
            service: The service, as botocore names it.
            operation: Name of the operation, as in AWS's documentation.
            about: What the call is about, for messages.
            declined: Codes of AWS that the caller deals with.
            limit: How many items to read at most; all by default.
            read: Makes of what AWS answered what is kept of it; all of it by default.
            parameters: The parameters of the call.

        Returns:
            What AWS answered; times are texts.

        Raises:
            DeclinedError: AWS declined with one of those codes.
            UnreadError: Anything else went wrong; it is among the gaps.
        """
        key = f"{region} {service} {operation} {json.dumps(parameters, sort_keys=True)}"
        kept = self.answers.get(key)
        if kept is not None and kept.get("declined") in (None, *declined):
            return _checked(kept)
        try:
            answer = self._call(region, service, operation, limit, parameters)
            answer = _plain(answer if read is None else read(answer))
        except Exception as error:
            code = error_code(error)
            if code not in declined:
                reason = self._reason(error, code, operation, region)
                gap = Gap(region, operation, about, reason)
                with self._lock:
                    if gap not in self.gaps:
                        self.gaps.append(gap)
                raise UnreadError(reason) from error
            answer = {"declined": code}
        self.answers.put(key, answer, secret=operation in _SECRET)
        self.on_call(region, operation)
        return _checked(answer)

    def _call(
        self,
        region: str,
        service: str,
        operation: str,
        limit: int | None,
        parameters: dict[str, Any],
    ) -> dict[str, Any]:
        from botocore import xform_name

        client, method = self._client(region, service), xform_name(operation)
        if client.can_paginate(method):
            pages = client.get_paginator(method).paginate(
                **parameters, PaginationConfig={"MaxItems": limit}
            )
            return dict(pages.build_full_result())
        return dict(getattr(client, method)(**parameters))

    def _client(self, region: str, service: str) -> Any:
        # botocore's sessions are not made for several threads; its clients are.
        with self._lock:
            if (region, service) not in self._clients:
                from botocore.config import Config

                mode = self._session.get_config_variable("retry_mode")
                attempts = self._session.get_config_variable("max_attempts")
                retries: Any = {
                    "mode": "adaptive" if mode in (None, "legacy") else mode,
                    "total_max_attempts": int(attempts or _ATTEMPTS),
                }
                self._clients[region, service] = self._session.create_client(
                    service, region_name=region, config=Config(retries=retries)
                )
            return self._clients[region, service]

    def _reason(self, error: Exception, code: str, operation: str, region: str) -> str:
        if code in _DENIED:
            actions = ", ".join(ACTIONS_BY_OPERATION[operation])
            return f"AWS denied it: the caller in account {self.number} needs {actions}"
        if code in THROTTLED:
            return f"AWS throttles it ({code}): repeat the command with --resume FILE"
        return _explained(error, operation, self.number, region)


def connect(region: str | None) -> Account:
    """Ask who is calling.

    Args:
        region: The region; that of the environment where it is `None`.

    Returns:
        The connection.

    Raises:
        AuditError: There are no credentials that AWS accepts, or no region.
    """
    # What is read here may be a broken configuration, so all of it is translated.
    try:
        session, known = new_session(region, at_once=AT_ONCE)
        if not known:
            raise AuditError("no AWS region is known: add --region, or set AWS_REGION")
        identity = session.create_client("sts").get_caller_identity()
    except AuditError:
        raise
    except Exception as error:
        raise AuditError(_explained(error, "GetCallerIdentity", "", region or "")) from error
    partition = str(identity.get("Arn") or "arn:aws").split(":")[1]
    return Account(session, str(identity["Account"]), partition, known)


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "declined" in answer:
        raise DeclinedError(answer["declined"])
    return answer


def _plain(value: Any) -> Any:
    """Make an answer fit for JSON, without what is about its transport."""
    if isinstance(value, dict):
        return {
            str(name): _plain(each) for name, each in value.items() if name != "ResponseMetadata"
        }
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _explained(error: Exception, operation: str, account: str, region: str) -> str:
    from ...signing.command.aws_failures import explain

    return str(explain(error, operation, Target("", "", "", account, region, "")))
