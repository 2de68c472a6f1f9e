"""The VPC with fixed addresses: what is in it, what it leads to, and what it refuses."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork
from secure_lambda_constructs.relay.egress_vpc import RelayEgressVpc

_RULES = cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY

Resources = dict[str, dict[str, Any]]


def _stack(region: str | None = "us-east-1") -> cdk.Stack:
    env = cdk.Environment(account="111122223333", region=region) if region else None
    return cdk.Stack(cdk.App(), "App", env=env)


def _template(stack: cdk.Stack) -> dict[str, Any]:
    root = stack.node.root
    assert isinstance(root, cdk.App)
    directory = Path(root.synth().directory)
    assert json.loads((directory / "manifest.json").read_text()).get("missing") is None
    template: dict[str, Any] = json.loads((directory / "App.template.json").read_text())
    return template


def _resources(region: str | None = "us-east-1", **arguments: Any) -> Resources:
    stack = _stack(region)
    RelayEgressVpc(stack, "Partners", **arguments)
    resources: Resources = _template(stack)["Resources"]
    return resources


@pytest.fixture(scope="module")
def resources() -> Resources:
    return _resources()


def _of(resources: Resources, kind: str) -> Resources:
    return {name: r for name, r in resources.items() if r["Type"] == f"AWS::EC2::{kind}"}


def _count(resources: Resources) -> dict[str, int]:
    kinds = [resource["Type"].removeprefix("AWS::EC2::") for resource in resources.values()]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def test_what_it_is_made_of(resources: Resources) -> None:
    assert _count(resources) == {
        "EIP": 2,
        "InternetGateway": 1,
        "NatGateway": 2,
        "Route": 3,
        "RouteTable": 3,
        "SecurityGroup": 1,
        "Subnet": 4,
        "SubnetRouteTableAssociation": 4,
        "VPC": 1,
        "VPCGatewayAttachment": 1,
    }


def test_relays_leave_through_the_gateway_of_their_own_zone(resources: Resources) -> None:
    subnets, gateways = _of(resources, "Subnet"), _of(resources, "NatGateway")
    table_of = {
        association["Properties"]["SubnetId"]["Ref"]: association["Properties"]["RouteTableId"]
        for association in _of(resources, "SubnetRouteTableAssociation").values()
    }
    routes = {
        route["Properties"]["RouteTableId"]["Ref"]: route["Properties"]
        for route in _of(resources, "Route").values()
    }
    led = set()
    for name, subnet in subnets.items():
        route = routes[table_of[name]["Ref"]]
        assert route["DestinationCidrBlock"] == "0.0.0.0/0"
        if "NatGatewayId" not in route:
            assert route["GatewayId"]["Ref"] in _of(resources, "InternetGateway")
            continue
        gateway = gateways[route["NatGatewayId"]["Ref"]]["Properties"]
        outer = subnets[gateway["SubnetId"]["Ref"]]["Properties"]
        assert outer["AvailabilityZone"] == subnet["Properties"]["AvailabilityZone"]
        assert outer["CidrBlock"] != subnet["Properties"]["CidrBlock"]
        assert gateway["AllocationId"]["Fn::GetAtt"][0] in _of(resources, "EIP")
        led.add(route["NatGatewayId"]["Ref"])
    assert led == set(gateways)
    assert len(routes) == 3


def test_nothing_is_given_a_public_address_unasked(resources: Resources) -> None:
    for subnet in _of(resources, "Subnet").values():
        assert subnet["Properties"]["MapPublicIpOnLaunch"] is False


def test_there_is_no_ipv6(resources: Resources) -> None:
    assert not re.search(r"Ipv6|::/0", json.dumps(resources))


def test_relays_send_https_only_and_take_nothing(resources: Resources) -> None:
    [group] = _of(resources, "SecurityGroup").values()
    assert group["Properties"]["SecurityGroupEgress"] == [
        {
            "CidrIp": "0.0.0.0/0",
            "Description": "HTTPS to the hosts of the routes",
            "FromPort": 443,
            "IpProtocol": "tcp",
            "ToPort": 443,
        }
    ]
    assert "SecurityGroupIngress" not in group["Properties"]


def test_no_rule_can_be_added() -> None:
    stack = _stack()
    partners = RelayEgressVpc(stack, "Partners")
    partners.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.all_traffic())
    partners.security_group.connections.allow_from_any_ipv4(ec2.Port.tcp(443))
    assert _count(_template(stack)["Resources"]) == _count(_resources())


def test_addresses_stay_when_the_stack_goes_but_not_when_it_never_came(
    resources: Resources,
) -> None:
    for address in _of(resources, "EIP").values():
        assert address["DeletionPolicy"] == "RetainExceptOnCreate"
        assert address["UpdateReplacePolicy"] == "Retain"
        assert address["Properties"]["Domain"] == "vpc"


def test_what_needs_the_internet_waits_for_it(resources: Resources) -> None:
    [attachment] = _of(resources, "VPCGatewayAttachment")
    [to_internet] = [
        name for name, r in _of(resources, "Route").items() if "GatewayId" in r["Properties"]
    ]
    assert attachment in resources[to_internet]["DependsOn"]
    assert all(attachment in address["DependsOn"] for address in _of(resources, "EIP").values())
    associations = _of(resources, "SubnetRouteTableAssociation")
    for gateway in _of(resources, "NatGateway").values():
        [joined] = set(gateway["DependsOn"]) - {to_internet}
        subnet = associations[joined]["Properties"]["SubnetId"]
        assert subnet == gateway["Properties"]["SubnetId"]


def test_a_relay_can_wait_for_its_routes() -> None:
    stack = _stack()
    partners = RelayEgressVpc(stack, "Partners", max_azs=1)
    waiting = cdk.CfnResource(stack, "Waiting", type="AWS::Lambda::Function")
    waiting.node.add_dependency(partners.ready)
    kinds = {
        name.removeprefix("Partners")[:-8]
        for name in _template(stack)["Resources"]["Waiting"]["DependsOn"]
    }
    assert kinds == {"Relays1Default", "Relays1Association"}


def test_ids_are_stable_and_another_zone_moves_nothing() -> None:
    one, two = _resources(max_azs=1), _resources(max_azs=2)
    assert {name: two.get(name) for name in one} == one
    assert {name.removeprefix("Partners")[:-8] for name in one} == {
        "",
        "Address1",
        "Internet",
        "InternetAttachment",
        "Nat1",
        "Public1",
        "Public1Association",
        "PublicDefault",
        "PublicRoutes",
        "Relays",
        "Relays1",
        "Relays1Association",
        "Relays1Default",
        "Relays1Routes",
    }


def test_fixed_addresses_can_be_told_to_partners() -> None:
    stack = _stack()
    partners = RelayEgressVpc(stack, "Partners")
    cdk.CfnOutput(stack, "Addresses", value=cdk.Fn.join(",", partners.fixed_ip_addresses))
    template = _template(stack)
    [_, parts] = template["Outputs"]["Addresses"]["Value"]["Fn::Join"]
    named = [part["Fn::GetAtt"] for part in parts if isinstance(part, dict)]
    assert [attribute for _, attribute in named] == ["PublicIp"] * 2
    assert {name for name, _ in named} == set(_of(template["Resources"], "EIP"))


def test_addresses_that_the_account_has_already() -> None:
    mine = ["eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1"]
    stack = _stack()
    partners = RelayEgressVpc(stack, "Partners", allocation_ids=mine)
    assert partners.fixed_ip_addresses == []
    resources = _template(stack)["Resources"]
    assert _of(resources, "EIP") == {}
    gateways = _of(resources, "NatGateway").values()
    assert [gateway["Properties"]["AllocationId"] for gateway in gateways] == mine


def test_functions_are_put_into_the_private_subnets() -> None:
    partners = RelayEgressVpc(_stack(), "Partners")
    chosen = partners.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
    assert chosen.subnet_ids == [subnet.subnet_id for subnet in partners.subnets]
    assert len(chosen.subnet_ids) == 2
    assert partners.vpc.isolated_subnets == []


def test_an_isolated_network_refuses_it() -> None:
    stack = _stack()
    partners = RelayEgressVpc(stack, "Partners")
    with pytest.raises(InvalidInputError, match="a route to an internet gateway"):
        IsolatedNetwork.from_vpc(stack, "Network", vpc=partners.vpc)


def test_zones_and_names_of_ones_own() -> None:
    resources = _resources(
        "eu-west-1",
        availability_zones=["eu-west-1b", "eu-west-1c", "eu-west-1a"],
        ip_addresses=ec2.IpAddresses.cidr("172.20.0.0/25"),
        vpc_name="partners",
    )
    zones = [s["Properties"]["AvailabilityZone"] for s in _of(resources, "Subnet").values()]
    assert zones == [f"eu-west-1{letter}" for letter in "bbccaa"]
    [vpc] = _of(resources, "VPC").values()
    assert vpc["Properties"]["CidrBlock"] == "172.20.0.0/25"
    assert vpc["Properties"]["Tags"] == [{"Key": "Name", "Value": "partners"}]
    names = [s["Properties"]["Tags"][0]["Value"] for s in _of(resources, "EIP").values()]
    assert names == [f"partners/Address{number}" for number in (1, 2, 3)]


def test_a_stack_that_is_bound_to_nothing() -> None:
    zones = [s["Properties"]["AvailabilityZone"] for s in _of(_resources(None), "Subnet").values()]
    assert zones[0] == {"Fn::Select": [0, {"Fn::GetAZs": ""}]}


def test_addresses_of_a_pool() -> None:
    pool = ec2.IpAddresses.aws_ipam_allocation(
        ipv4_ipam_pool_id="ipam-pool-0123456789abcdef0", ipv4_netmask_length=24
    )
    [vpc] = _of(_resources(ip_addresses=pool), "VPC").values()
    assert vpc["Properties"]["Ipv4NetmaskLength"] == 24


def test_flow_logs_are_for_who_wants_them() -> None:
    stack = _stack()
    partners = RelayEgressVpc(stack, "Partners")
    resource = partners.node.find_child("Resource")
    [answers] = [entry.data for entry in resource.node.metadata if entry.type == _RULES]
    assert list(answers) == ["AwsSolutions::AwsSolutions-VPC7"]
    partners.vpc.add_flow_log("FlowLog")
    assert len(_of(_template(stack)["Resources"], "FlowLog")) == 1


@pytest.mark.parametrize(
    ("region", "zones", "total"),
    [("us-east-1", 1, "36.50"), ("us-east-1", 3, "109.50"), (None, 2, "73.00")],
)
def test_cost(region: str | None, zones: int, total: str) -> None:
    cost = RelayEgressVpc(_stack(region), "Partners", max_azs=zones).monthly_cost()
    assert cost.total == Decimal(total)
    assert cost.region == region
    assert [line.quantity for line in cost.lines] == [zones * 730] * 2
    assert "data through NAT gateways: 0.045 a GB" in str(cost)


@pytest.mark.parametrize(
    ("block", "zones", "largest"), [("10.0.0.0/27", 2, 26), ("10.0.0.0/26", 3, 25)]
)
def test_a_vpc_without_room(block: str, zones: int, largest: int) -> None:
    addresses = ec2.IpAddresses.cidr(block)
    with pytest.raises(InvalidInputError, match=rf"write a block of /{largest} or larger"):
        RelayEgressVpc(_stack(), "Partners", ip_addresses=addresses, max_azs=zones)
    addresses = ec2.IpAddresses.cidr(f"10.0.0.0/{largest}")
    RelayEgressVpc(_stack(), "Partners", ip_addresses=addresses, max_azs=zones)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"max_azs": 0}, "max_azs is 0"),
        ({"availability_zones": "us-east-1a"}, "write a list"),
        ({"ip_addresses": "10.0.0.0/24"}, r"ec2.IpAddresses.cidr\('10.0.0.0/24'\)"),
        ({"allocation_ids": "eipalloc-0123456789abcdef0"}, "write a list"),
        ({"allocation_ids": ["198.51.100.7", "198.51.100.8"]}, "no id of an Elastic IP address"),
        ({"allocation_ids": [1, 2]}, "has 1, which is no id"),
        ({"allocation_ids": ["eipalloc-0123456789abcdef0"]}, "has 1 addresses for 2"),
        ({"allocation_ids": ["eipalloc-0123456789abcdef0"] * 2}, "has 1 addresses for 2"),
        ({"allocation_ids": []}, "has 0 addresses for 2"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_refusals(arguments: dict[str, Any], sentence: str) -> None:
    stack = _stack()
    with pytest.raises(InvalidInputError, match=sentence):
        RelayEgressVpc(stack, "Partners", **arguments)
    assert stack.node.try_find_child("Partners") is None


def test_allocations_that_are_known_at_deployment() -> None:
    stack = _stack()
    parameter = cdk.CfnParameter(stack, "Allocation")
    RelayEgressVpc(stack, "Partners", max_azs=1, allocation_ids=[parameter.value_as_string])
    [gateway] = _of(_template(stack)["Resources"], "NatGateway").values()
    assert gateway["Properties"]["AllocationId"] == {"Ref": "Allocation"}
