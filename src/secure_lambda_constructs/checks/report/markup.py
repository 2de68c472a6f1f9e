"""Markup in which every text is escaped, because names in templates are other people's.

A template engine would escape as well, but would be one more thing to install for whoever uses the
library; what the page needs of it is this one rule: a `str` is text, a `Markup` is markup.
"""

import html
import re
import unicodedata
from collections.abc import Iterable

__all__ = ["Child", "Markup", "element", "joined", "prose", "text", "visible"]

# HTML has no way to write these, or a name with them may look like another one.
_CONTROL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
_SPACES = {" ", "\n", "\t"}
# Letters and marks that are drawn as nothing.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
# More marks on one letter than writing has, so that they would be drawn over the lines beside it.
_MARKS = {"Mn", "Me"}
_MOST_MARKS = 2
_VOID = {"br", "circle", "input", "link", "meta", "path", "rect", "wbr"}
# Those of a picture are closed, as XML wants it.
_CLOSED = {"circle", "path", "rect", "wbr"}
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")


class Markup(str):
    """Text that is markup already, made by `element`, `text` or `joined`."""

    __slots__ = ()


Child = str | Markup | Iterable["Child"] | None


def text(value: str) -> Markup:
    """Escape a text.

    Characters that are not seen, such as those that turn the direction of writing, are shown by
    their number.

    Args:
        value: Any text.

    Returns:
        The markup that shows it.

    Example:
        ```python
        from secure_lambda_constructs.checks.report.markup import text

        assert text("<b>") == "&lt;b&gt;"
        assert text("a" + chr(0x202E)) == "a⟨U+202E⟩"
        ```
    """
    return Markup(html.escape(visible(value)))


def visible(value: str) -> str:
    """Show the characters of a text that are not seen, or not well, by their numbers.

    Args:
        value: Any text.

    Returns:
        A text of which every character is seen; not escaped.
    """
    if value.isascii() and value.isprintable():
        return value
    shown: list[str] = []
    marks = 0
    for character in value:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        unseen = category in _CONTROL and character not in _SPACES
        unseen = unseen or marks > _MOST_MARKS or _BLANK.match(character) is not None
        shown.append(f"⟨U+{ord(character):04X}⟩" if unseen else character)
    return "".join(shown)


def element(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """Make an element.

    Args:
        name: Its name.
        children: Texts, which are escaped, markup, or lists of both.
        attributes: By their names; `_` stands for `-`, and one at the end is left out, so that
            `class_` can be written. `None` and `False` leave an attribute out, `True` gives it no
            value.

    Returns:
        Its markup.

    Raises:
        ValueError: Where the name is not that of an element or an attribute.

    Example:
        ```python
        from secure_lambda_constructs.checks.report.markup import element

        assert element("p", "a < b", class_="note") == '<p class="note">a &lt; b</p>'
        ```
    """
    written = "".join(
        _attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items()
    )
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"no name of an element: {name!r}")
    opened = f"<{name}{written}>"
    if name in _VOID and not children:
        return Markup(f"{opened[:-1]}/>" if name in _CLOSED else opened)
    return Markup(f"{opened}{joined(children)}</{name}>")


def joined(children: Iterable[Child], separator: str = "") -> Markup:
    """Put texts and markup one after the other.

    Args:
        children: Texts, which are escaped, and markup.
        separator: A text between any two of them.

    Returns:
        The markup of all.
    """
    return Markup(text(separator).join(_child(child) for child in children if child is not None))


def prose(value: str) -> Markup:
    """Escape a text in which code is between backticks.

    Args:
        value: Any text.

    Returns:
        The markup, with each piece of code in an element of its own.

    Example:
        ```python
        from secure_lambda_constructs.checks.report.markup import prose

        assert prose("use `a<b>`") == "use <code>a&lt;b&gt;</code>"
        ```
    """
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return text(value)
    return joined(
        element("code", part) if number % 2 else part for number, part in enumerate(parts)
    )


def _child(child: Child) -> str:
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return text(child)
    return joined(child or ())


def _attribute(name: str, value: str | float | bool | None) -> str:
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"no name of an attribute: {name!r}")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'
