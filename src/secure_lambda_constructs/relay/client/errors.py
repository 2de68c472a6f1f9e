"""What a call can end with instead of an answer of the host.

Each adapter raises subclasses that are at the same time exceptions of its library, so that code
which handles that library's errors goes on working, and code that wants to know more asks for
`code`.
"""

from collections.abc import Callable, Collection, Mapping

__all__ = [
    "RelayConnectionError",
    "RelayError",
    "RelayLimitError",
    "RelayProtocolError",
    "RelayRefusedError",
    "RelayTimeoutError",
    "RelayTlsError",
    "RelayUnavailableError",
    "blended",
    "error_for",
]


class RelayError(Exception):
    """A call that brought no answer of the host.

    An answer of the host with a status such as 402 or 503 is an answer, and no error.

    Attributes:
        code: Why, for programs. The relay's own codes, such as `destination_not_allowed`, or those
            of this client, such as `host_not_served` or `relay_timeout`.
        message: Why, for people: one sentence.
        route: The route that was meant, where one is known.
        retryable: Whether it is safe to make the call again: it was surely not carried out, or its
            route is declared as idempotent.

    Example:
        ```python
        from secure_lambda_constructs.relay.client import RelayClient, RelayError

        client = RelayClient(hosts={})
        try:
            client.call("GET", "https://api.example.com/rates")
        except RelayError as error:
            assert (error.code, error.retryable) == ("host_not_served", False)
        ```
    """

    def __init__(
        self, code: str, message: str, route: str | None = None, retryable: bool = False
    ) -> None:
        """Tell what happened.

        Args:
            code: Why, for programs.
            message: Why, for people.
            route: The route that was meant. By default none is known.
            retryable: Whether it is safe to make the call again. By default it is not.
        """
        # Not `super()`: the libraries' exceptions, which come next in the adapters' subclasses,
        # each take something else.
        Exception.__init__(self, message)
        self.code = code
        self.message = message
        self.route = route
        self.retryable = retryable

    def __str__(self) -> str:
        where = f", route {self.route}" if self.route else ""
        return f"{self.message} ({self.code}{where})"

    def __reduce__(self) -> tuple[type["RelayError"], tuple[str, str, str | None, bool]]:
        # The classes of the adapters cannot be found by name; those of this module can.
        plain = next(known for known in type(self).__mro__ if known in _NAMED)
        return plain, (self.code, self.message, self.route, self.retryable)


class RelayRefusedError(RelayError):
    """The call, or the host's answer to it, is not what a route allows; it is of no use again.

    With the codes `response_too_large` and `response_not_allowed` the host did get the call.
    """


class RelayLimitError(RelayRefusedError):
    """The request does not fit into an invoke of Lambda, and was not sent."""


class RelayTimeoutError(RelayError):
    """There was no answer in time. Whether the host carried the call out is not known."""


class RelayConnectionError(RelayError):
    """The relay could not connect to the host."""


class RelayTlsError(RelayConnectionError):
    """The host showed the relay no certificate that is valid for its name."""


class RelayProtocolError(RelayConnectionError):
    """The connection to the host broke, or the host answered something that is no HTTP.

    Whether the host carried the call out is not known.
    """


class RelayUnavailableError(RelayError):
    """The relay is stopped, busy, not to be reached, or failed.

    Only where `retryable` is true the call was surely not carried out.
    """


# The codes of the relay. A code that a newer relay may have becomes a plain `RelayError`.
_CLASSES: Mapping[str, type[RelayError]] = {
    "malformed_request": RelayRefusedError,
    "version_not_supported": RelayRefusedError,
    "destination_not_allowed": RelayRefusedError,
    "parameter_not_allowed": RelayRefusedError,
    "body_not_allowed": RelayRefusedError,
    "body_too_large": RelayRefusedError,
    "body_invalid": RelayRefusedError,
    "address_not_allowed": RelayRefusedError,
    "response_too_large": RelayRefusedError,
    "response_not_allowed": RelayRefusedError,
    "name_not_resolved": RelayConnectionError,
    "connection_failed": RelayConnectionError,
    "tls_failed": RelayTlsError,
    "upstream_protocol_error": RelayProtocolError,
    "upstream_timeout": RelayTimeoutError,
    "credential_unavailable": RelayUnavailableError,
    "internal_error": RelayUnavailableError,
}


_NAMED: Collection[type[RelayError]] = {RelayError, RelayLimitError, *_CLASSES.values()}


def error_for(code: str, message: str, route: str | None, retryable: bool) -> RelayError:
    """Make the exception for an error that the relay answered.

    Args:
        code: Of the relay.
        message: Of the relay.
        route: The route that was meant, if any.
        retryable: Whether the relay says that the call may be made again.

    Returns:
        An exception of the class that stands for the code.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.errors import RelayTimeoutError, error_for

        error = error_for("upstream_timeout", "no complete response", "rates", True)
        assert isinstance(error, RelayTimeoutError)
        ```
    """
    return _CLASSES.get(code, RelayError)(code, message, route, retryable)


def blended(
    theirs: Mapping[type[RelayError], type[Exception]], **attributes: object
) -> Callable[[RelayError], RelayError]:
    """Make what turns errors of this module into errors of a library as well.

    Args:
        theirs: The library's class for classes of this module and those below them. One for
            `RelayError` itself has to be there.
        attributes: What the library's classes set up when they are made, which these do not.

    Returns:
        A function that makes, of an error, one of a class that has the error's class and the
        library's as its bases, and tells the same.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.errors import (
            RelayError,
            RelayTimeoutError,
            blended,
        )

        with_builtin = blended({RelayError: OSError, RelayTimeoutError: TimeoutError})
        error = with_builtin(RelayTimeoutError("upstream_timeout", "no complete response"))
        assert isinstance(error, RelayTimeoutError) and isinstance(error, TimeoutError)
        ```
    """
    made: dict[type[RelayError], type[RelayError]] = {}
    for own in _NAMED:
        closest = next(known for known in own.__mro__ if known in theirs)
        members = {"__doc__": own.__doc__, "__module__": own.__module__, **attributes}
        made[own] = type(own.__name__, (own, theirs[closest]), members)

    def blend(error: RelayError) -> RelayError:
        return made[type(error)](error.code, error.message, error.route, error.retryable)

    return blend
