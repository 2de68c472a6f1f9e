"""What Lambda starts: the package as it is shipped, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.relay.handler import main
from secure_lambda_constructs.relay.handler.routes import (
    Configuration,
    Credential,
    CredentialSource,
    Route,
)
from secure_lambda_constructs.relay.handler_code import HANDLER, write_handler

from ..servers import Answer, HttpServer, Seen
from .conftest import SmallAws

HOOK = """
import hashlib
import hmac

from relay_handler.hooks import HookRequest


def sign(request: HookRequest, secret: str) -> dict[str, str]:
    assert type(request) is HookRequest
    return {"x-signature": hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()}
"""

# As Lambda's runtime does it.
START = f"""
import importlib
module, _, name = {HANDLER!r}.rpartition(".")
handler = getattr(importlib.import_module(module), name)
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The code of a relay with three routes and a hook, as the construct writes it."""
    hook = tmp_path / "partner.py"
    hook.write_text(HOOK)
    source = CredentialSource("secrets_manager", "PAYMENT_KEY")
    routes = (
        Route("rates", "GET", "api.example.com", "/v1/rates"),
        Route(
            "keyed", "GET", "api.example.com", "/v1/keyed", credential=Credential("bearer", source)
        ),
        Route(
            "signed",
            "GET",
            "api.example.com",
            "/v1/signed",
            credential=Credential(
                "hook", source, module="partner", function="sign", headers=("x-signature",)
            ),
        ),
    )
    folder = tmp_path / "code"
    folder.mkdir()
    write_handler(folder, Configuration(routes), [hook])
    return folder


@pytest.fixture
def run(code: Path) -> Run:
    """Runs a program where only the relay's code and what is installed can be imported."""

    def start(
        program: str, *, environment: Mapping[str, str] | None = None, fails: bool = False
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-c", f"import sys\nsys.path[0] = {str(code)!r}\n{program}"],
            capture_output=True,
            text=True,
            cwd=code.parent,
            env={**os.environ, **(environment or {})},
        )
        assert (done.returncode != 0) is fails, done.stderr
        return done

    return start


def _event(path: str) -> dict[str, object]:
    return {"version": 1, "method": "GET", "url": f"https://api.example.com{path}"}


def test_an_event_is_answered_and_recorded(run: Run) -> None:
    done = run(
        f"""{START}
class Context:
    function_name = "PaymentRelay"
    aws_request_id = "1-2"
    def get_remaining_time_in_millis(self):
        return 3000
answer = handler({_event("/v1/other")!r}, Context())
import json
print(json.dumps(answer))
"""
    )
    line, answer = map(json.loads, done.stdout.splitlines())
    assert answer["error"]["code"] == line["code"] == "destination_not_allowed"
    assert (line["relay"], line["request_id"], line["Refused"]) == ("PaymentRelay", "1-2", 1)
    assert done.stderr == ""


def test_the_environment_changes_nothing(run: Run) -> None:
    """Neither a proxy, nor another trust, nor a variable of any name opens the relay."""
    names = ("RELAY_ROUTES", "ROUTES", "EGRESS_RELAY_HOSTS", "REPORT_ONLY", "RELAY_REPORT_ONLY")
    environment = dict.fromkeys(names, "1") | {"HTTPS_PROXY": "http://127.0.0.1:9"}
    done = run(f"{START}\nhandler({_event('/v1/other')!r}, None)", environment=environment)
    assert json.loads(done.stdout)["outcome"] == "refused"


@pytest.mark.parametrize("has_credential", [True, False])
def test_boto3_is_loaded_at_the_start_if_it_will_be_needed_and_nothing_is_called(
    run: Run, code: Path, has_credential: bool
) -> None:
    routes = json.loads((code / "routes.json").read_text())
    if not has_credential:
        routes["routes"] = routes["routes"][:1]
        (code / "routes.json").write_text(json.dumps(routes))
    done = run(
        f"""
import socket
def refuse(*arguments):
    raise AssertionError("the network is not for the start")
socket.socket.connect = socket.getaddrinfo = refuse
{START}
print(*sys.modules)
"""
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "relay_handler" in loaded
    assert "secure_lambda_constructs" not in loaded
    assert ("boto3" in loaded) is has_credential


@pytest.mark.parametrize(
    ("routes", "problem"),
    [
        (None, "FileNotFoundError"),
        ("", "JSONDecodeError"),
        ("[]", "routes.json is not of version 1"),
        ('{"version": 2, "routes": []}', "routes.json is not of version 1"),
        ('{"version": 1}', "routes.json is not what this release writes"),
        (
            '{"version": 1, "routes": [{"name": "a"}]}',
            "routes.json is not what this release writes",
        ),
        ('{"version": 1, "routes": [], "more": 1}', "routes.json is not what this release writes"),
        (
            '{"version": 1, "routes": [{"name": "a", "method": "GET", "host": "*", "path": "/"}]}',
            "the route 'a' cannot be used",
        ),
    ],
    ids=["none", "empty", "list", "version", "no_routes", "route", "member", "host"],
)
def test_without_routes_the_relay_does_not_start(
    run: Run, code: Path, routes: str | None, problem: str
) -> None:
    if routes is None:
        (code / "routes.json").unlink()
    else:
        (code / "routes.json").write_text(routes)
    done = run(START, fails=True)
    assert problem in done.stderr
    assert done.stdout == ""


def test_calls_are_made_as_shipped(run: Run, aws: SmallAws) -> None:
    """The relay's own resolver and port would lead to the internet; the rest is as it is."""
    aws.texts = {"payment": "sk_placeholder_1"}

    def answer(seen: Seen) -> Answer:
        signed = len(seen.header("x-signature") or "") == 64
        keyed = seen.header("authorization") == "Bearer sk_placeholder_1"
        return Answer(body=json.dumps({"signed": signed, "keyed": keyed}).encode())

    with HttpServer(answer=answer) as server:
        assert server.authority is not None
        done = run(
            f"""
import base64, json
from pathlib import Path
from relay_handler.pool import Connections
from relay_handler.relay import Relay
from relay_handler.routes import read_configuration
from relay_handler.secret_values import SecretValues

connections = Connections(
    resolver=lambda host, deadline: ["127.0.0.1"],
    is_allowed=lambda address: True,
    port={server.port},
    trust={server.authority.pem!r},
)
relay = Relay(
    read_configuration(Path("code", "routes.json").read_text()),
    connections=connections,
    secrets=SecretValues(),
)
for event in {[_event(f"/v1/{name}") for name in ("rates", "keyed", "signed")]!r}:
    answer = relay.handle(event, None)
    print(base64.b64decode(answer["body"]).decode())
connections.close()
""",
            environment={"PAYMENT_KEY": "payment"},
        )
    lines: list[Any] = [json.loads(text) for text in done.stdout.splitlines()]
    assert lines[1::2] == [
        {"signed": False, "keyed": False},
        {"signed": False, "keyed": True},
        {"signed": True, "keyed": False},
    ]
    assert [line["route"] for line in lines[::2]] == ["rates", "keyed", "signed"]
    assert [line["outcome"] for line in lines[::2]] == ["allowed"] * 3
    assert len(aws.calls) == 1
    assert "sk_placeholder_1" not in done.stdout + done.stderr


def test_the_module_of_the_library_is_no_relay() -> None:
    with pytest.raises(RuntimeError, match="as the package relay_handler"):
        main.handler(_event("/v1/rates"), None)
