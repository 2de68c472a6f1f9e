"""What the flows that must work have in common: what a role is granted, and where it can go."""

from typing import Any

from ..model.values import Unknown
from ..model.views import Function
from .case import Case
from .groups import egress_rules, is_everything
from .paths.requests import requests_of_role

__all__ = ["granted", "is_let_out", "leads_out"]


def granted(case: Case, function: Function) -> list[tuple[str, str]]:
    """Return the actions and resources that the Allows of the function's role name."""
    return requests_of_role(case, function.role, function.resource)


def leads_out(case: Case, function: Function) -> bool:
    """Tell whether it has, or may have, a way to the services that is no endpoint."""
    if function in case.unseen or None in function.subnets:
        return True
    ours = {str(subnet.id) for subnet in function.subnets if subnet is not None}
    return not ours.isdisjoint(case.once(_subnets_with_a_route))


def _subnets_with_a_route(case: Case) -> set[str]:
    """The subnets with a route of their own; where nobody can tell of which, each of them."""
    routes = [route.get("RouteTableId") for route in case.world.of("AWS::EC2::Route")]
    if any(isinstance(table, Unknown) for table in routes):
        return {str(subnet.id) for subnet in case.subnets}
    return {
        str(association.get("SubnetId"))
        for association in case.world.of("AWS::EC2::SubnetRouteTableAssociation")
        if association.get("RouteTableId") in routes
    }


def is_let_out(case: Case, function: Function, target: Any) -> bool:
    """Tell whether a group of the function lets out to everywhere, or to a group of `target`.

    Args:
        case: The app under judgement.
        function: The function.
        target: Tells of an egress rule whether it leads where the function wants to.
    """
    return any(
        group is None or not rules or any(is_everything(r) or target(r) for r in rules)
        for group, rules in case.once(_groups_of_functions).get(function.path, ())
    )


def _groups_of_functions(case: Case) -> dict[str, list[tuple[Any, list[dict[str, Any]]]]]:
    found: dict[str, list[tuple[Any, list[dict[str, Any]]]]] = {}
    for function, group, rules in egress_rules(case):
        found.setdefault(function.path, []).append((group, rules))
    return found
