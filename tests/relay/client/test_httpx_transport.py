"""Calls through `httpx`, with and without `async`."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import anyio
import httpx
import pytest

from secure_lambda_constructs.relay.client import (
    AsyncRelayTransport,
    RelayClient,
    RelayError,
    RelayLimitError,
    RelayProtocolError,
    RelayRefusedError,
    RelayTimeoutError,
    RelayTlsError,
    RelayTransport,
    RelayUnavailableError,
)

from .conftest import LambdaApi, Reply, answer, refusal

URL = "https://api.example.com/v1/charges"

Send = Callable[..., httpx.Response]


@pytest.fixture(params=["sync", "asyncio"])
def send(request: pytest.FixtureRequest, client: RelayClient) -> Send:
    """Sends a request by a client of its own, of each kind."""
    return sender(request.param, client)


def sender(kind: str, client: RelayClient | None) -> Send:
    def sync(method: str, url: str, **options: object) -> httpx.Response:
        redirects = bool(options.pop("follow_redirects", False))
        with httpx.Client(transport=RelayTransport(client), follow_redirects=redirects) as c:
            return c.request(method, url, **options)  # type: ignore[arg-type]  # as given

    async def asynchronous(
        method: str, url: str, options: dict[str, object], redirects: bool
    ) -> httpx.Response:
        transport = AsyncRelayTransport(client)
        async with httpx.AsyncClient(transport=transport, follow_redirects=redirects) as c:
            return await c.request(method, url, **options)  # type: ignore[arg-type]  # as given

    def wrapped(method: str, url: str, **options: object) -> httpx.Response:
        redirects = bool(options.pop("follow_redirects", False))
        return anyio.run(asynchronous, method, url, options, redirects)

    return sync if kind == "sync" else wrapped


def test_request_and_response(api: LambdaApi, send: Send) -> None:
    api.handle = lambda event: answer(201, b'{"id": "ch_1"}')
    response = send(
        "POST",
        URL,
        params={"expand": "customer"},
        json={"amount": 5},
        headers=[("Prefer", "a"), ("Prefer", "b")],
        timeout=5,
    )
    (event,) = api.events
    assert (event["method"], event["url"]) == ("POST", f"{URL}?expand=customer")
    headers = dict(event["headers"])
    assert headers["content-type"] == "application/json"
    assert headers["prefer"] == "a, b"
    assert not headers.keys() & {"content-length", "connection", "accept-encoding", "host"}
    assert response.status_code == 201
    assert response.json() == {"id": "ch_1"}
    assert response.headers["Content-Type"] == "application/json"
    assert response.http_version == "HTTP/1.1"
    assert response.reason_phrase == "Created"
    assert response.elapsed.total_seconds() > 0


def test_forms_and_files(api: LambdaApi, send: Send) -> None:
    send("POST", URL, data={"a": "ä"})
    send("POST", URL, files={"file": b"content"})
    assert api.events[0]["body"] == "YT0lQzMlQTQ="
    assert dict(api.events[1]["headers"])["content-type"].startswith("multipart/form-data; bound")


def test_parts_of_a_body(api: LambdaApi, client: RelayClient) -> None:
    def parts() -> Iterator[bytes]:
        yield from (b"a=", b"1")

    async def async_parts() -> AsyncIterator[bytes]:
        for part in parts():
            yield part

    sender("sync", client)("POST", URL, content=parts())
    sender("asyncio", client)("POST", URL, content=async_parts())
    assert [event["body"] for event in api.events] == ["YT0x", "YT0x"]
    with pytest.raises(RuntimeError, match="sync"):
        sender("sync", client)("POST", URL, content=async_parts())
    with pytest.raises(RuntimeError, match="sync"):
        sender("asyncio", client)("POST", URL, content=parts())


def test_wrong_kind_of_body_is_told(client: RelayClient) -> None:
    async def async_parts() -> AsyncIterator[bytes]:
        yield b""

    with pytest.raises(RuntimeError, match="use AsyncRelayTransport"):
        RelayTransport(client).handle_request(httpx.Request("POST", URL, content=async_parts()))
    with pytest.raises(RuntimeError, match="use RelayTransport"):
        anyio.run(
            AsyncRelayTransport(client).handle_async_request,
            httpx.Request("POST", URL, content=iter([b""])),
        )


def test_endless_body_is_refused(api: LambdaApi, client: RelayClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(500_000)

    with pytest.raises(httpx.RequestError, match=r"4 MiB") as caught:
        sender("asyncio", client)("POST", URL, content=endless())
    assert isinstance(caught.value, RelayLimitError)
    with pytest.raises(RelayLimitError):
        sender("sync", client)("POST", URL, content=iter(lambda: bytes(500_000), None))
    assert api.events == []


def test_body_is_streamed(api: LambdaApi, client: RelayClient) -> None:
    api.handle = lambda event: answer(200, b"0123456789", [("content-type", "text/plain")])
    with httpx.Client(transport=RelayTransport(client)) as c:
        with c.stream("GET", URL) as response:
            assert list(response.iter_raw(4)) == [b"0123", b"4567", b"89"]
        with c.stream("GET", URL) as response:
            assert "".join(response.iter_text()) == "0123456789"

    async def stream() -> list[bytes]:
        async with (
            httpx.AsyncClient(transport=AsyncRelayTransport(client)) as c,
            c.stream("GET", URL) as response,
        ):
            return [part async for part in response.aiter_raw(4)]

    assert anyio.run(stream) == [b"0123", b"4567", b"89"]


def test_statuses_and_redirects(api: LambdaApi, send: Send) -> None:
    api.replies = [
        Reply(answer(302, b"", [("location", "/v2")])),
        Reply(answer(302, b"", [])),
        Reply(answer(302, b"", [("location", "/v2")])),
        Reply(answer(402)),
    ]
    assert send("GET", URL).status_code == 302
    assert send("GET", URL, follow_redirects=True).status_code == 302
    response = send("GET", URL, follow_redirects=True)
    assert (response.status_code, len(response.history)) == (402, 1)
    assert api.events[-1]["url"] == "https://api.example.com/v2"
    with pytest.raises(httpx.HTTPStatusError, match="402 Payment Required"):
        response.raise_for_status()


@pytest.mark.parametrize(
    ("code", "own", "library"),
    [
        ("body_invalid", RelayRefusedError, httpx.RequestError),
        ("connection_failed", RelayError, httpx.ConnectError),
        ("tls_failed", RelayTlsError, httpx.ConnectError),
        ("upstream_protocol_error", RelayProtocolError, httpx.RemoteProtocolError),
        ("upstream_timeout", RelayTimeoutError, httpx.ReadTimeout),
        ("internal_error", RelayUnavailableError, httpx.NetworkError),
        ("code_of_a_newer_relay", RelayError, httpx.RequestError),
    ],
)
def test_errors_are_those_of_httpx_too(
    api: LambdaApi, send: Send, code: str, own: type[Exception], library: type[Exception]
) -> None:
    api.replies = [Reply(refusal(code, route="charge"))]
    with pytest.raises(library) as caught:
        send("POST", URL, json={})
    error = caught.value
    assert isinstance(error, own)
    assert isinstance(error, RelayError)
    assert isinstance(error, httpx.HTTPError)
    assert (error.code, error.route, error.retryable) == (code, "charge", False)
    assert str(error) == f"this is {code} ({code}, route charge)"
    assert error.request.url == URL
    assert len(api.events) == 1


def test_refusals_are_nothing_that_is_tried_again(api: LambdaApi, send: Send) -> None:
    for code in ("body_invalid", "destination_not_allowed", "response_too_large"):
        api.replies = [Reply(refusal(code))]
        with pytest.raises(httpx.RequestError) as caught:
            send("GET", URL)
        assert not isinstance(caught.value, httpx.TransportError)


def test_only_https(api: LambdaApi, send: Send) -> None:
    with pytest.raises(httpx.RequestError, match="relays speak https only"):
        send("GET", "http://api.example.com/")
    assert api.events == []


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_no_answer_in_time_is_one_invoke(api: LambdaApi, hasty: RelayClient, kind: str) -> None:
    api.replies = [Reply(answer(), delay=5)]
    with pytest.raises(httpx.TimeoutException):
        sender(kind, hasty)("POST", URL, json={})
    assert len(api.events) == 1


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_shared_client(api: LambdaApi, kind: str) -> None:
    assert sender(kind, None)("GET", f"{URL}#part").is_success
    assert [event["url"] for event in api.events] == [URL]


def test_calls_of_many_tasks_happen_together(api: LambdaApi, client: RelayClient) -> None:
    client.call("GET", URL)  # makes the boto3 client, which takes its time
    api.replies = [Reply(answer(), delay=0.2) for _ in range(8)]

    async def together() -> float:
        began = time.monotonic()
        async with (
            httpx.AsyncClient(transport=AsyncRelayTransport(client)) as c,
            anyio.create_task_group() as group,
        ):
            for _ in range(8):
                group.start_soon(c.get, URL)
        return time.monotonic() - began

    assert anyio.run(together) < 1.0
    assert len(api.events) == 9


def test_cancelled_task_does_not_wait(api: LambdaApi, client: RelayClient) -> None:
    client.call("GET", URL)
    api.replies = [Reply(answer(), delay=5)]

    async def cancelled(get: Callable[[str], Awaitable[object]]) -> float:
        began = time.monotonic()
        with anyio.move_on_after(0.1):
            await get(URL)
        # The server is let go, so that the thread which still asks it ends with the test.
        return time.monotonic() - began

    async def run() -> float:
        async with httpx.AsyncClient(transport=AsyncRelayTransport(client)) as c:
            took = await cancelled(c.get)
            api.ended.set()
            return took

    assert anyio.run(run) < 1.0
