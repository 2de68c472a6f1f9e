"""Reports made by hand: with one function, with open paths, with hostile names."""

from dataclasses import replace
from decimal import Decimal

from secure_lambda_constructs.checks.acknowledged import Acknowledgement, Acknowledgements
from secure_lambda_constructs.checks.baseline import Baseline, Known, cause_of
from secure_lambda_constructs.checks.judgement import Finding, PathVerdict, Verdict
from secure_lambda_constructs.checks.outcome import Outcome
from secure_lambda_constructs.checks.report.data import (
    Box,
    BoxKind,
    Ceiling,
    CostRow,
    Edge,
    Guardrails,
    Network,
    Place,
    Reach,
    ReportData,
    SignedState,
    Signing,
    Trust,
    Vpc,
)
from secure_lambda_constructs.checks.report.markup import visible

__all__ = [
    "HOSTILE",
    "closed",
    "finding",
    "hostile",
    "known",
    "leaking",
    "long",
    "nothing",
    "outcome_of",
    "plain",
    "visible",
]

# What a template may hold as a name.
HOSTILE = (
    "</title></style></script><script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "]]><svg onload=alert(1)>",
    "a\u202egnp.exe\u0000\u0007",
    "{{7*7}}${7*7}<!--",
)


def _path(path_id: str, *findings: Finding, present: bool = True) -> PathVerdict:
    return PathVerdict(
        id=path_id,
        title=f"what leads out by {path_id}",
        attack="An attacker in the code sends what it reads to a server of his own.",
        mend="Leave `IsolatedNetwork` as it comes.",
        present=present,
        findings=findings,
    )


def finding(path_id: str, construct: str, reason: str, acknowledged: str | None = None) -> Finding:
    """Return a finding at a construct of the stack `Shop`."""
    return Finding(
        path_id=path_id,
        stack="Shop",
        logical_id=construct.replace("/", ""),
        construct_path=construct,
        reason=reason,
        acknowledged=acknowledged,
    )


def outcome_of(
    *paths: PathVerdict,
    broken: dict[str, tuple[str, ...]] | None = None,
    acknowledgements: Acknowledgements | None = None,
    baseline: Baseline | None = None,
) -> Outcome:
    """Return the outcome with these leak paths."""
    verdict = Verdict(paths=paths, broken=broken or {})
    return Outcome(
        inputs=("cdk.out",),
        verdict=verdict,
        acknowledgements=acknowledgements or Acknowledgements(),
        comparison=None if baseline is None else baseline.compare(verdict),
        templates={},
    )


def closed() -> ReportData:
    """One function, one table, all closed."""
    function = Box(
        id="function-2",
        kind=BoxKind.FUNCTION,
        title="Shop/Orders/Function",
        members=("Shop/Orders/Function",),
        vpc="Shop/Network",
        subnets=("Shop/Network/Subnet1", "Shop/Network/Subnet2"),
    )
    endpoint = Box(
        id="endpoint-1",
        kind=BoxKind.ENDPOINT,
        title="dynamodb",
        lines=("gateway endpoint",),
        members=("Shop/Network/DynamoDb",),
        vpc="Shop/Network",
    )
    table = Box(
        id="data-3",
        kind=BoxKind.DATA,
        title="Shop/Table",
        lines=("DynamoDB table",),
        members=("Shop/Table",),
    )
    return ReportData(
        title="cdk.out",
        made_with="secure-lambda-constructs 1.2.3",
        functions=1,
        stacks=("Shop (111122223333, us-east-1)",),
        outcome=outcome_of(_path("D01"), _path("N01"), _path("N02", present=False), _path("P01")),
        network=Network(
            vpcs=(Vpc(id="Shop/Network", name="Shop/Network", lines=("10.0.0.0/16", "2 subnets")),),
            boxes=(endpoint, function, table),
            edges=(
                Edge(source="function-2", target="endpoint-1", label="may connect"),
                Edge(source="endpoint-1", target="data-3", label="may ask dynamodb"),
            ),
            reaches=(
                Reach(
                    sources=("Shop/Orders/Function",),
                    target="Shop/Table",
                    through="Shop/Network/DynamoDb",
                    actions=("dynamodb:GetItem", "dynamodb:Query"),
                ),
            ),
        ),
        guardrails=Guardrails(missing=("a permissions boundary", "a service control policy")),
        signing=(
            Signing(
                function="Shop/Orders/Function",
                stack="Shop",
                place="in the VPC",
                state=SignedState.ENFORCED,
                detail="signed by Shop-Signing/Profile",
                layers=1,
            ),
        ),
        costs=(
            CostRow(
                what="interface endpoint",
                region="us-east-1",
                quantity="2 zones x 730 hours",
                unit=Decimal("0.01"),
                per="an hour and zone",
                month=Decimal("14.60"),
                source="https://aws.amazon.com/privatelink/pricing/ (2026-08-12)",
            ),
        ),
        not_counted=("what is paid by use",),
    )


def leaking() -> ReportData:
    """The same with a NAT gateway, an acknowledged finding, and a request that does not work."""
    base = closed()
    way_out = Box(
        id="out-4",
        kind=BoxKind.WAY_OUT,
        title="Ways out",
        lines=("NatGateway Shop/Nat",),
        members=("Shop/Nat",),
        vpc="Shop/Network",
        open=("N04",),
    )
    internet = Box(id="internet", kind=BoxKind.INTERNET, title="Internet")
    edges = (
        Edge(source="function-2", target="out-4", label="may leave", open=True),
        Edge(source="out-4", target="internet", label="open", open=True),
    )
    reason = "The partner's key is needed until the contract ends."
    many = [finding("O05", f"Shop/Worker{n:02}", "takes unsigned code") for n in range(12)]
    return replace(
        base,
        outcome=outcome_of(
            *base.paths[:1],
            _path("N04", finding("N04", "Shop/Nat", "is a NAT gateway in the VPC")),
            _path("O05", *many),
            _path("O06", finding("O06", "Shop/Key", "admits another account", reason)),
            replace(
                _path("R01", finding("R01", "", "somebody may sign as well", reason)), attack=""
            ),
            _path("R02", present=False),
            broken={
                "resolved": ("Shop/Network: dynamodb.us-east-1.amazonaws.com is not answered",)
            },
        ),
        network=replace(
            base.network,
            boxes=(*base.network.boxes, way_out, internet),
            edges=(*base.network.edges, *edges),
        ),
        guardrails=Guardrails(
            changes=("change a function's code", "sign code", "read a table"),
            ceilings=(
                Ceiling(
                    name="Account/Boundary/Policy",
                    kind="permissions boundary",
                    note="bounds Account/Developers",
                    answers={
                        "change a function's code": True,
                        "sign code": None,
                        "read a table": False,
                    },
                ),
            ),
            trusts=(
                Trust(role="Account/Other", principal="AWS: arn:aws:iam::999988887777:root"),
                Trust(
                    role="Account/Deployment/Role",
                    principal="federated: token.actions.githubusercontent.com",
                    conditions=("StringEquals sub = repo:octo-org@1/shop@2:environment:x",),
                ),
            ),
        ),
        signing=(
            *base.signing,
            replace(
                base.signing[0],
                function="Shop/Worker/Function",
                state=SignedState.NOT_SIGNED,
                detail="inline code, which nobody signs",
            ),
        ),
        date="2026-11-28",
    )


def known() -> ReportData:
    """The same with a baseline, and with acknowledgements that do nothing."""
    base = leaking()
    paths = {path.id: path for path in base.paths}
    old = Known(path_id="N09", construct_path="Shop/Old", cause="lets out to everywhere")
    still = [
        Known(path_id=f.path_id, construct_path=f.construct_path, cause=cause_of(f))
        for f in (*paths["O05"].findings[1:], *paths["N04"].findings)
    ]
    said = Acknowledgement(rule="D01", at="Shop", reason="Until SHOP-7 is done.", source="a.json")
    unknown = Acknowledgement(rule="X99", at="", reason="Whatever.", source="b.json")
    accepted = Box(
        id="out-5",
        kind=BoxKind.WAY_OUT,
        title="DNS resolver",
        vpc="Shop/Network",
        acknowledged=("R01",),
    )
    place = Place(
        id="subnets-1",
        vpc="Shop/Network",
        subnets=base.network.boxes[1].subnets,
        title="every function in the subnets Shop/Network/Subnet1, Shop/Network/Subnet2",
    )
    network = replace(
        base.network,
        boxes=(*base.network.boxes, accepted),
        places=(place,),
        edges=(
            *base.network.edges,
            Edge(source="subnets-1", target="out-5", label="may leave", acknowledged=True),
            Edge(source="out-5", target="internet", label="leads out", acknowledged=True),
        ),
    )
    return replace(
        base,
        network=network,
        outcome=outcome_of(
            *base.paths,
            acknowledgements=Acknowledgements(
                stale=(said,), refused=((unknown, "X99 is acknowledged, but there is no such"),)
            ),
            baseline=Baseline(findings=(*still, old)),
        ),
    )


def nothing() -> ReportData:
    """Templates without a function."""
    return replace(
        closed(), functions=0, network=Network(), signing=(), costs=(), not_counted=(), stacks=()
    )


def plain() -> ReportData:
    """What `hostile` is, with names that are nothing but names."""
    # As long as those, and with as many parts.
    return _named(tuple("".join(_letter(c) for c in visible(name)) for name in HOSTILE))


def long() -> ReportData:
    """The same with names that are long, or written from right to left, or piled up."""
    odd = ("Very" * 50, "支払い" * 40, "تجربة/" * 20, "🙂" * 60, "a" + "\u0301" * 200, "x/" * 100)
    return _named((*odd, "arn:aws:lambda:us-east-1:111122223333:function:" + "f" * 140, "W" * 200))


def _letter(character: str) -> str:
    if character == "/":
        return character
    if character in "MWmw@%":
        return "m"
    return "N" if character.isupper() else "n"


def hostile() -> ReportData:
    """Every text is one that would break out of where it is written, if it could."""
    return _named(HOSTILE)


def _named(names: tuple[str, ...]) -> ReportData:
    base = leaking()
    name, image, focus, link, entity, drawing, hidden, template = names
    path = replace(
        _path("N04", finding("N04", name, image, focus), finding("N04", hidden, template)),
        title=drawing,
        attack=entity,
        mend=name,
    )
    boxes = [
        replace(box, title=name, lines=(image, hidden), members=(focus,))
        for box in base.network.boxes
    ]
    return replace(
        base,
        title=name,
        made_with=image,
        date=template,
        stacks=(focus, hidden),
        outcome=outcome_of(
            path,
            broken={image: (name, link)},
            acknowledgements=Acknowledgements(
                stale=(Acknowledgement(rule=focus, at=name, reason=image, source=hidden),),
                refused=((Acknowledgement(rule=name, at=image, reason="", source=drawing), focus),),
            ),
            baseline=Baseline(
                findings=(Known(path_id=drawing, construct_path=image, cause=template),)
            ),
        ),
        network=replace(
            base.network,
            boxes=tuple(boxes),
            edges=tuple(replace(edge, label=name) for edge in base.network.edges),
            vpcs=(replace(base.network.vpcs[0], name=name, lines=(image,)),),
            reaches=(Reach(sources=(name,), target=image, through=link, actions=(drawing,)),),
            together=drawing,
        ),
        guardrails=Guardrails(
            changes=(name,),
            ceilings=(Ceiling(name=image, kind=name, note=drawing, answers={name: True}),),
            trusts=(Trust(role=name, principal=image, conditions=(drawing,)),),
            missing=(name,),
        ),
        signing=(replace(base.signing[0], function=name, stack=image, detail=drawing),),
        costs=(replace(base.costs[0], what=name, region=image, source=link),),
        not_counted=(drawing,),
    )
