"""Runs the real CDK CLI on an app, as a person at a terminal would.

Used by the demo and by the end-to-end tests. It knows nothing of the local AWS stand-in but the
environment it is given.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["EXAMPLES", "CdkCliError", "CdkProject", "bootstrap", "cdk_environment"]

_REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLES = _REPOSITORY / "examples"
CDK = _REPOSITORY / "node_modules" / ".bin" / "cdk"

# What the shell of whoever runs us may hold, and what would point the CLI at a real account.
_FOREIGN_PREFIXES = ("AWS_", "CDK_", "SECURE_LAMBDA_")
# But for this, which says whether the CDK validates the templates that it makes.
_KEPT = {"CDK_VALIDATION"}


class CdkCliError(Exception):
    """The CDK CLI ended with an error; the message holds the end of what it printed."""


def cdk_environment(aws: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the CLI: ours without its AWS settings, plus those given.

    The interpreter that runs this program comes first on PATH, so that the ``python`` of
    ``cdk.json`` is the one that has the library.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(_FOREIGN_PREFIXES)
    }
    paths = [str(Path(sys.executable).parent), str(CDK.parent), inherited.get("PATH", "")]
    return {
        **inherited,
        "PATH": os.pathsep.join(paths),
        "CI": "true",
        "NO_COLOR": "1",
        # The CLI reports its use to AWS and keeps what it knows of accounts in the user's home,
        # unless it is told otherwise.
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_HOME": str(_REPOSITORY / ".local-aws" / "cdk-home"),
        # An app whose home is another one would unpack the CDK for itself.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache/aws/jsii/package-cache"),
        **aws,
    }


def bootstrap(aws: Mapping[str, str], *, on_line: Callable[[str], None] | None = None) -> None:
    """Bootstrap the account and region that `aws` names.

    It runs from an empty directory: inside an app the CLI would synthesize that app first.

    Raises:
        CdkCliError: The CLI failed.
    """
    target = f"aws://{aws['CDK_DEFAULT_ACCOUNT']}/{aws['CDK_DEFAULT_REGION']}"
    with tempfile.TemporaryDirectory(prefix="bootstrap-") as empty:
        _run(["bootstrap", target], Path(empty), cdk_environment(aws), on_line)


class CdkProject:
    """A directory with an app or an assembly in it, deployed with the real CLI."""

    def __init__(self, directory: Path, aws: Mapping[str, str]) -> None:
        """Use what is in `directory` already."""
        self.directory = directory
        self.environment = cdk_environment(aws)

    @classmethod
    def copy_of(cls, app: Path, directory: Path, aws: Mapping[str, str]) -> "CdkProject":
        """Copy the folder `app` to `directory`, which must not exist yet, and use the copy."""
        ignored = shutil.ignore_patterns("cdk.out", "__pycache__", "outputs.json")
        shutil.copytree(app, directory, ignore=ignored)
        return cls(directory, aws)

    def deploy(
        self,
        *stacks: str,
        options: Sequence[str] = (),
        on_line: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """Run ``cdk deploy`` and return the outputs of each stack by the stack's name.

        Raises:
            CdkCliError: The CLI failed.
        """
        outputs = self.directory / "outputs.json"
        outputs.unlink(missing_ok=True)
        arguments = ["deploy", *(stacks or ["--all"]), "--require-approval", "never"]
        arguments += ["--outputs-file", outputs.name, *options]
        self.run(*arguments, on_line=on_line)
        return dict(json.loads(outputs.read_text())) if outputs.exists() else {}

    def run(self, *arguments: str, on_line: Callable[[str], None] | None = None) -> str:
        """Run any command of the CLI in the project and return what it printed.

        Raises:
            CdkCliError: The CLI failed.
        """
        return _run(arguments, self.directory, self.environment, on_line)


def _run(
    arguments: Sequence[str],
    directory: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None] | None,
) -> str:
    if not CDK.exists():
        raise CdkCliError("the CDK CLI is not installed here; run: make setup")
    lines: list[str] = []
    with subprocess.Popen(
        [str(CDK), "--no-notices", *arguments],
        cwd=directory,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line)
                if on_line is not None:
                    on_line(line.rstrip())
        except BaseException:
            process.terminate()
            raise
        code = process.wait()
    if code != 0:
        tail = "".join(lines[-60:])
        raise CdkCliError(f"cdk {' '.join(arguments)} ended with exit code {code}:\n{tail}")
    return "".join(lines)
