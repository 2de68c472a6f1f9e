"""What each function can reach: the rules of its groups, the routes, and the policies on the way.

Whether a request passes is asked of the evaluator, with the role's policies and those of the
endpoint; what is unknown in a rule counts as a way.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..leaks.case import Case
from ..leaks.flow_questions import granted, leads_out
from ..leaks.paths.network import PREFIX_LISTS
from ..leaks.questions import Question
from ..model.values import Unknown, as_list
from ..model.views import Endpoint, Function, security_group_rules
from ..model.world import Resource, World

__all__ = ["Reached", "Surroundings", "Way"]

_HTTPS = 443
_ANYWHERE: dict[str, Any] = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
# The rule by which the CDK says "no egress": it reaches no address.
_NOWHERE = "255.255.255.255/32"

_DATABASES = {
    "AWS::RDS::DBCluster": "VpcSecurityGroupIds",
    "AWS::RDS::DBInstance": "VPCSecurityGroups",
    "AWS::RDS::DBProxy": "VpcSecurityGroupIds",
}

# What a request may be about that is worth a box of its own.
_TARGETS = (
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Kinesis::Stream",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
)
# Lambda itself does these for a function, from a network of its own.
_DONE_BY_LAMBDA = {"ec2", "logs", "xray"}


@dataclass(frozen=True, kw_only=True)
class Way:
    """One thing that a function may do.

    Attributes:
        target: The resource it is done to; `None` where no template creates it.
        service: The service that is asked, such as `dynamodb`.
        endpoint: The endpoint it goes through; `None` where there is none on the way: from outside
            of the VPC, by a route out of it, or to a database in it.
        action: The action.
    """

    target: Resource | None
    service: str
    endpoint: Resource | None
    action: str


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What one function can reach.

    Attributes:
        function: The function.
        endpoints: The endpoints that its rules and routes lead to.
        ways: What it may do, through them or without.
        callers: Who calls it, in words.
    """

    function: Function
    endpoints: tuple[Resource, ...]
    ways: tuple[Way, ...]
    callers: tuple[str, ...]


class Surroundings:
    """What is around the functions of one app, looked up once for all of them."""

    def __init__(self, case: Case) -> None:
        """Look around.

        Args:
            case: The app under judgement.
        """
        self._case = case
        self._world: World = case.world
        self._tables: defaultdict[str, list[Any]] = defaultdict(list)
        for found in case.world.of("AWS::EC2::SubnetRouteTableAssociation"):
            self._tables[str(found.get("SubnetId"))].append(found.get("RouteTableId"))
        self._targets = {
            str(resource.arn): resource
            for resource in case.world.of(*_TARGETS)
            if isinstance(resource.arn, str)
        }
        self._callers: defaultdict[str, set[str]] = defaultdict(set)
        for name, caller in self._calls():
            self._callers[name].add(caller)

    def reached_by(self, function: Function) -> Reached:
        """Tell what a function can reach.

        Args:
            function: One of the case's functions.

        Returns:
            What it reaches, in a stable order.
        """
        rules = list(self._egress(function))
        inside = function.path in {each.path for each in self._case.isolated}
        endpoints = [e for e in self._case.endpoints if inside and self._leads(function, rules, e)]
        ways = [*self._requests(function, endpoints, inside), *self._databases(function, rules)]
        names = {str(function.resource.id), str(function.arn)}
        return Reached(
            function=function,
            endpoints=tuple(endpoint.resource for endpoint in endpoints),
            ways=tuple(dict.fromkeys(ways)),
            callers=tuple(sorted({c for name in names for c in self._callers[name]})),
        )

    def _egress(self, function: Function) -> Iterator[Mapping[str, Any]]:
        # Without a group Lambda takes the VPC's default one; a group without a rule lets all out.
        for group in function.security_groups or [None]:
            rules = [] if group is None else security_group_rules(self._world, group, "Egress")
            yield from rules or [_ANYWHERE]

    def _leads(
        self, function: Function, rules: Iterable[Mapping[str, Any]], endpoint: Endpoint
    ) -> bool:
        resource = endpoint.resource
        if not self._case.is_ours(resource.get("VpcId"), sorted(map(str, function.vpc_ids))):
            return False
        wide = [rule for rule in rules if _lets_out(rule, _HTTPS)]
        if not endpoint.is_gateway:
            groups = as_list(resource.get("SecurityGroupIds"))
            leads = any(_to_address(rule) or _to_group(rule, groups) for rule in wide)
            return leads and self._admits(groups, function)
        tables = [t for s in function.subnet_ids for t in self._tables[str(s)]]
        routed = any(
            self._case.is_ours(table, tables) for table in as_list(resource.get("RouteTableIds"))
        )
        return routed and any(
            _to_address(rule) or _to_service(rule, resource.region, endpoint.service)
            for rule in wide
        )

    def _admits(self, groups: list[Any], function: Function) -> bool:
        """Tell whether a group of an endpoint may let a function in."""
        theirs = [self._world.find(group, "AWS::EC2::SecurityGroup") for group in groups]
        ours = function.security_groups
        if not theirs or not ours or None in theirs or None in ours:
            return True  # a group that nobody can tell
        own = [group.id for group in ours if group is not None]
        return any(
            _from(rule, own, _HTTPS)
            for group in theirs
            if group is not None
            for rule in security_group_rules(self._world, group, "Ingress")
        )

    def _requests(
        self, function: Function, endpoints: list[Endpoint], inside: bool
    ) -> Iterator[Way]:
        leaves = not inside or leads_out(self._case, function)
        asked: list[tuple[Way, Question]] = []
        for action, arn in granted(self._case, function):
            service = action.partition(":")[0]
            if service in _DONE_BY_LAMBDA:
                continue
            through: list[Endpoint | None] = [e for e in endpoints if e.service == service]
            # What is outside needs no endpoint; nor does what has a route out, without one.
            for endpoint in through or ([None] if leaves else []):
                resource = None if endpoint is None else endpoint.resource
                way = Way(
                    target=self._target(arn), service=service, endpoint=resource, action=action
                )
                question = self._case.ask(
                    function,
                    action,
                    arn,
                    "its code does what it is granted",
                    vpc=None if resource is None else str(resource.get("VpcId")),
                    endpoint_policy=None if endpoint is None else endpoint.strict_policy,
                )
                asked.append((way, question))
        decisions = self._case.decisions.on([question for _, question in asked])
        for (way, _), decision in zip(asked, decisions, strict=True):
            if decision.is_open:
                yield way

    def _databases(self, function: Function, rules: Iterable[Mapping[str, Any]]) -> Iterator[Way]:
        kept = list(rules)
        for database in self._world.of(*_DATABASES):
            groups = as_list(database.get(_DATABASES[database.type]))
            if function.subnet_ids and any(_to_group(rule, groups) for rule in kept):
                yield Way(target=database, service="rds", endpoint=None, action="connect")

    def _target(self, arn: str) -> Resource | None:
        """The resource that `arn` names, or a part of which it names."""
        while arn:
            if arn in self._targets:
                return self._targets[arn]
            arn = arn[: max(arn.rfind("/"), arn.rfind(":"), 0)]
        return None

    def _calls(self) -> Iterator[tuple[str, str]]:
        """Yield the name or ARN of a function, and who calls it."""
        for permission in self._world.of("AWS::Lambda::Permission"):
            name = _unqualified(permission.get("FunctionName"))
            yield name, _told(permission.get("Principal"))
        for mapping in self._world.of("AWS::Lambda::EventSourceMapping"):
            arn = mapping.get("EventSourceArn")
            source = self._target(arn) if isinstance(arn, str) else None
            name = _unqualified(mapping.get("FunctionName"))
            yield name, _told(arn) if source is None else source.construct_path
        for url in self._world.of("AWS::Lambda::Url"):
            yield (
                _unqualified(url.get("TargetFunctionArn")),
                f"a URL ({_told(url.get('AuthType'))})",
            )


def _lets_out(rule: Mapping[str, Any], port: int) -> bool:
    protocol, lowest, highest = (rule.get(k) for k in ("IpProtocol", "FromPort", "ToPort"))
    if "Unknown" in rule or any(isinstance(v, Unknown) for v in (protocol, lowest, highest)):
        return True
    if str(protocol) == "-1":
        return True
    try:
        return str(protocol) in ("tcp", "6") and int(str(lowest)) <= port <= int(str(highest))
    except ValueError:
        return True


def _to_address(rule: Mapping[str, Any]) -> bool:
    address = rule.get("CidrIp") or rule.get("CidrIpv6")
    return "Unknown" in rule or address not in (None, _NOWHERE)


def _to_group(rule: Mapping[str, Any], groups: list[Any]) -> bool:
    group = rule.get("DestinationSecurityGroupId")
    return isinstance(group, Unknown) or (group is not None and group in groups)


def _from(rule: Mapping[str, Any], groups: list[Any], port: int) -> bool:
    source = rule.get("SourceSecurityGroupId")
    if isinstance(source, Unknown) or (source is not None and source in groups):
        return _lets_out(rule, port)
    named = rule.get("CidrIp") or rule.get("CidrIpv6") or rule.get("SourcePrefixListId")
    return "Unknown" in rule or (named is not None and _lets_out(rule, port))


def _to_service(rule: Mapping[str, Any], region: str, service: str | None) -> bool:
    named = rule.get("DestinationPrefixListId")
    if isinstance(named, Unknown):
        return True
    return named is not None and PREFIX_LISTS.get((region, str(named)), service) == service


def _unqualified(name: Any) -> str:
    text = str(name)
    if not text.startswith("arn:"):
        return text.partition(":")[0]
    return ":".join(text.split(":")[:7])


def _told(value: Any) -> str:
    return "somebody who is not told" if isinstance(value, Unknown) else str(value)
