"""What the constructs check of a route when they write it, and the handler when it reads it."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from .headers import header_problem
from .parameters import parameter_problem
from .refusals import Refusal
from .request import LONGEST_BODY, METHODS
from .routes import Body, Credential, Parameter, Route
from .schema import schema_problem
from .url import LITERAL_CHARACTERS, read_host

__all__ = ["Template", "read_template", "route_problem", "routes_collide", "template_problem"]

Template = tuple[tuple[str | None, str], ...]
"""Of each segment the parameter's name, or `None` and what it is literally."""

_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_LITERAL = re.compile(rf"[A-Za-z0-9._~{re.escape(LITERAL_CHARACTERS)}-]+")
_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(?:; ?[a-z0-9-]+=[A-Za-z0-9-]+)?")


def template_problem(path: str, parameters: Collection[str]) -> str | None:
    """Say why the template of a path cannot be used.

    Args:
        path: The template. It begins with a slash; each segment is written out, unencoded, or is a
            `{parameter}` as a whole; it may end with a slash.
        parameters: Names of the declared parameters.

    Returns:
        What is wrong, what was given and what to write instead, or `None`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.declarations import template_problem

        assert template_problem("/v1/charges/{charge}", ["charge"]) is None
        assert template_problem("/v1/../{charge}", ["charge"]) is not None
        ```
    """
    if not path.startswith("/"):
        return f"the path {path!r} does not begin with a slash; write it as '/v1/charges'"
    *front, last = path[1:].split("/")
    names: list[str] = []
    for segment in [*front, *([last] if last else [])]:
        if not segment:
            return f"the path {path!r} has an empty segment; write one slash between two segments"
        if found := _PARAMETER.fullmatch(segment):
            names.append(found[1])
        elif not _LITERAL.fullmatch(segment):
            return (
                f"the segment {segment!r} of the path {path!r} is neither written out, of letters, "
                f"digits and -._~{LITERAL_CHARACTERS}, nor a parameter; write that as "
                "'{charge_id}', over the whole segment"
            )
        elif segment.partition(";")[0] in ("", ".", ".."):
            return (
                f"the path {path!r} has a segment {segment!r}, which servers leave out; remove it"
            )
    if len(set(names)) != len(names):
        return f"the path {path!r} has a parameter twice; write another name for one of them"
    if set(names) != set(parameters):
        return (
            f"the path {path!r} has the parameters {sorted(names)}, and declared are "
            f"{sorted(parameters)}; declare each that is in the path, and no other"
        )
    return None


@lru_cache(maxsize=512)
def read_template(path: str) -> Template:
    """Take the template of a path apart.

    Args:
        path: One that `template_problem` finds nothing wrong with.

    Returns:
        Its segments. The last one is literally empty where the path ends with a slash.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.declarations import read_template

        assert read_template("/v1/{charge}") == ((None, "v1"), ("charge", ""))
        ```
    """
    found = ((_PARAMETER.fullmatch(segment), segment) for segment in path[1:].split("/"))
    return tuple((name[1], "") if name else (None, segment) for name, segment in found)


def routes_collide(one: Route, other: Route) -> bool:
    """Tell whether two routes have the same method, host and shape of the path.

    Of two such routes only the types of their parameters say which one a request is for. A segment
    that is written out in one and a parameter in the other is not the same shape: the route that is
    declared first and takes the request is the one that counts.

    Args:
        one: A route.
        other: Another one.

    Returns:
        Whether their paths differ in the names of parameters at most.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.declarations import routes_collide
        from secure_lambda_constructs.relay.handler.routes import Parameter, Route

        def route(name, path):
            return Route(name, "GET", "api.example.com", path)

        assert routes_collide(route("a", "/v1/{id}"), route("b", "/v1/{name}"))
        assert not routes_collide(route("a", "/v1/{id}"), route("b", "/v1/search"))
        ```
    """
    return _shape(one) == _shape(other)


def route_problem(route: Route) -> str | None:
    """Say why a route cannot be used.

    Args:
        route: The route.

    Returns:
        What is wrong with its method, host, path, parameters, headers or body, or `None`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.declarations import route_problem
        from secure_lambda_constructs.relay.handler.routes import Route

        assert route_problem(Route("rates", "GET", "api.example.com", "/rates")) is None
        assert route_problem(Route("rates", "TRACE", "api.example.com", "/rates")) is not None
        ```
    """
    return next(_problems(route), None)


def _shape(route: Route) -> tuple[object, ...]:
    segments = tuple(
        ("parameter" if name else "literal", literal) for name, literal in read_template(route.path)
    )
    return route.method, route.host, segments


def _problems(route: Route) -> Iterator[str]:
    if route.method not in METHODS:
        yield f"the method is {route.method!r}; write one of {', '.join(sorted(METHODS))}"
    try:
        host = read_host(route.host)
    except Refusal as refusal:
        yield f"{refusal.message}, got {route.host!r}"
    else:
        if host != route.host:
            yield f"the host is {route.host!r}; write {host!r}"
    if problem := template_problem(route.path, route.path_parameters):
        yield problem
    for name in route.headers:
        if problem := header_problem(name):
            yield problem
    yield from _parameter_problems("path parameter", route.path_parameters)
    yield from _parameter_problems("query parameter", route.query_parameters)
    yield from _parameter_problems("header", route.headers)
    if route.body is not None:
        yield from _body_problems(route.body)
    if route.credential is not None:
        yield from _credential_problems(route, route.credential)


def _parameter_problems(place: str, parameters: Mapping[str, Parameter]) -> Iterator[str]:
    for name, parameter in parameters.items():
        if not name or not name.isprintable():
            yield f"the {place} {name!r} has no name that can be sent; write another"
        if problem := parameter_problem(parameter):
            yield f"the {place} {name!r} is not declared well: {problem}"


def _body_problems(body: Body) -> Iterator[str]:
    if body.kind not in ("json", "form", "raw"):
        yield f"the body's kind is {body.kind!r}; write json, form or raw"
    if not 0 <= body.max_bytes <= LONGEST_BODY:
        yield (
            f"the longest body has {body.max_bytes} bytes; write a number from 0 to {LONGEST_BODY}"
        )
    if body.schema is not None and (problem := schema_problem(body.schema)):
        yield problem
    yield from _parameter_problems("field", body.fields)
    if body.kind == "raw" and not body.content_types:
        yield "a raw body has no content types; write those that it may have"
    for content_type in body.content_types:
        if not _CONTENT_TYPE.fullmatch(content_type):
            yield (
                f"the content type {content_type!r} is not one; write it in lower case, as in "
                "'text/csv'"
            )


def _credential_problems(route: Route, credential: Credential) -> Iterator[str]:
    """What the relay adds must not be there already."""
    match credential.kind:
        case "query":
            added, declared = {credential.name}, route.query_parameters.keys()
        case "header":
            added, declared = {credential.name}, route.headers.keys()
        case _:
            added, declared = set(credential.headers), route.headers.keys()
    for name in sorted(added & declared):
        yield f"both the caller and the credential set {name!r}; remove it from what callers set"
