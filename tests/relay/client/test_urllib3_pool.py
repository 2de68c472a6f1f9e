"""Calls through `urllib3`."""

import ssl
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as theirs

from secure_lambda_constructs.relay.client import (
    RelayClient,
    RelayError,
    RelayLimitError,
    RelayPoolManager,
    RelayProtocolError,
    RelayRefusedError,
    RelayTimeoutError,
    RelayTlsError,
    RelayUnavailableError,
)

from .conftest import LambdaApi, Reply, answer, refusal

URL = "https://api.example.com/v1/charges"


@pytest.fixture
def http(client: RelayClient) -> RelayPoolManager:
    return RelayPoolManager(headers={"x-own": "1"}, client=client)


def test_request_and_response(api: LambdaApi, http: RelayPoolManager) -> None:
    api.handle = lambda event: answer(201, b'{"id": "ch_1"}')
    response = http.request("POST", f"{URL}?a=b#part", json={"amount": 5}, timeout=5.0)
    (event,) = api.events
    assert (event["method"], event["url"]) == ("POST", f"{URL}?a=b")
    assert dict(event["headers"]) == {"x-own": "1", "content-type": "application/json"}
    assert (response.status, response.reason, response.version) == (201, "Created", 11)
    assert response.json() == {"id": "ch_1"}
    assert response.headers["Content-Type"] == "application/json"


def test_fields(api: LambdaApi, http: RelayPoolManager) -> None:
    http.request("GET", URL, fields={"a": "ä"}, headers={"accept": "b"})
    http.request("POST", URL, fields={"a": "b"})
    http.request_encode_body("POST", URL, fields={"a": "ä"}, encode_multipart=False)
    get, multipart, form = api.events
    assert get["url"] == f"{URL}?a=%C3%A4"
    assert dict(get["headers"]) == {"accept": "b"}
    assert dict(multipart["headers"])["content-type"].startswith("multipart/form-data; boundary=")
    assert form["body"] == "YT0lQzMlQTQ="


def test_body_is_streamed(api: LambdaApi, http: RelayPoolManager) -> None:
    api.handle = lambda event: answer(200, b"0123456789", [])
    response = http.request("GET", URL, preload_content=False)
    assert list(response.stream(4)) == [b"0123", b"4567", b"89"]
    response.release_conn()
    response = http.request("GET", URL, preload_content=False)
    assert (response.read(3), response.read()) == (b"012", b"3456789")


def test_length_of_a_body_that_is_not_there(api: LambdaApi, http: RelayPoolManager) -> None:
    api.handle = lambda event: answer(200, b"", [("content-length", "700")])
    assert http.request("HEAD", URL).headers["content-length"] == "700"
    assert http.request("GET", URL).data == b""


def test_redirects(api: LambdaApi, http: RelayPoolManager) -> None:
    to_v2 = answer(303, b"", [("location", "/v2")])
    api.replies = [Reply(answer(302, b"", [])), Reply(to_v2), Reply(to_v2)]
    assert http.request("GET", URL).status == 302
    assert http.request("POST", URL, body=b"x", redirect=False).status == 303
    assert http.request("POST", URL, body=b"x").status == 200
    assert [(event["method"], event["url"]) for event in api.events[2:]] == [
        ("POST", URL),
        ("GET", "https://api.example.com/v2"),
    ]
    api.replies = [Reply(to_v2)]
    with pytest.raises(theirs.MaxRetryError):
        http.request("GET", URL, retries=0)


def test_statuses_are_retried_where_told_to(api: LambdaApi, http: RelayPoolManager) -> None:
    retries = urllib3.Retry(total=2, status_forcelist=[503], allowed_methods=["POST"])
    api.replies = [Reply(answer(503)), Reply(answer(503))]
    response = http.request("POST", URL, body=iter([b"a", b"b"]), retries=retries)
    assert response.status == 200
    assert [event["body"] for event in api.events] == ["YWI="] * 3
    api.replies = [Reply(answer(503)) for _ in range(3)]
    with pytest.raises(theirs.MaxRetryError, match="too many 503 error responses"):
        http.request("POST", URL, retries=retries)
    api.replies = [Reply(answer(503)) for _ in range(3)]
    lenient = retries.new(raise_on_status=False)
    assert http.request("POST", URL, retries=lenient).status == 503
    assert len(api.events) == 9
    assert http.request("GET", URL, retries=False).status == 200


def test_retries_of_the_manager_count(api: LambdaApi, client: RelayClient) -> None:
    retries = urllib3.Retry(total=1, status_forcelist=[503])
    http = RelayPoolManager(client=client, retries=retries)
    api.replies = [Reply(answer(503))]
    assert http.request("GET", URL).status == 200
    assert len(api.events) == 2


@pytest.mark.parametrize(
    ("code", "own", "library"),
    [
        ("body_invalid", RelayRefusedError, theirs.HTTPError),
        ("connection_failed", RelayError, theirs.NewConnectionError),
        ("tls_failed", RelayTlsError, theirs.SSLError),
        ("upstream_protocol_error", RelayProtocolError, theirs.ProtocolError),
        ("upstream_timeout", RelayTimeoutError, theirs.ReadTimeoutError),
        ("internal_error", RelayUnavailableError, theirs.ProtocolError),
        ("code_of_a_newer_relay", RelayError, theirs.HTTPError),
    ],
)
def test_errors_are_those_of_urllib3_too(
    api: LambdaApi,
    http: RelayPoolManager,
    code: str,
    own: type[Exception],
    library: type[Exception],
) -> None:
    api.replies = [Reply(refusal(code, route="charge"))]
    with pytest.raises(library) as caught:
        http.request("GET", URL, retries=urllib3.Retry(5))
    error = caught.value
    assert isinstance(error, own)
    assert isinstance(error, RelayError)
    assert isinstance(error, theirs.HTTPError)
    assert (error.code, error.route, error.retryable) == (code, "charge", False)
    assert str(error) == f"this is {code} ({code}, route charge)"
    assert len(api.events) == 1


def test_no_answer_in_time_is_one_invoke(api: LambdaApi, hasty: RelayClient) -> None:
    api.replies = [Reply(answer(), delay=5)]
    with pytest.raises(theirs.TimeoutError):
        RelayPoolManager(client=hasty).request("GET", URL)
    assert len(api.events) == 1


def test_endless_body_is_refused(api: LambdaApi, http: RelayPoolManager) -> None:
    with pytest.raises(theirs.HTTPError, match=r"4 MiB") as caught:
        http.request("POST", URL, body=iter(lambda: bytes(500_000), None))
    assert isinstance(caught.value, RelayLimitError)
    assert api.events == []


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"cert_file": "a.pem"}, "cert_file is given"),
        ({"key_file": "a.pem"}, "key_file is given"),
        ({"cert_reqs": "CERT_NONE"}, "cert_reqs is 'CERT_NONE'"),
        ({"cert_reqs": ssl.CERT_NONE}, "cert_reqs is <VerifyMode"),
        ({"assert_hostname": False}, "assert_hostname is False"),
    ],
)
def test_what_a_relay_cannot_do_is_refused(
    client: RelayClient, options: dict[str, Any], name: str
) -> None:
    with pytest.raises(theirs.HTTPError, match=name) as caught:
        RelayPoolManager(client=client, **options)
    assert isinstance(caught.value, RelayRefusedError)
    with pytest.raises(RelayRefusedError, match=name):
        RelayPoolManager(client=client).connection_from_url(URL, pool_kwargs=options)


def test_options_of_connections_do_no_harm(api: LambdaApi, client: RelayClient) -> None:
    http = RelayPoolManager(
        2, client=client, ca_certs="/bundle.pem", cert_reqs="CERT_REQUIRED", maxsize=4, timeout=3.0
    )
    assert http.request("GET", URL, timeout=urllib3.Timeout(1)).status == 200


def test_only_https(api: LambdaApi, http: RelayPoolManager) -> None:
    with pytest.raises(theirs.HTTPError, match="relays speak https only"):
        http.request("GET", "http://api.example.com/")
    with pytest.raises(RelayRefusedError, match="no relay serves the host"):
        http.request("GET", "https://other.example:8443/")
    assert api.events == []


def test_pools_can_be_asked_for(api: LambdaApi, http: RelayPoolManager) -> None:
    pool = http.connection_from_url("https://api.example.com:8443")
    assert pool.urlopen("GET", "/v1?a=b").status == 200
    assert pool.request("GET", "https://api.example.com:8443/v2").status == 200
    assert [event["url"] for event in api.events] == [
        "https://api.example.com:8443/v1?a=b",
        "https://api.example.com:8443/v2",
    ]


def test_shared_client(api: LambdaApi) -> None:
    with RelayPoolManager() as http:
        assert http.urlopen("GET", URL).status == 200
    assert len(api.events) == 1


def test_adapter_of_requests_works_on_it(
    api: LambdaApi, http: RelayPoolManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    with requests.Session() as session:
        adapter = HTTPAdapter()
        monkeypatch.setattr(adapter, "poolmanager", http)
        session.mount("https://", adapter)
        assert session.post(URL, json={"a": 1}).json() == {}
        api.replies = [Reply(refusal("upstream_timeout"))]
        with pytest.raises(requests.exceptions.ReadTimeout):
            session.get(URL)
    assert len(api.events) == 2
