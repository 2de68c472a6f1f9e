"""The register of these ways, and networks in the CDK's L2 constructs, closed as the mends say."""

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53resolver as resolver
from constructs import Construct

from ..register import Ways

__all__ = [
    "ACCOUNT",
    "FOREIGN",
    "HTTPS",
    "INSIDE",
    "ITEMS",
    "WAYS",
    "Network",
    "allow",
    "isolated_vpc",
    "stack_of",
]

WAYS = Ways()

ACCOUNT = "444455556666"
FOREIGN = "210987654321"

HTTPS = ec2.Port.tcp(443)
INSIDE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)

_PREFIX_LISTS = {
    "us-east-1": {"dynamodb": "pl-02cd2c6b", "s3": "pl-63a5400a"},
    "eu-west-1": {"dynamodb": "pl-6fa54006", "s3": "pl-6da54004"},
}
_SERVICES = ("dynamodb", "s3", "lambda", "sts", "sqs", "kms", "logs", "secretsmanager", "ssm")
ITEMS = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
]


def stack_of(app: Construct, name: str = "App", *, region: str | None = "us-east-1") -> cdk.Stack:
    """Return a stack of the account in `region`; bound to nothing where that is None."""
    env = None if region is None else cdk.Environment(account=ACCOUNT, region=region)
    return cdk.Stack(app, name, env=env)


def allow(
    actions: Sequence[str], resources: Sequence[str], conditions: dict[str, Any] | None = None
) -> iam.PolicyStatement:
    """Return what an endpoint allows everybody who meets `conditions`."""
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=list(actions),
        resources=list(resources),
        conditions=conditions,
    )


def isolated_vpc(scope: Construct, id: str = "Vpc", **more: Any) -> ec2.Vpc:
    """Return a VPC that nothing leads out of."""
    arguments: dict[str, Any] = {
        "create_internet_gateway": False,
        "nat_gateways": 0,
        "restrict_default_security_group": False,
        "subnet_configuration": [
            ec2.SubnetConfiguration(name="inside", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        ],
    }
    region = cdk.Stack.of(scope).region
    if cdk.Token.is_unresolved(region):
        arguments["max_azs"] = 1
    else:
        arguments["availability_zones"] = [f"{region}a"]
    return ec2.Vpc(scope, id, **{**arguments, **more})


class Network:
    """A VPC with the security group of its functions, endpoints and a DNS firewall.

    Attributes:
        stack: The stack it is in.
        vpc: The VPC.
        group: The security group of the functions.
        doors: That of the interface endpoints; None as long as there are none.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        vpc: ec2.IVpc | None = None,
        group: ec2.ISecurityGroup | None = None,
        rules: Sequence[resolver.CfnFirewallRuleGroup.FirewallRuleProperty] | None = None,
        names: Sequence[str] = (),
        has_firewall: bool = True,
        mutation_protection: str | None = "ENABLED",
    ) -> None:
        """Make it, in a VPC of its own if none is given.

        Args:
            stack: The stack it is in.
            vpc: The VPC.
            group: The security group of the functions.
            rules: The rules of the DNS firewall. By default the names of AWS and no other.
            names: What it lets through beside these.
            has_firewall: Whether there is one.
            mutation_protection: What the association of the firewall says.
        """
        self.stack = stack
        self.vpc = isolated_vpc(stack) if vpc is None else vpc
        self.group = self.new_group("Clients") if group is None else group
        self.doors: ec2.SecurityGroup | None = None
        self._lists: cdk.CfnMapping | None = None
        if has_firewall:
            self.firewall(rules or self.rules(names), mutation_protection)

    def own(
        self,
        actions: Sequence[str],
        resources: Sequence[str],
        *,
        keys: Sequence[str] = ("aws:PrincipalAccount", "aws:ResourceAccount"),
    ) -> iam.PolicyStatement:
        """Return an Allow of an endpoint that binds `keys` to the account."""
        return allow(actions, resources, {"StringEquals": dict.fromkeys(keys, self.stack.account)})

    def new_group(self, id: str) -> ec2.SecurityGroup:
        """Return a security group that lets nothing out."""
        return ec2.SecurityGroup(
            self.stack, id, vpc=self.vpc, description=id, allow_all_outbound=False
        )

    def rules(
        self, names: Sequence[str] = (), **more: Any
    ) -> list[resolver.CfnFirewallRuleGroup.FirewallRuleProperty]:
        """Return the rules that let through AWS and `names`; `more` is said of these."""
        host = f"{self.stack.region}.amazonaws.com"
        allowed = [f"{service}.{host}" for service in _SERVICES]
        return [
            resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
                action="ALLOW",
                priority=100,
                firewall_domain_list_id=self.domains("Names", [*allowed, f"*.ddb.{host}", *names]),
                **more,
            ),
            self.blocked(200),
        ]

    def blocked(
        self, priority: int, **more: Any
    ) -> resolver.CfnFirewallRuleGroup.FirewallRuleProperty:
        """Return the rule that blocks every name."""
        return resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
            action="BLOCK",
            block_response="NXDOMAIN",
            priority=priority,
            firewall_domain_list_id=self.domains(f"All{priority}", ["*"]),
            **more,
        )

    def domains(self, id: str, names: Sequence[str]) -> str:
        """Return the id of a new list of names."""
        return resolver.CfnFirewallDomainList(self.stack, id, domains=list(names)).attr_id

    def firewall(
        self,
        rules: Sequence[resolver.CfnFirewallRuleGroup.FirewallRuleProperty],
        mutation_protection: str | None = "ENABLED",
        *,
        vpc: ec2.IVpc | None = None,
    ) -> None:
        """Make a DNS firewall of `rules`, and associate it with `vpc`; with the own one if None."""
        group = resolver.CfnFirewallRuleGroup(self.stack, "Rules", firewall_rules=list(rules))
        resolver.CfnFirewallRuleGroupAssociation(
            self.stack,
            "Firewall",
            firewall_rule_group_id=group.attr_id,
            mutation_protection=mutation_protection,
            priority=101,
            vpc_id=(self.vpc if vpc is None else vpc).vpc_id,
        )

    def prefix_list(self, service: str) -> ec2.IPeer:
        """Return the addresses of the gateway endpoints of `service`."""
        if not cdk.Token.is_unresolved(self.stack.region):
            return ec2.Peer.prefix_list(_PREFIX_LISTS[self.stack.region][service])
        if self._lists is None:
            self._lists = cdk.CfnMapping(self.stack, "Lists", mapping=_PREFIX_LISTS)
        return ec2.Peer.prefix_list(self._lists.find_in_map(cdk.Aws.REGION, service))

    def gateway(
        self, service: str, *statements: iam.PolicyStatement, subnets: Any = None
    ) -> ec2.GatewayVpcEndpoint:
        """Return a gateway endpoint of `dynamodb` or `s3`, and let the functions out to it."""
        known = ec2.GatewayVpcEndpointAwsService
        endpoint = ec2.GatewayVpcEndpoint(
            self.stack,
            f"{service.capitalize()}Endpoint",
            vpc=self.vpc,
            service=known.DYNAMODB if service == "dynamodb" else known.S3,
            subnets=[INSIDE] if subnets is None else subnets,
        )
        for statement in statements:
            endpoint.add_to_policy(statement)
        self.group.add_egress_rule(self.prefix_list(service), HTTPS, service)
        return endpoint

    def interface(
        self,
        id: str,
        service: ec2.IInterfaceVpcEndpointService,
        *statements: iam.PolicyStatement,
        **more: Any,
    ) -> ec2.InterfaceVpcEndpoint:
        """Return an interface endpoint with a policy, for the functions alone."""
        if self.doors is None:
            self.doors = self.new_group("Doors")
            self.doors.add_ingress_rule(self.group, HTTPS, "functions")
            self.group.add_egress_rule(self.doors, HTTPS, "endpoints")
        arguments = {"open": False, "private_dns_enabled": True, "security_groups": [self.doors]}
        endpoint = ec2.InterfaceVpcEndpoint(
            self.stack,
            id,
            vpc=self.vpc,
            service=service,
            subnets=INSIDE,
            **{**arguments, **more},
        )
        for statement in statements:
            endpoint.add_to_policy(statement)
        return endpoint
