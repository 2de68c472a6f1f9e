"""Measures a relay in a process of its own, as Lambda has it: the code that is signed, and boto3.

    python -S relay_process.py pairs|memory SETTINGS

The settings and what is found are JSON. Standard library only, besides the relay's code.
"""

import base64
import http.client
import importlib
import json
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["HOST", "SENT", "Direct", "event", "main"]

HOST = "api.example.com"

SENT: dict[str, tuple[str, str, bytes | None]] = {
    "POST": (
        "POST",
        "/v1/orders/1",
        b'{"number":1,"currency":"eur","source":"tok_visa","note":"Order 1, two books"}',
    ),
    "GET": ("GET", "/v1/rates/1?page=7", None),
}
"""What is sent: method, target and body."""

_HEADERS = {
    "user-agent": "secure-lambda-relay/1",
    "accept": "*/*",
    "accept-encoding": "identity",
    "x-number": "1",
}
_MORE = {
    "content-type": "application/json",
    "authorization": "Bearer orders-key-of-the-benchmark",
}


class _Connection(http.client.HTTPSConnection):
    """Goes to a port of this machine, whatever the name."""

    def __init__(self, port: int, authority: str) -> None:
        context = ssl.create_default_context(cadata=authority)
        super().__init__(HOST, port, context=context, timeout=10)
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


class Direct:
    """Calls the host as a function with an internet of its own would, over one connection."""

    def __init__(self, port: int, authority: str) -> None:
        """Set up; nothing is connected."""
        self._connection = _Connection(port, authority)

    def call(self, name: str) -> bytes:
        """Make one of the calls of `SENT`."""
        method, target, body = SENT[name]
        headers = _HEADERS if body is None else _HEADERS | _MORE
        self._connection.request(method, target, body, headers)
        return self._connection.getresponse().read()


def event(name: str) -> dict[str, object]:
    """The event that asks a relay for one of the calls of `SENT`."""
    method, target, body = SENT[name]
    headers = [["user-agent", "requests/2"], ["accept", "*/*"], ["x-number", "1"]]
    asked: dict[str, object] = {
        "version": 1,
        "method": method,
        "url": f"https://{HOST}{target}",
        "headers": headers,
    }
    if body is not None:
        headers.append(["content-type", "application/json"])
        asked["body"] = base64.b64encode(body).decode()
    return asked


class _Context:
    function_name = "Relay"
    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def _relay(settings: dict[str, Any]) -> Callable[[str], dict[str, Any]]:
    """The relay of the code, with a resolver and a port that lead to the host."""
    sys.path.insert(0, settings["code"])
    module = {
        name: importlib.import_module(f"relay_handler.{name}")
        for name in ("main", "pool", "relay", "routes", "secret_values")
    }
    relay = module["relay"].Relay(
        module["routes"].read_configuration(Path(settings["code"], "routes.json").read_text()),
        connections=module["pool"].Connections(
            resolver=lambda host, deadline: ["127.0.0.1"],
            is_allowed=lambda address: address == "127.0.0.1",
            port=settings["port"],
        ),
        secrets=module["secret_values"].SecretValues(),
    )
    events = {name: event(name) for name in SENT}
    context = _Context()

    def call(name: str) -> dict[str, Any]:
        answer: dict[str, Any] = relay.handle(events[name], context)
        if answer.get("status") != 200:
            sys.exit(f"the relay's answer: {answer}")
        return answer

    return call


def _pairs(settings: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """The seconds of a direct call and of the relay's, right after one another."""
    by_relay, direct = _relay(settings), Direct(settings["port"], settings["authority"])
    taken: dict[str, list[tuple[float, float]]] = {}
    for name in SENT:
        for _ in range(50):
            by_relay(name)
            direct.call(name)
        pairs = taken.setdefault(name, [])
        for number in range(settings["calls"]):
            # Who comes second finds the host awake, so that they take turns.
            if number % 2:
                first = _seconds(direct.call, name)
                pairs.append((first, _seconds(by_relay, name)))
            else:
                first = _seconds(by_relay, name)
                pairs.append((_seconds(direct.call, name), first))
    return taken


def _seconds(call: Callable[[str], object], name: str) -> float:
    began = time.perf_counter()
    call(name)
    return time.perf_counter() - began


def _memory(settings: dict[str, Any]) -> dict[str, float]:
    """Calls a second, one after the other, and the memory in KiB."""
    by_relay = _relay(settings)
    idle = _status("VmRSS")
    for name in SENT:
        by_relay(name)  # boto3 is loaded and asked for the secret
    warm = _status("VmHWM")
    rate, cpu = _rate(by_relay, settings["calls"])
    peak = _status("VmHWM")
    direct = Direct(settings["port"], settings["authority"])
    _, direct_cpu = _rate(direct.call, settings["calls"])
    return {
        "idle": idle,
        "warm": warm,
        "peak": peak,
        "rate": rate,
        "cpu": cpu,
        "direct_cpu": direct_cpu,
    }


def _rate(call: Callable[[str], object], calls: int) -> tuple[float, float]:
    """Calls a second by the clock, and the CPU seconds of one."""
    names = list(SENT)
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(calls):
        call(names[number % len(names)])
    cpu = time.process_time() - cpu
    return calls / (time.perf_counter() - began), cpu / calls


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Measure, and write what was found."""
    what, settings = sys.argv[1], json.loads(sys.argv[2])
    out = sys.stdout
    # The audit records are written, as always, and go nowhere.
    with open(os.devnull, "w") as sys.stdout:
        found = _pairs(settings) if what == "pairs" else _memory(settings)
    json.dump(found, out)


if __name__ == "__main__":
    main()
