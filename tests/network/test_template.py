"""What an isolated network deploys."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork

from .conftest import Synthesize


def properties(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]


def test_logical_ids_are_locked(agnostic: dict[str, Any]) -> None:
    assert {(name, item["Type"]) for name, item in agnostic["Resources"].items()} == {
        ("Network1C6012B5", "AWS::EC2::VPC"),
        ("NetworkDnsFirewallAllowedE16FFFD0", "AWS::Route53Resolver::FirewallDomainList"),
        (
            "NetworkDnsFirewallAssociation37FA3BA1",
            "AWS::Route53Resolver::FirewallRuleGroupAssociation",
        ),
        ("NetworkDnsFirewallEverythingF55B9CF7", "AWS::Route53Resolver::FirewallDomainList"),
        ("NetworkDnsFirewallRules4B1F22BA", "AWS::Route53Resolver::FirewallRuleGroup"),
        ("NetworkRouteTableAC67A54F", "AWS::EC2::RouteTable"),
        ("NetworkSubnet18D1B2567", "AWS::EC2::Subnet"),
        ("NetworkSubnet1Routes74054046", "AWS::EC2::SubnetRouteTableAssociation"),
        ("NetworkSubnet29A0E8491", "AWS::EC2::Subnet"),
        ("NetworkSubnet2RoutesFAB460C2", "AWS::EC2::SubnetRouteTableAssociation"),
        ("NetworkDynamoDb60DC9FAE", "AWS::EC2::VPCEndpoint"),
        ("Group", "AWS::EC2::SecurityGroup"),
    }


def test_vpc_resolves_names_and_has_no_ipv6(agnostic: dict[str, Any]) -> None:
    (vpc,) = properties(agnostic, "AWS::EC2::VPC")
    assert vpc == {
        "CidrBlock": "10.0.0.0/16",
        "EnableDnsHostnames": True,
        "EnableDnsSupport": True,
        "Tags": [{"Key": "Name", "Value": "App/Network"}],
    }


def test_zones_are_chosen_at_deployment(bound: dict[str, Any]) -> None:
    subnets = properties(bound, "AWS::EC2::Subnet")
    assert [subnet["AvailabilityZone"] for subnet in subnets] == [
        {"Fn::Select": [index, {"Fn::GetAZs": ""}]} for index in range(2)
    ]
    assert [subnet["CidrBlock"] for subnet in subnets] == ["10.0.0.0/24", "10.0.1.0/24"]
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)
    assert not any("Ipv6CidrBlock" in subnet for subnet in subnets)


def test_subnets_share_a_route_table_without_routes(agnostic: dict[str, Any]) -> None:
    associations = properties(agnostic, "AWS::EC2::SubnetRouteTableAssociation")
    assert [item["RouteTableId"] for item in associations] == [
        {"Ref": "NetworkRouteTableAC67A54F"}
    ] * 2
    assert properties(agnostic, "AWS::EC2::Route") == []


def test_another_zone_moves_no_subnet(synthesize: Synthesize) -> None:
    two, three = synthesize()["Resources"], synthesize(max_azs=3)["Resources"]
    assert set(three) - set(two) == {"NetworkSubnet3A939DFC0", "NetworkSubnet3Routes1430B245"}
    assert {name: item for name, item in three.items() if name in two} == two


def test_zones_addresses_and_names_can_be_chosen(synthesize: Synthesize) -> None:
    template = synthesize(
        availability_zones=["eu-west-1a", "eu-west-1c"],
        ip_addresses=ec2.IpAddresses.cidr("10.20.0.0/20"),
        subnet_cidr_mask=26,
        vpc_name="closed",
    )
    subnets = properties(template, "AWS::EC2::Subnet")
    assert [subnet["AvailabilityZone"] for subnet in subnets] == ["eu-west-1a", "eu-west-1c"]
    assert [subnet["CidrBlock"] for subnet in subnets] == ["10.20.0.0/26", "10.20.0.64/26"]
    assert {"Key": "Name", "Value": "closed/Subnet2"} in subnets[1]["Tags"]


def test_subnets_can_fill_the_network(synthesize: Synthesize) -> None:
    template = synthesize(ip_addresses=ec2.IpAddresses.cidr("10.0.0.0/23"))
    blocks = [subnet["CidrBlock"] for subnet in properties(template, "AWS::EC2::Subnet")]
    assert blocks == ["10.0.0.0/24", "10.0.1.0/24"]


def test_addresses_can_come_from_a_pool(synthesize: Synthesize) -> None:
    template = synthesize(
        ip_addresses=ec2.IpAddresses.aws_ipam_allocation(
            ipv4_ipam_pool_id="ipam-pool-1", ipv4_netmask_length=20
        )
    )
    (vpc,) = properties(template, "AWS::EC2::VPC")
    assert (vpc["Ipv4IpamPoolId"], vpc["Ipv4NetmaskLength"]) == ("ipam-pool-1", 20)
    assert "CidrBlock" not in vpc
    assert "Fn::Cidr" in str(properties(template, "AWS::EC2::Subnet")[0]["CidrBlock"])


def test_subnets_are_found_again_by_a_look_up(agnostic: dict[str, Any]) -> None:
    for subnet in properties(agnostic, "AWS::EC2::Subnet"):
        assert {"Key": "aws-cdk:subnet-type", "Value": "Isolated"} in subnet["Tags"]


def test_endpoint_binds_caller_and_table_to_the_account(bound: dict[str, Any]) -> None:
    (endpoint,) = properties(bound, "AWS::EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert endpoint["RouteTableIds"] == [{"Ref": "NetworkRouteTableAC67A54F"}]
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Allow", "*")
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:PrincipalAccount": "111122223333",
            "aws:ResourceAccount": "111122223333",
        }
    }
    assert statement["Resource"] == {
        "Fn::Join": [
            "",
            ["arn:", {"Ref": "AWS::Partition"}, ":dynamodb:eu-west-1:111122223333:table/*"],
        ]
    }


def test_endpoint_carries_item_actions_only(bound: dict[str, Any]) -> None:
    (endpoint,) = properties(bound, "AWS::EC2::VPCEndpoint")
    actions = endpoint["PolicyDocument"]["Statement"][0]["Action"]
    assert {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"} <= set(actions)
    assert not [action for action in actions if "*" in action]
    assert not {
        "dynamodb:DeleteTable",
        "dynamodb:ExportTableToPointInTime",
        "dynamodb:PutResourcePolicy",
        "dynamodb:UpdateTable",
    } & set(actions)


def test_dns_answers_the_endpoint_names_only(agnostic: dict[str, Any]) -> None:
    allowed, everything = properties(agnostic, "AWS::Route53Resolver::FirewallDomainList")
    suffix = [{"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]
    assert allowed["Domains"] == [
        {"Fn::Join": ["", ["dynamodb.", *suffix]]},
        {"Fn::Join": ["", ["*.ddb.", *suffix]]},
    ]
    assert everything["Domains"] == ["*"]
    (group,) = properties(agnostic, "AWS::Route53Resolver::FirewallRuleGroup")
    allow, block = group["FirewallRules"]
    assert allow["Priority"] < block["Priority"]
    assert allow["FirewallDomainRedirectionAction"] == "INSPECT_REDIRECTION_DOMAIN"
    assert (block["Action"], block["BlockResponse"]) == ("BLOCK", "NXDOMAIN")
    assert "Qtype" not in block
    assert "Qtype" not in allow


def test_dns_firewall_cannot_be_detached(agnostic: dict[str, Any], synthesize: Synthesize) -> None:
    kind = "AWS::Route53Resolver::FirewallRuleGroupAssociation"
    (association,) = properties(agnostic, kind)
    assert association["MutationProtection"] == "ENABLED"
    assert association["VpcId"] == {"Ref": "Network1C6012B5"}
    (loose,) = properties(synthesize(dns_firewall_mutation_protection=False), kind)
    assert loose["MutationProtection"] == "DISABLED"


def test_security_group_has_its_one_rule_inline(bound: dict[str, Any]) -> None:
    (group,) = properties(bound, "AWS::EC2::SecurityGroup")
    assert group["SecurityGroupEgress"] == [
        {
            "Description": "DynamoDB through the gateway endpoint",
            "DestinationPrefixListId": "pl-6fa54006",
            "FromPort": 443,
            "IpProtocol": "tcp",
            "ToPort": 443,
        }
    ]
    assert "SecurityGroupIngress" not in group


def test_nothing_is_vended(agnostic: dict[str, Any]) -> None:
    kinds = {resource["Type"] for resource in agnostic["Resources"].values()}
    assert not [kind for kind in kinds if "Lambda" in kind or "Custom" in kind]
    for kind in ("InternetGateway", "NatGateway", "VPNGateway", "Route"):
        assert f"AWS::EC2::{kind}" not in kinds


def test_parts_are_those_of_the_cdk() -> None:
    network = IsolatedNetwork(cdk.Stack(cdk.App(), "App"), "Network")
    assert [subnet.subnet_id for subnet in network.subnets] == [
        subnet.subnet_id for subnet in network.vpc.isolated_subnets
    ]
    assert network.vpc.public_subnets == []
    assert network.vpc.private_subnets == []
    assert isinstance(network.dynamodb_endpoint, ec2.GatewayVpcEndpoint)
    assert len(network.allowed_dns_names) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_azs": 0}, "max_azs is 0; write a number from 1 to 6, which is as many"),
        ({"max_azs": 300}, "max_azs is 300; write a number from 1 to 6"),
        ({"max_azs": "2"}, "max_azs is '2'; write a number from 1 to 6"),
        ({"max_azs": True}, "max_azs is True; write a number from 1 to 6"),
        ({"subnet_cidr_mask": "24"}, "subnet_cidr_mask is '24'; write a prefix length from 16"),
        (
            {"ip_addresses": "10.1.0.0/16"},
            r"ip_addresses is '10.1.0.0/16'; write .*=ec2.IpAddresses.cidr\('10.1.0.0/16'\)",
        ),
        ({"ip_addresses": 10}, r"ip_addresses is 10; write ip_addresses=ec2.IpAddresses.cidr\('10"),
        (
            {"ip_addresses": ec2.IpAddresses.cidr("10.0.0.0/24")},
            "ip_addresses gives the VPC 10.0.0.0/24, in which there is no room for 2 subnets of "
            "/24; write a larger block, or subnet_cidr_mask=25$",
        ),
        (
            {"ip_addresses": ec2.IpAddresses.cidr("10.0.0.0/24"), "max_azs": 5},
            "no room for 5 subnets of /24; write a larger block, or subnet_cidr_mask=27$",
        ),
        (
            {
                "ip_addresses": ec2.IpAddresses.cidr("10.0.0.0/28"),
                "availability_zones": ["eu-west-1a", "eu-west-1b"],
                "subnet_cidr_mask": 28,
            },
            "no room for 2 subnets of /28; write a larger block$",
        ),
        (
            {
                "ip_addresses": ec2.IpAddresses.aws_ipam_allocation(
                    ipv4_ipam_pool_id="ipam-pool-1", ipv4_netmask_length=24
                )
            },
            "ip_addresses gives the VPC /24, in which there is no room for 2 subnets of /24",
        ),
        (
            {"max_azs": 2, "availability_zones": ["eu-west-1a"]},
            "max_azs and availability_zones were both given; write one of them",
        ),
        (
            {"availability_zones": "eu-west-1a"},
            r"availability_zones is the string 'eu-west-1a'; write a list: \['eu-west-1a'\]",
        ),
        ({"subnet_cidr_mask": 29}, "subnet_cidr_mask is 29; write a prefix length from 16 to 28"),
    ],
)
def test_refused(arguments: dict[str, Any], message: str) -> None:
    stack = cdk.Stack(cdk.App(), "App")
    with pytest.raises(InvalidInputError, match=message):
        IsolatedNetwork(stack, "Network", **arguments)
    assert stack.node.try_find_child("Network") is None
