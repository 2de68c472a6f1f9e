"""Reads from the APIs what decides about a function's packets and queries."""

import base64
import hashlib
import urllib.request
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from local_aws import LocalAws

from .aws_names import SERVICES, service_of_prefix_list
from .dns import QUERY_TYPES
from .model import INTERNET, LOCAL, DomainRule, Function, Network, Permission, Route
from .model import UnsupportedError as Unsupported

__all__ = ["network_of", "read_function", "read_network"]


def read_function(aws: LocalAws, name: str) -> Function:
    """The deployed function with its code."""
    found = aws.client("lambda").get_function(FunctionName=name)
    configuration = found["Configuration"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(found["Code"]["Location"], timeout=30) as answer:
        archive = bytes(answer.read())
    digest = base64.b64encode(hashlib.sha256(archive).digest()).decode()
    assert digest == configuration["CodeSha256"]
    return Function(
        name=name,
        handler=configuration["Handler"],
        variables=dict(configuration.get("Environment", {}).get("Variables", {})),
        archive=archive,
    )


def read_network(aws: LocalAws, function: str) -> Network:
    """The network of a function, in the first of its subnets.

    Raises:
        UnsupportedError: Something is deployed that the packet test does not know.
    """
    configuration = aws.client("lambda").get_function_configuration(FunctionName=function)
    given = configuration["VpcConfig"]
    return network_of(aws, subnet_id=given["SubnetIds"][0], group_ids=given["SecurityGroupIds"])


def network_of(aws: LocalAws, *, subnet_id: str, group_ids: list[str]) -> Network:
    """The network of whatever has an interface in a subnet with some security groups.

    Raises:
        UnsupportedError: Something is deployed that the packet test does not know.
    """
    ec2 = aws.client("ec2")
    (subnet,) = ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    (vpc,) = ec2.describe_vpcs(VpcIds=[subnet["VpcId"]])["Vpcs"]
    if len(vpc["CidrBlockAssociationSet"]) != 1 or vpc.get("Ipv6CidrBlockAssociationSet"):
        raise Unsupported("the VPC has more than one block of addresses")
    groups = ec2.describe_security_groups(GroupIds=group_ids)["SecurityGroups"]
    return Network(
        vpc=IPv4Network(vpc["CidrBlock"]),
        subnet=IPv4Network(subnet["CidrBlock"]),
        permissions=tuple(
            permission
            for group in groups
            for given in group["IpPermissionsEgress"]
            for permission in _permissions(ec2, given)
        ),
        routes=tuple(_routes(ec2, subnet)),
        domain_rules=tuple(_domain_rules(aws.client("route53resolver"), subnet["VpcId"])),
    )


def _permissions(ec2: Any, given: dict[str, Any]) -> Iterator[Permission]:
    """A permission of the API as one for each block of addresses."""
    blocks = [each["CidrIp"] for each in given.get("IpRanges", [])]
    blocks += [each["CidrIpv6"] for each in given.get("Ipv6Ranges", [])]
    blocks += [
        service_of_prefix_list(each["PrefixListId"]).block
        for each in given.get("PrefixListIds", [])
    ]
    groups = [each["GroupId"] for each in given.get("UserIdGroupPairs", [])]
    if groups:
        interfaces = ec2.describe_network_interfaces(
            Filters=[{"Name": "group-id", "Values": groups}]
        )["NetworkInterfaces"]
        blocks += [f"{each['PrivateIpAddress']}/32" for each in interfaces]
    for block in blocks:
        yield Permission(
            given["IpProtocol"], block, given.get("FromPort", -1), given.get("ToPort", -1)
        )


def _routes(ec2: Any, subnet: dict[str, Any]) -> Iterator[Route]:
    """The routes of a subnet's table, or of the VPC's main table if it has none of its own."""
    (vpc, own), main = _filters(subnet), {"Name": "association.main", "Values": ["true"]}
    tables = ec2.describe_route_tables(Filters=[vpc, own])["RouteTables"]
    (table,) = tables or ec2.describe_route_tables(Filters=[vpc, main])["RouteTables"]
    endpoints = {
        each["VpcEndpointId"]: each["ServiceName"]
        for each in ec2.describe_vpc_endpoints(Filters=[vpc])["VpcEndpoints"]
    }
    for route in table["Routes"]:
        destination = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")
        gateway = route.get("GatewayId", "")
        if gateway == "local":
            yield Route(destination, LOCAL)
        elif gateway in endpoints:
            # The stand-in has ids of its own for the lists of gateway endpoints.
            service = endpoints[gateway]
            if service not in SERVICES:
                raise Unsupported(f"there is an endpoint of {service}, which is not known")
            yield Route(SERVICES[service].block, service)
        elif destination is None:
            raise Unsupported(f"there is a route without a block of addresses: {route}")
        else:
            yield Route(destination, INTERNET)


def _filters(subnet: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        {"Name": "vpc-id", "Values": [subnet["VpcId"]]},
        {"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]},
    )


def _domain_rules(resolver: Any, vpc_id: str) -> Iterator[DomainRule]:
    """The rules of all groups of a VPC: by the group's priority, then by the rule's.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-rule-settings.html
    """
    associations = resolver.list_firewall_rule_group_associations(VpcId=vpc_id)
    for association in _by_priority(associations["FirewallRuleGroupAssociations"]):
        rules = resolver.list_firewall_rules(FirewallRuleGroupId=association["FirewallRuleGroupId"])
        for rule in _by_priority(rules["FirewallRules"]):
            response, query_type = rule.get("BlockResponse", "NXDOMAIN"), rule.get("Qtype")
            known = response != "OVERRIDE" and query_type in (None, *QUERY_TYPES)
            if "FirewallDomainListId" not in rule or not known:
                raise Unsupported(f"there is a DNS firewall rule that is not known: {rule}")
            domains = resolver.list_firewall_domains(
                FirewallDomainListId=rule["FirewallDomainListId"]
            )["Domains"]
            yield DomainRule(rule["Action"], tuple(domains), query_type, response)


def _by_priority(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda each: int(each["Priority"]))
