"""`RequestBody`: what a caller may send."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Size

from ...errors import InvalidInputError
from ..handler.routes import Body
from ..handler.schema import schema_problem
from .declared import byte_count, named_parameters, texts
from .parameter import RouteParameter

__all__ = ["RequestBody", "media_types"]


class RequestBody:
    """What the body of a request may be. Without one, a route takes no body.

    Example:
        ```python
        from secure_lambda_constructs import RequestBody

        body = RequestBody.json(
            schema={
                "type": "object",
                "properties": {"amount": {"type": "integer", "minimum": 1}},
                "required": ["amount"],
                "additionalProperties": False,
            }
        )
        ```
    """

    def __init__(self, body: Body) -> None:
        """Wrap what the handler reads; the class methods make it.

        Args:
            body: The body, as it is signed with the relay's code.
        """
        self._body = body

    @property
    def body(self) -> Body:
        """The body, as it is signed with the relay's code."""
        return self._body

    @classmethod
    def json(
        cls, *, schema: Mapping[str, Any] | None = None, max_size: Size | None = None
    ) -> "RequestBody":
        """JSON, which the relay reads, checks and writes anew.

        What JSON can say in several ways (white space, order of escapes, a member twice) reaches
        no host.

        Args:
            schema: A JSON schema (<https://json-schema.org/draft/2020-12>), with the keywords
                `type`, `properties`, `required`, `additionalProperties`, `items`, `enum`, `const`
                and those for lengths, bounds and patterns. An object must say what
                `additionalProperties` are. By default any JSON is taken.
            max_size: The longest body. By default 16 KiB.

        Returns:
            The body.

        Raises:
            InvalidInputError: The schema or the size cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import RequestBody

            body = RequestBody.json(schema={"type": "array", "items": {"type": "number"}})
            ```
        """
        if schema is not None:
            schema = _plain(schema)
            problem = schema_problem(schema)
            if problem is not None:
                raise InvalidInputError(problem)
        return cls(Body("json", max_bytes=_size(max_size), schema=schema))

    @classmethod
    def form(
        cls, fields: Mapping[str, RouteParameter], *, max_size: Size | None = None
    ) -> "RequestBody":
        """A form (`application/x-www-form-urlencoded`), which the relay reads and writes anew.

        Args:
            fields: The only fields, by their names; none of them has to be there.
            max_size: The longest body. By default 16 KiB.

        Returns:
            The body.

        Raises:
            InvalidInputError: The fields or the size cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import RequestBody, RouteParameter

            body = RequestBody.form(
                {
                    "amount": RouteParameter.integer(minimum=1, maximum=99_999),
                    "metadata[order]": RouteParameter.uuid(),
                }
            )
            ```
        """
        parameters = named_parameters("fields", fields, example="amount")
        if not parameters:
            raise InvalidInputError(
                "fields is empty; write RequestBody.form({'amount': RouteParameter.integer(...)}), "
                "or leave the body out"
            )
        declared = {name: parameter.parameter for name, parameter in parameters.items()}
        return cls(Body("form", max_bytes=_size(max_size), fields=declared))

    @classmethod
    def raw(cls, content_types: Sequence[str], *, max_size: Size | None = None) -> "RequestBody":
        """Bytes as they are: whatever the caller writes gets out. Bounded by nothing but its size.

        Args:
            content_types: The only content types, such as `application/pdf`.
            max_size: The longest body. By default 16 KiB.

        Returns:
            The body.

        Raises:
            InvalidInputError: The content types or the size cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import RequestBody

            body = RequestBody.raw(["application/pdf"], max_size=cdk.Size.mebibytes(1))
            ```
        """
        return cls(Body("raw", max_bytes=_size(max_size), content_types=media_types(content_types)))


def media_types(values: Sequence[str]) -> tuple[str, ...]:
    """Take content types.

    Args:
        values: The value of `content_types`.

    Returns:
        The content types in lower case, each once.

    Raises:
        InvalidInputError: There is none, or one of them cannot be used.
    """
    types = texts("content_types", values, example="application/pdf")
    if not types:
        raise InvalidInputError("content_types is empty; write content_types=['application/pdf']")
    for text in types:
        kind, slash, name = text.partition("/")
        if not (kind and slash and name) or not text.isascii() or set(text) & set(' ;,*"\\'):
            raise InvalidInputError(
                f"content_types has {text!r}; write a type without parameters or wildcards, such "
                "as 'application/pdf'"
            )
    return tuple(dict.fromkeys(text.lower() for text in types))


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema as it is after it was written and read."""
    try:
        plain = json.loads(json.dumps(schema, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"the JSON schema of a body is no JSON: {error}") from None
    if "${Token[" in json.dumps(plain):
        raise InvalidInputError(
            "the JSON schema of a body has something that is known at deployment only, and what a "
            "relay may do is signed with its code; write it out"
        )
    return cast(Mapping[str, Any], plain)


def _size(size: Size | None) -> int:
    return byte_count("max_size", Size.kibibytes(16) if size is None else size)
