"""What a relay costs: time for each call, time to start, memory.

The host is a process on this machine that speaks TLS. The time that it takes, and that of the way
to it, is in the relay's calls and in the direct ones beside them, and falls out of what is judged.
"""

import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from emulator import Emulator, python, runtime
from measure import cpu_seconds_in_turn
from relay_process import HOST, event

from secure_lambda_constructs.relay.handler.routes import (
    Body,
    Configuration,
    Credential,
    CredentialSource,
    Parameter,
    ResponseRules,
    Route,
)
from secure_lambda_constructs.relay.handler_code import HANDLER, write_handler
from tests.relay.load import HostProcess

__all__ = ["main"]

_HERE = Path(__file__).resolve().parent
_PAIRS = 1000
_INVOCATIONS = 200
_CALLS = 4000
_IMPORTS = 9
_MS = 1000
_MIB = 1024

_GOAL_HALF_MS = 5.0
_GOAL_WORST_MS = 15.0
_GOAL_IMPORT = 0.15
# With boto3, and half of the memory that a relay has by default.
_GOAL_PEAK_MIB = 128
_GOAL_MORE_MIB = 8
# All that the relay checks, writes and records, beside what a request and its TLS take anyway.
_GOAL_CPU_RATIO = 3

_KEY = "orders-key-of-the-benchmark"
_TITLES = {"POST": "POST of JSON, schema, bearer", "GET": "GET"}
_DIRECT = """\
import base64
from relay_process import Direct
direct = Direct({port}, {authority!r})
def handler(event, context):
    body = base64.b64encode(direct.call(event["method"])).decode()
    return {{"version": 1, "status": 200, "body": body}}
"""
_BARE = """\
answer = {answer!r}
def handler(event, context):
    return answer
"""
_SCHEMA = {
    "type": "object",
    "properties": {
        "number": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "currency": {"enum": ["eur", "usd"]},
        "source": {"type": "string", "pattern": "^tok_[a-z0-9]+$", "maxLength": 40},
        "note": {"type": "string", "maxLength": 200},
    },
    "required": ["number", "currency"],
    "additionalProperties": False,
}


def main(runs: int = 5) -> bool:
    """Measure, print, and return whether the goals are met.

    Args:
        runs: How often each figure of time is taken, of which the median counts.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-bench-")))
        host = stack.enter_context(HostProcess.running(HOST))
        host.tell(secret=json.dumps({"key": _KEY}))
        code = folder / "relay"
        code.mkdir()
        write_handler(code, Configuration(_routes(host.authority)), [])
        environment = {
            "PYTHONPATH": str(runtime()),
            # As on Lambda, where the code is there without bytecode and cannot be written to.
            "PYTHONDONTWRITEBYTECODE": "1",
            **_aws(host),
        }
        goals = [
            _added(code, host, environment, runs),
            _invoked(code, host, folder, runs),
            _imported(code, environment),
            _remembered(code, host, environment, runs),
        ]
        host.end()
    return all(goals)


def _added(code: Path, host: HostProcess, environment: Mapping[str, str], runs: int) -> bool:
    """What the handler adds to a direct call over a connection that is open."""
    print(
        f"in one process, {_PAIRS} pairs of a direct call and one of the relay, {runs} times; "
        "medians, in ms"
    )
    every = [_child("pairs", code, host, environment, calls=_PAIRS) for _ in range(runs)]
    return all([_judged(title, [run[name] for run in every]) for name, title in _TITLES.items()])


def _judged(title: str, runs: Sequence[Sequence[tuple[float, float]]]) -> bool:
    """Print and judge what the second of each pair takes longer than the first."""

    def over(
        take: Callable[[list[float]], float], measured: Callable[[float, float], float]
    ) -> float:
        each = [take([measured(*pair) for pair in pairs]) for pairs in runs]
        return statistics.median(each) * _MS

    half = over(statistics.median, lambda direct, relay: relay - direct)
    worst = over(_worst, lambda direct, relay: relay - direct)
    met = half <= _GOAL_HALF_MS and worst <= _GOAL_WORST_MS
    direct = over(statistics.median, lambda direct, _: direct)
    by_relay = over(statistics.median, lambda _, relay: relay)
    print(
        f"{title}: the relay adds p50 {half:.2f} (goal {_GOAL_HALF_MS:g}), p99 {worst:.2f} "
        f"(goal {_GOAL_WORST_MS:g}){_verdict(met)}\n"
        f"  p50 direct {direct:.2f}, by the relay {by_relay:.2f}; "
        f"p99 direct {over(_worst, lambda direct, _: direct):.2f}, "
        f"by the relay {over(_worst, lambda _, relay: relay):.2f}",
        flush=True,
    )
    return met


def _invoked(code: Path, host: HostProcess, folder: Path, runs: int) -> bool:
    """The same through Lambda's own runtime."""
    print(
        f"through AWS's runtime interface emulator and awslambdaric, {_INVOCATIONS} round trips "
        f"each in turn, {runs} times; medians, in ms"
    )
    answer = {"version": 1, "status": 200, "body": base64.b64encode(bytes(200)).decode()}
    sources = {
        "bare": _BARE.format(answer=answer),
        "direct": _DIRECT.format(port=host.port, authority=host.authority),
    }
    with ExitStack() as stack:

        def start(name: str, code: Path, handler: str, environment: Mapping[str, str]) -> Emulator:
            own = folder / f"{name}-emulator"
            own.mkdir()
            return stack.enter_context(
                Emulator.running(
                    code, handler, folder=own, environment=environment, hosts={HOST: host.port}
                )
            )

        functions = {"relay": start("relay", code, HANDLER, _aws(host))}
        for name, source in sources.items():
            function = folder / name
            function.mkdir()
            (function / "index.py").write_text(source)
            (function / "relay_process.py").write_text((_HERE / "relay_process.py").read_text())
            functions[name] = start(name, function, "index.handler", {})
        return all([_trips(title, functions, name, runs) for name, title in _TITLES.items()])


def _trips(title: str, functions: Mapping[str, Emulator], name: str, runs: int) -> bool:
    asked = json.dumps(event(name)).encode()
    for function in functions.values():
        for _ in range(10):
            _, answer = function.invoke(asked)
            if json.loads(answer).get("status") != 200:
                sys.exit(f"the function's answer: {answer[:500]!r}")
    every: list[dict[str, list[float]]] = []
    for _ in range(runs):
        taken: dict[str, list[float]] = {each: [] for each in functions}
        for _ in range(_INVOCATIONS):
            for each, function in functions.items():
                taken[each].append(function.invoke(asked)[0])
        every.append(taken)

    def over(take: Callable[[list[float]], float], function: str) -> float:
        return statistics.median(take(taken[function]) for taken in every) * _MS

    half = {each: over(statistics.median, each) for each in functions}
    worst = {each: over(_worst, each) for each in functions}
    added = half["relay"] - half["direct"]
    met = added <= _GOAL_HALF_MS
    print(
        f"{title}: p50 a bare function {half['bare']:.2f}, one that calls the host itself "
        f"{half['direct']:.2f}, the relay {half['relay']:.2f}: it adds {added:.2f} "
        f"(goal {_GOAL_HALF_MS:g}){_verdict(met)}\n"
        f"  p99 {worst['bare']:.2f}, {worst['direct']:.2f}, {worst['relay']:.2f}",
        flush=True,
    )
    return met


def _imported(code: Path, environment: Mapping[str, str]) -> bool:
    """What loading the relay takes, in interpreters that have loaded nothing."""
    load = f"import sys; sys.path.insert(0, {str(code)!r}); import boto3"
    taken = cpu_seconds_in_turn(
        {
            "boto3": [python(), "-S", "-c", load],
            "relay": [python(), "-S", "-c", f"{load}; import relay_handler.main"],
        },
        runs=_IMPORTS,
        environment=environment,
    )
    boto3, both = taken["boto3"], taken["relay"]
    over = both.median - boto3.median
    met = over <= _GOAL_IMPORT
    print(
        f"loading of the relay, without bytecode, over that of boto3 ({boto3.median:.3f} s): "
        f"{over:.3f} s of CPU time (goal {_GOAL_IMPORT}){_verdict(met)}, "
        f"{both.median_elapsed - boto3.median_elapsed:.3f} s by the clock",
        flush=True,
    )
    return met


def _remembered(code: Path, host: HostProcess, environment: Mapping[str, str], runs: int) -> bool:
    """Calls a second of one process, one after the other as on Lambda, and its memory."""
    every = [_child("memory", code, host, environment, calls=_CALLS) for _ in range(runs)]
    found = {name: statistics.median(each[name] for each in every) for name in every[0]}
    idle, warm, peak = (found[name] / _MIB for name in ("idle", "warm", "peak"))
    ratio = statistics.median(each["cpu"] / each["direct_cpu"] for each in every)
    met = [peak <= _GOAL_PEAK_MIB, peak - warm <= _GOAL_MORE_MIB, ratio <= _GOAL_CPU_RATIO]
    print(
        f"memory of one process: {idle:.1f} MiB idle, {warm:.1f} with boto3 and the first secret, "
        f"after {_CALLS} calls at most {peak:.1f} (goal {_GOAL_PEAK_MIB}){_verdict(met[0])}: "
        f"{peak - idle:.1f} over idle, {peak - warm:.1f} of them by the calls "
        f"(goal {_GOAL_MORE_MIB}){_verdict(met[1])}"
    )
    print(
        f"calls a second of one process: {found['rate']:.0f}, {found['rate'] / peak:.1f} for each "
        f"MiB; CPU time of a call {found['cpu'] * _MS:.2f} ms, as a ratio to a direct one "
        f"({found['direct_cpu'] * _MS:.2f} ms): {ratio:.1f} (goal {_GOAL_CPU_RATIO})"
        f"{_verdict(met[2])}",
        flush=True,
    )
    return all(met)


def _child(
    what: str, code: Path, host: HostProcess, environment: Mapping[str, str], *, calls: int
) -> dict[str, Any]:
    settings = {
        "code": str(code),
        "port": host.port,
        "authority": host.authority,
        "calls": calls,
    }
    found: dict[str, Any] = json.loads(
        subprocess.run(
            [python(), "-S", str(_HERE / "relay_process.py"), what, json.dumps(settings)],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    )
    return found


def _aws(host: HostProcess) -> dict[str, str]:
    """The environment by which the relay finds its secret, at the host."""
    return {
        "ORDERS_KEY": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{host.bare_port}",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }


def _routes(authority: str) -> tuple[Route, ...]:
    number = Parameter("integer", minimum=0)
    response = ResponseRules(
        16_384, ("content-type", "x-number"), content_types=("application/json",)
    )
    return (
        Route(
            "orders",
            "POST",
            HOST,
            "/v1/orders/{number}",
            path_parameters={"number": number},
            headers={"x-number": number},
            body=Body("json", max_bytes=4096, schema=_SCHEMA),
            credential=Credential(
                "bearer", CredentialSource("secrets_manager", "ORDERS_KEY"), field="key"
            ),
            response=response,
            certificate_authorities=authority,
        ),
        Route(
            "rates",
            "GET",
            HOST,
            "/v1/rates/{number}",
            path_parameters={"number": number},
            query_parameters={"page": number},
            headers={"x-number": number},
            response=response,
            idempotent=True,
            certificate_authorities=authority,
        ),
    )


def _worst(values: Sequence[float]) -> float:
    """The 99th of a hundred."""
    return statistics.quantiles(values, n=100)[98]


def _verdict(met: bool) -> str:
    return "" if met else " MISSED"
