"""How long an app takes to synthesize, against the same app in the CDK's own constructs."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from measure import Measured, cpu_seconds_in_turn

__all__ = ["main"]

_APPS = Path(__file__).resolve().parent / "apps" / "synth"
_SIZES = (1, 10, 50, 100)
_JUDGED = 50
# What the CDK CLI tells each app: https://github.com/aws/aws-cdk-cli (cloud-executable's context).
_CONTEXT = {
    "aws:cdk:bundling-stacks": ["**"],
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:version-reporting": True,
}
_PLAIN_IMPORTS = (
    "import aws_cdk; "
    "from aws_cdk import aws_dynamodb, aws_ec2, aws_iam, aws_lambda, aws_logs, aws_signer"
)
_LIBRARY = (
    "from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline"
)
# The modules of the CDK that the library itself makes resources with.
_ITS_IMPORTS = "from aws_cdk import aws_kms, aws_route53resolver, aws_s3"
_GOAL_RATIO = 1.0
_GOAL_RESOURCES = 4
_GOAL_IMPORT = 0.1
# One Aspect, and a command instead of each asset.
_GOAL_EVERYTHING = 1.15


def main(runs: int = 5) -> bool:
    """Measure, print, and return whether the goals are met.

    Args:
        runs: How often each figure is taken, of which the median counts.
    """
    goals = [_imports(runs)]
    with tempfile.TemporaryDirectory(prefix="synth-") as directory:
        root = Path(directory)
        _write_code(root / "code")
        environment = {
            **os.environ,
            "CDK_CONTEXT_JSON": json.dumps(_CONTEXT),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            # Each run writes its assembly to a new folder in it.
            "TMPDIR": str(root),
        }
        goals.append(_resources(root, environment))
        print(
            "synthesis, medians in seconds of CPU time, the CDK's process included (by the clock)"
        )
        print("functions        ours              plain             ratio", flush=True)
        goals += [_size(count, root, environment, runs) for count in _SIZES]
        goals.append(_everything(root, environment, runs))
        _phases(root, environment, max(1, runs // 2))
    return all(goals)


def _imports(runs: int) -> bool:
    python = sys.executable
    taken = cpu_seconds_in_turn(
        {
            "plain": [python, "-c", _PLAIN_IMPORTS],
            "library": [python, "-c", f"{_PLAIN_IMPORTS}; {_LIBRARY}"],
            "its": [python, "-c", f"{_PLAIN_IMPORTS}; {_ITS_IMPORTS}"],
        },
        runs=runs,
    )
    plain, whole, its = (taken[name].median for name in ("plain", "library", "its"))
    met = whole - plain <= _GOAL_IMPORT
    print("imports, medians in seconds of CPU time")
    print(f"what the plain app imports: {plain:.2f}")
    print(
        f"the library over that:      {whole - plain:.2f} (goal {_GOAL_IMPORT}){_verdict(met)}, "
        f"of which {its - plain:.2f} are further modules of the CDK",
        flush=True,
    )
    return met


def _resources(root: Path, environment: Mapping[str, str]) -> bool:
    """Count what each further function adds to the templates."""
    few, many = 10, _JUDGED
    added = {}
    for name in ("ours", "plain"):
        counts = []
        for count in (few, many):
            output = root / f"{name}-{count}"
            subprocess.run(
                _command(name, count, root),
                env={**environment, "CDK_OUTDIR": str(output)},
                capture_output=True,
                check=True,
            )
            templates = [json.loads(path.read_text()) for path in output.glob("*.template.json")]
            counts.append(sum(len(template["Resources"]) for template in templates))
        added[name] = (counts[1] - counts[0]) / (many - few)
    met = added["ours"] <= _GOAL_RESOURCES
    print(
        f"resources for each further function: {added['ours']:g}, plain {added['plain']:g} "
        f"(goal {_GOAL_RESOURCES}){_verdict(met)}",
        flush=True,
    )
    return met


def _size(count: int, root: Path, environment: Mapping[str, str], runs: int) -> bool:
    taken = cpu_seconds_in_turn(
        {name: _command(name, count, root) for name in ("ours", "plain")},
        runs=runs if count == _JUDGED else max(1, runs // 2),
        environment=environment,
    )
    ratio = taken["ours"].median / taken["plain"].median
    met = count != _JUDGED or ratio <= _GOAL_RATIO
    goal = f" (goal {_GOAL_RATIO}){_verdict(met)}" if count == _JUDGED else ""
    print(
        f"{count:9}  {_shown(taken['ours']):>16}  {_shown(taken['plain']):>16}  {ratio:8.2f}{goal}",
        flush=True,
    )
    return met


def _everything(root: Path, environment: Mapping[str, str], runs: int) -> bool:
    """Sign the plain app by one line."""
    taken = cpu_seconds_in_turn(
        {
            "everything": [*_command("plain", _JUDGED, root), "--sign-everything"],
            "plain": _command("plain", _JUDGED, root),
        },
        runs=runs,
        environment=environment,
    )
    ratio = taken["everything"].median / taken["plain"].median
    met = ratio <= _GOAL_EVERYTHING
    print(
        f"sign_everything over {_JUDGED} plain functions: {_shown(taken['everything'])}, without "
        f"{_shown(taken['plain'])}, ratio {ratio:.2f} (goal {_GOAL_EVERYTHING}){_verdict(met)}",
        flush=True,
    )
    return met


def _phases(root: Path, environment: Mapping[str, str], runs: int) -> None:
    """Print where the time goes."""
    print(f"where the time goes at {_JUDGED} functions, in seconds of CPU time (by the clock)")
    print("  answering: by the clock, while the CDK waits for Python; crossings: questions between")
    print("  the two processes, in parentheses for each further function")
    for title, name, options in (
        ("ours", "ours", []),
        ("plain", "plain", []),
        ("plain with sign_everything", "plain", ["--sign-everything"]),
    ):
        few, many = (
            [_one_phases(name, count, options, root, environment) for _ in range(runs)]
            for count in (_JUDGED // 5, _JUDGED)
        )
        print(title)
        for phase in many[0]:
            one, all_ = (
                {key: statistics.median(run[phase][key] for run in each) for key in each[0][phase]}
                for each in (few, many)
            )
            further = (all_["crossings"] - one["crossings"]) / (_JUDGED - _JUDGED // 5)
            print(
                f"  {phase:9}  {all_['cpu']:5.2f} ({all_['clock']:5.2f})  "
                f"answering {all_['answering']:5.2f}  "
                f"crossings {all_['crossings']:5.0f} ({further:.1f})",
                flush=True,
            )


def _one_phases(
    name: str, count: int, options: list[str], root: Path, environment: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    _, _, *arguments = _command(name, count, root)
    command = [sys.executable, str(_APPS / "phases.py"), name, *arguments, *options]
    result = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    phases: dict[str, dict[str, float]] = json.loads(result.stdout.splitlines()[-1])
    return phases


def _command(name: str, count: int, root: Path) -> list[str]:
    return [sys.executable, str(_APPS / f"{name}.py"), str(count), str(root / "code")]


def _write_code(code: Path) -> None:
    """Write code that differs for each function."""
    for number in range(max(_SIZES)):
        folder = code / f"{number:03}"
        folder.mkdir(parents=True)
        (folder / "index.py").write_text(
            f"NUMBER = {number}\n\n\ndef handler(event, context):\n    return event\n"
        )


def _shown(measured: Measured) -> str:
    return f"{measured.median:.2f} ({measured.median_elapsed:.2f})"


def _verdict(met: bool) -> str:
    return "" if met else " MISSED"


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
