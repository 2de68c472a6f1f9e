"""`ResponseFilter`: what a caller gets to see of a response."""

from collections.abc import Sequence

from aws_cdk import Size

from ...errors import InvalidInputError
from ..handler.routes import ResponseRules
from .body import media_types
from .declared import byte_count, header_names, texts

__all__ = ["ResponseFilter"]

_NEVER = frozenset(("set-cookie", "set-cookie2", "content-encoding", "transfer-encoding"))


class ResponseFilter:
    """What of a host's response is handed on to the caller.

    Example:
        ```python
        from secure_lambda_constructs import ResponseFilter

        charge = ResponseFilter(
            max_size=cdk.Size.kibibytes(16),
            content_types=["application/json"],
            fields=["id", "status"],
        )
        ```
    """

    def __init__(
        self,
        *,
        max_size: Size | None = None,
        headers: Sequence[str] = ("content-type", "retry-after"),
        content_types: Sequence[str] | None = None,
        fields: Sequence[str] | None = None,
    ) -> None:
        """Say what is handed on.

        Args:
            max_size: The longest body; of a longer one nothing is. By default 256 KiB.
            headers: The headers. Cookies are never handed on, nor is what concerns the connection
                alone. By default `content-type` and `retry-after`.
            content_types: The only content types of a body; nothing else is handed on. By default
                any.
            fields: The only members of a JSON object. A body that is none is not handed on. By
                default all of it is.

        Raises:
            InvalidInputError: Something of it cannot be used.
        """
        names = header_names("headers", headers, example="content-type")
        for name in names:
            if name in _NEVER:
                raise InvalidInputError(
                    f"headers has {name!r}, which a relay does not hand on; leave it out"
                )
        self._rules = ResponseRules(
            max_bytes=byte_count("max_size", Size.kibibytes(256) if max_size is None else max_size),
            headers=names,
            content_types=None if content_types is None else media_types(content_types),
            fields=None if fields is None else texts("fields", fields, example="id"),
        )

    @property
    def rules(self) -> ResponseRules:
        """The rules, as they are signed with the relay's code."""
        return self._rules
