"""A DNS firewall that may be of another VPC closes nothing, and may let through."""

from typing import Any

import pytest

from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.leaks.dnsfirewall import answers
from secure_lambda_constructs.checks.leaks.paths import PATHS

from .by_hand import Template, case_of_template, function, network, resource, routes

_KIND = "AWS::Route53Resolver::FirewallRuleGroup"
_NOWHERE = {"Fn::ImportValue": "nowhere"}


def _firewall(name: str, action: str, vpc: Any, priority: Any) -> Template:
    rule = {"Action": action, "FirewallDomainListId": {"Ref": "All"}, "Priority": 1}
    return {
        "All": resource("AWS::Route53Resolver::FirewallDomainList", Domains=["*"]),
        name: resource(_KIND, FirewallRules=[rule]),
        f"{name}Association": resource(
            f"{_KIND}Association",
            FirewallRuleGroupId={"Ref": name},
            MutationProtection="ENABLED",
            Priority=priority,
            VpcId=vpc,
        ),
    }


_BLOCKS = _firewall("Blocks", "BLOCK", {"Ref": "Vpc"}, 200)


@pytest.mark.parametrize(
    ("firewalls", "is_open"),
    [
        pytest.param([_BLOCKS], False, id="blocks"),
        pytest.param([_firewall("Blocks", "BLOCK", _NOWHERE, 200)], True, id="blocks somewhere"),
        pytest.param(
            [_BLOCKS, _firewall("Lets", "ALLOW", _NOWHERE, 900)], True, id="lets through somewhere"
        ),
        pytest.param(
            [_BLOCKS, _firewall("Lets", "ALLOW", "vpc-0other", 100)], False, id="another one's"
        ),
        pytest.param(
            [_BLOCKS, _firewall("Lets", "ALLOW", {"Ref": "Vpc"}, _NOWHERE)], True, id="any place"
        ),
        pytest.param(
            [_BLOCKS, _firewall("Lets", "ALLOW", {"Ref": "Vpc"}, 900)], False, id="a later place"
        ),
        pytest.param([_firewall("Blocks", "BLOCK", {"Ref": "Vpc"}, _NOWHERE)], False, id="alone"),
    ],
)
def test_what_nobody_can_tell_of_a_firewall(firewalls: list[Template], is_open: bool) -> None:
    parts = [network(), routes(), function("Reader", inside=True), *firewalls]
    case = case_of_template(default_evaluator(), *parts)
    (vpc_id,) = case.vpc_ids
    assert answers(case, vpc_id, "t.attacker.com", "A") is is_open
    assert bool(PATHS["D01"].check(case)) is is_open
