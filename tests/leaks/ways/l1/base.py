"""A plain app in the CDK's L1 constructs, closed on every path, that the ways change.

A function in a VPC of its own with a table; on demand a bucket, a queue, interface endpoints, and a
relay outside. Everything is public: a way changes or adds what it is about.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53resolver as resolver
from aws_cdk import aws_signer as signer
from constructs import Construct

from ..register import Ways

__all__ = [
    "ACCOUNT",
    "AGNOSTIC",
    "CENTRAL",
    "DATA",
    "EU",
    "ITEMS",
    "OTHER",
    "US",
    "WAYS",
    "WRITES",
    "Base",
    "Statement",
    "allow",
    "deny",
    "document",
    "log_group",
    "role",
    "subnet",
    "trust",
    "vpc",
]

WAYS = Ways()

ACCOUNT = "444455556666"
# Another one of ours, if a stack is bound to it, and that of somebody else.
DATA = "555566667777"
OTHER = "777788889999"
US = cdk.Environment(account=ACCOUNT, region="us-east-1")
EU = cdk.Environment(account=ACCOUNT, region="eu-west-1")
CENTRAL = cdk.Environment(region="eu-central-1")
AGNOSTIC = cdk.Environment()

# https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
_PREFIX_LISTS = {
    "us-east-1": {"dynamodb": "pl-02cd2c6b", "s3": "pl-63a5400a"},
    "eu-central-1": {"dynamodb": "pl-66a5400f", "s3": "pl-6ea54007"},
    "eu-west-1": {"dynamodb": "pl-6fa54006", "s3": "pl-6da54004"},
}

ITEMS = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
WRITES = ["logs:CreateLogStream", "logs:PutLogEvents"]
_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
_FROM_CODE = {"lambda:SourceFunctionArn": "false"}

Statement = dict[str, Any]


def allow(actions: str | list[str], resources: str | list[str], **more: Any) -> Statement:
    """Return an Allow."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(condition: dict[str, Any], **what: Any) -> Statement:
    """Return a Deny for every resource."""
    return {"Effect": "Deny", "Resource": "*", "Condition": condition, **what}


def document(*statements: Statement) -> dict[str, Any]:
    """Return a policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(*principals: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the trust policy of a role."""
    return document(
        *(
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
            for principal in principals
        )
    )


def role(
    stack: cdk.Stack, name: str, *statements: Statement, service: str = "lambda"
) -> iam.CfnRole:
    """Make a role that a service takes, with one policy."""
    policy = iam.CfnRole.PolicyProperty(policy_name="own", policy_document=document(*statements))
    return iam.CfnRole(
        stack,
        name,
        assume_role_policy_document=trust({"Service": f"{service}.amazonaws.com"}),
        policies=[policy] if statements else None,
    )


def log_group(stack: cdk.Stack, name: str, log_group_name: str | None = None) -> logs.CfnLogGroup:
    """Make a log group."""
    return logs.CfnLogGroup(stack, name, log_group_name=log_group_name, retention_in_days=90)


def vpc(stack: cdk.Stack, name: str, network: str = "10.8.0.0/16") -> ec2.CfnVPC:
    """Make a VPC."""
    return ec2.CfnVPC(
        stack, name, cidr_block=network, enable_dns_hostnames=True, enable_dns_support=True
    )


def subnet(stack: cdk.Stack, name: str, of: ec2.CfnVPC, number: int = 0) -> ec2.CfnSubnet:
    """Make a subnet, one in each availability zone."""
    return ec2.CfnSubnet(
        stack,
        name,
        vpc_id=of.ref,
        availability_zone=cdk.Fn.select(number, cdk.Fn.get_azs()),
        cidr_block=cdk.Fn.select(number, cdk.Fn.cidr(of.attr_cidr_block, 8, "8")),
    )


class Base:
    """The app: its stacks, and each of its parts.

    What the function uses is in the stack `shared`, which is the function's own or another one.
    """

    def __init__(
        self,
        app: Construct,
        *,
        env: cdk.Environment = US,
        name: str = "App",
        is_apart: bool = False,
    ) -> None:
        """Make the parts that every way needs."""
        self.stack = cdk.Stack(app, name, env=env)
        self.shared = cdk.Stack(app, "Shared", env=env) if is_apart else self.stack
        self.account, self.region = self.stack.account, self.stack.region
        self.own = {"aws:PrincipalAccount": self.account, "aws:ResourceAccount": self.account}
        self._signing()
        self._network()
        self._tables()
        self._firewall()
        self._orders()

    def _signing(self) -> None:
        self.profile = signer.CfnSigningProfile(
            self.shared, "Profile", platform_id="AWSLambda-SHA384-ECDSA"
        )
        self.signing = self.signing_config("Signing", "Enforce")

    def signing_config(self, name: str, policy: str) -> lambda_.CfnCodeSigningConfig:
        """Make a code signing config of the own profile."""
        return lambda_.CfnCodeSigningConfig(
            self.shared,
            name,
            allowed_publishers=lambda_.CfnCodeSigningConfig.AllowedPublishersProperty(
                signing_profile_version_arns=[self.profile.attr_profile_version_arn]
            ),
            code_signing_policies=lambda_.CfnCodeSigningConfig.CodeSigningPoliciesProperty(
                untrusted_artifact_on_deployment=policy
            ),
        )

    def _network(self) -> None:
        self.vpc = vpc(self.shared, "Vpc", "10.0.0.0/16")
        self.routes = ec2.CfnRouteTable(self.shared, "Routes", vpc_id=self.vpc.ref)
        self.subnets = [self.routed_subnet("SubnetA", 0), self.routed_subnet("SubnetB", 1)]
        self.prefix_lists = cdk.CfnMapping(self.shared, "PrefixLists", mapping=_PREFIX_LISTS)
        self.egress: list[cdk.IResolvable | ec2.CfnSecurityGroup.EgressProperty] = [
            self.to_gateway("dynamodb")
        ]
        self.group = ec2.CfnSecurityGroup(
            self.shared,
            "Group",
            group_description="Orders",
            security_group_egress=self.egress,
            vpc_id=self.vpc.ref,
        )

    def routed_subnet(self, name: str, number: int) -> ec2.CfnSubnet:
        """Make a subnet of the functions."""
        made = subnet(self.shared, name, self.vpc, number)
        ec2.CfnSubnetRouteTableAssociation(
            self.shared, f"{name}Routes", route_table_id=self.routes.ref, subnet_id=made.ref
        )
        return made

    def to_gateway(self, service: str) -> ec2.CfnSecurityGroup.EgressProperty:
        """Return the rule that lets out to a gateway endpoint."""
        addresses = self.prefix_lists.find_in_map(self.region, service)
        return self.https(destination_prefix_list_id=addresses)

    def https(self, **to: str) -> ec2.CfnSecurityGroup.EgressProperty:
        """Return a rule for HTTPS."""
        return ec2.CfnSecurityGroup.EgressProperty(
            ip_protocol="tcp", from_port=443, to_port=443, **to
        )

    def let_out(self, *rules: ec2.CfnSecurityGroup.EgressProperty) -> None:
        """Add rules to the group of the function."""
        self.egress = [*self.egress, *rules]
        self.group.security_group_egress = self.egress

    def _tables(self) -> None:
        self.table = dynamodb.CfnTable(
            self.shared,
            "Table",
            key_schema=[dynamodb.CfnTable.KeySchemaProperty(attribute_name="id", key_type="HASH")],
            attribute_definitions=[
                dynamodb.CfnTable.AttributeDefinitionProperty(
                    attribute_name="id", attribute_type="S"
                )
            ],
            billing_mode="PAY_PER_REQUEST",
        )
        self.items_statement = self.through(ITEMS, self.table.attr_arn)
        self.tables = self.gateway("Tables", "dynamodb", self.items_statement)

    def through(
        self, actions: str | list[str], resources: str | list[str], *, condition: Any = None
    ) -> Statement:
        """Return an Allow for the policy of an endpoint."""
        held = {"StringEquals": self.own} if condition is None else condition
        return allow(actions, resources, Principal="*", Condition=held)

    def gateway(self, name: str, service: str, *statements: Statement) -> ec2.CfnVPCEndpoint:
        """Make a gateway endpoint."""
        return ec2.CfnVPCEndpoint(
            self.shared,
            name,
            policy_document=document(*statements),
            route_table_ids=[self.routes.ref],
            service_name=f"com.amazonaws.{self.region}.{service}",
            vpc_id=self.vpc.ref,
        )

    def _firewall(self) -> None:
        suffix = f"{self.region}.{cdk.Aws.URL_SUFFIX}"
        self.names = [f"dynamodb.{suffix}", f"*.ddb.{suffix}"]
        self.known = resolver.CfnFirewallDomainList(self.shared, "Known", domains=self.names)
        self.all = resolver.CfnFirewallDomainList(self.shared, "All", domains=["*"])
        self.rules = resolver.CfnFirewallRuleGroup(
            self.shared, "Rules", firewall_rules=[self.letting(self.known, 100), self.blocking()]
        )
        self.firewall = resolver.CfnFirewallRuleGroupAssociation(
            self.shared,
            "Firewall",
            firewall_rule_group_id=self.rules.attr_id,
            mutation_protection="ENABLED",
            priority=101,
            vpc_id=self.vpc.ref,
        )

    def letting(
        self, names: resolver.CfnFirewallDomainList, priority: int
    ) -> resolver.CfnFirewallRuleGroup.FirewallRuleProperty:
        """Return the rule that lets names through."""
        return resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
            action="ALLOW",
            firewall_domain_list_id=names.attr_id,
            firewall_domain_redirection_action="INSPECT_REDIRECTION_DOMAIN",
            priority=priority,
        )

    def blocking(self) -> resolver.CfnFirewallRuleGroup.FirewallRuleProperty:
        """Return the rule that blocks all other names."""
        return resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
            action="BLOCK",
            block_response="NXDOMAIN",
            firewall_domain_list_id=self.all.attr_id,
            priority=200,
        )

    def answer(self, *names: str) -> None:
        """Add names of services to those that the firewall lets through."""
        suffix = f"{self.region}.{cdk.Aws.URL_SUFFIX}"
        self.names = [*self.names, *(f"{name}.{suffix}" for name in names)]
        self.known.domains = self.names

    def _orders(self) -> None:
        self.denies = [
            deny({"Null": _FROM_CODE}, Action="ec2:*"),
            deny(
                {
                    "StringNotEquals": {"aws:SourceVpc": self.vpc.ref},
                    "BoolIfExists": {"aws:ViaAWSService": "false"},
                    "Null": _FROM_CODE,
                },
                NotAction=WRITES,
            ),
        ]
        self.logs = log_group(self.stack, "OrdersLogs")
        self.items = self.inside(ITEMS, self.table.attr_arn)
        self.rights = [
            allow(WRITES, self.logs.attr_arn),
            allow(_INTERFACES, "*"),
            self.items,
            *self.denies,
        ]
        self.role = role(self.stack, "OrdersRole", *self.rights)
        self.function = self.signed("Orders", self.role, self.logs, vpc_config=self.place())

    def inside(self, actions: str | list[str], resources: str | list[str]) -> Statement:
        """Return an Allow that holds in the VPC."""
        condition = {"StringEquals": {"aws:SourceVpc": self.vpc.ref}}
        return allow(actions, resources, Condition=condition)

    def place(self) -> lambda_.CfnFunction.VpcConfigProperty:
        """Return the place of the function."""
        return lambda_.CfnFunction.VpcConfigProperty(
            security_group_ids=[self.group.attr_group_id],
            subnet_ids=[subnet.ref for subnet in self.subnets],
        )

    def signed(
        self,
        name: str,
        of: iam.CfnRole,
        logs_to: logs.CfnLogGroup,
        *,
        stack: cdk.Stack | None = None,
        **more: Any,
    ) -> lambda_.CfnFunction:
        """Make a function with signed code."""
        return lambda_.CfnFunction(
            stack or self.stack,
            name,
            code=lambda_.CfnFunction.CodeProperty(s3_bucket="artifacts", s3_key=f"{name}.zip"),
            handler="index.handler",
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=logs_to.ref),
            role=of.attr_arn,
            runtime="python3.14",
            **{"code_signing_config_arn": self.signing.attr_code_signing_config_arn, **more},
        )

    def grant(self, *statements: Statement) -> None:
        """Add statements to the role of the function."""
        self.rights = [*self.rights, *statements]
        policy = document(*self.rights)
        self.role.policies = [iam.CfnRole.PolicyProperty(policy_name="own", policy_document=policy)]
