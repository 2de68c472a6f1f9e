"""Bodies: checked against what the route declares, and written anew from what was read."""

import re
from collections.abc import Mapping
from typing import NoReturn

from .json_text import read_json, write_json
from .parameters import check_parameter
from .refusals import Code, Refusal
from .routes import Body, Parameter
from .schema import violation
from .url import read_pairs, write_pairs

__all__ = ["rewrite_body"]

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_JSON_TYPES = re.compile(r"application/(?:[a-z0-9!#$&^_.-]+\+)?json")
_UTF_8 = re.compile(r'charset=(?:utf-8|"utf-8")')


def rewrite_body(
    body: Body | None, content_type: str | None, data: bytes
) -> tuple[bytes | None, str | None]:
    """Check a body and write it anew.

    Args:
        body: What the route declares, or `None` where there must not be one.
        content_type: What the caller says the body is. Without it, a body of a `json` or `form`
            route is taken for that.
        data: The bytes.

    Returns:
        The body to send with its content type, or twice `None` where there is none. JSON is sent
        as `application/json`, unless the route lists content types for it, a form as
        `application/x-www-form-urlencoded`, other bytes as the listed type that the caller gave.

    Raises:
        Refusal: `body_not_allowed`, `body_too_large` or `body_invalid`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.bodies import rewrite_body
        from secure_lambda_constructs.relay.handler.routes import Body

        sent = rewrite_body(Body("json", max_bytes=100), None, b'{ "amount": 100 }')
        assert sent == (b'{"amount":100}', "application/json")
        ```
    """
    if body is None:
        if data:
            _refuse(Code.BODY_NOT_ALLOWED, "the route takes no body; send none")
        return None, None
    _check_length(body, len(data))
    kind = _sent_type(body, content_type)
    match body.kind:
        case "json":
            data = _json(body, data)
        case "form":
            data = _form(body.fields, data)
        case "raw":
            pass
        case _:
            _refuse(Code.BODY_NOT_ALLOWED, "the route takes bodies of no kind that is known")
    _check_length(body, len(data))
    return data, kind


def _check_length(body: Body, length: int) -> None:
    if length > body.max_bytes:
        _refuse(
            Code.BODY_TOO_LARGE, f"the body has {length} bytes, the route takes {body.max_bytes}"
        )


def _sent_type(body: Body, given: str | None) -> str:
    """The content type to send; refuses one that does not fit."""
    media, in_utf_8 = _media_type(given or "")
    if body.content_types:
        listed = {item.lower(): item for item in body.content_types}
        if (given or "").lower() in listed:
            return listed[(given or "").lower()]
        if media in listed and in_utf_8:
            return listed[media]
        if not given and body.kind != "raw":
            return body.content_types[0]
        expected = ", ".join(body.content_types)
    elif body.kind == "json":
        if not given or (_JSON_TYPES.fullmatch(media) and in_utf_8):
            return _JSON
        expected = _JSON
    elif body.kind == "form":
        if not given or (media == _FORM and in_utf_8):
            return _FORM
        expected = _FORM
    else:
        expected = "no content type"
    _refuse(Code.BODY_NOT_ALLOWED, f"the content type is not one that the route takes: {expected}")


def _media_type(text: str) -> tuple[str, bool]:
    """The type without parameters, and whether there are none but UTF-8."""
    media, semicolon, parameters = text.lower().partition(";")
    return media.strip(" "), not semicolon or bool(_UTF_8.fullmatch(parameters.strip(" ")))


def _json(body: Body, data: bytes) -> bytes:
    try:
        value = read_json(data)
        written = write_json(value)
    except ValueError as error:
        _refuse(Code.BODY_INVALID, f"the body cannot be read as strict JSON: {error}")
    against = None if body.schema is None else violation(body.schema, value)
    if against:
        _refuse(Code.BODY_INVALID, f"the body is not as the route declares: {against}")
    return written


def _form(fields: Mapping[str, Parameter], data: bytes) -> bytes:
    try:
        given = dict(read_pairs(data.decode("ascii")))
    except UnicodeDecodeError:
        _refuse(Code.BODY_INVALID, "the form is not percent-encoded: a byte of it is not ASCII")
    except ValueError as error:
        _refuse(Code.BODY_INVALID, f"the form {error}")
    if not given.keys() <= fields.keys():
        _refuse(Code.BODY_INVALID, "the form has a field that the route does not declare")
    for name, value in given.items():
        if not check_parameter(fields[name], value):
            _refuse(
                Code.BODY_INVALID,
                f"the form's field {name!r} is not as the route declares it: {fields[name].type}",
            )
    return write_pairs([(name, given[name]) for name in fields if name in given]).encode()


def _refuse(code: Code, message: str) -> NoReturn:
    raise Refusal(code, message)
