"""What of a response is handed on, and what is not."""

import base64
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler.messages import UpstreamResponse
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal
from secure_lambda_constructs.relay.handler.responses import (
    LARGEST_ANSWER,
    Answer,
    answer,
    unfiltered,
    wire,
)
from secure_lambda_constructs.relay.handler.routes import ResponseRules

JSON = ("content-type", "application/json")
VALUE = "sk_placeholder/1"

Headers = tuple[tuple[str, str], ...]


def _response(
    body: bytes = b"{}", *, headers: Headers = (JSON,), status: int = 200
) -> UpstreamResponse:
    return UpstreamResponse(status, headers, body)


def _rules(
    *,
    max_bytes: int = 10_000,
    headers: tuple[str, ...] = ("content-type",),
    content_types: tuple[str, ...] | None = None,
    fields: tuple[str, ...] | None = None,
) -> ResponseRules:
    return ResponseRules(max_bytes, headers, content_types, fields)


def _code(rules: ResponseRules, response: UpstreamResponse, *secrets: str) -> Code:
    with pytest.raises(Refusal) as caught:
        answer(rules, response, secrets)
    assert "the request has been carried out" in caught.value.message
    return caught.value.code


# Headers


def test_only_listed_headers_are_handed_on() -> None:
    headers = (JSON, ("etag", '"1"'), ("location", "/v1/1"), ("server", "x"), ("etag", '"2"'))
    given = answer(_rules(headers=("etag", "content-type")), _response(headers=headers))
    assert given.headers == (JSON, ("etag", '"1"'), ("etag", '"2"'))


@pytest.mark.parametrize(
    "name",
    [
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "set-cookie",
        "set-cookie2",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-of-the-connection",
    ],
)
def test_cookies_and_what_is_of_the_connection_are_never_handed_on(name: str) -> None:
    headers = (JSON, (name, "1"), ("connection", "close, X-Of-The-Connection"))
    response = _response(headers=headers)
    assert answer(_rules(headers=("content-type", name, "connection")), response).headers == (JSON,)
    assert unfiltered(response).headers == (JSON,)


# Bodies


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_whatever_the_status_is_it_is_an_answer(status: int) -> None:
    assert answer(_rules(), _response(status=status)) == (status, (JSON,), b"{}")


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip", "aws-chunked"])
def test_a_compressed_body_is_refused(encoding: str) -> None:
    compressed = _response(headers=(JSON, ("content-encoding", encoding)))
    assert _code(_rules(), compressed) is Code.RESPONSE_NOT_ALLOWED


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
def test_a_body_that_says_it_is_plain_is_taken(encoding: str) -> None:
    response = _response(headers=(JSON, ("content-encoding", encoding)))
    assert answer(_rules(), response).body == b"{}"


def test_what_has_no_body_needs_neither_encoding_nor_type() -> None:
    rules = _rules(content_types=("application/json",), fields=("id",))
    response = _response(b"", headers=(("content-encoding", "gzip"),), status=204)
    assert answer(rules, response) == (204, (), b"")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json; charset=utf-8", "text/csv ;a=b"],
)
def test_a_listed_content_type_is_taken(content_type: str) -> None:
    rules = _rules(content_types=("application/json", "text/csv"))
    assert answer(rules, _response(headers=(("content-type", content_type),))).body == b"{}"


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("content-type", "text/html"),),
        (("content-type", ""),),
        (("content-type", "application/jsonp"),),
        (("content-type", "text/html, application/json"),),
        (JSON, ("content-type", "text/html")),
        (JSON, JSON),
    ],
    ids=["none", "other", "empty", "longer", "two_in_one", "two", "twice"],
)
def test_any_other_content_type_is_refused(headers: Headers) -> None:
    rules = _rules(content_types=("application/json",))
    assert _code(rules, _response(headers=headers)) is Code.RESPONSE_NOT_ALLOWED
    assert answer(_rules(), _response(headers=headers)).body == b"{}"


def test_a_long_body_is_refused() -> None:
    assert answer(_rules(max_bytes=2), _response()).body == b"{}"
    assert _code(_rules(max_bytes=1), _response()) is Code.RESPONSE_TOO_LARGE


# Members


def _kept(body: bytes, *fields: str) -> bytes:
    return answer(_rules(fields=fields), _response(body)).body


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"id": "a", "other": 1, "n": 2}', b'{"id":"a","n":2}'),
        (b'{"n": 2, "id": "a"}', b'{"id":"a","n":2}'),
        (b'{"other": {"id": "a", "n": 2}}', b"{}"),
        (b"{}", b"{}"),
        (b' \r\n{\t"id"\n:\t"a" , "n" : [ 1, 2 ] } ', b'{"id":"a","n":[ 1, 2 ]}'),
        (b'{"n": 0.10000000000000000055}', b'{"n":0.10000000000000000055}'),
        (b'{"n": 1.10, "id": null}', b'{"id":null,"n":1.10}'),
        (b'{"\\u0069d": "\\u00e9"}', b'{"id":"\\u00e9"}'),
        ('{"id": "é", "n": "}"}'.encode(), '{"id":"é","n":"}"}'.encode()),
    ],
    ids=["kept", "order", "nested", "empty", "space", "precise", "null", "escaped", "utf8"],
)
def test_only_listed_members_are_handed_on(body: bytes, kept: bytes) -> None:
    assert _kept(body, "id", "n") == kept


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'[{"id": 1}]',
        b'"id"',
        b"1",
        b"null",
        b'{"id": 1',
        b'{"id": 1} x',
        b'{"id": 1, "id": 2}',
        b'{"id": 1, "\\u0069d": 2}',
        b'{"id": NaN}',
        b'{"id": 1e999}',
        b'{"id": "\xff"}',
        b'\xef\xbb\xbf{"id": 1}',
        b'{"id": ' + b"[" * 9000,
        b'{"id": ' + b"9" * 5000 + b"}",
    ],
    ids=[
        *("list", "objects", "text", "number", "null", "cut", "more", "twice", "twice_escaped"),
        *("nan", "infinite", "not_utf8", "mark", "deep", "digits"),
    ],
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    assert _code(_rules(fields=("id",)), _response(body)) is Code.RESPONSE_NOT_ALLOWED


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_VALUES = st.recursive(
    _SCALARS.filter(lambda value: not (isinstance(value, float) and math.isinf(value))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_NAMES = st.sampled_from(["id", "n", "", "é", 'a"b', "\\", "other"])


@given(
    st.dictionaries(_NAMES, _VALUES),
    st.lists(_NAMES, unique=True),
    st.booleans(),
    st.sampled_from([None, 1, "\t"]),
)
def test_members_are_what_the_host_wrote(
    content: dict[str, object], fields: list[str], escaped: bool, indent: int | str | None
) -> None:
    body = json.dumps(content, ensure_ascii=escaped, indent=indent).encode()
    kept = json.loads(_kept(body, *fields))
    assert kept == {name: content[name] for name in fields if name in content}
    assert list(kept) == [name for name in fields if name in content]


# Credentials


@pytest.mark.parametrize(
    "shown",
    [
        VALUE.encode(),
        f"key={VALUE}&".encode(),
        b"sk_placeholder%2F1",
        b"sk_placeholder%2f1",
        json.dumps({"authorization": f"Bearer {VALUE}"}).replace("/", r"\/").encode(),
        json.dumps({"key": VALUE}).replace("s", r"\u0073").encode(),
        json.dumps({"auth": base64.b64encode(f"user:{VALUE}".encode()).decode()}).encode(),
        b"\xff\x00" + VALUE.encode() + b"\xff",
    ],
    ids=["raw", "inside", "url", "url_lower", "slash", "escaped", "base64", "binary"],
)
def test_a_body_that_shows_the_credential_is_refused(shown: bytes) -> None:
    assert _code(_rules(), _response(shown), VALUE) is Code.RESPONSE_NOT_ALLOWED
    with pytest.raises(Refusal, match="shows the credential") as caught:
        unfiltered(_response(shown), [VALUE])
    assert VALUE not in caught.value.message


def test_a_header_that_shows_the_credential_is_refused() -> None:
    headers = (JSON, ("location", "https://example.com/?key=sk_placeholder%2F1"))
    response = _response(headers=headers)
    rules = _rules(headers=("location",))
    assert _code(rules, response, VALUE) is Code.RESPONSE_NOT_ALLOWED
    # What is not handed on shows nothing.
    assert answer(_rules(), response, [VALUE]).headers == (JSON,)


def test_a_member_that_is_not_handed_on_may_show_the_credential() -> None:
    response = _response(json.dumps({"id": 1, "your_key": VALUE}).encode())
    assert answer(_rules(fields=("id",)), response, [VALUE]).body == b'{"id":1}'
    assert _code(_rules(fields=("your_key",)), response, VALUE) is Code.RESPONSE_NOT_ALLOWED


def test_what_shows_something_like_the_credential_is_handed_on() -> None:
    body = json.dumps({"key": VALUE[:-1], "last4": VALUE[-4:], "path": "C:\\"}).encode()
    assert answer(_rules(), _response(body), [VALUE]).body == body


def test_a_body_that_is_no_json_may_have_backslashes() -> None:
    for body in (b"C:\\dir", b"[" * 100_000 + b"\\"):
        assert answer(_rules(max_bytes=200_000), _response(body), [VALUE]).body == body


# On the wire


def test_an_answer_on_the_wire() -> None:
    written = wire(Answer(201, (JSON, ("etag", '"1"')), b"\x00\xff"), "charge")
    assert written == {
        "version": 1,
        "route": "charge",
        "status": 201,
        "headers": [["content-type", "application/json"], ["etag", '"1"']],
        "body": "AP8=",
    }


def test_without_a_route_there_is_none_on_the_wire() -> None:
    assert wire(Answer(200, (), b""), None) == {
        "version": 1,
        "status": 200,
        "headers": [],
        "body": "",
    }


def test_an_answer_that_lambda_would_not_hand_on_is_refused() -> None:
    headers = (("etag", "é" * 1000),)
    longest = b"x" * 4_400_000
    written = wire(Answer(200, headers, longest), "charge")
    size = len(json.dumps(written))
    assert LARGEST_ANSWER * 0.97 < size < LARGEST_ANSWER
    with pytest.raises(Refusal, match="Lambda hands on 6,000,000 at most") as caught:
        wire(Answer(200, headers, longest + bytes(100_000)), "charge")
    assert caught.value.code is Code.RESPONSE_TOO_LARGE


@given(st.integers(min_value=0, max_value=40), st.text(st.characters(max_codepoint=0xFF)))
def test_the_size_of_an_answer_is_never_thought_too_small(length: int, value: str) -> None:
    from secure_lambda_constructs.relay.handler import responses

    given_ = Answer(200, (("etag", value),), bytes(length))
    size = len(json.dumps(wire(given_, "charge")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responses, "LARGEST_ANSWER", size - 1)
        with pytest.raises(Refusal):
            wire(given_, "charge")
