"""A load on one relay: many callers at once, of whom each must get its own answer and no other.

All callers are threads of one process and share one relay, with its connections and its secrets.
Lambda never does that: an environment has one call at a time. So whatever two calls could take from
one another, they can take here, and what a process leaves behind adds up faster.

The host is a process of its own that speaks real TLS. A call's number decides of which kind it is:
most are carried out; others are refused, for their host or their body; others meet a host that
closes, is slow, sends too much or too little, or answers for the next one. Half-way the secret is
rotated.
"""

import base64
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secure_lambda_constructs.relay.handler.addresses import resolve
from secure_lambda_constructs.relay.handler.pool import Connections
from secure_lambda_constructs.relay.handler.relay import Relay
from secure_lambda_constructs.relay.handler.routes import Configuration
from secure_lambda_constructs.relay.handler.secret_values import SecretValues

from .certificates import Authority
from .load_calls import (
    HOSTS,
    RATES_KEY,
    digest,
    event,
    kind_of,
    problem,
    routes,
    wrongly_carried_out,
)

__all__ = ["HostProcess", "Load", "Sample", "run_load"]

_SAMPLE_SECONDS = 0.2
_MOST_WRONG = 20
_ENDLESS = 1 << 40


@dataclass(frozen=True)
class Sample:
    """The process of the relay at a moment.

    Attributes:
        done: How many calls were over.
        rss: Bytes of memory that it held.
        threads: How many threads it had.
        sockets: How many sockets it had open.
    """

    done: int
    rss: int
    threads: int
    sockets: int

    @classmethod
    def now(cls, done: int = 0) -> "Sample":
        """Take one."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        sockets = 0
        for entry in os.listdir("/proc/self/fd"):
            with suppress(OSError):  # closed meanwhile
                sockets += os.readlink(f"/proc/self/fd/{entry}").startswith("socket:")
        threads = len(os.listdir("/proc/self/task"))
        return cls(done, pages * os.sysconf("SC_PAGE_SIZE"), threads, sockets)


@dataclass
class Load:
    """What became of a load.

    Attributes:
        calls: How many calls were made.
        seconds: By the clock.
        cpu_seconds: Of the relay's process, with those of the callers.
        at_once: How many calls were under way at one moment, at most.
        kinds: How many of each kind came out as they have to.
        wrong: What did not; the first ones.
        busy: Samples of each round, taken while calls were made.
        at_rest: One sample after each round, when its callers had gone.
        before: What the process had before.
        after: What was left when the connections had been closed.
    """

    calls: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    at_once: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    busy: list[list[Sample]] = field(default_factory=list)
    at_rest: list[Sample] = field(default_factory=list)
    before: Sample = field(default_factory=Sample.now)
    after: Sample = field(default_factory=Sample.now)


class HostProcess:
    """The host, in a process of its own; `running` starts and ends it.

    Attributes:
        authority: PEM of whom vouches for the host.
        port: Of TLS.
        bare_port: Where it answers for Secrets Manager, in bare HTTP.
    """

    def __init__(self, authority: str, process: "subprocess.Popen[str]") -> None:
        self.authority = authority
        self._process = process
        self.port, self.bare_port = self._told()

    @classmethod
    @contextmanager
    def running(cls, *names: str) -> Iterator["HostProcess"]:
        """Start a host with a certificate for some names."""
        authority = Authority()
        identity = authority.issue(*names)
        with tempfile.TemporaryDirectory() as folder:
            certificate = Path(folder, "host.pem")
            certificate.write_text(identity.key + identity.certificate)
            program = Path(__file__).with_name("load_host.py")
            with subprocess.Popen(
                [sys.executable, str(program), str(certificate)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as process:
                try:
                    yield cls(authority.pem, process)
                finally:
                    process.kill()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def tell(self, **settings: str) -> None:
        """Change its settings, and wait until it has."""
        assert self._process.stdin is not None
        print(json.dumps(settings), file=self._process.stdin, flush=True)
        self._told()

    def end(self) -> bytes:
        """End it; return how often each number was carried out."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        return base64.b64decode(self._process.stdout.readline())

    def _told(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


class _Secrets:
    """Two secrets, of which one is rotated."""

    def __init__(self) -> None:
        self.generation = 1
        self.later = 0.0

    def __call__(self, service: str, name: str) -> str:
        if service == "ssm":
            return RATES_KEY
        return json.dumps({"key": f"orders-key-{self.generation}"})

    def wall_clock(self) -> float:
        """Ahead after a rotation: a secret that was read just now would not be read again."""
        return time.time() + self.later

    def rotate(self, host: HostProcess) -> None:
        """Keep a new one, and let the host take no other."""
        self.later += 10
        self.generation += 1
        self.accept(host)

    def accept(self, host: HostProcess) -> None:
        host.tell(accepted=digest(f"Bearer orders-key-{self.generation}"))

    @property
    def possible(self) -> set[str]:
        """What orders may have been taken with so far."""
        return {digest(f"Bearer orders-key-{each + 1}") for each in range(self.generation)}


class _Record(threading.local):
    """The audit records of the call that this thread makes."""

    def __init__(self) -> None:
        self.lines: list[str] = []


class _Context:
    """What Lambda tells of an invocation."""

    function_name = "LoadRelay"

    def __init__(self, number: int) -> None:
        self.aws_request_id = f"call-{number}"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class _Callers:
    """Makes the calls of one relay, and checks what becomes of them."""

    def __init__(self, relay: Relay, secrets: _Secrets, record: _Record, load: Load) -> None:
        self._relay = relay
        self._secrets = secrets
        self._record = record
        self._load = load
        self._lock = threading.Lock()
        self._next = 0
        self._under_way = 0

    def start(self, callers: int, calls: int, ends: float) -> list[threading.Thread]:
        """Start so many at once, who call until there were so many calls or time is over."""
        are_there = threading.Event()
        threads = [
            threading.Thread(target=self._call_on, args=(are_there, calls, ends), daemon=True)
            for _ in range(callers)
        ]
        for thread in threads:
            thread.start()
        are_there.set()
        return threads

    def _call_on(self, are_there: threading.Event, calls: int, ends: float) -> None:
        are_there.wait()
        while time.monotonic() < ends:
            with self._lock:
                if self._next == calls:
                    return
                number = self._next
                self._next += 1
                self._under_way += 1
                self._load.at_once = max(self._load.at_once, self._under_way)
            kind = kind_of(number)
            self._record.lines.clear()
            try:
                answer = self._relay.handle(event(number), _Context(number))
                wrong = problem(number, answer, self._record.lines, self._secrets.possible)
            except Exception as error:
                wrong = repr(error)
            with self._lock:
                self._under_way -= 1
                self._load.calls += 1
                self._load.kinds[kind.name] += wrong is None
                if wrong and len(self._load.wrong) < _MOST_WRONG:
                    self._load.wrong.append(f"call {number}, {kind.name}: {wrong}")


def run_load(
    *,
    calls: int,
    callers: int = 200,
    rounds: int = 1,
    seconds: float | None = None,
    progress: Callable[[Sample], None] = lambda sample: None,
) -> Load:
    """Make the calls, and check each of them.

    Args:
        calls: How many, unless `seconds` are given.
        callers: How many at once.
        rounds: In how many parts. After each the callers go and others come; the relay stays.
        seconds: How long to go on.
        progress: Told of each sample.
    """
    load = Load()
    secrets, record = _Secrets(), _Record()
    with HostProcess.running(*HOSTS) as host:
        secrets.accept(host)
        connections = Connections(
            # The system's resolver, with its threads, and an address that is always there.
            resolver=lambda name, deadline: resolve("localhost", deadline),
            is_allowed=lambda address: address == "127.0.0.1",
            port=host.port,
        )
        relay = Relay(
            Configuration(routes(host.authority)),
            connections=connections,
            secrets=SecretValues(
                read=secrets,
                environment={"ORDERS_KEY": "orders", "RATES_KEY": "rates"},
                wall_clock=secrets.wall_clock,
            ),
            write=lambda line: record.lines.append(line),
        )
        making = _Callers(relay, secrets, record, load)
        began, cpu = time.monotonic(), time.process_time()
        for number in range(1, rounds + 1):
            threads = making.start(
                callers,
                calls * number // rounds if seconds is None else _ENDLESS,
                float("inf") if seconds is None else began + seconds * number / rounds,
            )
            load.busy.append([Sample.now(load.calls)])
            while any(thread.is_alive() for thread in threads):
                time.sleep(_SAMPLE_SECONDS)
                load.busy[-1].append(Sample.now(load.calls))
                progress(load.busy[-1][-1])
                half = load.calls if seconds is None else time.monotonic() - began
                if half > 0.45 * (seconds or calls) and secrets.generation == 1:
                    secrets.rotate(host)
            for thread in threads:
                thread.join()
            _give_back()
            load.at_rest.append(Sample.now(load.calls))
        load.seconds, load.cpu_seconds = time.monotonic() - began, time.process_time() - cpu
        connections.close()
        load.after = Sample.now(load.calls)
        load.wrong += wrongly_carried_out(load.calls, host.end())
    return load


def _give_back() -> None:
    """Have the C library give back what it keeps for later, so that what is in use is seen."""
    with suppress(AttributeError):  # another library than glibc
        ctypes.CDLL(None).malloc_trim(0)
