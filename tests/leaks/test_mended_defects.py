"""What the checks once said wrongly: each with what opens a path, and what only looks like it."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_lambda_constructs.checks.judgement import judge
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.flows import broken_flows
from secure_lambda_constructs.checks.leaks.paths import PATHS
from secure_lambda_constructs.checks.leaks.paths.arns import shared_arn
from secure_lambda_constructs.checks.model.world import World

from .by_hand import (
    REGION,
    Template,
    allow,
    att,
    case_of_template,
    function,
    network,
    resource,
    role,
    routes,
    table,
    world_of,
)
from .simulator import Simulator

HTTPS = {"FromPort": 443, "IpProtocol": "tcp", "ToPort": 443}
UNKNOWN = {"Fn::ImportValue": "nowhere"}
PARTNER = "210987654321"

Texts = Callable[..., list[str]]


@pytest.fixture
def texts(simulator: Simulator) -> Texts:
    """Return what a check says of a function inside, and of what is beside it."""

    def check(path_id: str, *parts: Template) -> list[str]:
        case = case_of_template(simulator, network(), function("Inside", inside=True), *parts)
        return [str(reason) for reason in PATHS[path_id].check(case)]

    return check


def _firewall(*rules: tuple[str, list[str], str | None]) -> Template:
    """Return a DNS firewall: what each rule does, with which names, and for which queries."""
    kind = "AWS::Route53Resolver::FirewallDomainList"
    lists = {f"List{i}": resource(kind, Domains=names) for i, (_, names, _) in enumerate(rules)}
    written = [
        {
            "Action": action,
            "FirewallDomainListId": att(f"List{i}", "Id"),
            "Priority": i,
            **({} if query_type is None else {"Qtype": query_type}),
        }
        for i, (action, _, query_type) in enumerate(rules)
    ]
    return {
        **lists,
        "Rules": resource("AWS::Route53Resolver::FirewallRuleGroup", FirewallRules=written),
        "Firewall": resource(
            "AWS::Route53Resolver::FirewallRuleGroupAssociation",
            FirewallRuleGroupId={"Ref": "Rules"},
            MutationProtection="ENABLED",
            Priority=101,
            VpcId={"Ref": "Vpc"},
        ),
    }


_TYPES = ("A", "AAAA", "CNAME", "HTTPS", "MX", "NS", "NULL", "SRV", "TXT")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ANSWERS = "has a DNS firewall that answers queries for names of an attacker"


@pytest.mark.parametrize(
    ("rules", "example"),
    [
        ([("BLOCK", ["*.com", "*.co.uk"], None)], "A t.attacker.xyz"),
        ([("BLOCK", ["*.com", "*.co.uk", "*.xyz", "*.aaa"], None)], "A t.attacker.aab"),
        ([("BLOCK", ["*"], each) for each in _TYPES], "CAA t.attacker.com"),
        # By their numbers they are the same.
        (
            [("BLOCK", ["*"], each) for each in (*_TYPES, "TYPE257", "DS", "NAPTR", "PTR")],
            "SOA t.attacker.com",
        ),
        ([("ALLOW", ["*"], "TYPE16"), ("BLOCK", ["*"], None)], "TXT t.attacker.com"),
    ],
)
def test_no_list_of_names_or_types_is_all_there_is(
    rules: list[tuple[str, list[str], str | None]], example: str, texts: Texts
) -> None:
    (said,) = texts("D01", _firewall(*rules))
    assert said.startswith(f"{_ANSWERS}: {example}")


@pytest.mark.parametrize(
    "rules",
    [
        [("BLOCK", ["*.com"], None), ("BLOCK", ["*"], None)],
        [("BLOCK", ["*"], "TXT"), ("BLOCK", ["*"], None)],
        # Every name ends with one of these.
        [("BLOCK", [f"*{letter}" for letter in _LETTERS], None)],
    ],
)
def test_a_list_of_all_names_is(
    rules: list[tuple[str, list[str], str | None]], texts: Texts
) -> None:
    assert texts("D01", _firewall(*rules)) == []


def _zone(vpc: Any = None, **more: Any) -> Template:
    places = [{"VPCId": vpc or {"Ref": "Vpc"}, "VPCRegion": REGION}]
    zone = resource("AWS::Route53::HostedZone", Name="db.Shop.example.", VPCs=places)
    return {"Zone": {**zone, **more}}


def _record(kind: Any, name: Any) -> Template:
    return {"Record": resource("AWS::Route53::RecordSet", Name=name, Type=kind)}


def _records(kind: str, name: str) -> Template:
    records = [{"Name": name, "Type": kind}]
    return {"Records": resource("AWS::Route53::RecordSetGroup", RecordSets=records)}


NAMED = {"Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16", EnableDnsHostnames="true")}
_NOT_AWS = "has a DNS firewall that lets through a name which is not AWS's"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("orders.db.shop.example", [_zone()]),
        ("*.db.shop.example", [_zone(), _record("A", "orders.db.shop.example.")]),
        ("db.shop.example", [_zone(), _record("NS", "db.shop.example.")]),
        ("db.shop.example", [_zone(), _record("NS", "below.other.example")]),
    ],
)
def test_a_name_of_a_private_zone_is_asked_of_nobody_else(
    name: str, parts: list[Template], texts: Texts
) -> None:
    rules = _firewall(("ALLOW", [name], None), ("BLOCK", ["*"], None))
    assert texts("D02", NAMED, rules, *parts) == []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("orders.db.shop.example", []),
        ("orders.db.shop.example", [_zone("vpc-0other")]),
        ("orders.db.shop.example", [_zone(), network()]),
        ("*db.shop.example", [_zone()]),
        ("*.shop.example", [_zone()]),
        ("orders.shop.example", [_zone()]),
        ("x.below.db.shop.example", [_zone(), _record("NS", "below.db.shop.example.")]),
        ("x.below.db.shop.example", [_zone(), _records("NS", "below.db.shop.example.")]),
        ("x.below.db.shop.example", [_zone(), _record(UNKNOWN, UNKNOWN)]),
    ],
    ids=lambda value: value if isinstance(value, str) else str(len(value)),
)
def test_a_name_that_may_be_asked_of_others_is_on_no_list(
    name: str, parts: list[Template], texts: Texts
) -> None:
    rules = _firewall(("ALLOW", [name], None), ("BLOCK", ["*"], None))
    assert texts("D02", NAMED, rules, *parts) == [f"{_NOT_AWS}: {name}"]


def test_a_private_zone_that_may_not_be_there_answers_nothing(simulator: Simulator) -> None:
    stack = world_of(
        network(),
        NAMED,
        function("Inside", inside=True),
        _firewall(("ALLOW", ["db.shop.example"], None), ("BLOCK", ["*"], None)),
        _zone(Condition="Wanted"),
    ).sources[0]
    stack.template["Parameters"] = {"Wanted": {"Type": "String"}}
    stack.template["Conditions"] = {"Wanted": {"Fn::Equals": [{"Ref": "Wanted"}, "yes"]}}
    case = Case(World([stack]), simulator)
    assert [str(reason) for reason in PATHS["D02"].check(case)] == [f"{_NOT_AWS}: db.shop.example"]


@pytest.mark.parametrize(
    ("name", "is_own"),
    [
        ("*.dynamodb.us-east-1.vpce.amazonaws.com", True),
        ("vpce-0a1b2c3d-x1y2z3.dynamodb.us-east-1.vpce.amazonaws.com", True),
        ("*.bucket.vpce-0a1b2c3d-x1y2z3.s3.us-east-1.vpce.amazonaws.com", True),
        ("*.us-east-1.vpce.amazonaws.com", False),
        ("*.dynamodb.eu-west-1.vpce.amazonaws.com", False),
        ("*.dynamodb.us-east-1.vpce.amazonaws.com.attacker.com", False),
    ],
)
def test_an_endpoint_has_names_of_its_own(name: str, is_own: bool, texts: Texts) -> None:
    rules = _firewall(("ALLOW", [name], None), ("BLOCK", ["*"], None))
    assert texts("D02", rules) == ([] if is_own else [f"{_NOT_AWS}: {name}"])


def _changed(**changes: Any) -> Template:
    """Return a closed firewall with a change of the rule that allows."""
    parts = _firewall(("ALLOW", ["sts.us-east-1.amazonaws.com"], None), ("BLOCK", ["*"], None))
    parts["Rules"]["Properties"]["FirewallRules"][0].update(changes)
    return parts


def test_a_rule_that_nobody_can_tell_lets_through(texts: Texts) -> None:
    closed = _changed(FirewallDomainRedirectionAction="INSPECT_REDIRECTION_DOMAIN")
    assert texts("D01", closed) == texts("D02", closed) == []
    parts = _changed()
    parts["Rules"]["Properties"]["FirewallRules"].append(UNKNOWN)
    assert [said.partition(":")[0] for said in texts("D01", parts)] == [_ANSWERS]
    text = "has a DNS firewall that lets through names which nobody can tell"
    assert texts("D02", parts) == [text]
    (said,) = texts("D02", _changed(FirewallDomainRedirectionAction=UNKNOWN))
    assert said.startswith("has a DNS firewall that does not look at what a name points to")
    (said,) = texts("D02", _changed(Action="BLOCK", BlockResponse=UNKNOWN))
    assert said == "has a DNS firewall that answers a blocked name with another one"
    assert texts("D02", _changed(Action="BLOCK", BlockResponse="NODATA")) == []


JOINED = {"Fn::Join": [",", ["subnet-0a1b2c3d", {"Ref": "A"}]]}
_CONDITION = {"StringNotEquals": {"aws:SourceVpc": {"Ref": "Vpc"}}}
_DENY = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
_POLICY = {"Statement": {**_DENY, "Condition": _CONDITION}}


@pytest.mark.parametrize(
    "host",
    [
        resource("Custom::Proxy", Subnets=JOINED),
        resource("Custom::Proxy", Settings={"Fn::Sub": '{"vpc": "${Vpc}", "size": 1}'}),
        resource(
            "AWS::ElasticBeanstalk::Environment",
            OptionSettings=[{"Namespace": "aws:ec2:vpc", "OptionName": "Subnets", "Value": JOINED}],
        ),
        # What has a policy of its own may be a host for all that.
        resource("AWS::OpenSearchServerless::VpcEndpoint", VpcId={"Ref": "Vpc"}, Policy=_POLICY),
    ],
    ids=["joined", "json", "options", "policy"],
)
def test_a_host_is_seen_by_an_id_in_a_longer_text(host: dict[str, Any], texts: Texts) -> None:
    assert texts("N08", {"Host": host}) == [f"is in the VPC and may forward ({host['Type']})"]


@pytest.mark.parametrize(
    "other",
    [
        resource("Custom::Proxy", Subnets="subnet-0a1b2c3d,subnet-0a1b2c3e"),
        resource("Custom::Proxy", Name={"Fn::Sub": "proxy-of-${Vpc}-here"}),
        resource("AWS::Logs::LogGroup", LogGroupName={"Fn::Sub": "/flows/${Vpc}"}),
        resource("AWS::CloudWatch::Dashboard", DashboardBody={"Fn::Sub": '["${Vpc}"]'}),
        resource("AWS::Events::Rule", Description={"Fn::Sub": "what happens in ${Vpc}"}),
        resource("AWS::SQS::QueuePolicy", PolicyDocument=_POLICY, Queues=["x"]),
        resource("AWS::SecretsManager::ResourcePolicy", ResourcePolicy=_POLICY, SecretId="x"),
        resource("AWS::ApiGateway::RestApi", Policy=_POLICY),
        resource("AWS::S3::AccessPoint", Bucket="x", VpcConfiguration={"VpcId": {"Ref": "Vpc"}}),
    ],
    ids=lambda other: other["Type"] + "/" + "-".join(other["Properties"]),
)
def test_what_only_tells_of_the_vpc_is_no_host(other: dict[str, Any], texts: Texts) -> None:
    assert texts("N08", {"Other": other}) == []


def _with_egress(*rules: dict[str, Any]) -> Template:
    parts = network()
    parts["Group"]["Properties"]["SecurityGroupEgress"] = list(rules)
    return parts


@pytest.mark.parametrize(
    "rule",
    [
        {"CidrIp": "127.0.0.1/32", "IpProtocol": "-1"},
        {"CidrIp": "127.0.0.0/8", **HTTPS},
        {"CidrIpv6": "::1/128", "IpProtocol": "-1"},
        {"CidrIp": "255.255.255.255/32", "IpProtocol": "-1"},
    ],
    ids=str,
)
def test_no_packet_leaves_by_a_loopback_address(rule: dict[str, Any], texts: Texts) -> None:
    assert texts("N10", _with_egress(rule)) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"CidrIp": "126.0.0.0/7", **HTTPS},
        {"CidrIp": "255.255.255.254/31", **HTTPS},
        {"CidrIpv6": "::/127", **HTTPS},
        {"CidrIp": "127.0.0.1/32", "CidrIpv6": "fd00::/8", **HTTPS},
    ],
    ids=str,
)
def test_a_packet_leaves_by_what_is_more_than_loopback(rule: dict[str, Any], texts: Texts) -> None:
    (said,) = texts("N10", _with_egress(rule))
    assert said.startswith("lets out to what is not known to be an endpoint")


def _permission(action: str, principal: str, **more: Any) -> Template:
    asked = {"Action": f"lambda:{action}", "FunctionName": att("Inside"), "Principal": principal}
    return {f"Of{action}": resource("AWS::Lambda::Permission", **asked, **more)}


def _url(principal: str) -> Template:
    target = {"AuthType": "AWS_IAM", "TargetFunctionArn": att("Inside")}
    return {
        "Url": resource("AWS::Lambda::Url", **target),
        **_permission("InvokeFunctionUrl", principal, FunctionUrlAuthType="AWS_IAM"),
        **_permission("InvokeFunction", principal, InvokedViaFunctionUrl=True),
    }


def test_a_url_that_is_called_with_a_signature_is_open_to_whose_it_may_be(
    simulator: Simulator, texts: Texts
) -> None:
    (said,) = texts("O03", _url("*"))
    assert said.startswith("may be called by other accounts: lambda:InvokeFunctionUrl on")
    world = world_of(network(), function("Inside", inside=True), _url(PARTNER))
    opened = {path.id: path for path in judge(world, simulator).open}
    (found,) = opened["O03"].findings
    assert f"({PARTNER} counts as somebody else's" in found.reason


def test_a_url_that_only_roles_of_the_account_call_is_closed(texts: Texts) -> None:
    assert texts("O03", _url("444455556666")) == []
    # The one right is worth nothing without the other.
    half = _permission("InvokeFunction", "*", InvokedViaFunctionUrl=True)
    assert texts("O03", half) == []


def _reader_with_an_interface(
    egress: dict[str, Any], ingress: dict[str, Any] | None = None
) -> list[Template]:
    statement = allow("dynamodb:GetItem", "*", Principal="*")
    door = ingress or {"SourceSecurityGroupId": att("Group", "GroupId"), **HTTPS}
    parts = network()
    parts["Group"]["Properties"]["SecurityGroupEgress"] = [egress]
    interface = resource(
        "AWS::EC2::VPCEndpoint",
        PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
        SecurityGroupIds=[att("Doors", "GroupId")],
        ServiceName=f"com.amazonaws.{REGION}.dynamodb",
        VpcEndpointType="Interface",
        VpcId={"Ref": "Vpc"},
    )
    group = {"SecurityGroupIngress": [door], "VpcId": {"Ref": "Vpc"}}
    reads = allow("dynamodb:GetItem", att("Table"))
    return [
        parts,
        {"Doors": resource("AWS::EC2::SecurityGroup", **group), "Tables": interface},
        {"Table": table()},
        function("Reader", reads, inside=True),
    ]


TO_DOORS = {"DestinationSecurityGroupId": att("Doors", "GroupId")}


@pytest.mark.parametrize(
    ("egress", "ingress", "broken"),
    [
        ({**TO_DOORS, **HTTPS}, None, set()),
        ({**TO_DOORS, "FromPort": 1, "IpProtocol": "tcp", "ToPort": 1024}, None, set()),
        ({"DestinationSecurityGroupId": UNKNOWN, **HTTPS}, None, set()),
        ({**TO_DOORS, "FromPort": 80, "IpProtocol": "tcp", "ToPort": 80}, None, {"let out"}),
        ({"DestinationSecurityGroupId": "sg-0123", **HTTPS}, None, {"let out"}),
        (
            {**TO_DOORS, **HTTPS},
            {"SourceSecurityGroupId": "sg-0123", **HTTPS},
            {"let out"},
        ),
    ],
    ids=["to it", "by more ports", "unknown", "another port", "another group", "not let in"],
)
def test_an_interface_endpoint_is_a_way_to_a_table(
    egress: dict[str, Any],
    ingress: dict[str, Any] | None,
    broken: set[str],
    simulator: Simulator,
) -> None:
    case = case_of_template(simulator, *_reader_with_an_interface(egress, ingress))
    assert set(broken_flows(case)) == broken


def test_a_finding_names_constructs_and_no_ids_that_were_made_up(simulator: Simulator) -> None:
    others = {
        "Gateway": resource("AWS::EC2::InternetGateway"),
        "Attached": resource(
            "AWS::EC2::VPCGatewayAttachment",
            InternetGatewayId={"Ref": "Gateway"},
            VpcId={"Ref": "Vpc"},
        ),
        "Second": resource(
            "AWS::EC2::VPCGatewayAttachment",
            InternetGatewayId="igw-0a1b2c3d4e5f60718",
            VpcId={"Ref": "Vpc"},
        ),
    }
    world = world_of(network(), function("Inside", inside=True), others)
    verdict = judge(world, simulator)
    (opened,) = [path for path in verdict.open if path.id == "N03"]
    text = "attaches an internet gateway to the VPC"
    assert [finding.reason for finding in opened.findings] == [
        f"{text}: App/Gateway",
        # This one is in the template.
        f"{text}: igw-0a1b2c3d4e5f60718",
    ]
    made_up = [resource.id for resource in world.of("AWS::EC2::InternetGateway", "AWS::EC2::VPC")]
    said = [f"{f.cause} {f.reason}" for path in verdict.all for f in path.findings]
    assert not any(identifier in reason for identifier in made_up for reason in said)


def _job(*actions: str, on: str) -> Template:
    return {"Job": role(allow(list(actions), {"Fn::Sub": on}), service="glue")}


@pytest.mark.parametrize(
    ("actions", "on", "reads"),
    [
        (["s3:Get*"], "${Bucket.Arn}*", "s3:GetObject on"),
        (["s3:GetObject"], "arn:aws:s3:::*ders", "s3:GetObject on arn:aws:s3:::x/ders"),
        (
            ["dynamodb:GetRecords"],
            "${Table.Arn}*",
            "dynamodb:GetRecords on",
        ),
        (["s3:List*"], "${Bucket.Arn}*", None),
        (["s3:GetObject"], "${Bucket.Arn}", None),
        (["dynamodb:GetRecords"], "${Table.Arn}", None),
    ],
)
def test_an_asterisk_stands_for_several_parts_of_an_arn(
    actions: list[str], on: str, reads: str | None, texts: Texts
) -> None:
    stores = {"Bucket": resource("AWS::S3::Bucket"), "Table": table()}
    said = texts("N01", stores, _job(*actions, on=on))
    assert (said == []) if reads is None else (reads in said[0])


@pytest.mark.parametrize(
    ("written", "documented", "shared"),
    [
        ("a:*", "a:${Api}/${Stage}", "a:x/x"),
        ("a:b/*", "a:${Api}/${Stage}/${Path}", "a:b/x/x"),
        ("*/c", "a:${Api}/${Stage}", "a:x/c"),
        ("a?c", "a${X}", "axc"),
        ("a:b?", "a:${BucketName}/${Key}", None),
        ("*:b/c", "${Region}:${BucketName}/${Key}", "x:b/c"),
        ("b:c:d", "${Region}:d", None),
    ],
)
def test_two_patterns_share_the_shortest_arn(
    written: str, documented: str, shared: str | None
) -> None:
    assert shared_arn(written, documented) == shared


def _called_relay(*statements: dict[str, Any]) -> list[Template]:
    """Return a function inside that calls a relay, whose role may do what is given."""
    return [
        function("Caller", allow("lambda:InvokeFunction", att("Relay")), inside=True),
        function("Relay", LoggingConfig={"LogGroup": {"Ref": "Logs"}}),
        {"Logs": resource("AWS::Logs::LogGroup"), "RelayRole": role(*statements)},
    ]


@pytest.mark.parametrize("actions", ["*", "*:*", "logs:*", UNKNOWN], ids=str)
def test_every_action_is_no_less_than_those_of_the_service(actions: Any, texts: Texts) -> None:
    (said,) = texts("R05", *_called_relay(allow(actions, att("Logs"))))
    assert said.startswith("has a role that may do more than log and read its secrets")


def test_to_write_the_log_is_no_more_than_a_relay_needs(texts: Texts) -> None:
    writes = ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert texts("R05", *_called_relay(allow(writes, att("Logs")))) == []


PEERING = "AWS::EC2::VPCPeeringConnection"
ATTACHMENT = "AWS::EC2::TransitGatewayAttachment"


@pytest.mark.parametrize(
    ("kind", "joined", "is_open"),
    [
        (PEERING, {"VpcId": "vpc-0other", "PeerVpcId": UNKNOWN}, True),
        (PEERING, {"VpcId": "vpc-0other", "PeerVpcId": "vpc-0third"}, False),
        (PEERING, {"VpcId": "vpc-0other", "PeerVpcId": UNKNOWN, "PeerOwnerId": PARTNER}, False),
        (PEERING, {"VpcId": "vpc-0other", "PeerVpcId": UNKNOWN, "PeerOwnerId": UNKNOWN}, True),
        (ATTACHMENT, {"VpcId": UNKNOWN, "SubnetIds": ["subnet-0other"]}, True),
        (ATTACHMENT, {"VpcId": "vpc-0other", "SubnetIds": UNKNOWN}, False),
        ("AWS::NetworkManager::VpcAttachment", {"VpcArn": UNKNOWN}, True),
        ("AWS::RAM::ResourceShare", {"ResourceArns": ["arn:aws:ec2:x:y:z", UNKNOWN]}, True),
        ("AWS::RAM::ResourceShare", {"ResourceArns": ["arn:aws:ec2:x:y:z"]}, False),
        ("AWS::VpcLattice::ServiceNetworkVpcAssociation", {"VpcIdentifier": UNKNOWN}, True),
    ],
)
def test_what_joins_a_vpc_that_nobody_can_tell_may_join_ours(
    kind: str, joined: dict[str, Any], is_open: bool, texts: Texts
) -> None:
    said = texts("N06", {"Joining": resource(kind, **joined)})
    text = "may join the VPC to another network, because nobody can tell what this"
    assert said == ([f"{text} {kind} joins"] if is_open else [])


def _with_a_gateway(**more: Any) -> list[Template]:
    """Return a function inside with a table that its endpoint lets it read, and not write."""
    statement = allow("dynamodb:GetItem", "*", Principal="*")
    endpoint = {
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "RouteTableIds": [{"Ref": "Routes"}],
        "ServiceName": f"com.amazonaws.{REGION}.dynamodb",
        "VpcId": {"Ref": "Vpc"},
        **more,
    }
    parts = _with_egress({"DestinationPrefixListId": "pl-02cd2c6b", **HTTPS})
    return [parts, routes(), {"Tables": resource("AWS::EC2::VPCEndpoint", **endpoint)}]


@pytest.mark.parametrize(
    ("actions", "endpoint", "broken"),
    [
        ("dynamodb:GetItem", {}, set()),
        ("dynamodb:PutItem", {}, {"reads"}),
        ("dynamodb:GetItem", {"RouteTableIds": []}, {"routed"}),
        # What nobody can tell may be what works.
        (UNKNOWN, {}, set()),
        ("dynamodb:GetItem", {"RouteTableIds": [], "ServiceName": UNKNOWN}, set()),
    ],
    ids=str,
)
def test_only_what_surely_does_not_work_is_broken(
    actions: Any, endpoint: dict[str, Any], broken: set[str], simulator: Simulator
) -> None:
    reader = function("Reader", allow(actions, att("Table")), inside=True)
    parts = [*_with_a_gateway(**endpoint), {"Table": table()}, reader]
    assert set(broken_flows(case_of_template(simulator, *parts))) == broken


@pytest.mark.parametrize(
    ("groups", "broken"),
    [(UNKNOWN, set()), (["sg-0123"], set()), (["sg-0other"], {"calls"})],
    ids=str,
)
def test_a_group_that_nobody_can_tell_may_be_let_in(
    groups: Any, broken: set[str], simulator: Simulator
) -> None:
    door = {"SourceSecurityGroupId": "sg-0123", **HTTPS}
    parts = _reader_with_an_interface({**TO_DOORS, **HTTPS}, door)
    parts[1]["Tables"]["Properties"] |= {
        "PolicyDocument": {"Statement": [allow("lambda:*", "*", Principal="*")]},
        "SubnetIds": [{"Ref": "A"}],
        "ServiceName": f"com.amazonaws.{REGION}.lambda",
    }
    caller = function("Caller", allow("lambda:InvokeFunction", att("Relay")), inside=True)
    caller["Caller"]["Properties"]["VpcConfig"]["SecurityGroupIds"] = groups
    case = case_of_template(simulator, *parts[:2], caller, function("Relay"))
    assert set(broken_flows(case)) == broken


@pytest.mark.parametrize(
    ("stream", "source", "said"),
    [
        (True, UNKNOWN, ["may feed the stream of a table to a function outside the VPC"]),
        (True, "arn:aws:sqs:us-east-1:444455556666:jobs", []),
        (False, UNKNOWN, []),
        (True, None, []),
    ],
)
def test_a_source_that_nobody_can_tell_may_be_the_stream_of_a_table(
    stream: bool, source: Any, said: list[str], texts: Texts
) -> None:
    streamed = {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}} if stream else {}
    kind = "AWS::Lambda::EventSourceMapping"
    mapping = resource(kind, EventSourceArn=source, FunctionName={"Ref": "Outside"})
    parts = [{"Table": table(**streamed), "Mapping": mapping}, function("Outside")]
    assert [text.partition(":")[0] for text in texts("O04", *parts)] == said
