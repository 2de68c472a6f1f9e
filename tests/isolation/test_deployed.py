"""What is read from the APIs, for networks that no example has."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pytest

from local_aws import LocalAws

from .aws_names import SERVICES
from .deployed import network_of
from .model import ALLOW_ALL, INTERNET, LOCAL, DomainRule, Network, Permission, Route
from .model import UnsupportedError as Unsupported

pytestmark = pytest.mark.local_aws

(DYNAMODB,) = SERVICES.values()


@dataclass(frozen=True)
class Vpc:
    """A VPC with one subnet and one security group, as EC2 makes them."""

    aws: LocalAws
    vpc_id: str
    subnet_id: str
    group_id: str

    def read(self) -> Network:
        return network_of(self.aws, subnet_id=self.subnet_id, group_ids=[self.group_id])

    def allow(self, **rule: Any) -> None:
        """Replace the group's rules by one."""
        ec2 = self.aws.client("ec2")
        (group,) = ec2.describe_security_groups(GroupIds=[self.group_id])["SecurityGroups"]
        if group["IpPermissionsEgress"]:
            ec2.revoke_security_group_egress(
                GroupId=self.group_id, IpPermissions=group["IpPermissionsEgress"]
            )
        if rule:
            ec2.authorize_security_group_egress(GroupId=self.group_id, IpPermissions=[rule])

    def filter_names(self, priority: int, **rule: Any) -> None:
        """Associate a group of one rule with the VPC."""
        resolver, name = self.aws.client("route53resolver"), f"read-{priority}"
        group = resolver.create_firewall_rule_group(CreatorRequestId=name, Name=name)
        group_id = group["FirewallRuleGroup"]["Id"]
        domains = resolver.create_firewall_domain_list(CreatorRequestId=name, Name=name)
        list_id = domains["FirewallDomainList"]["Id"]
        resolver.update_firewall_domains(
            FirewallDomainListId=list_id, Operation="REPLACE", Domains=[f"{priority}.example"]
        )
        resolver.create_firewall_rule(
            CreatorRequestId=name,
            FirewallRuleGroupId=group_id,
            FirewallDomainListId=list_id,
            Name=name,
            Priority=1,
            **rule,
        )
        resolver.associate_firewall_rule_group(
            CreatorRequestId=name,
            FirewallRuleGroupId=group_id,
            VpcId=self.vpc_id,
            Priority=priority,
            Name=name,
        )


@pytest.fixture
def vpc(local_aws: LocalAws) -> Iterator[Vpc]:
    ec2 = local_aws.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.9.1.0/24")["Subnet"]
    group = ec2.create_security_group(VpcId=vpc_id, GroupName="read", Description="read")
    yield Vpc(local_aws, vpc_id, subnet["SubnetId"], group["GroupId"])
    resolver = local_aws.client("route53resolver")
    found = resolver.list_firewall_rule_group_associations(VpcId=vpc_id)
    for association in found["FirewallRuleGroupAssociations"]:
        resolver.disassociate_firewall_rule_group(FirewallRuleGroupAssociationId=association["Id"])


def test_a_group_that_is_made_without_rules_lets_everything_out(vpc: Vpc) -> None:
    network = vpc.read()
    assert network.permissions == (ALLOW_ALL,)
    assert (network.vpc, network.subnet) == (
        IPv4Network("10.9.0.0/16"),
        IPv4Network("10.9.1.0/24"),
    )
    # Neither a DNS firewall nor a route of one's own.
    assert (network.domain_rules, network.routes) == ((), (Route("10.9.0.0/16", LOCAL),))


def test_a_group_whose_rules_were_taken_away_lets_nothing_out(vpc: Vpc) -> None:
    vpc.allow()
    assert vpc.read().permissions == ()


def test_a_prefix_list_is_its_addresses(vpc: Vpc) -> None:
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    vpc.allow(**https, PrefixListIds=[{"PrefixListId": DYNAMODB.prefix_list_id}])
    assert vpc.read().permissions == (Permission("tcp", DYNAMODB.block, 443, 443),)
    vpc.allow(**https, PrefixListIds=[{"PrefixListId": "pl-78a54011"}])  # of another region
    with pytest.raises(Unsupported, match="the prefix list pl-78a54011, which is not known"):
        vpc.read()


def test_a_group_is_the_addresses_of_its_interfaces(vpc: Vpc) -> None:
    ec2 = vpc.aws.client("ec2")
    made = ec2.create_security_group(VpcId=vpc.vpc_id, GroupName="other", Description="other")
    vpc.allow(
        IpProtocol="tcp", FromPort=1, ToPort=2, UserIdGroupPairs=[{"GroupId": made["GroupId"]}]
    )
    assert vpc.read().permissions == ()  # nothing is in that group
    interface = ec2.create_network_interface(
        SubnetId=vpc.subnet_id, Groups=[made["GroupId"]], PrivateIpAddress="10.9.1.77"
    )["NetworkInterface"]
    assert vpc.read().permissions == (Permission("tcp", "10.9.1.77/32", 1, 2),)
    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])


def test_a_route_to_a_gateway_is_a_way_to_the_internet(vpc: Vpc) -> None:
    ec2 = vpc.aws.client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.vpc_id)
    table = ec2.create_route_table(VpcId=vpc.vpc_id)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    local = Route("10.9.0.0/16", LOCAL)
    assert vpc.read().routes == (local,)  # the main table's
    ec2.associate_route_table(RouteTableId=table, SubnetId=vpc.subnet_id)
    assert vpc.read().routes == (local, Route("0.0.0.0/0", INTERNET))


def test_a_gateway_endpoint_is_a_route_of_the_tables_it_names(vpc: Vpc) -> None:
    ec2 = vpc.aws.client("ec2")
    table = ec2.create_route_table(VpcId=vpc.vpc_id)["RouteTable"]["RouteTableId"]
    endpoint = {"VpcId": vpc.vpc_id, "VpcEndpointType": "Gateway", "RouteTableIds": [table]}
    ec2.create_vpc_endpoint(ServiceName=DYNAMODB.name, **endpoint)
    local = Route("10.9.0.0/16", LOCAL)
    assert vpc.read().routes == (local,)
    ec2.associate_route_table(RouteTableId=table, SubnetId=vpc.subnet_id)
    assert vpc.read().routes == (local, Route(DYNAMODB.block, DYNAMODB.name))
    ec2.create_vpc_endpoint(ServiceName="com.amazonaws.us-east-1.s3", **endpoint)
    with pytest.raises(Unsupported, match=r"an endpoint of com\.amazonaws\.us-east-1\.s3"):
        vpc.read()


def test_rules_for_names_are_in_the_order_of_their_groups(vpc: Vpc) -> None:
    vpc.filter_names(300, Action="BLOCK", BlockResponse="NODATA", Qtype="TXT")
    vpc.filter_names(200, Action="ALLOW")
    assert vpc.read().domain_rules == (
        DomainRule("ALLOW", ("200.example",)),
        DomainRule("BLOCK", ("300.example",), "TXT", "NODATA"),
    )


@pytest.mark.parametrize(
    "rule",
    [
        {
            "BlockResponse": "OVERRIDE",
            "BlockOverrideDomain": "a.example",
            "BlockOverrideDnsType": "CNAME",
            "BlockOverrideTtl": 1,
        },
        {"BlockResponse": "NODATA", "Qtype": "TYPE65"},
    ],
    ids=["an answer of one's own", "a type by its number"],
)
def test_a_rule_for_names_that_is_not_known_is_refused(vpc: Vpc, rule: dict[str, Any]) -> None:
    vpc.filter_names(400, Action="BLOCK", **rule)
    with pytest.raises(Unsupported, match="a DNS firewall rule that is not known"):
        vpc.read()


def test_a_second_block_of_addresses_is_refused(vpc: Vpc) -> None:
    vpc.aws.client("ec2").associate_vpc_cidr_block(VpcId=vpc.vpc_id, CidrBlock="10.10.0.0/16")
    with pytest.raises(Unsupported, match="more than one block"):
        vpc.read()
