"""The library's own evaluator says of the judged apps what the simulator of the tests says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from secure_lambda_constructs.checks.evaluation import PolicyEvaluator, default_evaluator
from secure_lambda_constructs.checks.judgement import judge
from secure_lambda_constructs.checks.leaks.questions import Decision, Question
from secure_lambda_constructs.checks.model.world import World

from ..leaks.simulator import Simulator
from ..leaks.synthesis import (
    ARTICLE,
    BOUND,
    ENDPOINTS,
    EXAMPLE_RDS,
    REPOSITORY,
    TWO_RELAYS,
    shared_folder,
    synthesize,
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(REPOSITORY) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_folder(tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("app", [ARTICLE, BOUND, ENDPOINTS, EXAMPLE_RDS, TWO_RELAYS])
def test_verdicts_are_the_same(app: str, assemblies: Path, simulator: Simulator) -> None:
    world = World.of_assembly(synthesize(app, assemblies))
    assert judge(world, default_evaluator()) == judge(world, simulator)


def test_unknown_is_open() -> None:
    question = Question(
        label="its role",
        action="dynamodb:GetItem",
        resource="arn:aws:dynamodb:eu-west-1:111122223333:table/a",
        context={},
        principal="arn:aws:sts::111122223333:assumed-role/a/a",
        identity=({"Statement": [{"Effect": "Deny", "Action": "*", "Condition": {"What": {}}}]},),
    )
    allow = {"Statement": [{"Effect": "Allow", "Action": object(), "Resource": "*"}]}
    evaluator = PolicyEvaluator()
    assert evaluator.decide([question]) == [Decision.DENIED]
    assert question.identity is not None
    both = Question(**{**question.__dict__, "identity": (*question.identity, allow)})
    assert evaluator.decide([both]) == [Decision.ALLOWED]


def test_policies_that_were_read_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{PolicyEvaluator.__module__}._MOST_KEPT", 1)
    questions = [
        Question(
            label="anybody",
            action="s3:GetObject",
            resource="arn:aws:s3:::a/b",
            context={},
            principal=None,
            resource_policy={"Statement": [{**statement, "Action": "s3:*", "Resource": "*"}]},
        )
        for statement in (
            {"Effect": "Allow", "Principal": "*"},
            {"Effect": "Deny", "Principal": "*"},
        )
    ]
    expected = [Decision.ALLOWED, Decision.DENIED] * 3
    assert PolicyEvaluator().decide(questions * 3) == expected
