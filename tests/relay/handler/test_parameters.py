"""Which values a parameter takes, and which patterns it can have."""

import re
import time
import uuid
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler.parameters import (
    check_parameter,
    parameter_problem,
    pattern_problem,
)
from secure_lambda_constructs.relay.handler.patterns import compiled
from secure_lambda_constructs.relay.handler.routes import Parameter

TEXT = Parameter("text", max_length=5)
CHARGE = Parameter("pattern", max_length=8, pattern="ch_[a-z0-9]+")
ONE_TO_TEN = Parameter("integer", minimum=1, maximum=10)
UUID = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (TEXT, ""),
        (TEXT, "a b~!"),
        (CHARGE, "ch_1"),
        (CHARGE, "ch_12345"),
        (Parameter("pattern", pattern="^a|b$"), "b"),
        (ONE_TO_TEN, "1"),
        (ONE_TO_TEN, "10"),
        (Parameter("integer"), "0"),
        (Parameter("integer"), "-1"),
        (Parameter("integer"), "9" * 19),
        (Parameter("one_of", values=("a", "")), "a"),
        (Parameter("one_of", values=("a", "")), ""),
        (Parameter("uuid"), UUID),
        (Parameter("uuid"), UUID.upper()),
        (Parameter("date"), "2024-02-29"),
    ],
    ids=repr,
)
def test_values_as_declared_are_taken(parameter: Parameter, value: str) -> None:
    assert check_parameter(parameter, value)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (TEXT, "abcdef"),
        (TEXT, "a\n"),
        (TEXT, "\x7f"),
        (TEXT, "\xe9"),
        (CHARGE, "ch_"),
        (CHARGE, "ch_123456"),
        (CHARGE, "xch_1"),
        (CHARGE, "ch_1\n"),
        (CHARGE, "ch_\u0661"),
        (Parameter("pattern", pattern=r"\d+"), "\u0661"),
        (Parameter("pattern", pattern=r"\w+"), "\xe9"),
        (Parameter("pattern", pattern="^a$"), "a\n"),
        (Parameter("pattern", pattern="a|b"), "bc"),
        (Parameter("pattern"), "a"),
        (ONE_TO_TEN, "0"),
        (ONE_TO_TEN, "11"),
        (Parameter("integer"), ""),
        (Parameter("integer"), "+1"),
        (Parameter("integer"), "01"),
        (Parameter("integer"), "-0"),
        (Parameter("integer"), " 1"),
        (Parameter("integer"), "1\n"),
        (Parameter("integer"), "1_0"),
        (Parameter("integer"), "1.0"),
        (Parameter("integer"), "0x1"),
        (Parameter("integer"), "\u0661"),
        (Parameter("integer"), "9" * 20),
        (Parameter("integer"), "9" * 5000),
        (Parameter("one_of", values=("ab",)), "a"),
        (Parameter("one_of"), ""),
        (Parameter("uuid"), UUID.replace("a", "A")),
        (Parameter("uuid"), UUID.replace("-", "")),
        (Parameter("uuid"), f"{{{UUID}}}"),
        (Parameter("uuid"), f"{UUID}\n"),
        (Parameter("uuid"), UUID.replace("a", "g")),
        (Parameter("date"), "2026-02-29"),
        (Parameter("date"), "2026-13-01"),
        (Parameter("date"), "0000-01-01"),
        (Parameter("date"), "20261128"),
        (Parameter("date"), "2026-W48-6"),
        (Parameter("date"), "2026-11-28T00:00:00"),
        (Parameter("date"), "2026-11-28\n"),
        (Parameter("date"), "\u0662026-11-28"),
        (Parameter("other"), "a"),  # type: ignore[arg-type]
    ],
    ids=lambda value: ascii(value)[-60:],
)
def test_other_values_are_not(parameter: Parameter, value: str) -> None:
    assert not check_parameter(parameter, value)


@given(st.integers(-(10**20), 10**20))
def test_an_integer_has_one_spelling(number: int) -> None:
    assert check_parameter(Parameter("integer"), str(number)) == (abs(number) < 10**19)


@given(st.uuids(), st.dates())
def test_every_uuid_and_day_is_taken(identifier: uuid.UUID, day: date) -> None:
    assert check_parameter(Parameter("uuid"), str(identifier))
    assert check_parameter(Parameter("date"), day.isoformat())


@given(
    st.sampled_from(["text", "pattern", "integer", "one_of", "uuid", "date"]),
    st.text(max_size=40),
)
@settings(max_examples=200)
def test_what_is_taken_is_printable_ascii(kind: str, value: str) -> None:
    parameter = Parameter(kind, pattern="[ -~]*", values=("a",))  # type: ignore[arg-type]
    if check_parameter(parameter, value):
        assert value.isascii()
        assert value.isprintable()


@pytest.mark.parametrize(
    ("parameter", "part"),
    [
        (Parameter("other"), "the type is 'other'"),  # type: ignore[arg-type]
        (Parameter("text", max_length=0), "has 0 characters; write a number from 1 to 4096"),
        (Parameter("pattern", pattern="a", max_length=5000), "has 5000 characters"),
        (Parameter("pattern"), "there is no pattern"),
        (Parameter("pattern", pattern="(a+)+"), "repeats a group"),
        (Parameter("integer", minimum=2, maximum=1), "the least integer is 2"),
        (Parameter("one_of"), "there are no values"),
    ],
    ids=repr,
)
def test_declarations_are_checked(parameter: Parameter, part: str) -> None:
    assert part in (parameter_problem(parameter) or "")


@pytest.mark.parametrize(
    "parameter",
    [TEXT, CHARGE, ONE_TO_TEN, Parameter("uuid"), Parameter("date"), Parameter("integer")],
    ids=repr,
)
def test_good_declarations_have_no_problem(parameter: Parameter) -> None:
    assert parameter_problem(parameter) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "ch_[A-Za-z0-9]{1,32}",
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})",
        "(?:cus|ch|pi)_[a-z]*",
        "(red|green|blue)?",
        r"[^\]\\/]+\{\}\.\*",
        "[]a]+",
        "[^]a]+",
        "[a-z][a-z0-9-]*[a-z0-9]",
        "(?:[ab]|[cd])" * 14,
        "a{2}b{,3}c{4,}}",
        "^[a-z]+$",
    ],
)
def test_patterns_with_few_ways_can_be_used(pattern: str) -> None:
    assert pattern_problem(pattern) is None
    compiled(pattern)


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        # exponentially many ways
        ("(a+)+", "repeats a group"),
        ("(a|a)*", "repeats a group"),
        ("(?:ab){2}", "repeats a group"),
        ("(a)+", "repeats a group"),
        ("(a|a)" * 40, "too many ways"),
        ("(a|ab|aba)" * 15, "too many ways"),
        ("(a|)" * 40, "too many ways"),
        ("(a)?" * 40 + "a" * 40, "too many ways"),
        ("a?" * 60 + "a" * 60, "too many ways"),
        ("[ab]{0,30}[bc]{0,30}" * 6, "too many ways"),
        (".*.*.*.*a", "too many ways"),
        (r"\w*\d*\w*\d*!", "too many ways"),
        ("(a*|b*)(a*|b*)(a*|b*)!", "too many ways"),
        # repetitions of repetitions
        ("a**", "cannot be used"),
        ("a+*", "cannot be used"),
        ("a++", "repeats a repetition"),
        ("a+?", "repeats a repetition"),
        ("a{2}{3}", "cannot be used"),
        ("^*a", "cannot be used"),
        # other syntax
        (r"(a)\1", r"it has \1"),
        ("(?P<x>a)(?P=x)", "a name in a group"),
        ("(?=a)", "look-around"),
        ("(?!a)", "look-around"),
        ("(?<=a)", "look-around"),
        ("(?<!a)", "look-around"),
        ("(?>a)", "look-around"),
        ("(?i)a", "flags"),
        ("(?i:a)", "flags"),
        ("(?#a)", "flags"),
        ("(a)(?(1)b|c)", "flags"),
        (r"\bword\b", r"it has \b"),
        (r"a\Z", r"it has \Z"),
        (r"\x41", r"it has \x"),
        (r"[\x00-\x20]", r"it has \x"),
        (r"[\b]", r"it has \b"),
        ("a{b}", "brace"),
        ("{a", "brace"),
        ("a{12345}", "brace"),
        ("[[a]", "cannot be used"),
        ("[a--b]", "cannot be used"),
        # what does not compile
        ("(", "no regular expression"),
        ("a)", "no regular expression"),
        ("[", "no regular expression"),
        ("*a", "no regular expression"),
        ("[b-a]", "no regular expression"),
        ("\\", "no regular expression"),
        ("a{3,2}", "no regular expression"),
        # what it is written in
        ("a" * 201, "201 characters"),
        ("\xe9", "not printable ASCII"),
        ("a\n", "not printable ASCII"),
        ("(" * 21 + ")" * 21, "groups in groups"),
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_other_patterns_cannot(pattern: str, part: str) -> None:
    assert part in (pattern_problem(pattern) or "")


def test_a_pattern_for_parts_of_texts_should_begin_with_their_start() -> None:
    assert pattern_problem("[a-z]+!", longest=1024) is None
    assert pattern_problem("[a-z]+!", longest=8192, searched=True)
    for anchored in ("^[a-z]+!", "(^[a-z]+!)", "^[a-z]+!|^b"):
        assert pattern_problem(anchored, longest=8192, searched=True) is None
    assert pattern_problem("^[a-z]+!|b", longest=8192, searched=True)
    assert pattern_problem("", longest=8192, searched=True)


_atoms = st.sampled_from(["a", "b", "[ab]", "[^a]", ".", r"\w", "[bc]"])
_repeated = st.tuples(_atoms, st.sampled_from(["", "", "*", "+", "?", "{0,30}", "{2,}"])).map(
    "".join
)
_sequences = st.lists(_repeated, min_size=1, max_size=5).map("".join)
_choices = st.lists(_sequences | st.just(""), min_size=1, max_size=3).map("|".join)
_groups = st.tuples(_choices, st.sampled_from(["", "?"])).map(lambda part: f"({part[0]}){part[1]}")
_patterns = st.lists(_sequences | _groups, min_size=1, max_size=4).map("".join)


@given(_patterns, st.text("abc!", max_size=4))
@settings(max_examples=150, deadline=None)
def test_patterns_that_can_be_used_are_quick(pattern: str, unit: str) -> None:
    # A tenth of a second is the worst that the counting allows for; a pattern that is wrongly let
    # pass takes hours.
    if pattern_problem(pattern, longest=128) is None:
        started = time.process_time()
        for text in (f"{(unit or 'a') * 128}"[:127] + "\n", "a" * 127 + "!", "ab" * 63 + "!!"):
            compiled(pattern).fullmatch(text)
        assert time.process_time() - started < 1


@given(_patterns, st.text("abc!", max_size=12))
@settings(max_examples=100, deadline=None)
def test_patterns_mean_what_they_mean_in_python(pattern: str, text: str) -> None:
    assert bool(compiled(pattern).fullmatch(text)) == bool(re.fullmatch(pattern, text, re.ASCII))


def test_the_end_is_the_end() -> None:
    assert not compiled("a$").search("a\n")
    assert compiled(r"a\$").search("a$")
    assert compiled("[$]").search("$")
    assert compiled("[]$]x").search("$x")
    assert compiled(r"\\$").search("\\")
