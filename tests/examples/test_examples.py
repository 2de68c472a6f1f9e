"""Every example synthesizes offline, without credentials, from whatever directory it is run in."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_cli import EXAMPLES, cdk_environment

pytestmark = pytest.mark.long

# The types of resources that pipelines deploy, and those of stacks that administrators deploy.
_DEPLOYED = {
    "AWS::CDK::Metadata",
    *(EXAMPLES.parent / "tests/governance/resource_types.txt").read_text().split(),
}
_BY_ADMINISTRATORS = {
    "governance": {
        "AWS::IAM::OIDCProvider",
        "AWS::Organizations::Policy",
        "AWS::SSO::Assignment",
        "AWS::SSO::PermissionSet",
    },
    "pipeline": {"AWS::IAM::OIDCProvider"},
}

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
    # `tests/governance` shows that CloudFormationExecutionPolicy lets all of these be deployed.
    types = {
        resource["Type"]
        for template in assembly.rglob("*.template.json")
        for resource in json.loads(template.read_text()).get("Resources", {}).values()
    }
    assert types - _BY_ADMINISTRATORS.get(name, set()) <= _DEPLOYED, (
        "add it, and run tests/governance"
    )


@pytest.mark.parametrize("name", _EXAMPLES)
def test_an_example_has_what_a_newcomer_looks_for(name: str) -> None:
    for file in ("README.md", "cdk.json"):
        assert (EXAMPLES / name / file).is_file(), f"examples/{name} has no {file}"
