"""Changes by hand, one for each thing that an audit compares, and what it must find then."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from .world import ACCOUNT, REGION, World, make_zip

__all__ = ["ALONE", "CHANGES", "SECRET", "Change"]

SECRET = "hunter2-of-production"
_ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
_ANYBODY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


class Change(NamedTuple):
    """A change by hand.

    Attributes:
        make: Makes it, and says how it is taken back.
        found: The kinds of what is found, each with a part of what is found and the call that
            CloudTrail has for it.
    """

    make: Callable[[World], object]
    found: dict[str, tuple[str, str]]


def _configuration(world: World) -> None:
    functions, was = world.functions, world.configuration
    variables = was["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=world.orders,
        Timeout=900,
        Environment={"Variables": {"GREETING": SECRET, "NODE_OPTIONS": SECRET}},
    )
    world.then(
        functions.update_function_configuration,
        FunctionName=world.orders,
        Timeout=3,
        Environment={"Variables": variables},
    )


def _layers(world: World) -> None:
    functions = world.functions
    layer = functions.publish_layer_version(
        LayerName="unsigned", Content={"ZipFile": make_zip("layer")}
    )["LayerVersionArn"]
    was = [each["Arn"] for each in world.configuration["Layers"]]
    world.set_policy("Warn")
    functions.update_function_configuration(FunctionName=world.orders, Layers=[*was, layer])
    world.set_policy("Enforce")
    world.then(functions.update_function_configuration, FunctionName=world.orders, Layers=was)


def _outside(world: World) -> None:
    functions, was = world.functions, world.configuration["VpcConfig"]
    nowhere: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}
    functions.update_function_configuration(FunctionName=world.orders, VpcConfig=nowhere)
    world.then(
        functions.update_function_configuration,
        FunctionName=world.orders,
        VpcConfig={name: was[name] for name in nowhere},
    )


def _unsigned(world: World) -> None:
    version, _ = world.foreign_version()
    world.replace_code(make_zip("by hand"), world.other_config(version, "Warn"))


def _old_version(world: World) -> None:
    """Publish unsigned code as a version, and put back the code of `$LATEST`."""
    functions, was = world.functions, len(world.undo)
    _unsigned(world)
    world.settle()
    made = functions.publish_version(FunctionName=world.orders)["Version"]
    while len(world.undo) > was:
        world.undo.pop()()
    world.settle()
    world.then(functions.delete_function, FunctionName=world.orders, Qualifier=made)


def _foreign(world: World) -> None:
    version, code = world.foreign_version()
    world.replace_code(code, world.other_config(version))


def _no_config(world: World) -> None:
    world.functions.delete_function_code_signing_config(FunctionName=world.orders)
    world.then(world.set_config, arn=world.config)


def _other_config(world: World) -> None:
    version, _ = world.foreign_version()
    was = world.config
    world.set_config(world.other_config(version))
    world.then(world.set_config, arn=was)


def _warn(world: World) -> None:
    world.set_policy("Warn")
    world.then(world.set_policy, policy="Enforce")


def _concurrency(world: World) -> None:
    functions, name = world.functions, world.relay
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=50)
    world.then(
        functions.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=5
    )


def _alias(world: World) -> None:
    functions, name = world.functions, world.orders
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    world.then(functions.update_alias, FunctionName=name, Name="live", FunctionVersion="1")


def _alias_gone(world: World) -> None:
    functions, name = world.functions, world.orders
    functions.delete_alias(FunctionName=name, Name="live")
    world.then(functions.create_alias, FunctionName=name, Name="live", FunctionVersion="1")


def _permission(principal: str) -> Callable[[World], None]:
    def make(world: World) -> None:
        functions, name = world.functions, world.orders
        about = {"FunctionName": name, "StatementId": f"by-hand-{principal.replace('*', 'all')}"}
        functions.add_permission(**about, Action="lambda:InvokeFunction", Principal=principal)
        world.then(functions.remove_permission, **about)

    return make


def _url(kind: str, **qualifier: str) -> Callable[[World], None]:
    def make(world: World) -> None:
        about = {"FunctionName": world.orders, **qualifier}
        world.functions.create_function_url_config(**about, AuthType=kind)
        world.then(world.functions.delete_function_url_config, **about)

    return make


def _endpoint_policy(world: World) -> None:
    ec2, identifier = world.ec2, world.of_type("AWS::EC2::VPCEndpoint", "DynamoDb")
    [found] = ec2.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"]
    ec2.modify_vpc_endpoint(VpcEndpointId=identifier, PolicyDocument=json.dumps(_ANYBODY))
    world.then(
        ec2.modify_vpc_endpoint, VpcEndpointId=identifier, PolicyDocument=found["PolicyDocument"]
    )


def _endpoint(world: World) -> None:
    made = world.ec2.create_vpc_endpoint(
        VpcId=world.vpc, ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway"
    )["VpcEndpoint"]["VpcEndpointId"]
    world.then(world.ec2.delete_vpc_endpoints, VpcEndpointIds=[made])


def _route(world: World) -> None:
    ec2, table = world.ec2, world.of_type("AWS::EC2::RouteTable")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    world.then(ec2.delete_internet_gateway, InternetGatewayId=gateway)
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=world.vpc)
    world.then(ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=world.vpc)
    to = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.create_route(**to, GatewayId=gateway)
    world.then(ec2.delete_route, **to)


def _group(world: World) -> None:
    ec2, group = world.ec2, world.of_type("AWS::EC2::SecurityGroup", "Orders")
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])
    world.then(ec2.revoke_security_group_egress, GroupId=group, IpPermissions=[rule])


def _domain(world: World) -> None:
    allowed = world.of_type("AWS::Route53Resolver::FirewallDomainList", "Allowed")
    name = {"FirewallDomainListId": allowed}
    was = world.dns.list_firewall_domains(**name)["Domains"]
    change = world.dns.update_firewall_domains
    change(**name, Operation="ADD", Domains=["t.attacker.example"])
    world.then(change, **name, Operation="REPLACE", Domains=was)


def _dns_rule(world: World) -> None:
    group = world.of_type("AWS::Route53Resolver::FirewallRuleGroup")
    everything = world.of_type("AWS::Route53Resolver::FirewallDomainList", "Everything")
    rule = {"FirewallRuleGroupId": group, "FirewallDomainListId": everything}
    world.dns.update_firewall_rule(**rule, Action="ALERT")
    world.then(world.dns.update_firewall_rule, **rule, Action="BLOCK", BlockResponse="NXDOMAIN")


def _protection(world: World) -> None:
    association = world.of_type("AWS::Route53Resolver::FirewallRuleGroupAssociation")
    name = "FirewallRuleGroupAssociationId"
    change = world.dns.update_firewall_rule_group_association
    change(**{name: association}, MutationProtection="DISABLED")
    world.then(change, **{name: association}, MutationProtection="ENABLED")


def _fails_open(world: World) -> None:
    world.dns.update_firewall_config(ResourceId=world.vpc, FirewallFailOpen="ENABLED")
    world.then(world.dns.update_firewall_config, ResourceId=world.vpc, FirewallFailOpen="DISABLED")


def _role(world: World) -> dict[str, str]:
    return {"RoleName": world.configuration["Role"].rsplit("/", 1)[-1]}


def _policies(world: World) -> None:
    role = _role(world)
    world.iam.attach_role_policy(**role, PolicyArn=_ADMIN)
    world.then(world.iam.detach_role_policy, **role, PolicyArn=_ADMIN)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [everything]}
    policy = {"PolicyName": "by-hand", "PolicyDocument": json.dumps(document)}
    world.iam.put_role_policy(**role, **policy)
    world.then(world.iam.delete_role_policy, **role, PolicyName="by-hand")


def _trust(world: World) -> None:
    found = world.functions.get_function_configuration(FunctionName=world.relay)
    role = {"RoleName": found["Role"].rsplit("/", 1)[-1]}
    was = world.iam.get_role(**role)["Role"]["AssumeRolePolicyDocument"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "333344445555"},
        "Action": "sts:AssumeRole",
    }
    for_all = was | {"Statement": [*was["Statement"], statement]}
    change = world.iam.update_assume_role_policy
    change(**role, PolicyDocument=json.dumps(for_all))
    world.then(change, **role, PolicyDocument=json.dumps(was))


def _no_boundary(world: World) -> None:
    role, boundary = _role(world), f"arn:aws:iam::{ACCOUNT}:policy/AuditedBoundary"
    world.iam.delete_role_permissions_boundary(**role)
    world.then(world.iam.put_role_permissions_boundary, **role, PermissionsBoundary=boundary)


def _wide_boundary(world: World) -> None:
    arn = {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/AuditedBoundary"}
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    made = world.iam.create_policy_version(
        **arn,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        SetAsDefault=True,
    )["PolicyVersion"]["VersionId"]
    world.then(world.iam.delete_policy_version, **arn, VersionId=made)
    world.then(world.iam.set_default_policy_version, **arn, VersionId="v1")


def _shadow(world: World) -> None:
    world.create_function()


_CODE = "UpdateFunctionCode20150331v2"
_CONFIGURATION = "UpdateFunctionConfiguration20150331v2"

CHANGES: dict[str, Change] = {
    "configuration": Change(
        _configuration,
        {
            "configuration-changed": (
                "Environment: NODE_OPTIONS added; Environment.GREETING differs",
                _CONFIGURATION,
            )
        },
    ),
    "unsigned-layer": Change(
        _layers,
        {
            "configuration-changed": ("layer:unsigned:", _CONFIGURATION),
            "unsigned-layer": ("layer:unsigned:", _CONFIGURATION),
        },
    ),
    "outside-network": Change(
        _outside,
        {
            "configuration-changed": ("removed", _CONFIGURATION),
            "outside-network": ("no subnets in $LATEST", _CONFIGURATION),
        },
    ),
    "unsigned-code": Change(
        _unsigned,
        {
            "code-changed": ("CodeSha256 ", _CODE),
            "unsigned-code": ("Lambda has checked on $LATEST", _CODE),
        },
    ),
    "unsigned-version": Change(
        _old_version, {"unsigned-code": ("no signature that Lambda has checked on 2", _CODE)}
    ),
    "foreign-signature": Change(
        _foreign,
        {
            "code-changed": ("CodeSha256 ", _CODE),
            "foreign-signature": ("$LATEST signed by arn:aws:signer:", _CODE),
        },
    ),
    "no-signing-config": Change(
        _no_config, {"no-signing-config": ("none", "DeleteFunctionCodeSigningConfig")}
    ),
    "other-signing-config": Change(
        _other_config,
        {
            "foreign-signature": ("$LATEST, 1 signed by arn:aws:signer:", _CODE),
            "signing-changed": ("CodeSigningConfigArn arn:", "PutFunctionCodeSigningConfig"),
        },
    ),
    "warn": Change(
        _warn,
        {
            "signing-changed": ("UntrustedArtifactOnDeployment Warn", "UpdateCodeSigningConfig"),
            "signing-not-enforced": ("Warn in arn:aws:lambda:", "UpdateCodeSigningConfig"),
        },
    ),
    "concurrency": Change(
        _concurrency,
        {
            "configuration-changed": (
                "ReservedConcurrentExecutions 50",
                "PutFunctionConcurrency",
            )
        },
    ),
    "alias": Change(
        _alias, {"configuration-changed": ("FunctionVersion $LATEST", "UpdateAlias20150331")}
    ),
    "alias-gone": Change(_alias_gone, {"resource-missing": ("gone", "DeleteAlias")}),
    "open-permission": Change(
        _permission("333344445555"),
        {"permission-open": ("by-hand-333344445555 admits arn:aws:iam::", "AddPermission")},
    ),
    "public-permission": Change(
        _permission("*"), {"permission-open": ("statement by-hand-all admits *", "AddPermission")}
    ),
    "own-permission": Change(
        _permission(ACCOUNT),
        {"permission-added": (f"by-hand-{ACCOUNT}: arn:aws:iam::2222", "AddPermission")},
    ),
    "open-url": Change(
        _url("NONE"), {"url-open": ("AuthType NONE on $LATEST", "CreateFunctionUrlConfig")}
    ),
    "own-url": Change(
        _url("AWS_IAM", Qualifier="live"),
        {"url-added": ("AuthType AWS_IAM on live", "CreateFunctionUrlConfig")},
    ),
    "endpoint-policy": Change(
        _endpoint_policy, {"endpoint-changed": ("another PolicyDocument", "ModifyVpcEndpoint")}
    ),
    "endpoint": Change(
        _endpoint,
        {
            "endpoint-added": ("Gateway endpoint to com.amazonaws.", "CreateVpcEndpoint"),
            "endpoint-open": ("any principals and resources", "CreateVpcEndpoint"),
        },
    ),
    "route": Change(
        _route,
        {
            "gateway-added": ("internet gateway in vpc-", "AttachInternetGateway"),
            "route-added": ("0.0.0.0/0 through igw-", "CreateRoute"),
        },
    ),
    "security-group": Change(
        _group,
        {
            "security-group-changed": (
                "Egress: tcp 443 0.0.0.0/0 added",
                "AuthorizeSecurityGroupEgress",
            )
        },
    ),
    "dns-domain": Change(
        _domain,
        {"dns-changed": ("Domains: t.attacker.example added", "UpdateFirewallDomains")},
    ),
    "dns-rule": Change(
        _dns_rule,
        {
            "dns-changed": ("200 ALERT", "UpdateFirewallRule"),
            "dns-open": ("has ALERT for the domain *", "UpdateFirewallRule"),
        },
    ),
    "dns-protection": Change(
        _protection,
        {
            "dns-changed": (
                "MutationProtection DISABLED",
                "UpdateFirewallRuleGroupAssociation",
            )
        },
    ),
    "dns-fails-open": Change(
        _fails_open, {"dns-fails-open": ("FirewallFailOpen ENABLED", "UpdateFirewallConfig")}
    ),
    "policies": Change(
        _policies,
        {
            "role-changed": (
                f"Policies: by-hand added; ManagedPolicyArns: {_ADMIN} added",
                "PutRolePolicy",
            )
        },
    ),
    "trust": Change(
        _trust, {"role-changed": ("another AssumeRolePolicyDocument", "UpdateAssumeRolePolicy")}
    ),
    "no-boundary": Change(
        _no_boundary,
        {"boundary-missing": ("PermissionsBoundary none", "DeleteRolePermissionsBoundary")},
    ),
    "wide-boundary": Change(
        _wide_boundary, {"policy-changed": ("another PolicyDocument", "CreatePolicyVersion")}
    ),
    "shadow-function": Change(
        _shadow,
        {
            "no-signing-config": ("none", "CreateFunction20150331"),
            "outside-network": ("no subnets in $LATEST", "CreateFunction20150331"),
            "unsigned-code": ("Lambda has checked on $LATEST", "CreateFunction20150331"),
        },
    ),
}
ALONE = (
    "configuration",
    "unsigned-layer",
    "outside-network",
    "unsigned-code",
    "unsigned-version",
    "foreign-signature",
    "no-signing-config",
    "other-signing-config",
    "warn",
    "alias-gone",
    "dns-rule",
)
"""Changes of the same things, which are made one after the other; all others at once."""
