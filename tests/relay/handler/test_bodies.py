"""Bodies: what is let pass, and how it is written anew."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler.bodies import rewrite_body
from secure_lambda_constructs.relay.handler.json_text import DEEPEST, read_json, write_json
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal
from secure_lambda_constructs.relay.handler.routes import Body, Parameter

JSON = Body("json", max_bytes=200)
FORM = Body(
    "form",
    max_bytes=200,
    fields={
        "amount": Parameter("integer", minimum=1),
        "metadata[order]": Parameter("text", max_length=9),
        "note": Parameter("pattern", pattern=".*"),
    },
)
RAW = Body("raw", max_bytes=200, content_types=("text/csv", "application/pdf; version=2"))


def refused(body: Body | None, content_type: str | None, data: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        rewrite_body(body, content_type, data)
    assert "SECRET" not in caught.value.message
    return caught.value


def test_no_body_where_none_is_declared() -> None:
    assert rewrite_body(None, "application/json", b"") == (None, None)
    assert refused(None, None, b"{}").code == Code.BODY_NOT_ALLOWED


@pytest.mark.parametrize("body", [JSON, FORM, RAW], ids=lambda body: body.kind)
def test_bodies_have_a_longest(body: Body) -> None:
    refusal = refused(body, None, b"a" * 201)
    assert refusal.code == Code.BODY_TOO_LARGE
    assert refusal.message == "the body has 201 bytes, the route takes 200"


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (Body("json", max_bytes=9), b"[1e9,1e9]"),
        (Body("form", max_bytes=9, fields={"a": Parameter("text")}), b"a=@@@@@@@"),
    ],
    ids=lambda value: value.kind if isinstance(value, Body) else "",
)
def test_what_is_longer_when_written_anew_is_too_long(body: Body, data: bytes) -> None:
    assert len(data) == 9
    assert refused(body, None, data).code == Code.BODY_TOO_LARGE


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json ; Charset="UTF-8"',
        "application/vnd.api+json",
        "application/merge-patch+json; charset=utf-8",
    ],
)
def test_json_is_json_by_any_name(content_type: str | None) -> None:
    assert rewrite_body(JSON, content_type, b" [1, 2] ") == (b"[1,2]", "application/json")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/json",
        "application/jsonp",
        "application/x-json",
        "application/+json",
        "application/a/b+json",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json, text/html",
        "application/json; boundary=x",
        "application/json;",
        "application/x-www-form-urlencoded",
        "SECRET",
    ],
)
def test_other_content_types_are_not(content_type: str) -> None:
    assert refused(JSON, content_type, b"{}").code == Code.BODY_NOT_ALLOWED


def test_a_route_can_list_what_its_json_is_called() -> None:
    body = Body("json", max_bytes=9, content_types=("application/vnd.api+json",))
    for given_type in (None, "application/vnd.api+json", "application/vnd.API+json;charset=utf-8"):
        assert rewrite_body(body, given_type, b"{}") == (b"{}", "application/vnd.api+json")
    assert refused(body, "application/json", b"{}").code == Code.BODY_NOT_ALLOWED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"SECRET",
        b'{"SECRET": 1, "SECRET": 2}',
        b'{"a": {"b": 1, "\\u0062": 2}}',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"[-1e999]",
        b"1" * 5000,
        b"01",
        b"+1",
        b"1.",
        b".5",
        b"0x10",
        b"1 2",
        b"[1,]",
        b"{'a': 1}",
        b"// comment\n1",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf1",
        '"a"'.encode("utf-16"),
        b'"\\ud800"',
        b'{"\\udc00": 1}',
        b'"a\nb"',
        b'"\x00"',
        b'"\\x41"',
        b"[" * 200,
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'["\\\\",' + b"[" * 32 + b"]" * 33,
        b'["\\"",' + b"[" * 32 + b"]" * 33,
    ],
    ids=lambda data: ascii(data)[:40],
)
def test_what_is_no_strict_json_is_refused(data: bytes) -> None:
    refusal = refused(Body("json", max_bytes=9000), None, data)
    assert refusal.code == Code.BODY_INVALID
    assert refusal.message.startswith("the body cannot be read as strict JSON: ")


@pytest.mark.parametrize(
    ("data", "written"),
    [
        (b"null", b"null"),
        (b'{"b": 1, "a": [true, false]}', b'{"b":1,"a":[true,false]}'),
        (b'"\\u00e9\\/\\n"', b'"\xc3\xa9/\\n"'),
        (b'"\\ud83d\\ude00"', "\U0001f600".join('""').encode()),
        (b"1.10", b"1.1"),
        (b"-0", b"0"),
        (b"123456789012345678901234567890", b"123456789012345678901234567890"),
        (b"[" * 32 + b"]" * 32, b"[" * 32 + b"]" * 32),
        (b'"' + b"[" * 40 + b'\\"\\\\"', b'"' + b"[" * 40 + b'\\"\\\\"'),
        (b"[" + b"[]," * 40 + b"[]]", b"[" + b"[]," * 40 + b"[]]"),
    ],
    ids=lambda data: ascii(data)[:30],
)
def test_json_is_written_anew(data: bytes, written: bytes) -> None:
    assert rewrite_body(JSON, None, data) == (written, "application/json")


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab\\"'), inner),
    max_leaves=10,
)


@given(_values, st.booleans(), st.sampled_from([None, 1]))
@settings(max_examples=150, deadline=None)
def test_json_means_the_same_afterwards(
    value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    written = write_json(read_json(text))
    assert json.loads(written) == json.loads(text)
    assert write_json(read_json(written)) == written


@given(st.binary(max_size=30) | st.text('[]{}",:\\ue1-.ntf', max_size=40).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_no_bytes_do_anything_but_be_refused(data: bytes) -> None:
    try:
        value = read_json(data)
    except ValueError:
        return
    assert json.loads(data) == value


@given(st.integers(0, 60), st.text('[{"\\', max_size=20))
def test_depth_is_that_of_the_brackets_outside_of_strings(levels: int, text: str) -> None:
    document = b"[" * levels + json.dumps(text).encode() + b"]" * levels
    if levels <= DEEPEST:
        read_json(document)
    else:
        with pytest.raises(ValueError, match="more than 32 levels"):
            read_json(document)


def test_json_is_as_its_schema_says() -> None:
    schema = {"type": "object", "additionalProperties": False, "properties": {"a": {"const": 1}}}
    body = Body("json", max_bytes=99, schema=schema)
    assert rewrite_body(body, None, b'{"a": 1}')[0] == b'{"a":1}'
    refusal = refused(body, None, b'{"a": "SECRET"}')
    assert refusal.code == Code.BODY_INVALID
    assert "/properties/a/const" in refusal.message


def test_a_form_is_written_in_the_order_of_the_route() -> None:
    given_form = b"note=caf%C3%A9&metadata%5Border%5D=a+b%26&amount=12"
    expected = b"amount=12&metadata%5Border%5D=a%20b%26&note=caf%C3%A9"
    for content_type in (None, "application/x-www-form-urlencoded; charset=UTF-8"):
        sent = rewrite_body(FORM, content_type, given_form)
        assert sent == (expected, "application/x-www-form-urlencoded")
    assert rewrite_body(FORM, None, b"") == (b"", "application/x-www-form-urlencoded")
    assert rewrite_body(FORM, None, b"metadata[order]=1")[0] == b"metadata%5Border%5D=1"


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"SECRET=1", "a field that the route does not declare"),
        (b"Amount=1", "a field that the route does not declare"),
        (b"amount=1&amount=2", "the form has a key twice"),
        (b"amount=1&%61mount=2", "the form has a key twice"),
        (b"amount=0", "the form's field 'amount' is not as the route declares it: integer"),
        (b"amount=1&", "empty key"),
        (b"=1", "empty key"),
        (b"amount=%zz", "without two hexadecimal digits"),
        (b"note=%ff", "not UTF-8"),
        (b"note=\xff", "not ASCII"),
        (b"note=a%0d%0a", "control character"),
        (b"note=a\n", "control character"),
        (b'{"amount": 1}', "a field that the route does not declare"),
    ],
)
def test_other_forms_are_refused(data: bytes, part: str) -> None:
    refusal = refused(FORM, None, data)
    assert refusal.code == Code.BODY_INVALID
    assert part in refusal.message


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x"])
def test_a_form_is_no_other_type(content_type: str) -> None:
    assert refused(FORM, content_type, b"amount=1").code == Code.BODY_NOT_ALLOWED


@given(st.binary(max_size=30) | st.text("amountne=1&%+[]23", max_size=40).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_a_form_is_refused_or_reads_the_same_afterwards(data: bytes) -> None:
    try:
        written, _ = rewrite_body(FORM, None, data)
    except Refusal:
        return
    assert written is not None
    assert rewrite_body(FORM, None, written)[0] == written


@pytest.mark.parametrize(
    ("content_type", "sent"),
    [
        ("text/csv", "text/csv"),
        ("Text/CSV; charset=utf-8", "text/csv"),
        ("application/pdf; version=2", "application/pdf; version=2"),
    ],
)
def test_other_bytes_are_sent_as_they_are(content_type: str, sent: str) -> None:
    assert rewrite_body(RAW, content_type, b"\xff\0") == (b"\xff\0", sent)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (RAW, None),
        (RAW, "text/plain"),
        (RAW, "text/csv; charset=utf-16"),
        (RAW, "application/pdf"),
        (Body("raw", max_bytes=9), "text/csv"),
        (Body("other", max_bytes=9, content_types=("text/csv",)), "text/csv"),  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_unless_their_type_is_not_listed(body: Any, content_type: str | None) -> None:
    assert refused(body, content_type, b"a").code == Code.BODY_NOT_ALLOWED
