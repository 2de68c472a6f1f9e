"""Why a call was not made, or its answer not handed on: stable codes, as data."""

from enum import StrEnum

__all__ = ["Code", "Refusal"]


class Code(StrEnum):
    """What callers, alarms and queries of the audit log go by. A code never changes its meaning."""

    MALFORMED_REQUEST = "malformed_request"
    """The event is no request of the relay's format, or its URL or a header cannot be read."""
    VERSION_NOT_SUPPORTED = "version_not_supported"
    """The client speaks a version of the format that this relay does not."""
    DESTINATION_NOT_ALLOWED = "destination_not_allowed"
    """No route has this method, host and path."""
    PARAMETER_NOT_ALLOWED = "parameter_not_allowed"
    """A route is meant, and a parameter of its path, query or headers is not as declared."""
    BODY_NOT_ALLOWED = "body_not_allowed"
    """The route takes no body, or not one of this content type."""
    BODY_TOO_LARGE = "body_too_large"
    """The body is longer than the route takes."""
    BODY_INVALID = "body_invalid"
    """The body is not what the route declares: its JSON schema, or its form fields."""
    NAME_NOT_RESOLVED = "name_not_resolved"
    """The host's name has no address."""
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    """An address of the host's name is not one of the public internet."""
    CONNECTION_FAILED = "connection_failed"
    """No connection came about; nothing was sent."""
    TLS_FAILED = "tls_failed"
    """The host showed no certificate that is valid for its name, or speaks no modern TLS."""
    UPSTREAM_TIMEOUT = "upstream_timeout"
    """There was no complete response in the route's time."""
    UPSTREAM_PROTOCOL_ERROR = "upstream_protocol_error"
    """The response is not well-formed HTTP/1.1, or the connection broke."""
    RESPONSE_TOO_LARGE = "response_too_large"
    """The response is longer than the route takes."""
    RESPONSE_NOT_ALLOWED = "response_not_allowed"
    """The response is compressed, of a content type not declared, or shows the credential."""
    CREDENTIAL_UNAVAILABLE = "credential_unavailable"
    """The credential could not be read, or is not of the form that the route declares."""
    INTERNAL_ERROR = "internal_error"
    """The relay failed; nothing more is said of it than in its log."""


class Refusal(Exception):
    """A call that is not made, or whose answer is not handed on.

    Attributes:
        code: Why, for programs.
        message: Why, for people.
        route: Name of the route that was meant, or `None`.
        follows_a_sending: Whether the call had been sent before, by a connection that ended, so
            that whatever the code says of this time, something has gone out.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.refusals import Code, Refusal

        refusal = Refusal(Code.BODY_TOO_LARGE, "the body has 20,000 bytes, the route takes 16,384")
        assert refusal.code == "body_too_large"
        assert refusal.route is None
        ```
    """

    def __init__(self, code: Code, message: str, *, route: str | None = None) -> None:
        """Refuse.

        Args:
            code: Why, for programs.
            message: Why, for people: one sentence, without what the caller or the host sent, save
                for what it is measured by.
            route: Name of the route that was meant, or `None` where none is known.
        """
        super().__init__(message)
        self.code = code
        self.message = message
        self.route = route
        self.follows_a_sending = False
