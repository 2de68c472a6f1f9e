"""An app of many signed functions in the stand-in, and what publishing its code takes."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measure import Measured, cpu_seconds_in_turn

from cdk_cli import CdkCliError, CdkProject, bootstrap
from local_aws import LocalAws

__all__ = ["FUNCTIONS", "BenchmarkError", "Deployment", "Taken", "deployment"]

FUNCTIONS = 50

_APP = Path(__file__).parent / "apps" / "many"
_STACK = "Many"
_BASELINE_STACK = "Many-Signing"
_PYTHON_CONTEXT = "secure-lambda-constructs:python"
# Stands in for the interpreter that the asset manifest names, and writes down when each signing
# command starts and ends, and its CPU time. It costs a short process, a few milliseconds.
_WRAPPER = """\
#!/bin/bash
echo $EPOCHREALTIME > '{log}'/$$
'{python}' "$@"
code=$?
echo $EPOCHREALTIME >> '{log}'/$$
times >> '{log}'/$$
exit $code
"""
_UPLOADS = ("PutObject", "CreateMultipartUpload")


class BenchmarkError(Exception):
    """Something that is measured does not work; the message says what."""


@dataclass(frozen=True)
class Taken:
    """What one run took.

    Attributes:
        seconds: From the start of the first signing command to the end of the last one; for a
            program of ours from its start to its end.
        whole_seconds: From the start to the end of what was run.
        cpu_seconds: CPU time of what was run and of everything below it.
        signing_cpu_seconds: CPU time of the signing commands; for a program of ours its own.
        stand_in_cpu_seconds: CPU time of the stand-in meanwhile.
        other_cpu_seconds: CPU time of everything else on this machine meanwhile.
        commands: Signing commands that the CDK CLI ran.
        jobs: Signing jobs that Signer made.
        uploads: Objects that were put into any bucket.
        calls: Calls of any kind that reached AWS.
        last_start: Seconds from the start of the first signing command, or of the program, until
            the last signing job was asked for.
        peak_mib: The most memory that one process of it held, in MiB.
    """

    seconds: float
    whole_seconds: float
    cpu_seconds: float
    signing_cpu_seconds: float
    stand_in_cpu_seconds: float
    other_cpu_seconds: float
    commands: int
    jobs: int
    uploads: int
    calls: int
    last_start: float
    peak_mib: float


class Deployment:
    """The app in a folder of its own, and the account that it is deployed to."""

    def __init__(self, aws: LocalAws, folder: Path, write_code: Callable[[Path], None]) -> None:
        """Make the app; nothing is synthesized yet.

        Args:
            aws: The stand-in, bootstrapped.
            folder: Receives the app; must be empty.
            write_code: Writes into a folder the code of one function, which nobody has seen.
        """
        self._aws = aws
        self._log = folder / "commands"
        self._synths = 0
        self._write_code = write_code
        self._project = CdkProject.copy_of(_APP, folder / "app", aws.environment())
        self._assembly = ""
        self._wrapper = folder / "python"
        self._wrapper.write_text(_WRAPPER.format(log=self._log, python=sys.executable))
        self._wrapper.chmod(0o755)
        self.change_code()

    def change_code(self, functions: int = FUNCTIONS) -> None:
        """Give so many functions code that nobody has seen, and synthesize."""
        for number in range(functions):
            code = self._project.directory / "code" / f"f{number:02}"
            code.mkdir(parents=True, exist_ok=True)
            self._write_code(code)
        self.synthesize()

    def synthesize(self) -> None:
        """Synthesize into a new folder, as on a new machine: no cache is in it."""
        self._synths += 1
        self._assembly = f"cdk.out.{self._synths}"
        context = f"{_PYTHON_CONTEXT}={self._wrapper}"
        self._project.run("synth", "--quiet", "--output", self._assembly, "--context", context)

    def deploy_baseline(self) -> None:
        """Deploy profile, bucket and code signing configuration."""
        self._project.deploy(_BASELINE_STACK, options=["--app", self._assembly])

    def deploy(self, *, execute: bool = True) -> Taken:
        """Deploy the functions with the real CDK CLI.

        Args:
            execute: False publishes the code and makes the change set, but no functions.
        """
        options = ["--exclusively", "--app", self._assembly]
        if not execute:
            options.append("--method=prepare-change-set")
        return self._measured(lambda: self._deploy(options))

    def publish_plain(self) -> Taken:
        """Do what `deploy(execute=False)` does with the same code, unsigned: as the CDK alone."""
        assembly = f"{self._assembly}.plain"
        self._project.run("synth", "--quiet", "--output", assembly, "--context", "plain=yes")
        options = ["--exclusively", "--app", assembly, "--method=prepare-change-set"]
        return self._measured(lambda: self._deploy(options))

    def sign(self) -> Taken:
        """Sign the whole assembly with `secure-lambda sign`."""
        program = [sys.executable, "-m", "secure_lambda_constructs.cli"]
        return self._measured(lambda: self._run([*program, "sign", "--assembly", self._assembly]))

    def signed_again(self) -> Measured:
        """Run a signing command once more, whose result must be there, and measure its CPU time.

        Raises:
            BenchmarkError: There is no such command, or it asked AWS: the result was not there.
        """
        assembly = self._project.directory / self._assembly
        files = json.loads((assembly / f"{_STACK}.assets.json").read_text())["files"].values()
        sources = [each["source"] for each in files]
        commands = [source["executable"] for source in sources if "executable" in source]
        if not commands:
            raise BenchmarkError("the manifest names no signing command")
        command = [sys.executable if part == str(self._wrapper) else part for part in commands[0]]
        self._aws.reset_calls()
        taken = cpu_seconds_in_turn(
            {"command": command},
            directory=self._project.directory,
            environment=self._project.environment,
        )["command"]
        if calls := self._aws.calls():
            raise BenchmarkError(f"{len(calls)} calls of AWS, so its result was not there")
        return taken

    def _deploy(self, options: list[str]) -> float:
        try:
            self._project.deploy(_STACK, options=options)
        except CdkCliError as error:
            raise BenchmarkError(str(error)) from error
        return 0.0

    def _run(self, command: list[str]) -> float:
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                command,
                cwd=self._project.directory,
                env=self._project.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                output.seek(0)
                text = output.read().decode(errors="replace")[-2000:]
                raise BenchmarkError(f"{' '.join(command[1:])} failed:\n{text}")
        return usage.ru_maxrss / 1024

    def _measured(self, run: Callable[[], float]) -> Taken:
        shutil.rmtree(self._log, ignore_errors=True)
        self._log.mkdir()
        jobs = self._jobs()
        self._aws.reset_calls()
        stand_in, own, all_cpu = _cpu_of(self._aws.pid), _cpu_below(), _cpu_of_all()
        began = time.time()
        peak = run()
        ended = time.time()
        all_cpu = _cpu_of_all() - all_cpu
        cpu = _cpu_below() - own
        stand_in = _cpu_of(self._aws.pid) - stand_in
        commands = [_Command.read(path) for path in self._log.iterdir()]
        first = min((each.began for each in commands), default=began)
        last = max((each.ended for each in commands), default=ended)
        calls = self._aws.calls()
        starts = [call["time"] for call in calls if call["operation"] == "StartSigningJob"]
        return Taken(
            seconds=last - first,
            whole_seconds=ended - began,
            cpu_seconds=cpu,
            signing_cpu_seconds=sum(each.cpu_seconds for each in commands) if commands else cpu,
            stand_in_cpu_seconds=stand_in,
            other_cpu_seconds=max(0.0, all_cpu - cpu - stand_in),
            commands=len(commands),
            jobs=self._jobs() - jobs,
            uploads=sum(call["operation"] in _UPLOADS for call in calls),
            calls=len(calls),
            last_start=max(starts, default=first) - first,
            peak_mib=peak,
        )

    def _jobs(self) -> int:
        pages = self._aws.client("signer").get_paginator("list_signing_jobs").paginate()
        return sum(len(page["jobs"]) for page in pages)


@dataclass(frozen=True)
class _Command:
    began: float
    ended: float
    cpu_seconds: float

    @classmethod
    def read(cls, log: Path) -> "_Command":
        # The moments, then what the shell's `times` says: its own times, those of its children.
        began, ended, _, children = log.read_text().splitlines()
        minutes_and_seconds = (part.removesuffix("s").split("m") for part in children.split())
        cpu = sum(60 * int(minutes) + float(seconds) for minutes, seconds in minutes_and_seconds)
        return cls(float(began), float(ended), cpu)


@contextmanager
def deployment(write_code: Callable[[Path], None]) -> Iterator[tuple[LocalAws, Deployment]]:
    """Start the stand-in, and deploy to it all that the app's functions need.

    Args:
        write_code: Writes into a folder the code of one function, which nobody has seen.

    Yields:
        The stand-in and the app, synthesized and not deployed yet.
    """
    with tempfile.TemporaryDirectory(prefix="secure-lambda-bench-") as directory:
        folder = Path(directory)
        with LocalAws.start(folder / "aws") as aws:
            bootstrap(aws.environment())
            (folder / "project").mkdir()
            made = Deployment(aws, folder / "project", write_code)
            made.deploy_baseline()
            yield aws, made


def _cpu_of(process: int) -> float:
    # User and system time are the 14th and 15th field; the name before them may hold spaces.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _cpu_of_all() -> float:
    # User, nice and system time of all CPUs; then come idle and waiting.
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(map(int, fields[1:4])) / os.sysconf("SC_CLK_TCK")


def _cpu_below() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
