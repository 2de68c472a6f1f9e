"""What a caller and its relay may do is what they need, and it is the one way out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.checks.leaks.attackers import FOREIGN_VPC, role_context
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.paths import present_paths
from secure_lambda_constructs.checks.leaks.questions import Decision, Question
from secure_lambda_constructs.checks.leaks.relay_flows import invocations
from secure_lambda_constructs.checks.model.views import Endpoint, Function
from secure_lambda_constructs.relay.handler.routes import read_configuration

from .holes import Draft
from .simulator import Simulator
from .synthesis import RELAY, RELAY_IN_VPC, RELAYS, TWO_RELAYS, synthesize

OF_RELAYS = {"P06", "P07", "R01", "R02", "R03", "R04", "R05"}


def _call(
    function: Function, relay: str, *, vpc: str | None, endpoint: Endpoint | None = None
) -> Question:
    return Question(
        label=function.path,
        action="lambda:InvokeFunction",
        resource=relay,
        context=role_context(function, vpc=vpc),
        principal=function.session,
        identity=function.documents,
        endpoint_policy=None if endpoint is None else endpoint.strict_policy,
    )


@pytest.mark.parametrize("app", RELAYS)
def test_the_paths_through_a_relay_are_there_to_be_judged(
    app: str, case_of: Callable[[str], Case]
) -> None:
    assert set(present_paths(case_of(app))) >= OF_RELAYS


@pytest.mark.parametrize("app", RELAYS)
def test_each_caller_has_one_relay_of_its_own(app: str, case_of: Callable[[str], Case]) -> None:
    case = case_of(app)
    calls = [(function.path, relay) for function, relay in invocations(case)]
    assert sorted(function for function, _ in calls) == sorted(f.path for f in case.isolated)
    assert sorted(relay for _, relay in calls) == sorted(str(relay.arn) for relay in case.outside)


@pytest.mark.parametrize("app", RELAYS)
def test_a_relay_is_called_from_inside_and_from_nowhere_else(
    app: str, case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    case = case_of(app)
    (endpoint,) = case.endpoints_of("lambda")
    for function, relay in invocations(case):
        (vpc,) = function.vpc_ids
        decisions = simulator.decide(
            [
                _call(function, relay, vpc=str(vpc), endpoint=endpoint),
                # With keys that were taken out of the function.
                _call(function, relay, vpc=None),
                _call(function, relay, vpc=FOREIGN_VPC),
            ]
        )
        assert decisions == [Decision.ALLOWED, Decision.DENIED, Decision.DENIED]


@pytest.mark.parametrize("app", RELAYS)
def test_a_caller_calls_no_other_function(
    app: str, case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    case = case_of(app)
    (endpoint,) = case.endpoints_of("lambda")
    for function, relay in invocations(case):
        (vpc,) = function.vpc_ids
        others = [
            str(function.arn),
            f"{relay}-other",
            f"{relay}:live",
            relay.replace(function.resource.account, "999988887777"),
            *(str(other.arn) for other in case.outside if other.arn != relay),
        ]
        decisions = simulator.decide(
            _call(function, other, vpc=str(vpc), endpoint=endpoint) for other in others
        )
        assert set(decisions) == {Decision.DENIED}


def test_the_relay_of_another_function_is_not_called(
    case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    """The endpoint leads to both relays: it is the role that tells the callers apart."""
    case = case_of(TWO_RELAYS)
    (endpoint,) = case.endpoints_of("lambda")
    (one, first), (other, second) = invocations(case)
    vpc = str(endpoint.resource.get("VpcId"))
    crossed = [
        _call(one, second, vpc=vpc, endpoint=endpoint),
        _call(other, first, vpc=vpc, endpoint=endpoint),
    ]
    assert simulator.decide(crossed) == [Decision.DENIED, Decision.DENIED]


@pytest.mark.parametrize("app", RELAYS)
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:GetItem", "arn:aws:dynamodb:{place}:table/Orders"),
        ("kms:Decrypt", "arn:aws:kms:{place}:key/11111111-2222-3333-4444-555555555555"),
        ("lambda:InvokeFunction", "arn:aws:lambda:{place}:function:other"),
        ("logs:PutLogEvents", "arn:aws:logs:{place}:log-group:other:log-stream:x"),
        ("s3:GetObject", "arn:aws:s3:::reports/data"),
        ("sqs:SendMessage", "arn:aws:sqs:{place}:orders"),
        ("sts:AssumeRole", "arn:aws:iam::{account}:role/other"),
    ],
)
def test_a_relay_does_nothing_else_even_if_it_is_let(
    action: str, resource: str, app: str, case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    """Its role denies it, so that no policy of a resource can admit it."""
    everything: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    for relay in case_of(app).outside:
        account, region = relay.resource.account, relay.resource.region
        question = Question(
            label=relay.path,
            action=action,
            resource=resource.format(account=account, place=f"{region}:{account}"),
            context=role_context(relay, vpc=None),
            principal=relay.session,
            identity=(*relay.documents, everything),
        )
        assert simulator.decide([question]) == [Decision.DENIED]


@pytest.mark.parametrize("app", RELAYS)
def test_the_signed_routes_are_enforced(
    app: str, case_of: Callable[[str], Case], assemblies: Path
) -> None:
    """No template tells it: a relay in report mode would let everything pass."""
    relays = len(case_of(app).outside)
    found = list(synthesize(app, assemblies).glob("asset.*/**/routes.json"))
    assert 1 <= len(found) <= relays  # relays with the same routes have the same code
    for file in found:
        configuration = read_configuration(file.read_text())
        assert configuration.routes
        assert not configuration.report_only


def test_a_relay_with_fixed_addresses_is_outside_as_any_other(
    case_of: Callable[[str], Case],
) -> None:
    case = case_of(RELAY_IN_VPC)
    (relay,), (caller,) = case.outside, case.isolated
    assert len(relay.subnets) == 2
    assert relay.vpc_ids.isdisjoint(caller.vpc_ids)
    assert case.vpc_ids == [str(vpc) for vpc in caller.vpc_ids]


def _no_way_out(draft: Draft) -> None:
    for _, route in draft.of("AWS::EC2::Route"):
        route["Properties"]["DestinationCidrBlock"] = "10.0.0.0/8"


def _somebody_elses_gateway(draft: Draft) -> None:
    for _, route in draft.of("AWS::EC2::Route"):
        if "NatGatewayId" in route["Properties"]:
            route["Properties"]["NatGatewayId"] = "nat-0123456789abcdef0"


def _a_subnet_of_somebody_else(draft: Draft) -> None:
    _, relay = draft.part("AWS::Lambda::Function", "RelayFunction")
    relay["VpcConfig"]["SubnetIds"][0] = "subnet-0123456789abcdef0"


@pytest.mark.parametrize(
    "change",
    [_no_way_out, _somebody_elses_gateway, _a_subnet_of_somebody_else],
    ids=lambda change: change.__name__.strip("_"),
)
def test_a_vpc_of_which_not_all_is_known_has_to_be_closed(
    change: Callable[[Draft], None], case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    draft = Draft(case_of(RELAY_IN_VPC).world)
    change(draft)
    case = Case(draft.world(), simulator)
    assert case.outside == []
    assert len(case.isolated) == 2


def test_a_relay_in_no_vpc_is_outside(case_of: Callable[[str], Case]) -> None:
    (relay,) = case_of(RELAY).outside
    assert relay.subnet_ids == []
