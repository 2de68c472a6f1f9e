"""What the host answered, as the relay hands it on."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

__all__ = ["Headers", "RelayResponse"]


class Headers(Mapping[str, str]):
    """Headers by their names, in whatever case.

    Values of a header that came more than once are joined by a comma (RFC 9110, section 5.3).

    Example:
        ```python
        from secure_lambda_constructs.relay.client.answers import Headers

        headers = Headers([("content-type", "text/plain"), ("link", "<a>"), ("link", "<b>")])
        assert headers["Content-Type"] == "text/plain"
        assert dict(headers)["link"] == "<a>, <b>"
        ```
    """

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        """Take over headers.

        Args:
            pairs: Names and values.
        """
        self._values: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            known = self._values.get(key)
            self._values[key] = value if known is None else f"{known}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({list(self._values.items())!r})"


@dataclass(frozen=True, slots=True)
class RelayResponse:
    """An answer of the host, whatever its status.

    Attributes:
        status: The HTTP status, 200 to 599. Redirects are not followed.
        headers: Those that the route hands on.
        body: The bytes.
        route: The name of the route; `None` where a relay in report mode let the call pass that no
            route allows.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.answers import Headers, RelayResponse

        response = RelayResponse(200, Headers([]), b'{"rate": 1.08}', "rates")
        assert response.ok
        assert response.json() == {"rate": 1.08}
        ```
    """

    status: int
    headers: Headers
    body: bytes
    route: str | None

    @property
    def ok(self) -> bool:
        """Whether the status is one of success, 200 to 299."""
        return 200 <= self.status <= 299

    @property
    def text(self) -> str:
        """The body as text, by the charset of its content type.

        Without a charset that is known it is read as UTF-8. What cannot be read becomes U+FFFD.
        """
        message = Message()
        message["content-type"] = self.headers.get("content-type", "")
        try:
            return self.body.decode(message.get_content_charset("utf-8"), errors="replace")
        except LookupError:
            return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Read the body as JSON.

        Returns:
            What it holds.

        Raises:
            ValueError: It is no JSON.
        """
        return json.loads(self.body)
