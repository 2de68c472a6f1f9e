"""Whatever callers and hosts send: there is an answer and a record, and nothing else."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..servers import CLOSE, CUT, Seen
from .case import HOST, URL, event, read, write
from .tables import REQUESTS, RESPONSES
from .world import QUICK, World, hostile_world

_settings = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)


_VALID = tuple(case.event for case in REQUESTS if isinstance(case.event, dict) and case.sent)


@st.composite
def _events(draw: st.DrawFn) -> dict[str, object]:
    """An event that is allowed, before some of its members became something else."""
    changed = dict(draw(st.sampled_from(_VALID)))
    names = st.sampled_from(["version", "method", "url", "headers", "body", "host"])
    for name in draw(st.lists(names, max_size=2)):
        changed[name] = draw(
            {
                "headers": st.lists(
                    st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=3
                ),
                "body": st.binary(max_size=20).map(lambda data: base64.b64encode(data).decode()),
                "method": st.sampled_from(["GET", "post", "HEAD"]),
                "url": st.sampled_from(
                    [URL, f"https://{HOST}/v1/items", f"https://{HOST}/v1/notes"]
                ),
            }.get(name, _json)
            if draw(st.booleans())
            else _json
        )
    return changed


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with hostile_world() as world:
        yield world


@given(st.booleans().flatmap(lambda near: _events() if near else _json))
@settings(_settings, max_examples=300)
def test_every_event_gets_an_answer_and_a_record(world: World, given: object) -> None:
    before = len(world.server.seen)
    outcome = world.call(given)
    assert len(world.server.seen) - before == outcome.record["attempts"]
    assert outcome.seconds < QUICK


_TAKEN = [case for case in RESPONSES if case.code is None]
_ends = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"])
_status_lines = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.1 204 A", b"HTTP/1.0 200", b"HTTP/1.1 100 A", b"HTTP/1.1 304 "]
)
_fields = st.sampled_from(
    [
        *(b"content-length: 2", b"content-length: 0", b"transfer-encoding: chunked", b"x: y"),
        *(b"connection: close", b"content-type: application/json", b"location: //evil.example"),
    ]
)
_bodies = st.sampled_from(
    [b"", b"hi", b"{}", b"2\r\nhi\r\n0\r\n\r\n", b"2\r\nhi\r\n", b"0\r\nx: y\r\n\r\n"]
)
_plausible = st.builds(
    lambda first, fields, end, body: end.join([first, *fields, b"", body]),
    _status_lines,
    st.lists(_fields, max_size=3, unique=True),
    _ends,
    _bodies | st.binary(max_size=20),
)
_changed = st.builds(
    lambda stream, at, put, cut: stream[:at] + put + stream[at + cut :],
    st.sampled_from(
        [b"".join(step for step in case.steps if isinstance(step, bytes)) for case in _TAKEN]
    ),
    st.integers(0, 80),
    st.binary(max_size=2),
    st.integers(0, 2),
)
_responses = st.one_of(st.binary(max_size=200), _plausible, _plausible, _changed, _changed)


@given(_responses, st.sampled_from([read(), write()]), st.sampled_from([CLOSE, CUT]))
@settings(_settings, max_examples=250)
def test_every_response_gets_an_answer_and_a_record(
    world: World, stream: bytes, given: object, end: object
) -> None:
    with world.server.answering(stream, CLOSE if end is CLOSE else CUT):
        outcome = world.call(given)
        assert world.server.done.wait(5)
    assert outcome.seconds < QUICK
    assert outcome.answer["route"] in ("read", "write")
    world.call_ordinarily()


_spelt = st.sampled_from(
    [
        *(
            "/",
            "//",
            ".",
            "..",
            "/../",
            "%2e",
            "%2E%2e",
            "%2f",
            "%5c",
            "\\",
            "%25",
            "%",
            "%00",
            "%0a",
            "?",
            "#",
        ),
        *(
            "&",
            "=",
            ";",
            "@",
            ":",
            ":443",
            "+",
            "%20",
            " ",
            "\t",
            "\n",
            "\r\n",
            "evil.example",
            "http://",
            "a",
        ),
        *(
            "%61",
            "%c3%a9",
            "\xe9",
            "\u3002",
            "\uff0f",
            "[",
            "]",
            "expand=all",
            "q=",
            "&q=1",
            "7",
            "0",
            "-",
            "~",
        ),
    ]
)
_URLS = (
    *(
        URL,
        f"{URL}?expand=all",
        f"{URL}?q=a%20b&expand=owner",
        f"{URL}?q=https%3A%2F%2Fevil.example%2F",
    ),
    *(f"https://{HOST}/v1/items/a%3Bb%3Fc/parts/99", f"https://{HOST}:443/v1/items/a/parts/1?q="),
)


@st.composite
def _near(draw: st.DrawFn) -> str:
    """A URL that was allowed, before a few of its characters were changed."""
    url = draw(st.sampled_from(_URLS))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(url)))
        end = at + draw(st.integers(0, 3))
        change = draw(st.sampled_from(["put", "cut", "twice", "encoded"]))
        put = {
            "put": draw(_spelt),
            "cut": "",
            "twice": url[at:end] * 2,
            "encoded": "".join(f"%{ord(letter) % 256:02x}" for letter in url[at:end]),
        }[change]
        url = url[:at] + put + url[end:]
    return url


@given(_near())
@settings(_settings, max_examples=600)
def test_what_is_sent_of_a_url_is_in_the_language_of_its_route(world: World, url: str) -> None:
    before = len(world.server.seen)
    outcome = world.call(event(url=url))
    sent = world.server.seen[before:]
    assert len(sent) == outcome.record["attempts"]
    assert len(sent) == (outcome.code is None)
    for seen in sent:
        _check_language(seen)
        _check_against_urllib(url, seen)


_ITEM = r"(?:[A-Za-z0-9._~-]|%[2-7][0-9A-F]){1,40}"
_VALUE = r"(?:[A-Za-z0-9._~-]|%[2-7][0-9A-F]){0,60}"
_LANGUAGE = re.compile(
    rf"/v1/items/(?!\.{{1,2}}/){_ITEM}/parts/[1-9][0-9]?"
    rf"(?:\?(?:expand=(?:owner|all)(?:&q={_VALUE})?|q={_VALUE}))?"
)


def _check_language(seen: Seen) -> None:
    """Check what the host got against the route, as it is written down here."""
    assert (seen.method, seen.header("host"), seen.server_name) == ("GET", HOST, HOST)
    assert _LANGUAGE.fullmatch(seen.target)
    path, _, _ = seen.target.partition("?")
    item = path.split("/")[3]
    # Nothing that stands for a slash, a percent sign, or dots is in it, in any number of readings.
    while unquote(item) != item:
        item = unquote(item)
        assert not {"/", "\\", "%"} & {*item}
        assert item.partition(";")[0].strip() not in (".", "..")


def _check_against_urllib(url: str, seen: Seen) -> None:
    """Check that the standard library reads the caller's URL as the relay does."""
    asked, got = urlsplit(url), urlsplit(f"https://{HOST}{seen.target}")
    assert asked.scheme == got.scheme == "https"
    assert asked.hostname is not None
    assert asked.hostname.removesuffix(".") == got.hostname
    assert asked.port in (None, 443)
    assert asked.username is asked.password is None
    assert not asked.fragment
    assert [unquote(piece) for piece in asked.path.split("/")] == [
        unquote(piece) for piece in got.path.split("/")
    ]

    def pairs(query: str) -> dict[str, str]:
        found = parse_qsl(query, keep_blank_values=True, strict_parsing=False, errors="strict")
        assert len(dict(found)) == len(found)
        return dict(found)

    assert pairs(asked.query) == pairs(got.query)
