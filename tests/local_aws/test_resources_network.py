"""Networks: what a template says can be read back."""

import json
from typing import Any

import pytest

from local_aws import LocalAws

from .stacks import TRUST, Stack, check, policy_document, resource
from .support import unique

pytestmark = pytest.mark.local_aws

Resources = dict[str, Any]


def test_network(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")

    def read(ids: dict[str, str]) -> Any:
        def attribute(name: str, key: str) -> bool:
            found = ec2.describe_vpc_attribute(VpcId=ids["Vpc"], Attribute=name)
            return bool(found[key]["Value"])

        (endpoint,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[ids["Endpoint"]])["VpcEndpoints"]
        (subnet,) = ec2.describe_subnets(SubnetIds=[ids["Subnet"]])["Subnets"]
        (vpc,) = ec2.describe_vpcs(VpcIds=[ids["Vpc"]])["Vpcs"]
        tables = {ids["TableA"]: "A", ids["TableB"]: "B"}
        policy = json.loads(endpoint["PolicyDocument"])
        return {
            "support": attribute("enableDnsSupport", "EnableDnsSupport"),
            "hostnames": attribute("enableDnsHostnames", "EnableDnsHostnames"),
            "tags": {each["Key"]: each["Value"] for each in vpc.get("Tags", [])},
            "subnet tags": {each["Key"]: each["Value"] for each in subnet.get("Tags", [])},
            "action": policy["Statement"][0]["Action"],
            "tables": sorted(tables[each] for each in endpoint["RouteTableIds"]),
            "zone": subnet["AvailabilityZone"],
        }

    def resources(hostnames: bool, name: str, action: str, tables: tuple[str, ...]) -> Resources:
        tags = [{"Key": "Name", "Value": name}]
        vpc = {"Ref": "Vpc"}
        statement = policy_document(action)["Statement"][0] | {"Principal": "*"}
        return {
            "Vpc": resource(
                "AWS::EC2::VPC", CidrBlock="10.8.0.0/16", EnableDnsHostnames=hostnames, Tags=tags
            ),
            "Subnet": resource(
                "AWS::EC2::Subnet",
                VpcId=vpc,
                CidrBlock="10.8.0.0/24",
                AvailabilityZone={"Fn::Select": [0, {"Fn::GetAZs": ""}]},
                Tags=tags,
            ),
            "TableA": resource("AWS::EC2::RouteTable", VpcId=vpc),
            "TableB": resource("AWS::EC2::RouteTable", VpcId=vpc),
            "Link": resource(
                "AWS::EC2::SubnetRouteTableAssociation",
                SubnetId={"Ref": "Subnet"},
                RouteTableId={"Ref": "TableA"},
            ),
            "Endpoint": resource(
                "AWS::EC2::VPCEndpoint",
                VpcId=vpc,
                ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.dynamodb"},
                VpcEndpointType="Gateway",
                RouteTableIds=[{"Ref": each} for each in tables],
                PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
            ),
        }

    def expected(hostnames: bool, name: str, action: str, tables: list[str]) -> dict[str, Any]:
        return {
            "support": True,
            "hostnames": hostnames,
            "tags": {"Name": name},
            "subnet tags": {"Name": name},
            "action": action,
            "tables": tables,
            "zone": "us-east-1a",
        }

    check(
        aws,
        resources(True, "one", "dynamodb:GetItem", ("TableA",)),
        resources(False, "two", "dynamodb:Query", ("TableA", "TableB")),
        read,
        (
            expected(True, "one", "dynamodb:GetItem", ["A"]),
            expected(False, "two", "dynamodb:Query", ["A", "B"]),
        ),
    )


def _https(**peer: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **peer}


def test_security_group_has_exactly_its_inline_rules(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")

    def peers(permissions: list[dict[str, Any]]) -> list[Any]:
        return [
            (
                each["IpProtocol"],
                each.get("FromPort"),
                [peer["CidrIp"] for peer in each.get("IpRanges", [])]
                + [peer["PrefixListId"] for peer in each.get("PrefixListIds", [])]
                + ["group" for _ in each.get("UserIdGroupPairs", [])],
            )
            for each in permissions
        ]

    def read(ids: dict[str, str]) -> Any:
        (group,) = ec2.describe_security_groups(GroupIds=[ids["Group"]])["SecurityGroups"]
        return peers(group["IpPermissionsEgress"]), peers(group["IpPermissions"])

    def resources(egress: list[Any], ingress: list[Any]) -> Resources:
        def group(**rules: Any) -> dict[str, Any]:
            return resource(
                "AWS::EC2::SecurityGroup", GroupDescription="d", VpcId={"Ref": "Vpc"}, **rules
            )

        return {
            "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.7.0.0/16"),
            "Other": group(),
            "Group": group(
                **({"SecurityGroupEgress": egress} if egress else {}),
                **({"SecurityGroupIngress": ingress} if ingress else {}),
            ),
        }

    other = {"Fn::GetAtt": ["Other", "GroupId"]}
    check(
        aws,
        resources([_https(DestinationPrefixListId="pl-02cd2c6b", Description="to the table")], []),
        resources(
            [_https(DestinationSecurityGroupId=other)], [_https(SourceSecurityGroupId=other)]
        ),
        read,
        (
            ([("tcp", 443, ["pl-02cd2c6b"])], []),
            ([("tcp", 443, ["group"])], [("tcp", 443, ["group"])]),
        ),
    )
    # Without any egress rule EC2 allows everything.
    check(
        aws,
        resources([], []),
        resources([_https(CidrIp="10.0.0.0/8")], []),
        read,
        (([("-1", None, ["0.0.0.0/0"])], []), ([("tcp", 443, ["10.0.0.0/8"])], [])),
    )


def test_rules_of_their_own_take_the_default_away(aws: LocalAws) -> None:
    ec2, stack = aws.client("ec2"), Stack(aws)
    group = {"Fn::GetAtt": ["Group", "GroupId"]}
    base = {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.6.0.0/16"),
        "Group": resource("AWS::EC2::SecurityGroup", GroupDescription="d", VpcId={"Ref": "Vpc"}),
    }
    rules = {
        "Out": resource(
            "AWS::EC2::SecurityGroupEgress",
            GroupId=group,
            **_https(DestinationPrefixListId="pl-63a5400a"),
        ),
        "In": resource(
            "AWS::EC2::SecurityGroupIngress", GroupId=group, **_https(CidrIp="10.0.0.0/8")
        ),
    }

    def count() -> tuple[int, int]:
        found = ec2.describe_security_groups(GroupIds=[stack.ids()["Group"]])["SecurityGroups"][0]
        return len(found["IpPermissionsEgress"]), len(found["IpPermissions"])

    assert stack.deploy(base | rules) == "CREATE_COMPLETE", stack.reasons()
    (permission,) = ec2.describe_security_groups(GroupIds=[stack.ids()["Group"]])["SecurityGroups"][
        0
    ]["IpPermissionsEgress"]
    assert permission["PrefixListIds"][0]["PrefixListId"] == "pl-63a5400a"
    assert stack.deploy(base) == "UPDATE_COMPLETE"
    assert count() == (0, 0)
    assert stack.delete() == "DELETE_COMPLETE"


def test_flow_log(aws: LocalAws) -> None:
    ec2, stack = aws.client("ec2"), Stack(aws)
    resources = {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.5.0.0/16"),
        "Group": resource("AWS::Logs::LogGroup", LogGroupName=unique("flow")),
        "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST),
        "Flow": resource(
            "AWS::EC2::FlowLog",
            ResourceId={"Ref": "Vpc"},
            ResourceType="VPC",
            TrafficType="REJECT",
            LogDestinationType="cloud-watch-logs",
            LogGroupName={"Ref": "Group"},
            DeliverLogsPermissionArn={"Fn::GetAtt": ["Role", "Arn"]},
        ),
    }
    assert stack.deploy(resources) == "CREATE_COMPLETE", stack.reasons()
    ids = stack.ids()
    (found,) = ec2.describe_flow_logs(FlowLogIds=[ids["Flow"]])["FlowLogs"]
    assert (found["ResourceId"], found["TrafficType"]) == (ids["Vpc"], "REJECT")
    assert stack.delete() == "DELETE_COMPLETE"


def test_dns_firewall(aws: LocalAws) -> None:
    resolver, kind = aws.client("route53resolver"), "AWS::Route53Resolver::"

    def read(ids: dict[str, str]) -> Any:
        rules = resolver.list_firewall_rules(FirewallRuleGroupId=ids["Rules"])["FirewallRules"]
        association = resolver.get_firewall_rule_group_association(
            FirewallRuleGroupAssociationId=ids["Association"]
        )["FirewallRuleGroupAssociation"]
        domains = resolver.list_firewall_domains(FirewallDomainListId=ids["Allow"])["Domains"]
        return (
            sorted(domains),
            sorted((each["Priority"], each["Action"]) for each in rules),
            association["Priority"],
            association["MutationProtection"],
        )

    def resources(domains: list[str], priority: int, *more: int) -> Resources:
        def rule(name: str, action: str, number: int, **options: str) -> dict[str, Any]:
            domain_list = {"Fn::GetAtt": [name, "Id"]}
            base = {"Action": action, "Priority": number, "FirewallDomainListId": domain_list}
            return base | options

        rules = [
            rule(
                "Allow", "ALLOW", 100, FirewallDomainRedirectionAction="INSPECT_REDIRECTION_DOMAIN"
            ),
            *[rule("All", "BLOCK", number, BlockResponse="NXDOMAIN") for number in more],
        ]
        return {
            "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.4.0.0/16"),
            "Allow": resource(f"{kind}FirewallDomainList", Domains=domains),
            "All": resource(f"{kind}FirewallDomainList", Domains=["*"]),
            "Rules": resource(f"{kind}FirewallRuleGroup", FirewallRules=rules),
            "Association": resource(
                f"{kind}FirewallRuleGroupAssociation",
                FirewallRuleGroupId={"Fn::GetAtt": ["Rules", "Id"]},
                VpcId={"Ref": "Vpc"},
                Priority=priority,
                MutationProtection="DISABLED",
            ),
        }

    check(
        aws,
        resources(["a.example.com"], 101, 200),
        resources(["b.example.com", "*.c.example.com"], 102),
        read,
        (
            (["a.example.com"], [(100, "ALLOW"), (200, "BLOCK")], 101, "DISABLED"),
            (["*.c.example.com", "b.example.com"], [(100, "ALLOW")], 102, "DISABLED"),
        ),
    )


def test_query_log(aws: LocalAws) -> None:
    resolver, stack = aws.client("route53resolver"), Stack(aws)
    kind = "AWS::Route53Resolver::ResolverQueryLoggingConfig"
    resources = {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.2.0.0/16"),
        "Group": resource("AWS::Logs::LogGroup", LogGroupName=unique("queries")),
        "Log": resource(
            kind,
            DestinationArn={"Fn::GetAtt": ["Group", "Arn"]},
            Tags=[{"Key": "a", "Value": "1"}],
        ),
        "Link": resource(
            f"{kind}Association",
            ResolverQueryLogConfigId={"Ref": "Log"},
            ResourceId={"Ref": "Vpc"},
        ),
    }
    assert stack.deploy(resources) == "CREATE_COMPLETE", stack.reasons()
    ids = stack.ids()
    found = resolver.get_resolver_query_log_config_association(
        ResolverQueryLogConfigAssociationId=ids["Link"]
    )["ResolverQueryLogConfigAssociation"]
    assert (found["ResolverQueryLogConfigId"], found["ResourceId"]) == (ids["Log"], ids["Vpc"])
    assert stack.delete() == "DELETE_COMPLETE", stack.reasons()
