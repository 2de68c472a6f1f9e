"""Credentials: read, kept, renewed, added, and shown to nobody."""

import base64
import json
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler import secret_values
from secure_lambda_constructs.relay.handler.credentials import apply, forms, secret_texts
from secure_lambda_constructs.relay.handler.messages import OutgoingRequest
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal
from secure_lambda_constructs.relay.handler.routes import Credential, CredentialSource
from secure_lambda_constructs.relay.handler.secret_values import AwsReader, Secret, SecretValues

from .conftest import Clock, SmallAws

VALUE = "sk_placeholder_1"
SOURCE = CredentialSource("secrets_manager", "PAYMENT_KEY")
PARAMETER = CredentialSource("ssm", "MAP_KEY")
REQUEST = OutgoingRequest("POST", "api.example.com", "/v1", "page=2", (("accept", "*/*"),), b"{}")

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=8, max_size=40)
PLACEABLE = PRINTABLE.filter(lambda text: text == text.strip())


def _values(
    read: Callable[[str, str], str], *, clock: Clock | None = None, wall_clock: Clock | None = None
) -> SecretValues:
    return SecretValues(
        read=read,
        environment={"PAYMENT_KEY": "payment", "MAP_KEY": "map"},
        clock=clock or Clock(),
        wall_clock=wall_clock or Clock(),
    )


class Kept:
    """A secret that is rotated, or cannot be read, when a test says so."""

    def __init__(self, text: str = VALUE) -> None:
        self.text = text
        self.fails = False
        self.reads = 0

    def __call__(self, service: str, name: str) -> str:
        self.reads += 1
        if self.fails:
            raise ConnectionError(self.text)
        return self.text


# Read from AWS


def test_secrets_and_parameters_are_read(aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:payment-AbCdEf"
    monkeypatch.setenv("PAYMENT_KEY", arn)
    monkeypatch.setenv("MAP_KEY", "/partner/map")
    aws.texts = {arn: VALUE, "/partner/map": "map_placeholder"}
    values = SecretValues()
    assert values.value(SOURCE).reveal() == VALUE
    assert values.value(PARAMETER).reveal() == "map_placeholder"
    assert aws.calls == [
        ("GetSecretValue", {"SecretId": arn}),
        ("GetParameter", {"Name": "/partner/map", "WithDecryption": True}),
    ]


def test_no_proxy_of_the_environment_is_used(
    aws: SmallAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    aws.texts = {"payment": VALUE}
    assert _values(AwsReader()).value(SOURCE).reveal() == VALUE


def test_a_binary_secret_is_refused(aws: SmallAws) -> None:
    aws.texts = {"payment": b"AAAA"}
    with pytest.raises(Refusal, match="the secret is binary") as caught:
        _values(AwsReader()).value(SOURCE)
    assert caught.value.code is Code.CREDENTIAL_UNAVAILABLE


@pytest.mark.parametrize(
    ("status", "code", "attempts"),
    [(400, "AccessDeniedException", 1), (500, "InternalServiceError", 2)],
)
def test_what_aws_declines_is_told_by_its_code(
    aws: SmallAws, status: int, code: str, attempts: int
) -> None:
    aws.failure = (status, code)
    with pytest.raises(Refusal, match=f"^the secret could not be read: {code}$") as caught:
        _values(AwsReader()).value(SOURCE)
    assert caught.value.code is Code.CREDENTIAL_UNAVAILABLE
    assert len(aws.calls) == attempts


def test_an_answer_that_does_not_come_is_given_up(
    aws: SmallAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_values, "_READ_SECONDS", 0.05)
    monkeypatch.setattr(secret_values, "_ATTEMPTS", 1)
    aws.delay.clear()
    with pytest.raises(Refusal, match="could not be read: ReadTimeoutError"):
        _values(AwsReader()).value(SOURCE)


def test_an_answer_that_cannot_be_read_is_not_shown(aws: SmallAws) -> None:
    aws.raw = json.dumps({"SecretString": VALUE}).encode()[:-1]
    with pytest.raises(Refusal, match="could not be read: KeyError") as caught:
        _values(AwsReader()).value(SOURCE)
    assert VALUE not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_code_of_aws_that_is_no_word_is_not_told() -> None:
    class OddError(Exception):
        response = {"Error": {"Code": f"{VALUE} {VALUE}"}}  # noqa: RUF012

    def read(service: str, name: str) -> str:
        raise OddError

    with pytest.raises(Refusal, match="could not be read: OddError"):
        _values(read).value(SOURCE)


def test_the_name_has_to_be_there() -> None:
    values = SecretValues(read=Kept(), environment={"PAYMENT_KEY": ""})
    with pytest.raises(Refusal, match="variable PAYMENT_KEY, which names the secret, is not set"):
        values.value(SOURCE)


# Kept


def test_a_text_is_kept_for_five_minutes() -> None:
    clock, kept = Clock(), Kept()
    values = _values(kept, clock=clock)
    for seconds in (0, 200, 99.9):
        clock.seconds += seconds
        assert values.value(SOURCE).reveal() == VALUE
    assert kept.reads == 1
    kept.text = "sk_placeholder_2"
    clock.seconds += 0.1
    assert values.value(SOURCE).reveal() == "sk_placeholder_2"


def test_texts_are_kept_apart() -> None:
    values = _values(lambda service, name: f"{service} {name}")
    assert values.value(SOURCE).reveal() == "secrets_manager payment"
    assert values.value(PARAMETER).reveal() == "ssm map"


def test_time_passes_while_lambda_has_the_process_frozen() -> None:
    clock, wall_clock, kept = Clock(), Clock(), Kept()
    values = _values(kept, clock=clock, wall_clock=wall_clock)
    values.value(SOURCE)
    wall_clock.seconds += 300
    values.value(SOURCE)
    assert kept.reads == 2


def test_a_text_serves_for_another_five_minutes_while_it_cannot_be_read() -> None:
    clock, kept = Clock(), Kept()
    values = _values(kept, clock=clock)
    values.value(SOURCE)
    kept.fails = True
    clock.seconds += 300
    assert values.value(SOURCE).reveal() == VALUE
    clock.seconds += 299.9
    assert values.value(SOURCE).reveal() == VALUE
    clock.seconds += 0.1
    with pytest.raises(Refusal, match="could not be read: ConnectionError") as caught:
        values.value(SOURCE)
    assert VALUE not in "".join(traceback.format_exception(caught.value))
    kept.fails = False
    assert values.value(SOURCE).reveal() == VALUE


def test_while_a_text_serves_not_every_call_waits_for_aws() -> None:
    clock, kept = Clock(), Kept()
    values = _values(kept, clock=clock)
    values.value(SOURCE)
    kept.fails = True
    clock.seconds += 300
    for _ in range(10):
        values.value(SOURCE)
    assert kept.reads == 2
    clock.seconds += 10
    values.value(SOURCE)
    assert kept.reads == 3


def test_without_a_text_each_call_tries() -> None:
    kept = Kept()
    kept.fails = True
    values = _values(kept)
    for _ in range(2):
        with pytest.raises(Refusal, match="could not be read"):
            values.value(SOURCE)
    kept.fails = False
    assert values.value(SOURCE).reveal() == VALUE


# Renewed


def test_a_rotated_secret_is_found() -> None:
    clock, kept = Clock(), Kept()
    values = _values(kept, clock=clock)
    used = values.value(SOURCE)
    clock.seconds += 1.1
    kept.text = "sk_placeholder_2"
    assert values.renewed(SOURCE, used) == Secret("sk_placeholder_2")
    assert values.value(SOURCE).reveal() == "sk_placeholder_2"


def test_a_secret_that_was_read_just_now_is_not_read_again() -> None:
    clock, kept = Clock(), Kept()
    values = _values(kept, clock=clock)
    used = values.value(SOURCE)
    kept.text = "sk_placeholder_2"
    clock.seconds += 1
    assert values.renewed(SOURCE, used) is None
    assert kept.reads == 1


def test_a_secret_that_is_the_same_is_no_new_one() -> None:
    clock, kept = Clock(), Kept()
    values = _values(kept, clock=clock)
    used = values.value(SOURCE)
    clock.seconds += 60
    assert values.renewed(SOURCE, used) is None
    assert kept.reads == 2


def test_what_another_thread_found_is_taken() -> None:
    clock, kept = Clock(), Kept()
    values = _values(kept, clock=clock)
    used = values.value(SOURCE)
    clock.seconds += 60
    kept.text = "sk_placeholder_2"
    assert values.renewed(SOURCE, used) == values.renewed(SOURCE, used) == Secret(kept.text)
    assert kept.reads == 2


def test_a_secret_that_cannot_be_read_anew_is_no_new_one() -> None:
    clock, kept = Clock(), Kept()
    values = _values(kept, clock=clock)
    used = values.value(SOURCE)
    clock.seconds += 60
    kept.fails = True
    assert values.renewed(SOURCE, used) is None
    assert values.value(SOURCE) == used


def test_threads_that_ask_at_once_read_once() -> None:
    kept, started = Kept(), threading.Barrier(32)

    def read(service: str, name: str) -> str:
        threading.Event().wait(0.02)
        return kept(service, name)

    values = _values(read)

    def ask(_: int) -> str:
        started.wait(5)
        return values.value(SOURCE).reveal()

    with ThreadPoolExecutor(32) as threads:
        assert set(threads.map(ask, range(32))) == {VALUE}
    assert kept.reads == 1


def test_clients_are_made_once_for_any_number_of_threads(aws: SmallAws) -> None:
    aws.texts = {"payment": VALUE}
    reader = AwsReader()
    with ThreadPoolExecutor(8) as threads:
        read = threads.map(lambda _: reader("secrets_manager", "payment"), range(8))
        assert set(read) == {VALUE}


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(VALUE)
    for text in (repr(secret), str(secret), f"{secret}", f"{[secret]}", "%s" % secret):  # noqa: UP031
        assert VALUE not in text
    assert secret == Secret(VALUE)
    assert secret != Secret("other")
    assert secret != VALUE
    assert len({secret, Secret(VALUE)}) == 1


# Added


def _added(credential: Credential, secret: str) -> OutgoingRequest:
    return apply(credential, Secret(secret), REQUEST)


@pytest.mark.parametrize(
    ("credential", "header"),
    [
        (Credential("bearer", SOURCE), ("authorization", f"Bearer {VALUE}")),
        (Credential("header", SOURCE, name="x-api-key"), ("x-api-key", VALUE)),
        (
            Credential("header", SOURCE, name="authorization", prefix="Token "),
            ("authorization", f"Token {VALUE}"),
        ),
    ],
    ids=["bearer", "header", "prefix"],
)
def test_the_whole_text_goes_into_a_header(credential: Credential, header: object) -> None:
    sent = _added(credential, VALUE)
    assert sent.headers == (("accept", "*/*"), header)
    assert (sent.target, sent.body) == (REQUEST.target, REQUEST.body)


def test_a_member_goes_into_a_header() -> None:
    sent = _added(Credential("bearer", SOURCE, field="key"), json.dumps({"key": VALUE, "a": 1}))
    assert dict(sent.headers)["authorization"] == f"Bearer {VALUE}"


@pytest.mark.parametrize("password", ["p:a:s:s", ""], ids=["colons", "empty"])
def test_basic_is_of_two_members(password: str) -> None:
    credential = Credential("basic", SOURCE, field="password", username_field="user")
    sent = _added(credential, json.dumps({"user": "acme", "password": password}))
    scheme, _, encoded = dict(sent.headers)["authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(encoded) == f"acme:{password}".encode()


def test_a_name_with_a_colon_is_refused() -> None:
    credential = Credential("basic", SOURCE, field="password", username_field="user")
    with pytest.raises(Refusal, match="name has a colon"):
        _added(credential, json.dumps({"user": "ac:me", "password": VALUE}))


@given(PLACEABLE, PLACEABLE)
def test_a_query_key_is_appended_encoded(name: str, value: str) -> None:
    sent = apply(Credential("query", SOURCE, name=name), Secret(value), REQUEST)
    assert parse_qsl(sent.query, strict_parsing=True) == [("page", "2"), (name, value)]
    assert sent.headers == REQUEST.headers


def test_a_query_key_may_be_the_only_one() -> None:
    request = OutgoingRequest("GET", "api.example.com", "/v1")
    sent = apply(Credential("query", SOURCE, name="key"), Secret("a&b"), request)
    assert sent.target == "/v1?key=a%26b"


def test_a_header_is_never_sent_twice() -> None:
    sent = _added(Credential("header", SOURCE, name="accept"), VALUE)
    assert sent.headers == (("accept", VALUE),)


@pytest.mark.parametrize("name", ["host", "content-length", "transfer-encoding", "cookie"])
def test_headers_that_frame_the_request_are_no_credential(name: str) -> None:
    with pytest.raises(Refusal, match=f"no credential may be in the header {name}"):
        _added(Credential("header", SOURCE, name=name), VALUE)


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("", "is empty"),
        (f"{VALUE}\n", "line break around it"),
        (f" {VALUE}", "space or a line break around it"),
        (f"{VALUE}\r\nx-other: 1", "no printable ASCII"),
        (f"{VALUE}\x00", "no printable ASCII"),
        (f"{VALUE}\x7f", "no printable ASCII"),
        (f"{VALUE}é", "no printable ASCII"),
    ],
    ids=["empty", "line_break", "space", "injection", "nul", "delete", "umlaut"],
)
@pytest.mark.parametrize("kind", ["bearer", "header", "query"])
def test_what_no_header_can_carry_is_refused(kind: str, secret: str, problem: str) -> None:
    credential = Credential(kind, SOURCE, name="x-key")  # type: ignore[arg-type]
    with pytest.raises(Refusal, match=problem) as caught:
        _added(credential, secret)
    assert caught.value.code is Code.CREDENTIAL_UNAVAILABLE
    assert VALUE not in caught.value.message


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        (VALUE, "no JSON object"),
        (f'["{VALUE}"]', "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        (f'{{"other": "{VALUE}"}}', "no text in the field"),
        ('{"key": 12345678}', "no text in the field"),
        (f'{{"key": {{"key": "{VALUE}"}}}}', "no text in the field"),
    ],
    ids=["text", "list", "deep", "other", "number", "object"],
)
def test_a_member_has_to_be_there(secret: str, problem: str) -> None:
    with pytest.raises(Refusal, match=problem) as caught:
        _added(Credential("bearer", SOURCE, field="key"), secret)
    assert caught.value.code is Code.CREDENTIAL_UNAVAILABLE
    shown = "".join(traceback.format_exception(caught.value))
    assert VALUE not in shown
    assert not getattr(caught.value.__context__, "doc", "")


@given(st.text(max_size=20))
def test_whatever_the_secret_is_it_is_sent_whole_or_not_at_all(text: str) -> None:
    try:
        sent = _added(Credential("bearer", SOURCE), text)
    except Refusal:
        return
    value = dict(sent.headers)["authorization"]
    assert value == f"Bearer {text}"
    assert all(" " <= character <= "~" for character in value)


# Looked for in responses


def _shown(credential: Credential, secret: str) -> tuple[str, ...]:
    return secret_texts(credential, Secret(secret), _added(credential, secret))


@pytest.mark.parametrize(
    ("credential", "secret", "shown"),
    [
        (Credential("bearer", SOURCE), VALUE, (VALUE,)),
        (Credential("bearer", SOURCE, field="key"), f'{{"key": "{VALUE}"}}', (VALUE,)),
        (Credential("bearer", SOURCE), "1234567", ()),
        (
            Credential("basic", SOURCE, field="p", username_field="u"),
            '{"u": "acme", "p": "password"}',
            ("password", "acme:password"),
        ),
        (
            Credential("basic", SOURCE, field="p", username_field="u"),
            f'{{"u": "{VALUE}", "p": ""}}',
            (VALUE, f"{VALUE}:"),
        ),
    ],
    ids=["text", "member", "short", "basic", "name_only"],
)
def test_texts_that_no_response_may_show(
    credential: Credential, secret: str, shown: tuple[str, ...]
) -> None:
    assert _shown(credential, secret) == shown


@given(PRINTABLE, st.binary(max_size=5), st.binary(max_size=5))
def test_texts_are_found_in_each_form(text: str, before: bytes, after: bytes) -> None:
    looked_for = forms([text])

    def is_shown(content: bytes) -> bool:
        return any(form in content for form in looked_for)

    raw = text.encode()
    around = before + raw + after
    assert is_shown(around)
    assert is_shown(base64.b64encode(around))
    assert is_shown(base64.urlsafe_b64encode(around))
    assert is_shown(base64.b64encode(around).rstrip(b"="))
    assert is_shown(quote(text, safe="").encode())
    assert is_shown(quote(text, safe="").replace("%20", "+").encode())
    assert is_shown(json.dumps({"a": text}).encode())
    assert is_shown(json.dumps({"a": text}).replace("/", r"\/").encode())


@given(PRINTABLE)
def test_no_form_is_found_by_chance(text: str) -> None:
    assert min(map(len, forms([text]))) >= 8


def test_of_nothing_there_is_no_form() -> None:
    assert forms([]) == frozenset()
