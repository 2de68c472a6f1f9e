"""Holes in the network."""

from typing import Any

from .draft import Draft, hole

__all__: list[str] = []

_SUBNET = "AWS::EC2::Subnet"
_VPC = "AWS::EC2::VPC"


def _route(draft: Draft, **target: Any) -> None:
    destination = (
        {} if "DestinationIpv6CidrBlock" in target else {"DestinationCidrBlock": "0.0.0.0/0"}
    )
    table = draft.ref("AWS::EC2::RouteTable")
    draft.add("Route", "AWS::EC2::Route", near=_VPC, RouteTableId=table, **destination, **target)


def _attached_gateway(draft: Draft) -> dict[str, str]:
    gateway = draft.add("Gateway", "AWS::EC2::InternetGateway", near=_VPC)
    draft.add(
        "Attachment",
        "AWS::EC2::VPCGatewayAttachment",
        near=_VPC,
        VpcId=draft.ref(_VPC),
        InternetGatewayId=gateway,
    )
    return gateway


@hole("N01", "I01", "I02")
def _function_outside_the_vpc_reads_the_table(draft: Draft) -> None:
    # It is another function, so that there is still one inside to judge. That one cannot call it,
    # so that it is no relay.
    table = draft.att("AWS::DynamoDB::GlobalTable", "Arn")
    role = draft.add(
        "OutsideRole",
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=draft.role()[1]["AssumeRolePolicyDocument"],
        Policies=[
            {
                "PolicyName": "read",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": table}
                    ],
                },
            }
        ],
    )
    inside = draft.function()
    draft.add(
        "Outside",
        "AWS::Lambda::Function",
        Code=inside["Code"],
        CodeSigningConfigArn=inside["CodeSigningConfigArn"],
        Role={"Fn::GetAtt": [role["Ref"], "Arn"]},
    )


@hole("N01")
def _the_function_leaves_the_vpc(draft: Draft) -> None:
    # Its role still holds it. With none inside that could call it, it is no relay.
    del draft.function()["VpcConfig"]


@hole("N01")
def _a_container_task_reads_the_table(draft: Draft) -> None:
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    draft.add(
        "TaskRole",
        "AWS::IAM::Role",
        AssumeRolePolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        Policies=[
            {
                "PolicyName": "read",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            }
        ],
    )


@hole("N02")
def _one_subnet_is_imported(draft: Draft) -> None:
    draft.function()["VpcConfig"]["SubnetIds"].append("subnet-0123456789abcdef0")


@hole("N02")
def _one_subnet_is_a_parameter_without_a_value(draft: Draft) -> None:
    draft.function()["VpcConfig"]["SubnetIds"].append({"Fn::ImportValue": "platform-subnet"})


@hole("N02")
def _all_subnets_are_a_list_that_nobody_tells(draft: Draft) -> None:
    imported = {"Fn::Split": [",", {"Fn::ImportValue": "platform-subnets"}]}
    draft.function()["VpcConfig"]["SubnetIds"] += [{"Fn::Select": [0, imported]}]


@hole("N03")
def _an_internet_gateway_is_attached(draft: Draft) -> None:
    _attached_gateway(draft)


@hole("N03")
def _a_carrier_gateway(draft: Draft) -> None:
    draft.add("Carrier", "AWS::EC2::CarrierGateway", near=_VPC, VpcId=draft.ref(_VPC))


@hole("N03")
def _public_access_is_allowed_again(draft: Draft) -> None:
    draft.add(
        "Exclusion",
        "AWS::EC2::VPCBlockPublicAccessExclusion",
        near=_VPC,
        VpcId=draft.ref(_VPC),
        InternetGatewayExclusionMode="allow-bidirectional",
    )


@hole("N03", "N04")
def _a_route_to_an_internet_gateway(draft: Draft) -> None:
    _route(draft, GatewayId=_attached_gateway(draft))


@hole("N04")
def _a_nat_gateway_with_its_route(draft: Draft) -> None:
    nat = draft.add("Nat", "AWS::EC2::NatGateway", near=_VPC, SubnetId=draft.ref(_SUBNET))
    _route(draft, NatGatewayId=nat)


@hole("N04")
def _a_route_to_an_instance_elsewhere(draft: Draft) -> None:
    _route(draft, InstanceId="i-0123456789abcdef0")


@hole("N05")
def _an_egress_only_gateway(draft: Draft) -> None:
    draft.add("Eigw", "AWS::EC2::EgressOnlyInternetGateway", near=_VPC, VpcId=draft.ref(_VPC))


@hole("N05")
def _a_route_for_ipv6(draft: Draft) -> None:
    _route(draft, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId="eigw-0123")


@hole("N05")
def _the_function_is_dual_stack(draft: Draft) -> None:
    draft.function()["VpcConfig"]["Ipv6AllowedForDualStack"] = True


@hole("N06")
def _a_peering_with_its_route(draft: Draft) -> None:
    peering = draft.add(
        "Peering",
        "AWS::EC2::VPCPeeringConnection",
        near=_VPC,
        VpcId=draft.ref(_VPC),
        PeerVpcId="vpc-0123456789abcdef0",
    )
    _route(draft, VpcPeeringConnectionId=peering)


@hole("N06")
def _a_transit_gateway(draft: Draft) -> None:
    draft.add(
        "Transit",
        "AWS::EC2::TransitGatewayAttachment",
        near=_VPC,
        VpcId=draft.ref(_VPC),
        SubnetIds=[draft.ref(_SUBNET)],
        TransitGatewayId="tgw-0123456789abcdef0",
    )


@hole("N06")
def _a_lattice_network(draft: Draft) -> None:
    draft.add(
        "Lattice",
        "AWS::VpcLattice::ServiceNetworkVpcAssociation",
        near=_VPC,
        VpcIdentifier=draft.ref(_VPC),
        ServiceNetworkIdentifier="sn-0123456789abcdef0",
    )


@hole("N06")
def _the_subnets_are_shared(draft: Draft) -> None:
    subnet = draft.ref(_SUBNET)["Ref"]
    arn = "arn:aws:ec2:${AWS::Region}:${AWS::AccountId}:subnet/${" + subnet + "}"
    draft.add("Share", "AWS::RAM::ResourceShare", near=_VPC, ResourceArns=[{"Fn::Sub": arn}])


@hole("N06")
def _a_vpn_gateway(draft: Draft) -> None:
    draft.add(
        "Vpn",
        "AWS::EC2::VPCGatewayAttachment",
        near=_VPC,
        VpcId=draft.ref(_VPC),
        VpnGatewayId="vgw-0123456789abcdef0",
    )


def _endpoint(draft: Draft, **properties: Any) -> None:
    draft.add("Other", "AWS::EC2::VPCEndpoint", near=_VPC, VpcId=draft.ref(_VPC), **properties)


@hole("N07")
def _an_endpoint_to_the_attackers_service(draft: Draft) -> None:
    _endpoint(
        draft,
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
    )


@hole("N07")
def _an_endpoint_to_another_region(draft: Draft) -> None:
    _endpoint(
        draft,
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.eu-west-1.dynamodb",
        ServiceRegion="eu-west-1",
    )


@hole("N07")
def _a_resource_endpoint(draft: Draft) -> None:
    _endpoint(draft, VpcEndpointType="Resource", ResourceConfigurationArn="arn:aws:vpc-lattice:x")


@hole("N08")
def _an_instance_in_a_subnet(draft: Draft) -> None:
    draft.add("Proxy", "AWS::EC2::Instance", near=_VPC, SubnetId=draft.ref(_SUBNET))


@hole("N08")
def _a_load_balancer_in_a_subnet(draft: Draft) -> None:
    draft.add(
        "Balancer",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        near=_VPC,
        Subnets=[draft.ref(_SUBNET)],
    )


@hole("N09", "N10")
def _egress_to_everywhere(draft: Draft) -> None:
    draft.egress().append({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"})


@hole("N09", "N10")
def _egress_to_everywhere_in_a_rule_of_its_own(draft: Draft) -> None:
    draft.add(
        "Wide",
        "AWS::EC2::SecurityGroupEgress",
        near="AWS::EC2::SecurityGroup",
        GroupId=draft.att("AWS::EC2::SecurityGroup", "GroupId"),
        IpProtocol="tcp",
        FromPort=443,
        ToPort=443,
        CidrIpv6="::/0",
    )


@hole("N09", "N10")
def _no_egress_rule_at_all(draft: Draft) -> None:
    del draft.first("AWS::EC2::SecurityGroup")["SecurityGroupEgress"]


@hole("N09", "N10")
def _the_default_security_group(draft: Draft) -> None:
    draft.function()["VpcConfig"]["SecurityGroupIds"] = []


@hole("N10")
def _egress_to_the_whole_vpc(draft: Draft) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/16"}
    draft.egress().append(rule)


@hole("N10")
def _egress_on_every_port(draft: Draft) -> None:
    draft.egress()[0].update({"FromPort": 0, "ToPort": 65535})


@hole("N10")
def _the_prefix_list_of_another_service(draft: Draft) -> None:
    draft.egress()[0]["DestinationPrefixListId"] = "pl-63a5400a"


@hole("N10")
def _the_prefix_list_of_another_region(draft: Draft) -> None:
    draft.egress()[0]["DestinationPrefixListId"] = "pl-6fa54006"


@hole("N10")
def _the_prefix_list_of_a_lookup_without_credentials(draft: Draft) -> None:
    draft.egress()[0]["DestinationPrefixListId"] = "pl-xxxxxxxx"


def _endpoint_with_a_group(draft: Draft, **source: Any) -> None:
    """Plant a bound Lambda endpoint that the function may reach, with a group of its own."""
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    group = draft.add(
        "EndpointGroup",
        "AWS::EC2::SecurityGroup",
        near=_VPC,
        VpcId=draft.ref(_VPC),
        SecurityGroupEgress=[],
        SecurityGroupIngress=[{**rule, **source}],
    )
    group_id = {"Fn::GetAtt": [group["Ref"], "GroupId"]}
    account = {"Ref": "AWS::AccountId"}
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:InvokeFunction",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}
        },
    }
    draft.egress().append({**rule, "DestinationSecurityGroupId": group_id})
    _endpoint(
        draft,
        PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
        SecurityGroupIds=[group_id],
        ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.lambda"},
        VpcEndpointType="Interface",
    )


@hole()
def _harmless_an_endpoint_for_the_function_only(draft: Draft) -> None:
    group_id = draft.att("AWS::EC2::SecurityGroup", "GroupId")
    _endpoint_with_a_group(draft, SourceSecurityGroupId=group_id)


@hole("N10")
def _an_endpoint_for_the_whole_vpc(draft: Draft) -> None:
    _endpoint_with_a_group(draft, CidrIp="10.0.0.0/16")


@hole("N10")
def _egress_to_another_security_group(draft: Draft) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    draft.egress().append({**rule, "DestinationSecurityGroupId": "sg-0123456789abcdef0"})
