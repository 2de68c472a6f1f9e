"""A text is never markup, whatever is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.checks.report.markup import (
    Markup,
    element,
    joined,
    prose,
    text,
    visible,
)

from .samples import HOSTILE
from .structure import Structure

_TEXTS = st.one_of(st.text(), st.sampled_from(HOSTILE))


@given(_TEXTS, _TEXTS)
def test_texts_come_out_as_they_went_in(inside: str, attribute: str) -> None:
    made = Structure(element("p", element("b", inside), title=attribute))
    assert made.elements == [("p", ("title",)), ("b", ())]
    assert "".join(made.texts) == visible(inside)
    assert made.values("title") == [visible(attribute)]


@given(st.text())
def test_every_character_is_seen(value: str) -> None:
    assert all(character.isprintable() or character.isspace() for character in visible(value))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain / text", "plain / text"),
        ("two\nlines", "two\nlines"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\u200bx\x00", "⟨U+200B⟩x⟨U+0000⟩"),
        ("Zahlungsfähig 支払い", "Zahlungsfähig 支払い"),
        ("a\u00a0b\u2003c", "a⟨U+00A0⟩b⟨U+2003⟩c"),
        ("x\u3164\u2800y\ufe0f", "x⟨U+3164⟩⟨U+2800⟩y⟨U+FE0F⟩"),
        ("a\u0308\u0301b\u0301", "a\u0308\u0301b\u0301"),
        ("a" + "\u0301" * 4, "a\u0301\u0301⟨U+0301⟩⟨U+0301⟩"),
        ("تجربة 🙂", "تجربة 🙂"),
    ],
)
def test_what_is_not_seen_has_a_number(value: str, shown: str) -> None:
    assert visible(value) == shown


def test_attributes() -> None:
    made = element("td", data_state="x", hidden=True, tabindex=0, title=None, inert=False)
    assert made == '<td data-state="x" hidden tabindex="0"></td>'


def test_children() -> None:
    made = element("p", "a", None, [Markup("<b>"), "<"], joined(["c", "d"], ", "))
    assert made == "<p>a<b>&lt;c, d</p>"


def test_void_elements_have_no_end() -> None:
    assert element("br") == "<br>"
    assert element("path", d="M0 0") == '<path d="M0 0"/>'


@pytest.mark.parametrize("name", ["", "a b", "1x", "x>"])
def test_names_of_elements_are_names(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an element"):
        element(name)


def test_names_of_attributes_are_names() -> None:
    with pytest.raises(ValueError, match="no name of an attribute: 'a b'"):
        element("p", **{"a b": "x"})


@pytest.mark.parametrize(
    ("value", "markup"),
    [
        ("use `<a>` here", "use <code>&lt;a&gt;</code> here"),
        ("a lone ` stays", "a lone ` stays"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
    ],
)
def test_code_in_prose(value: str, markup: str) -> None:
    assert prose(value) == markup


def test_text_is_escaped_once() -> None:
    assert text("&amp;") == "&amp;amp;"
    assert joined([text("&")]) == "&amp;"
