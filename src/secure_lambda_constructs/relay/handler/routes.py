"""The routes of a relay, as `routes.json` in its signed code declares them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "FORMAT_VERSION",
    "Body",
    "Configuration",
    "Credential",
    "CredentialSource",
    "Parameter",
    "ResponseRules",
    "Route",
    "read_configuration",
]

FORMAT_VERSION = 1
"""Of `routes.json`, which the construct and the handler of one release write and read."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter of a path, a query, a header or a form may be.

    Attributes:
        type: `text` (printable ASCII without control characters), `pattern`, `integer`, `one_of`,
            `uuid` or `date` (`2026-11-28`).
        max_length: In characters; for `text` and `pattern`.
        pattern: A regular expression that has to match the whole value.
        minimum: The least integer.
        maximum: The greatest integer.
        values: The only ones, for `one_of`.
    """

    type: Literal["text", "pattern", "integer", "one_of", "uuid", "date"]
    max_length: int = 128
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What a body may be.

    Attributes:
        kind: `json` (parsed, checked and written anew), `form`
            (`application/x-www-form-urlencoded`, each field declared) or `raw` (bytes as they are).
        max_bytes: The longest one.
        schema: A JSON schema of the subset in `schema`, or `None` for any JSON.
        fields: The fields of a form, none of which has to be there.
        content_types: Those that a raw body may have.
    """

    kind: Literal["json", "form", "raw"]
    max_bytes: int
    schema: Mapping[str, Any] | None = None
    fields: Mapping[str, Parameter] = field(default_factory=dict)
    content_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """Where a credential is kept.

    Attributes:
        service: `secrets_manager` or `ssm`.
        environment: Name of the environment variable that holds the ARN of the secret, or the name
            of the parameter.
    """

    service: Literal["secrets_manager", "ssm"]
    environment: str


@dataclass(frozen=True, slots=True)
class Credential:
    """What the relay adds to a request, and no caller sees.

    Attributes:
        kind: `bearer`, `basic`, `header`, `query` or `hook`.
        source: Where it is kept.
        field: The member of the secret's JSON that is meant, or `None` for the whole text. For
            `basic`: of the password.
        username_field: For `basic`: the member that is the user's name.
        name: Of the header (lower case) or the query key.
        prefix: What stands before the value in the header, such as `Token ` with its space.
        module: For `hook`: the module in `relay_hooks`.
        function: For `hook`: its function.
        headers: For `hook`: the only headers (lower case) that it may add.
    """

    kind: Literal["bearer", "basic", "header", "query", "hook"]
    source: CredentialSource
    field: str | None = None
    username_field: str | None = None
    name: str = ""
    prefix: str = ""
    module: str = ""
    function: str = ""
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseRules:
    """What of a response is handed on.

    Attributes:
        max_bytes: The longest body.
        headers: The headers (lower case) that are handed on.
        content_types: Those that a body may have (`application/json`), or `None` for any.
        fields: The only members of a JSON object that are handed on, or `None` for all.
    """

    max_bytes: int
    headers: tuple[str, ...] = ("content-type",)
    content_types: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that callers may do outside.

    Attributes:
        name: Of the route; in audit records, metrics and responses.
        method: In upper case.
        host: In lower case, ASCII.
        path: A template: segments that are written out (encoded), or `{parameter}`.
        path_parameters: By the names in the template.
        query_parameters: The only query keys. None of them has to be there.
        headers: The only headers (lower case) that are taken over from the caller.
        body: What the body may be, or `None` where there must not be one.
        credential: What is added, or `None`.
        response: What of the response is handed on.
        timeout_seconds: For the whole exchange, from the resolution of the name on.
        idempotent: Whether a call that failed on its way may be made again.
        certificate_authorities: PEM of the only authorities that are trusted for the host, or
            `None` for those of the runtime.
    """

    name: str
    method: str
    host: str
    path: str
    path_parameters: Mapping[str, Parameter] = field(default_factory=dict)
    query_parameters: Mapping[str, Parameter] = field(default_factory=dict)
    headers: Mapping[str, Parameter] = field(default_factory=dict)
    body: Body | None = None
    credential: Credential | None = None
    response: ResponseRules = ResponseRules(max_bytes=262_144)
    timeout_seconds: float = 10.0
    idempotent: bool = False
    certificate_authorities: str | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that a relay may do.

    Attributes:
        routes: The routes.
        report_only: Whether what no route allows is let pass, and recorded as what would have been
            refused.
    """

    routes: tuple[Route, ...]
    report_only: bool = False


def read_configuration(text: str) -> Configuration:
    """Read `routes.json`.

    Args:
        text: What it holds. The construct that wrote it has checked it; it is signed with the code.

    Returns:
        The configuration.

    Raises:
        ValueError: It is of another version, or not what the construct writes.

    Example:
        ```python
        import json

        from secure_lambda_constructs.relay.handler.routes import read_configuration

        route = {"name": "rates", "method": "GET", "host": "api.example.com", "path": "/rates"}
        (rates,) = read_configuration(json.dumps({"version": 1, "routes": [route]})).routes
        assert rates.body is None
        ```
    """
    content = json.loads(text)
    if not isinstance(content, dict) or content.pop("version", None) != FORMAT_VERSION:
        raise ValueError(f"routes.json is not of version {FORMAT_VERSION}")
    try:
        routes = tuple(_route(route) for route in content.pop("routes"))
        return Configuration(routes=routes, **content)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"routes.json is not what this release writes: {error}") from error


def _route(given: Mapping[str, Any]) -> Route:
    members = dict(given)
    for name in ("path_parameters", "query_parameters", "headers"):
        members[name] = _parameters(members.get(name, {}))
    if members.get("body") is not None:
        body = dict(members["body"])
        body["fields"] = _parameters(body.get("fields", {}))
        members["body"] = Body(**_tuples(body))
    if members.get("credential") is not None:
        credential = dict(members["credential"])
        credential["source"] = CredentialSource(**credential["source"])
        members["credential"] = Credential(**_tuples(credential))
    if "response" in members:
        members["response"] = ResponseRules(**_tuples(members["response"]))
    return Route(**members)


def _parameters(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Parameter]:
    return {name: Parameter(**_tuples(parameter)) for name, parameter in given.items()}


def _tuples(members: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in members.items()}
