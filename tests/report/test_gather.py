"""What the page says of an app follows from its templates."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from secure_lambda_constructs.checks.judgement import PathVerdict, Verdict
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.model.assembly import StackTemplate
from secure_lambda_constructs.checks.model.world import World
from secure_lambda_constructs.checks.report.costs import cost_rows, not_counted
from secure_lambda_constructs.checks.report.data import Box, BoxKind, Network, SignedState
from secure_lambda_constructs.checks.report.gather import gather
from secure_lambda_constructs.checks.report.likeness import together
from secure_lambda_constructs.checks.report.page import render
from secure_lambda_constructs.checks.report.picture import picture_of
from secure_lambda_constructs.checks.report.signing_state import signing_states

from .apps import Granting, Template, case_of, shop
from .samples import finding, outcome_of

_NOTHING = Verdict(paths=(), broken={})


def _network(template: Template, *denied: str, verdict: Verdict = _NOTHING) -> Network:
    return picture_of(case_of(template, *denied), verdict)


def _opened(path_id: str, construct: str, logical_id: str, reason: str | None = None) -> Verdict:
    found = replace(finding(path_id, construct, "is open", reason), logical_id=logical_id)
    path = PathVerdict(id=path_id, title="t", attack="a", mend="m", present=True, findings=(found,))
    return Verdict(paths=(path,), broken={})


def _arrows(network: Network) -> set[tuple[str, str]]:
    ends = network.ends
    return {(ends[edge.source].title, ends[edge.target].title) for edge in network.edges}


def _admit_all(template: Template) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/16"}
    _properties(template, "EndpointGroup")["SecurityGroupIngress"] = [rule]


def _properties(template: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def test_what_reaches_what() -> None:
    network = _network(shop())
    assert _arrows(network) == {
        ("Shop/Worker000/Function", "dynamodb"),
        ("Shop/Worker000/Function", "lambda"),
        ("dynamodb", "Shop/Table000"),
        ("lambda", "Shop/Relay/Function"),
        ("Shop/Relay/Function", "Internet"),
    }
    said = {(r.sources, r.target, r.through, r.actions) for r in network.reaches}
    worker, relay = ("Shop/Worker000/Function",), ("Shop/Relay/Function",)
    assert said == {
        (worker, "Shop/Table000", "Shop/Dynamo", ("dynamodb:GetItem",)),
        (worker, "Shop/Relay/Function", "Shop/Lambda", ("lambda:InvokeFunction",)),
        (relay, "Shop/Key", "no endpoint", ("secretsmanager:GetSecretValue",)),
    }


def test_what_the_policies_deny_is_not_drawn() -> None:
    network = _network(shop(), "lambda:InvokeFunction")
    assert ("lambda", "Shop/Relay/Function") not in _arrows(network)
    assert ("dynamodb", "Shop/Table000") in _arrows(network)


def test_without_a_rule_that_leads_there_it_is_not_reached() -> None:
    template = shop()
    rule = _properties(template, "Group")["SecurityGroupEgress"][0]
    rule["DestinationPrefixListId"] = "pl-63a5400a"  # of S3
    assert ("Shop/Worker000/Function", "dynamodb") not in _arrows(_network(template))


def test_without_a_route_it_is_not_reached() -> None:
    template = shop()
    _properties(template, "Dynamo")["RouteTableIds"] = ["rtb-of-others"]
    assert ("Shop/Worker000/Function", "dynamodb") not in _arrows(_network(template))


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
        [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65535, "CidrIp": "10.0.0.0/8"}],
        [{"IpProtocol": {"Ref": "Nobody"}, "CidrIp": "0.0.0.0/0"}],
    ],
    ids=["none", "all", "addresses", "unknown"],
)
def test_rules_that_let_more_out_lead_to_all_endpoints(rules: list[dict[str, Any]]) -> None:
    template = shop(1, relay=False)
    _properties(template, "Group")["SecurityGroupEgress"] = rules
    _admit_all(template)
    arrows = _arrows(_network(template))
    assert {
        ("Shop/Worker000/Function", "dynamodb"),
        ("Shop/Worker000/Function", "lambda"),
    } <= arrows


@pytest.mark.parametrize(
    ("rules", "reached"),
    [
        ([], False),
        ([{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "10.0.0.0/8"}], False),
        ([{"IpProtocol": "-1", "SourceSecurityGroupId": "sg-0123"}], False),
        ([{"IpProtocol": "-1", "SourceSecurityGroupId": {"Ref": "Nobody"}}], True),
        ([{"IpProtocol": "-1", "CidrIpv6": "::/0"}], True),
        ([{"Ref": "Nobody"}], True),
    ],
    ids=["none", "port", "group", "unknown group", "addresses", "unknown"],
)
def test_an_endpoint_is_reached_where_its_group_lets_in(
    rules: list[dict[str, Any]], reached: bool
) -> None:
    template = shop()
    _properties(template, "EndpointGroup")["SecurityGroupIngress"] = rules
    arrows = _arrows(_network(template))
    assert (("Shop/Worker000/Function", "lambda") in arrows) == reached


def test_an_endpoint_with_a_group_of_other_templates_may_be_reached() -> None:
    template = shop()
    _properties(template, "Lambda")["SecurityGroupIds"] = ["sg-0123"]
    rule = _properties(template, "Callers")["SecurityGroupEgress"][0]
    rule["DestinationSecurityGroupId"] = "sg-0123"
    assert ("Shop/Worker000/Function", "lambda") in _arrows(_network(template))


def test_what_all_functions_of_some_subnets_reach_is_one_arrow() -> None:
    template = shop(3)
    network = _network(template, verdict=_opened("D01", "Vpc", "Vpc"))
    all_of_them = "every function in the subnets Shop/Subnet1, Shop/Subnet2"
    assert {(s, t) for s, t in _arrows(network) if s.startswith(("every", "Shop/Worker"))} == {
        (all_of_them, "dynamodb"),
        (all_of_them, "DNS resolver"),
        ("Shop/Worker000/Function", "lambda"),  # which alone calls the relay
    }
    assert [place.subnets for place in network.places] == [("Shop/Subnet1", "Shop/Subnet2")]
    assert [edge.open for edge in network.edges if edge.target.startswith("out-")] == [True]


def test_rules_for_other_ports_lead_nowhere() -> None:
    template = shop(1, relay=False)
    rule = _properties(template, "Group")["SecurityGroupEgress"][0]
    rule["FromPort"] = rule["ToPort"] = 5432
    assert not {target for _, target in _arrows(_network(template))} & {"dynamodb", "lambda"}


def test_a_database_is_reached_by_its_group() -> None:
    template = shop(1, relay=False)
    template["Resources"]["Database"] = {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {"VPCSecurityGroups": [{"Fn::GetAtt": ["EndpointGroup", "GroupId"]}]},
    }
    _properties(template, "Group")["SecurityGroupEgress"].append(
        {
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "DestinationSecurityGroupId": {"Fn::GetAtt": ["EndpointGroup", "GroupId"]},
        }
    )
    template["Resources"]["Apart"] = {"Type": "AWS::RDS::DBCluster", "Properties": {}}
    network = _network(template)
    assert ("Shop/Worker000/Function", "Shop/Database") in _arrows(network)
    assert "Shop/Apart" not in {box.title for box in network.boxes}
    assert "the VPC" in {reach.through for reach in network.reaches}


def test_callers_are_named() -> None:
    template = shop()
    template["Resources"] |= {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Polled": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Worker000Function"},
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Fn::GetAtt": ["RelayFunction", "Arn"]},
                "Principal": "events.amazonaws.com",
            },
        },
        "Url": {
            "Type": "AWS::Lambda::Url",
            "Properties": {
                "TargetFunctionArn": {"Fn::GetAtt": ["RelayFunction", "Arn"]},
                "AuthType": "AWS_IAM",
            },
        },
    }
    lines = {box.title: box.lines for box in _network(template).boxes}
    assert "called by Shop/Queue" in lines["Shop/Worker000/Function"]
    assert "called by a URL (AWS_IAM), events.amazonaws.com" in lines["Shop/Relay/Function"]


def test_a_way_out_is_drawn() -> None:
    template = shop()
    template["Resources"]["Nat"] = {
        "Type": "AWS::EC2::NatGateway",
        "Properties": {"SubnetId": {"Ref": "Subnet1"}},
    }
    verdict = _opened("N04", "Shop/Nat", "Nat")
    network = _network(template, verdict=verdict)
    (box,) = (box for box in network.boxes if box.kind is BoxKind.WAY_OUT)
    assert (box.title, box.vpc, box.open) == ("Ways out", "Shop/Vpc", ("N04",))
    assert box.lines == ("NatGateway Shop/Nat",)
    leaks = {(e.source, e.target) for e in network.edges if e.open}
    assert (box.id, "internet") in leaks
    assert len(leaks) == 2


def test_what_is_acknowledged_is_drawn_as_that() -> None:
    verdict = _opened("N04", "Shop/Routes", "Routes", "needed until the contract ends")
    network = _network(shop(), verdict=verdict)
    assert not any(edge.open for edge in network.edges)
    (box,) = (box for box in network.boxes if box.kind is BoxKind.WAY_OUT)
    assert (box.open, box.acknowledged) == ((), ("N04",))
    assert len([edge for edge in network.edges if edge.acknowledged]) == 2


def test_what_is_acknowledged_in_part_is_open() -> None:
    one = _opened("N04", "Shop/Routes", "Routes", "needed until the contract ends").paths
    other = _opened("N04", "Shop/Dynamo", "Dynamo").paths
    verdict = Verdict(paths=(*one, *other), broken={})
    kinds = {box.kind: box for box in _network(shop(), verdict=verdict).boxes}
    assert kinds[BoxKind.WAY_OUT].acknowledged == ("N04",)
    template = shop()
    template["Resources"]["Nat"] = {"Type": "AWS::EC2::NatGateway", "Properties": {}}
    both = Verdict(paths=(*one, *_opened("N04", "Shop/Nat", "Nat").paths), broken={})
    kinds = {box.kind: box for box in _network(template, verdict=both).boxes}
    assert kinds[BoxKind.WAY_OUT].open == ("N04",)
    assert kinds[BoxKind.WAY_OUT].acknowledged == ()


def test_functions_outside_say_where_they_are() -> None:
    lines = {box.title: box.lines for box in _network(shop()).boxes}
    assert "in no VPC" in lines["Shop/Relay/Function"]


@pytest.mark.parametrize("blamed", ["Vpc", ""], ids=["the VPC", "nothing"])
def test_the_resolver_is_a_way_out(blamed: str) -> None:
    network = _network(shop(), verdict=_opened("D01", blamed, blamed))
    (box,) = (box for box in network.boxes if box.kind is BoxKind.WAY_OUT)
    assert (box.title, box.open) == ("DNS resolver", ("D01",))


def test_a_way_out_of_a_vpc_that_is_not_told() -> None:
    template = shop()
    template["Resources"]["Share"] = {"Type": "AWS::RAM::ResourceShare", "Properties": {}}
    network = _network(template, verdict=_opened("N06", "Shop/Share", "Share"))
    (box,) = (box for box in network.boxes if box.kind is BoxKind.WAY_OUT)
    assert (box.lines, box.vpc) == (("ResourceShare Shop/Share",), "Shop/Vpc")


def test_many_ways_out_are_one_box() -> None:
    template = shop()
    names = [f"Nat{number}" for number in range(6)]
    for name in names:
        template["Resources"][name] = {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {"SubnetId": {"Ref": "Subnet1"}},
        }
    paths = [path for name in names for path in _opened("N04", f"Shop/{name}", name).paths]
    network = _network(template, verdict=Verdict(paths=tuple(paths), broken={}))
    (box,) = (box for box in network.boxes if box.kind is BoxKind.WAY_OUT)
    assert box.members == tuple(f"NatGateway Shop/{name}" for name in names)
    assert box.lines[-1] == "and 2 more"


def test_an_open_endpoint_leads_to_other_accounts() -> None:
    network = _network(shop(), verdict=_opened("P01", "Shop/Dynamo", "Dynamo"))
    (edge,) = (edge for edge in network.edges if edge.open)
    (box,) = (box for box in network.boxes if box.id == edge.source)
    assert (box.title, edge.target) == ("dynamodb", "internet")


@pytest.mark.parametrize("logical_id", ["Worker000Function", "Worker000Role", "Group"])
def test_a_function_opens_what_its_parts_open(logical_id: str) -> None:
    network = _network(shop(), verdict=_opened("I01", "Shop/x", logical_id))
    assert [box.title for box in network.boxes if box.open] == ["Shop/Worker000/Function"]


def test_many_endpoints_without_a_use_are_one_box() -> None:
    template = shop()
    for number, service in enumerate(("sqs", "sns", "kms", "ssm", "logs", "events", "states")):
        template["Resources"][f"Further{number}"] = {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                **_properties(template, "Lambda"),
                "ServiceName": f"com.amazonaws.us-east-1.{service}",
            },
        }
    boxes = [box for box in _network(template).boxes if box.kind is BoxKind.ENDPOINT]
    assert [box.title for box in boxes] == ["dynamodb", "lambda", "7 endpoints"]
    assert len(boxes[2].members) == 7


def _functions(network: Network) -> list[Box]:
    kinds = (BoxKind.FUNCTION, BoxKind.OUTSIDE)
    return [box for box in network.boxes if box.kind in kinds]


def test_few_functions_are_drawn_each() -> None:
    network = _network(shop(11))
    assert network.together == ""
    assert all(len(box.members) == 1 for box in _functions(network))


def test_many_functions_with_the_same_rights_are_one_box() -> None:
    network = _network(shop(37, relay=False))
    (box,) = _functions(network)
    assert box.title == "37 functions (A)"
    assert len(box.members) == 37
    assert "same subnets, rights, callers" in network.together
    (reach,) = network.reaches
    assert len(reach.sources) == 37


def test_many_functions_with_a_table_each_are_two_boxes() -> None:
    network = _network(shop(100, tables=100))
    assert [box.title for box in _functions(network)] == [
        "Shop/Relay/Function",
        "34 functions (A)",
        "66 functions (B)",
    ]
    assert "resources of the same kinds" in network.together
    tables = [box.title for box in network.boxes if box.kind is BoxKind.DATA]
    assert tables == ["34 DynamoDB tables", "66 DynamoDB tables"]


def test_functions_that_differ_in_signing_are_apart() -> None:
    template = shop(20, relay=False)
    del _properties(template, "Worker007Function")["CodeSigningConfigArn"]
    network = _network(template)
    assert {box.title for box in _functions(network)} == {
        "19 functions (A)",
        "Shop/Worker007/Function",
    }
    assert any("signing: not signed" in box.lines for box in _functions(network))


def test_functions_in_as_many_places_stay_apart() -> None:
    template = shop(14, relay=False)
    for number in range(14):
        template["Resources"][f"Own{number}"] = {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}},
        }
        place = _properties(template, f"Worker{number:03}Function")["VpcConfig"]
        place["SubnetIds"] = [{"Ref": f"Own{number}"}]
    assert len(_functions(_network(template))) == 14


def test_no_functions_no_groups() -> None:
    assert together([]) == ("", [])


def _config(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Lambda::CodeSigningConfig", "Properties": properties}


_OWN = {"SigningProfileVersionArns": [{"Fn::GetAtt": ["Profile", "ProfileVersionArn"]}]}
_ENFORCED = {"UntrustedArtifactOnDeployment": "Enforce"}
_FOREIGN = "arn:aws:signer:us-east-1:999988887777:/signing-profiles/theirs/abc"
_ELSEWHERE = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/ours/abc"


@pytest.mark.parametrize(
    ("config", "state", "said"),
    [
        (
            _config(AllowedPublishers=_OWN, CodeSigningPolicies=_ENFORCED),
            SignedState.ENFORCED,
            "signed by Shop/Profile",
        ),
        (
            _config(
                AllowedPublishers={"SigningProfileVersionArns": [_FOREIGN]},
                CodeSigningPolicies=_ENFORCED,
            ),
            SignedState.ENFORCED,
            f"signed by {_FOREIGN} of another account",
        ),
        (
            _config(
                AllowedPublishers={"SigningProfileVersionArns": [_ELSEWHERE]},
                CodeSigningPolicies=_ENFORCED,
            ),
            SignedState.ENFORCED,
            f"signed by {_ELSEWHERE} of other templates",
        ),
        (
            _config(
                AllowedPublishers={"SigningProfileVersionArns": [{"Ref": "Nobody"}]},
                CodeSigningPolicies=_ENFORCED,
            ),
            SignedState.ENFORCED,
            "signed by a profile that is not told",
        ),
        (
            _config(AllowedPublishers=_OWN),
            SignedState.WARNED,
            "unsigned code is taken with a warning; signed by Shop/Profile",
        ),
        (
            _config(
                AllowedPublishers=_OWN,
                CodeSigningPolicies={"UntrustedArtifactOnDeployment": {"Ref": "Nobody"}},
            ),
            SignedState.UNKNOWN,
            "whether it is enforced is not told; signed by Shop/Profile",
        ),
        (_config(CodeSigningPolicies=_ENFORCED), SignedState.UNKNOWN, "names no publisher"),
    ],
    ids=["own", "foreign", "elsewhere", "not told", "warned", "enforced or not", "nobody"],
)
def test_signing_state_follows_the_configuration(
    config: dict[str, Any], state: SignedState, said: str
) -> None:
    template = shop(1, relay=False)
    template["Resources"]["Signing"] = config
    (found,) = signing_states(case_of(template))
    assert found.state is state
    assert said in found.detail


@pytest.mark.parametrize(
    ("properties", "state", "said"),
    [
        ({"PackageType": "Image"}, SignedState.NOT_SIGNED, "a container image"),
        ({"Code": {"ZipFile": "x"}}, SignedState.NOT_SIGNED, "inline code"),
        ({"CodeSigningConfigArn": None}, SignedState.NOT_SIGNED, "no code signing configuration"),
        (
            {"CodeSigningConfigArn": "arn:aws:lambda:us-east-1:1:code-signing-config:csc-1"},
            SignedState.UNKNOWN,
            "of other templates: arn:aws:lambda",
        ),
        ({"CodeSigningConfigArn": {"Ref": "Nobody"}}, SignedState.UNKNOWN, "not told"),
    ],
    ids=["image", "inline", "none", "elsewhere", "not told"],
)
def test_signing_state_of_functions_that_are_not_signed(
    properties: dict[str, Any], state: SignedState, said: str
) -> None:
    template = shop(1, relay=False)
    function = _properties(template, "Worker000Function")
    function |= properties
    template["Resources"]["Worker000Function"]["Properties"] = {
        name: value for name, value in function.items() if value is not None
    }
    (found,) = signing_states(case_of(template))
    assert found.state is state
    assert said in found.detail


def test_places_of_functions() -> None:
    places = {each.function: each.place for each in signing_states(case_of(shop()))}
    assert places == {
        "Shop/Relay/Function": "in no VPC",
        "Shop/Worker000/Function": "in the VPC",
    }


def test_costs_are_counted() -> None:
    template = shop()
    template["Resources"] |= {
        "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {}},
        "Private": {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {"ConnectivityType": "private"},
        },
        "Crypt": {"Type": "AWS::KMS::Key", "Properties": {}},
        "Replica": {"Type": "AWS::KMS::ReplicaKey", "Properties": {}},
        "Address1": {"Type": "AWS::EC2::EIP", "Properties": {}},
        "Address2": {"Type": "AWS::EC2::EIP", "Properties": {}},
        "Proxy": {"Type": "AWS::RDS::DBProxy", "Properties": {}},
        "Copied": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"ReplicaRegions": [{"Region": "eu-west-1"}]},
        },
        "Balanced": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {"VpcEndpointType": "GatewayLoadBalancer", "ServiceName": "x"},
        },
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
        "Names": {
            "Type": "AWS::Route53Resolver::FirewallDomainList",
            "Properties": {"Domains": ["a.example", "b.example"]},
        },
    }
    world = case_of(template).world
    found = {row.what: (row.quantity, row.month) for row in cost_rows(world)}
    assert found == {
        "NAT gateway": ("2 x 730 hours", Decimal("65.70")),
        "RDS Proxy": ("1 proxy with 2 vCPUs at least x 730 hours", Decimal("21.900")),
        "customer-managed key": ("2", Decimal("2")),
        "interface endpoint": ("1 endpoint in 2 zones x 730 hours", Decimal("14.60")),
        "name in a list of the DNS firewall": ("2", Decimal("0.0010")),
        "public IPv4 address": ("2 x 730 hours", Decimal("7.300")),
        "secret": ("3", Decimal("1.20")),
    }
    assert {"VPC endpoints of other kinds: 1", "alarms of CloudWatch: 1"} <= set(not_counted(world))


def test_an_address_of_a_gateway_is_counted_once() -> None:
    resources = {
        "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {}},
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {}},
    }
    rows = cost_rows(case_of({"Resources": resources}).world)
    assert [row.quantity for row in rows if row.what == "public IPv4 address"] == ["1 x 730 hours"]


def test_prices_of_other_regions_stand_in() -> None:
    stack = StackTemplate(
        name="Shop", account="111122223333", region="eu-west-1", template=shop(1, relay=False)
    )
    (row,) = cost_rows(World([stack]))
    assert (row.what, row.region, row.stands_in) == ("interface endpoint", "eu-west-1", True)
    page = render(gather(outcome_of(), Case(World([stack]), Granting()), title="x", made_with="x"))
    assert "that of us-east-1" in page


def test_gathered_page_is_the_same_each_time() -> None:
    pages = {
        render(gather(outcome_of(), case_of(shop(20, tables=9)), title="x", made_with="y"))
        for _ in range(2)
    }
    assert len(pages) == 1


def test_nothing_to_gather() -> None:
    data = gather(outcome_of(), case_of({"Resources": {}}), title="x", made_with="y")
    assert data.network.boxes == ()
    assert "Nothing to judge" in render(data)


def test_an_endpoint_of_another_vpc_is_not_reached() -> None:
    template = shop(1, relay=False)
    template["Resources"]["Other"] = {"Type": "AWS::EC2::VPC", "Properties": {}}
    template["Resources"]["OtherSubnet"] = {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Other"}},
    }
    other = {"SubnetIds": [{"Ref": "OtherSubnet"}], "SecurityGroupIds": []}
    function = template["Resources"]["Worker000Function"]
    template["Resources"]["OtherFunction"] = {
        "Type": "AWS::Lambda::Function",
        "Properties": {**function["Properties"], "VpcConfig": other},
    }
    network = _network(template)
    assert {vpc.name for vpc in network.vpcs} == {"Shop/Vpc", "Shop/Other"}
    sources = {source for source, target in _arrows(network) if target == "dynamodb"}
    assert sources == {"Shop/Worker000/Function"}


def test_subnets_of_other_templates() -> None:
    template = shop(1, relay=False)
    place = _properties(template, "Worker000Function")["VpcConfig"]
    place["SubnetIds"] = ["subnet-0123456789abcdef0"]
    network = _network(template)
    (box,) = (box for box in network.boxes if box.kind is BoxKind.FUNCTION)
    assert box.subnets == ("a subnet of other templates",)
    assert [vpc.name for vpc in network.vpcs] == ["a VPC of other templates"]


def test_what_leaves_by_a_route_needs_no_endpoint() -> None:
    template = shop(1)
    role = _properties(template, "Worker000Role")
    role["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Key"}}
    )
    assert "Shop/Key" not in {r.target for r in _network(template).reaches if len(r.sources) > 1}
    template["Resources"]["Out"] = {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "RouteTableId": {"Ref": "Routes"},
            "DestinationCidrBlock": "0.0.0.0/0",
            "NatGatewayId": "nat-0123456789abcdef0",
        },
    }
    said = {(r.sources, r.target, r.through) for r in _network(template).reaches}
    both = ("Shop/Relay/Function", "Shop/Worker000/Function")
    assert (both, "Shop/Key", "no endpoint") in said


def test_resources_that_no_template_creates_are_said_to_be_others() -> None:
    template = shop(1, relay=False)
    grants = _properties(template, "Worker000Role")["Policies"][0]["PolicyDocument"]
    grants["Statement"][0]["Resource"] = "arn:aws:dynamodb:us-east-1:111122223333:table/other"
    (reach,) = _network(template).reaches
    assert reach.target == "dynamodb, outside of these templates"


def test_what_lambda_does_for_a_function_is_left_out() -> None:
    template = shop(1)
    grants = _properties(template, "RelayRole")["Policies"][0]["PolicyDocument"]
    grants["Statement"].append({"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"})
    assert "asks secretsmanager" in {line for box in _network(template).boxes for line in box.lines}


@pytest.mark.parametrize(
    ("rule", "reached"),
    [
        ({"IpProtocol": "tcp", "FromPort": "x", "ToPort": "y", "CidrIp": "10.0.0.0/8"}, True),
        ({"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "0.0.0.0/0"}, False),
        (
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "DestinationPrefixListId": {"Ref": "Nobody"},
            },
            True,
        ),
        (
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "DestinationPrefixListId": "pl-12345678",
            },
            True,
        ),
    ],
    ids=["no ports", "ping", "list not told", "list not known"],
)
def test_what_is_not_known_of_a_rule_is_a_way(rule: dict[str, Any], reached: bool) -> None:
    template = shop(1, relay=False)
    _properties(template, "Group")["SecurityGroupEgress"] = [rule]
    arrows = _arrows(_network(template))
    assert (("Shop/Worker000/Function", "dynamodb") in arrows) is reached


@pytest.mark.parametrize("name", ["Worker000Function", "Worker000Function:live"])
def test_callers_may_name_a_function_or_an_alias(name: str) -> None:
    template = shop(1, relay=False)
    _properties(template, "Worker000Function")["FunctionName"] = "Worker000Function"
    template["Resources"]["Permission"] = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {"FunctionName": name, "Principal": {"Ref": "Nobody"}},
    }
    lines = {line for box in _network(template).boxes for line in box.lines}
    assert "called by somebody who is not told" in lines


def test_unknown_lists_of_names_are_not_counted() -> None:
    names = {
        "Type": "AWS::Route53Resolver::FirewallDomainList",
        "Properties": {"Domains": {"Ref": "Nobody"}},
    }
    assert cost_rows(case_of({"Resources": {"Names": names}}).world) == ()


def test_more_than_few_kinds_of_functions_are_put_together_by_their_place() -> None:
    template = shop(30, relay=False)
    for number in range(30):
        grants = _properties(template, f"Worker{number:03}Role")["Policies"][0]["PolicyDocument"]
        service = f"s{number}"
        grants["Statement"].append({"Effect": "Allow", "Action": f"{service}:Ask", "Resource": "*"})
        template["Resources"][f"Way{number}"] = {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                **_properties(template, "Lambda"),
                "ServiceName": f"com.amazonaws.us-east-1.{service}",
            },
        }
    _properties(template, "Group")["SecurityGroupEgress"] = []
    _admit_all(template)
    network = _network(template)
    assert [len(box.members) for box in _functions(network)] == [30]
    assert "what each reaches is in the table" in network.together


def test_a_long_table_of_rights_is_folded() -> None:
    data = gather(outcome_of(), case_of(shop(30, tables=30)), title="x", made_with="y")
    assert "All 32 rights" in render(data)
