"""What a page is made of, as a parser of HTML sees it."""

from html.parser import HTMLParser

__all__ = ["Structure"]


# Between these a reader sees a space where the markup has none.
_APART = {"dd", "details", "dt", "h2", "h3", "li", "summary", "td", "th"}


class Structure(HTMLParser):
    """Takes a page apart: the elements with their attributes, and the texts."""

    def __init__(self, page: str) -> None:
        """Parse `page`."""
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.comments: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        if tag in _APART:
            self.texts.append(" ")
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Take a text."""
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        """Take a comment."""
        self.comments.append(data)

    def values(self, name: str) -> list[str]:
        """Return the values of all attributes of that name."""
        return [value for _, known, value in self.attributes if known == name]

    @property
    def text(self) -> str:
        """All texts, one after the other."""
        return " ".join("".join(self.texts).split())
