"""A section of the page, and what sections are made of."""

from collections.abc import Callable, Sequence

from .markup import Child, Markup, element, joined

__all__ = ["SHOWN", "Section", "at", "badge", "few", "folded", "path"]

# More than that is folded.
SHOWN = 5


class Section:
    """One section: its id, its heading, and what is below it."""

    def __init__(self, name: str, heading: str, *content: Child) -> None:
        """Take what the section is made of.

        Args:
            name: The id, which links lead to.
            heading: The heading.
            content: What is below it.
        """
        self.name = name
        self.heading = heading
        self._content = content

    def markup(self) -> Markup:
        """Return the element of the section."""
        heading = element("h2", self.heading, id=f"{self.name}-heading")
        return element(
            "section",
            heading,
            self._content,
            id=self.name,
            aria_labelledby=f"{self.name}-heading",
        )


def few(names: Sequence[str], show: Callable[[str], Markup]) -> Markup:
    """Show some names; where there are more, they are folded.

    Args:
        names: All names.
        show: Shows one of them.

    Returns:
        The markup of all.
    """
    made = [show(name) for name in names]
    shown, rest = joined(made[:SHOWN], ", "), joined(made[SHOWN:], ", ")
    if not rest:
        return shown
    folded = element("details", element("summary", f"{len(made) - SHOWN} more"), rest)
    return joined((shown, folded))


def folded(items: Sequence[Markup]) -> Markup:
    """List some things; where there are more, they are folded.

    Args:
        items: Each of them.

    Returns:
        The list.
    """
    made = [element("li", item) for item in items]
    listed = element("ul", made[:SHOWN])
    if len(made) <= SHOWN:
        return listed
    rest = element("summary", f"{len(made) - SHOWN} more")
    return joined((listed, element("details", rest, element("ul", made[SHOWN:]))))


def at(construct_path: str) -> Markup:
    """Show where something was found.

    Args:
        construct_path: The path of the construct, empty where it is at none.

    Returns:
        The markup.
    """
    return path(construct_path) if construct_path else joined(["the app"])


def path(value: str) -> Markup:
    """Show the path of a construct, which may be broken after each of its parts.

    Args:
        value: The path, or another name.

    Returns:
        The markup.
    """
    *before, last = value.split("/")
    parts = [joined((part, "/", element("wbr"))) for part in before]
    return element("span", parts, last, class_="path")


def badge(mark: str, name: str, words: str) -> Markup:
    """Show a state by a mark, a word and a colour.

    Args:
        mark: A sign, which is not read out.
        name: The class that gives it its colour.
        words: How it is said.

    Returns:
        The markup.
    """
    sign = element("span", mark, aria_hidden="true")
    return element("span", sign, f" {words}", class_=f"state state-{name}")
