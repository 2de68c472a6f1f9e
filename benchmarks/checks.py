"""How long the checks take: of a large assembly by the command, and within a synthesis."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from measure import cpu_seconds_in_turn

__all__ = ["main"]

_APPS = Path(__file__).resolve().parent / "apps"
_STACKS = 10
_IN_A_STACK = 50
_GOAL_SECONDS = 5.0
_GOAL_MIB = 500
_GOAL_RATIO = 1.15
# What has to be imported before a template can be read.
_IMPORTS = "from secure_lambda_constructs.cli import check"


def main(runs: int = 5) -> bool:
    """Measure, print, and return whether the goals are met.

    Args:
        runs: How often each figure is taken, of which the median counts.
    """
    with tempfile.TemporaryDirectory(prefix="checks-") as directory:
        root = Path(directory)
        _write_code(root / "code")
        environment = {
            **os.environ,
            "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:enable-path-metadata": True}),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            # What is measured is the library's plugin, not the CDK's own.
            "CDK_VALIDATION": "false",
            "TMPDIR": str(root),
        }
        print(
            f"secure-lambda check of {_STACKS} stacks and {_STACKS * _IN_A_STACK} functions, "
            "medians in seconds of CPU time (by the clock)"
        )
        goals = [_command(name, root, environment, runs) for name in ("ours", "plain")]
        goals.append(_plugin(root, environment, runs))
    return all(goals)


def _command(name: str, root: Path, environment: Mapping[str, str], runs: int) -> bool:
    assembly = _large_assembly(name, root, environment)
    # It ends with 0 whatever is open.
    written = root / "baseline.json"
    check = [sys.executable, "-m", "secure_lambda_constructs.cli", "check", str(assembly)]
    command = [*check, "--json", "-o", str(root / "out.json"), "--write-baseline", str(written)]
    taken = cpu_seconds_in_turn(
        {"check": command, "imports": [sys.executable, "-c", _IMPORTS]},
        runs=runs,
        environment=environment,
    )
    peak = _peak_mib(command, environment)
    whole = taken["check"]
    met = whole.median <= _GOAL_SECONDS and peak <= _GOAL_MIB
    resources = sum(
        len(json.loads(path.read_text())["Resources"]) for path in assembly.glob("*.template.json")
    )
    findings = len(json.loads(written.read_text())["findings"])
    print(
        f"{name:5}  {whole.median:.2f} ({whole.median_elapsed:.2f}), of which imports "
        f"{taken['imports'].median:.2f}; peak memory {peak:.0f} MiB; {resources} resources, "
        f"{findings} findings (goals {_GOAL_SECONDS:g} s, {_GOAL_MIB} MiB)"
        f"{'' if met else ' MISSED'}",
        flush=True,
    )
    return met


def _plugin(root: Path, environment: Mapping[str, str], runs: int) -> bool:
    """Compare one app's synthesis with the checks in it and without."""
    program = str(_APPS / "checks" / "judged.py")
    without = [sys.executable, program, "ours", str(_IN_A_STACK), str(root / "code")]
    taken = cpu_seconds_in_turn(
        {"with": [*without, "--leak-checks"], "without": without},
        runs=runs,
        environment=environment,
    )
    ratio = taken["with"].median / taken["without"].median
    met = ratio <= _GOAL_RATIO
    print(
        f"LeakChecks in the synthesis of {_IN_A_STACK} functions: {taken['with'].median:.2f} "
        f"({taken['with'].median_elapsed:.2f}), without {taken['without'].median:.2f} "
        f"({taken['without'].median_elapsed:.2f}), ratio {ratio:.2f} (goal {_GOAL_RATIO})"
        f"{'' if met else ' MISSED'}",
        flush=True,
    )
    return met


def _large_assembly(name: str, root: Path, environment: Mapping[str, str]) -> Path:
    """Synthesize two stacks, and copy the second, which takes values from the first."""
    assembly = root / f"assembly-{name}"
    program = str(_APPS / "checks" / "judged.py")
    subprocess.run(
        [sys.executable, program, name, str(2 * _IN_A_STACK), str(root / "code")],
        env={**environment, "CDK_OUTDIR": str(assembly)},
        capture_output=True,
        check=True,
    )
    manifest = json.loads((assembly / "manifest.json").read_text())
    artifacts = manifest["artifacts"]
    original = f"Functions{_IN_A_STACK:03}"
    for number in range(2, _STACKS):
        copy = f"Functions{number * _IN_A_STACK:03}"
        for suffix in (".template.json", ".metadata.json"):
            source = assembly / f"{original}{suffix}"
            if source.is_file():
                text = source.read_text().replace(original, copy)
                (assembly / f"{copy}{suffix}").write_text(text)
        artifact = json.dumps(artifacts[original]).replace(original, copy)
        artifacts[copy] = json.loads(artifact)
    (assembly / "manifest.json").write_text(json.dumps(manifest, indent=2))
    for asset in assembly.glob("asset.*"):
        shutil.rmtree(asset)
    return assembly


def _peak_mib(command: Sequence[str], environment: Mapping[str, str]) -> float:
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"secure-lambda check failed: {process.returncode}")
    # In KiB on Linux, in bytes on macOS.
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _write_code(code: Path) -> None:
    """Write code that differs for each function."""
    for number in range(2 * _IN_A_STACK):
        folder = code / f"{number:03}"
        folder.mkdir(parents=True)
        (folder / "index.py").write_text(f"NUMBER = {number}\n")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
