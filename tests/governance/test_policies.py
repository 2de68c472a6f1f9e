"""Every policy of governance, as `examples/governance` synthesizes it, before the linters."""

import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_cli import EXAMPLES
from secure_lambda_constructs.checks.leaks.questions import KnownAction
from secure_lambda_constructs.checks.model.world import World

from ..leaks.simulator import Simulator

_LINTER = Path(__file__).with_name("policy_linter.py")

# Where a template has a policy.
_POLICIES = {
    "AssumeRolePolicyDocument",
    "Content",
    "InlinePolicy",
    "KeyPolicy",
    "PolicyDocument",
}

# Keys that every request has, or that the reference lists for no single action:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_GLOBAL = re.compile(
    r"aws:(PrincipalArn|ResourceAccount|SecureTransport|SourceAccount|SourceArn|SourceOwner"
    r"|TagKeys)"
)
# Claims of tokens that the reference does not list, and all providers have:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
_CLAIMS = re.compile(r"token\.actions\.githubusercontent\.com:(aud|sub)")

# What parliament's data do not know, as they are older than the service authorization reference,
# which the other tests ask. And allowing on all resources, which cdk-nag and checkov find too, and
# each policy answers for beside its statement.
_ELSEWHERE = {"RESOURCE_STAR", "UNKNOWN_ACTION", "UNKNOWN_CONDITION_FOR_ACTION"}


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mapping[str, Any]]:
    """The policies by where they are."""
    directory = tmp_path_factory.mktemp("governance")
    app = cdk.App(outdir=str(directory))
    runpy.run_path(str(EXAMPLES / "governance/app.py"))["build"](app)
    app.synth()
    return {
        f"{resource.path}.{where}": document
        for resource in World.of_assembly(directory).resources
        for where, document in _found(resource.properties)
    }


def _found(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _found(entry, f"{where}{number}.")
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key in _POLICIES and isinstance(entry, dict) and "Statement" in entry:
                yield f"{where}{key}", entry
            else:
                yield from _found(entry, f"{where}{key}.")


@pytest.fixture(scope="module")
def known(simulator: Simulator) -> dict[str, KnownAction]:
    return {action.action: action for action in simulator.expand("*")}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matching(pattern: str, known: Mapping[str, KnownAction]) -> list[KnownAction]:
    expression = re.compile(re.escape(pattern).replace(r"\*", ".*"), re.IGNORECASE)
    return [action for name, action in known.items() if expression.fullmatch(name)]


def test_all_policies_are_found(policies: dict[str, Mapping[str, Any]]) -> None:
    kinds = {where.rpartition(".")[2] for where in policies}
    assert kinds == _POLICIES
    assert len(policies) >= 15


def test_parliament_finds_nothing(
    policies: dict[str, Mapping[str, Any]], known: dict[str, KnownAction]
) -> None:
    # It reads policies of principals; of those of resources it misses the resource.
    identity = {
        where: document
        for where, document in policies.items()
        if not any("Principal" in entry for entry in document["Statement"])
    }
    assert len(identity) >= 8
    done = subprocess.run(
        [sys.executable, str(_LINTER)],
        input=json.dumps(list(identity.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(identity)
    findings = [
        f"{where}: {issue}: {detail}"
        for where, line in zip(identity, lines, strict=True)
        for issue, detail in json.loads(line)
        if issue not in _ELSEWHERE
    ]
    assert findings == [], "\n".join(findings)


def test_the_linter_finds_something() -> None:
    broken = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject"}]}
    done = subprocess.run(
        [sys.executable, str(_LINTER)],
        input=json.dumps([broken]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)[0][0] == "MALFORMED"


def test_every_action_is_known(
    policies: dict[str, Mapping[str, Any]], known: dict[str, KnownAction]
) -> None:
    unknown = {
        f"{where}: {pattern}"
        for where, document in policies.items()
        for entry in document["Statement"]
        for key in ("Action", "NotAction")
        for pattern in _listed(entry.get(key, []))
        if pattern != "*" and not _matching(pattern, known)
    }
    assert unknown == set()


def test_every_condition_key_is_one_of_its_actions(
    policies: dict[str, Mapping[str, Any]], known: dict[str, KnownAction]
) -> None:
    wrong = []
    asked = 0
    for where, document in policies.items():
        for entry in document["Statement"]:
            keys = {key for operands in entry.get("Condition", {}).values() for key in operands}
            for pattern in _listed(entry.get("Action", [])):
                for action in [] if pattern == "*" else _matching(pattern, known):
                    for key in keys:
                        asked += 1
                        written = re.sub("/.*", "/${TagKey}", key)
                        if not (
                            written in action.keys
                            or _GLOBAL.fullmatch(key)
                            or _CLAIMS.fullmatch(key)
                        ):
                            wrong.append(f"{where}: {action.action} has no {key}")
    assert asked > 300
    assert wrong == []
