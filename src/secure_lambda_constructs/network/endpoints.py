"""The endpoints of an isolated network: the only ways that lead out of it.

Each comes with its policy, its way through the security groups and its names in the DNS firewall.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ..errors import InvalidInputError
from .endpoint_policy import dynamodb_statement, s3_statements, service_statements
from .perimeter import Perimeter
from .prefix_lists import PrefixList
from .security_groups import NetworkGroups
from .services import endpoint_service
from .subnets import chosen_subnets

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

    from .dns_firewall import DnsFirewall

__all__ = ["Endpoints"]

# There boto3 calls a bucket by its global name, unless told otherwise:
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-s3-regional-endpoint.html
_GLOBAL_S3 = "us-east-1"


class Endpoints:
    """Creates endpoints, and remembers what they are."""

    def __init__(
        self,
        network: Construct,
        *,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        perimeter: Perimeter,
        groups: NetworkGroups,
        dns_firewall: "DnsFirewall | None",
    ) -> None:
        """Begin without any.

        Args:
            network: The network.
            vpc: Its VPC.
            subnets: Its subnets.
            perimeter: Whose principals and resources it serves.
            groups: Its security groups.
            dns_firewall: Its DNS firewall, if it has one.
        """
        self._network = network
        self._vpc = vpc
        self._subnets = list(subnets)
        self._perimeter = perimeter
        self._groups = groups
        self._dns_firewall = dns_firewall
        self._stack = Stack.of(network)
        self._region = self._stack.region
        self._suffix = f"{self._region}.{self._stack.url_suffix}"
        self._s3: ec2.GatewayVpcEndpoint | None = None
        self._interfaces: dict[str, int] = {}
        self._created: dict[str, ec2.InterfaceVpcEndpoint] = {}

    @property
    def zones_of_interfaces(self) -> Mapping[str, int]:
        """In how many zones each interface endpoint is, by the name of its service."""
        return self._interfaces

    def use_dynamodb(self, existing: ec2.IGatewayVpcEndpoint | None) -> ec2.IGatewayVpcEndpoint:
        """Open the way to DynamoDB.

        Args:
            existing: The endpoint that the VPC has already, or `None` to create one.

        Returns:
            The endpoint.
        """
        endpoint = existing
        if endpoint is None:
            created = self._gateway("DynamoDb", ec2.GatewayVpcEndpointAwsService.DYNAMODB)
            created.add_to_policy(dynamodb_statement(self._stack, self._perimeter))
            endpoint = created
        # SDKs that know the account call `ACCOUNT.ddb.REGION...`:
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-account-endpoints.html
        self._answer(f"dynamodb.{self._suffix}", f"*.ddb.{self._suffix}")
        return endpoint

    def add_s3(
        self, prefix_list: PrefixList, buckets: Sequence["s3.IBucket"]
    ) -> ec2.GatewayVpcEndpoint:
        """Open the way to some buckets; further ones join the endpoint that is there.

        Args:
            prefix_list: The prefix list of S3.
            buckets: The buckets.

        Returns:
            The endpoint.
        """
        if self._s3 is None:
            self._s3 = self._gateway("S3", ec2.GatewayVpcEndpointAwsService.S3)
            self._groups.lead_to_prefix_list(prefix_list, "S3 through the gateway endpoint")
        arns = [bucket.bucket_arn for bucket in buckets]
        for statement in s3_statements(arns, self._perimeter):
            self._s3.add_to_policy(statement)
        suffix = self._stack.url_suffix
        # The name of a bucket is an alias of one of these.
        self._answer(f"s3.{self._suffix}", f"s3-r-w.{self._suffix}")
        for bucket in buckets:
            self._answer(f"{bucket.bucket_name}.s3.{self._suffix}")
            if self._region == _GLOBAL_S3 or Token.is_unresolved(self._region):
                self._answer(
                    f"{bucket.bucket_name}.s3.{suffix}",
                    f"s3-1-w.{suffix}",
                    f"s3-w.{_GLOBAL_S3}.{suffix}",
                )
        return self._s3

    def add_interface(
        self,
        id: str,
        service: ec2.InterfaceVpcEndpointAwsService,
        *,
        actions: Sequence[str] | None,
        resources: Sequence[str] | None,
        subnets: ec2.SubnetSelection | None,
    ) -> ec2.InterfaceVpcEndpoint:
        """Open the way to a service.

        Args:
            id: Id of the endpoint.
            service: The service.
            actions: Which of its actions, or `None` for all that code uses.
            resources: ARNs, or `None` for all in the perimeter.
            subnets: Which subnets of the network, or `None` for all.

        Returns:
            The endpoint.

        Raises:
            InvalidInputError: The service is refused, is there already, or one of the others
                cannot be used.
        """
        if not isinstance(service, ec2.InterfaceVpcEndpointAwsService):
            raise InvalidInputError(
                f"service is {service!r}; write one of AWS's, such as "
                "ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER"
            )
        known = endpoint_service(service.short_name, region=self._region)
        if known.name in self._interfaces:
            raise InvalidInputError(
                f"the network has an endpoint of {known.name} already; write all its actions and "
                "resources in one call"
            )
        statements = service_statements(
            known, self._stack, self._perimeter, actions=actions, resources=resources
        )
        chosen = chosen_subnets(
            self._vpc, self._subnets, subnets, argument="subnets", those="network.subnets"
        )
        group = ec2.SecurityGroup.from_security_group_id(
            self._network,
            f"{id}Group",
            self._groups.of_endpoints(),
            allow_all_outbound=False,
        )
        endpoint = ec2.InterfaceVpcEndpoint(
            self._network,
            id,
            vpc=self._vpc,
            service=service,
            # Else the whole VPC may use it.
            open=False,
            private_dns_enabled=True,
            security_groups=[group],
            subnets=ec2.SubnetSelection(subnets=chosen),
        )
        for statement in statements:
            endpoint.add_to_policy(statement)
        self._answer(
            *known.private_dns_names(
                region=self._region, suffix=self._stack.url_suffix, account=self._stack.account
            )
        )
        self._interfaces[known.name] = len(chosen)
        self._created[known.name] = endpoint
        return endpoint

    def add_lambda(self, function_arns: Sequence[str]) -> ec2.InterfaceVpcEndpoint:
        """Open the way to some functions; further ones join the endpoint that is there.

        Args:
            function_arns: Their ARNs.

        Returns:
            The endpoint.
        """
        service = ec2.InterfaceVpcEndpointAwsService.LAMBDA_
        known = endpoint_service(service.short_name, region=self._region)
        endpoint = self._created.get(known.name)
        if endpoint is None:
            return self.add_interface(
                "Lambda", service, actions=None, resources=function_arns, subnets=None
            )
        for statement in service_statements(
            known, self._stack, self._perimeter, actions=None, resources=function_arns
        ):
            endpoint.add_to_policy(statement)
        return endpoint

    def _gateway(
        self, id: str, service: ec2.GatewayVpcEndpointAwsService
    ) -> ec2.GatewayVpcEndpoint:
        """Create a gateway endpoint in the route tables of the network's subnets."""
        return ec2.GatewayVpcEndpoint(
            self._network,
            id,
            vpc=self._vpc,
            service=service,
            subnets=[ec2.SubnetSelection(subnets=self._subnets)],
        )

    def _answer(self, *names: str) -> None:
        """Let the resolver answer for an endpoint."""
        if self._dns_firewall is not None:
            self._dns_firewall.allow(*names)
