"""What only looks like a way out is let pass; what nobody can tell is none that is closed."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.flows import broken_flows
from secure_lambda_constructs.checks.leaks.paths import PATHS, open_paths
from secure_lambda_constructs.checks.leaks.paths.databases import closed_databases
from secure_lambda_constructs.checks.leaks.paths.reach import relays
from secure_lambda_constructs.checks.model.assembly import StackTemplate
from secure_lambda_constructs.checks.model.world import World

from .by_hand import (
    ACCOUNT,
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
)
from .simulator import Simulator

READ = allow("dynamodb:GetItem", att("Table"))
NOWHERE = {"Fn::ImportValue": "nowhere"}
OTHER = {"VpcId": "vpc-0other"}
HTTPS = {"FromPort": 443, "IpProtocol": "tcp", "ToPort": 443}
CALL = allow("lambda:InvokeFunction", att("Relay"))

Judged = Callable[..., Case]


@pytest.fixture
def judged(simulator: Simulator) -> Judged:
    """Return the case of templates that are written by hand."""
    return lambda *resources: case_of_template(simulator, *resources)


def _texts(case: Case, path_id: str) -> list[str]:
    return [str(reason) for reason in PATHS[path_id].check(case)]


# What has to do with another VPC, or is this app's own.
HARMLESS: Template = {
    "FailOpen": resource(
        "AWS::Route53Resolver::FirewallConfig", FirewallFailOpen="ENABLED", ResourceId="vpc-0other"
    ),
    "Inbound": resource("AWS::Route53Resolver::ResolverEndpoint", Direction="INBOUND"),
    "Rule": resource(
        "AWS::Route53Resolver::ResolverRuleAssociation", ResolverRuleId="x", VPCId="vpc-0other"
    ),
    "Options": resource("AWS::EC2::VPCDHCPOptionsAssociation", DhcpOptionsId="x", **OTHER),
    "Queries": resource(
        "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation", ResourceId="vpc-0other"
    ),
    "Carrier": resource("AWS::EC2::CarrierGateway", **OTHER),
    "Egress": resource("AWS::EC2::EgressOnlyInternetGateway", **OTHER),
    "Peering": resource("AWS::EC2::VPCPeeringConnection", PeerVpcId="vpc-0third", **OTHER),
    "Route": resource(
        "AWS::EC2::Route", RouteTableId="rtb-0other", TransitGatewayId="tgw-0123456789abcdef0"
    ),
    "Stream": resource("AWS::Kinesis::Stream"),
    "Table": table(
        KinesisStreamSpecification={"StreamArn": att("Stream")},
        SSESpecification={"KMSMasterKeyId": "alias/own"},
    ),
    "Shipping": resource("AWS::Logs::SubscriptionFilter", DestinationArn=att("Stream")),
    "FlowLog": resource("AWS::EC2::FlowLog", LogDestination=att("Bucket")),
    "Bucket": resource("AWS::S3::Bucket"),
    "Others": resource("AWS::Kinesis::Stream"),
    "Pipe": resource("AWS::Pipes::Pipe", Source=att("Others"), Target="x"),
    "Vault": resource(
        "AWS::Backup::BackupPlan",
        BackupPlan={
            "BackupPlanRule": [
                {"CopyActions": [{"DestinationBackupVaultArn": f"arn:aws:backup:x:{ACCOUNT}:x:y"}]}
            ]
        },
    ),
    "Key": resource("AWS::KMS::Key"),
}


def test_what_has_to_do_with_other_networks_or_is_the_apps_own_is_let_pass(judged: Judged) -> None:
    inside = {**function("Reader", READ, inside=True), **routes()}
    plain = open_paths(judged(network(), {"Table": table()}, inside))
    assert open_paths(judged(network(), HARMLESS, inside)).keys() == plain.keys()
    # Where a subnet has the main route table of its VPC, it may be that one.
    inside = function("Reader", READ, inside=True)
    found = open_paths(judged(network(), HARMLESS, inside))
    assert found.keys() - plain.keys() == {"N06"}


def _in_two_regions(simulator: Simulator, here: list[Template], there: list[Template]) -> Case:
    stacks = [
        StackTemplate(
            name=name,
            account=ACCOUNT,
            region=region,
            template={"Resources": {k: v for part in parts for k, v in part.items()}},
        )
        for name, region, parts in (("App", REGION, here), ("There", "eu-west-1", there))
    ]
    return Case(World(stacks), simulator)


def test_a_function_of_the_same_name_elsewhere_is_another_one(simulator: Simulator) -> None:
    permission = resource(
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName="relay",
        Principal="events.amazonaws.com",
    )
    here = [
        network(),
        function("Inside", CALL, inside=True),
        function("Relay", FunctionName="relay"),
    ]
    alone = _in_two_regions(simulator, here, [{"Permission": permission}])
    assert _texts(alone, "R03") == []
    together = _in_two_regions(simulator, [*here, {"Permission": permission}], [])
    assert _texts(together, "R03") == ["lets others call a relay: App/Relay"]


def test_what_is_not_known_to_be_of_the_function_closes_nothing(judged: Judged) -> None:
    def once(name: Any) -> Template:
        kind = "AWS::Lambda::EventInvokeConfig"
        return {
            "Once": resource(kind, FunctionName=name, MaximumRetryAttempts=0, Qualifier="$LATEST")
        }

    relay = function("Relay", ReservedConcurrentExecutions="2", Timeout="10")
    inside = function("Inside", CALL, inside=True)
    again = "is called up to three times for each asynchronous call: $LATEST"
    assert _texts(judged(network(), inside, relay, once(NOWHERE)), "R04") == [again]
    assert _texts(judged(network(), inside, relay, once({"Ref": "Relay"})), "R04") == []


def test_what_may_be_of_the_function_opens_it(judged: Judged) -> None:
    url = {"Url": resource("AWS::Lambda::Url", AuthType="NONE", TargetFunctionArn=NOWHERE)}
    case = judged(network(), {"Table": table()}, function("Reader", READ, inside=True), url)
    assert _texts(case, "O03") == ["is a URL of the function that needs no signature"]


def test_an_unknown_principal_of_a_permission_is_anybody(judged: Judged) -> None:
    permission = {
        "Permission": resource(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName={"Ref": "Reader"},
            Principal=NOWHERE,
        )
    }
    case = judged(network(), {"Table": table()}, function("Reader", READ, inside=True), permission)
    assert [text.partition(":")[0] for text in _texts(case, "O03")][:2] == [
        "may be called by other accounts",
        "may be called by everybody",
    ]


def test_a_relay_without_a_role_of_the_app(judged: Judged) -> None:
    relay = function("Relay", Role="arn:aws:iam::444455556666:role/imported")
    case = judged(network(), function("Inside", CALL, inside=True), {"Relay": relay["Relay"]})
    texts = _texts(case, "R05")
    assert texts[-1] == (
        "has a role that no template creates, so that nobody knows what it may do: "
        "arn:aws:iam::444455556666:role/imported"
    )
    assert "so it counts as one that may do everything" in texts[0]
    assert "may read data (no template creates it" in _texts(case, "R02")[0]


def test_a_role_that_all_but_one_may_take(judged: Judged) -> None:
    parts = function("Reader", inside=True)
    trust = parts["ReaderRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    del trust[0]["Principal"]
    trust[0]["NotPrincipal"] = {"AWS": "arn:aws:iam::444455556666:role/other"}
    assert _texts(judged(network(), parts), "I05")[0] == (
        "is the role of a function and may be taken by others than Lambda: all but "
        '{"AWS": "arn:aws:iam::444455556666:role/other"}'
    )


def test_an_action_that_nobody_knows_is_open(judged: Judged) -> None:
    case = judged(network(), function("Reader", allow("s3:PutBucketUnheard", "*"), inside=True))
    (text,) = _texts(case, "I04")
    assert text.endswith("s3:PutBucketUnheard on *, on which nobody can tell what the policies say")


def test_a_boundary_of_a_policy_nobody_can_tell(judged: Judged) -> None:
    parts = function("Reader", inside=True)
    parts["ReaderRole"]["Properties"]["Policies"] = [NOWHERE]
    (text, *_) = _texts(judged(network(), parts), "I05")
    assert "(what a policy something unknown" in text


GROUP = "AWS::EC2::SecurityGroup"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (NOWHERE, "has an egress rule that is not known"),
        ([NOWHERE], "has an egress rule that is not known"),
        (
            [{"DestinationPrefixListId": "pl-1", "IpProtocol": "tcp", "FromPort": 443}],
            "lets out by more than tcp 443",
        ),
        (
            [
                {
                    "CidrIp": "10.0.0.0/8",
                    "FromPort": 443,
                    "IpProtocol": "tcp",
                    "ToPort": 443,
                }
            ],
            "lets out to what is not known to be an endpoint",
        ),
    ],
    ids=["all unknown", "one unknown", "a port", "addresses"],
)
def test_a_rule_is_told(rules: Any, expected: str, judged: Judged) -> None:
    parts = network()
    parts["Group"]["Properties"]["SecurityGroupEgress"] = rules
    case = judged(parts, function("Reader", inside=True))
    assert _texts(case, "N10")[0].startswith(expected)


def test_a_function_without_a_group_has_the_default_one(judged: Judged) -> None:
    config = {"SubnetIds": [{"Ref": "A"}]}
    case = judged(network(), function("Reader", VpcConfig=config))
    text = "has no security group, so that it has the VPC's default one"
    assert _texts(case, "N09") == _texts(case, "N10") == [text]


def test_the_group_of_an_endpoint_that_no_template_creates(judged: Judged) -> None:
    endpoint = {
        "Endpoint": resource(
            "AWS::EC2::VPCEndpoint",
            SecurityGroupIds=["sg-0123"],
            ServiceName=f"com.amazonaws.{REGION}.sqs",
            VpcEndpointType="Interface",
            VpcId={"Ref": "Vpc"},
        )
    }
    case = judged(network(), endpoint, function("Reader", inside=True))
    text = "has a security group that no template creates, so that its rules are not known"
    assert _texts(case, "N10") == [f"{text}: sg-0123"]


def _egress_to_a_prefix_list(prefix_list: str, region: str, *, endpoint: bool) -> list[Template]:
    parts = network()
    rule = {"DestinationPrefixListId": prefix_list, **HTTPS}
    parts["Group"]["Properties"]["SecurityGroupEgress"] = [rule]
    if endpoint:
        parts["Endpoint"] = resource(
            "AWS::EC2::VPCEndpoint",
            ServiceName=f"com.amazonaws.{region}.dynamodb",
            VpcId={"Ref": "Vpc"},
        )
    return [parts, function("Reader", inside=True)]


def test_a_prefix_list_is_that_of_the_region_of_the_function(simulator: Simulator) -> None:
    here = _egress_to_a_prefix_list("pl-02cd2c6b", REGION, endpoint=True)
    there = _egress_to_a_prefix_list("pl-6fa54006", "eu-west-1", endpoint=True)
    assert _texts(_in_two_regions(simulator, here, there), "N10") == []
    text = "lets out to what is not known to be an endpoint"
    mixed_up = _egress_to_a_prefix_list("pl-02cd2c6b", "eu-west-1", endpoint=True)
    (reason,) = PATHS["N10"].check(_in_two_regions(simulator, here, mixed_up))
    assert (reason.text, reason.resource and reason.resource.stack) == (text, "There")


def test_the_gateway_endpoint_of_another_vpc_is_none_of_the_function(simulator: Simulator) -> None:
    here = _egress_to_a_prefix_list("pl-02cd2c6b", REGION, endpoint=True)
    there = _egress_to_a_prefix_list("pl-6fa54006", "eu-west-1", endpoint=False)
    (reason,) = PATHS["N10"].check(_in_two_regions(simulator, here, there))
    assert reason.text == "lets out to dynamodb, of which there is no gateway endpoint"
    assert reason.resource is not None
    assert reason.resource.stack == "There"


def test_a_bucket_whose_name_nobody_can_tell(judged: Judged) -> None:
    parts = {
        "Bucket": resource("AWS::S3::Bucket", BucketName=NOWHERE),
        "Endpoint": resource(
            "AWS::EC2::VPCEndpoint",
            ServiceName=f"com.amazonaws.{REGION}.s3",
            VpcId={"Ref": "Vpc"},
        ),
    }
    case = judged(network(), parts, function("Reader", inside=True))
    assert {"P03", "P04"} <= set(open_paths(case))


def _reader_with_an_endpoint(**rule: Any) -> list[Template]:
    parts = network()
    if rule:
        parts["Group"]["Properties"]["SecurityGroupEgress"] = [rule]
    ways = {
        "Table": table(),
        **routes(),
        "Endpoint": resource(
            "AWS::EC2::VPCEndpoint",
            RouteTableIds=[{"Ref": "Routes"}],
            ServiceName=f"com.amazonaws.{REGION}.dynamodb",
            VpcId={"Ref": "Vpc"},
        ),
    }
    return [parts, ways, function("Reader", READ, inside=True)]


@pytest.mark.parametrize(
    ("rule", "works"),
    [
        ({}, False),
        ({"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}, True),
        ({"DestinationPrefixListId": "pl-02cd2c6b", **HTTPS}, True),
        ({"DestinationPrefixListId": "pl-63a5400a", **HTTPS}, False),
        # Nobody can tell what these are.
        ({"DestinationPrefixListId": "pl-0123", **HTTPS}, True),
        ({"DestinationPrefixListId": NOWHERE, **HTTPS}, True),
        ({"CidrIp": "3.218.180.0/22", **HTTPS, "ToPort": NOWHERE}, True),
        ({"CidrIp": "3.218.180.0/22", "IpProtocol": -1}, True),
        ({"CidrIp": "3.218.180.0/22", **HTTPS, "FromPort": 80, "ToPort": 80}, False),
        ({"DestinationSecurityGroupId": "sg-0123", **HTTPS}, False),
    ],
)
def test_what_lets_a_function_reach_its_table(
    rule: dict[str, Any], works: bool, judged: Judged
) -> None:
    assert set(broken_flows(judged(*_reader_with_an_endpoint(**rule)))) == (
        set() if works else {"let out"}
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"Out": resource("AWS::EC2::Route", RouteTableId=NOWHERE)}, id="a route"),
        pytest.param(
            {
                "Interface": resource(
                    "AWS::EC2::VPCEndpoint",
                    ServiceName=f"com.amazonaws.{REGION}.dynamodb",
                    VpcEndpointType="Interface",
                    VpcId={"Ref": "Vpc"},
                )
            },
            id="an interface endpoint",
        ),
    ],
)
def test_a_function_is_not_called_broken_that_may_have_another_way(
    change: Template, judged: Judged
) -> None:
    parts = _reader_with_an_endpoint(CidrIp="0.0.0.0/0", IpProtocol="-1")
    parts[1]["Endpoint"]["Properties"]["RouteTableIds"] = []
    assert set(broken_flows(judged(*parts))) == {"routed"}
    assert broken_flows(judged(*parts, change)) == {}


def test_a_log_group_that_nobody_can_tell_may_be_written_to(judged: Judged) -> None:
    parts = function("Reader", LoggingConfig={"LogGroup": NOWHERE})
    parts["ReaderRole"] = role()
    assert broken_flows(judged(parts)) == {}
    named = function("Reader", LoggingConfig={"LogGroup": "exported"})
    named["ReaderRole"] = role()
    assert set(broken_flows(judged(named))) == {"logged"}


def test_a_call_out_of_a_vpc_nobody_sees_is_not_called_broken(judged: Judged) -> None:
    config = {"SecurityGroupIds": ["sg-0123"], "SubnetIds": ["subnet-0123"]}
    case = judged(function("Caller", CALL, VpcConfig=config), function("Relay"))
    assert len(relays(case)) == 1
    assert "calls" not in broken_flows(case)


def test_nothing_is_known_of_a_configuration_that_nobody_can_tell(judged: Judged) -> None:
    case = judged(function("Reader", VpcConfig=NOWHERE))
    assert case.unseen == case.isolated
    assert _texts(case, "N05") == [
        "is in a VPC that no template creates, so that whether it leads out by IPv6 is not known"
    ]


def test_an_unknown_setting_of_ipv6_counts_as_set(judged: Judged) -> None:
    parts = function("Reader", inside=True)
    parts["Reader"]["Properties"]["VpcConfig"]["Ipv6AllowedForDualStack"] = NOWHERE
    assert _texts(judged(network(), parts), "N05") == ["may use IPv6"]


def test_a_nat_gateway_that_may_be_in_the_vpc(judged: Judged) -> None:
    nat = resource("AWS::EC2::NatGateway", SubnetId="subnet-0123")
    case = judged(network(), {"Nat": nat}, function("Reader", inside=True))
    text = "is a NAT gateway in a subnet that no template creates, and so maybe in the VPC"
    assert _texts(case, "N04") == [f"{text}: subnet-0123"]


def test_a_nat_gateway_in_another_vpc_of_the_app(judged: Judged) -> None:
    others = {
        "OtherVpc": resource("AWS::EC2::VPC", CidrBlock="10.1.0.0/16"),
        "Public": resource("AWS::EC2::Subnet", VpcId={"Ref": "OtherVpc"}),
        "Nat": resource("AWS::EC2::NatGateway", SubnetId={"Ref": "Public"}),
    }
    case = judged(network(), others, function("Reader", inside=True))
    assert _texts(case, "N04") == []


def test_a_pipe_that_moves_the_rows_of_the_table(judged: Judged) -> None:
    pipe = {"Pipe": resource("AWS::Pipes::Pipe", Source=NOWHERE, Target="arn:aws:sqs:x:y:z")}
    case = judged(pipe, {"Table": table()})
    assert _texts(case, "O04") == [
        "feeds the stream of a table to somewhere else: arn:aws:sqs:x:y:z"
    ]


def test_a_secret_that_is_no_password_of_a_database(judged: Judged) -> None:
    secrets = {
        "Token": resource("AWS::SecretsManager::Secret"),
        "Password": resource("AWS::SecretsManager::Secret"),
        "Attached": resource(
            "AWS::SecretsManager::SecretTargetAttachment", SecretId={"Ref": "Password"}
        ),
    }
    reads = allow("secretsmanager:GetSecretValue", {"Ref": "Token"})
    assert _texts(judged(secrets, function("Plain", reads)), "N01") == []


def test_a_database_with_a_group_that_no_template_creates_is_not_closed(judged: Judged) -> None:
    database = {
        "Subnets": resource("AWS::RDS::DBSubnetGroup", SubnetIds=[{"Ref": "A"}]),
        "Database": resource(
            "AWS::RDS::DBInstance",
            DBSubnetGroupName={"Ref": "Subnets"},
            PubliclyAccessible=False,
            VPCSecurityGroups=["sg-0123"],
        ),
    }
    case = judged(network(), database, function("Reader", inside=True))
    assert closed_databases(case) == []
    database["Database"]["Properties"]["VPCSecurityGroups"] = [att("Group", "GroupId")]
    case = judged(network(), database, function("Reader", inside=True))
    assert len(closed_databases(case)) == 1


def test_a_user_who_may_call_other_functions_is_no_caller_of_the_relay(judged: Judged) -> None:
    calls = allow("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other-*")
    policy = {
        "PolicyName": "x",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [calls]},
    }
    user = {"User": resource("AWS::IAM::User", Policies=[policy])}
    inside = function("Inside", CALL, inside=True)
    assert _texts(judged(network(), inside, function("Relay"), user), "R03") == []
