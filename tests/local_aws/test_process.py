"""The stand-in's process: on loopback, apart from others, and gone when its parent is gone."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_aws import LocalAws, LocalAwsError
from local_aws import process as process_module
from local_aws.process import REPOSITORY

from .support import make_role, make_zip, refused, unique, wait_for

pytestmark = [pytest.mark.local_aws, pytest.mark.long]

_TOOLS = REPOSITORY / "tools"

_PARENT = """
import sys
from pathlib import Path
from local_aws import LocalAws
aws = LocalAws.start(Path(sys.argv[1]))
print(aws.endpoint_url, aws.pid, flush=True)
sys.stdin.read()
"""


_SLEEPER = """
import time
def handler(event, context):
    time.sleep((event or {}).get("seconds", 0))
"""


def _below(pid: int) -> set[int]:
    """The ids of a process and of all below it."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    parents = {int(child): int(parent) for child, parent in rows}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _is_alive(pid: int) -> bool:
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    # A zombie has ended; whoever inherited it has not looked yet.
    return found.returncode == 0 and not found.stdout.startswith("Z")


def _use_everything(aws: LocalAws) -> None:
    """Starts a database and a function's process."""
    aws.client("dynamodb").list_tables()
    client, name = aws.client("lambda"), unique("function")
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=make_role(aws),
        Handler="index.handler",
        Timeout=90,
        Code={"ZipFile": make_zip(("index.py", _SLEEPER))},
    )
    client.invoke(FunctionName=name)
    # And is busy when the end comes.
    client.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"seconds": 60}')


def _listeners(pids: set[int]) -> set[str]:
    """The addresses that processes listen on, as /proc names them."""
    inodes = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed since
                target = os.readlink(link)
                if target.startswith("socket:["):
                    inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in inodes:
                found.add(parts[1].split(":")[0])
    return found


def test_it_stops_with_everything_it_started(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path / "state") as aws:
        _use_everything(aws)
        started = _below(aws.pid)
        assert len(started) >= 5  # LocalStack, keeper, database, emulator, runtime
        loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
        assert _listeners(started) <= loopback
    assert not [pid for pid in started if _is_alive(pid)]
    assert not aws.is_running()
    aws.stop()
    with pytest.raises(LocalAwsError, match="does not answer"):
        aws.calls()


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "state")],
        env={"PYTHONPATH": str(_TOOLS), "PATH": os.defpath},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with parent:
        assert parent.stdout is not None
        url, pid = parent.stdout.readline().split()
        aws = _Remote(url)
        _use_everything(aws)
        started = _below(int(pid))
        assert len(started) >= 5
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        wait_for(lambda: not [each for each in started if _is_alive(each)], 10)


class _Remote(LocalAws):
    """A stand-in that another process started."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def endpoint_url(self) -> str:
        return self._url


_ELSEWHERE = [Path("/var/lib/localstack"), Path("/tmp/localstack"), Path("/tmp/lambda")]


def _times() -> dict[Path, float | None]:
    return {each: each.stat().st_mtime if each.exists() else None for each in _ELSEWHERE}


@dataclass(frozen=True)
class Other:
    """A second stand-in, whose caller has an environment that would lead it astray."""

    aws: LocalAws
    state: Path
    log: Path
    before: dict[Path, float | None]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    folder, before = tmp_path_factory.mktemp("other"), _times()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
        patch.setenv("AWS_PROFILE", "not-there")
        patch.setenv("SERVICES", "sqs")
        aws = LocalAws.start(folder / "state", log_file=folder / "its.log")
    with aws:
        yield Other(aws, folder / "state", folder / "its.log", before)


def test_two_run_side_by_side_and_share_nothing(aws: LocalAws, other: Other) -> None:
    bucket = unique("bucket")
    assert other.aws.endpoint_url != aws.endpoint_url
    for each, body in ((aws, b"one"), (other.aws, b"two")):
        each.client("s3").create_bucket(Bucket=bucket)
        each.client("s3").put_object(Bucket=bucket, Key="k", Body=body)
    found = aws.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read()
    assert found == b"one"
    other.aws.reset_calls()
    assert other.aws.calls() == []
    assert aws.calls()


def test_it_writes_to_its_state_directory_only(other: Other) -> None:
    other.aws.client("s3").create_bucket(Bucket=unique("bucket"))
    assert "s3.CreateBucket" in other.log.read_text()
    assert other.before == _times()
    assert (other.state / "s3").is_dir()


def test_callers_environment_does_not_reach_it(other: Other) -> None:
    with refused("NoSuchBucket"):
        other.aws.client("s3").get_object(Bucket=unique("no"), Key="k")


def test_environment_names_no_real_credentials(aws: LocalAws) -> None:
    environment = aws.environment(account="222222222222", region="eu-west-1")
    assert environment["AWS_ENDPOINT_URL"] == aws.endpoint_url
    assert environment["AWS_ACCESS_KEY_ID"] == environment["CDK_DEFAULT_ACCOUNT"] == "222222222222"
    assert environment["AWS_REGION"] == environment["CDK_DEFAULT_REGION"] == "eu-west-1"
    assert not Path(environment["AWS_SHARED_CREDENTIALS_FILE"]).exists()


def test_missing_installation_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "is_current", lambda repository: False)
    with pytest.raises(LocalAwsError, match="run `make setup-local-aws`"):
        LocalAws.start(tmp_path)


def test_start_that_fails_shows_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(process_module, "_free_port", lambda: taken.getsockname()[1])
        with pytest.raises(LocalAwsError, match=r"(?s)did not start.*in use"):
            LocalAws.start(tmp_path / "state")


def test_command_line_prints_what_to_export_and_stops_on_interrupt(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "local_aws", "--state", str(tmp_path / "state")],
        cwd=_TOOLS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as command:  # fmt: skip
        assert command.stdout is not None
        lines: list[str] = []
        while not (line := command.stdout.readline()).startswith("#"):
            assert line, f"it ended: {lines}"
            lines.append(line.strip())
        exported = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        aws = _Remote(exported["AWS_ENDPOINT_URL"])
        assert aws.client("sts").get_caller_identity()["Account"] == "000000000000"
        started = _below(command.pid) - {command.pid}
        time.sleep(0.1)
        command.send_signal(signal.SIGINT)
        try:
            assert command.wait(timeout=20) == 0
        finally:
            command.kill()
    assert not [pid for pid in started if _is_alive(pid)]
