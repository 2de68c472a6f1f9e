"""The security groups of an isolated network: who reaches the endpoints, and what they are.

All egress rules are written into the groups themselves, not added as resources after them: Amazon
EC2 gives a group that is made without one a rule that allows everything. See
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html.
"""

from collections.abc import Callable
from typing import NamedTuple

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from .prefix_lists import PrefixList

__all__ = ["FunctionGroup", "NetworkGroups"]

_HTTPS = 443
_INGRESS = "EndpointsFromClients"


class FunctionGroup(NamedTuple):
    """The security group of one function.

    Attributes:
        id: Its id. To ask the group for it costs a question to the CDK's process.
        resource: Its resource.
        group: The group. Rules to other groups can be added through its `connections`.
    """

    id: str
    resource: ec2.CfnSecurityGroup
    group: ec2.ISecurityGroup


class NetworkGroups:
    """The group of each function, and those that functions and endpoints share.

    A function's own group leads to DynamoDB. What leads to further endpoints is in one group for
    all functions, made when there is such an endpoint: so a second one changes no function, and
    the rules that a group may have (60) last for any number of functions.
    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
    """

    def __init__(self, scope: Construct, vpc_id: str, dynamodb: PrefixList) -> None:
        """Begin without a group.

        Args:
            scope: The network.
            vpc_id: Its VPC.
            dynamodb: The prefix list of DynamoDB.
        """
        self._scope = scope
        self._vpc_id = vpc_id
        self._dynamodb = dynamodb
        self._rules: list[ec2.CfnSecurityGroup.EgressProperty] = []
        self._waiting: list[Callable[[str], None]] = []
        self._clients: ec2.CfnSecurityGroup | None = None
        self._endpoints: ec2.CfnSecurityGroup | None = None

    @property
    def ids(self) -> list[str]:
        """The ids of the shared groups there are."""
        return [group.attr_group_id for group in (self._clients, self._endpoints) if group]

    @property
    def own_rule_path(self) -> str:
        """Path of the only rule of a shared group that is a resource of its own."""
        return f"{self._scope.node.path}/{_INGRESS}"

    def of_function(self, scope: Construct, id: str) -> FunctionGroup:
        """Create the group of one function.

        Args:
            scope: The function, in the network's stack or in another one. The network never
                refers to the group, so that no stacks depend on each other in a circle.
            id: Its id.

        Returns:
            The group.
        """
        resource = ec2.CfnSecurityGroup(
            scope,
            id,
            group_description="Reaches DynamoDB and what is connected to it only",
            vpc_id=self._vpc_id,
            security_group_egress=[
                _https(
                    "DynamoDB through the gateway endpoint",
                    destination_prefix_list_id=self._dynamodb.id_for(scope),
                )
            ],
        )
        group_id = resource.attr_group_id
        group = ec2.SecurityGroup.from_security_group_id(
            scope, f"{id}Rules", group_id, allow_all_outbound=False
        )
        return FunctionGroup(group_id, resource, group)

    def when_there_are_clients(self, join: Callable[[str], None]) -> None:
        """Say who is to have the group of all clients, now or as soon as there is one.

        Args:
            join: Is called with the id of the group.
        """
        self._waiting.append(join)
        if self._clients is not None:
            join(self._clients.attr_group_id)

    def lead_to_prefix_list(self, prefix_list: PrefixList, description: str) -> None:
        """Let the clients send HTTPS to the addresses of a gateway endpoint.

        Args:
            prefix_list: The managed prefix list of the endpoint's service.
            description: What the rule is for.
        """
        self._lead_to(
            _https(description, destination_prefix_list_id=prefix_list.id_for(self._scope))
        )

    def of_endpoints(self) -> str:
        """The group of all interface endpoints, which takes HTTPS from the clients alone.

        Returns:
            Its id. It is created when it is first asked for.
        """
        if self._endpoints is None:
            self._endpoints = ec2.CfnSecurityGroup(
                self._scope,
                "Endpoints",
                group_description="Takes HTTPS from functions of its network",
                vpc_id=self._vpc_id,
                # What the CDK writes for "no traffic": an endpoint answers, and sends nothing.
                security_group_egress=[
                    ec2.CfnSecurityGroup.EgressProperty(
                        ip_protocol="icmp",
                        from_port=252,
                        to_port=86,
                        cidr_ip="255.255.255.255/32",
                        description="Disallow all traffic",
                    )
                ],
            )
            group_id = self._endpoints.attr_group_id
            clients_id = self._lead_to(
                _https("Interface endpoints", destination_security_group_id=group_id)
            )
            # Written into the group it would close a circle. A group without ingress rules takes
            # nothing, so that nothing is open until the rule is there.
            ec2.CfnSecurityGroupIngress(
                self._scope,
                _INGRESS,
                group_id=group_id,
                ip_protocol="tcp",
                from_port=_HTTPS,
                to_port=_HTTPS,
                source_security_group_id=clients_id,
                description="Functions of the network",
            )
        return self._endpoints.attr_group_id

    def _lead_to(self, rule: ec2.CfnSecurityGroup.EgressProperty) -> str:
        """Write a further rule into the clients' group, which is there from the first one on."""
        self._rules.append(rule)
        if self._clients is None:
            self._clients = ec2.CfnSecurityGroup(
                self._scope,
                "Clients",
                group_description="Reaches the endpoints of its isolated network only",
                vpc_id=self._vpc_id,
                security_group_egress=list(self._rules),
            )
            for join in self._waiting:
                join(self._clients.attr_group_id)
        else:
            self._clients.security_group_egress = list(self._rules)
        return self._clients.attr_group_id


def _https(
    description: str,
    *,
    destination_prefix_list_id: str | None = None,
    destination_security_group_id: str | None = None,
) -> ec2.CfnSecurityGroup.EgressProperty:
    """An egress rule of HTTPS to one destination."""
    return ec2.CfnSecurityGroup.EgressProperty(
        ip_protocol="tcp",
        from_port=_HTTPS,
        to_port=_HTTPS,
        destination_prefix_list_id=destination_prefix_list_id,
        destination_security_group_id=destination_security_group_id,
        description=description,
    )
