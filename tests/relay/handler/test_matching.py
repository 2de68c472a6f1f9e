"""Which route a request is for, and what is sent for it."""

import base64
import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler.declarations import route_problem
from secure_lambda_constructs.relay.handler.headers import header_problem
from secure_lambda_constructs.relay.handler.matching import (
    Match,
    RouteTable,
    dropped_headers,
    rebuild,
    routes_collide,
    template_problem,
)
from secure_lambda_constructs.relay.handler.messages import CallerRequest, OutgoingRequest
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal
from secure_lambda_constructs.relay.handler.request import read_request, read_url
from secure_lambda_constructs.relay.handler.routes import (
    Body,
    Credential,
    CredentialSource,
    Parameter,
    Route,
)

HOST = "api.example.com"
CHARGE_ID = Parameter("pattern", pattern="ch_[a-z0-9]+", max_length=20)
TEXT = Parameter("text", max_length=40)
SOURCE = CredentialSource("secrets_manager", "SECRET_ARN")

CHARGE = Route(
    name="charge",
    method="POST",
    host=HOST,
    path="/v1/charges",
    query_parameters={"expand[]": Parameter("one_of", values=("customer",)), "dry": TEXT},
    headers={"x-b": TEXT, "idempotency-key": Parameter("uuid"), "accept": TEXT},
    body=Body("json", max_bytes=100, schema={"type": "object", "additionalProperties": False}),
)
SEARCH = Route("search", "GET", HOST, "/v1/charges/search", query_parameters={"q": TEXT})
STATUS = Route("status", "GET", HOST, "/v1/charges/{id}", path_parameters={"id": CHARGE_ID})
BY_NUMBER = Route(
    "by_number",
    "GET",
    HOST,
    "/v1/charges/{number}",
    path_parameters={"number": Parameter("integer")},
    query_parameters={"page": Parameter("integer")},
    headers={"x-day": Parameter("date")},
)
ANY_NAME = Route("any", "GET", HOST, "/any/{a}/b:c/{d}/", path_parameters={"a": TEXT, "d": TEXT})
TABLE = RouteTable([CHARGE, SEARCH, STATUS, BY_NUMBER, ANY_NAME])


def request(
    url: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> CallerRequest:
    host, segments, query = read_url(url)
    return CallerRequest(method, host, segments, query, headers or {}, body)


def refused(asked: CallerRequest) -> Refusal:
    with pytest.raises(Refusal) as caught:
        rebuild(TABLE.match(asked), asked)
    assert "SECRET" not in caught.value.message
    return caught.value


def sent(asked: CallerRequest) -> OutgoingRequest:
    return rebuild(TABLE.match(asked), asked)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/charges/search", "search"),
        ("/v1/charges/search?q=a", "search"),
        ("/v1/charges/s%65arch", "search"),
        ("/v1/charges/ch_1", "status"),
        ("/v1/charges/12", "by_number"),
        ("/v1/charges/12?page=2", "by_number"),
        ("/any/x/b:c/y/", "any"),
        ("/any/x/b%3Ac/y/", "any"),
    ],
)
def test_the_first_route_that_takes_all_counts(path: str, route: str) -> None:
    match = TABLE.match(request(f"https://{HOST}{path}"))
    assert match.route.name == route


def test_order_decides_between_routes_of_one_shape() -> None:
    one = Route("one", "GET", HOST, "/{a}", path_parameters={"a": TEXT})
    other = Route("other", "GET", HOST, "/me")
    for first, second in ((one, other), (other, one)):
        table = RouteTable([first, second])
        assert table.match(request(f"https://{HOST}/me")).route is first


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "https://other.example/v1/charges/ch_1"),
        ("GET", "https://sub.api.example.com/v1/charges/ch_1"),
        ("GET", "https://example.com/v1/charges/ch_1"),
        ("HEAD", f"https://{HOST}/v1/charges/ch_1"),
        ("PUT", f"https://{HOST}/v1/charges"),
        ("POST", f"https://{HOST}/v1/charges/"),
        ("POST", f"https://{HOST}/v1/Charges"),
        ("POST", f"https://{HOST}/"),
        ("GET", f"https://{HOST}/v1/charges/"),
        ("GET", f"https://{HOST}/v1/charges/ch_1/"),
        ("GET", f"https://{HOST}/v1/charges/ch_1/refunds"),
        ("GET", f"https://{HOST}/any/x/b:c/y"),
    ],
)
def test_what_no_route_has_is_no_destination(method: str, url: str) -> None:
    refusal = refused(request(url, method))
    assert (refusal.code, refusal.route) == (Code.DESTINATION_NOT_ALLOWED, None)


@pytest.mark.parametrize(
    ("url", "headers", "route", "part"),
    [
        ("/v1/charges/SECRET", {}, "status", "the path parameter 'id' is not as declared: pattern"),
        ("/v1/charges/ch_1?SECRET=1", {}, "status", "a query key is not one"),
        ("/v1/charges/12?page=SECRET", {}, "by_number", "the query key 'page'"),
        ("/v1/charges/12?PAGE=1", {}, "by_number", "a query key is not one"),
        ("/v1/charges/12", {"x-day": "SECRET"}, "by_number", "the header 'x-day'"),
        ("/v1/charges/search?p=1", {}, "search", "a query key is not one"),
        ("/v1/charges/search?q=%C3%A9", {}, "search", "the query key 'q' is not as declared: text"),
    ],
)
def test_the_refusal_is_that_of_the_route_that_came_closest(
    url: str, headers: dict[str, str], route: str, part: str
) -> None:
    refusal = refused(request(f"https://{HOST}{url}", headers=headers))
    assert (refusal.code, refusal.route) == (Code.PARAMETER_NOT_ALLOWED, route)
    assert part in refusal.message


def test_of_two_that_came_as_close_the_more_literal_one_is_meant() -> None:
    loose = Route("loose", "GET", HOST, "/{a}", path_parameters={"a": TEXT})
    table = RouteTable([loose, Route("strict", "GET", HOST, "/me")])
    with pytest.raises(Refusal) as caught:
        table.match(request(f"https://{HOST}/me?x=1"))
    assert caught.value.route == "strict"


def test_the_request_is_written_from_the_route() -> None:
    asked = read_request(
        {
            "version": 1,
            "method": "post",
            "url": f"https://{HOST.upper()}.:443/v1/%63harges?dry=a+b&expand[]=customer",
            "headers": [
                ["Content-Type", "application/vnd.api+json; charset=utf-8"],
                ["Idempotency-Key", "01234567-89ab-cdef-0123-456789abcdef"],
                ["Host", "evil.example"],
                ["Authorization", "Bearer SECRET"],
                ["Cookie", "a=b"],
                ["X-Forwarded-For", "1.2.3.4"],
                ["X-Custom", "1"],
                ["User-Agent", "client/1"],
                ["Accept-Encoding", "gzip"],
                ["Transfer-Encoding", "chunked"],
                ["X-B", "b"],
            ],
            "body": base64.b64encode(b" { } ").decode(),
        }
    )
    match = TABLE.match(asked)
    assert rebuild(match, asked) == OutgoingRequest(
        method="POST",
        host=HOST,
        path="/v1/charges",
        query="expand%5B%5D=customer&dry=a%20b",
        headers=(
            ("user-agent", "secure-lambda-relay/1"),
            ("accept", "*/*"),
            ("accept-encoding", "identity"),
            ("content-type", "application/json"),
            ("x-b", "b"),
            ("idempotency-key", "01234567-89ab-cdef-0123-456789abcdef"),
        ),
        body=b"{}",
    )
    # authorization, cookie, transfer-encoding, x-custom, x-forwarded-for
    assert dropped_headers(match, asked) == 5


def test_accept_is_the_callers_where_the_route_says_so() -> None:
    url, headers = f"https://{HOST}/v1/charges", {"accept": "text/plain"}
    assert ("accept", "text/plain") in sent(request(url, "POST", headers, b"{}")).headers
    url = f"https://{HOST}/v1/charges/ch_1"
    assert ("accept", "*/*") in sent(request(url, headers=headers)).headers


def test_a_body_that_is_refused_has_the_routes_name() -> None:
    url = f"https://{HOST}/v1/charges"
    for body, code in ((b"{}" * 99, Code.BODY_TOO_LARGE), (b'{"a": 1}', Code.BODY_INVALID)):
        refusal = refused(request(url, "POST", body=body))
        assert (refusal.code, refusal.route) == (code, "charge")
    refusal = refused(request(f"{url}/ch_1", body=b"{}"))
    assert (refusal.code, refusal.route) == (Code.BODY_NOT_ALLOWED, "status")


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("DELETE", None), ("PUT", b"")])
def test_no_content_is_said_where_content_is_expected(method: str, body: bytes | None) -> None:
    asked = request(f"https://{HOST}/a", method)
    match = RouteTable([Route("a", method, HOST, "/a")]).match(asked)
    assert rebuild(match, asked).body == body


_printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@given(_printable, _printable, _printable)
@settings(max_examples=200, deadline=None)
def test_what_is_sent_reads_as_what_was_asked(one: str, other: str, query: str) -> None:
    route = Route(
        "any",
        "GET",
        HOST,
        "/a!$&'()*+,;=:@b/{one}/{other}/",
        path_parameters={"one": TEXT, "other": TEXT},
        query_parameters={"q&[]": TEXT},
    )
    url = (
        f"https://{HOST}/a!$&'()*+,;=:@b/{quote(one, safe='')}/{quote(other, safe='')}/"
        f"?{quote('q&[]')}={quote(query, safe='')}"
    )
    if any(
        not part or set("%/\\") & set(part) or part.strip(" ")[:1] == "." for part in (one, other)
    ):
        return  # what is refused of these is in test_request
    asked = request(url)
    outgoing = rebuild(RouteTable([route]).match(asked), asked)
    assert read_url(f"https://{outgoing.host}{outgoing.target}") == (
        HOST,
        asked.segments,
        asked.query,
    )
    assert asked.segments[1:3] == (one, other)
    # Nothing of a parameter can be read as a piece of the URL.
    assert outgoing.path.count("/") == 4
    assert outgoing.target.count("?") == 1
    assert outgoing.query.count("=") == 1
    assert not set("&#;@:") & set(outgoing.path.removeprefix("/a!$&'()*+,;=:@b"))


_segments = st.lists(
    st.sampled_from(["v1", "charges", "search", "ch_1", "12", "any", "b:c"]) | st.text(max_size=5),
    max_size=5,
).map(tuple)
_pairs = st.lists(
    st.tuples(st.sampled_from(["q", "page", "dry"]) | st.text(max_size=3), st.text(max_size=5)),
    max_size=3,
).map(tuple)


@given(
    st.builds(
        CallerRequest,
        method=st.sampled_from(["GET", "POST"]),
        host=st.just(HOST),
        segments=_segments,
        query=_pairs,
        headers=st.dictionaries(
            st.sampled_from(["x-b", "x-day", "content-type", "accept"]), st.text(max_size=9)
        ),
        body=st.binary(max_size=5) | st.just(b"{}"),
    )
)
@settings(max_examples=300, deadline=None)
def test_no_request_does_anything_but_be_refused(asked: CallerRequest) -> None:
    try:
        outgoing = sent(asked)
    except Refusal:
        return
    assert outgoing.target.isascii()
    assert outgoing.target.isprintable()
    assert " " not in outgoing.target
    assert all(value.isascii() and value.isprintable() for _, value in outgoing.headers)


@pytest.mark.parametrize(
    ("path", "parameters", "part"),
    [
        ("", [], "does not begin with a slash"),
        ("v1/charges", [], "does not begin with a slash"),
        ("/v1//charges", [], "an empty segment"),
        ("//", [], "an empty segment"),
        ("/v1/./charges", [], "servers leave out"),
        ("/v1/..", [], "servers leave out"),
        ("/v1/..;a", [], "servers leave out"),
        ("/v1/;a", [], "servers leave out"),
        ("/v1/ch%61rges", [], "neither written out"),
        ("/v1/charges?a=b", [], "neither written out"),
        ("/v1/charges#a", [], "neither written out"),
        ("/v1/a b", [], "neither written out"),
        ("/v1/\xe9", [], "neither written out"),
        ("/v1/a\n", [], "neither written out"),
        ("/v1/ch_{id}", ["id"], "nor a parameter"),
        ("/v1/{Id}", ["Id"], "nor a parameter"),
        ("/v1/{1}", ["1"], "nor a parameter"),
        ("/v1/{}", [""], "nor a parameter"),
        ("/v1/{id}{no}", ["id", "no"], "nor a parameter"),
        ("/v1/{id", ["id"], "nor a parameter"),
        ("/{id}/{id}", ["id"], "a parameter twice"),
        ("/{id}", [], "declared are []; declare each"),
        ("/v1", ["id"], "has the parameters [], and declared are ['id']"),
    ],
)
def test_templates_are_checked(path: str, parameters: list[str], part: str) -> None:
    assert part in (template_problem(path, parameters) or "")


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/", []),
        ("/v1/", []),
        ("/v1/{id}/", ["id"]),
        ("/{a}/{b_2}", ["b_2", "a"]),
        ("/...", []),
        ("/a-._~!$&'()*+,;=:@9", []),
    ],
)
def test_good_templates_have_no_problem(path: str, parameters: list[str]) -> None:
    assert template_problem(path, parameters) is None


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ("/v1/{a}", "/v1/{b}", True),
        ("/v1/a", "/v1/a", True),
        ("/v1/{a}", "/v1/a", False),
        ("/v1/{a}", "/v1/{a}/", False),
        ("/v1/{a}", "/v2/{a}", False),
    ],
)
def test_routes_of_one_shape_collide(one: str, other: str, collide: bool) -> None:
    first, second = Route("one", "GET", HOST, one), Route("other", "GET", HOST, other)
    assert routes_collide(first, second) == collide
    assert not routes_collide(first, Route("other", "PUT", HOST, one))
    assert not routes_collide(first, Route("other", "GET", "other.example", one))


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"method": "TRACE"}, "the method is 'TRACE'; write one of DELETE"),
        ({"method": "get"}, "the method is 'get'"),
        ({"host": "API.example.com"}, "write 'api.example.com'"),
        ({"host": "api.example.com."}, "write 'api.example.com'"),
        ({"host": "10.0.0.1"}, "the host is an address"),
        ({"host": "*.example.com"}, "the host is no DNS name"),
        ({"host": "\xe9.example"}, "write its xn-- form, got"),
        ({"path": "a"}, "does not begin with a slash"),
        ({"path": "/{a}", "path_parameters": {"a": Parameter("one_of")}}, "path parameter 'a'"),
        ({"query_parameters": {"a": Parameter("pattern", pattern="(")}}, "query parameter 'a'"),
        ({"query_parameters": {"a\n": TEXT}}, "no name that can be sent"),
        ({"headers": {"x-a": Parameter("text", max_length=0)}}, "the header 'x-a'"),
        ({"headers": {"Cookie": TEXT}}, "no name of a header in lower case"),
        ({"headers": {"cookie": TEXT}}, "no route can take the header 'cookie'"),
        ({"body": Body("xml", max_bytes=9)}, "the body's kind is 'xml'"),  # type: ignore[arg-type]
        ({"body": Body("json", max_bytes=-1)}, "the longest body has -1 bytes"),
        ({"body": Body("json", max_bytes=2**22 + 1)}, "the longest body has 4194305 bytes"),
        ({"body": Body("json", 9, schema={"format": "a"})}, "/format is not known"),
        ({"body": Body("form", 9, fields={"": TEXT})}, "the field '' has no name"),
        ({"body": Body("raw", 9)}, "a raw body has no content types"),
        ({"body": Body("raw", 9, content_types=("Text/CSV",))}, "'Text/CSV' is not one"),
        ({"body": Body("raw", 9, content_types=("a/b\r\nx: y",))}, "is not one"),
        (
            {
                "headers": {"x-key": TEXT},
                "credential": Credential("header", SOURCE, name="x-key"),
            },
            "both the caller and the credential set 'x-key'",
        ),
        (
            {
                "query_parameters": {"key": TEXT},
                "credential": Credential("query", SOURCE, name="key"),
            },
            "both the caller and the credential set 'key'",
        ),
        (
            {
                "headers": {"x-sign": TEXT},
                "credential": Credential("hook", SOURCE, headers=("x-day", "x-sign")),
            },
            "both the caller and the credential set 'x-sign'",
        ),
    ],
    ids=str,
)
def test_a_table_takes_no_other_routes_than_the_constructs_write(
    changes: dict[str, Any], part: str
) -> None:
    members: dict[str, Any] = {"name": "a", "method": "GET", "host": HOST, "path": "/a"}
    route = Route(**members | changes)
    assert part in (route_problem(route) or "")
    with pytest.raises(ValueError, match="the route 'a' cannot be used: "):
        RouteTable([route])


@pytest.mark.parametrize(
    "credential",
    [
        Credential("bearer", SOURCE),
        Credential("query", SOURCE, name="key"),
        Credential("header", SOURCE, name="x-key"),
        Credential("hook", SOURCE, headers=("x-sign",)),
    ],
    ids=lambda credential: credential.kind,
)
def test_a_table_takes_those(credential: Credential) -> None:
    route = Route(
        name="a",
        method="PUT",
        host=HOST,
        path="/a",
        query_parameters={"q": TEXT},
        headers={"x-a": TEXT},
        body=Body("raw", 9, content_types=("text/csv", "image/svg+xml", "text/a; charset=utf-8")),
        credential=credential,
    )
    assert route_problem(route) is None
    assert RouteTable([route]).match(request(f"https://{HOST}/a", "PUT")).route is route


def test_two_routes_have_two_names() -> None:
    with pytest.raises(ValueError, match="the same name"):
        RouteTable([SEARCH, SEARCH])


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "cookie",
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "proxy-authorization",
        "proxy-connection",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "content-type",
        "accept-encoding",
        "user-agent",
        "x-http-method-override",
        "keep-alive",
    ],
)
def test_some_headers_are_never_taken_over(name: str) -> None:
    assert header_problem(name)


@pytest.mark.parametrize("name", ["accept", "idempotency-key", "x-request-id", "if-match"])
def test_others_can_be(name: str) -> None:
    assert header_problem(name) is None


def test_it_takes_a_fraction_of_a_millisecond() -> None:
    event = {
        "version": 1,
        "method": "POST",
        "url": f"https://{HOST}/v1/charges?dry=1",
        "headers": [["content-type", "application/json"], ["accept", "*/*"]],
        "body": base64.b64encode(json.dumps({}).encode()).decode(),
    }

    def once() -> float:
        started = time.perf_counter()
        asked = read_request(event)
        rebuild(TABLE.match(asked), asked)
        return time.perf_counter() - started

    assert min(once() for _ in range(100)) < 0.0003


def test_a_match_says_what_the_path_holds() -> None:
    match = TABLE.match(request(f"https://{HOST}/any/a%20b/b:c/%40/"))
    assert match == Match(ANY_NAME, {"a": "a b", "d": "@"})
