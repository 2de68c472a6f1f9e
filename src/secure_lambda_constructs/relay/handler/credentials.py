"""What a relay adds to a request so that the host knows who calls, and no caller gets to see."""

import base64
import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import quote, quote_plus

from .hooks import call_hook
from .messages import OutgoingRequest
from .refusals import Code, Refusal
from .routes import Credential
from .secret_values import Secret

__all__ = ["apply", "forms", "secret_texts"]

# These frame the request, or say to whom it goes; no credential may be one of them.
_NEVER = frozenset(
    (
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)

# What is shorter is found by chance in any response, and protects nothing.
_SHORTEST = 8


def apply(
    credential: Credential,
    secret: Secret,
    request: OutgoingRequest,
    *,
    now: Callable[[], float] = time.time,
) -> OutgoingRequest:
    """Add the credential to a request.

    Args:
        credential: What is added, and where.
        secret: The text of its secret.
        request: The request, as the route has it.
        now: Seconds since 1970, which hooks sign.

    Returns:
        The request with the credential. A header of the same name is replaced.

    Raises:
        Refusal: CREDENTIAL_UNAVAILABLE: the secret has not the field that the credential names, or
            a character that no header can carry; or the hook failed.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.credentials import apply
        from secure_lambda_constructs.relay.handler.messages import OutgoingRequest
        from secure_lambda_constructs.relay.handler.routes import Credential, CredentialSource
        from secure_lambda_constructs.relay.handler.secret_values import Secret

        source = CredentialSource("secrets_manager", environment="PAYMENT_KEY")
        credential = Credential("bearer", source, field="api_key")
        request = OutgoingRequest("GET", "api.example.com", "/v1/charges")
        sent = apply(credential, Secret('{"api_key": "sk_placeholder"}'), request)
        assert sent.headers == (("authorization", "Bearer sk_placeholder"),)
        ```
    """
    if credential.kind == "hook":
        added = call_hook(credential, secret, request, now())
        return _with_headers(request, added)
    value = _value(secret, credential.field, may_be_empty=credential.kind == "basic")
    if credential.kind == "query":
        pair = f"{quote(credential.name, safe='')}={quote(value, safe='')}"
        return replace(request, query=f"{request.query}&{pair}" if request.query else pair)
    if credential.kind == "basic":
        # RFC 7617: the first colon ends the name.
        name = _value(secret, credential.username_field)
        if ":" in name:
            raise _unavailable("the user's name has a colon, which basic authentication ends it at")
        text = f"Basic {_base64(f'{name}:{value}')}"
        return _with_headers(request, {"authorization": text})
    if credential.kind == "bearer":
        return _with_headers(request, {"authorization": f"Bearer {value}"})
    return _with_headers(request, {credential.name: f"{credential.prefix}{value}"})


def secret_texts(
    credential: Credential, secret: Secret, request: OutgoingRequest
) -> tuple[str, ...]:
    """Tell the texts that no response may show.

    Args:
        credential: What was added.
        secret: The text of its secret.
        request: The request with the credential.

    Returns:
        The value; for `basic` the password, or the name where there is none, and the pair of both;
        for a hook the secret, and what it put into `authorization`. Those of less than 8 characters
        are left out.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.credentials import secret_texts
        from secure_lambda_constructs.relay.handler.messages import OutgoingRequest
        from secure_lambda_constructs.relay.handler.routes import Credential, CredentialSource
        from secure_lambda_constructs.relay.handler.secret_values import Secret

        source = CredentialSource("ssm", environment="MAP_KEY")
        credential = Credential("query", source, name="key")
        request = OutgoingRequest("GET", "maps.example.com", "/v1", query="key=placeholder")
        assert secret_texts(credential, Secret("placeholder"), request) == ("placeholder",)
        ```
    """
    texts: list[str]
    if credential.kind == "hook":
        texts = [secret.reveal(), secret.reveal().strip()]
        texts += [value.split(" ")[-1] for key, value in request.headers if key == "authorization"]
    elif credential.kind == "basic":
        name = _value(secret, credential.username_field)
        password = _value(secret, credential.field, may_be_empty=True)
        texts = [password or name, f"{name}:{password}"]
    else:
        texts = [_value(secret, credential.field)]
    return tuple(dict.fromkeys(text for text in texts if len(text) >= _SHORTEST))


def forms(texts: Iterable[str]) -> frozenset[bytes]:
    """Tell in which forms texts are looked for in a response.

    Args:
        texts: The texts.

    Returns:
        Each as it is, in UTF-8 and UTF-16, as JSON and URLs write it, and in base64, in both
        alphabets and wherever in the encoded text it may begin.

    Example:
        ```python
        import base64

        from secure_lambda_constructs.relay.handler.credentials import forms

        shown = base64.b64encode(b"user:sk_placeholder")
        assert any(form in shown for form in forms(["sk_placeholder"]))
        ```
    """
    found: set[bytes] = set()
    for given in texts:
        raw = given.encode(errors="replace")
        text = raw.decode()
        written = json.dumps(text)[1:-1]
        encoded = (quote(text, safe=""), quote(text), quote_plus(text))
        found.update((raw, written.encode(), written.replace("/", r"\/").encode()))
        found.update((text.encode("utf-16-le"), text.encode("utf-16-be")))
        for url_form in encoded:
            found.update((url_form.encode(), _lower_escapes(url_form).encode()))
        for shift in range(3):
            inner = _inner_base64(raw, shift)
            found.update((inner, inner.translate(bytes.maketrans(b"+/", b"-_"))))
    return frozenset(found)


def _inner_base64(raw: bytes, shift: int) -> bytes:
    """The characters that stand for bytes in base64, when so many bytes modulo 3 stand before."""
    encoded = base64.b64encode(bytes(shift) + raw)
    # A character holds 6 bits; the first and the last may be shared with what stands around.
    return encoded[math.ceil(shift * 8 / 6) : (shift + len(raw)) * 8 // 6]


def _lower_escapes(text: str) -> str:
    """A percent-encoded text with the hexadecimal digits in lower case."""
    first, *rest = text.split("%")
    return "%".join([first, *(f"{part[:2].lower()}{part[2:]}" for part in rest)])


def _value(secret: Secret, field: str | None, *, may_be_empty: bool = False) -> str:
    """The text that is sent: the secret's, or that of one of its members."""
    text = secret.reveal() if field is None else _member(secret, field)
    if not text and not may_be_empty:
        raise _unavailable("the credential is empty")
    if not (text.isascii() and text.isprintable() and text == text.strip()):
        raise _unavailable(
            "the credential has a space or a line break around it, or a character that is no "
            "printable ASCII"
        )
    return text


def _member(secret: Secret, field: str) -> str:
    try:
        members: object = json.loads(secret.reveal())
    except (ValueError, RecursionError):
        members = None  # not raised from here: the failure of the parser holds the text
    if not isinstance(members, dict):
        raise _unavailable("the secret is no JSON object, and the credential names a field of one")
    value: object = members.get(field)
    if not isinstance(value, str):
        raise _unavailable("the secret's JSON has no text in the field that the credential names")
    return value


def _with_headers(request: OutgoingRequest, added: dict[str, str]) -> OutgoingRequest:
    for name, value in added.items():
        if name in _NEVER:
            raise _unavailable(f"no credential may be in the header {name}")
        if not (value and value.isascii() and value.isprintable() and value == value.strip()):
            raise _unavailable("a header of the credential is empty, or is no printable ASCII")
    others = tuple(pair for pair in request.headers if pair[0] not in added)
    return replace(request, headers=(*others, *added.items()))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("ascii")).decode("ascii")


def _unavailable(message: str) -> Refusal:
    return Refusal(Code.CREDENTIAL_UNAVAILABLE, message)
