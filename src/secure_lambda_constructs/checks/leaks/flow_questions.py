"""What the flows that must work have in common: what a role is granted, and where it can go."""

from typing import Any

from ..model.policies import statements
from ..model.values import Unknown, as_list
from ..model.views import Function
from .case import Case
from .groups import egress_rules, is_everything
from .paths.requests import is_granted, requests_of, requests_of_role

__all__ = ["carries_https", "granted", "is_let_out", "is_one_of_its_groups", "leads_out"]


def granted(case: Case, function: Function) -> list[tuple[str, str]]:
    """Return the actions and resources that the Allows of the function's role grant."""
    made = case.once(_granted)
    if function.path not in made:
        documents = case.documents_of(function.role)
        told = tuple(_without_everything(document) for document in documents)
        place = {"region": function.resource.region, "account": function.resource.account}
        found = (
            requests_of_role(case, function.role, function.resource)
            if all(a is b for a, b in zip(told, documents, strict=True))
            else requests_of(case, told, **place)
        )
        # What is left out of an Allow is not granted by it.
        if any(map(_leaves_out, documents)):
            found = [
                (action, resource)
                for action, resource in found
                if is_granted(case, documents, function.resource, action, resource)
            ]
        made[function.path] = found
    return made[function.path]


def _leaves_out(document: dict[str, Any]) -> bool:
    """Tell whether an Allow of a policy names what it is not about."""
    return any(
        {"NotAction", "NotResource"} & set(entry)
        for entry in statements(document)
        if entry.get("Effect") != "Deny"
    )


def _without_everything(document: dict[str, Any]) -> dict[str, Any]:
    """Return a policy without what allows every action, which does not tell what the code does."""
    written = statements(document)
    kept = [entry for entry in written if "*" not in as_list(entry.get("Action"))]
    return document if len(kept) == len(written) else {**document, "Statement": kept}


def _granted(case: Case) -> dict[str, list[tuple[str, str]]]:
    return {}


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


def carries_https(rule: dict[str, Any]) -> bool:
    """Tell whether a rule is of port 443, or of ports that nobody can tell."""
    ports = (rule.get("FromPort"), rule.get("ToPort"))
    if str(rule.get("IpProtocol")) == "-1" or any(isinstance(port, Unknown) for port in ports):
        return True
    numbers = [int(str(port)) for port in ports if str(port).isdigit()]
    return len(numbers) == 2 and numbers[0] <= 443 <= numbers[1]


def is_one_of_its_groups(function: Function, group: Any) -> bool:
    """Tell whether `group` may be a security group of `function`, as both name them."""
    theirs = as_list(function.resource.get("VpcConfig", "SecurityGroupIds"))
    return any(isinstance(each, Unknown) for each in (group, *theirs)) or str(group) in map(
        str, theirs
    )


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
