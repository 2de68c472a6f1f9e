"""The folder as it is shipped: under the name `egress_relay`, with what the runtime carries."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from secure_lambda_constructs.relay import client as package

from .conftest import LambdaApi, answer

_OTHERS = ("boto3", "botocore", "requests", "httpx", "urllib3", "anyio")


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "python" / "egress_relay"
    source = Path(package.__file__).parent
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder.parent


def run(shipped: Path, script: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(shipped), "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, text=True, capture_output=True, check=True
    ).stdout.strip()


def test_import_needs_the_standard_library_only(shipped: Path) -> None:
    script = f"""
import sys, egress_relay
from egress_relay import Headers, RelayClient, RelayHandler, RelayRefusedError, call
print(sorted({{name.partition(".")[0] for name in sys.modules}} & set({_OTHERS!r})))
print(any("secure_lambda" in name for name in sys.modules))
"""
    assert run(shipped, script).split("\n") == ["[]", "False"]


def test_bare_import_loads_nothing_else_of_the_package(shipped: Path) -> None:
    script = "import sys, egress_relay; print([n for n in sys.modules if 'egress_relay' in n])"
    assert run(shipped, script) == "['egress_relay']"


def test_calls_under_the_shipped_name(shipped: Path, api: LambdaApi) -> None:
    api.handle = lambda event: answer(body=event["url"].encode())
    script = """
import asyncio, urllib.request
import egress_relay
print(egress_relay.call("GET", "https://api.example.com/1").text)
import requests
session = requests.Session()
session.mount("https://", egress_relay.RelayAdapter())
print(session.get("https://api.example.com/2").text)
import httpx
with httpx.Client(transport=egress_relay.RelayTransport()) as client:
    print(client.get("https://api.example.com/3").text)
print(egress_relay.RelayPoolManager().request("GET", "https://api.example.com/4").data.decode())
opener = urllib.request.build_opener(egress_relay.RelayHandler())
print(opener.open("https://api.example.com/5").read().decode())
try:
    session.get("https://other.example.net/")
except egress_relay.RelayRefusedError as error:
    print(error.code, type(error).__module__)
"""
    assert run(shipped, script).split("\n") == [
        *(f"https://api.example.com/{number}" for number in range(1, 6)),
        "host_not_served egress_relay.errors",
    ]
    assert len(api.events) == 5


def test_public_names() -> None:
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
        assert name in dir(package)
    with pytest.raises(AttributeError, match="has no attribute 'missing'"):
        _ = package.missing
