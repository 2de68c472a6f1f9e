"""The calls of the governance tests: the evaluator decides each as the simulator does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs import GuardrailScp
from secure_lambda_constructs.checks.evaluator import (
    CompiledPolicies,
    Policy,
    PolicySet,
    PolicyType,
    Request,
    compiled_policy,
)

from ..governance.boundaries import NAMINGS, catalogue_of
from ..governance.decisions import Call, Guardrails, decide
from ..governance.scores import ARTICLE, boundary_of, identity_of, in_resource_policies
from ..governance.test_guardrail_scp import CALLS, USUAL
from ..leaks.simulator import Simulator

_REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(_REPOSITORY) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def catalogue() -> Sequence[Call]:
    calls = list(catalogue_of(NAMINGS["default"]))
    return [*calls, *in_resource_policies(calls)]


def _decided(guardrails: Guardrails, calls: Sequence[Call]) -> list[bool]:
    """Whether each call is allowed, as the evaluator has it."""
    identity = compiled_policy([guardrails.identity], PolicyType.IDENTITY)
    boundary: list[Policy] | None = None
    if guardrails.boundary is not None:
        boundary = [compiled_policy([guardrails.boundary], PolicyType.IDENTITY)]
    levels = guardrails.simulation()["scps"]
    scps = [[compiled_policy(level, PolicyType.IDENTITY)] for level in levels]
    known: dict[str, CompiledPolicies] = {}

    def policies(written: Mapping[str, Any]) -> CompiledPolicies:
        key = json.dumps([written["resourcePolicy"], written["bounded"]])
        if key not in known:
            known[key] = CompiledPolicies(
                PolicySet(
                    identity=[identity],
                    resource=written["resourcePolicy"],
                    boundary=boundary if written["bounded"] else None,
                    service_control=scps,
                )
            )
        return known[key]

    def is_allowed(written: Mapping[str, Any]) -> bool:
        names = ("principal", "action", "resource", "context", "account")
        request = Request(**{name: written[name] for name in names})
        return policies(written).decide(request).is_open

    return [is_allowed(call.simulation()) for call in calls]


def _differences(simulator: Simulator, guardrails: Guardrails, calls: Sequence[Call]) -> list[str]:
    theirs, ours = decide(simulator, guardrails, calls), _decided(guardrails, calls)
    return [
        str(call) for call, *both in zip(calls, theirs, ours, strict=True) if len(set(both)) > 1
    ]


@pytest.mark.parametrize("policy", ["boundary", "identity", "article"])
def test_the_catalogue(simulator: Simulator, catalogue: Sequence[Call], policy: str) -> None:
    guardrails = {
        "boundary": lambda: Guardrails(boundary=boundary_of("default")),
        "identity": lambda: Guardrails(identity=identity_of("default")),
        "article": lambda: Guardrails(boundary=ARTICLE),
    }[policy]()
    assert len(catalogue) > 3000
    assert _differences(simulator, guardrails, catalogue) == []
    decided = _decided(guardrails, catalogue)
    assert True in decided
    assert False in decided


def test_the_calls_below_the_guardrail(simulator: Simulator) -> None:
    calls = [
        Call(
            id=entry["id"],
            action=entry["action"],
            resource=entry["resource"],
            allowed=entry["expected"] == "allow",
            context=entry["context"],
            principal=entry["principal"],
        )
        for entry in json.loads(CALLS.read_text())
    ]
    guardrails = Guardrails(scps=[GuardrailScp.document(**USUAL)])
    assert _differences(simulator, guardrails, calls) == []
    assert _decided(guardrails, calls) == [call.allowed for call in calls]
