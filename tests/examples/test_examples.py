"""Every example synthesizes offline, without credentials, from whatever directory it is run in."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_cli import EXAMPLES, cdk_environment

pytestmark = pytest.mark.long

_EXAMPLES = sorted(path.parent.name for path in EXAMPLES.glob("*/app.py"))


def test_there_are_examples() -> None:
    assert "user_info" in _EXAMPLES


@pytest.mark.parametrize("name", _EXAMPLES)
def test_an_example_synthesizes_from_anywhere(name: str, tmp_path: Path) -> None:
    assembly = tmp_path / "cdk.out"
    environment = cdk_environment({"HOME": str(tmp_path), "CDK_OUTDIR": str(assembly)})
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name / "app.py")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((assembly / "manifest.json").read_text()).get("missing", []) == []


@pytest.mark.parametrize("name", _EXAMPLES)
def test_an_example_has_what_a_newcomer_looks_for(name: str) -> None:
    for file in ("README.md", "cdk.json"):
        assert (EXAMPLES / name / file).is_file(), f"examples/{name} has no {file}"
