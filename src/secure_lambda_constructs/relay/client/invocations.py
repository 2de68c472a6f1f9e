"""Invokes of a relay's function, each made exactly once."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .errors import RelayError, RelayTimeoutError, RelayUnavailableError

__all__ = ["Invocations", "LambdaClient"]

_CONNECT_SECONDS = 5
_CONNECTIONS = 50

# A function is frozen between its calls, and does not notice that the other end closes its
# connections meanwhile; the first call on one of them would break, and must not be repeated.
# https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html (idle connections)
_IDLE_SECONDS = 5.0

# What Lambda says instead of calling the function.
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
_THROTTLED = {"TooManyRequestsException", "ThrottlingException", "Throttling"}
_DENIED = {"AccessDenied", "AccessDeniedException"}


class LambdaClient(Protocol):
    """What is used of the client that `boto3.client("lambda")` makes."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]:
        """Invoke a function and wait for its answer."""
        ...


class _OwnClient(LambdaClient, Protocol):
    def close(self) -> None:
        """Close the connections that are not in use."""
        ...


class Invocations:
    """Invokes functions through boto3, which is imported with the first one.

    botocore by itself invokes again when an answer is late or a connection breaks, and the
    function may have done its work by then: a card would be charged twice. So its retries are off.

    Example:
        ```python
        from io import BytesIO

        from secure_lambda_constructs.relay.client.invocations import Invocations

        class Echo:
            def invoke(self, *, FunctionName, Payload):
                return {"Payload": BytesIO(Payload)}

        arn = "arn:aws:lambda:eu-west-1:111122223333:function:Relay"
        assert Invocations(Echo(), 40.0).invoke(arn, b"{}") == b"{}"
        ```
    """

    def __init__(
        self,
        client: LambdaClient | None,
        timeout: float,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set up, without a call.

        Args:
            client: Is used as it is. By default one is made for the region of the function.
            timeout: How long to wait for an answer, in seconds.
            clock: Tells the time in seconds, also of the time that the function is frozen.
        """
        self._given = client
        self._timeout = timeout
        self._clock = clock
        self._used = clock()
        self._clients: dict[str, _OwnClient] = {}
        self._lock = threading.Lock()

    def invoke(self, arn: str, event: bytes) -> bytes:
        """Invoke a function once.

        Args:
            arn: Of the function.
            event: The JSON.

        Returns:
            The JSON that it answered.

        Raises:
            RelayTimeoutError: It did not answer in time.
            RelayUnavailableError: It was not called, or failed.
        """
        client = self._given or self._client(arn.split(":")[3])
        # Loaded already, with boto3.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = client.invoke(FunctionName=arn, Payload=event)
            payload: bytes = answer["Payload"].read()
        except ClientError as error:
            raise _said_by_lambda(error.response) from error
        except BotoCoreError as error:
            raise _on_the_way(error, self._timeout) from error
        finally:
            self._used = self._clock()
        if answer.get("FunctionError"):
            # What it holds is the function's own business: a trace, perhaps with values.
            raise RelayUnavailableError(
                "relay_failed",
                "the relay failed or ran out of time: see its log; whether the host carried the "
                "call out is not known",
            )
        return payload

    def _client(self, region: str) -> LambdaClient:
        # boto3 makes one client at a time:
        # https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html
        with self._lock:
            if region not in self._clients:
                import boto3
                from botocore.config import Config

                self._clients[region] = boto3.client(
                    "lambda",
                    region_name=region,
                    config=Config(
                        connect_timeout=_CONNECT_SECONDS,
                        read_timeout=self._timeout,
                        max_pool_connections=_CONNECTIONS,
                        proxies={},  # those of the environment lead out of a closed network
                        retries={"total_max_attempts": 1},
                    ),
                )
            used = self._used  # before the clock is read: other threads go on
            if not 0 <= self._clock() - used <= _IDLE_SECONDS:
                for client in self._clients.values():
                    client.close()
            self._used = self._clock()
            return self._clients[region]


def _said_by_lambda(response: Mapping[str, Any]) -> RelayError:
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in _THROTTLED or status == 429:
        return RelayUnavailableError(
            "relay_throttled",
            "the relay takes no call now, and this one was not made: it is stopped (its reserved "
            "concurrency is 0) or has as many calls as it may",
            retryable=True,
        )
    if code in _DENIED:
        return RelayUnavailableError(
            "relay_access_denied",
            "this function may not invoke the relay: call relay.grant_invoke(function) on the "
            "construct",
        )
    return RelayUnavailableError(
        "relay_failed",
        f"Lambda answered {code or status}: whether the relay was called is not known",
    )


def _on_the_way(error: Exception, timeout: float) -> RelayError:
    from botocore import exceptions as known

    name = type(error).__name__
    if isinstance(error, known.ReadTimeoutError):
        return RelayTimeoutError(
            "relay_timeout",
            f"the relay did not answer within {timeout:g} s: whether the host carried the call out "
            "is not known",
        )
    if isinstance(error, known.ConnectTimeoutError | known.EndpointConnectionError):
        return RelayUnavailableError(
            "relay_not_reached",
            f"no connection to Lambda ({name}), and the call was not made: check that the network "
            "has an endpoint for Lambda and that the security group leads to it",
            retryable=True,
        )
    if isinstance(error, known.HTTPClientError | known.ResponseStreamingError):
        return RelayUnavailableError(
            "relay_failed",
            f"the connection to Lambda broke ({name}): whether the host carried the call out is "
            "not known",
        )
    return RelayUnavailableError(
        "relay_not_reached",
        f"the invoke could not be made ({name}): check the function's role and region",
    )
