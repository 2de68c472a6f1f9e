"""Values that no template tells: each counts as the worst one."""

from .draft import ALLOW_LIST, Draft, hole

__all__: list[str] = []

_NOWHERE = {"Fn::ImportValue": "nowhere"}
_ENDPOINT = "AWS::EC2::VPCEndpoint"


@hole("P01")
def _unknown_endpoint_policy(draft: Draft) -> None:
    draft.first(_ENDPOINT)["PolicyDocument"] = _NOWHERE


@hole("P01")
def _unknown_account_at_the_endpoint(draft: Draft) -> None:
    for statement in draft.endpoint_statements():
        unknown = {"aws:PrincipalAccount": _NOWHERE, "aws:ResourceAccount": _NOWHERE}
        statement["Condition"] = {"StringEquals": unknown}
        statement["Resource"] = "*"


# It may be of any service, and has no policy.
@hole("N07", "P01", "P03", "P04", "P06", "P08", "P09")
def _unknown_service_of_the_endpoint(draft: Draft) -> None:
    draft.add(
        "Unknown",
        _ENDPOINT,
        near="AWS::EC2::VPC",
        ServiceName=_NOWHERE,
        VpcEndpointType="Interface",
        VpcId=draft.ref("AWS::EC2::VPC"),
    )


@hole("N03")
def _unknown_vpc_of_a_gateway(draft: Draft) -> None:
    draft.add(
        "Attachment",
        "AWS::EC2::VPCGatewayAttachment",
        InternetGatewayId="igw-0123456789abcdef0",
        VpcId=_NOWHERE,
    )


@hole("N08")
def _unknown_subnet_of_an_instance(draft: Draft) -> None:
    draft.add("Proxy", "AWS::EC2::Instance", SubnetId=_NOWHERE)


@hole("N04")
def _unknown_route_table_of_a_route(draft: Draft) -> None:
    draft.add(
        "Route",
        "AWS::EC2::Route",
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId="nat-0123456789abcdef0",
        RouteTableId=_NOWHERE,
    )


@hole("N09", "N10")
def _unknown_security_group(draft: Draft) -> None:
    draft.function()["VpcConfig"]["SecurityGroupIds"] = [_NOWHERE]


@hole("N10")
def _unknown_prefix_list(draft: Draft) -> None:
    draft.egress()[0]["DestinationPrefixListId"] = _NOWHERE


@hole("D01", "D02")
def _unknown_names_are_let_through(draft: Draft) -> None:
    draft.rule(ALLOW_LIST)["FirewallDomainListId"] = _NOWHERE


@hole("D01", "D02")
def _unknown_rule_group_comes_first(draft: Draft) -> None:
    draft.add(
        "First",
        "AWS::Route53Resolver::FirewallRuleGroupAssociation",
        near="AWS::EC2::VPC",
        FirewallRuleGroupId="rslvr-frg-0123456789abcdef0",
        MutationProtection="ENABLED",
        Priority=100,
        VpcId=draft.ref("AWS::EC2::VPC"),
    )


@hole("I01", "I02", "I03", "I04", "I05", "I06", "I07", "I08", "N01")
def _unknown_role(draft: Draft) -> None:
    # P02 stays closed by the endpoint's policy; N01, because the role that is left is nobody's.
    draft.function()["Role"] = "arn:aws:iam::444455556666:role/imported"


@hole("I01", "I02", "I06", "I07", "I08")
def _unknown_managed_policy(draft: Draft) -> None:
    # The role's own Denies still hold back what I03, I04 and I05 are about.
    draft.role()[1]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/Unheard"]


@hole("I03")
def _unknown_condition_of_a_deny(draft: Draft) -> None:
    for _, statement in draft.role_statements():
        if statement["Effect"] == "Deny" and statement.get("Action") == "ec2:*":
            statement["Condition"] = {"StringEquals": {"aws:PrincipalTag/x": _NOWHERE}}


@hole("O05")
def _unknown_code_signing_config(draft: Draft) -> None:
    draft.function()["CodeSigningConfigArn"] = _NOWHERE


@hole("O04")
def _unknown_principal_of_the_table(draft: Draft) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": _NOWHERE},
        "Action": "dynamodb:GetItem",
        "Resource": "*",
    }
    (replica,) = draft.first("AWS::DynamoDB::GlobalTable")["Replicas"]
    document = {"Version": "2012-10-17", "Statement": [statement]}
    replica["ResourcePolicy"] = {"PolicyDocument": document}


@hole("O06")
def _unknown_key_of_the_table(draft: Draft) -> None:
    (replica,) = draft.first("AWS::DynamoDB::GlobalTable")["Replicas"]
    replica["SSESpecification"] = {"KMSMasterKeyId": _NOWHERE}
