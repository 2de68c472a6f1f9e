"""A VPC that nothing leaves but calls to named AWS services in the own account."""

from collections.abc import Sequence

from aws_cdk import CfnTag, Fn, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IDependable

from .arguments import check_arguments
from .closed_check import ClosedNetworkCheck
from .dns_firewall import DnsFirewall
from .dns_names import check_dns_name
from .endpoint_policy import dynamodb_statement
from .prefix_lists import PrefixList

__all__ = ["IsolatedNetwork"]

_DEFAULT_CIDR = "10.0.0.0/16"
# The tags by which `ec2.Vpc.from_lookup` finds the subnets of a VPC again.
_SUBNET_TAGS = {"aws-cdk:subnet-name": "Isolated", "aws-cdk:subnet-type": "Isolated"}


class IsolatedNetwork(Construct):
    """A closed VPC for functions that read data.

    Isolated IPv4 subnets without any route but the one to DynamoDB; a free DynamoDB gateway
    endpoint that carries only item calls by this account to this account's tables; a DNS firewall
    that answers only the endpoints' names. No internet, NAT, VPN or peering gateway, no vended
    helper function, nothing that costs by the hour. (The DNS firewall costs about $0.60 for a
    million queries.)

    What is added below the network later, for example with the methods of `vpc`, is checked when
    the app synthesizes, and refused where it would open the network.

    Mutation protection: Route 53 neither changes nor removes the association of the DNS firewall
    with the VPC while it is protected, for CloudFormation as for anybody else, and answers
    `[RSLVR-02307] ... is under mutation protection`. So

    - a stack that is deleted ends in `DELETE_FAILED`, and a first deployment that fails after the
      association was made ends in `ROLLBACK_FAILED`. What the association needs stays with it:
      the VPC, the rule group and the lists of names. Nothing is opened, and no code runs.
    - before you delete a stack that works, deploy it once with
      `dns_firewall_mutation_protection=False`.
    - a stack in one of these states takes no deployment. Take the protection off by hand, then
      delete the stack again:
      `aws route53resolver update-firewall-rule-group-association
      --firewall-rule-group-association-id ID --mutation-protection DISABLED`. The id is the
      physical id of the association in the stack (`rslvr-frgassoc-...`).
    - where a first deployment may well fail, deploy with `False` first, then without.

    See https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateFirewallRuleGroupAssociation.html
    and aws-cdk #38795.

    The subnets are made of resources, not by `ec2.Vpc`: bound to an account and region, that
    construct looks up the availability zones even when it is given some, which needs credentials
    (and puts `dummy1a` into the template where there are none).

    Example:
        ```python
        from secure_lambda_constructs import IsolatedNetwork

        network = IsolatedNetwork(stack, "Network")
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
        subnet_cidr_mask: int = 24,
        vpc_name: str | None = None,
        dynamodb_prefix_list_id: str | None = None,
        dns_firewall_mutation_protection: bool = True,
    ) -> None:
        """Create the network.

        Args:
            scope: The construct to create it in.
            id: Its id. The ids of all its parts follow from it.
            ip_addresses: Where its addresses come from. By default the VPC takes `10.0.0.0/16`.
            max_azs: Over how many availability zones it spreads, 1 to 6. By default over the first
                two that the region lists for the account at deployment; nothing is looked up at
                synth.
            availability_zones: The names of the zones to use instead. By default the zones are
                chosen as `max_azs` says.
            subnet_cidr_mask: Size of each subnet as a prefix length, 16 to 28. By default each
                has 256 addresses, so that another zone can be added without moving the others.
            vpc_name: Value of the VPC's `Name` tag. By default its path in the app.
            dynamodb_prefix_list_id: Id (`pl-...`) of the managed prefix list of DynamoDB in the
                network's region. By default it is taken from a look-up in the context, else from
                a table of regions for which it is known. In a stack that is bound to no region
                the table goes into the template, and a deployment to any other region fails
                before anything is created.
            dns_firewall_mutation_protection: Whether the DNS firewall is kept from being
                detached. By default it is, and the stack cannot be deleted: see the class.

        Raises:
            InvalidInputError: A value cannot be used, or the prefix list of the region is not
                known.
        """
        addresses = ip_addresses or ec2.IpAddresses.cidr(_DEFAULT_CIDR)
        check_arguments(addresses, max_azs, availability_zones, subnet_cidr_mask)
        prefix_list = PrefixList(scope, "dynamodb", dynamodb_prefix_list_id)
        super().__init__(scope, id)
        self._dynamodb_prefix_list = prefix_list

        zones = (
            list(availability_zones)
            if availability_zones
            else [Fn.select(index, Fn.get_azs()) for index in range(max_azs or 2)]
        )
        self._vpc = self._create_vpc(
            addresses,
            zones,
            subnet_cidr_mask,
            vpc_name or self.node.path,
        )
        # Kept here, because each question to the CDK's process costs time, and each function asks.
        self._vpc_id = self._vpc.vpc_id
        self._subnets = self._vpc.isolated_subnets
        stack = Stack.of(self)
        self._account, self._region = stack.account, stack.region

        self._dynamodb_endpoint = self._vpc.add_gateway_endpoint(
            "DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB
        )
        self._dynamodb_endpoint.add_to_policy(dynamodb_statement(stack))

        self._dns_firewall = DnsFirewall(
            self,
            "DnsFirewall",
            vpc_id=self._vpc_id,
            mutation_protection=dns_firewall_mutation_protection,
        )
        suffix = f"{self._region}.{stack.url_suffix}"
        # SDKs that know the account call `ACCOUNT.ddb.REGION...`:
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-account-endpoints.html
        self._dns_firewall.allow(f"dynamodb.{suffix}", f"*.ddb.{suffix}")

        self.node.add_validation(ClosedNetworkCheck(self))

    @property
    def vpc(self) -> ec2.IVpc:
        """The VPC. Its only subnets are isolated."""
        return self._vpc

    @property
    def vpc_id(self) -> str:
        """The id of the VPC."""
        return self._vpc_id

    @property
    def region(self) -> str:
        """The region of the network: a name, or a token in a stack that is bound to none."""
        return self._region

    @property
    def account(self) -> str:
        """The account of the network: a number, or a token in a stack that is bound to none."""
        return self._account

    @property
    def subnets(self) -> list[ec2.ISubnet]:
        """The isolated subnets, one for each availability zone."""
        return list(self._subnets)

    @property
    def dynamodb_endpoint(self) -> ec2.GatewayVpcEndpoint:
        """The gateway endpoint of DynamoDB."""
        return self._dynamodb_endpoint

    @property
    def allowed_dns_names(self) -> list[str]:
        """The names that the resolver of the VPC answers."""
        return self._dns_firewall.allowed_names

    @property
    def closed(self) -> IDependable:
        """What must exist before code may run in the network: the attached DNS firewall."""
        return self._dns_firewall.association

    def allow_dns_names(self, *names: str) -> None:
        """Let the resolver of the VPC answer further names.

        A database in the network, or an interface endpoint that was added with
        `vpc.add_interface_endpoint(...)`, is reachable by name only once its name is here, and
        that of each CNAME it leads to. Security groups stay what they are: a name opens no way.

        A name that is not AWS's is refused, because whoever runs its name servers reads what is
        asked for. So is a wildcard over names that any customer of AWS can make, such as
        `*.execute-api.us-east-1.amazonaws.com`. The rules:

        - An exact name must be below the URL suffix of the partition, with two labels or more in
          front: `sts.us-east-1.amazonaws.com`.
        - A wildcard is `*.` in front of the names of the own region's tables and buckets,
          `ddb.REGION.amazonaws.com` and `s3.REGION.amazonaws.com`, or of the identifier of one
          cluster or account: `*.abc123.us-east-1.rds.amazonaws.com`, and so for `docdb`, `neptune`
          and `redshift`.
        - A reference is taken as it is, because nobody knows at synth what it becomes: use the
          address of a resource of your own, and nothing that somebody else can set.

        A database in another stack already depends on the network's, so that its address cannot
        be a reference here; write the wildcard of its identifier.

        Args:
            *names: The names. Those that are answered already are passed over.

        Raises:
            InvalidInputError: A name is refused. Then none of them is added.

        Example:
            ```python
            from aws_cdk import aws_rds as rds
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "DatabaseNetwork")
            database = rds.DatabaseCluster(
                stack,
                "Database",
                engine=rds.DatabaseClusterEngine.aurora_postgres(
                    version=rds.AuroraPostgresEngineVersion.VER_16_6
                ),
                writer=rds.ClusterInstance.serverless_v2("Writer"),
                storage_encrypted=True,
                vpc=network.vpc,
                vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            )
            network.allow_dns_names(database.cluster_endpoint.hostname)
            ```
        """
        stack = Stack.of(self)
        for name in names:
            check_dns_name(name, stack)
        self._dns_firewall.allow(*names)

    def client_security_group(self, scope: Construct, id: str) -> ec2.ISecurityGroup:
        """Create a security group that reaches the endpoints of this network, and nothing else.

        Its rules are written into the group itself, not added as resources after it: Amazon EC2
        gives a group that is made without rules one that allows everything. See
        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html.

        Args:
            scope: The construct that uses the group, in the network's stack or in another one.
                The network never refers to the group, so that no stacks depend on each other in a
                circle.
            id: Id of the group in the scope.

        Returns:
            The group. Rules to other groups can be added through its `connections`.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "ClosedNetwork")
            group = network.client_security_group(stack, "Clients")
            ```
        """
        group = ec2.CfnSecurityGroup(
            scope,
            id,
            group_description="Reaches the endpoints of its isolated network only",
            vpc_id=self._vpc_id,
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp",
                    from_port=443,
                    to_port=443,
                    destination_prefix_list_id=self._dynamodb_prefix_list.id_for(scope),
                    description="DynamoDB through the gateway endpoint",
                )
            ],
        )
        return ec2.SecurityGroup.from_security_group_id(
            scope, f"{id}Rules", group.attr_group_id, allow_all_outbound=False
        )

    def _create_vpc(
        self, ip_addresses: ec2.IIpAddresses, zones: list[str], mask: int, name: str
    ) -> ec2.IVpc:
        """Create VPC, subnets and their one route table, which has no route."""
        address = ip_addresses.allocate_vpc_cidr()
        vpc = ec2.CfnVPC(
            self,
            "Resource",
            cidr_block=address.cidr_block,
            ipv4_ipam_pool_id=address.ipv4_ipam_pool_id,
            ipv4_netmask_length=address.ipv4_netmask_length,
            # Private DNS names of interface endpoints need both.
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=_tags(Name=name),
        )
        blocks = ip_addresses.allocate_subnets_cidr(
            vpc_cidr=vpc.attr_cidr_block,
            requested_subnets=[
                ec2.RequestedSubnet(
                    availability_zone=zone,
                    subnet_construct_id=f"Subnet{number}",
                    configuration=ec2.SubnetConfiguration(
                        name="Isolated",
                        subnet_type=ec2.SubnetType.PRIVATE_ISOLATED,
                        cidr_mask=mask,
                    ),
                )
                for number, zone in enumerate(zones, 1)
            ],
        ).allocated_subnets
        routes = ec2.CfnRouteTable(self, "RouteTable", vpc_id=vpc.ref, tags=_tags(Name=name))
        subnets: list[ec2.CfnSubnet] = []
        for number, (zone, block) in enumerate(zip(zones, blocks, strict=True), 1):
            subnet = ec2.CfnSubnet(
                self,
                f"Subnet{number}",
                vpc_id=vpc.ref,
                availability_zone=zone,
                cidr_block=block.cidr,
                map_public_ip_on_launch=False,
                tags=_tags(Name=f"{name}/Subnet{number}", **_SUBNET_TAGS),
            )
            ec2.CfnSubnetRouteTableAssociation(
                self, f"Subnet{number}Routes", route_table_id=routes.ref, subnet_id=subnet.ref
            )
            subnets.append(subnet)
        return ec2.Vpc.from_vpc_attributes(
            self,
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
