"""`RelayRoute`: one thing that callers may do outside."""

import re
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration

from ...errors import InvalidInputError
from ..handler.declarations import route_problem, template_problem
from ..handler.routes import Route
from .body import RequestBody
from .credential import RelayCredential
from .declared import header_parameters, known_text, named_parameters, seconds
from .hosts import check_host, is_shared_host
from .parameter import RouteParameter
from .response import ResponseFilter

__all__ = ["LONGEST_TIMEOUT", "RelayRoute"]

LONGEST_TIMEOUT = 25
"""Of a route, in seconds: a caller waits for the relay, and nobody shall keep it busy."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_WITHOUT_BODY = ("GET", "HEAD")
_SAFE = ("GET", "HEAD")
_CERTIFICATE = re.compile(
    r"\s*(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\s*)+"
)


class RelayRoute:
    """A method, a host and a path, with all that a caller may fill in.

    A caller's request is matched to a route and put together anew from it. What no route has is
    refused and recorded; what a caller adds (`Authorization`, cookies, headers that are not
    declared) is left out.

    Example:
        ```python
        from secure_lambda_constructs import RelayRoute, RequestBody, RouteParameter

        refund = RelayRoute(
            "refund",
            method="POST",
            host="api.example.com",
            path="/v1/charges/{charge}/refunds",
            path_parameters={"charge": RouteParameter.pattern("ch_[A-Za-z0-9]{1,32}")},
            headers={"idempotency-key": RouteParameter.uuid()},
            body=RequestBody.form({"amount": RouteParameter.integer(minimum=1, maximum=99_999)}),
            idempotent=True,
        )
        ```
    """

    def __init__(
        self,
        name: str,
        *,
        method: str,
        host: str,
        path: str,
        path_parameters: Mapping[str, RouteParameter] | None = None,
        query_parameters: Mapping[str, RouteParameter] | None = None,
        headers: Mapping[str, RouteParameter] | None = None,
        body: RequestBody | None = None,
        credential: RelayCredential | None = None,
        response: ResponseFilter | None = None,
        timeout: Duration | None = None,
        idempotent: bool | None = None,
        certificate_authorities: str | None = None,
        path_is_bound_to_own_tenant: bool = False,
    ) -> None:
        """Declare a route.

        Args:
            name: Its name in audit records, metrics and alarms: lower case letters, digits and
                underscores.
            method: `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`.
            host: The host, by its name alone. It is always called by HTTPS at port 443.
            path: The path: segments that are written out, or `{parameter}`.
            path_parameters: What each parameter of the path may be.
            query_parameters: The only keys of the query, and what each may be; none has to be
                there. By default no query is taken.
            headers: The only headers that a caller may set, and what each may be. By default none.
            body: What the body may be. By default there must not be one.
            credential: What the relay adds. By default nothing.
            response: What of the response the caller gets. By default a body of up to 256 KiB.
            timeout: For the whole exchange. By default 10 seconds; 25 at most.
            idempotent: Whether a call that failed on its way may be made again, so that clients do
                that. By default `GET` and `HEAD` may.
            certificate_authorities: PEM of the only authorities that are trusted for the host, or
                a file with it. By default those of the Lambda runtime.
            path_is_bound_to_own_tenant: Say so for a host where anybody who signs up has a place
                (GitHub, S3, Slack): that what stands in the path leads to your own place, and no
                parameter to another. By default such a host is refused.

        Raises:
            InvalidInputError: Something of it cannot be used, or would open more than it says.
        """
        self._name = known_text("name", name, example="charge")
        if not _NAME.fullmatch(name):
            raise InvalidInputError(
                f"name is {name!r}; write lower case letters, digits and underscores, such as "
                "'charge_status'"
            )
        if method not in _METHODS:
            raise InvalidInputError(f"method is {method!r}; write one of {', '.join(_METHODS)}")
        host = check_host(host)
        in_path = named_parameters(
            "path_parameters", {} if path_parameters is None else path_parameters, example="id"
        )
        in_query = named_parameters(
            "query_parameters", {} if query_parameters is None else query_parameters, example="page"
        )
        problem = template_problem(known_text("path", path, example="/v1/charges"), in_path)
        if problem is not None:
            raise InvalidInputError(problem)
        for argument, value, kind, example in (
            ("body", body, RequestBody, "RequestBody.json()"),
            ("credential", credential, RelayCredential, "RelayCredential.bearer(secret)"),
            ("response", response, ResponseFilter, "ResponseFilter(fields=['id'])"),
        ):
            if value is not None and not isinstance(value, kind):
                raise InvalidInputError(f"{argument} is {value!r}; write {argument}={example}")
        if body is not None and method in _WITHOUT_BODY:
            raise InvalidInputError(
                f"method is {method}, which has no body; leave body out, or write method='POST'"
            )
        _check_shared(host, path, path_is_bound_to_own_tenant)
        caller_headers = header_parameters({} if headers is None else headers)
        self._credential = credential
        _check_credential(credential, caller_headers, in_query)
        self._route = Route(
            name=name,
            method=method,
            host=host,
            path=path,
            path_parameters={key: value.parameter for key, value in in_path.items()},
            query_parameters={key: value.parameter for key, value in in_query.items()},
            headers={key: value.parameter for key, value in caller_headers.items()},
            body=None if body is None else body.body,
            credential=None if credential is None else credential.credential,
            response=(ResponseFilter() if response is None else response).rules,
            timeout_seconds=seconds(
                "timeout",
                Duration.seconds(10) if timeout is None else timeout,
                most=LONGEST_TIMEOUT,
            ),
            idempotent=method in _SAFE if idempotent is None else bool(idempotent),
            certificate_authorities=_authorities(certificate_authorities),
        )
        # What the handler would refuse when it starts.
        problem = route_problem(self._route)
        if problem is not None:
            raise InvalidInputError(f"the route {name!r} cannot be used: {problem}")

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def route(self) -> Route:
        """The route, as it is signed with the relay's code."""
        return self._route

    @property
    def credential(self) -> RelayCredential | None:
        """What the relay adds."""
        return self._credential


def _check_shared(host: str, path: str, bound: bool) -> None:
    """Refuse a host that is a way to anybody's place."""
    if not is_shared_host(host):
        return
    first = path.split("/")[1]
    if not bound:
        raise InvalidInputError(
            f"host is {host!r}, where anybody who signs up has a place of their own; write the "
            "path that leads to your own tenant, such as '/repos/your-company/{repository}', and "
            "path_is_bound_to_own_tenant=True"
        )
    if not first or first.startswith("{"):
        raise InvalidInputError(
            f"path is {path!r} at {host}, so that the caller chooses whose place it is; write the "
            "first segments out"
        )


def _check_credential(
    credential: RelayCredential | None,
    headers: Mapping[str, RouteParameter],
    query: Mapping[str, RouteParameter],
) -> None:
    """Refuse a caller's parameter where the credential stands."""
    if credential is None:
        return
    added = credential.credential
    own = {*added.headers, added.name} if added.kind in ("header", "hook") else set()
    taken = own & set(headers) or ({added.name} & set(query) if added.kind == "query" else set())
    if taken:
        (name, *_) = sorted(taken)
        raise InvalidInputError(
            f"{name!r} is what the relay adds as the credential, and a caller may not set it too; "
            "leave it out of headers and query_parameters"
        )


def _authorities(given: str | None) -> str | None:
    """Take certificates, or the file that holds them."""
    if given is None:
        return None
    text = known_text("certificate_authorities", given, example="partner-ca.pem")
    if "-----BEGIN" not in text:
        try:
            text = Path(text).read_text(encoding="ascii")
        except (OSError, ValueError) as error:
            raise InvalidInputError(
                f"certificate_authorities is {given!r}, which is no PEM, and no file with it: "
                f"{error}"
            ) from None
    text = text.replace("\r\n", "\n")
    if not _CERTIFICATE.fullmatch(text):
        raise InvalidInputError(
            "certificate_authorities is no list of certificates in PEM; write "
            "-----BEGIN CERTIFICATE-----, its lines, -----END CERTIFICATE-----, for each authority "
            "and nothing else"
        )
    return text
