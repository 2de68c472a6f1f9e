"""The stack under judgement: its functions, network and endpoints, and the evaluator.

What is judged is what the templates create, and nothing is taken for closed that they do not
tell. Not looked at, each because it could only close more: network ACLs, permissions boundaries,
organization policies. Not to be seen in a template: what is added to the account later, covert
timing, and what the function's callers do with its answers.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from ..model.policies import role_documents
from ..model.values import Unknown, as_list
from ..model.views import Endpoint, Function
from ..model.world import Resource, World
from .egress import is_only_a_way_out
from .questions import Evaluator, Question, still_open

__all__ = ["Case"]


class Case:
    """One world, and what the checks of several groups ask about it."""

    def __init__(self, world: World, evaluator: Evaluator) -> None:
        """Judge `world`, asking `evaluator` about policies."""
        self.world = world
        self.evaluator = evaluator

    def still_open(self, questions: Iterable[Question]) -> list[str]:
        """Return the labels of the questions that are not denied, each once."""
        return still_open(self.evaluator, questions)

    @cached_property
    def functions(self) -> list[Function]:
        """Every function."""
        return [Function(self.world, r) for r in self.world.of("AWS::Lambda::Function")]

    @cached_property
    def isolated(self) -> list[Function]:
        """The functions that are inside a VPC which is more than a way out for relays."""
        outside = {function.path for function in self.outside}
        return [function for function in self.functions if function.path not in outside]

    @cached_property
    def outside(self) -> list[Function]:
        """The functions that are in no VPC, or in one that has nothing in it but a way out.

        They are relays, and whatever should not be: all that is asked of a relay is asked of them.
        """
        return [
            function
            for function in self.functions
            if not function.subnet_ids or is_only_a_way_out(self.world, function)
        ]

    @cached_property
    def vpc_ids(self) -> list[str]:
        """The VPCs that the isolated functions are in."""
        return sorted({str(vpc) for function in self.isolated for vpc in function.vpc_ids})

    @cached_property
    def accounts(self) -> set[str]:
        """The accounts that the stacks are deployed to."""
        return {source.account for source in self.world.sources}

    @cached_property
    def subnets(self) -> list[Resource]:
        """The subnets of the isolated functions."""
        found = [s for function in self.isolated for s in function.subnets if s is not None]
        return list({subnet.path: subnet for subnet in found}.values())

    @cached_property
    def route_table_ids(self) -> list[Any]:
        """The route tables of those subnets."""
        return [
            association.get("RouteTableId")
            for association in self.world.of("AWS::EC2::SubnetRouteTableAssociation")
            if self.is_ours(association.get("SubnetId"), [s.id for s in self.subnets])
        ]

    @cached_property
    def endpoints(self) -> list[Endpoint]:
        """The endpoints in the VPCs of the isolated functions."""
        found = self.world.of("AWS::EC2::VPCEndpoint")
        return [Endpoint(r) for r in found if self.is_ours(r.get("VpcId"), self.vpc_ids)]

    def endpoints_of(self, *services: str) -> list[Endpoint]:
        """Return the endpoints of the given services."""
        return [endpoint for endpoint in self.endpoints if endpoint.service in services]

    def documents_of(self, role: Resource) -> tuple[dict[str, Any], ...]:
        """Return the policies of `role`."""
        return role_documents(self.world, role)

    def is_ours(self, value: Any, ours: list[Any]) -> bool:
        """Tell whether `value` names one of `ours`, or nobody can tell."""
        return any(item in ours or isinstance(item, Unknown) for item in as_list(value))

    def is_own_account(self, arn: Any) -> bool:
        """Tell whether `arn` is surely of an account that the stacks are deployed to."""
        parts = arn.split(":") if isinstance(arn, str) else []
        return len(parts) > 4 and parts[4] in self.accounts
