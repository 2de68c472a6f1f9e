"""A VPC that nothing leaves but calls to named AWS services in the own account."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from .arguments import check_arguments
from .existing_vpc import check_vpc, is_in_app, selected_subnets, warn_of_the_unknown
from .members import NetworkMembers
from .options import checked_options
from .vpc import create_vpc

if TYPE_CHECKING:
    from aws_cdk import aws_logs as logs

__all__ = ["IsolatedNetwork"]

_DEFAULT_CIDR = "10.0.0.0/16"


class IsolatedNetwork(NetworkMembers):
    """A closed VPC for functions that read data.

    Isolated IPv4 subnets without any route but the one to DynamoDB; a free DynamoDB gateway
    endpoint that carries only item calls by this account to this account's tables; a DNS firewall
    that answers only the endpoints' names. No internet, NAT, VPN or peering gateway, no vended
    helper function, nothing that costs by the hour until you add it. (The DNS firewall costs
    about $0.60 for a million queries; `monthly_cost()` says what else costs.)

    Further ways out are named one by one: `add_s3_endpoint` for some buckets,
    `add_interface_endpoint` for a service. What is added to the VPC by other means, for example
    with the methods of `vpc`, is checked when the app synthesizes, and refused where it would
    open the network.

    Route 53 neither changes nor removes the association of the DNS firewall with the VPC while
    `dns_firewall_mutation_protection` is on, for CloudFormation as for anybody else. **Before you
    delete the stack, deploy it once with the protection off.** A first deployment that fails
    cannot be rolled back either; the page on the network says what to do then. See
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateFirewallRuleGroupAssociation.html
    and aws-cdk #38795.

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
        organization_id: str | None = None,
        dynamodb_prefix_list_id: str | None = None,
        s3_prefix_list_id: str | None = None,
        dns_firewall_mutation_protection: bool = True,
        dns_queries_may_carry_data_out: bool = False,
        dns_query_log_group: "logs.ILogGroup | None" = None,
    ) -> None:
        """Create the network.

        Args:
            scope: The construct to create it in.
            id: Its id. The ids of all its parts follow from it.
            ip_addresses: Where its addresses come from. By default the VPC takes `10.0.0.0/16`.
            max_azs: Over how many availability zones it spreads, 1 to 6. By default over two, the
                first that the region lists at deployment; nothing is looked up at synth.
            availability_zones: The names of the zones to use instead.
            subnet_cidr_mask: Size of each subnet as a prefix length, 16 to 28. By default each
                has 256 addresses, so that another zone can be added without moving the others.
            vpc_name: Value of the VPC's `Name` tag. By default its path in the app.
            organization_id: Id (`o-...`) of the AWS organization whose accounts the endpoints
                serve. By default they serve the network's own account only.
            dynamodb_prefix_list_id: Id (`pl-...`) of the managed prefix list of DynamoDB in the
                network's region. By default it is taken from a look-up in the context, else from
                a table of regions for which it is known. In a stack that is bound to no region
                the table goes into the template, and a deployment to any other region fails
                before anything is created.
            s3_prefix_list_id: The same for S3. Of no use without `add_s3_endpoint`.
            dns_firewall_mutation_protection: Whether the DNS firewall is kept from being
                detached. By default it is, and the stack cannot be deleted: see the class.
            dns_queries_may_carry_data_out: Whether there is no DNS firewall. By default there is
                one; without it a function can send data to any name server in the world.
            dns_query_log_group: Log group that gets each query to the resolver, blocked ones
                too. By default queries are not logged. It is charged by the volume.

        Raises:
            InvalidInputError: A value cannot be used, or the prefix list of the region is not
                known.
        """
        addresses = ip_addresses or ec2.IpAddresses.cidr(_DEFAULT_CIDR)
        check_arguments(addresses, max_azs, availability_zones, subnet_cidr_mask)
        options = checked_options(
            scope,
            organization_id=organization_id,
            dynamodb_prefix_list_id=dynamodb_prefix_list_id,
            s3_prefix_list_id=s3_prefix_list_id,
            dns_firewall_mutation_protection=dns_firewall_mutation_protection,
            dns_queries_may_carry_data_out=dns_queries_may_carry_data_out,
            dns_query_log_group=dns_query_log_group,
        )
        super().__init__(scope, id)
        vpc = create_vpc(
            self,
            addresses,
            availability_zones=availability_zones,
            max_azs=max_azs or 2,
            subnet_cidr_mask=subnet_cidr_mask,
            name=vpc_name or self.node.path,
        )
        self._close(vpc, vpc.isolated_subnets, options)

    @classmethod
    def from_vpc(
        cls,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        dynamodb_endpoint: ec2.IGatewayVpcEndpoint | None = None,
        organization_id: str | None = None,
        dynamodb_prefix_list_id: str | None = None,
        s3_prefix_list_id: str | None = None,
        dns_firewall_mutation_protection: bool = True,
        dns_queries_may_carry_data_out: bool = False,
        dns_query_log_group: "logs.ILogGroup | None" = None,
    ) -> "IsolatedNetwork":
        """Close an existing VPC, or refuse it where it is open.

        The DNS firewall holds for the whole VPC: whatever else is in it gets no other names
        answered either.

        A VPC of this app is looked at resource by resource when the app synthesizes. Of one that
        was looked up, the look-up tells which subnets have routes to an internet, NAT or transit
        gateway, and whether there is a VPN gateway. It does not tell of routes to peering
        connections, IPv6, the policies of endpoints that are there, resolver rules or hosts in
        the VPC; a warning says so (`secure-lambda-constructs:existing-vpc`), for you to look and
        then to acknowledge.

        Args:
            scope: The construct to create the network in.
            id: Its id.
            vpc: The VPC, which has isolated subnets only.
            subnets: Which of them. By default all.
            dynamodb_endpoint: The gateway endpoint of DynamoDB that the VPC has already; a route
                table takes one only. By default one is created. The policy of one that is not of
                this app is not seen.
            organization_id: As in the constructor.
            dynamodb_prefix_list_id: As in the constructor.
            s3_prefix_list_id: As in the constructor.
            dns_firewall_mutation_protection: As in the constructor.
            dns_queries_may_carry_data_out: As in the constructor.
            dns_query_log_group: As in the constructor.

        Returns:
            The network.

        Raises:
            InvalidInputError: The VPC is open, or a value cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork

            vpc = ec2.Vpc(
                stack,
                "Vpc",
                nat_gateways=0,
                restrict_default_security_group=False,
                subnet_configuration=[
                    ec2.SubnetConfiguration(
                        name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED
                    )
                ],
            )
            network = IsolatedNetwork.from_vpc(stack, "ClosedVpc", vpc=vpc)
            ```
        """
        check_vpc(vpc)
        chosen = selected_subnets(vpc, subnets)
        options = checked_options(
            scope,
            organization_id=organization_id,
            dynamodb_prefix_list_id=dynamodb_prefix_list_id,
            s3_prefix_list_id=s3_prefix_list_id,
            dns_firewall_mutation_protection=dns_firewall_mutation_protection,
            dns_queries_may_carry_data_out=dns_queries_may_carry_data_out,
            dns_query_log_group=dns_query_log_group,
        )
        network = _NetworkInVpc(scope, id)
        network._close(vpc, chosen, options, dynamodb_endpoint)
        if not is_in_app(vpc):
            warn_of_the_unknown(network, vpc)
        return network


class _NetworkInVpc(IsolatedNetwork):
    """A network in a VPC that it did not create; `from_vpc` makes it."""

    def __init__(self, scope: Construct, id: str) -> None:
        """Begin without a VPC."""
        Construct.__init__(self, scope, id)
