"""The examples' stacks are closed on every leak path.

The first one is judged bound to an account and a region, without either, and with all feature flags
that the CDK recommends. Beside them, a platform team's three stacks with keys, in another region,
and functions that call the internet through relays.
"""

from collections.abc import Callable

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.paths import PATHS
from secure_lambda_constructs.network.endpoint_actions import ALLOWED_SERVICES

from .synthesis import (
    ENDPOINTS,
    EXAMPLE_MANY_FUNCTIONS,
    EXAMPLE_RDS,
    JUDGED,
    ORGANIZATION,
    RELAYS,
    TWO_RELAYS,
)

GROUPS = {"N": 10, "P": 11, "D": 4, "I": 8, "O": 6, "R": 5}


def test_every_path_of_the_threat_model_has_a_check() -> None:
    expected = {f"{group}{n:02}" for group, count in GROUPS.items() for n in range(1, count + 1)}
    assert set(PATHS) == expected
    assert len(PATHS) == 44


@pytest.mark.parametrize("app", JUDGED)
@pytest.mark.parametrize("path_id", sorted(PATHS))
def test_closed(path_id: str, app: str, case_of: Callable[[str], Case]) -> None:
    leak = PATHS[path_id]
    assert leak.check(case_of(app)) == [], f"{path_id} is open: {leak.title}"


@pytest.mark.parametrize("app", JUDGED)
def test_there_is_something_to_judge(app: str, case_of: Callable[[str], Case]) -> None:
    case = case_of(app)
    functions = {EXAMPLE_MANY_FUNCTIONS: 12, EXAMPLE_RDS: 2, TWO_RELAYS: 2}
    assert len(case.isolated) == functions.get(app, 1)
    assert len(case.outside) == (len(case.isolated) if app in RELAYS else 0)
    # Of each service that is let in there is an endpoint to judge.
    further = {"s3", *ALLOWED_SERVICES} if app in (ENDPOINTS, ORGANIZATION) else set()
    further |= {"lambda"} if app in RELAYS else set()
    assert {endpoint.service for endpoint in case.endpoints} == {"dynamodb", *further}
    assert len(case.subnets) >= 2
    assert len(case.route_table_ids) == len(case.subnets)


@pytest.mark.parametrize("app", JUDGED)
def test_nothing_runs_code_that_is_not_signed(app: str, case_of: Callable[[str], Case]) -> None:
    case = case_of(app)
    unsigned = [
        function.path
        for function in case.functions
        if function.resource.get("CodeSigningConfigArn") is None
    ]
    custom = [
        resource.path
        for resource in case.world.resources
        if resource.type.startswith("Custom::")
        or resource.type == "AWS::CloudFormation::CustomResource"
    ]
    assert unsigned == []
    assert custom == []
