"""What is in the picture of the network, before anybody thinks of where to draw it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ..judgement import Finding, Verdict
from ..leaks.case import Case
from ..model.values import as_list
from ..model.views import Endpoint, Function
from ..model.world import Resource
from .bundles import bundled
from .data import Box, BoxKind, Edge, Network, Reach, SignedState, Vpc
from .leaking import Leaks, leaks_of
from .likeness import Drawn, together
from .reaching import Reached, Surroundings
from .signing_state import signing_of

__all__ = ["picture_of"]

_INTERNET = "internet"
_MANY = 6
_LISTED = 4
# What a leak path of these leads through is a thing in the VPC, not a function or an endpoint.
_THROUGH = {"N03", "N04", "N05", "N06", "N08", "D04"}
_DNS = {"D01", "D02", "D03"}

_KINDS = {
    "AWS::DynamoDB::GlobalTable": "DynamoDB table",
    "AWS::DynamoDB::Table": "DynamoDB table",
    "AWS::Events::EventBus": "event bus",
    "AWS::Kinesis::Stream": "Kinesis stream",
    "AWS::Lambda::Function": "function",
    "AWS::RDS::DBCluster": "database cluster",
    "AWS::RDS::DBInstance": "database",
    "AWS::RDS::DBProxy": "database proxy",
    "AWS::S3::Bucket": "S3 bucket",
    "AWS::SNS::Topic": "SNS topic",
    "AWS::SQS::Queue": "SQS queue",
    "AWS::SSM::Parameter": "SSM parameter",
    "AWS::SecretsManager::Secret": "secret",
    "AWS::StepFunctions::StateMachine": "state machine",
}


def picture_of(case: Case, verdict: Verdict) -> Network:
    """Gather what the picture shows.

    Args:
        case: The app under judgement.
        verdict: What is said of it.

    Returns:
        The boxes and arrows, and the same in words. Equal apps give equal pictures.
    """
    return _Picture(case, verdict).network()


class _Picture:
    def __init__(self, case: Case, verdict: Verdict) -> None:
        self._case = case
        self._findings = [finding for path in verdict.all for finding in path.findings]
        self._at: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in self._findings:
            self._at[finding.stack, finding.logical_id].append(finding)
        self._groups = 0
        self._boxes: dict[str, Box] = {}
        self._edges: dict[tuple[str, str], Edge] = {}
        # The box of each function, endpoint and resource, by the path of the resource.
        self._box_of: dict[str, str] = {}

    def network(self) -> Network:
        around = Surroundings(self._case)
        outside = {function.path for function in self._case.outside}
        drawn = [
            self._drawn(around.reached_by(function), function.path in outside)
            for function in self._case.functions
        ]
        said, groups = together(drawn)
        self._add_endpoints(drawn)
        for group in groups:
            self._add_functions(group)
        self._add_targets(drawn)
        for each in drawn:
            self._connect(each)
        self._add_ways_out()
        self._add_internet()
        boxes = tuple(self._boxes.values())
        places, edges = bundled(boxes, tuple(self._edges.values()))
        return Network(
            vpcs=tuple(self._vpcs()),
            boxes=boxes,
            places=places,
            edges=edges,
            reaches=tuple(_reaches(drawn)),
            together=said,
        )

    def _drawn(self, reached: Reached, outside: bool) -> Drawn:
        function = reached.function
        state, _ = signing_of(self._case, function)
        parts = (function.resource, function.role, *function.security_groups)
        leaks = self._leaks(*(part for part in parts if part is not None))
        return Drawn(
            reached=reached,
            outside=outside,
            name=function.resource.construct_path,
            vpc="" if outside else self._vpc_of(function),
            subnets=tuple(
                "a subnet of other templates" if subnet is None else subnet.construct_path
                for subnet in function.subnets
            ),
            open=leaks.open,
            acknowledged=leaks.acknowledged,
            signed=state,
        )

    def _vpc_of(self, function: Function) -> str:
        return ", ".join(sorted(self._vpc_name(vpc) for vpc in function.vpc_ids)) or _named(None)

    def _vpc_name(self, vpc_id: object) -> str:
        return _named(self._case.world.find(vpc_id, "AWS::EC2::VPC"))

    def _leaks(self, *resources: Resource) -> Leaks:
        """What is open at some resources."""
        return leaks_of(f for r in resources for f in self._at.get((r.stack, r.logical_id), ()))

    def _add(self, box: Box, resources: Iterable[Resource]) -> None:
        self._boxes[box.id] = box
        for resource in resources:
            self._box_of[resource.path] = box.id

    def _add_endpoints(self, drawn: Sequence[Drawn]) -> None:
        """Draw each endpoint; where there are many, those that lead to nothing in one box."""
        through = {w.endpoint.path for e in drawn for w in e.reached.ways if w.endpoint}
        many = len(self._case.endpoints) > _MANY
        idle: defaultdict[tuple[str, tuple[str, ...]], list[Resource]] = defaultdict(list)
        for endpoint in self._case.endpoints:
            resource = endpoint.resource
            if many and not any(self._leaks(resource)) and resource.path not in through:
                users = [
                    each.name
                    for each in drawn
                    if any(known.path == resource.path for known in each.reached.endpoints)
                ]
                idle[self._vpc_name(resource.get("VpcId")), tuple(users)].append(resource)
            else:
                self._add_endpoint(endpoint)
        for (vpc, _), resources in idle.items():
            services = [str(Endpoint(resource).service) for resource in resources]
            box = Box(
                id=f"endpoint-{len(self._boxes) + 1}",
                kind=BoxKind.ENDPOINT,
                title=f"{len(resources)} endpoint{'' if len(resources) == 1 else 's'}",
                lines=(_few(services, 1), "no right leads through"),
                members=tuple(resource.construct_path for resource in resources),
                vpc=vpc,
            )
            self._add(box, resources)

    def _add_endpoint(self, endpoint: Endpoint) -> None:
        resource = endpoint.resource
        kind = "gateway endpoint" if endpoint.is_gateway else "interface endpoint"
        lines = [kind]
        if not endpoint.is_gateway:
            number = len(as_list(resource.get("SubnetIds")))
            lines.append(f"in {number} subnet{'' if number == 1 else 's'}")
        leaks = self._leaks(resource)
        box = Box(
            id=f"endpoint-{len(self._boxes) + 1}",
            kind=BoxKind.ENDPOINT,
            title=endpoint.service or str(resource.get("ServiceName")),
            lines=tuple(lines),
            members=(resource.construct_path,),
            vpc=self._vpc_name(resource.get("VpcId")),
            open=leaks.open,
            acknowledged=leaks.acknowledged,
        )
        self._add(box, [resource])

    def _add_functions(self, group: Sequence[Drawn]) -> None:
        first = group[0]
        names = [each.name for each in group]
        title = names[0]
        lines = [_outside(first), _called(group)]
        if first.signed is not SignedState.ENFORCED:
            lines.append(f"signing: {first.signed.value}")
        asked = sorted({way.service for each in group for way in each.reached.ways})
        if first.outside and asked:
            # What one inside asks is drawn.
            lines.append(f"asks {_few(asked, 4)}")
        if len(group) > 1:
            self._groups += 1
            title = f"{len(group)} functions ({_letters(self._groups)})"
            lines.insert(0, _few(names, 1))
        box = Box(
            id=f"function-{len(self._boxes) + 1}",
            kind=BoxKind.OUTSIDE if first.outside else BoxKind.FUNCTION,
            title=title,
            lines=tuple(line for line in lines if line),
            members=tuple(names),
            vpc=first.vpc,
            subnets=() if first.outside else first.subnets,
            open=first.open,
            acknowledged=first.acknowledged,
        )
        self._add(box, [each.reached.function.resource for each in group])

    def _add_targets(self, drawn: Sequence[Drawn]) -> None:
        """Draw what functions of a VPC reach; what one outside reaches is a line in its box."""
        reachers: defaultdict[str, set[str]] = defaultdict(set)
        targets: dict[str, Resource] = {}
        for each in drawn:
            for way in each.reached.ways:
                if not each.outside and way.target and way.target.path not in self._box_of:
                    targets[way.target.path] = way.target
                    own = each.reached.function.resource
                    reachers[way.target.path].add(self._box_of[own.path])
        alike: defaultdict[tuple[str, ...], list[Resource]] = defaultdict(list)
        for path, target in sorted(targets.items()):
            apart = () if len(targets) > _MANY else (path,)
            alike[target.type, *sorted(reachers[path]), *apart].append(target)
        for found in alike.values():
            kind = _KINDS[found[0].type]
            names = [target.construct_path for target in found]
            many = len(found) > 1
            kinds = f"{kind}es" if kind.endswith("s") else f"{kind}s"
            box = Box(
                id=f"data-{len(self._boxes) + 1}",
                kind=BoxKind.DATA,
                title=f"{len(found)} {kinds}" if many else names[0],
                lines=(_few(names, 1) if many else kind,),
                members=tuple(names),
                open=self._leaks(*found).open,
                acknowledged=self._leaks(*found).acknowledged,
            )
            self._add(box, found)

    def _connect(self, each: Drawn) -> None:
        own = self._box_of[each.reached.function.resource.path]
        for endpoint in each.reached.endpoints:
            self._draw(own, self._box_of[endpoint.path], "may connect")
        for way in each.reached.ways:
            source = own if way.endpoint is None else self._box_of[way.endpoint.path]
            if way.target is not None and not each.outside:
                label = "may connect" if way.service == "rds" else f"may ask {way.service}"
                if way.endpoint is not None:
                    label = "lets requests through"
                self._draw(source, self._box_of[way.target.path], label)
        if each.outside:
            self._draw(own, _INTERNET, "it is in no isolated VPC", self._boxes[own])

    def _draw(self, source: str, target: str, label: str, leaking: Box | None = None) -> None:
        """Draw an arrow; it is a way out where `leaking` is what opens a leak path."""
        self._edges[source, target] = Edge(
            source=source,
            target=target,
            label=label,
            open=leaking is not None and bool(leaking.open),
            acknowledged=leaking is not None and bool(leaking.acknowledged) and not leaking.open,
        )

    def _add_ways_out(self) -> None:
        known = {resource.path: resource for resource in self._case.world.resources}
        found: defaultdict[tuple[str, str], list[tuple[str, Finding]]] = defaultdict(list)
        for finding in self._findings:
            resource = known.get(f"{finding.stack}/{finding.logical_id}")
            vpc = self._vpc_of_finding(resource)
            if finding.path_id in _DNS:
                found[vpc, "DNS resolver"].append(("", finding))
            elif finding.path_id in _THROUGH and resource and resource.path not in self._box_of:
                kind = resource.type.rpartition("::")[2]
                found[vpc, "Ways out"].append((f"{kind} {resource.construct_path}", finding))
        for (vpc, title), members in sorted(found.items(), key=lambda item: item[0]):
            names = sorted({name for name, _ in members if name})
            more = [f"and {len(names) - _LISTED} more"] if len(names) > _LISTED else []
            leaks = leaks_of(finding for _, finding in members)
            box = Box(
                id=f"out-{len(self._boxes) + 1}",
                kind=BoxKind.WAY_OUT,
                title=title,
                lines=(*names[:_LISTED], *more),
                members=tuple(names),
                vpc=vpc,
                open=leaks.open,
                acknowledged=leaks.acknowledged,
            )
            self._add(box, [])
            for other in list(self._boxes.values()):
                if other.kind is BoxKind.FUNCTION and other.vpc == vpc:
                    self._draw(other.id, box.id, "may leave", box)
            self._draw(box.id, _INTERNET, "leads out", box)

    def _vpc_of_finding(self, resource: Resource | None) -> str:
        names = sorted({box.vpc for box in self._boxes.values() if box.vpc})
        if resource is not None:
            subnet = self._case.world.find(resource.get("SubnetId"), "AWS::EC2::Subnet")
            vpc_id = resource.get("VpcId") if subnet is None else subnet.get("VpcId")
            own = resource if resource.type == "AWS::EC2::VPC" else None
            vpc = own or self._case.world.find(vpc_id, "AWS::EC2::VPC")
            if vpc is not None and vpc.construct_path in names:
                return vpc.construct_path
        return names[0] if names else _named(None)

    def _add_internet(self) -> None:
        for box in list(self._boxes.values()):
            if box.kind is BoxKind.ENDPOINT and (box.open or box.acknowledged):
                self._draw(box.id, _INTERNET, "lets through more than the app's own", box)
        if any(target == _INTERNET for _, target in self._edges):
            box = Box(
                id=_INTERNET, kind=BoxKind.INTERNET, title="Internet", lines=("other accounts",)
            )
            self._add(box, [])

    def _vpcs(self) -> Iterator[Vpc]:
        for name in sorted({box.vpc for box in self._boxes.values() if box.vpc}):
            vpc = next(
                (r for r in self._case.world.of("AWS::EC2::VPC") if r.construct_path == name), None
            )
            yield Vpc(id=name, name=name, lines=() if vpc is None else tuple(self._told(vpc)))

    def _told(self, vpc: Resource) -> Iterator[str]:
        block = vpc.get("CidrBlock")
        if isinstance(block, str):
            yield block
        subnets = [s for s in self._case.subnets if s.get("VpcId") == vpc.id]
        yield f"{len(subnets)} subnet{'' if len(subnets) == 1 else 's'} with functions"
        firewall = any(
            association.get("VpcId") == vpc.id
            for association in self._case.world.of(
                "AWS::Route53Resolver::FirewallRuleGroupAssociation"
            )
        )
        yield "with a DNS firewall" if firewall else "without a DNS firewall"


def _outside(each: Drawn) -> str:
    if not each.outside:
        return ""
    return "in a VPC that leads out" if each.subnets else "in no VPC"


def _called(group: Sequence[Drawn]) -> str:
    callers = sorted({caller for each in group for caller in each.reached.callers})
    return f"called by {_few(callers, 2)}" if callers else ""


def _few(names: Sequence[str], shown: int) -> str:
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def _letters(number: int) -> str:
    """A, B, and so on; after Z comes AA."""
    found = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def _named(vpc: Resource | None) -> str:
    return "a VPC of other templates" if vpc is None else vpc.construct_path


def _reaches(drawn: Iterable[Drawn]) -> Iterator[Reach]:
    """Say what reaches what, in one line where several functions have the same rights to it."""
    alike: defaultdict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for each in sorted(drawn, key=lambda each: each.name):
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for way in each.reached.ways:
            through = "the VPC" if way.service == "rds" else "no endpoint"
            if way.endpoint is not None:
                through = way.endpoint.construct_path
            target = "" if way.target is None else way.target.construct_path
            found[target or f"{way.service}, outside of these templates", through].add(way.action)
        for (target, through), actions in sorted(found.items()):
            alike[target, through, tuple(sorted(actions))].append(each.name)
    for (target, through, allowed), sources in alike.items():
        yield Reach(sources=tuple(sources), target=target, through=through, actions=allowed)
