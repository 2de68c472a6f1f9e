"""What a route may declare, and what is refused at once."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from secure_lambda_constructs import (
    InvalidInputError,
    RelayCredential,
    RelayRoute,
    RequestBody,
    ResponseFilter,
    RouteParameter,
)
from secure_lambda_constructs.relay.handler.routes import Parameter

from .certificates import Authority

_TOKEN = cdk.Aws.ACCOUNT_ID


def route(name: Any = "rates", **arguments: Any) -> RelayRoute:
    defaults = {"method": "GET", "host": "api.example.com", "path": "/v1/rates"}
    return RelayRoute(name, **{**defaults, **arguments})


@pytest.fixture(scope="module")
def secret() -> secretsmanager.Secret:
    return secretsmanager.Secret(cdk.Stack(cdk.App(), "App"), "Secret")


def test_defaults() -> None:
    read = route().route
    assert read.timeout_seconds == 10
    assert read.idempotent
    assert read.body is None
    assert read.response.max_bytes == 256 * 1024
    assert read.response.headers == ("content-type", "retry-after")
    assert not route(method="POST").route.idempotent
    assert route(method="POST", idempotent=True).route.idempotent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "Rates"}, "name is 'Rates'; write lower case letters"),
        ({"name": ""}, "name is ''; write a text"),
        ({"name": _TOKEN}, "name is known at deployment only"),
        ({"method": "get"}, "method is 'get'; write one of DELETE, GET"),
        ({"method": "CONNECT"}, "method is 'CONNECT'"),
        ({"host": "API.example.com"}, "write it in lower case: 'api.example.com'"),
        ({"host": "https://api.example.com"}, "write the name alone"),
        ({"host": "api.example.com:443"}, "write the name alone"),
        ({"host": "*.example.com"}, "write the name alone"),
        ({"host": "bücher.example"}, "write it as it is looked up: 'xn--bcher-kva.example'"),
        ({"host": "localhost"}, "write a full name"),
        ({"host": "api..example.com"}, "write a full name"),
        ({"host": "api.example.com."}, "write a full name"),
        ({"host": "-api.example.com"}, "write a full name"),
        ({"host": "10.0.0.1"}, "an address shows no certificate of a name"),
        ({"host": "169.254.169.254"}, "an address shows no certificate of a name"),
        ({"host": "0x7f.0x1"}, "an address shows no certificate of a name"),
        ({"host": "db.internal"}, "names below 'internal' are none of the public internet"),
        ({"host": "printer.local"}, "names below 'local' are none of the public internet"),
        ({"host": _TOKEN}, "host is known at deployment only"),
        ({"host": 7}, "host is 7; write a text"),
        ({"path": "v1/rates"}, re.escape("the path 'v1/rates' does not begin with a slash")),
        ({"path": "/v1/../rates"}, re.escape("has a segment '..'")),
        ({"path": "/v1//rates"}, re.escape("has an empty segment")),
        ({"path": "/v1/%2e"}, re.escape("the segment '%2e'")),
        ({"path": "/v1/{id}"}, re.escape("has the parameters ['id'], and declared are []")),
        ({"path": "/v1?x=1"}, re.escape("the segment 'v1?x=1'")),
        (
            {"path_parameters": {"id": RouteParameter.uuid()}},
            re.escape("has the parameters [], and declared are ['id']"),
        ),
        ({"path_parameters": ["id"]}, r"path_parameters is \['id'\]"),
        ({"query_parameters": {"page": "[0-9]+"}}, r"query_parameters\['page'\] is '\[0-9\]\+'"),
        ({"query_parameters": {"p\n": RouteParameter.uuid()}}, "write a name of printable ASCII"),
        ({"headers": {"Authorization": RouteParameter.text()}}, "a caller may not set"),
        ({"headers": {"x-forwarded-for": RouteParameter.text()}}, "a caller may not set"),
        ({"headers": {"Host": RouteParameter.text()}}, "a caller may not set"),
        ({"headers": {"a b": RouteParameter.text()}}, "which is no name of a header"),
        (
            {"headers": {"X-Key": RouteParameter.text(), "x-key": RouteParameter.text()}},
            "headers has a name twice",
        ),
        ({"body": {"type": "object"}}, "write body=RequestBody"),
        ({"body": RequestBody.json()}, "method is GET, which has no body"),
        ({"credential": "sk_live"}, "credential is 'sk_live'; write credential=RelayCredential"),
        ({"response": 7}, "response is 7; write response=ResponseFilter"),
        ({"timeout": 10}, "timeout is 10; write a duration"),
        ({"timeout": cdk.Duration.seconds(26)}, "timeout is 26 seconds"),
        ({"timeout": cdk.Duration.millis(1)}, "timeout is 0.001 seconds"),
        ({"certificate_authorities": "/nowhere/ca.pem"}, "which is no PEM, and no file with it"),
        ({"certificate_authorities": "-----BEGIN PRIVATE KEY-----"}, "no list of certificates"),
        ({"host": "api.github.com"}, "anybody who signs up has a place of their own"),
        ({"host": "bucket.s3.eu-west-1.amazonaws.com"}, "anybody who signs up"),
        (
            {"host": "hooks.slack.com", "path_is_bound_to_own_tenant": True, "path": "/"},
            "write the first segments out",
        ),
    ],
)
def test_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as refusal:
        route(**arguments)
    assert not str(refusal.value).endswith(".")


def test_shared_host_with_a_path_of_ones_own() -> None:
    read = route(
        host="api.github.com",
        path="/repos/acme/{repository}/issues",
        path_parameters={"repository": RouteParameter.pattern("[a-z-]{1,40}")},
        path_is_bound_to_own_tenant=True,
    )
    assert read.route.host == "api.github.com"
    with pytest.raises(InvalidInputError, match="the caller chooses whose place it is"):
        route(
            host="api.github.com",
            path="/{owner}/x",
            path_parameters={"owner": RouteParameter.text()},
            path_is_bound_to_own_tenant=True,
        )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RouteParameter.text(max_length=0), "a parameter of 0 characters"),
        (lambda: RouteParameter.text(max_length=2000), "a parameter of 2000 characters"),
        (lambda: RouteParameter.pattern("(a+)+"), "the pattern '(a+)+' cannot be used"),
        (lambda: RouteParameter.pattern("["), "the pattern '[' cannot be used"),
        (lambda: RouteParameter.pattern("(?i)a"), "cannot be used"),
        (lambda: RouteParameter.integer(minimum=2, maximum=1), "minimum is 2 and maximum 1"),
        (lambda: RouteParameter.integer(minimum=0, maximum=2**70), "of at most 63 bits"),
        (lambda: RouteParameter.one_of(), "one_of has no value"),
        (lambda: RouteParameter.one_of("a\n"), "one_of has 'a\\n'"),
        (lambda: RequestBody.form({}), "fields is empty"),
        (lambda: RequestBody.json(max_size=cdk.Size.mebibytes(5)), "max_size is 5,242,880 bytes"),
        (lambda: RequestBody.json(schema={"type": "object"}), "additionalProperties"),
        (lambda: RequestBody.json(schema={"$ref": "#/x"}), "schema's /$ref is not known"),
        (lambda: RequestBody.json(schema={"const": object()}), "is no JSON"),
        (lambda: RequestBody.json(schema={"const": cdk.Aws.REGION}), "known at deployment only"),
        (lambda: RequestBody.raw([]), "content_types is empty"),
        (lambda: RequestBody.raw("application/pdf"), "content_types is 'application/pdf'"),
        (lambda: RequestBody.raw(["text/*"]), "content_types has 'text/*'"),
        (lambda: ResponseFilter(headers=["Set-Cookie"]), "which a relay does not hand on"),
        (lambda: ResponseFilter(headers=["a b"]), "which is no name of a header"),
        (lambda: ResponseFilter(max_size=cast(Any, "1MB")), "max_size is '1MB'; write a size"),
        (lambda: ResponseFilter(fields="id"), "fields is 'id'; write a list"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused_parts(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        make()
    assert message in str(refusal.value)


def test_parameters() -> None:
    assert RouteParameter.one_of("a", "b", "a").parameter == Parameter("one_of", values=("a", "b"))
    assert RouteParameter.integer(minimum=-1, maximum=5).parameter.minimum == -1
    assert RouteParameter.date().parameter.type == "date"


def test_credentials(secret: secretsmanager.Secret, tmp_path: Path) -> None:
    bearer = RelayCredential.bearer(secret, field="key").credential
    assert (bearer.kind, bearer.field, bearer.source.service) == (
        "bearer",
        "key",
        "secrets_manager",
    )
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
        secret.stack, "Token", parameter_name="/token"
    )
    assert RelayCredential.query("key", parameter).credential.source.service == "ssm"
    basic = RelayCredential.basic(secret).credential
    assert (basic.username_field, basic.field) == ("username", "password")
    header = RelayCredential.header("X-Api-Key", secret, prefix="Token ").credential
    assert (header.name, header.prefix) == ("x-api-key", "Token ")
    hook = tmp_path / "partner.py"
    hook.write_text("def sign(request, secret):\n    return {}\n")
    signed = RelayCredential.hook(secret, file=str(hook), function="sign", headers=["X-Sig"])
    assert (signed.credential.module, signed.credential.headers) == ("partner", ("x-sig",))


def test_refused_credentials(secret: secretsmanager.Secret, tmp_path: Path) -> None:
    hook = tmp_path / "partner.py"
    hook.write_text("def sign(request, secret):\n    return {}\n")
    broken = tmp_path / "broken.py"
    broken.write_text("def sign(")
    dashed = tmp_path / "a-b.py"
    dashed.write_text("")

    def refuses(message: str, make: Callable[..., object], *values: Any, **named: Any) -> None:
        with pytest.raises(InvalidInputError) as refusal:
            make(*values, **named)
        assert message in str(refusal.value)

    refuses("a credential is kept in 'sk_live'", RelayCredential.bearer, "sk_live")
    refuses("field is ''", RelayCredential.bearer, secret, field="")
    refuses("no header for a credential", RelayCredential.header, "Host", secret)
    refuses("prefix is 'a\\n'", RelayCredential.header, "x-key", secret, prefix="a\n")
    names: dict[str, Any] = {"function": "sign", "headers": ["x-sig"]}
    refuses("cannot be read", RelayCredential.hook, secret, file="/nowhere/x.py", **names)
    refuses("which is no Python", RelayCredential.hook, secret, file=str(broken), **names)
    refuses("that can be imported", RelayCredential.hook, secret, file=str(dashed), **names)
    names = {"file": str(hook), "headers": ["x-sig"]}
    refuses("and partner.py has sign", RelayCredential.hook, secret, function="other", **names)
    names = {"file": str(hook), "function": "sign"}
    refuses("headers is empty", RelayCredential.hook, secret, headers=[], **names)


def test_credential_and_caller_do_not_write_the_same(secret: secretsmanager.Secret) -> None:
    with pytest.raises(InvalidInputError, match="'x-key' is what the relay adds"):
        route(
            headers={"X-Key": RouteParameter.text()},
            credential=RelayCredential.header("x-key", secret),
        )
    with pytest.raises(InvalidInputError, match="'key' is what the relay adds"):
        route(
            query_parameters={"key": RouteParameter.text()},
            credential=RelayCredential.query("key", secret),
        )


def test_authorities_as_text_or_file(tmp_path: Path) -> None:
    pem = Authority().pem
    file = tmp_path / "ca.pem"
    file.write_text(pem)
    assert route(certificate_authorities=pem).route.certificate_authorities == pem
    assert route(certificate_authorities=str(file)).route.certificate_authorities == pem
