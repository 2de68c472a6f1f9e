"""``make demo``: the promise, shown on this machine without an AWS account.

It starts the local AWS stand-in, deploys ``examples/user_info`` with the real CDK CLI, reads a
row through the deployed function, and then tries to change the function's code from outside of
the pipeline. It ends with exit code 0 when every step did what it should, else with the step
that did not.
"""

import io
import json
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk_cli import EXAMPLES, CdkCliError, CdkProject, bootstrap
from local_aws import LocalAws, LocalAwsError

_STACK = "UserInfo"
_ROW = {"user_id": "u-1001", "name": "Aiko Tanaka", "plan": "gold"}


class _DemoFailed(Exception):
    """A step of the demo did not do what it should."""


_FAILURES = (_DemoFailed, LocalAwsError, CdkCliError, BotoCoreError, ClientError, OSError)


class _Narrator:
    """Prints each step with its time, and the CLI's lines below it."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._summary: list[str] = []

    def step(self, text: str) -> None:
        print(f"\n[{self.seconds():5.1f} s] {text}", flush=True)

    def line(self, text: str) -> None:
        if text.strip():
            print(f"          | {text}", flush=True)

    def shown(self, text: str) -> None:
        """Record something the demo has shown, for the summary."""
        self._summary.append(text)
        print(f"          => {text}", flush=True)

    def seconds(self) -> float:
        return time.monotonic() - self._started

    def summarize(self) -> None:
        print(f"\nShown in {self.seconds():.0f} seconds:")
        for text in self._summary:
            print(f"  - {text}")


def _unsigned_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 'leaked'\n")
    return content.getvalue()


class _Demo:
    def __init__(self, aws: LocalAws, project: CdkProject, narrator: _Narrator) -> None:
        self._aws = aws
        self._project = project
        self._say = narrator
        self._lambda = aws.client("lambda")
        self._function = ""
        self._table = ""

    def deploy(self) -> int:
        """Deploy the example and return how many signing jobs that took."""
        before = self._jobs()
        outputs = self._project.deploy(_STACK, on_line=self._say.line).get(_STACK, {})
        _expect({"FunctionName", "TableName"} <= set(outputs), f"no outputs of {_STACK}")
        self._function = outputs["FunctionName"]
        self._table = outputs["TableName"]
        return self._jobs() - before

    def read_row(self) -> Any:
        """Invoke the deployed function for the row's id and return its answer."""
        answer = self._lambda.invoke(
            FunctionName=self._function,
            Payload=json.dumps({"user_id": _ROW["user_id"]}).encode(),
        )
        payload = json.loads(answer["Payload"].read())
        _expect("FunctionError" not in answer, f"the function failed: {payload}")
        return payload

    def put_row(self) -> None:
        table = self._aws.client("dynamodb")
        item = {name: {"S": value} for name, value in _ROW.items()}
        table.put_item(TableName=self._table, Item=item)

    def refuse_unsigned_code(self) -> str:
        """Replace the code as someone in the console would; return the error AWS answers with."""
        try:
            self._lambda.update_function_code(FunctionName=self._function, ZipFile=_unsigned_zip())
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        raise _DemoFailed("the unsigned code was accepted")

    def change_code(self) -> None:
        """Edit the function's source, as a developer would before a merge."""
        source = self._project.directory / "lambda" / "index.py"
        text = source.read_text()
        changed = text.replace('"found": True,', '"found": True, "version": 2,')
        _expect(changed != text, f"{source.name} no longer has the line that the demo changes")
        source.write_text(changed)

    def _jobs(self) -> int:
        pages = self._aws.client("signer").get_paginator("list_signing_jobs").paginate()
        return sum(len(page["jobs"]) for page in pages)


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise _DemoFailed(otherwise)


def _play(work: Path, say: _Narrator) -> None:
    say.step("starting the local AWS stand-in, which refuses unsigned code")
    with LocalAws.start(work / "aws", log_file=work / "aws.log") as aws:
        say.line(f"listening on {aws.endpoint_url}")
        environment = aws.environment()

        say.step("cdk bootstrap")
        bootstrap(environment, on_line=say.line)

        project = CdkProject.copy_of(EXAMPLES / "user_info", work / "app", environment)
        demo = _Demo(aws, project, say)
        say.step("cdk deploy UserInfo (signs the code while it publishes it)")
        jobs = demo.deploy()
        _expect(jobs == 1, f"expected 1 signing job, got {jobs}")
        say.shown("cdk deploy signed the function's code and deployed it (1 signing job)")

        say.step("putting a row into the table and invoking the function")
        demo.put_row()
        answer = demo.read_row()
        say.line(json.dumps(answer))
        _expect(answer == {"found": True, "user": _ROW}, f"unexpected answer: {answer}")
        say.shown(f"the function read the row of {_ROW['user_id']}: {json.dumps(answer['user'])}")

        say.step("update-function-code with unsigned code, as from the console")
        refusal = demo.refuse_unsigned_code()
        expected = "CodeVerificationFailedException"
        _expect(refusal == expected, f"refused with {refusal} instead of {expected}")
        _expect(demo.read_row() == answer, "the function answers differently after the refusal")
        say.shown(f"unsigned code was refused ({refusal}); the function still answers as before")

        say.step("cdk deploy again, nothing changed")
        jobs = demo.deploy()
        _expect(jobs == 0, f"expected 0 signing jobs, got {jobs}")
        say.shown("a second deploy made 0 signing jobs")

        say.step("changing lambda/index.py and deploying it")
        demo.change_code()
        jobs = demo.deploy()
        _expect(jobs == 1, f"expected 1 signing job, got {jobs}")
        answer = demo.read_row()
        say.line(json.dumps(answer))
        _expect(answer.get("version") == 2, f"the old code still answers: {answer}")
        say.shown("a changed file made exactly 1 signing job, and the new code answers")


def main() -> int:
    """Play the demo; return the exit code."""
    say = _Narrator()
    with tempfile.TemporaryDirectory(prefix="secure-lambda-demo-") as directory:
        work = Path(directory)
        try:
            _play(work, say)
        except KeyboardInterrupt:
            print("\nThe demo was interrupted.", file=sys.stderr)
            return 130
        except _FAILURES as error:
            print(f"\nThe demo failed after {say.seconds():.0f} seconds: {error}", file=sys.stderr)
            _print_tail(work / "aws.log")
            return 1
    say.summarize()
    return 0


def _print_tail(log: Path) -> None:
    if log.exists():
        print("\nThe stand-in's last lines:", file=sys.stderr)
        for line in log.read_text(errors="replace").splitlines()[-20:]:
            print(f"  {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
