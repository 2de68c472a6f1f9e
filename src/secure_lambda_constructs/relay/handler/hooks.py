"""Hooks: functions of the team that make a credential of a secret and a request.

A hook is for hosts that want more than a fixed value in a header: most often a signature, such as
an HMAC ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)) over the request and the time.

A hook is a function in a Python file that `RelayCredential.hook` names. The file is signed with
the code of the relay, as the module `relay_hooks.NAME`, and can import the standard library, boto3,
and `HookRequest` by `from relay_handler.hooks import HookRequest`.

The function is called as `function(request, secret)` for each call of its route, after the request
has been checked and put together, and before anything is sent:

- `request` is a `HookRequest`: just what will be sent, save for what the hook adds.
- `secret` is the whole text of the secret, as it is kept, line breaks included.
- It returns the headers to add: names (in any case) and values, at least one. It may return only
  headers that the route declares for it. A value is printable ASCII without spaces around it.
- If it raises, or returns anything else, the call is not made: the caller gets
  `credential_unavailable`, and the audit record tells the kind of the exception, not its message.
- It may be called by several threads at once, and more than once for one call (when the host
  answered 401 and the secret has been rotated meanwhile). So it keeps no state that matters.
- Its time counts: it should compute, and neither wait nor call anything.
- What it prints is in the relay's log. It must never print the secret.

What a hook can do is not limited by the relay: it is trusted as the relay's own code is, and
reviewed and signed like it.
"""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .messages import OutgoingRequest
from .refusals import Code, Refusal
from .routes import Credential
from .secret_values import Secret

__all__ = ["HookRequest", "call_hook"]

_PACKAGE = "relay_hooks"
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class HookRequest:
    """What a hook gets to see. It is what will be sent; nothing of it can be changed.

    Attributes:
        method: In upper case.
        host: The host's name, in lower case.
        path: Encoded as it is sent; begins with a slash.
        query: Encoded as it is sent, without the question mark; empty where there is none.
        headers: Names in lower case with values; without `host`, which is `host`, and
            `content-length`, which is the length of `body`.
        body: The bytes; empty where there is no body.
        time: When the call is made, in seconds since 1970 (UTC), as `time.time()` tells it.

    Example:
        ```python
        import hashlib
        import hmac

        from secure_lambda_constructs.relay.handler.hooks import HookRequest


        def sign(request: HookRequest, secret: str) -> dict[str, str]:
            timestamp = str(int(request.time))
            signed = f"{timestamp} {request.method} {request.path} ".encode() + request.body
            signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            return {"x-timestamp": timestamp, "x-signature": signature}


        request = HookRequest("GET", "api.example.com", "/v1/rates", time=1_796_000_000.5)
        assert sign(request, "placeholder")["x-timestamp"] == "1796000000"
        ```
    """

    method: str
    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""
    time: float = 0.0


def call_hook(
    credential: Credential, secret: Secret, request: OutgoingRequest, now: float
) -> dict[str, str]:
    """Call the hook of a credential.

    Args:
        credential: The credential, of the kind `hook`.
        secret: The text of its secret.
        request: What will be sent.
        now: Seconds since 1970.

    Returns:
        The headers that it adds, by their names in lower case. The names are those that the
        credential declares; the values are as the hook returned them.

    Raises:
        Refusal: CREDENTIAL_UNAVAILABLE: there is no such hook, it raised, or it returned anything
            but some of the declared headers.
    """
    name = f"{credential.module}.{credential.function}"
    view = HookRequest(
        method=request.method,
        host=request.host,
        path=request.path,
        query=request.query,
        headers=MappingProxyType(dict(request.headers)),
        body=request.body or b"",
        time=now,
    )
    if not _MODULE.fullmatch(credential.module):
        raise Refusal(Code.CREDENTIAL_UNAVAILABLE, f"{name} is no name of a hook")
    try:
        module = importlib.import_module(f"{_PACKAGE}.{credential.module}")
        returned: object = getattr(module, credential.function)(view, secret.reveal())
        added = _declared(returned, credential.headers)
    except (Exception, SystemExit, GeneratorExit) as error:
        problem = f"the hook {name} failed with {type(error).__name__}"
    else:
        if added:
            return added
        problem = f"the hook {name} returned anything but headers that are declared for it"
    # Outside of the handler, so that the failure does not hang on this one: its message and its
    # frames may hold the secret.
    raise Refusal(Code.CREDENTIAL_UNAVAILABLE, problem)


def _declared(returned: object, declared: tuple[str, ...]) -> dict[str, str]:
    """What a hook returned, or nothing where not all of it is as it should be."""
    if not isinstance(returned, Mapping):
        return {}
    added: dict[str, str] = {}
    for name, value in returned.items():
        if not isinstance(name, str) or type(value) is not str:
            return {}
        lower = name.lower()
        if lower not in declared or lower in added:
            return {}
        added[lower] = value
    return added
