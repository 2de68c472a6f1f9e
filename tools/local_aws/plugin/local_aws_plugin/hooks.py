"""Start-up: the control endpoint, faults, the record of calls, the watchdog."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Request, Response
from localstack.runtime import hooks
from localstack.services.edge import ROUTER
from localstack.services.lambda_.runtimes import ALL_RUNTIMES

from .buckets import check_expected_owner
from .control import CONTROL, Call, ControlError, Fault
from .functions.internet import INTERNET
from .functions.logs import use_configured_log_groups
from .processes import watch_parent
from .trail import TRAIL

__all__ = ["on_start"]

_PATH = "/_local_aws"

# Error code, message and HTTP status of a fault; services that name it otherwise follow.
_ERRORS: dict[str, tuple[str, str, int]] = {
    "throttle": ("ThrottlingException", "Rate exceeded", 400),
    "server_error": ("InternalFailure", "The request processing has failed.", 500),
    "expired_token": (
        "ExpiredTokenException",
        "The security token included in the request is expired",
        403,
    ),
    "access_denied": ("AccessDeniedException", "User is not authorized to perform this", 403),
    "clock_skew": ("InvalidSignatureException", "Signature expired: {skew}", 403),
}
_SERVICE_ERRORS: dict[tuple[str, str], tuple[str, str, int]] = {
    ("s3", "throttle"): ("SlowDown", "Please reduce your request rate.", 503),
    ("s3", "server_error"): (
        "InternalError",
        "We encountered an internal error. Please try again.",
        500,
    ),
    ("s3", "expired_token"): ("ExpiredToken", "The provided token has expired.", 400),
    ("s3", "access_denied"): ("AccessDenied", "Access Denied", 403),
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    ("s3", "clock_skew"): (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
    ),
    ("sts", "throttle"): ("Throttling", "Rate exceeded", 400),
    ("sts", "expired_token"): (
        "ExpiredToken",
        "The security token included in the request is expired",
        403,
    ),
    ("sts", "access_denied"): ("AccessDenied", "User is not authorized to perform this", 403),
    ("sts", "clock_skew"): ("SignatureDoesNotMatch", "Signature expired: {skew}", 403),
    ("signer", "server_error"): ("InternalServiceErrorException", "Internal server error", 500),
    ("lambda", "throttle"): ("TooManyRequestsException", "Rate Exceeded.", 429),
    ("lambda", "server_error"): ("ServiceException", "Internal server error", 500),
}


@hooks.on_infra_start()
def on_start() -> None:
    """Attaches everything to LocalStack's own handler chain."""
    watch_parent()
    ROUTER.add(f"{_PATH}/<path:what>", _serve, methods=["GET", "POST", "DELETE"])
    handlers.serve_custom_service_request_handlers.append(_inject_fault)
    handlers.serve_custom_service_request_handlers.append(check_expected_owner)
    handlers.run_custom_response_handlers.append(_after_call)
    use_configured_log_groups()
    # Newer than this LocalStack. Every Python runs on the one that is installed anyway.
    ALL_RUNTIMES.append("python3.14")


def _serve(request: Request, what: str) -> Response:
    actions: dict[tuple[str, str], Callable[[dict[str, Any]], object]] = {
        ("GET", "health"): lambda body: {"ready": True},
        ("POST", "signer"): CONTROL.set_signer,
        ("POST", "outcome"): CONTROL.set_outcome,
        ("POST", "faults"): CONTROL.add_fault,
        ("POST", "internet"): INTERNET.set_hosts,
        ("DELETE", "faults"): lambda body: CONTROL.clear_faults(),
        ("GET", "calls"): lambda body: CONTROL.calls(),
        ("DELETE", "calls"): lambda body: CONTROL.reset_calls(),
    }
    action = actions.get((request.method, what))
    if action is None:
        return Response(json.dumps({"error": f"nothing at {request.method} {what}"}), status=404)
    try:
        result = action(json.loads(request.get_data() or b"{}"))
    except ControlError as error:
        return Response(json.dumps({"error": str(error)}), status=400)
    return Response(json.dumps(result), mimetype="application/json")


def _inject_fault(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    if context.is_internal_call or context.service is None or context.operation is None:
        return
    service, operation = context.service.service_name, context.operation.name
    fault = CONTROL.take_fault(service, operation, when=_is_before)
    if fault is None:
        return
    if fault.kind == "slow":
        time.sleep(fault.seconds)
        return
    code, message, status = _SERVICE_ERRORS.get((service, fault.kind)) or _ERRORS[fault.kind]
    message = message.format(skew=_skew())
    raise CommonServiceException(code, message, status_code=status, sender_fault=status < 500)


def _after_call(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    if context.is_internal_call or context.service is None or context.operation is None:
        return
    service, operation = context.service.service_name, context.operation.name
    error = getattr(context.service_exception, "code", None)
    CONTROL.record(Call(service, operation, response.status_code, error, context.account_id))
    TRAIL.record(context, error)
    fault = CONTROL.take_fault(service, operation, when=lambda fault: not _is_before(fault))
    if fault is not None:
        _truncate(response)


def _skew() -> str:
    # As if the caller's clock were an hour slow; five minutes are accepted.
    moment = datetime.now(UTC)
    sent, oldest, received = (
        (moment - timedelta(minutes=minutes)).strftime("%Y%m%dT%H%M%SZ") for minutes in (60, 5, 0)
    )
    return f"{sent} is now earlier than {oldest} ({received} - 5 min.)"


def _is_before(fault: Fault) -> bool:
    return fault.kind != "truncate_body"


class _ConnectionLostError(Exception):
    """Makes the server drop the connection in the middle of an answer."""


def _truncate(response: Response) -> None:
    body = b"".join(response.iter_encoded())

    def half() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        raise _ConnectionLostError("a truncate_body fault ends this answer early")

    response.response = half()
    response.headers["Content-Length"] = str(len(body))
