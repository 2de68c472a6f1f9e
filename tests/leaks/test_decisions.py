"""Each distinct question is asked once, and what is not asked would have been denied."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from secure_lambda_constructs.checks.judgement import judge
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.decisions import Decisions
from secure_lambda_constructs.checks.leaks.paths import open_paths
from secure_lambda_constructs.checks.leaks.paths.named import Named, allowed_resources
from secure_lambda_constructs.checks.leaks.questions import Decision, Question
from secure_lambda_constructs.checks.model.world import World

from .many import Nobody, templates
from .simulator import Simulator
from .synthesis import ARTICLE, BOUND, ENDPOINTS, RELAY

TABLE = "arn:aws:dynamodb:us-east-1:444455556666:table/orders"


def _question(name: str, *statements: dict[str, Any], **more: Any) -> Question:
    return Question(
        label="probe",
        action="dynamodb:GetItem",
        resource=TABLE,
        context={"aws:PrincipalArn": f"arn:aws:iam::444455556666:role/{name}"},
        principal=f"arn:aws:sts::444455556666:assumed-role/{name}/{name}",
        identity=({"Version": "2012-10-17", "Statement": list(statements)},),
        **more,
    )


ALLOW = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}


def _asked(*questions: Question) -> int:
    nobody = Nobody()
    decisions = Decisions(nobody)
    assert decisions.on(questions) == [Decision.DENIED for _ in questions]
    assert decisions.on(questions) == [Decision.DENIED for _ in questions]
    return nobody.asked


def test_equal_policies_are_one_question() -> None:
    assert _asked(_question("one", ALLOW), _question("two", dict(ALLOW))) == 1


def test_what_a_policy_names_tells_questions_apart() -> None:
    named = {**ALLOW, "Condition": {"ArnLike": {"AWS:principalarn": "arn:aws:iam::*:role/one"}}}
    assert _asked(_question("one", named), _question("two", named)) == 2
    variable = {**ALLOW, "Resource": "arn:aws:dynamodb:*:*:table/${aws:PrincipalArn}"}
    assert _asked(_question("one", variable), _question("two", variable)) == 2


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", 1),
        ({"AWS": "arn:aws:iam::444455556666:role/one"}, 2),
    ],
    ids=["anybody", "one role"],
)
def test_a_policy_that_names_principals_tells_them_apart(principal: Any, expected: int) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{**ALLOW, "Principal": principal}]}
    gate: dict[str, Any] = {"endpoint_policy": policy}
    assert _asked(_question("one", ALLOW, **gate), _question("two", ALLOW, **gate)) == expected


def test_another_action_resource_account_or_policy_is_another_question() -> None:
    one = _question("one", ALLOW)
    assert _asked(one, _question("one", {**ALLOW, "Effect": "Deny"})) == 2
    assert _asked(one, _question("one", ALLOW, account="444455556666")) == 2
    assert _asked(one, _question("one", ALLOW, boundary=one.identity)) == 2
    assert _asked(one, _question("one", ALLOW, resource_policy={"Statement": []})) == 2


@pytest.mark.parametrize("app", [ARTICLE, BOUND, RELAY])
def test_the_answers_are_those_of_the_evaluator(
    app: str, case_of: Callable[[str], Case], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Decisions.on
    seen = 0

    def checked(self: Decisions, questions: Iterable[Question]) -> list[Decision]:
        nonlocal seen
        asked = list(questions)
        found = real(self, asked)
        assert found == simulator.decide(asked)
        seen += len(asked)
        return found

    monkeypatch.setattr(Decisions, "on", checked)
    open_paths(Case(case_of(app).world, simulator))
    assert seen > 80


@pytest.mark.parametrize("app", [ARTICLE, BOUND, RELAY, ENDPOINTS])
def test_nothing_is_left_out_that_would_be_open(
    app: str, case_of: Callable[[str], Case], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = open_paths(case_of(app))
    monkeypatch.setattr(Named, "may_match", lambda self, arn: True)
    monkeypatch.setattr(Named, "of_account", lambda self, account: self)
    found = open_paths(Case(case_of(app).world, simulator))
    assert found.keys() >= expected.keys()
    # Where everything is taken for a call of it, functions outside become relays.
    assert {path_id for path_id in found if path_id[0] != "R"} == {
        path_id for path_id in expected if path_id[0] != "R"
    }


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        (TABLE, TABLE, True),
        (TABLE, f"{TABLE}s", False),
        (f"{TABLE}*", f"{TABLE}s", True),
        ("arn:aws:dynamodb:*:*:table/order?", TABLE, True),
        ("arn:aws:dynamodb:*:*:table/order?", f"{TABLE}s", False),
        ("arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/team}", TABLE, True),
        ("*", TABLE, True),
        ("arn:aws:dynamodb:*:4444[0-9]*:table/orders", TABLE, False),
    ],
)
def test_a_pattern_may_stand_for_an_arn(pattern: str, arn: str, expected: bool) -> None:
    document = {"Statement": [{**ALLOW, "Resource": pattern}]}
    assert allowed_resources([document]).may_match(arn) is expected


@pytest.mark.parametrize(
    ("resource", "account", "expected"),
    [
        (TABLE, "444455556666", True),
        (TABLE, "999988887777", False),
        ("arn:aws:dynamodb:us-east-1:444455556666:table/*", "999988887777", False),
        # An asterisk may stand for more than the region.
        ("arn:aws:dynamodb:*:444455556666:table/*", "999988887777", True),
        ("arn:aws:dynamodb:us-east-1:*:table/*", "999988887777", True),
        ("arn:aws:dynamodb:us-east-1:9999*:table/*", "999988887777", True),
        ("arn:aws:s3:::reports/*", "999988887777", True),
        ("*", "999988887777", True),
    ],
)
def test_an_arn_may_be_of_an_account(resource: str, account: str, expected: bool) -> None:
    named = allowed_resources([{"Statement": [{**ALLOW, "Resource": resource}]}])
    assert bool(named.of_account(account)) is expected


@pytest.mark.parametrize(
    ("action", "service", "expected"),
    [
        ("dynamodb:GetItem", "dynamodb", True),
        ("DynamoDB:*", "dynamodb", True),
        ("*", "dynamodb", True),
        ("dynamo*:GetItem", "dynamodb", True),
        ("dax:GetItem", "dynamodb", False),
    ],
)
def test_an_allow_names_a_service(action: str, service: str, expected: bool) -> None:
    document = {"Statement": [{**ALLOW, "Action": action}]}
    assert bool(allowed_resources([document], (f"{service}:*",))) is expected


def test_twice_the_functions_are_twice_the_questions() -> None:
    """No check asks of each function about each other one."""
    asked = []
    for functions in (20, 40):
        nobody = Nobody()
        open_paths(Case(World(templates(1, functions)), nobody))
        asked.append(nobody.asked)
    assert asked[1] < 2.1 * asked[0], asked


def test_a_large_app_is_judged() -> None:
    """A check of all pairs would take minutes; `benchmarks/run.py checks` says what this takes."""
    world = World(templates())
    assert len(world.of("AWS::Lambda::Function")) == 500
    assert len(world.resources) > 7000
    verdict = judge(world, Nobody())
    # What each function opens is a finding, and what it opens by is an example of it.
    assert max(len(each.findings) for each in verdict.all) <= 500
