"""A copy of the templates that holes are planted into, and the register of the holes."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from secure_lambda_constructs.checks.model.assembly import StackTemplate
from secure_lambda_constructs.checks.model.world import World

from ..synthesis import BOUND

__all__ = ["ALLOW_LIST", "CATCH_ALL", "HOLES", "Draft", "Hole", "hole"]

FUNCTION = "AWS::Lambda::Function"
ALLOW_LIST = "ALLOW"
CATCH_ALL = "BLOCK"
_NO_RULES: dict[str, Any] = {"SecurityGroupEgress": [], "SecurityGroupIngress": []}


class Draft:
    """The templates of a world, to be changed."""

    def __init__(self, world: World) -> None:
        """Copy the templates of `world`."""
        self._sources = [
            replace(source, template=copy.deepcopy(source.template)) for source in world.sources
        ]

    def world(self) -> World:
        """Return what the templates would create now."""
        return World(self._sources)

    def of(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the logical id and the resource of each resource of type `kind`."""
        return [(name, r) for _, name, r in self._all() if r["Type"] == kind]

    def first(self, kind: str) -> dict[str, Any]:
        """Return the properties of the first resource of type `kind`."""
        properties: dict[str, Any] = self._first(kind)[2].setdefault("Properties", {})
        return properties

    def part(self, kind: str, start: str) -> tuple[str, dict[str, Any]]:
        """Return the logical id and the properties of the only one whose id begins so."""
        (found,) = [(name, r) for name, r in self.of(kind) if name.startswith(start)]
        return found[0], found[1].setdefault("Properties", {})

    def ref(self, kind: str) -> dict[str, str]:
        """Return a Ref to the first resource of type `kind`."""
        return {"Ref": self._first(kind)[1]}

    def att(self, kind: str, attribute: str) -> dict[str, list[str]]:
        """Return a GetAtt of the first resource of type `kind`."""
        return {"Fn::GetAtt": [self._first(kind)[1], attribute]}

    def add(self, name: str, kind: str, near: str = FUNCTION, **properties: Any) -> dict[str, str]:
        """Add a resource to the stack of the first one of type `near`; return a Ref to it."""
        stack, _, _ = self._first(near)
        if properties.get("VpcEndpointType") == "Interface":
            # Without one it would have the VPC's default group, which is a hole of its own.
            group = self.add(f"{name}Group", "AWS::EC2::SecurityGroup", near=near, **_NO_RULES)
            properties.setdefault("SecurityGroupIds", [{"Fn::GetAtt": [group["Ref"], "GroupId"]}])
        stack.template["Resources"][name] = {"Type": kind, "Properties": properties}
        return {"Ref": name}

    def function(self) -> dict[str, Any]:
        """Return the properties of the function."""
        return self.first(FUNCTION)

    def role(self) -> tuple[str, dict[str, Any]]:
        """Return the logical id and the properties of the function's role."""
        name = self.function()["Role"]["Fn::GetAtt"][0]
        (resource,) = [r for found, r in self.of("AWS::IAM::Role") if found == name]
        return name, resource["Properties"]

    def allow(self, actions: str | list[str], resources: Any, **conditions: Any) -> None:
        """Give the function's role one more Allow."""
        name, _ = self.role()
        statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
        document = {
            "Version": "2012-10-17",
            "Statement": [{**statement, "Condition": conditions} if conditions else statement],
        }
        self.add(
            f"Planted{len(self.of('AWS::IAM::Policy'))}",
            "AWS::IAM::Policy",
            near="AWS::IAM::Role",
            PolicyName="planted",
            Roles=[{"Ref": name}],
            PolicyDocument=document,
        )

    def role_statements(self) -> Iterator[tuple[list[Any], dict[str, Any]]]:
        """Yield each statement of the function's role with the list that it is in."""
        name, properties = self.role()
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for _, policy in self.of(kind):
                if {"Ref": name} in policy["Properties"].get("Roles", []):
                    documents.append(policy["Properties"]["PolicyDocument"])
        for document in documents:
            for statement in list(document["Statement"]):
                yield document["Statement"], statement

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules of the DNS firewall."""
        rules: list[dict[str, Any]] = self.first("AWS::Route53Resolver::FirewallRuleGroup")[
            "FirewallRules"
        ]
        return rules

    def rule(self, action: str) -> dict[str, Any]:
        """Return the rule with the given action."""
        (found,) = [rule for rule in self.rules() if rule["Action"] == action]
        return found

    def endpoint_statements(self) -> list[dict[str, Any]]:
        """Return the statements of the endpoint's policy."""
        statements: list[dict[str, Any]] = self.first("AWS::EC2::VPCEndpoint")["PolicyDocument"][
            "Statement"
        ]
        return statements

    def egress(self) -> list[dict[str, Any]]:
        """Return the inline egress rules of the function's security group."""
        rules: list[dict[str, Any]] = self.first("AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
        return rules

    def _all(self) -> Iterator[tuple[StackTemplate, str, dict[str, Any]]]:
        for source in self._sources:
            for name, resource in source.template.get("Resources", {}).items():
                yield source, name, resource

    def _first(self, kind: str) -> tuple[StackTemplate, str, dict[str, Any]]:
        for source, name, resource in self._all():
            if resource["Type"] == kind:
                return source, name, resource
        raise LookupError(f"no {kind} in the templates")


@dataclass(frozen=True)
class Hole:
    """A change to the templates of an app that opens exactly the paths of `opens`."""

    name: str
    app: str
    opens: frozenset[str]
    plant: Callable[[Draft], None]


HOLES: dict[str, Hole] = {}


def hole(
    *opens: str, app: str = BOUND
) -> Callable[[Callable[[Draft], None]], Callable[[Draft], None]]:
    """Register the decorated function as a hole in `app` that opens the paths `opens`."""

    def register(plant: Callable[[Draft], None]) -> Callable[[Draft], None]:
        name = plant.__name__.strip("_")
        if name in HOLES:
            raise ValueError(f"two holes called {name}")
        HOLES[name] = Hole(name, app, frozenset(opens), plant)
        return plant

    return register
