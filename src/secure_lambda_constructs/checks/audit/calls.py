"""The connection of the audit: clients of all regions, answers that are kept, and gaps."""

import json
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from ...signing.command.aws import THROTTLED, DeclinedError, Target, error_code
from ...signing.command.session import new_session
from .findings import AuditError, Gap
from .kept_answers import KeptAnswers
from .permissions import ACTIONS_BY_OPERATION

__all__ = ["AT_ONCE", "ELSEWHERE", "Account", "UnreadError", "at_once", "connect"]

AT_ONCE = 8
"""Calls that are under way at the same time."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

ELSEWHERE = "NotInRegion"
"""The code of a service that a region does not have: a caller that lists it finds nothing there."""

_ATTEMPTS = 10
# No call takes long: what has not answered by then is asked again.
_CONNECT_SECONDS, _READ_SECONDS = 10, 30
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
}
# How services of a region that is not enabled take credentials that are valid elsewhere:
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
_NOT_ENABLED = {
    "AuthFailure",
    "InvalidClientTokenId",
    "InvalidToken",
    "OptInRequired",
    "UnrecognizedClientException",
}
# Operations with pages that botocore has no paginator for: the token of the answer, where it goes
# in the next call, and the items.
_PAGES = {
    "DescribeAccountPolicies": ("nextToken", "nextToken", "accountPolicies"),
    "ListBucketInventoryConfigurations": (
        "NextContinuationToken",
        "ContinuationToken",
        "InventoryConfigurationList",
    ),
    "ListHostedZonesByVPC": ("NextToken", "NextToken", "HostedZoneSummaries"),
    "ListProfilePermissions": ("nextToken", "nextToken", "permissions"),
}
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
        self._asking: dict[str, threading.Lock] = {}

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
        with self._lock:
            asking = self._asking.setdefault(key, threading.Lock())
        with asking:  # who asks the same meanwhile waits for the answer
            kept = self.answers.get(key)
            if kept is not None and kept.get("declined") in (None, *declined):
                return _checked(kept)
            answer = self._asked(
                region, service, operation, about, declined, limit, read, parameters
            )
            self.answers.put(key, answer, secret=operation in _SECRET)
        self.on_call(region, operation)
        return _checked(answer)

    def _asked(
        self,
        region: str,
        service: str,
        operation: str,
        about: str,
        declined: Collection[str],
        limit: int | None,
        read: Callable[[dict[str, Any]], dict[str, Any]] | None,
        parameters: dict[str, Any],
    ) -> dict[str, Any]:
        try:
            answer = self._call(region, service, operation, limit, parameters)
            return dict(_plain(answer if read is None else read(answer)))
        except Exception as error:
            code = ELSEWHERE if self._is_elsewhere(error, service, region) else error_code(error)
            if code not in declined:
                reason = self._reason(error, code, service, operation, region)
                gap = Gap(region, operation, about, reason)
                with self._lock:
                    if gap not in self.gaps:
                        self.gaps.append(gap)
                raise UnreadError(reason) from error
            return {"declined": code}

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
        answer = dict(getattr(client, method)(**parameters))
        if operation in _PAGES:
            token, name, items = _PAGES[operation]
            found = list(answer.get(items) or ())
            while answer.get(token):
                answer = dict(getattr(client, method)(**parameters, **{name: answer[token]}))
                found += answer.get(items) or ()
            answer[items] = found
        return answer

    def _is_elsewhere(self, error: Exception, service: str, region: str) -> bool:
        """Tell whether a region lacks a service: no such name, and botocore knows it elsewhere."""
        from botocore.exceptions import EndpointConnectionError

        if not isinstance(error, EndpointConnectionError):
            return False
        regions = self._session.get_available_regions(service, partition_name=self.partition)
        return bool(regions) and region not in regions

    def _client(self, region: str, service: str) -> Any:
        # botocore's sessions are not made for several threads; its clients are.
        with self._lock:
            if (region, service) not in self._clients:
                self._clients[region, service] = self._session.create_client(
                    service, region_name=region, config=_config(self._session)
                )
            return self._clients[region, service]

    def _reason(
        self, error: Exception, code: str, service: str, operation: str, region: str
    ) -> str:
        if code in _DENIED:
            needed = ACTIONS_BY_OPERATION[operation]
            own = [each for each in needed if each.startswith(f"{service}:")]
            actions = ", ".join(own or needed)
            return f"AWS denied it: the caller in account {self.number} needs {actions}"
        if code in THROTTLED:
            return f"AWS throttles it ({code}): repeat the command with --resume FILE"
        if code in _NOT_ENABLED and region != self.region:
            return (
                f"AWS does not accept the credentials in {region} ({code}): enable the region for "
                "the account, or name the others with --region"
            )
        return _explained(error, operation, self.number, region)


def at_once(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """Do the same for many items, several at the same time; an interrupt is not waited for.

    Args:
        work: What to do.
        items: The items.

    Returns:
        The results, in the order of the items.
    """
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return list(pool.map(work, items))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


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
        identity = session.create_client("sts", config=_config(session)).get_caller_identity()
    except AuditError:
        raise
    except Exception as error:
        raise AuditError(_explained(error, "GetCallerIdentity", "", region or "")) from error
    partition = str(identity.get("Arn") or "arn:aws").split(":")[1]
    return Account(session, str(identity["Account"]), partition, known)


def _config(session: Any) -> Any:
    from botocore.config import Config

    mode = session.get_config_variable("retry_mode")
    attempts = session.get_config_variable("max_attempts")
    retries: Any = {
        "mode": "adaptive" if mode in (None, "legacy") else mode,
        "total_max_attempts": int(attempts or _ATTEMPTS),
    }
    return Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries=retries)


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
