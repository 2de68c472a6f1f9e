"""Fuzzes what is made of a caller's request: the reading, the matching and the rebuilding.

    python -m tests.relay.hostile.fuzz_request CORPUS -max_total_time=3600

runs for an hour from the root of the repository, and keeps in the folder `CORPUS` what it finds
interesting; begin it there again to go on. It needs atheris. An input is written as a request of
HTTP is, with the whole URL in its first line.

An input shows a fault if anything but a `Refusal` is raised, or if what is rebuilt is no plain
request of HTTP/1.1, or is not read, matched and rebuilt to the same once more.
"""

import base64
import re
from collections.abc import Iterable, Iterator

from .fuzzing import fuzz, instrumented

if __name__ == "__main__":
    with instrumented():
        from secure_lambda_constructs.relay.handler import matching, refusals, request
else:
    from secure_lambda_constructs.relay.handler import matching, refusals, request

from .case import ROUTES, Case

__all__ = ["check", "seeds"]

_TABLE = matching.RouteTable(ROUTES)
_HOSTS = {route.host for route in ROUTES}
_TARGET = re.compile(
    r"(?:/(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+)+(?:\?(?:[A-Za-z0-9._~&=-]|%[0-9A-F]{2})+)?"
)
_UP = re.compile(r"/(?:\.|%2E){1,2}(?:[/?]|$)")


def check(data: bytes) -> None:
    """Raise for an input that shows a fault."""
    try:
        read = request.read_request(_event(data))
        match = _TABLE.match(read)
        sent = matching.rebuild(match, read)
    except refusals.Refusal:
        return
    route = match.route
    assert (sent.method, sent.host) == (route.method, route.host)
    assert sent.host in _HOSTS
    assert _TARGET.fullmatch(sent.target)
    assert not _UP.search(sent.target)
    assert len(dict(sent.headers)) == len(sent.headers)
    again = request.read_request(
        {
            "version": 1,
            "method": sent.method,
            "url": f"https://{sent.host}{sent.target}",
            "headers": [
                [name, value]
                for name, value in sent.headers
                if name == "content-type" or (name in route.headers and name in read.headers)
            ],
            "body": base64.b64encode(sent.body or b"").decode(),
        }
    )
    assert matching.rebuild(_TABLE.match(again), again) == sent


def seeds(cases: Iterable[Case]) -> Iterator[bytes]:
    """Write cases of the tables as inputs."""
    for case in cases:
        match case.event:
            case {
                "method": str(method),
                "url": str(url),
                "headers": list(headers),
                "body": str(body),
            }:
                try:
                    head = [
                        f"{method} {url}",
                        *(f"{name}: {value}" for name, value in headers),
                        "",
                        "",
                    ]
                    data = base64.b64decode(body, validate=True)
                    yield (
                        "\n".join(head).encode("latin-1", errors="replace")[:10_000] + data[:10_000]
                    )
                except (TypeError, ValueError):
                    continue


def _event(data: bytes) -> object:
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    method, _, url = first.partition(" ")
    return {
        "version": 1,
        "method": method,
        "url": url,
        "headers": [line.partition(": ")[::2] for line in lines],
        "body": base64.b64encode(body).decode(),
    }


if __name__ == "__main__":
    from .tables import REQUESTS

    fuzz(check, seeds(REQUESTS))
