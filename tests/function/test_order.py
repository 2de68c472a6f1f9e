"""The order in which CloudFormation makes a function and what it needs, and so removes them.

A resource is made after all that it refers to or depends on, and removed before it. Lambda removes
the network interfaces of a function some time after the function, with the rights of its role;
until they are gone, the security group cannot go. Hence: function, group, role
(https://github.com/aws/aws-cdk/issues/6701). And no code runs without the DNS firewall: it is
attached before the function is made, and until after it is removed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from secure_lambda_constructs import IsolatedNetwork

from .conftest import World

FUNCTION = "AWS::Lambda::Function"
ROLE = "AWS::IAM::Role"
POLICY = "AWS::IAM::Policy"
GROUP = "AWS::EC2::SecurityGroup"
FIREWALL = "AWS::Route53Resolver::FirewallRuleGroupAssociation"
NESTED = "AWS::CloudFormation::Stack"


class Order:
    """What comes before what in a template."""

    def __init__(self, template: dict[str, Any]) -> None:
        self.resources: dict[str, dict[str, Any]] = template["Resources"]

    def the(self, kind: str, prefix: str = "") -> str:
        (found,) = self.all(kind, prefix)
        return found

    def all(self, kind: str, prefix: str = "") -> list[str]:
        return [
            name
            for name, resource in self.resources.items()
            if resource["Type"] == kind and name.startswith(prefix)
        ]

    def before(self, name: str) -> set[str]:
        """The resources that are made before this one, and removed after it."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            for target in _targets(self.resources[waiting.pop()]):
                if target in self.resources and target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return seen


def _targets(value: Any) -> Iterator[str]:
    """What a part of a template refers to or depends on."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            depends = value.get("DependsOn", [])
            yield from [depends] if isinstance(depends, str) else depends
            for item in value.values():
                yield from _targets(item)
        case list():
            for item in value:
                yield from _targets(item)


def orders(world: World) -> dict[str, Order]:
    """The templates of all stacks by their id, nested ones as `Parent/Nested`."""
    assembly = Path(world.app.synth().directory)
    found = {}
    for path in assembly.rglob("*.template.json"):
        template = json.loads(path.read_text())
        found[path.name.removesuffix(".template.json")] = Order(template)
    return found


def nested_order(found: dict[str, Order], name: str) -> Order:
    """The template of the nested stack of an id."""
    (template,) = (order for file, order in found.items() if name in file and ".nested" in file)
    return template


@pytest.fixture(scope="module", params=["app", "stage"])
def plain(request: pytest.FixtureRequest, code: Path) -> Order:
    """The function and the network in one stack."""
    world = World(code, stage=request.param == "stage")
    table = world.table()
    table.grant_read_data(world.function(environment={"TABLE_NAME": table.table_name}))
    name = "StageApp" if request.param == "stage" else "App"
    return next(order for file, order in orders(world).items() if file.startswith(name))


def groups_of(order: Order, function: str) -> list[str]:
    """The groups of the function that are made in the same template."""
    config = order.resources[function]["Properties"]["VpcConfig"]
    return [group["Fn::GetAtt"][0] for group in config["SecurityGroupIds"] if "Fn::GetAtt" in group]


def test_role_groups_and_firewall_are_there_before_the_function(plain: Order) -> None:
    function = plain.the(FUNCTION)
    before = plain.before(function)
    groups = groups_of(plain, function)
    assert groups
    assert {plain.the(ROLE), plain.the(FIREWALL), *groups} <= before
    assert {plain.the("AWS::EC2::VPC"), *plain.all("AWS::EC2::Subnet")} <= before
    assert plain.the("AWS::Logs::LogGroup") in before


def test_nothing_that_the_function_needs_waits_for_it(plain: Order) -> None:
    function = plain.the(FUNCTION)
    assert [name for name in plain.before(function) if function in plain.before(name)] == []


def test_the_role_goes_after_the_functions_group(plain: Order) -> None:
    """Interfaces that are left in the group are removed with the rights of the role."""
    role = plain.the(ROLE)
    own = [group for group in groups_of(plain, plain.the(FUNCTION)) if group.startswith("UserInfo")]
    assert own
    for group in own:
        assert role in plain.before(group)


def test_the_rights_to_interfaces_are_in_the_role_itself(plain: Order) -> None:
    assert _interface_rights(plain.resources[plain.the(ROLE)])
    assert plain.all(POLICY) == []


def _interface_rights(role: dict[str, Any]) -> bool:
    """Whether a role may remove network interfaces by a policy of its own resource."""
    return any(
        statement["Effect"] == "Allow" and "ec2:DeleteNetworkInterface" in statement["Action"]
        for policy in role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    )


def test_a_moved_policy_is_there_before_the_function(world: World) -> None:
    """A key that names the role makes the grants a policy; what isolates the role stays in it."""
    key = kms.Key(world.stack, "Key")
    function = world.function()
    secret = secretsmanager.Secret(world.stack, "Secret", encryption_key=key)
    secret.grant_read(function)
    order = orders(world)["App"]
    policy, role = order.the(POLICY), order.the(ROLE)
    assert policy in order.before(order.the(FUNCTION))
    # It may go before the interfaces are gone: they are not removed with what it grants.
    assert role in order.before(policy)
    assert _interface_rights(order.resources[role])


def test_the_right_to_the_log_is_there_before_the_function(world: World) -> None:
    world.function(log_encryption_key=kms.Key(world.stack, "LogKey"))
    order = orders(world)["App"]
    assert order.the(POLICY, "UserInfoRoleOwnLogs") in order.before(order.the(FUNCTION))
    assert _interface_rights(order.resources[order.the(ROLE)])


def test_what_calls_the_function_goes_first(world: World) -> None:
    queue = sqs.Queue(world.stack, "Queue", enforce_ssl=True)
    function = world.function(events=[event_sources.SqsEventSource(queue)])
    lambda_.Alias(world.stack, "Live", alias_name="live", version=function.function.current_version)
    order = orders(world)["App"]
    made = order.the(FUNCTION)
    for kind in (
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Version",
    ):
        assert made in order.before(order.the(kind)), kind


def test_what_was_connected_goes_before_the_groups(world: World) -> None:
    """A rule that is a resource of its own is made after both groups, and removed before them."""
    other = ec2.SecurityGroup(world.stack, "Other", vpc=world.network.vpc, allow_all_outbound=False)
    world.function().connections.allow_to(other, ec2.Port.tcp(5432))
    order = orders(world)["App"]
    (rule,) = order.all("AWS::EC2::SecurityGroupEgress")
    (own,) = (g for g in groups_of(order, order.the(FUNCTION)) if g.startswith("UserInfo"))
    assert {own, order.the(GROUP, "Other")} <= order.before(rule)


def test_a_function_in_another_stack_goes_before_the_whole_network(world: World) -> None:
    functions = world.new_stack("Functions")
    world.function(functions)
    found = orders(world)
    assert "App" in [stack.node.id for stack in functions.dependencies]
    order = found["Functions"]
    before = order.before(order.the(FUNCTION))
    assert {order.the(ROLE), *groups_of(order, order.the(FUNCTION))} <= before
    assert order.all(FIREWALL) == []
    assert found["App"].all(FIREWALL) != []


def test_a_function_in_a_nested_stack_goes_before_the_firewall(world: World) -> None:
    world.function(cdk.NestedStack(world.stack, "Inner"))
    found = orders(world)
    parent, inner = found["App"], nested_order(found, "Inner")
    assert parent.the(FIREWALL) in parent.before(parent.the(NESTED))
    before = inner.before(inner.the(FUNCTION))
    assert {inner.the(ROLE), *groups_of(inner, inner.the(FUNCTION))} <= before
    assert inner.all(FIREWALL) == []


def test_a_network_in_a_nested_stack_goes_after_the_function(world: World) -> None:
    network = IsolatedNetwork(cdk.NestedStack(world.stack, "Inner"), "Network")
    world.function(network=network)
    found = orders(world)
    parent, inner = found["App"], nested_order(found, "Inner")
    assert parent.the(NESTED) in parent.before(parent.the(FUNCTION))
    assert inner.all(FIREWALL) != []


def test_both_in_nested_stacks(world: World) -> None:
    network = IsolatedNetwork(cdk.NestedStack(world.stack, "InnerNetwork"), "Network")
    world.function(cdk.NestedStack(world.stack, "InnerFunction"), network=network)
    parent = orders(world)["App"]
    assert parent.the(NESTED, "InnerNetwork") in parent.before(parent.the(NESTED, "InnerFunction"))


def test_a_policy_that_somebody_made_is_not_what_interfaces_are_removed_with(world: World) -> None:
    function = world.function()
    iam.Policy(
        world.stack,
        "Extra",
        roles=[function.role],
        statements=[iam.PolicyStatement(actions=["sqs:SendMessage"], resources=["*"])],
    )
    order = orders(world)["App"]
    assert order.the(ROLE) in order.before(order.the(POLICY, "Extra"))
    assert _interface_rights(order.resources[order.the(ROLE)])
