"""Synthesizes an example with cdk-nag, as the CDK CLI would: in a process of its own."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

from cdk_cli import cdk_environment

from .model import LintError

__all__ = ["synthesize"]

# What an example needs to be told for all its stacks to be synthesized.
_CONTEXT: dict[str, dict[str, Any]] = {
    "central_signing": {
        "profile-versions": {
            region: f"arn:aws:signer:{region}:444455556666:/signing-profiles/central/AbCdEfGhIj"
            for region in ("us-east-1", "eu-central-1")
        }
    },
}

_OUTPUT_LINES = 15

# What the CDK CLI sets, so that the templates are those that would be deployed, and name the
# construct of each resource.
_CLI_CONTEXT = {
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:enable-path-metadata": True,
    # The report is read here; what else goes wrong still fails.
    "@aws-cdk/core:failSynthOnValidationErrors": False,
}


def synthesize(example: Path, directory: Path) -> Path:
    """Synthesize an example, without credentials and without a network.

    Args:
        example: Its folder.
        directory: Where the assembly goes.

    Returns:
        The directory. It has the report of cdk-nag.

    Raises:
        LintError: It failed, or wants to look something up.
    """
    directory.mkdir(parents=True)
    context = {**_context_of(example), **_CONTEXT.get(example.name, {}), **_CLI_CONTEXT}
    done = subprocess.run(
        [sys.executable, "-m", "lint_examples.synthesis", str(example / "app.py")],
        cwd=directory.parent,
        env={
            **cdk_environment({}),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_OUTDIR": str(directory),
            # What the CDK itself finds in a template is a finding too.
            "CDK_VALIDATION": "true",
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        # The sentence of what is wrong is at the end, below the stack traces.
        output = "\n".join(done.stderr.splitlines()[-_OUTPUT_LINES:])
        raise LintError(f"examples/{example.name} does not synthesize:\n{output}")
    if not (directory / "validation-report.json").is_file():
        raise LintError(f"examples/{example.name}/app.py made no assembly that cdk-nag has seen")
    missing = json.loads((directory / "manifest.json").read_text()).get("missing", [])
    if missing:
        keys = ", ".join(item["key"] for item in missing)
        raise LintError(
            f"examples/{example.name} wants to look up {keys}; write the answers into its "
            "cdk.json, for what is linted would not be what is deployed"
        )
    return directory


def _context_of(example: Path) -> dict[str, Any]:
    """What the CLI would take from the files of an app."""
    context: dict[str, Any] = {}
    settings = example / "cdk.json"
    if settings.is_file():
        context |= json.loads(settings.read_text()).get("context", {})
    answers = example / "cdk.context.json"
    if answers.is_file():
        context |= json.loads(answers.read_text())
    return context


def _run_with_cdk_nag(program: Path) -> None:
    """Run the program of an app, with cdk-nag looking on."""
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks

    synth = cdk.App.synth

    def linted(self: cdk.App, **options: Any) -> Any:
        cdk.Validations.of(self).add_plugins(AwsSolutionsChecks(self))
        return synth(self, **options)

    setattr(cdk.App, "synth", linted)  # noqa: B010 (a method is not assigned to, says mypy)
    sys.path[0] = str(program.parent)
    sys.argv = [str(program)]
    runpy.run_path(str(program), run_name="__main__")


if __name__ == "__main__":
    _run_with_cdk_nag(Path(sys.argv[1]))
