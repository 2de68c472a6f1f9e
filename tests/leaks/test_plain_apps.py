"""Apps that were never made with these constructs: what is said of them is true."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.flows import broken_flows
from secure_lambda_constructs.checks.leaks.paths import PATHS, open_paths, present_paths
from secure_lambda_constructs.checks.leaks.paths.reach import guarded, relays

from .by_hand import (
    Template,
    allow,
    att,
    case_of_template,
    function,
    network,
    resource,
    role,
    table,
)
from .simulator import Simulator

READ = allow("dynamodb:GetItem", att("Table"))
OF_RELAYS = {path_id for path_id in PATHS if path_id.startswith("R")}
OF_NETWORKS = {path_id for path_id in PATHS if path_id[0] in "ND"}

# What is open in each function that may write its log as AWS's own policy lets it.
PLAIN = {"I06", "O05"}


@pytest.fixture
def judged(simulator: Simulator) -> Callable[..., Case]:
    """Return the case of templates that are written by hand."""
    return lambda *resources: case_of_template(simulator, *resources)


def _names(functions: list[Any]) -> list[str]:
    return [function.resource.logical_id for function in functions]


def _texts(case: Case, path_id: str) -> list[str]:
    return [str(reason) for reason in PATHS[path_id].check(case)]


Judged = Callable[..., Case]


def test_functions_that_read_no_data_are_no_way_out(judged: Judged) -> None:
    case = judged(*(function(f"Plain{number}") for number in range(20)))
    assert open_paths(case) == {}
    assert guarded(case) == relays(case) == []
    assert set(present_paths(case)) == {"N01"}
    assert broken_flows(case) == {}


def test_an_app_without_functions_has_nothing_to_leave_by(judged: Judged) -> None:
    case = judged(network(), {"Table": table(), "Bucket": resource("AWS::S3::Bucket")})
    assert open_paths(case) == {}
    assert set(present_paths(case)) == {"O04"}
    assert broken_flows(case) == {}


def test_a_function_that_reads_data_is_judged_wherever_it_is(judged: Judged) -> None:
    case = judged({"Table": table()}, function("Reader", READ), function("Plain"))
    assert _names(guarded(case)) == ["Reader"]
    assert set(open_paths(case)) == {"N01", "I01", "I02", *PLAIN}
    # It is not in a VPC that could be open, and no function inside could call it.
    assert not (OF_NETWORKS - {"N01"} | OF_RELAYS) & set(present_paths(case))
    (reason,) = PATHS["N01"].check(case)
    assert (reason.resource, reason.text) == (
        guarded(case)[0].resource,
        "may read data and is in no VPC",
    )


def test_a_url_for_everybody_of_a_function_that_reads_data(judged: Judged) -> None:
    url = {
        "Url": resource("AWS::Lambda::Url", AuthType="NONE", TargetFunctionArn=att("Reader")),
        "Everybody": resource(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunctionUrl",
            FunctionName=att("Reader"),
            FunctionUrlAuthType="NONE",
            Principal="*",
        ),
        # As the CDK writes it beside the other one.
        "ByUrl": resource(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=att("Reader"),
            InvokedViaFunctionUrl=True,
            Principal="*",
        ),
    }
    case = judged({"Table": table()}, function("Reader", READ), url)
    found = _texts(case, "O03")
    assert "is a URL of the function that needs no signature" in found
    assert [text for text in found if "InvokeFunction on" in text] == []
    plain = judged({"Table": table()}, function("Reader"), url)
    assert _texts(plain, "O03") == []


def test_what_is_not_the_role_of_a_function_may_read_too(judged: Judged) -> None:
    machine = {"Machine": role(READ, service="states")}
    case = judged({"Table": table()}, function("Plain"), machine)
    assert _texts(case, "N01")[0].startswith("may read data and is not the role of a function")


def test_the_password_of_a_database_is_data(judged: Judged) -> None:
    secret = {
        "Secret": resource("AWS::SecretsManager::Secret"),
        "Attached": resource(
            "AWS::SecretsManager::SecretTargetAttachment",
            SecretId={"Ref": "Secret"},
            TargetId="orders",
            TargetType="AWS::RDS::DBInstance",
        ),
    }
    reads = allow("secretsmanager:GetSecretValue", {"Ref": "Attached"})
    case = judged(secret, function("Reader", reads))
    (text,) = _texts(case, "N01")
    assert text.startswith("may read the password of a database and is in no VPC: arn:aws:secrets")


def _bucket_policy(principal: Any) -> Template:
    statement = {
        **allow("s3:GetObject", {"Fn::Sub": "${Bucket.Arn}/*"}),
        "Principal": principal,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {
        "Bucket": resource("AWS::S3::Bucket"),
        "Policy": resource(
            "AWS::S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument=policy
        ),
    }


def test_a_bucket_that_admits_the_role_by_name_is_read(judged: Judged) -> None:
    named = _bucket_policy({"AWS": att("ReaderRole")})
    case = judged(named, function("Reader"), function("Plain"))
    assert _names(guarded(case)) == ["Reader"]
    (text,) = _texts(case, "N01")
    assert text.startswith("may read what admits its role by name and is in no VPC: s3:GetObject")


def test_what_everybody_may_read_is_no_data(judged: Judged) -> None:
    case = judged(_bucket_policy("*"), function("Plain"))
    assert guarded(case) == []
    assert _texts(case, "N01") == []


# What feeds a function outside of the VPC: whether what is inside can hand it something.
SOURCES: dict[str, tuple[Template, list[dict[str, Any]], bool]] = {
    "nothing": ({}, [], False),
    "a call": ({}, [allow("lambda:InvokeFunction", att("Outside"))], True),
    "a call of a version": ({}, [allow("lambda:Invoke*", {"Fn::Sub": "${Outside.Arn}:*"})], True),
    "a call of whatever is called so": ({}, [allow("lambda:*", "*")], True),
    "a queue it cannot send to": (
        {
            "Queue": resource("AWS::SQS::Queue"),
            "Mapping": resource(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn=att("Queue"),
                FunctionName={"Ref": "Outside"},
            ),
        },
        [allow("dynamodb:PutItem", "*")],
        False,
    ),
    "a queue it sends to": (
        {
            "Queue": resource("AWS::SQS::Queue"),
            "Mapping": resource(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn=att("Queue"),
                FunctionName={"Ref": "Outside"},
            ),
        },
        [allow("sqs:SendMessage", att("Queue"))],
        True,
    ),
    "a source that nobody can tell": (
        {
            "Mapping": resource(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn={"Fn::ImportValue": "nowhere"},
                FunctionName={"Ref": "Outside"},
            ),
        },
        [],
        True,
    ),
    "a bucket it writes to": (
        {
            "Bucket": resource("AWS::S3::Bucket"),
            "Permission": resource(
                "AWS::Lambda::Permission",
                Action="lambda:InvokeFunction",
                FunctionName=att("Outside"),
                Principal="s3.amazonaws.com",
                SourceArn=att("Bucket"),
            ),
        },
        [allow("s3:PutObject", {"Fn::Sub": "${Bucket.Arn}/*"})],
        True,
    ),
    "the stream of its table": (
        {
            "Table": table(StreamSpecification={"StreamViewType": "NEW_IMAGE"}),
            "Mapping": resource(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn=att("Table", "StreamArn"),
                FunctionName={"Ref": "Outside"},
            ),
        },
        [allow("dynamodb:PutItem", att("Table"))],
        True,
    ),
    "an API": (
        {
            "Permission": resource(
                "AWS::Lambda::Permission",
                Action="lambda:InvokeFunction",
                FunctionName=att("Outside"),
                Principal="apigateway.amazonaws.com",
                SourceArn={
                    "Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:api/*/GET/"
                },
            ),
        },
        [],
        False,
    ),
    "any role of the account": (
        {
            "Permission": resource(
                "AWS::Lambda::Permission",
                Action="lambda:InvokeFunction",
                FunctionName=att("Outside"),
                Principal={"Ref": "AWS::AccountId"},
            ),
        },
        [],
        True,
    ),
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_function_outside_is_a_relay_if_one_inside_can_hand_it_something(
    source: str, judged: Judged
) -> None:
    resources, rights, expected = SOURCES[source]
    case = judged(
        network(), function("Inside", *rights, inside=True), function("Outside"), resources
    )
    assert _names(case.isolated) == ["Inside"]
    assert _names(relays(case)) == (["Outside"] if expected else [])
    assert bool(OF_RELAYS & set(open_paths(case))) is expected


def test_without_a_function_inside_there_is_no_relay(judged: Judged) -> None:
    calls = allow("lambda:InvokeFunction", att("Called"))
    case = judged(function("Caller", calls), function("Called"))
    assert relays(case) == []
    assert open_paths(case) == {}


IMPORTED = {"SecurityGroupIds": ["sg-0123"], "SubnetIds": ["subnet-0123"]}
UNSEEN: dict[str, Any] = {"VpcConfig": IMPORTED}


@pytest.mark.parametrize(
    "subnets",
    [
        pytest.param(["subnet-0123"], id="imported"),
        pytest.param({"Fn::ImportValue": "nowhere"}, id="a list nobody can tell"),
        pytest.param([{"Ref": "Mine"}], id="new ones in an imported VPC"),
    ],
)
def test_a_vpc_that_no_template_creates_counts_as_open(subnets: Any, judged: Judged) -> None:
    config = {"SecurityGroupIds": [att("Group", "GroupId")], "SubnetIds": subnets}
    group = network()["Group"]
    group["Properties"]["VpcId"] = "vpc-0123"
    mine = resource("AWS::EC2::Subnet", VpcId="vpc-0123")
    case = judged(
        {"Group": group, "Mine": mine, "Table": table()},
        function("Reader", READ, VpcConfig=config),
    )
    found = open_paths(case)
    unknown = {"N02", *(f"N0{n}" for n in range(3, 9)), "D01", "D02", "D03", "D04"}
    unknown |= {"P01", "P03", "P04", "P06", "P08", "P09", "P10", "P11"}
    assert set(found) >= unknown
    # The role is known, and has no right to what is another account's.
    assert not {"P02", "P05", "P07"} & set(found)
    assert {"P02", "P05", "P07"} <= set(present_paths(case))
    for path_id in unknown:
        assert any("that no template creates" in reason.text for reason in found[path_id]), path_id
    # Nobody can tell that anything does not work.
    assert "routed" not in broken_flows(case)


def test_a_role_in_a_vpc_nobody_sees_may_copy_what_it_may_name(judged: Judged) -> None:
    copies = allow(["dynamodb:PutItem", "s3:PutObject", "lambda:InvokeFunction"], "*")
    case = judged(function("Reader", copies, **UNSEEN))
    assert {"P02", "P05", "P07"} <= set(open_paths(case))


def test_each_function_has_its_own_vpc(judged: Judged) -> None:
    """The policy of one VPC's endpoint says nothing of the functions in another one."""
    other = {f"Other{name}": each for name, each in network().items()}
    for name in ("OtherA", "OtherGroup"):
        other[name]["Properties"]["VpcId"] = {"Ref": "OtherVpc"}
    endpoint = {
        "Endpoint": resource(
            "AWS::EC2::VPCEndpoint",
            ServiceName="com.amazonaws.us-east-1.dynamodb",
            VpcId={"Ref": "OtherVpc"},
        )
    }
    config = {"SecurityGroupIds": [att("OtherGroup", "GroupId")], "SubnetIds": [{"Ref": "OtherA"}]}
    copies = allow("dynamodb:PutItem", "*")
    case = judged(
        network(),
        other,
        endpoint,
        function("Copies", copies, inside=True),
        function("Beside", VpcConfig=config),
    )
    assert _texts(case, "P02") == []
    assert len(_texts(case, "P01")) == 1
    moved = judged(
        network(), other, endpoint, function("Copies", copies, inside=True, VpcConfig=config)
    )
    assert len(_texts(moved, "P02")) == 1


def test_the_reason_says_what_is_not_known_of_a_role(judged: Judged) -> None:
    managed = "arn:aws:iam::aws:policy/Unheard"
    parts = function("Reader")
    parts["ReaderRole"]["Properties"]["ManagedPolicyArns"].append(managed)
    (text,) = _texts(judged(parts), "N01")
    assert f"(what the managed policy {managed} allows is not known, so it is everything)" in text
    imported = function("Reader", Role="arn:aws:iam::444455556666:role/imported")
    (text,) = _texts(judged({"Reader": imported["Reader"]}), "N01")
    assert "no template creates it, so it counts as one that may do everything" in text
    assert "role/imported" in text


BOUNDARY = {
    "Boundary": resource(
        "AWS::IAM::ManagedPolicy",
        PolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                allow("*", "*"),
                {"Effect": "Deny", "Action": "ses:*", "Resource": "*"},
            ],
        },
    )
}


@pytest.mark.parametrize(
    ("boundary", "is_open"),
    [
        (None, True),
        ({"Ref": "Boundary"}, False),
        ("arn:aws:iam::444455556666:policy/imported", True),
        ({"Fn::ImportValue": "nowhere"}, True),
    ],
    ids=["none", "denies it", "imported", "unknown"],
)
def test_a_boundary_holds_if_it_is_known(boundary: Any, is_open: bool, judged: Judged) -> None:
    parts = function("Mailer", allow("ses:SendEmail", "*"), inside=True)
    if boundary is not None:
        parts["MailerRole"]["Properties"]["PermissionsBoundary"] = boundary
    case = judged(network(), BOUNDARY, parts)
    assert bool(PATHS["I07"].check(case)) is is_open


@pytest.mark.parametrize(
    ("denied", "is_open"),
    [
        ({"Action": "dynamodb:*"}, False),
        ({"Action": "dynamodb:PutItem"}, True),
        # It may not hold where the role is used.
        ({"Action": "dynamodb:*", "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}, True),
    ],
    ids=["all", "another action", "under a condition"],
)
def test_a_boundary_holds_back_the_reading(
    denied: dict[str, Any], is_open: bool, judged: Judged
) -> None:
    deny = {"Effect": "Deny", "Resource": "*", **denied}
    document = {"Version": "2012-10-17", "Statement": [allow("*", "*"), deny]}
    boundary = {"Boundary": resource("AWS::IAM::ManagedPolicy", PolicyDocument=document)}
    parts = function("Reader", READ)
    parts["ReaderRole"]["Properties"]["PermissionsBoundary"] = {"Ref": "Boundary"}
    case = judged({"Table": table()}, boundary, parts)
    assert bool(PATHS["N01"].check(case)) is is_open


def test_a_boundary_without_the_right_breaks_the_function(judged: Judged) -> None:
    parts = function("Reader", inside=True)
    nothing = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject", "*")]}
    boundary = {"Boundary": resource("AWS::IAM::ManagedPolicy", PolicyDocument=nothing)}
    parts["ReaderRole"]["Properties"]["PermissionsBoundary"] = {"Ref": "Boundary"}
    found = broken_flows(judged(network(), boundary, parts))
    assert set(found) == {"interfaces", "logged"}


def test_a_plain_function_in_a_vpc_with_a_way_out_is_not_called_broken(judged: Judged) -> None:
    ways = {
        "Gateway": resource("AWS::EC2::InternetGateway"),
        "Nat": resource("AWS::EC2::NatGateway", SubnetId={"Ref": "A"}),
        "Routes": resource("AWS::EC2::RouteTable", VpcId={"Ref": "Vpc"}),
        "Routed": resource(
            "AWS::EC2::SubnetRouteTableAssociation",
            RouteTableId={"Ref": "Routes"},
            SubnetId={"Ref": "A"},
        ),
        "Out": resource(
            "AWS::EC2::Route",
            DestinationCidrBlock="0.0.0.0/0",
            NatGatewayId={"Ref": "Nat"},
            RouteTableId={"Ref": "Routes"},
        ),
        "Host": resource("AWS::EC2::Instance", SubnetId={"Ref": "A"}),
        "Table": table(),
    }
    case = judged(network(), ways, function("Reader", READ, inside=True))
    assert broken_flows(case) == {}
    assert {"N04", "N08", "D01"} <= set(open_paths(case))
    assert _texts(case, "D01")[0].startswith("has no DNS firewall, so that every query is answered")
