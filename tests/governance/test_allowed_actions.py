"""The list of daily work against all actions that AWS has: it must not age unseen."""

import re

import pytest

from secure_lambda_constructs.checks.leaks.questions import KnownAction
from secure_lambda_constructs.governance.developers.daily_work import DAILY_WORK
from secure_lambda_constructs.governance.developers.own_scope import OWN_SCOPE, SCOPED_READS

from ..leaks.simulator import Simulator
from .allowed_actions import REVIEWED_WRITES, daily_patterns, matching, open_actions, reviewed

_COMMAND = "python -m tests.governance.allowed_actions --write"

# What reads by its name, and hands out what no developer may have.
_HANDED_OUT = [
    "appsync:EvaluateCode",
    "appsync:ListApiKeys",
    "athena:GetQueryResults",
    "athena:GetSessionEndpoint",
    "cloudwatch:GetSpaceCredentials",
    "codeconnections:GetConnectionToken",
    "codepipeline:GetJobDetails",
    "cognito-idp:DescribeUserPoolClient",
    "ec2:GetConsoleOutput",
    "ec2:GetPasswordData",
    "ecr:GetAuthorizationToken",
    "glue:GetConnection",
    "glue:GetConnections",
    "logs:Unmask",
    "s3:GetDataAccess",
    "s3:GetObjectVersion",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetAccessToken",
    "states:GetActivityTask",
    "states:RevealSecrets",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
    "sts:GetWebIdentityToken",
    "wafv2:GetDecryptedAPIKey",
]


@pytest.fixture(scope="module")
def actions(simulator: Simulator) -> dict[str, KnownAction]:
    return open_actions(simulator)


def test_every_open_action_was_reviewed(actions: dict[str, KnownAction]) -> None:
    new = [f"{name} ({action.level})" for name, action in actions.items() if name not in reviewed()]
    assert new == [], f"the boundary would allow what nobody has read; read it, and run {_COMMAND}"


def test_every_reviewed_action_is_still_there(actions: dict[str, KnownAction]) -> None:
    gone = sorted(reviewed() - set(actions))
    assert gone == [], f"the boundary or AWS has these no longer; run {_COMMAND}"


def test_what_writes_is_open_for_a_written_reason(actions: dict[str, KnownAction]) -> None:
    writes = {
        name: action.level
        for name, action in actions.items()
        if action.level not in ("Read", "List")
    }
    assert {name: level for name, level in writes.items() if name not in REVIEWED_WRITES} == {}
    assert sorted(set(REVIEWED_WRITES) - set(writes)) == []


def test_a_new_write_would_be_seen(actions: dict[str, KnownAction]) -> None:
    new = KnownAction("lambda:GetAndReplaceCode", level="Write")
    assert matching("lambda:Get*", [new.action]) == [new.action]
    assert new.action not in reviewed()
    assert new.action not in REVIEWED_WRITES


def test_nothing_is_handed_out(actions: dict[str, KnownAction], simulator: Simulator) -> None:
    known = {action.action for action in simulator.expand("*")}
    assert sorted(set(_HANDED_OUT) - known) == []
    assert sorted(set(_HANDED_OUT) & set(actions)) == []


def test_every_pattern_matches_something(simulator: Simulator) -> None:
    known = {action.action for action in simulator.expand("*")}
    assert [pattern for pattern in daily_patterns() if not matching(pattern, known)] == []


def test_a_verb_may_be_written_by_its_first_letters(simulator: Simulator) -> None:
    known = {action.action for action in simulator.expand("*")}
    written = {
        f"{service}:{name}"
        for actions in (DAILY_WORK, OWN_SCOPE, SCOPED_READS)
        for service, names in actions.items()
        for name in names.split()
    }
    assert len(written) > 200
    for pattern in sorted(written):
        shortened = re.sub(r":([A-Z][a-z]{2})[a-z]+\*$", r":\1*", pattern)
        assert matching(pattern, known) == matching(shortened, known), pattern


def test_own_scope_names_no_neighbour(simulator: Simulator) -> None:
    known = {action.action for action in simulator.expand("*")}
    for service, names in OWN_SCOPE.items():
        for name in names.split():
            for action in matching(f"{service}:{name}", known):
                assert re.search("Policy|Permission|Role|Export|Replicat|Acl", action) is None, (
                    action
                )
