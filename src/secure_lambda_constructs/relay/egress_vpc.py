"""A VPC that gives relays fixed addresses, for partners that list those they let in.

Made of resources, as the closed network is: `ec2.Vpc`, bound to an account and region, looks up
the availability zones, and its `restrict_default_security_group` adds a function that nobody has
signed.
"""

import re
from collections.abc import Sequence

from aws_cdk import CfnTag, Fn, RemovalPolicy, Stack, Token
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, DependencyGroup, IDependable

from ..acknowledgements import acknowledge_cdk_nag
from ..errors import InvalidInputError
from ..network.arguments import check_arguments
from ..network.cost import CostLine, MonthlyCost
from ..network.prices import HOURS_PER_MONTH, PRICES

__all__ = ["RelayEgressVpc"]

_DEFAULT_CIDR = "10.0.0.0/24"
# The smallest that there is. A NAT gateway takes one address, and the relays of one security group
# share their network interface in a subnet:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-enis
_SUBNET_MASK = 28
_SUBNETS_PER_ZONE = 2

_EVERYWHERE = "0.0.0.0/0"
_HTTPS = 443
_ALLOCATION = re.compile(r"eipalloc-[0-9a-f]{8,17}")

_NO_FLOW_LOGS = (
    "Flow logs are charged by the volume, and the audit records of the relays name each call. "
    "egress_vpc.vpc.add_flow_log(...) adds them."
)


class RelayEgressVpc(Construct):
    """A VPC through which relays leave with the same public addresses for ever.

    In each availability zone a public subnet with a NAT gateway, and a private one for relays. IPv4
    only, no peering, no endpoint, no address for anything but the NAT gateways, no vended helper
    function. It is not a closed network: all that keeps data in is the relay. So put nothing into
    it but relays; an `IsolatedNetwork` refuses it.

    The Elastic IP addresses stay when the stack is deleted, because a partner has listed them, and
    are paid for until you release them. Hand them to the next VPC with `allocation_ids`. An account
    has five of them in a region until you ask for more:
    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html.

    It is paid by the hour: see `monthly_cost()`. The default security group keeps the rules that
    EC2 gives it, since CloudFormation cannot remove them; nothing is in it. See
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html.

    Example:
        ```python
        from secure_lambda_constructs.relay.egress_vpc import RelayEgressVpc

        partners = RelayEgressVpc(stack, "Partners")
        for number, address in enumerate(partners.fixed_ip_addresses, 1):
            cdk.CfnOutput(stack, f"Address{number}", value=address)
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        ip_addresses: ec2.IIpAddresses | None = None,
        max_azs: int | None = None,
        availability_zones: Sequence[str] | None = None,
        allocation_ids: Sequence[str] | None = None,
        vpc_name: str | None = None,
    ) -> None:
        """Create the VPC.

        Args:
            scope: The construct to create it in.
            id: Its id. The ids of all its parts follow from it.
            ip_addresses: Where its private addresses come from. By default the VPC takes
                `10.0.0.0/24`. Each subnet has 16 of them, so that another zone can be added
                without moving the others.
            max_azs: Over how many availability zones it spreads, 1 to 6. By default over two, the
                first that the region lists at deployment; nothing is looked up at synth. Each has
                a NAT gateway and a fixed address of its own. One zone halves the cost, and relays
                reach nothing while that zone is down.
            availability_zones: The names of the zones to use instead.
            allocation_ids: Ids (`eipalloc-...`) of Elastic IP addresses that the account has
                already, one for each zone. By default new ones are allocated.
            vpc_name: Value of the VPC's `Name` tag. By default its path in the app.

        Raises:
            InvalidInputError: A value cannot be used.
        """
        addresses = ip_addresses or ec2.IpAddresses.cidr(_DEFAULT_CIDR)
        check_arguments(addresses, max_azs, availability_zones, _SUBNET_MASK)
        zones = (
            list(availability_zones)
            if availability_zones
            else [Fn.select(index, Fn.get_azs()) for index in range(max_azs or 2)]
        )
        _check_size(addresses, len(zones))
        _check_allocations(allocation_ids, len(zones))
        super().__init__(scope, id)
        name = vpc_name or self.node.path
        vpc = self._create_vpc(addresses, name)
        internet = self._attach_internet(vpc, name)
        blocks = _allocate(addresses, vpc, zones)
        public_routes = self._route_table(vpc, "Public", name)
        to_internet = ec2.CfnRoute(
            self,
            "PublicDefault",
            route_table_id=public_routes.ref,
            destination_cidr_block=_EVERYWHERE,
            gateway_id=internet.internet_gateway_id,
        )
        to_internet.node.add_dependency(internet)
        self._addresses: list[str] = []
        public: list[ec2.CfnSubnet] = []
        private: list[ec2.CfnSubnet] = []
        tables: list[ec2.CfnRouteTable] = []
        ready = DependencyGroup()
        for index, zone in enumerate(zones):
            number = index + 1
            public_block, private_block = blocks[2 * index : 2 * index + 2]
            outer, attached = self._subnet(
                vpc, public_routes, f"Public{number}", zone, public_block, name
            )
            gateway = ec2.CfnNatGateway(
                self,
                f"Nat{number}",
                allocation_id=(
                    allocation_ids[index]
                    if allocation_ids
                    else self._allocate_address(number, internet, name)
                ),
                subnet_id=outer.ref,
                tags=_tags(Name=f"{name}/Nat{number}"),
            )
            # A NAT gateway that has no way out yet fails to start.
            gateway.node.add_dependency(to_internet, attached)
            table = self._route_table(vpc, f"Relays{number}", name)
            inner, joined = self._subnet(
                vpc, table, f"Relays{number}", zone, private_block, name, kind="Private"
            )
            route = ec2.CfnRoute(
                self,
                f"Relays{number}Default",
                route_table_id=table.ref,
                destination_cidr_block=_EVERYWHERE,
                nat_gateway_id=gateway.ref,
            )
            ready.add(route)
            ready.add(joined)
            public.append(outer)
            private.append(inner)
            tables.append(table)
        self._ready = ready
        self._zones = len(zones)
        self._vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=vpc.ref,
            vpc_cidr_block=vpc.attr_cidr_block,
            availability_zones=zones,
            public_subnet_ids=[subnet.ref for subnet in public],
            public_subnet_names=["Public"],
            public_subnet_route_table_ids=[public_routes.ref for _ in public],
            public_subnet_ipv4_cidr_blocks=blocks[0::2],
            private_subnet_ids=[subnet.ref for subnet in private],
            private_subnet_names=["Relays"],
            private_subnet_route_table_ids=[table.ref for table in tables],
            private_subnet_ipv4_cidr_blocks=blocks[1::2],
        )
        self._security_group = self._create_group(vpc)

    @property
    def vpc(self) -> ec2.IVpc:
        """The VPC."""
        return self._vpc

    @property
    def subnets(self) -> list[ec2.ISubnet]:
        """The private subnets that relays are in, one for each availability zone."""
        return list(self._vpc.private_subnets)

    @property
    def security_group(self) -> ec2.ISecurityGroup:
        """The group of all relays in the VPC: HTTPS to any address, and nothing else.

        The resolver of the VPC answers them all the same. Rules cannot be added to it.
        """
        return self._security_group

    @property
    def fixed_ip_addresses(self) -> list[str]:
        """The public addresses that partners see, one for each zone, as tokens.

        Empty where `allocation_ids` names addresses that you know already.
        """
        return list(self._addresses)

    @property
    def ready(self) -> IDependable:
        """What must exist before a relay in the VPC reaches anything: the routes of its subnets."""
        return self._ready

    def monthly_cost(self) -> MonthlyCost:
        """What the VPC costs in a month, whether or not a relay is called.

        Returns:
            The NAT gateways and their addresses, and what is paid by use; `str()` makes a table
            of them, with the source and day of each price.

        Example:
            ```python
            from secure_lambda_constructs.relay.egress_vpc import RelayEgressVpc

            assert str(RelayEgressVpc(stack, "Two").monthly_cost().total) == "73.00"
            assert str(RelayEgressVpc(stack, "One", max_azs=1).monthly_cost().total) == "36.50"
            ```
        """
        region = Stack.of(self).region
        where = None if Token.is_unresolved(region) else region
        noun = "zone" if self._zones == 1 else "zones"
        lines = tuple(
            CostLine(
                what,
                self._zones * HOURS_PER_MONTH,
                f"{self._zones} {noun} x {HOURS_PER_MONTH} hours",
                PRICES[price],
                PRICES[price].in_region(where),
            )
            for what, price in (
                ("NAT gateways", "nat gateway"),
                ("their public IPv4 addresses", "public ipv4"),
            )
        )
        return MonthlyCost(region=where, lines=lines, by_use=(PRICES["nat data"],))

    def _create_vpc(self, addresses: ec2.IIpAddresses, name: str) -> ec2.CfnVPC:
        address = addresses.allocate_vpc_cidr()
        vpc = ec2.CfnVPC(
            self,
            "Resource",
            cidr_block=address.cidr_block,
            ipv4_ipam_pool_id=address.ipv4_ipam_pool_id,
            ipv4_netmask_length=address.ipv4_netmask_length,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=_tags(Name=name),
        )
        acknowledge_cdk_nag(vpc, {"AwsSolutions-VPC7": _NO_FLOW_LOGS})
        return vpc

    def _attach_internet(self, vpc: ec2.CfnVPC, name: str) -> ec2.CfnVPCGatewayAttachment:
        gateway = ec2.CfnInternetGateway(self, "Internet", tags=_tags(Name=name))
        return ec2.CfnVPCGatewayAttachment(
            self, "InternetAttachment", vpc_id=vpc.ref, internet_gateway_id=gateway.ref
        )

    def _allocate_address(
        self, number: int, internet: ec2.CfnVPCGatewayAttachment, name: str
    ) -> str:
        address = ec2.CfnEIP(
            self, f"Address{number}", domain="vpc", tags=_tags(Name=f"{name}/Address{number}")
        )
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-eip.html
        # asks for it where the gateway is made by the same template.
        address.node.add_dependency(internet)
        address.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self._addresses.append(address.attr_public_ip)
        return address.attr_allocation_id

    def _route_table(self, vpc: ec2.CfnVPC, id: str, name: str) -> ec2.CfnRouteTable:
        return ec2.CfnRouteTable(
            self, f"{id}Routes", vpc_id=vpc.ref, tags=_tags(Name=f"{name}/{id}")
        )

    def _subnet(
        self,
        vpc: ec2.CfnVPC,
        table: ec2.CfnRouteTable,
        id: str,
        zone: str,
        block: str,
        name: str,
        *,
        kind: str = "Public",
    ) -> tuple[ec2.CfnSubnet, ec2.CfnSubnetRouteTableAssociation]:
        # The tags by which `ec2.Vpc.from_lookup` finds the subnets of a VPC again.
        tags = {"aws-cdk:subnet-name": id.rstrip("0123456789"), "aws-cdk:subnet-type": kind}
        subnet = ec2.CfnSubnet(
            self,
            id,
            vpc_id=vpc.ref,
            availability_zone=zone,
            cidr_block=block,
            map_public_ip_on_launch=False,
            tags=_tags(Name=f"{name}/{id}", **tags),
        )
        association = ec2.CfnSubnetRouteTableAssociation(
            self, f"{id}Association", route_table_id=table.ref, subnet_id=subnet.ref
        )
        return subnet, association

    def _create_group(self, vpc: ec2.CfnVPC) -> ec2.ISecurityGroup:
        group = ec2.CfnSecurityGroup(
            self,
            "Relays",
            group_description="Relays: HTTPS to the internet only",
            vpc_id=vpc.ref,
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp",
                    from_port=_HTTPS,
                    to_port=_HTTPS,
                    cidr_ip=_EVERYWHERE,
                    description="HTTPS to the hosts of the routes",
                )
            ],
        )
        return ec2.SecurityGroup.from_security_group_id(
            self, "RelaysRules", group.attr_group_id, mutable=False
        )


def _allocate(addresses: ec2.IIpAddresses, vpc: ec2.CfnVPC, zones: Sequence[str]) -> list[str]:
    """Blocks of the subnets: for each zone the public one and that of relays."""
    allocated = addresses.allocate_subnets_cidr(
        vpc_cidr=vpc.attr_cidr_block,
        requested_subnets=[
            ec2.RequestedSubnet(
                availability_zone=zone,
                subnet_construct_id=f"{name}{number}",
                configuration=ec2.SubnetConfiguration(
                    name=name, subnet_type=kind, cidr_mask=_SUBNET_MASK
                ),
            )
            for number, zone in enumerate(zones, 1)
            for name, kind in (
                ("Public", ec2.SubnetType.PUBLIC),
                ("Relays", ec2.SubnetType.PRIVATE_WITH_EGRESS),
            )
        ],
    ).allocated_subnets
    return [subnet.cidr for subnet in allocated]


def _check_size(addresses: ec2.IIpAddresses, zones: int) -> None:
    """Refuse a VPC that is smaller than its subnets together."""
    address = addresses.allocate_vpc_cidr()
    block = address.cidr_block or f"/{address.ipv4_netmask_length}"
    length = block.rpartition("/")[2]
    subnets = _SUBNETS_PER_ZONE * zones
    # A pool may choose the size itself.
    if length.isdigit() and subnets * 2 ** int(length) > 2**_SUBNET_MASK:
        largest = _SUBNET_MASK - (subnets - 1).bit_length()
        raise InvalidInputError(
            f"ip_addresses gives the VPC {block}, in which there is no room for {subnets} subnets "
            f"of /{_SUBNET_MASK}, two for each zone; write a block of /{largest} or larger, or "
            "fewer zones"
        )


def _check_allocations(allocation_ids: Sequence[str] | None, zones: int) -> None:
    """Refuse what are no allocations, or not one for each zone."""
    if allocation_ids is None:
        return
    if isinstance(allocation_ids, str):
        raise InvalidInputError(
            f"allocation_ids is the string {allocation_ids!r}; write a list: ['{allocation_ids}']"
        )
    for allocation in allocation_ids:
        if not isinstance(allocation, str) or not (
            Token.is_unresolved(allocation) or _ALLOCATION.fullmatch(allocation)
        ):
            raise InvalidInputError(
                f"allocation_ids has {allocation!r}, which is no id of an Elastic IP address; "
                "write the eipalloc-... that EC2 shows for it"
            )
    if len(allocation_ids) != zones or len(set(allocation_ids)) != zones:
        raise InvalidInputError(
            f"allocation_ids has {len(set(allocation_ids))} addresses for {zones} availability "
            "zones; write one for each zone, or max_azs for fewer zones"
        )


def _tags(**tags: str) -> list[CfnTag]:
    """Tags in the shape that a resource takes."""
    return [CfnTag(key=key, value=value) for key, value in tags.items()]
