"""Holes in networks with further endpoints, of an organization, or in an existing VPC."""

from typing import Any

from secure_lambda_constructs.checks.leaks.attackers import FOREIGN_ORGANIZATION

from ..synthesis import ENDPOINTS, EXISTING_VPC, ORGANIZATION
from .draft import ALLOW_LIST, Draft, hole

__all__: list[str] = []

_ENDPOINT = "AWS::EC2::VPCEndpoint"
_GROUP = "AWS::EC2::SecurityGroup"
_HTTPS: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
_LIST = "AWS::Route53Resolver::FirewallDomainList"
_VPC = "AWS::EC2::VPC"


def _statements(draft: Draft, name: str) -> list[dict[str, Any]]:
    """Return the statements of the policy of an endpoint of the network."""
    statements: list[dict[str, Any]] = draft.part(_ENDPOINT, f"Network{name}")[1]["PolicyDocument"][
        "Statement"
    ]
    return statements


def _without_policy(draft: Draft, name: str) -> None:
    del draft.part(_ENDPOINT, f"Network{name}")[1]["PolicyDocument"]


def _only_if_exists(draft: Draft, name: str) -> None:
    """Bind the resource alone, and only where there is one; open the endpoint to all actions."""
    for statement in _statements(draft, name):
        owner = statement["Condition"]["StringEquals"]["aws:ResourceAccount"]
        statement["Condition"] = {"StringEqualsIfExists": {"aws:ResourceAccount": owner}}
        statement.update({"Action": "*", "Resource": "*"})


def _group_id(draft: Draft, name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [draft.part(_GROUP, f"Network{name}")[0], "GroupId"]}


@hole("P09", app=ENDPOINTS)
def _secrets_with_the_default_policy(draft: Draft) -> None:
    _without_policy(draft, "Secrets")


@hole("P09", "P10", app=ENDPOINTS)
def _queues_with_the_default_policy(draft: Draft) -> None:
    _without_policy(draft, "Queues")


@hole("P06", app=ENDPOINTS)
def _functions_with_the_default_policy(draft: Draft) -> None:
    _without_policy(draft, "Functions")


@hole("P09", app=ENDPOINTS)
def _secrets_bound_only_where_there_is_a_resource(draft: Draft) -> None:
    _only_if_exists(draft, "Secrets")


@hole("P09", app=ENDPOINTS)
def _topics_bound_only_where_there_is_a_resource(draft: Draft) -> None:
    _only_if_exists(draft, "Topics")


@hole("P09", app=ENDPOINTS)
def _the_role_and_the_endpoint_name_every_secret(draft: Draft) -> None:
    # The name that is asked for is in the trail of the account that has the secret.
    for statement in _statements(draft, "Secrets"):
        del statement["Condition"]["StringEquals"]["aws:ResourceAccount"]
        statement["Resource"] = "*"
    draft.allow(
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:*:*:secret:*",
        StringEquals={"aws:SourceVpc": draft.ref(_VPC)},
    )


@hole("P08", app=ENDPOINTS)
def _tokens_for_everybody(draft: Draft) -> None:
    for statement in _statements(draft, "Tokens"):
        del statement["Condition"]


@hole("P09", app=ENDPOINTS)
def _models_of_aws_with_anybodys_keys(draft: Draft) -> None:
    # The account whose keys they are may have the prompts logged.
    for statement in _statements(draft, "Bedrock"):
        if "aws:ResourceAccount" not in statement["Condition"]["StringEquals"]:
            del statement["Condition"]


@hole("P09", app=ENDPOINTS)
def _a_call_without_a_resource_is_for_everybody(draft: Draft) -> None:
    for statement in _statements(draft, "Documents"):
        del statement["Condition"]


@hole("P03", "P04", "P05", app=ENDPOINTS)
def _buckets_bound_by_their_names_only(draft: Draft) -> None:
    # Whoever makes a bucket of that name after ours was deleted gets what is written to it.
    for statement in _statements(draft, "S3"):
        del statement["Condition"]


@hole("P04", "P05", app=ENDPOINTS)
def _buckets_bound_only_where_somebody_signed(draft: Draft) -> None:
    for statement in _statements(draft, "S3"):
        owner = statement["Condition"]["StringEquals"]["aws:PrincipalAccount"]
        statement["Condition"] = {"StringEqualsIfExists": {"aws:PrincipalAccount": owner}}


@hole("P03", "P04", "P05", app=ENDPOINTS)
def _buckets_with_the_default_policy(draft: Draft) -> None:
    _without_policy(draft, "S3")


@hole("P09", app=ORGANIZATION)
def _secrets_of_another_organization(draft: Draft) -> None:
    for statement in _statements(draft, "Secrets"):
        statement["Condition"] = {
            "StringEquals": dict.fromkeys(
                ["aws:PrincipalOrgID", "aws:ResourceOrgID"], FOREIGN_ORGANIZATION
            )
        }


@hole("P01", app=ORGANIZATION)
def _tables_of_another_organization(draft: Draft) -> None:
    for statement in _statements(draft, "DynamoDb"):
        statement["Condition"] = {
            "StringEquals": dict.fromkeys(
                ["aws:PrincipalOrgID", "aws:ResourceOrgID"], FOREIGN_ORGANIZATION
            )
        }


@hole("N09", "N10", app=ENDPOINTS)
def _the_group_of_all_functions_leads_everywhere(draft: Draft) -> None:
    _, group = draft.part(_GROUP, "NetworkClients")
    group["SecurityGroupEgress"].append({**_HTTPS, "CidrIp": "0.0.0.0/0"})


@hole("N09", "N10", app=ENDPOINTS)
def _the_group_of_all_functions_has_a_further_rule(draft: Draft) -> None:
    group_id = _group_id(draft, "Clients")
    draft.add(
        "Wide",
        "AWS::EC2::SecurityGroupEgress",
        GroupId=group_id,
        IpProtocol="-1",
        CidrIp="0.0.0.0/0",
    )


@hole("N10", app=ENDPOINTS)
def _the_group_of_all_functions_leads_to_some_addresses(draft: Draft) -> None:
    group_id = _group_id(draft, "Clients")
    draft.add(
        "Wide",
        "AWS::EC2::SecurityGroupEgress",
        GroupId=group_id,
        CidrIp="198.51.100.0/24",
        **_HTTPS,
    )


@hole("N10", app=ENDPOINTS)
def _the_endpoints_take_calls_from_the_vpc(draft: Draft) -> None:
    draft.add(
        "FromVpc",
        "AWS::EC2::SecurityGroupIngress",
        GroupId=_group_id(draft, "Endpoints"),
        CidrIp="10.0.0.0/16",
        **_HTTPS,
    )


@hole("N10", app=ENDPOINTS)
def _the_endpoints_take_calls_from_another_group(draft: Draft) -> None:
    draft.add(
        "FromOther",
        "AWS::EC2::SecurityGroupIngress",
        GroupId=_group_id(draft, "Endpoints"),
        SourceSecurityGroupId="sg-0123456789abcdef0",
        **_HTTPS,
    )


@hole("N10", app=ENDPOINTS)
def _an_endpoint_takes_calls_from_the_whole_vpc(draft: Draft) -> None:
    # What the CDK makes of an InterfaceVpcEndpoint that nobody gives a group.
    group = draft.add(
        "OpenGroup",
        _GROUP,
        near=_VPC,
        VpcId=draft.ref(_VPC),
        SecurityGroupEgress=[{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
        SecurityGroupIngress=[
            {**_HTTPS, "CidrIp": {"Fn::GetAtt": [draft.ref(_VPC)["Ref"], "CidrBlock"]}}
        ],
    )
    _, endpoint = draft.part(_ENDPOINT, "NetworkSecrets")
    endpoint["SecurityGroupIds"] = [{"Fn::GetAtt": [group["Ref"], "GroupId"]}]


@hole("D04", app=ENDPOINTS)
def _queries_are_logged_in_another_account(draft: Draft) -> None:
    draft.first("AWS::Route53Resolver::ResolverQueryLoggingConfig")["DestinationArn"] = (
        "arn:aws:logs:us-east-1:999988887777:log-group:loot:*"
    )


@hole("D04", app=ENDPOINTS)
def _queries_are_logged_in_a_bucket_of_anybody(draft: Draft) -> None:
    draft.first("AWS::Route53Resolver::ResolverQueryLoggingConfig")["DestinationArn"] = (
        "arn:aws:s3:::loot"
    )


@hole("D04", app=ENDPOINTS)
def _queries_are_logged_as_somebody_else_says(draft: Draft) -> None:
    draft.add(
        "SharedLog",
        "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation",
        ResolverQueryLogConfigId="rqlc-0123456789abcdef",
        ResourceId=draft.ref(_VPC),
    )


@hole("O02", app=ENDPOINTS)
def _flow_logs_of_somebody_else(draft: Draft) -> None:
    draft.add(
        "FlowLog",
        "AWS::EC2::FlowLog",
        LogDestination="arn:aws:s3:::loot",
        LogDestinationType="s3",
        ResourceId=draft.ref(_VPC),
        ResourceType="VPC",
    )


@hole("D02", app=ENDPOINTS)
def _the_name_of_a_bucket_of_somebody_else(draft: Draft) -> None:
    name = draft.rule(ALLOW_LIST)["FirewallDomainListId"]["Fn::GetAtt"][0]
    _, allowed = draft.part(_LIST, name)
    allowed["Domains"].append("loot.s3.us-east-1.amazonaws.com")


@hole("D02", app=ENDPOINTS)
def _the_names_of_all_websites_in_buckets(draft: Draft) -> None:
    name = draft.rule(ALLOW_LIST)["FirewallDomainListId"]["Fn::GetAtt"][0]
    _, allowed = draft.part(_LIST, name)
    allowed["Domains"].append("*.s3-website-us-east-1.amazonaws.com")


@hole("N03", "N04", app=EXISTING_VPC)
def _the_platform_adds_a_gateway(draft: Draft) -> None:
    vpc, table = draft.ref(_VPC), draft.ref("AWS::EC2::RouteTable")
    gateway = draft.add("Gateway", "AWS::EC2::InternetGateway", near=_VPC)
    draft.add(
        "Attachment",
        "AWS::EC2::VPCGatewayAttachment",
        near=_VPC,
        VpcId=vpc,
        InternetGatewayId=gateway,
    )
    draft.add(
        "Route",
        "AWS::EC2::Route",
        near=_VPC,
        RouteTableId=table,
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=gateway,
    )


@hole("N08", app=EXISTING_VPC)
def _the_platform_adds_a_host(draft: Draft) -> None:
    draft.add("Host", "AWS::EC2::Instance", near=_VPC, SubnetId=draft.ref("AWS::EC2::Subnet"))


@hole("P09", app=EXISTING_VPC)
def _the_platform_adds_an_endpoint(draft: Draft) -> None:
    draft.add(
        "Parameters",
        _ENDPOINT,
        near=_VPC,
        ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.ssm"},
        VpcEndpointType="Interface",
        VpcId=draft.ref(_VPC),
    )
