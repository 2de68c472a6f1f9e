"""Which route a request is for, and the request that is sent instead of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .bodies import rewrite_body
from .declarations import Template, read_template, route_problem, routes_collide, template_problem
from .headers import WRITTEN_BY_RELAY
from .messages import CallerRequest, OutgoingRequest
from .parameters import check_parameter
from .refusals import Code, Refusal
from .routes import Route
from .url import LITERAL_CHARACTERS, encode, write_pairs

__all__ = [
    "Match",
    "RouteTable",
    "dropped_headers",
    "rebuild",
    "routes_collide",
    "template_problem",
]

USER_AGENT = "secure-lambda-relay/1"
# For these, a request without content says so (RFC 9110, section 8.6).
_WITH_CONTENT = {"PATCH", "POST", "PUT"}


@dataclass(frozen=True, slots=True)
class Match:
    """A route, and what the caller's path holds for its parameters.

    Attributes:
        route: The route.
        path_parameters: Decoded values by the names in the template, all as declared.
    """

    route: Route
    path_parameters: Mapping[str, str]


class RouteTable:
    """The routes of a relay, ready to be looked up.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.matching import RouteTable, rebuild
        from secure_lambda_constructs.relay.handler.request import read_request
        from secure_lambda_constructs.relay.handler.routes import Parameter, Route

        rates = Route(
            name="rates",
            method="GET",
            host="api.example.com",
            path="/v1/rates/{day}",
            path_parameters={"day": Parameter("date")},
        )
        request = read_request(
            {
                "version": 1,
                "method": "GET",
                "url": "https://api.example.com/v1/rates/2026-11-28",
                "headers": [["Cookie", "session=1"]],
            }
        )
        match = RouteTable([rates]).match(request)
        outgoing = rebuild(match, request)
        assert outgoing.target == "/v1/rates/2026-11-28"
        assert "cookie" not in dict(outgoing.headers)
        ```
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        """Prepare routes.

        Args:
            routes: The routes, in the order in which they are tried.

        Raises:
            ValueError: A route is none that the constructs let pass (`route_problem`), or two have
                the same name.
        """
        self._by_shape: dict[tuple[str, str, int], list[tuple[Route, Template]]] = {}
        if len({route.name for route in routes}) != len(routes):
            raise ValueError("two routes have the same name; write another for one of them")
        for route in routes:
            if problem := route_problem(route):
                raise ValueError(f"the route {route.name!r} cannot be used: {problem}")
            template = read_template(route.path)
            shape = (route.method, route.host, len(template))
            self._by_shape.setdefault(shape, []).append((route, template))

    def match(self, request: CallerRequest) -> Match:
        """Find the route of a request.

        Args:
            request: The request.

        Returns:
            The first route, as they are declared, whose method, host and path are those of the
            request, and which takes its path parameters, query and headers as they are. Bodies are
            for `rebuild`.

        Raises:
            Refusal: `destination_not_allowed`, or `parameter_not_allowed` with the name of the
                route that came closest.
        """
        shape = (request.method, request.host, len(request.segments))
        closest: tuple[int, int] | None = None
        refusal = Refusal(Code.DESTINATION_NOT_ALLOWED, "no route has this method, host and path")
        for route, template in self._by_shape.get(shape, ()):
            if not _fits(template, request.segments):
                continue
            values = {
                name: segment
                for (name, _), segment in zip(template, request.segments, strict=True)
                if name is not None
            }
            wrong = _wrong(route, values, request)
            if wrong is None:
                return Match(route, values)
            stage, message = wrong
            closeness = (stage, len(template) - len(values))
            if closest is None or closeness > closest:
                closest = closeness
                refusal = Refusal(Code.PARAMETER_NOT_ALLOWED, message, route=route.name)
        raise refusal


def rebuild(match: Match, request: CallerRequest) -> OutgoingRequest:
    """Write the request that is sent, from the route.

    Args:
        match: What `RouteTable.match` returned for the request.
        request: The caller's request.

    Returns:
        The request, without the route's credential.

    Raises:
        Refusal: `body_not_allowed`, `body_too_large` or `body_invalid`, with the route's name.
    """
    route = match.route
    try:
        body, content_type = rewrite_body(
            route.body, request.headers.get("content-type"), request.body
        )
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, route=route.name) from None
    if body is None and route.method in _WITH_CONTENT:
        body = b""
    query = dict(request.query)
    headers = {
        "user-agent": USER_AGENT,
        "accept": "*/*",
        "accept-encoding": "identity",
        **({} if content_type is None else {"content-type": content_type}),
        **{name: request.headers[name] for name in route.headers if name in request.headers},
    }
    return OutgoingRequest(
        method=route.method,
        host=route.host,
        path="".join(
            f"/{encode(literal, LITERAL_CHARACTERS)}"
            if name is None
            else f"/{encode(match.path_parameters[name])}"
            for name, literal in read_template(route.path)
        ),
        query=write_pairs([(key, query[key]) for key in route.query_parameters if key in query]),
        headers=tuple(headers.items()),
        body=body,
    )


def dropped_headers(match: Match, request: CallerRequest) -> int:
    """Count the headers of the caller that are not handed on.

    Args:
        match: What `RouteTable.match` returned for the request.
        request: The caller's request.

    Returns:
        How many headers the route does not declare, without those that every client sends and the
        relay writes for itself, such as `user-agent` and `host`.
    """
    return len(request.headers.keys() - match.route.headers.keys() - WRITTEN_BY_RELAY)


def _fits(template: Template, segments: Sequence[str]) -> bool:
    """Whether the segments are those of the template; of parameters only that they are there."""
    return all(
        segment == literal if name is None else segment
        for (name, literal), segment in zip(template, segments, strict=True)
    )


def _wrong(
    route: Route, values: Mapping[str, str], request: CallerRequest
) -> tuple[int, str] | None:
    """What of a request is not as the route declares, with how far it is otherwise."""
    for stage, (place, declared, given) in enumerate(
        (
            ("path parameter", route.path_parameters, values),
            ("query key", route.query_parameters, dict(request.query)),
            ("header", route.headers, request.headers),
        )
    ):
        if place == "query key" and not given.keys() <= declared.keys():
            return stage, "a query key is not one that the route declares"
        for name, parameter in declared.items():
            if name in given and not check_parameter(parameter, given[name]):
                return stage, f"the {place} {name!r} is not as declared: {parameter.type}"
    return None
