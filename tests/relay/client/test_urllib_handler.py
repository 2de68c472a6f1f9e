"""Calls through the standard library's `urllib.request`."""

import urllib.request
from urllib.error import HTTPError, URLError

import pytest

from secure_lambda_constructs.relay.client import (
    RelayClient,
    RelayError,
    RelayHandler,
    RelayLimitError,
    RelayTimeoutError,
)

from .conftest import LambdaApi, Reply, answer, refusal

URL = "https://api.example.com/v1/charges"


@pytest.fixture
def opener(client: RelayClient) -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(RelayHandler(client))


def test_request_and_response(api: LambdaApi, opener: urllib.request.OpenerDirector) -> None:
    api.handle = lambda event: answer(201, b'{"id": "ch_1"}')
    request = urllib.request.Request(
        f"{URL}#part", b"a=1", {"Idempotency-Key": "k"}, unverifiable=False
    )
    with opener.open(request, timeout=5) as response:
        assert (response.status, response.msg, response.reason) == (201, "Created", "Created")
        assert response.headers.get_content_type() == "application/json"
        assert response.headers["Content-Type"] == "application/json"
        assert response.read(2) == b'{"'
        assert response.read() == b'id": "ch_1"}'
    (event,) = api.events
    assert (event["method"], event["url"], event["body"]) == ("POST", URL, "YT0x")
    headers = dict(event["headers"])
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["idempotency-key"] == "k"
    assert "host" not in headers


def test_statuses_and_redirects(api: LambdaApi, opener: urllib.request.OpenerDirector) -> None:
    api.replies = [
        Reply(answer(402, b"declined")),
        Reply(answer(302, b"", [("location", "https://api.example.com/v2")])),
    ]
    with pytest.raises(HTTPError, match="402: Payment Required") as caught:
        opener.open(URL)
    with caught.value as error:
        assert error.read() == b"declined"
    with opener.open(URL) as response:
        assert response.geturl() == "https://api.example.com/v2"


def test_parts_of_a_body(api: LambdaApi, opener: urllib.request.OpenerDirector) -> None:
    with opener.open(urllib.request.Request(URL, iter([b"a=", b"1"]), method="PUT")) as response:
        assert response.status == 200
    assert (api.events[0]["method"], api.events[0]["body"]) == ("PUT", "YT0x")
    endless = urllib.request.Request(URL, iter(lambda: bytes(500_000), None))
    with pytest.raises(URLError, match=r"4 MiB") as caught:
        opener.open(endless)
    assert isinstance(caught.value, RelayLimitError)


@pytest.mark.parametrize("code", ["body_invalid", "tls_failed", "code_of_a_newer_relay"])
def test_errors_are_those_of_urllib_too(
    api: LambdaApi, opener: urllib.request.OpenerDirector, code: str
) -> None:
    api.replies = [Reply(refusal(code))]
    with pytest.raises(URLError, match=f"this is {code}") as caught:
        opener.open(URL)
    assert isinstance(caught.value, RelayError)
    assert not isinstance(caught.value, TimeoutError)
    assert caught.value.code == code
    assert caught.value.reason == str(caught.value)


def test_timeouts_are_both(api: LambdaApi, opener: urllib.request.OpenerDirector) -> None:
    for kind in (TimeoutError, URLError, RelayTimeoutError):
        api.replies = [Reply(refusal("upstream_timeout"))]
        with pytest.raises(kind):
            opener.open(URL)
    assert len(api.events) == 3


def test_proxies_of_the_environment_are_ignored(
    api: LambdaApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    opener = urllib.request.build_opener(RelayHandler())
    with opener.open(URL) as response:
        assert response.status == 200
    assert [event["url"] for event in api.events] == [URL]
