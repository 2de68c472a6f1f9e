"""Network namespaces of Linux, made and removed with the program `ip`."""

import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

__all__ = ["Namespace", "unique_name"]

_Result = TypeVar("_Result")

_CLONE_NEWNET = 0x40000000
_CONFIGURATION = Path("/etc/netns")


def unique_name() -> str:
    """The beginning of names for what this process makes once."""
    return f"isolation-{os.getpid()}-{secrets.token_hex(4)}"


class Namespace:
    """A network namespace with the loopback interface up and without IPv6 of its own."""

    def __init__(self, name: str) -> None:
        """Make it; `unique_name` is the beginning of a name that nobody else uses."""
        self.name = name
        self._programs: list[subprocess.Popen[bytes]] = []
        _run("ip", "netns", "add", name)
        try:
            self.ip("link set lo up")
            # An interface would give itself an address, which a VPC without IPv6 does not have.
            self.sysctl("ipv6/conf/default/disable_ipv6", 1)
        except BaseException:
            self.close()
            raise

    def ip(self, *commands: str) -> None:
        """Run commands of `ip` in it."""
        _run("ip", "-netns", self.name, "-batch", "-", text="\n".join(commands))

    def run(self, *command: str, text: str = "") -> None:
        """Run a program in it, with a text as its input."""
        _run("ip", "netns", "exec", self.name, *command, text=text)

    def start(
        self, command: list[str], *, environment: dict[str, str], folder: Path
    ) -> subprocess.Popen[bytes]:
        """Start a program in it, which ends with the namespace at the latest."""
        # By its path: the program's environment says where *it* finds others.
        ip = shutil.which("ip") or "ip"
        program = subprocess.Popen(
            [ip, "netns", "exec", self.name, *command],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._programs.append(program)
        return program

    def sysctl(self, name: str, value: int) -> None:
        """Set a parameter of the kernel's network, if the kernel has it."""
        path = Path("/proc/sys/net") / name
        if path.exists():
            self.call(lambda: path.write_text(f"{value}\n"))

    def call(self, function: Callable[[], _Result]) -> _Result:
        """Call a function in it; sockets that it makes stay there.

        A namespace is a property of the thread, so that a thread of its own enters and ends.
        """

        def inside() -> _Result:
            libc = ctypes.CDLL(None, use_errno=True)
            with Path(f"/run/netns/{self.name}").open() as handle:
                if libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"cannot enter {self.name}")
            return function()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(inside).result()

    def configure_names(self, resolver: str) -> None:
        """Make programs in it ask one resolver for all names, and nothing else of the machine."""
        folder = _CONFIGURATION / self.name
        while not folder.exists():
            # Another process may remove the folder around it in between: it is empty.
            with contextlib.suppress(FileNotFoundError):
                folder.mkdir(parents=True)
        files = {
            "hosts": "127.0.0.1 localhost\n",
            "nsswitch.conf": "hosts: files dns\n",
            "resolv.conf": f"nameserver {resolver}\noptions timeout:1 attempts:1\n",
        }
        for name, text in files.items():
            # `ip netns exec` lays each file over the machine's own.
            if (_CONFIGURATION.parent / name).exists():
                (folder / name).write_text(text)

    def end_programs(self) -> None:
        """End all programs in it."""
        while self._programs:
            program = self._programs.pop()
            program.kill()
            program.wait()
        # What they started: a process that is killed is listed for a moment still.
        while found := _run("ip", "netns", "pids", self.name).split():
            for process in map(int, found):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.01)

    def close(self) -> None:
        """End the programs in it and remove it."""
        self.end_programs()
        _run("ip", "netns", "delete", self.name)
        shutil.rmtree(_CONFIGURATION / self.name, ignore_errors=True)
        with contextlib.suppress(OSError):
            _CONFIGURATION.rmdir()  # only when it is empty


def _run(*command: str, text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        error.add_note(f"{' '.join(command)}\n{text}\n{done.stderr}")
        raise error
    return done.stdout
