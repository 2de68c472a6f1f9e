"""The VPC of an isolated network, made of resources.

`ec2.Vpc`, bound to an account and region, looks up the availability zones even when it is given
some, which needs credentials (and puts `dummy1a` into the template where there are none).
"""

from collections.abc import Sequence

from aws_cdk import CfnTag, Fn
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from .findings import answer_vpc_findings

__all__ = ["create_vpc"]

# The tags by which `ec2.Vpc.from_lookup` finds the subnets of a VPC again.
_SUBNET_TAGS = {"aws-cdk:subnet-name": "Isolated", "aws-cdk:subnet-type": "Isolated"}


def create_vpc(
    scope: Construct,
    ip_addresses: ec2.IIpAddresses,
    *,
    availability_zones: Sequence[str] | None,
    max_azs: int,
    subnet_cidr_mask: int,
    name: str,
) -> ec2.IVpc:
    """Create VPC, subnets and their one route table, which has no route.

    Args:
        scope: The network.
        ip_addresses: Where the addresses come from.
        availability_zones: The names of the zones, or `None` for the first ones that the region
            lists at deployment.
        max_azs: How many those are.
        subnet_cidr_mask: Prefix length of each subnet.
        name: Value of the `Name` tags.

    Returns:
        The VPC.
    """
    zones = (
        list(availability_zones)
        if availability_zones
        else [Fn.select(index, Fn.get_azs()) for index in range(max_azs)]
    )
    address = ip_addresses.allocate_vpc_cidr()
    vpc = ec2.CfnVPC(
        scope,
        "Resource",
        cidr_block=address.cidr_block,
        ipv4_ipam_pool_id=address.ipv4_ipam_pool_id,
        ipv4_netmask_length=address.ipv4_netmask_length,
        # Private DNS names of interface endpoints need both.
        enable_dns_hostnames=True,
        enable_dns_support=True,
        tags=_tags(Name=name),
    )
    answer_vpc_findings(vpc)
    blocks = ip_addresses.allocate_subnets_cidr(
        vpc_cidr=vpc.attr_cidr_block,
        requested_subnets=[
            ec2.RequestedSubnet(
                availability_zone=zone,
                subnet_construct_id=f"Subnet{number}",
                configuration=ec2.SubnetConfiguration(
                    name="Isolated",
                    subnet_type=ec2.SubnetType.PRIVATE_ISOLATED,
                    cidr_mask=subnet_cidr_mask,
                ),
            )
            for number, zone in enumerate(zones, 1)
        ],
    ).allocated_subnets
    routes = ec2.CfnRouteTable(scope, "RouteTable", vpc_id=vpc.ref, tags=_tags(Name=name))
    subnets: list[ec2.CfnSubnet] = []
    for number, (zone, block) in enumerate(zip(zones, blocks, strict=True), 1):
        subnet = ec2.CfnSubnet(
            scope,
            f"Subnet{number}",
            vpc_id=vpc.ref,
            availability_zone=zone,
            cidr_block=block.cidr,
            map_public_ip_on_launch=False,
            tags=_tags(Name=f"{name}/Subnet{number}", **_SUBNET_TAGS),
        )
        ec2.CfnSubnetRouteTableAssociation(
            scope, f"Subnet{number}Routes", route_table_id=routes.ref, subnet_id=subnet.ref
        )
        subnets.append(subnet)
    return ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id=vpc.ref,
        vpc_cidr_block=vpc.attr_cidr_block,
        availability_zones=zones,
        isolated_subnet_ids=[subnet.ref for subnet in subnets],
        isolated_subnet_names=["Isolated"],
        isolated_subnet_route_table_ids=[routes.ref for _ in subnets],
        isolated_subnet_ipv4_cidr_blocks=[block.cidr for block in blocks],
    )


def _tags(**tags: str) -> list[CfnTag]:
    """Tags in the shape that a resource takes."""
    return [CfnTag(key=key, value=value) for key, value in tags.items()]
