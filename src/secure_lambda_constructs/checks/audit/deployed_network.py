"""Endpoints, security groups, routes and the DNS firewall against the templates they came from."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .calls import Account
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .documents import canonical_policy
from .findings import Finding
from .intrinsics import has_unknown
from .network import list_domains, list_endpoints, list_rules

__all__ = [
    "compare_association",
    "compare_domain_list",
    "compare_endpoint",
    "compare_routes",
    "compare_rule_group",
    "compare_security_group",
    "find_added_endpoints",
]

_GROUP = "AWS::EC2::SecurityGroup"
_ROUTES = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
# What a template and what EC2 call the other side of a rule.
_PEERS = (
    ("CidrIp", "IpRanges", "CidrIp"),
    ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
    ("SourceSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    ("DestinationSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    ("SourcePrefixListId", "PrefixListIds", "PrefixListId"),
    ("DestinationPrefixListId", "PrefixListIds", "PrefixListId"),
)
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_ALL = {"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}


def compare_endpoint(
    account: Account, stack: DeployedStack, resource: Resource
) -> list[Finding] | None:
    """Compare an endpoint with its template.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.

    Returns:
        What differs and what cannot be told; `None` where the endpoint is gone.

    Raises:
        UnreadError: The endpoints cannot be listed.
    """
    found = {each["VpcEndpointId"]: each for each in list_endpoints(account, stack.region)}
    live = found.get(resource.physical)
    if live is None:
        return None
    wanted = resource.properties
    comparison = Comparison(resource, stack.region, resource.physical)
    policy = wanted.get("PolicyDocument")
    if has_unknown(policy):
        comparison.cannot_tell("PolicyDocument")
    elif policy is not None and canonical_policy(policy) != canonical_policy(live["Policy"]):
        comparison.differs("PolicyDocument as in the template", "another PolicyDocument")
    for name in ("RouteTableIds", "SubnetIds"):
        comparison.check_set(name, wanted.get(name) or [], live.get(name) or [])
    if wanted.get("VpcEndpointType") == "Interface":
        if wanted.get("SecurityGroupIds") is not None:  # else that of the VPC
            groups = [each["GroupId"] for each in live.get("Groups") or ()]
            comparison.check_set("SecurityGroupIds", wanted["SecurityGroupIds"], groups)
        private = live.get("PrivateDnsEnabled")
        wants = wanted.get("PrivateDnsEnabled")
        comparison.check("PrivateDnsEnabled", wants, private, default=False)
    return comparison.findings("endpoint-changed")


def find_added_endpoints(
    account: Account, region: str, vpc: Resource, deployed: Iterable[str]
) -> Iterator[Finding]:
    """Find the endpoints of a VPC that no stack of the assembly has.

    Args:
        account: The connection.
        region: The region.
        vpc: The VPC.
        deployed: Ids of the endpoints of all stacks.

    Raises:
        UnreadError: The endpoints cannot be listed.
    """
    for endpoint in list_endpoints(account, region):
        identifier = endpoint["VpcEndpointId"]
        if endpoint["VpcId"] == vpc.physical and identifier not in deployed:
            found = f"{endpoint.get('VpcEndpointType')} endpoint to {endpoint.get('ServiceName')}"
            found += f" in {vpc.physical}"
            should, trail = "no such endpoint", (identifier, vpc.physical)
            yield Finding("endpoint-added", region, identifier, should, found, vpc.path, trail)


def compare_routes(
    account: Account, region: str, vpc: Resource, resources: Sequence[Resource]
) -> Iterator[Finding]:
    """Find the routes of a VPC that lead out of it and that no stack of the assembly has.

    Args:
        account: The connection.
        region: The region.
        vpc: The VPC.
        resources: All resources of the assembly in the region.

    Raises:
        UnreadError: The routes cannot be listed.
    """
    wanted = {
        (str(each.properties.get("RouteTableId")), str(each.properties.get(name)))
        for each in resources
        if each.type == "AWS::EC2::Route"
        for name in _ROUTES
        if each.properties.get(name)
    }
    answer = account.ask(region, "ec2", "DescribeRouteTables", "the route tables")
    for table in answer["RouteTables"]:
        identifier = table["RouteTableId"]
        if table["VpcId"] != vpc.physical:
            continue
        for route in table["Routes"]:
            to = next((str(route[name]) for name in _ROUTES if route.get(name)), "")
            through = next(
                (
                    str(value)
                    for name, value in route.items()
                    if name.endswith(("Id", "Arn")) and name not in _ROUTES and value
                ),
                "nothing",
            )
            inside = through == "local" or through.startswith("vpce-")
            if not inside and (identifier, to) not in wanted:
                found, trail = f"{to} through {through}", (identifier, vpc.physical)
                should = "no such route"
                yield Finding("route-added", region, identifier, should, found, vpc.path, trail)


def compare_security_group(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding] | None:
    """Compare the rules of a security group with those of all templates.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region, whose rules may be for the group.

    Returns:
        What differs and what cannot be told; `None` where the group is gone.

    Raises:
        UnreadError: The groups cannot be listed.
    """
    answer = account.ask(stack.region, "ec2", "DescribeSecurityGroups", "the security groups")
    live = next(
        (each for each in answer["SecurityGroups"] if each["GroupId"] == resource.physical), None
    )
    if live is None:
        return None
    comparison = Comparison(resource, stack.region, resource.physical)
    for direction, key in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        apart = [
            each.properties
            for each in resources
            if each.type == f"{_GROUP}{direction}"
            and each.properties.get("GroupId") == resource.physical
        ]
        rules = [*(resource.properties.get(f"{_GROUP[10:]}{direction}") or []), *apart]
        if not rules and direction == "Egress":
            rules = [_ALL]  # what EC2 adds where a template says nothing
        if has_unknown(rules):
            comparison.cannot_tell(direction)
            continue
        now = set().union(*map(_live_rules, live.get(key) or ()))
        comparison.check_set(direction, map(_rule, rules), now)
    return comparison.findings("security-group-changed")


def _rule(rule: dict[str, Any]) -> str:
    peer = next((str(rule[name]) for name, _, _ in _PEERS if rule.get(name)), "unknown")
    return _named(rule, peer)


def _live_rules(permission: dict[str, Any]) -> set[str]:
    peers = {
        str(each[name])
        for _, group, name in _PEERS
        for each in permission.get(group) or ()
        if each.get(name)
    }
    return {_named(permission, peer) for peer in peers}


def _named(rule: dict[str, Any], peer: str) -> str:
    given = str(rule.get("IpProtocol"))
    protocol = _PROTOCOLS.get(given, given)
    if protocol == "-1":
        return f"all traffic {peer}"
    ports = "-".join(dict.fromkeys(str(rule.get(name, "")) for name in ("FromPort", "ToPort")))
    return f"{protocol} {ports} {peer}"


def compare_domain_list(
    account: Account, stack: DeployedStack, resource: Resource
) -> list[Finding]:
    """Compare the names in a domain list with its template.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.

    Raises:
        UnreadError: The list cannot be read.
    """
    comparison = Comparison(resource, stack.region, resource.physical)
    domains = resource.properties.get("Domains")
    if domains is not None:  # else they come from a file
        names = [each if has_unknown(each) else str(each).rstrip(".") for each in domains]
        live = list_domains(account, stack.region, resource.physical)
        comparison.check_set("Domains", names, live)
    else:
        comparison.cannot_tell("Domains (the template names a file)")
    return comparison.findings("dns-changed")


def compare_rule_group(account: Account, stack: DeployedStack, resource: Resource) -> list[Finding]:
    """Compare the rules of a DNS firewall rule group with its template.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.

    Raises:
        UnreadError: The rules cannot be listed.
    """
    comparison = Comparison(resource, stack.region, resource.physical)
    wanted = resource.properties.get("FirewallRules") or []
    if has_unknown(wanted):
        comparison.cannot_tell("FirewallRules")
    else:
        live = list_rules(account, stack.region, resource.physical)
        comparison.check_set("FirewallRules", map(_dns_rule, wanted), map(_dns_rule, live))
    return comparison.findings("dns-changed")


def _dns_rule(rule: dict[str, Any]) -> str:
    advanced = rule.get("DnsThreatProtection")
    matched = f"{advanced} {rule.get('ConfidenceThreshold')}" if advanced else ""
    parts = [
        str(rule.get("Priority")),
        str(rule.get("Action")),
        str(rule.get("BlockResponse") or ""),
        str(rule.get("BlockOverrideDomain") or "").rstrip("."),
        str(rule.get("FirewallDomainListId") or matched),
        str(rule.get("Qtype") or ""),
        str(rule.get("FirewallDomainRedirectionAction") or "INSPECT_REDIRECTION_DOMAIN"),
    ]
    return " ".join(each for each in parts if each)


def compare_association(
    account: Account, stack: DeployedStack, resource: Resource
) -> list[Finding] | None:
    """Compare what ties a rule group to a VPC with its template.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.

    Returns:
        What differs and what cannot be told; `None` where the association is gone.

    Raises:
        UnreadError: The associations cannot be listed.
    """
    vpc = resource.properties.get("VpcId")
    comparison = Comparison(resource, stack.region, resource.physical)
    if not isinstance(vpc, str):
        comparison.cannot_tell("VpcId")
        return comparison.findings("dns-changed")
    answer = account.ask(
        stack.region,
        "route53resolver",
        "ListFirewallRuleGroupAssociations",
        f"the VPC {vpc}",
        VpcId=vpc,
    )
    found = {each["Id"]: each for each in answer["FirewallRuleGroupAssociations"]}
    live = found.get(resource.physical)
    if live is None:
        return None
    for name, default in (
        ("FirewallRuleGroupId", None),
        ("Priority", None),
        ("MutationProtection", "DISABLED"),
    ):
        comparison.check(name, resource.properties.get(name), live.get(name), default=default)
    return comparison.findings("dns-changed")
