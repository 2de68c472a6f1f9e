"""What a caller can send, and what is read from it."""

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler.messages import CallerRequest
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal
from secure_lambda_constructs.relay.handler.report import pass_through
from secure_lambda_constructs.relay.handler.request import LONGEST_BODY, read_request, read_url
from secure_lambda_constructs.relay.handler.url import encode

EVENT = {"version": 1, "method": "POST", "url": "https://api.example.com/v1/charges"}

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def refused(event: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_request(event)
    return caught.value


def test_every_piece_is_read() -> None:
    request = read_request(
        {
            "version": 1,
            "method": "post",
            "url": "HTTPS://API.Example.com.:443/v1/a%20b/?limit=10&expand%5B%5D=x+y%C3%A9&flag",
            "headers": [["Content-Type", "application/json"], ["X-Empty", "  "]],
            "body": base64.b64encode(b"{}").decode(),
        }
    )
    assert request == CallerRequest(
        method="POST",
        host="api.example.com",
        segments=("v1", "a b", ""),
        query=(("limit", "10"), ("expand[]", "x y\xe9"), ("flag", "")),
        headers={"content-type": "application/json", "x-empty": ""},
        body=b"{}",
    )


@pytest.mark.parametrize("body", [None, ""])
def test_there_may_be_no_body(body: str | None) -> None:
    assert read_request({**EVENT, "body": body}) == read_request(EVENT)
    assert read_request(EVENT).body == b""


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"more": 1}, "member that is not known"),
        ({"version": None}, "no version"),
        ({"version": True}, "no version"),
        ({"version": "1"}, "no version"),
        ({"version": 1.0}, "no version"),
        ({"method": None}, "method is not one of DELETE"),
        ({"method": "CONNECT"}, "method is not one of"),
        ({"method": "GET /other HTTP/1.1\r\n"}, "method is not one of"),
        ({"method": "po\u017ft"}, "method is not one of"),  # its upper case is POST
        ({"url": None}, "no url"),
        ({"headers": None}, "headers are no list"),
        ({"headers": {"accept": "*/*"}}, "headers are no list"),
        ({"headers": [["a", "b"]] * 101}, "at most 100"),
        ({"headers": ["ab"]}, "not a name and a value"),
        ({"headers": [["a", 1]]}, "not a name and a value"),
        ({"headers": [["a", "b", "c"]]}, "not a name and a value"),
        ({"headers": [["a", "b" * 32_768]]}, "32768 characters in all"),
        ({"headers": [["a:", "b"]]}, "no token"),
        ({"headers": [["", "b"]]}, "no token"),
        ({"headers": [["a\n", "b"]]}, "no token"),
        ({"headers": [["a", "b\r\nx: y"]]}, "not printable ASCII"),
        ({"headers": [["a", "b\n"]]}, "not printable ASCII"),
        ({"headers": [["a", "b\0"]]}, "not printable ASCII"),
        ({"headers": [["a", "b\tc"]]}, "not printable ASCII"),
        ({"headers": [["a", "\xe9"]]}, "not printable ASCII"),
        ({"headers": [["A", "b"], ["a", "b"]]}, "twice"),
        ({"body": 1}, "encode its bytes in base64"),
        ({"body": "e"}, "not in base64"),
        ({"body": "e30"}, "not in base64"),
        ({"body": "e3 0="}, "not in base64"),
        ({"body": "e30=\n"}, "not in base64"),
        ({"body": "e30=e30="}, "not in base64"),
        ({"body": "e3-_"}, "not in base64"),
        ({"body": "\xe9"}, "not in base64"),
    ],
    ids=lambda value: ascii(value)[:50],
)
def test_what_is_no_request_is_refused(change: dict[str, Any], part: str) -> None:
    refusal = refused({**EVENT, **change})
    assert refusal.code == Code.MALFORMED_REQUEST
    assert part in refusal.message
    assert refusal.route is None


@pytest.mark.parametrize("event", [None, [], "{}", 1, {}], ids=repr)
def test_what_is_no_event_is_refused(event: object) -> None:
    assert refused(event).code == Code.MALFORMED_REQUEST


def test_newer_clients_are_told_so_whatever_else_they_send() -> None:
    assert refused({**EVENT, "version": 2, "new": 1}).code == Code.VERSION_NOT_SUPPORTED


def test_bodies_are_measured() -> None:
    longest = bytes(LONGEST_BODY)
    assert read_request({**EVENT, "body": base64.b64encode(longest).decode()}).body == longest
    for more in (b"\0", bytes(100)):
        refusal = refused({**EVENT, "body": base64.b64encode(longest + more).decode()})
        assert refusal.code == Code.BODY_TOO_LARGE


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com/v1",
        "http://api.example.com/",
        "https:/api.example.com/",
        "https:api.example.com/",
        "//api.example.com/",
        " https://api.example.com/",
        "https://",
        "https:///v1",
        "https://?a=b",
        # user information, ports
        "https://user@api.example.com/",
        "https://user:password@api.example.com/",
        "https://api.example.com@evil.example/",
        "https://api.example.com:443@evil.example/",
        "https://api.example.com%40evil.example/",
        "https://api.example.com:/",
        "https://api.example.com:80/",
        "https://api.example.com:0443/",
        "https://api.example.com:443:443/",
        "https://api.example.com:\uff14\uff14\uff13/",
        # what ends the host for some
        "https://api.example.com\\.evil.example/",
        "https://api.example.com#.evil.example/",
        "https://api.example.com;.evil.example/",
        "https://api.example.com\t.evil.example/",
        "https://api.example.com/v1#fragment",
        "https://api.example.com/v1\\charges",
        # no names
        "https://api..example.com/",
        "https://api.example.com../",
        "https://.api.example.com/",
        "https://-api.example.com/",
        "https://api_.example.com/",
        "https://*.example.com/",
        "https://api.ex%61mple.com/",
        "https://api.ex\xe4mple.com/",
        "https://api\u3002example.com/",
        "https://\u212aapi.example.com/",
        f"https://{'a' * 64}.example.com/",
        f"https://{'a.' * 127}com/",
        # addresses
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0X7F.1/",
        "https://0x/",
        "https://017700000001/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fe80::1%25eth0]/",
        # paths
        "https://api.example.com//v1",
        "https://api.example.com/v1//charges",
        "https://api.example.com/v1/../admin",
        "https://api.example.com/v1/./charges",
        "https://api.example.com/v1/..",
        "https://api.example.com/v1/%2e%2E/admin",
        "https://api.example.com/v1/.%2e/admin",
        "https://api.example.com/v1/..;/admin",
        "https://api.example.com/v1/..%3Bx=y/admin",
        "https://api.example.com/v1/..%20/admin",
        "https://api.example.com/v1/%252e%252e/admin",
        "https://api.example.com/v1%2Fcharges",
        "https://api.example.com/v1%5ccharges",
        "https://api.example.com/v1/50%25",
        "https://api.example.com/v1/%",
        "https://api.example.com/v1/%4",
        "https://api.example.com/v1/%zz",
        "https://api.example.com/v1/%+1",
        "https://api.example.com/v1/%00",
        "https://api.example.com/v1/%0d%0ahost:%20evil.example",
        "https://api.example.com/v1/%7f",
        "https://api.example.com/v1/%C3%A9",
        "https://api.example.com/v1/\xe9",
        "https://api.example.com/v1/a b",
        "https://api.example.com/v1\r\nhost: evil.example",
        "https://api.example.com/v1\n",
        # queries
        "https://api.example.com/v1?a=1&a=2",
        "https://api.example.com/v1?a=1&%61=2",
        "https://api.example.com/v1?a=1&&b=2",
        "https://api.example.com/v1?a=1&",
        "https://api.example.com/v1?=1",
        "https://api.example.com/v1?a=%",
        "https://api.example.com/v1?a=%gg",
        "https://api.example.com/v1?a=%c3",
        "https://api.example.com/v1?a=%c0%ae",
        "https://api.example.com/v1?a=%ed%a0%80",
        "https://api.example.com/v1?a=%0a",
        "https://api.example.com/v1?a=%00",
        "https://api.example.com/v1?a=%c2%85",
        "https://api.example.com/v1?%0a=1",
        "https://api.example.com/v1?a=\xe9",
        "https://api.example.com/v1?a=1#b",
        f"https://api.example.com/{'a' * 8192}",
    ],
    ids=lambda url: ascii(url)[:70],
)
def test_urls_with_more_than_one_reading_are_refused(url: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_url(url)
    assert caught.value.code == Code.MALFORMED_REQUEST
    assert "evil" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.example.com", ("api.example.com", ("",), ())),
        ("https://api.example.com/", ("api.example.com", ("",), ())),
        ("https://api.example.com?a=/b?c", ("api.example.com", ("",), (("a", "/b?c"),))),
        ("https://api.example.com/v1?", ("api.example.com", ("v1",), ())),
        ("https://xn--exmple-cua.com/@me", ("xn--exmple-cua.com", ("@me",), ())),
        ("https://1.2.3.example/...", ("1.2.3.example", ("...",), ())),
        ("https://0x7f.com/a;b=c", ("0x7f.com", ("a;b=c",), ())),
        ("https://a.com/?q=50%25&r=a==b", ("a.com", ("",), (("q", "50%"), ("r", "a==b")))),
    ],
)
def test_other_urls_have_one_reading(
    url: str, expected: tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]
) -> None:
    assert read_url(url) == expected


def only_refuses(read: Any, given: object) -> Any:
    try:
        return read(given)
    except Refusal as refusal:
        return refusal


@given(_json)
@settings(max_examples=150, deadline=None)
def test_no_event_does_anything_but_be_refused(event: object) -> None:
    assert isinstance(only_refuses(read_request, event), Refusal)


@given(
    st.fixed_dictionaries(
        {"version": st.just(1)},
        optional={
            "method": st.sampled_from(["GET", "post"]) | _json,
            "url": st.sampled_from([EVENT["url"]]) | _json,
            "headers": st.lists(st.lists(st.text(max_size=5) | _json, max_size=3), max_size=3),
            "body": _json | st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode()),
        },
    )
)
@settings(max_examples=200, deadline=None)
def test_no_member_does_anything_but_be_refused(event: dict[str, object]) -> None:
    found = only_refuses(read_request, event)
    assert isinstance(found, CallerRequest | Refusal)


_pieces = st.sampled_from(
    [
        *("/", "..", ".", "%2e", "%2F", "%25", "%", "?", "&", "=", "a", "B", ";", "@", ":", "+"),
        *("%20", "%C3%A9", "[", "\\", "#", "\n", "\xe9", " ", "443", "evil.example"),
    ]
)


@given(st.lists(_pieces, max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_a_url_written_anew_reads_the_same(rest: str) -> None:
    found = only_refuses(read_url, f"https://api.example.com{rest}")
    if isinstance(found, Refusal):
        return
    host, segments, query = found
    assert host == "api.example.com" or rest[0] not in "/?:"
    sent = pass_through(CallerRequest("GET", host, segments, query))
    assert read_url(f"https://{sent.host}{sent.target}") == found
    strict = "/".join(map(encode, segments))
    assert read_url(f"https://{host}/{strict}?{sent.query}") == found


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_text_does_anything_but_be_refused(text: str) -> None:
    assert isinstance(only_refuses(read_url, text), Refusal)


def test_report_mode_hands_on_what_the_caller_sent() -> None:
    event = {
        **EVENT,
        "url": "https://any.example/v1/@me:all?q=a+b",
        "headers": [
            ["Authorization", "Bearer own"],
            ["Host", "other.example"],
            ["Content-Length", "7"],
            ["Transfer-Encoding", "chunked"],
            ["Connection", "close, X-Hop"],
            ["Keep-Alive", "300"],
            ["X-Hop", "1"],
            ["Expect", "100-continue"],
            ["Proxy-Authorization", "Basic x"],
            ["Accept-Encoding", "gzip"],
            ["Content-Type", "text/plain"],
        ],
        "body": base64.b64encode(b"as it is").decode(),
    }
    sent = pass_through(read_request(event))
    assert (sent.host, sent.target) == ("any.example", "/v1/@me:all?q=a%20b")
    assert sent.headers == (
        ("authorization", "Bearer own"),
        ("content-type", "text/plain"),
        ("accept-encoding", "identity"),
    )
    assert sent.body == b"as it is"


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("DELETE", None), ("POST", b"")])
def test_report_mode_says_that_there_is_no_content_where_it_is_expected(
    method: str, body: bytes | None
) -> None:
    assert pass_through(read_request({**EVENT, "method": method})).body == body
