"""Functions, endpoints and route tables as the checks look at them."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .policies import pessimistic, role_documents, statements
from .values import as_list
from .world import Resource, World

__all__ = ["Endpoint", "Function", "security_group_rules"]


class Function:
    """A Lambda function with its role and its place in the network.

    Attributes:
        resource: The function's resource.
        path: Its stack and logical id.
        arn: Its ARN.
    """

    def __init__(self, world: World, resource: Resource) -> None:
        """Look at a function.

        Args:
            world: The world that it is in.
            resource: It, of the type `AWS::Lambda::Function`.
        """
        self._world = world
        self.resource = resource
        self.path = resource.path
        self.arn: Any = resource.arn

    @cached_property
    def role(self) -> Resource | None:
        """The role, None if no template creates it."""
        return self._find(self.resource.get("Role"), "AWS::IAM::Role")

    @cached_property
    def documents(self) -> tuple[dict[str, Any], ...]:
        """The policies of the role."""
        return role_documents(self._world, self.role)

    @cached_property
    def subnet_ids(self) -> list[Any]:
        """The subnets, as the function names them."""
        return as_list(self.resource.get("VpcConfig", "SubnetIds"))

    @cached_property
    def subnets(self) -> list[Resource | None]:
        """The subnets, None for each that no template creates."""
        return [self._find(subnet, "AWS::EC2::Subnet") for subnet in self.subnet_ids]

    @cached_property
    def vpc_ids(self) -> set[Any]:
        """The ids of the VPCs the subnets are in."""
        return {subnet.get("VpcId") for subnet in self.subnets if subnet is not None}

    @cached_property
    def security_groups(self) -> list[Resource | None]:
        """The security groups, None for each that no template creates."""
        return [
            self._find(group, "AWS::EC2::SecurityGroup")
            for group in as_list(self.resource.get("VpcConfig", "SecurityGroupIds"))
        ]

    @cached_property
    def log_group(self) -> Resource | None:
        """The log group that it writes to, None if no template creates it.

        Without a configuration it is the one that has the name by which Lambda would make one.
        """
        resource = self.resource
        named = resource.get("LoggingConfig", "LogGroup")
        if named is not None:
            return self._find(named, "AWS::Logs::LogGroup")
        if not isinstance(resource.id, str):
            return None
        found = self._find(f"/aws/lambda/{resource.id}", "AWS::Logs::LogGroup")
        here = (resource.account, resource.region)
        return found if found is not None and (found.account, found.region) == here else None

    @property
    def session(self) -> str:
        """The ARN of the role's session that the function's code has."""
        role = "unknown" if self.role is None else self.role.id
        name = self.resource.id
        return f"arn:aws:sts::{self.resource.account}:assumed-role/{role}/{name}"

    @property
    def role_arn(self) -> str:
        """The ARN of the role."""
        unknown = f"arn:aws:iam::{self.resource.account}:role/unknown"
        return str(self.role.arn) if self.role is not None else unknown

    def _find(self, identifier: Any, kind: str) -> Resource | None:
        return self._world.find(identifier, kind, near=self.resource)


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint.

    Attributes:
        resource: Its resource, of the type `AWS::EC2::VPCEndpoint`.
    """

    resource: Resource

    @property
    def service(self) -> str | None:
        """The service of this region that it leads to, such as `dynamodb`; None for any other."""
        name = self.resource.get("ServiceName")
        match = re.fullmatch(
            rf"(?:(?:cn\.)?com\.amazonaws|aws\.api)\.{self.resource.region}\.([a-z0-9.\-]+)",
            str(name),
        )
        return None if match is None or self.is_special else match[1]

    @property
    def is_special(self) -> bool:
        """Whether it leads elsewhere than to a service of AWS in this region."""
        kind = self.resource.get("VpcEndpointType", default="Gateway")
        region = self.resource.get("ServiceRegion", default=self.resource.region)
        return kind not in ("Gateway", "Interface") or region != self.resource.region

    @property
    def is_gateway(self) -> bool:
        """Whether it is a gateway endpoint, which is the default type."""
        return bool(self.resource.get("VpcEndpointType", default="Gateway") == "Gateway")

    @cached_property
    def policy(self) -> dict[str, Any]:
        """The policy; without one, everybody may do everything."""
        return pessimistic(self.resource.get("PolicyDocument"), of_resource=True)

    @cached_property
    def strict_policy(self) -> dict[str, Any]:
        """The policy without the Allows that a session of a role does not match.

        At a gateway endpoint an account as the principal means its root user only.
        """
        kept = [
            entry
            for entry in statements(self.policy)
            if not (self.is_gateway and _names_account(entry))
        ]
        return {**self.policy, "Statement": kept}


def _names_account(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = as_list(principal.get("AWS")) if isinstance(principal, dict) else []
    return statement.get("Effect") == "Allow" and any(
        re.fullmatch(r"\d{12}|arn:aws:iam::\d{12}:root", str(name)) for name in named
    )


def security_group_rules(world: World, group: Resource, direction: str) -> list[dict[str, Any]]:
    """Return the rules of a security group, inline and stand-alone.

    Args:
        world: The world that it is in.
        group: The group, of the type `AWS::EC2::SecurityGroup`.
        direction: `Ingress` or `Egress`.

    Returns:
        The properties of each rule; `{"Unknown": …}` for one that nobody can tell.
    """
    rules: list[dict[str, Any]] = []
    for rule in as_list(group.get(f"SecurityGroup{direction}")):
        rules.append(rule if isinstance(rule, dict) else {"Unknown": rule})
    index = world.made(_ingress if direction == "Ingress" else _egress)
    alone = index.get(None, []) + index.get(group.id, [])
    if direction == "Egress" and not rules:
        # Without any rule EC2 adds one to everywhere.
        maybe = [rule for rule in alone if rule.uncertain and not rule.is_there_with_its_targets]
        rules += [{"Unknown": rule.uncertain} for rule in maybe if len(maybe) == len(alone)]
    return rules + [rule.properties for rule in alone]


def _ingress(world: World) -> dict[Any, list[Resource]]:
    return _by_group(world.of("AWS::EC2::SecurityGroupIngress"))


def _egress(world: World) -> dict[Any, list[Resource]]:
    return _by_group(world.of("AWS::EC2::SecurityGroupEgress"))


def _by_group(rules: list[Resource]) -> dict[Any, list[Resource]]:
    """Return stand-alone rules by the id of their group, by None where nobody can tell it."""
    found: dict[Any, list[Resource]] = {}
    for rule in rules:
        group_id = rule.get("GroupId")
        known = group_id if isinstance(group_id, str) else None
        found.setdefault(known, []).append(rule)
    return found
