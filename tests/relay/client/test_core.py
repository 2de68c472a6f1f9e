"""The client itself, through the real boto3."""

import base64
import contextlib
import io
import json
import os
import pickle
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.relay.client import (
    Headers,
    RelayClient,
    RelayConnectionError,
    RelayError,
    RelayLimitError,
    RelayProtocolError,
    RelayRefusedError,
    RelayResponse,
    RelayTimeoutError,
    RelayTlsError,
    RelayUnavailableError,
    call,
)
from secure_lambda_constructs.relay.client.errors import error_for
from secure_lambda_constructs.relay.client.invocations import Invocations
from secure_lambda_constructs.relay.client.wire import read_answer
from secure_lambda_constructs.relay.handler.refusals import Code
from secure_lambda_constructs.relay.handler.request import LONGEST_BODY, read_request

from .conftest import ARN, LambdaApi, Reply, answer, refusal

URL = "https://api.example.com/v1/rates?base=EUR"


def test_request_and_answer_pass(api: LambdaApi, client: RelayClient) -> None:
    api.handle = lambda event: answer(
        201, b'{"id": 7}', [("content-type", "application/json"), ("link", "a"), ("link", "b")]
    )
    response = client.call("post", URL, headers={"Idempotency-Key": " 1 "}, body=b"\x00\xff")
    assert api.functions == [ARN]
    assert api.events == [
        {
            "version": 1,
            "method": "POST",
            "url": URL,
            "headers": [["idempotency-key", "1"]],
            "body": "AP8=",
        }
    ]
    assert (response.status, response.route, response.ok) == (201, "route", True)
    assert response.headers["Content-Type"] == "application/json"
    assert dict(response.headers)["link"] == "a, b"
    assert response.json() == {"id": 7}


@pytest.mark.parametrize("status", [204, 301, 402, 503])
def test_every_status_is_an_answer(api: LambdaApi, client: RelayClient, status: int) -> None:
    api.handle = lambda event: answer(status, b"", [])
    response = client.call("GET", URL)
    assert (response.status, response.ok, response.body) == (status, status == 204, b"")
    assert "body" not in api.events[0]
    assert len(api.events) == 1


def test_json_is_sent_as_such(api: LambdaApi, client: RelayClient) -> None:
    client.call("POST", URL, json={"ä": 1})
    client.call("POST", URL, json=[], headers={"Content-Type": "application/merge-patch+json"})
    first, second = api.events
    assert first["headers"] == [["content-type", "application/json"]]
    assert json.loads(base64.b64decode(first["body"])) == {"ä": 1}
    assert second["headers"] == [["content-type", "application/merge-patch+json"]]
    with pytest.raises(TypeError, match="body and json are both given"):
        client.call("POST", URL, json={}, body=b"{}")
    with pytest.raises(ValueError, match="not JSON compliant"):
        client.call("POST", URL, json=float("nan"))
    assert len(api.events) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"abc",
        bytearray(b"abc"),
        memoryview(b"abc"),
        "abc",
        io.BytesIO(b"abc"),
        io.StringIO("abc"),
        ["a", b"bc"],
        (part for part in (b"ab", "c")),
    ],
    ids=["bytes", "bytearray", "memoryview", "text", "file", "text file", "list", "generator"],
)
def test_bodies_of_all_kinds(api: LambdaApi, client: RelayClient, body: object) -> None:
    client.call("POST", URL, body=body)  # type: ignore[arg-type]  # which of them does not matter
    assert api.events[0]["body"] == base64.b64encode(b"abc").decode()


@pytest.mark.parametrize("body", [7, [1, 2]], ids=["integer", "integers"])
def test_other_bodies_are_type_errors(api: LambdaApi, client: RelayClient, body: object) -> None:
    with pytest.raises(TypeError, match="is a int: give"):
        client.call("POST", URL, body=body)  # type: ignore[arg-type]  # what is refused
    assert api.events == []


def test_headers_of_the_connection_are_not_sent(api: LambdaApi, client: RelayClient) -> None:
    client.call(
        "GET",
        URL,
        headers=[
            ("Accept", "a"),
            ("Host", "api.example.com"),
            ("Connection", "keep-alive"),
            ("Content-Length", "0"),
            ("Transfer-Encoding", "chunked"),
            ("Accept-Encoding", "gzip"),
            ("Proxy-Authorization", "x"),
            ("accept", "b"),
            ("Cookie", "a=1"),
            ("cookie", "b=2"),
        ],
    )
    assert api.events[0]["headers"] == [["accept", "a, b"], ["cookie", "a=1; b=2"]]


def test_longest_body_fits_into_an_invoke(api: LambdaApi, client: RelayClient) -> None:
    client.call("POST", URL, body=bytes(LONGEST_BODY))
    assert read_request(api.events[0]).body == bytes(LONGEST_BODY)
    assert len(json.dumps(api.events[0])) < 6_291_456


def test_what_no_invoke_can_carry_is_not_sent(api: LambdaApi, client: RelayClient) -> None:
    with pytest.raises(RelayLimitError, match=r"at most 4,194,304 \(4 MiB\)") as caught:
        client.call("POST", URL, body=bytes(LONGEST_BODY + 1))
    assert (caught.value.code, caught.value.retryable) == ("request_too_large", False)
    with pytest.raises(RelayLimitError, match="shorten the URL and the headers"):
        client.call("GET", URL, headers={"accept": "x" * 6_291_456})
    assert api.events == []


def test_no_more_of_a_body_is_read_than_can_be_sent(client: RelayClient) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1_000_000
            yield bytes(1_000_000)

    with pytest.raises(RelayLimitError):
        client.call("POST", URL, body=endless())
    assert taken == 5_000_000


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("http://api.example.com/", "scheme_not_supported", "begins with 'http': relays speak"),
        ("api.example.com/v1", "scheme_not_supported", "write https://"),
        ("https://user:secret@api.example.com/", "malformed_request", "user name or password"),
        ("https:///v1", "malformed_request", "the URL has no host"),
        ("https://[::1/", "malformed_request", "the URL cannot be read"),
        ("https://api.example.com/a b", "malformed_request", "percent-encoded"),
        ("https://api.example.com/\r\nx", "malformed_request", "percent-encoded"),
        ("https://api.example.com/ä", "malformed_request", "percent-encoded"),
        ("", "malformed_request", "the URL is empty"),
        ("https://other.example.net/", "host_not_served", "use one of api.example.com, or"),
    ],
)
def test_refused_at_once(
    api: LambdaApi, client: RelayClient, url: str, code: str, message: str
) -> None:
    with pytest.raises(RelayRefusedError, match=re.escape(message)) as caught:
        client.call("GET", url)
    assert (caught.value.code, caught.value.retryable) == (code, False)
    assert "secret" not in str(caught.value)
    assert api.events == []


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://api.example.com", "https://api.example.com/"),
        ("https://api.example.com?a=b", "https://api.example.com/?a=b"),
        ("https://api.example.com/a%2Fb/#part", "https://api.example.com/a%2Fb/"),
        ("HTTPS://API.Example.Com.:443/", "https://API.Example.Com.:443/"),
    ],
)
def test_urls_as_sent(api: LambdaApi, client: RelayClient, url: str, sent: str) -> None:
    client.call("GET", url)
    assert api.events[0]["url"] == sent


# --- which relay


def test_each_host_has_its_relay(api: LambdaApi, monkeypatch: pytest.MonkeyPatch) -> None:
    other, every = ARN.replace("Relay", "Other:live"), ARN.replace("Relay", "Every")
    monkeypatch.setenv("EGRESS_RELAY_HOSTS", f"API.example.com={ARN} other.example.net={other}")
    client = RelayClient()
    client.call("GET", URL)
    client.call("GET", "https://OTHER.example.net./")
    with pytest.raises(RelayRefusedError, match=r"use one of api\.example\.com, other\.example"):
        client.call("GET", "https://third.example.org/")
    RelayClient(hosts={"*": every, "api.example.com": ARN}).call("GET", "https://third.example/")
    RelayClient(relay=every).call("GET", URL)
    assert api.functions == [ARN, other, every, every]


def test_call_uses_one_client_for_the_environment(api: LambdaApi) -> None:
    assert call("GET", URL).status == 200
    assert call("POST", URL, json={}).status == 200
    assert api.functions == [ARN, ARN]
    assert api.connections == 1


def test_function_without_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EGRESS_RELAY_HOSTS", raising=False)
    with pytest.raises(RelayRefusedError, match="EGRESS_RELAY_HOSTS is not set; let relay") as no:
        RelayClient().call("GET", URL)
    assert no.value.code == "host_not_served"


def test_long_lists_of_hosts_are_cut() -> None:
    client = RelayClient(hosts={f"host{number:02}.example.com": ARN for number in range(30)})
    with pytest.raises(RelayRefusedError, match=r"host19\.example\.com and 10 more, or declare"):
        client.call("GET", URL)


@pytest.mark.parametrize(
    "text",
    [
        "api.example.com",
        f"={ARN}",
        "api.example.com=Relay",
        f"api.example.com={ARN}  b={ARN}",
        f" api.example.com={ARN}",
        f"api.example.com={ARN},b={ARN}",
    ],
    ids=["no arn", "no host", "name", "two spaces", "leading space", "comma"],
)
def test_unreadable_environment(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("EGRESS_RELAY_HOSTS", text)
    with pytest.raises(RelayError, match=r"entry \d of the environment variable") as caught:
        RelayClient()
    assert caught.value.code == "configuration_invalid"


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="hosts and relay are both given"):
        RelayClient(hosts={}, relay=ARN)
    with pytest.raises(ValueError, match="the relay for 'a' is 'Relay': write the ARN"):
        RelayClient(hosts={"a": "Relay"})
    with pytest.raises(ValueError, match="retries is -1"):
        RelayClient(hosts={}, retries=-1)
    with pytest.raises(ValueError, match="timeout is 0"):
        RelayClient(hosts={}, timeout=0)


# --- what is made again, and what never


def test_no_answer_in_time_is_one_invoke(
    api: LambdaApi, hasty: RelayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    api.replies = [Reply(answer(), delay=5)]
    with pytest.raises(RelayTimeoutError, match=r"not answer within 0\.1 s") as caught:
        hasty.call("POST", URL)
    assert (caught.value.code, caught.value.retryable) == ("relay_timeout", False)
    assert len(api.events) == 1


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(cut=True), "relay_failed"),
        (Reply({"Message": "x"}, status=500), "relay_failed"),
        (Reply({"Message": "x"}, status=502), "relay_failed"),
        (
            Reply(
                {"errorMessage": "hidden", "errorType": "KeyError", "stackTrace": ["hidden"]},
                headers={"x-amz-function-error": "Unhandled"},
            ),
            "relay_failed",
        ),
        (
            Reply({}, status=403, headers={"x-amzn-ErrorType": "AccessDeniedException"}),
            "relay_access_denied",
        ),
    ],
    ids=["connection broken", "500", "502", "function error", "access denied"],
)
def test_failures_of_the_relay_are_one_invoke(
    api: LambdaApi, client: RelayClient, pauses: list[float], reply: Reply, code: str
) -> None:
    api.replies = [reply]
    with pytest.raises(RelayUnavailableError) as caught:
        client.call("POST", URL)
    assert (caught.value.code, caught.value.retryable) == (code, False)
    assert "hidden" not in str(caught.value)
    assert (len(api.events), pauses) == (1, [])


def test_stopped_relay(api: LambdaApi, client: RelayClient, pauses: list[float]) -> None:
    api.replies = [Reply.throttled() for _ in range(3)]
    with pytest.raises(RelayUnavailableError, match="reserved concurrency is 0") as caught:
        client.call("POST", URL)
    assert (caught.value.code, caught.value.retryable) == ("relay_throttled", True)
    assert len(api.events) == 3
    assert [0.1 <= pauses[0] <= 0.2, 0.2 <= pauses[1] <= 0.4, len(pauses)] == [True, True, 2]


def test_busy_relay_is_called_again(api: LambdaApi, client: RelayClient) -> None:
    api.replies = [Reply.throttled(), Reply.throttled()]
    assert client.call("POST", URL, body=b"same").status == 200
    assert [event["body"] for event in api.events] == ["c2FtZQ=="] * 3


def test_what_the_relay_calls_retryable(
    api: LambdaApi, client: RelayClient, pauses: list[float]
) -> None:
    api.replies = [Reply(refusal("upstream_timeout", retryable=True, route="rates"))] * 2
    assert client.call("GET", URL).status == 200
    assert (len(api.events), len(pauses)) == (3, 2)


@pytest.mark.parametrize("code", [*Code, "code_of_a_newer_relay"])
def test_what_the_relay_does_not_call_retryable(
    api: LambdaApi, client: RelayClient, code: str
) -> None:
    api.replies = [Reply(refusal(code, route="charge"))]
    with pytest.raises(RelayError, match=f"this is {code} \\({code}, route charge\\)") as caught:
        client.call("POST", URL)
    assert (caught.value.code, caught.value.route, caught.value.retryable) == (
        code,
        "charge",
        False,
    )
    assert len(api.events) == 1


def test_retries_can_be_had_otherwise(api: LambdaApi, pauses: list[float]) -> None:
    api.replies = [Reply.throttled()]
    with pytest.raises(RelayUnavailableError):
        RelayClient(retries=0, pause=pauses.append).call("GET", URL)
    api.replies = [Reply.throttled() for _ in range(4)]
    assert RelayClient(retries=4, pause=pauses.append).call("GET", URL).status == 200
    assert len(api.events) == 1 + 5


def test_every_code_has_its_class() -> None:
    classes = {code.value: type(error_for(code, "", None, False)) for code in Code}
    assert [code for code, kind in classes.items() if kind is RelayError] == []
    assert [code for code, kind in classes.items() if kind is RelayTimeoutError] == [
        "upstream_timeout"
    ]
    assert classes["tls_failed"] is RelayTlsError
    assert classes["upstream_protocol_error"] is RelayProtocolError
    assert {code for code, kind in classes.items() if issubclass(kind, RelayConnectionError)} == {
        "name_not_resolved",
        "connection_failed",
        "tls_failed",
        "upstream_protocol_error",
    }
    assert {code for code, kind in classes.items() if kind is RelayUnavailableError} == {
        "credential_unavailable",
        "internal_error",
    }


def test_errors_survive_pickling() -> None:
    error = error_for("tls_failed", "no certificate", "charge", True)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


# --- what the relay answers


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        None,
        [],
        "text",
        {},
        answer() | {"version": 2},
        answer() | {"version": "1"},
        answer() | {"status": "200"},
        answer() | {"status": True},
        answer() | {"status": 99},
        answer() | {"status": 600},
        answer() | {"headers": {"a": "b"}},
        answer() | {"headers": [["a"]]},
        answer() | {"headers": [["a", 1]]},
        answer() | {"body": "!"},
        answer() | {"body": "ä"},
        answer() | {"body": None},
        answer() | {"route": 7},
        {"version": 1},
        {"version": 1, "error": "text"},
        {"version": 1, "error": {"code": "a", "message": "b"}},
        {"version": 1, "error": {"code": "a", "message": "b", "retryable": 1}},
    ],
    ids=lambda payload: str(payload)[:60],
)
def test_answers_of_another_shape(api: LambdaApi, client: RelayClient, payload: object) -> None:
    api.replies = [Reply(payload)]
    with pytest.raises(RelayError, match="deploy the relay and this client") as caught:
        client.call("GET", URL)
    assert (type(caught.value), caught.value.code) == (RelayError, "answer_not_understood")
    assert len(api.events) == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 700) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["version", "route", "status", "headers", "body", "error", "code", "retryable"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=40) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_no_answer_whatever_raises_anything_else(payload: bytes) -> None:
    with contextlib.suppress(RelayError):
        assert isinstance(read_answer(payload), RelayResponse)


@given(
    st.integers(200, 599),
    st.lists(st.tuples(st.text(min_size=1), st.text())),
    st.binary(),
    st.none() | st.text(),
)
def test_every_answer_of_the_format_is_read(
    status: int, headers: list[tuple[str, str]], body: bytes, route: str | None
) -> None:
    response = read_answer(json.dumps(answer(status, body, headers, route)).encode())
    assert (response.status, response.body, response.route) == (status, body, route)
    assert set(response.headers) == {name.lower() for name, _ in headers}


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=latin-1", b"\xe4", "ä"),
        ("text/plain; charset=nonsense", "ä".encode(), "ä"),
        ("application/json", "ä".encode(), "ä"),
        (None, b"a\xff", "a\ufffd"),
    ],
)
def test_text(content_type: str | None, body: bytes, text: str) -> None:
    headers = Headers([("Content-Type", content_type)] if content_type else [])
    assert RelayResponse(200, headers, body, None).text == text
    assert ("content-type" in headers, len(headers)) == (
        bool(content_type),
        int(bool(content_type)),
    )


def test_headers_show_themselves() -> None:
    assert repr(Headers([("A", "b")])) == "Headers([('a', 'b')])"


# --- how boto3 is used


def test_proxies_of_the_environment_are_ignored(
    api: LambdaApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert RelayClient(retries=0).call("GET", URL).status == 200


def test_lambda_not_reached(monkeypatch: pytest.MonkeyPatch, api: LambdaApi) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(RelayUnavailableError, match="has an endpoint for Lambda") as caught:
        RelayClient(pause=_never).call("GET", URL)
    assert (caught.value.code, caught.value.retryable) == ("relay_not_reached", True)


def test_function_without_credentials(monkeypatch: pytest.MonkeyPatch, api: LambdaApi) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_") and name != "AWS_ENDPOINT_URL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(RelayUnavailableError, match=r"\(NoCredentialsError\)") as caught:
        RelayClient(pause=_never).call("GET", URL)
    assert (caught.value.code, caught.value.retryable) == ("relay_not_reached", False)


def test_given_client_is_used(api: LambdaApi, monkeypatch: pytest.MonkeyPatch) -> None:
    given_client = boto3.client("lambda", region_name="us-east-1", endpoint_url=api.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert RelayClient(lambda_client=given_client).call("GET", URL).status == 200


def test_connections_are_kept_unless_the_function_may_have_slept(api: LambdaApi) -> None:
    now = 0.0
    invocations = Invocations(None, 40.0, clock=lambda: now)
    for moment, connections in [(0, 1), (4, 1), (8, 1), (14, 2), (15, 2), (10, 3)]:
        now = moment
        invocations.invoke(ARN, b"{}")
        assert api.connections == connections, moment


def test_threads_share_a_client(api: LambdaApi, client: RelayClient) -> None:
    together = threading.Barrier(16)

    def one(number: int) -> str:
        together.wait(5)
        return client.call("GET", f"https://api.example.com/{number}").text

    api.handle = lambda event: answer(body=event["url"].encode())
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(one, range(16)))
    assert got == [f"https://api.example.com/{number}" for number in range(16)]


def _never(seconds: float) -> None:
    raise AssertionError("an attempt is made again")
