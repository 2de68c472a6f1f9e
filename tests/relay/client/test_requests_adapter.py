"""Calls through `requests`."""

import io
from collections.abc import Iterator

import pytest
import requests
from requests import exceptions as theirs

from secure_lambda_constructs.relay.client import (
    RelayAdapter,
    RelayClient,
    RelayError,
    RelayLimitError,
    RelayProtocolError,
    RelayRefusedError,
    RelayTimeoutError,
    RelayTlsError,
    RelayUnavailableError,
)

from .conftest import LambdaApi, Reply, answer, refusal

URL = "https://api.example.com/v1/charges"


@pytest.fixture
def session(client: RelayClient) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("https://", RelayAdapter(client))
        yield session


def test_request_and_response(api: LambdaApi, session: requests.Session) -> None:
    api.handle = lambda event: answer(
        201, b'{"id": "ch_1"}', [("content-type", "application/json; charset=utf-8")]
    )
    response = session.post(
        URL,
        params={"expand": "customer"},
        json={"amount": 5},
        headers={"Idempotency-Key": "k"},
        timeout=5,
    )
    (event,) = api.events
    assert (event["method"], event["url"]) == ("POST", f"{URL}?expand=customer")
    headers = dict(event["headers"])
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == "k"
    assert not headers.keys() & {"content-length", "connection", "accept-encoding"}
    assert response.status_code == 201
    assert response.reason == "Created"
    assert response.json() == {"id": "ch_1"}
    assert response.headers["CONTENT-TYPE"].startswith("application/json")
    assert response.encoding == "utf-8"
    assert response.url == f"{URL}?expand=customer"
    assert response.request.method == "POST"
    assert response.elapsed.total_seconds() > 0
    assert response.history == []


def test_statuses_are_raised_when_asked_for(api: LambdaApi, session: requests.Session) -> None:
    seen = []
    api.handle = lambda event: answer(402, b'{"error": "declined"}')
    response = session.get(URL, hooks={"response": lambda r, **_: seen.append(r.status_code)})
    assert seen == [402]
    with pytest.raises(theirs.HTTPError, match="402 Client Error: Payment Required"):
        response.raise_for_status()


def test_body_is_streamed(api: LambdaApi, session: requests.Session) -> None:
    api.handle = lambda event: answer(200, b"0123456789", [("content-type", "text/plain")])
    with session.get(URL, stream=True) as response:
        assert list(response.iter_content(4)) == [b"0123", b"4567", b"89"]
    with session.get(URL, stream=True) as response:
        assert response.raw.read(3) == b"012"
        assert response.raw.read() == b"3456789"
    api.handle = lambda event: answer(200, b"a\nb\n")
    with session.get(URL, stream=True) as response:
        assert list(response.iter_lines()) == [b"a", b"b"]


def test_length_of_a_body_that_is_not_there(api: LambdaApi, session: requests.Session) -> None:
    api.handle = lambda event: answer(200, b"", [("content-length", "700")])
    assert session.head(URL).headers["content-length"] == "700"
    assert session.get(URL).content == b""


@pytest.mark.parametrize(
    "data",
    [
        {"a": "ä"},
        b"a=%C3%A4",
        "a=%C3%A4",
        io.BytesIO(b"a=%C3%A4"),
        (part for part in (b"a=", b"%C3%A4")),
    ],
    ids=["form", "bytes", "text", "file", "generator"],
)
def test_bodies_of_all_kinds(api: LambdaApi, session: requests.Session, data: object) -> None:
    session.post(URL, data=data)  # type: ignore[arg-type]  # which of them does not matter
    assert api.events[0]["body"] == "YT0lQzMlQTQ="


def test_files_are_sent(api: LambdaApi, session: requests.Session) -> None:
    session.post(URL, files={"file": ("a.txt", b"content")})
    assert dict(api.events[0]["headers"])["content-type"].startswith("multipart/form-data; bound")


def test_endless_body_is_refused(api: LambdaApi, session: requests.Session) -> None:
    with pytest.raises(theirs.RequestException, match=r"4 MiB") as caught:
        session.post(URL, data=iter(lambda: b"x" * 500_000, None))
    assert isinstance(caught.value, RelayLimitError)
    assert api.events == []


def test_redirects(api: LambdaApi, session: requests.Session) -> None:
    api.replies = [Reply(answer(302, b"", [])), Reply(answer(302, b"", [("location", "/v2")]))]
    assert session.get(URL).status_code == 302
    response = session.get(URL)
    assert (response.status_code, len(response.history)) == (200, 1)
    assert [event["url"] for event in api.events[1:]] == [URL, "https://api.example.com/v2"]
    api.replies = [Reply(answer(302, b"", [("location", "https://elsewhere.example/")]))]
    with pytest.raises(theirs.RequestException) as caught:
        session.get(URL)
    assert isinstance(caught.value, RelayRefusedError)
    assert len(api.events) == 4


def test_cookies_of_the_session_do_no_harm(api: LambdaApi, session: requests.Session) -> None:
    session.cookies.set("a", "1")
    assert len(session.get(URL).cookies) == 0
    assert dict(api.events[0]["headers"])["cookie"] == "a=1"


@pytest.mark.parametrize(
    ("code", "own", "library"),
    [
        ("body_invalid", RelayRefusedError, theirs.RequestException),
        ("name_not_resolved", RelayError, theirs.ConnectionError),
        ("upstream_protocol_error", RelayProtocolError, theirs.ConnectionError),
        ("tls_failed", RelayTlsError, theirs.SSLError),
        ("upstream_timeout", RelayTimeoutError, theirs.ReadTimeout),
        ("internal_error", RelayUnavailableError, theirs.ConnectionError),
        ("code_of_a_newer_relay", RelayError, theirs.RequestException),
    ],
)
def test_errors_are_those_of_requests_too(
    api: LambdaApi,
    session: requests.Session,
    code: str,
    own: type[Exception],
    library: type[Exception],
) -> None:
    api.replies = [Reply(refusal(code, route="charge"))]
    with pytest.raises(library) as caught:
        session.post(URL, json={})
    error = caught.value
    assert isinstance(error, own)
    assert isinstance(error, RelayError)
    assert isinstance(error, theirs.RequestException)
    assert (error.code, error.route, error.retryable) == (code, "charge", False)
    assert str(error) == f"this is {code} ({code}, route charge)"
    assert error.request is not None
    assert error.request.url == URL
    assert error.response is None
    assert len(api.events) == 1


@pytest.mark.parametrize("code", ["body_invalid", "destination_not_allowed", "response_too_large"])
def test_refusals_are_nothing_that_is_tried_again(
    api: LambdaApi, session: requests.Session, code: str
) -> None:
    api.replies = [Reply(refusal(code))]
    with pytest.raises(theirs.RequestException) as caught:
        session.get(URL)
    assert not isinstance(caught.value, theirs.ConnectionError | theirs.Timeout)


def test_no_answer_in_time_is_one_invoke(api: LambdaApi, hasty: RelayClient) -> None:
    api.replies = [Reply(answer(), delay=5)]
    with requests.Session() as session:
        session.mount("https://", RelayAdapter(hasty))
        with pytest.raises(theirs.Timeout):
            session.post(URL, json={})
    assert len(api.events) == 1


def test_what_a_relay_cannot_do_is_refused(api: LambdaApi, session: requests.Session) -> None:
    with pytest.raises(theirs.RequestException, match="verify is False: the relay always"):
        session.get(URL, verify=False)
    with pytest.raises(theirs.RequestException, match="cert is given") as caught:
        session.get(URL, cert=("a.pem", "b.pem"))
    assert isinstance(caught.value, RelayRefusedError)
    assert caught.value.code == "option_not_supported"
    assert api.events == []
    proxies = {"https": "http://127.0.0.1:1"}
    assert session.get(URL, verify="/bundle.pem", proxies=proxies).status_code == 200


def test_only_https(api: LambdaApi, session: requests.Session) -> None:
    session.mount("http://", session.get_adapter("https://"))
    with pytest.raises(theirs.RequestException, match="relays speak https only"):
        session.get("http://api.example.com/")
    assert api.events == []


def test_shared_client(api: LambdaApi) -> None:
    with requests.Session() as session:
        session.mount("https://", RelayAdapter())
        assert session.get(f"{URL}#part").ok
    assert [event["url"] for event in api.events] == [URL]


def test_unreadable_environment_is_an_error_of_requests(
    api: LambdaApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGRESS_RELAY_HOSTS", "nonsense")
    with requests.Session() as session:
        session.mount("https://", RelayAdapter())
        with pytest.raises(theirs.RequestException, match="EGRESS_RELAY_HOSTS is not host=arn"):
            session.get(URL)
