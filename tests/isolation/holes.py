"""Holes made with the APIs in what is deployed, and closed again."""

import contextlib
from collections.abc import Iterator

from local_aws import LocalAws

from .attacker import DNS_ZONE

__all__ = ["HOLES"]

_ANYTHING = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
_ANYWHERE = "0.0.0.0/0"


@contextlib.contextmanager
def _rule(aws: LocalAws, function: str) -> Iterator[None]:
    """One of the function's security groups lets everything out."""
    ec2 = aws.client("ec2")
    group = _vpc_config(aws, function)["SecurityGroupIds"][0]
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=_ANYTHING)
    try:
        yield
    finally:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=_ANYTHING)


@contextlib.contextmanager
def _route(aws: LocalAws, function: str) -> Iterator[None]:
    """The table of the function's subnet has a route to an internet gateway."""
    ec2, config = aws.client("ec2"), _vpc_config(aws, function)
    subnet = {"Name": "association.subnet-id", "Values": config["SubnetIds"][:1]}
    (table,) = ec2.describe_route_tables(Filters=[subnet])["RouteTables"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    route = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": _ANYWHERE}
    attachment = {"InternetGatewayId": gateway, "VpcId": config["VpcId"]}
    ec2.attach_internet_gateway(**attachment)
    ec2.create_route(**route, GatewayId=gateway)
    try:
        yield
    finally:
        ec2.delete_route(**route)
        ec2.detach_internet_gateway(**attachment)
        ec2.delete_internet_gateway(InternetGatewayId=gateway)


@contextlib.contextmanager
def _names(aws: LocalAws, function: str) -> Iterator[None]:
    """The list of the first rule of the DNS firewall has the attacker's names too."""
    resolver = aws.client("route53resolver")
    (association,) = resolver.list_firewall_rule_group_associations(
        VpcId=_vpc_config(aws, function)["VpcId"]
    )["FirewallRuleGroupAssociations"]
    rules = resolver.list_firewall_rules(FirewallRuleGroupId=association["FirewallRuleGroupId"])
    first = min(rules["FirewallRules"], key=lambda rule: int(rule["Priority"]))
    domain_list = {"FirewallDomainListId": first["FirewallDomainListId"]}
    domains = resolver.list_firewall_domains(**domain_list)["Domains"]
    change = {**domain_list, "Operation": "REPLACE"}
    resolver.update_firewall_domains(**change, Domains=[*domains, f"*.{DNS_ZONE}"])
    try:
        yield
    finally:
        resolver.update_firewall_domains(**change, Domains=domains)


HOLES = {"rule": _rule, "route": _route, "names": _names}
"""The holes by what is opened."""


def _vpc_config(aws: LocalAws, function: str) -> dict[str, list[str]]:
    configuration = aws.client("lambda").get_function_configuration(FunctionName=function)
    return dict(configuration["VpcConfig"])
