"""What an isolated network is made of, and what can be asked of it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, DependencyGroup, IDependable

from ..errors import InvalidInputError
from .arguments import check_buckets
from .closed_check import ClosedNetworkCheck
from .cost import MonthlyCost, monthly_cost
from .dns_names import check_dns_name, is_database_name
from .endpoints import Endpoints
from .options import NetworkOptions
from .prefix_lists import PrefixList
from .query_log import log_queries
from .security_groups import NetworkGroups

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

    from .dns_firewall import DnsFirewall

__all__ = ["NetworkMembers"]


class NetworkMembers(Construct):
    """A closed VPC, whoever made it."""

    def _close(
        self,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        options: NetworkOptions,
        dynamodb_endpoint: ec2.IGatewayVpcEndpoint | None = None,
    ) -> None:
        """Create what closes a VPC."""
        # Kept here, because each question to the CDK's process costs time, and each function asks.
        self._vpc = vpc
        self._vpc_id = vpc.vpc_id
        self._subnets = list(subnets)
        stack = Stack.of(self)
        self._account, self._region = stack.account, stack.region
        self._options = options
        self._dns_firewall: DnsFirewall | None = None
        if options.dns_firewall:
            # What it is made of takes time to import.
            from .dns_firewall import DnsFirewall as Firewall

            self._dns_firewall = Firewall(
                self,
                "DnsFirewall",
                vpc_id=self._vpc_id,
                mutation_protection=options.dns_firewall_mutation_protection,
            )
        if options.dns_query_log_group is not None:
            log_queries(self, self._vpc_id, options.dns_query_log_group)
        self._groups = NetworkGroups(self, self._vpc_id, options.dynamodb_prefix_list)
        self._endpoints = Endpoints(
            self,
            vpc=vpc,
            subnets=self._subnets,
            perimeter=options.perimeter,
            groups=self._groups,
            dns_firewall=self._dns_firewall,
        )
        self._dynamodb_endpoint = self._endpoints.use_dynamodb(dynamodb_endpoint)
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
    def organization_id(self) -> str | None:
        """The organization whose accounts its endpoints serve, or `None` for its own account."""
        return self._options.perimeter.organization_id

    @property
    def subnets(self) -> list[ec2.ISubnet]:
        """The isolated subnets, one for each availability zone."""
        return list(self._subnets)

    @property
    def dynamodb_endpoint(self) -> ec2.IGatewayVpcEndpoint:
        """The gateway endpoint of DynamoDB."""
        return self._dynamodb_endpoint

    @property
    def allowed_dns_names(self) -> list[str]:
        """The names that the resolver of the VPC answers; empty without a DNS firewall."""
        return [] if self._dns_firewall is None else self._dns_firewall.allowed_names

    @property
    def closed(self) -> IDependable:
        """What must exist before code may run in the network: the attached DNS firewall."""
        return DependencyGroup() if self._dns_firewall is None else self._dns_firewall.association

    def create_security_group(self, scope: Construct, id: str) -> ec2.ISecurityGroup:
        """Create a security group that reaches DynamoDB through the endpoint, and nothing else.

        Args:
            scope: The construct that uses the group, in the network's stack or in another one.
            id: Id of the group in the scope.

        Returns:
            The group. Rules to other groups can be added through its `connections`.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "ClosedNetwork")
            group = network.create_security_group(stack, "OrdersGroup")
            ```
        """
        return self._groups.of_function(scope, id).group

    def when_there_are_clients(self, join: Callable[[str], None]) -> None:
        """Say what is to reach the endpoints besides that of DynamoDB.

        `SignedVpcFunction` does it for itself.

        Args:
            join: Is called with the id of a security group that leads to them: at once, or when
                the first such endpoint is added.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "LaterOpened")
            groups: list[str] = []
            network.when_there_are_clients(groups.append)
            assert not groups
            network.add_interface_endpoint("Queues", ec2.InterfaceVpcEndpointAwsService.SQS)
            assert len(groups) == 1
            ```
        """
        self._groups.when_there_are_clients(join)

    def allow_dns_names(self, *names: str) -> None:
        """Let the resolver of the VPC answer further names, those of a database for example.

        The names of the endpoints are answered already. Security groups stay what they are: a
        name opens no way.

        A name that is not AWS's is refused, because whoever runs its name servers reads what is
        asked for; so is a wildcard over names that any customer of AWS can make. The wildcard of
        one account's databases in the network's region can be used:
        `*.abc123.us-east-1.rds.amazonaws.com`. A reference is taken as it is.

        A database in another stack already depends on the network's, so that its address cannot
        be a reference here; write the wildcard of its identifier.

        Names of databases and proxies are CNAMEs of others, which AWS chooses and does not tell
        beforehand. So the name of one below `rds`, `docdb`, `neptune` or `redshift` of the region,
        and the address of one of the app, is answered whatever it leads to. That opens nothing:
        AWS alone makes these records, and a name that they lead to is not answered when it is
        asked for by itself. See
        https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_FirewallRule.html.

        Args:
            *names: The names; of others than databases, each CNAME they lead to as well. Those
                that are answered already are passed over.

        Raises:
            InvalidInputError: A name is refused. Then none of them is added.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "DatabaseNetwork")
            network.allow_dns_names("*.abc123.us-east-1.rds.amazonaws.com")
            ```
        """
        stack = Stack.of(self)
        for name in names:
            check_dns_name(name, stack)
        if self._dns_firewall is not None:
            for name in names:
                trusted = is_database_name(name, stack)
                self._dns_firewall.allow(name, trust_redirections=trusted)

    def add_s3_endpoint(self, *, buckets: "Sequence[s3.IBucket]") -> ec2.GatewayVpcEndpoint:
        """Let functions read and write the objects of some buckets, through a free endpoint.

        It carries calls with keys of the network's account (or organization) to these buckets,
        as long as that account owns them, and nothing that shares them. What a function may do
        with a bucket is still granted to it: `bucket.grant_read(fn)`. See
        https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html.

        Args:
            buckets: The buckets. One of a stack that depends on the network's stack cannot be
                referred to; give it a name, and write
                `s3.Bucket.from_bucket_name(self, "Reports", "the-name")`.

        Returns:
            The endpoint: the same one for further calls, which add their buckets to it.

        Raises:
            InvalidInputError: There is no bucket, or the prefix list of the region is not known.

        Example:
            ```python
            from aws_cdk import aws_s3 as s3
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "NetworkWithBucket")
            network.add_s3_endpoint(buckets=[s3.Bucket(stack, "Reports", enforce_ssl=True)])
            ```
        """
        check_buckets(buckets)
        prefix_list = PrefixList(self, "s3", self._options.s3_prefix_list_id)
        return self._endpoints.add_s3(prefix_list, buckets)

    def add_interface_endpoint(
        self,
        id: str,
        service: ec2.InterfaceVpcEndpointAwsService,
        *,
        actions: Sequence[str] | None = None,
        resources: Sequence[str] | None = None,
        subnets: ec2.SubnetSelection | None = None,
    ) -> ec2.InterfaceVpcEndpoint:
        """Let functions call a service of AWS, through an endpoint that is paid by the hour.

        It carries calls with keys of the network's account (or organization) to resources of the
        same. Services whose endpoints ignore policies, EC2, other regions and services of third
        parties are refused. What a function may call is still granted to it:
        `secret.grant_read(fn)`. `monthly_cost()` says what it costs.

        Args:
            id: Id of the endpoint in the network.
            service: The service.
            actions: Which of the service's actions. By default all that code uses, and none that
                changes or shares a resource.
            resources: ARNs of the resources. By default all of the account (or organization).
                One of a stack that depends on the network's cannot be referred to.
            subnets: Which of the network's subnets it has an address in; each zone is paid for,
                and a function in another zone reaches it as well. By default all.

        Returns:
            The endpoint.

        Raises:
            InvalidInputError: The service is refused or is there already, or a value cannot be
                used.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "NetworkWithSecrets")
            network.add_interface_endpoint(
                "Secrets", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER
            )
            ```
        """
        return self._endpoints.add_interface(
            id, service, actions=actions, resources=resources, subnets=subnets
        )

    def add_lambda_endpoint(self, *, function_arns: Sequence[str]) -> ec2.InterfaceVpcEndpoint:
        """Let functions call some functions, such as a relay, through an endpoint paid by the hour.

        It carries `lambda:InvokeFunction` alone, with keys of the network's account (or
        organization), to these functions alone: every other one would be a way around the network.
        `EgressRelayFunction.grant_invoke` does it for a relay. Function URLs are not served. See
        https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-endpoints.html.

        Args:
            function_arns: Their ARNs, without a version or alias. That of a function in a stack
                that depends on the network's cannot be referred to; give it a name, and write its
                ARN with `Stack.format_arn`.

        Returns:
            The endpoint: the same one for further calls, which add their functions to it.

        Raises:
            InvalidInputError: There is no function, or an ARN cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "NetworkWithRelay")
            arn = "arn:aws:lambda:us-east-1:111122223333:function:relay"
            network.add_lambda_endpoint(function_arns=[arn])
            ```
        """
        if isinstance(function_arns, str):
            raise InvalidInputError(
                f"function_arns is the string {function_arns!r}; write a list: [{function_arns!r}]"
            )
        return self._endpoints.add_lambda(function_arns)

    def monthly_cost(self) -> MonthlyCost:
        """What the network costs in a month, as far as it is known at synth.

        Returns:
            Its lines, their total in US dollars, and what is paid by use; `str()` makes a table
            of them, with the source and day of each price.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork

            network = IsolatedNetwork(stack, "FreeNetwork")
            assert network.monthly_cost().total < 1
            ```
        """
        return monthly_cost(
            region=None if Token.is_unresolved(self._region) else self._region,
            interface_endpoints=self._endpoints.zones_of_interfaces,
            dns_firewall=self._dns_firewall is not None,
            allowed_names=len(self.allowed_dns_names),
            query_log=self._options.dns_query_log_group is not None,
        )
