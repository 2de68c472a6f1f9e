"""Hooks: they get what will be sent and the secret, and may add declared headers only."""

import dataclasses
import hashlib
import hmac
import traceback

import pytest

from secure_lambda_constructs.relay.handler.credentials import apply, secret_texts
from secure_lambda_constructs.relay.handler.hooks import HookRequest, call_hook
from secure_lambda_constructs.relay.handler.messages import OutgoingRequest
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal
from secure_lambda_constructs.relay.handler.routes import Credential, CredentialSource
from secure_lambda_constructs.relay.handler.secret_values import Secret

from .conftest import MakeHooks

SECRET = Secret("placeholder\nof two lines")
CREDENTIAL = Credential(
    "hook",
    CredentialSource("secrets_manager", "PAYMENT_KEY"),
    module="partner",
    function="sign",
    headers=("x-timestamp", "x-signature"),
)
REQUEST = OutgoingRequest(
    "POST", "api.example.com", "/v1/charges", "expand=a", (("accept", "*/*"),), b'{"amount":1}'
)

HMAC = """
import hashlib
import hmac


def sign(request, secret):
    timestamp = str(int(request.time))
    signed = "|".join([timestamp, request.method, request.host, request.path, request.query])
    digest = hmac.new(secret.encode(), signed.encode() + b"|" + request.body, hashlib.sha256)
    return {"X-Timestamp": timestamp, "X-Signature": digest.hexdigest()}
"""


def test_a_hook_signs_what_is_sent(hooks: MakeHooks) -> None:
    hooks(HMAC)
    sent = apply(CREDENTIAL, SECRET, REQUEST, now=lambda: 1_796_000_000.9)
    added = dict(sent.headers)
    assert list(added) == ["accept", "x-timestamp", "x-signature"]
    signed = f"{added['x-timestamp']}|POST|{sent.host}|{sent.path}|{sent.query}|".encode()
    assert sent.body is not None
    expected = hmac.new(SECRET.reveal().encode(), signed + sent.body, hashlib.sha256).hexdigest()
    assert added["x-signature"] == expected
    assert added["x-timestamp"] == "1796000000"
    assert dataclasses.replace(sent, headers=REQUEST.headers) == REQUEST


def test_a_hook_sees_the_request_and_cannot_change_it(hooks: MakeHooks) -> None:
    hooks(
        "seen = []\n"
        "def sign(request, secret):\n"
        "    seen.append(request)\n"
        "    return {'x-signature': 's'}\n"
    )
    without_body = dataclasses.replace(REQUEST, body=None, query="")
    call_hook(CREDENTIAL, SECRET, without_body, 1.5)
    from relay_hooks.partner import seen  # type: ignore[import-not-found]

    (request,) = seen
    assert isinstance(request, HookRequest)
    assert request == HookRequest(
        "POST", "api.example.com", "/v1/charges", headers={"accept": "*/*"}, time=1.5
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.path = "/v2"  # type: ignore[misc]
    with pytest.raises(TypeError):
        request.headers["accept"] = "text/html"  # type: ignore[index]


_RETURNS = "def sign(request, secret):\n    return "
_RAISES = "def sign(request, secret):\n    raise "


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (f"{_RAISES}ValueError(secret)", "the hook partner.sign failed with ValueError"),
        (f"{_RAISES}SystemExit(secret)", "failed with SystemExit"),
        (f"{_RAISES}GeneratorExit(secret)", "failed with GeneratorExit"),
        ("def sign(request):\n    return {}", "failed with TypeError"),
        ("def other(request, secret):\n    return {}", "failed with AttributeError"),
        ("import no_such_module_anywhere", "failed with ModuleNotFoundError"),
        ("def sign(", "failed with SyntaxError"),
        (f"{_RETURNS}None", "returned anything but headers"),
        (f"{_RETURNS}{{}}", "returned anything but headers"),
        (f"{_RETURNS}[('x-signature', 's')]", "returned anything but headers"),
        (f"{_RETURNS}{{'x-signature': b's'}}", "returned anything but headers"),
        (f"{_RETURNS}{{'x-signature': 1}}", "returned anything but headers"),
        (f"{_RETURNS}{{1: 's'}}", "returned anything but headers"),
        (f"{_RETURNS}{{'x-signature': 's', 'x-other': 's'}}", "returned anything but headers"),
        (f"{_RETURNS}{{'x-signature': 's', 'X-Signature': 't'}}", "returned anything but headers"),
        (f"{_RETURNS}{{'x-signature': 's\\r\\nhost: x'}}", "is no printable ASCII"),
        (f"{_RETURNS}{{'x-signature': 's '}}", "is no printable ASCII"),
        (f"{_RETURNS}{{'x-signature': 'é'}}", "is no printable ASCII"),
        (f"{_RETURNS}{{'x-signature': ''}}", "is empty"),
        (f"{_RETURNS}{{'x-signature': secret}}", "is no printable ASCII"),
    ],
)
def test_anything_else_ends_the_call(hooks: MakeHooks, code: str, problem: str) -> None:
    hooks(code)
    with pytest.raises(Refusal, match=problem) as caught:
        apply(CREDENTIAL, SECRET, REQUEST)
    assert caught.value.code is Code.CREDENTIAL_UNAVAILABLE
    assert "two lines" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize("module", ["", "..os", "os.path", "partner sign", "../partner"])
def test_a_hook_is_a_module_beside_the_handler(module: str) -> None:
    credential = dataclasses.replace(CREDENTIAL, module=module)
    with pytest.raises(Refusal, match="is no name of a hook"):
        call_hook(credential, SECRET, REQUEST, 0.0)


def test_a_header_that_frames_the_request_is_refused(hooks: MakeHooks) -> None:
    hooks(f"{_RETURNS}{{'Host': 'other.example.com'}}")
    credential = dataclasses.replace(CREDENTIAL, headers=("host",))
    with pytest.raises(Refusal, match="no credential may be in the header host"):
        apply(credential, SECRET, REQUEST)


def test_a_response_may_show_neither_the_secret_nor_the_token(hooks: MakeHooks) -> None:
    hooks(f"{_RETURNS}{{'authorization': 'Signature token_placeholder', 'x-date': '2026-11-28'}}")
    credential = dataclasses.replace(CREDENTIAL, headers=("authorization", "x-date"))
    sent = apply(credential, Secret("secret_placeholder\n"), REQUEST)
    assert secret_texts(credential, Secret("secret_placeholder\n"), sent) == (
        "secret_placeholder\n",
        "secret_placeholder",
        "token_placeholder",
    )
