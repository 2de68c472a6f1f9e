"""The further ways out of a network, each with its policy, its group and its names."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork

from .conftest import Synthesize

_ACCOUNT = "111122223333"
_SERVICE = ec2.InterfaceVpcEndpointAwsService


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def endpoint_of(template: dict[str, Any], service: str) -> dict[str, Any]:
    (found,) = [
        properties
        for properties in of_type(template, "AWS::EC2::VPCEndpoint").values()
        if str(properties["ServiceName"]).rstrip("]}'").endswith(f".{service}")
    ]
    return found


def allowed_names(template: dict[str, Any]) -> list[Any]:
    (names,) = [
        properties["Domains"]
        for properties in of_type(template, "AWS::Route53Resolver::FirewallDomainList").values()
        if properties["Domains"] != ["*"]
    ]
    return list(names)


@pytest.fixture(scope="module")
def with_secrets(synthesize: Synthesize) -> dict[str, Any]:
    """A network with an interface endpoint in one of its two zones."""

    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        network.add_interface_endpoint(
            "Secrets",
            _SERVICE.SECRETS_MANAGER,
            actions=["secretsmanager:GetSecretValue"],
            subnets=ec2.SubnetSelection(subnets=network.subnets[:1]),
        )

    return synthesize(change, region="eu-west-1")


def test_interface_endpoint_binds_caller_and_resource(with_secrets: dict[str, Any]) -> None:
    endpoint = endpoint_of(with_secrets, "secretsmanager")
    assert endpoint["PrivateDnsEnabled"] is True
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert statement["Action"] == "secretsmanager:GetSecretValue"
    assert statement["Condition"] == {
        "StringEquals": {"aws:PrincipalAccount": _ACCOUNT, "aws:ResourceAccount": _ACCOUNT}
    }
    assert statement["Resource"]["Fn::Join"][1][-1] == (
        f":secretsmanager:eu-west-1:{_ACCOUNT}:secret:*"
    )


def test_interface_endpoint_is_in_the_chosen_zone(with_secrets: dict[str, Any]) -> None:
    assert endpoint_of(with_secrets, "secretsmanager")["SubnetIds"] == [
        {"Ref": "NetworkSubnet18D1B2567"}
    ]


def test_only_functions_reach_an_interface_endpoint(with_secrets: dict[str, Any]) -> None:
    groups = of_type(with_secrets, "AWS::EC2::SecurityGroup")
    (endpoints,) = [name for name in groups if "Endpoints" in name]
    (clients,) = [name for name in groups if "Clients" in name]
    assert endpoint_of(with_secrets, "secretsmanager")["SecurityGroupIds"] == [
        {"Fn::GetAtt": [endpoints, "GroupId"]}
    ]
    (to_endpoints,) = groups[clients]["SecurityGroupEgress"]
    assert to_endpoints["DestinationSecurityGroupId"] == {"Fn::GetAtt": [endpoints, "GroupId"]}
    assert (to_endpoints["FromPort"], to_endpoints["ToPort"]) == (443, 443)
    # EC2 would let out everything of a group without a rule; this one reaches no address.
    (nowhere,) = groups[endpoints]["SecurityGroupEgress"]
    assert (nowhere["CidrIp"], nowhere["IpProtocol"]) == ("255.255.255.255/32", "icmp")
    (ingress,) = of_type(with_secrets, "AWS::EC2::SecurityGroupIngress").values()
    assert ingress["GroupId"] == {"Fn::GetAtt": [endpoints, "GroupId"]}
    assert ingress["SourceSecurityGroupId"] == {"Fn::GetAtt": [clients, "GroupId"]}
    assert (ingress["IpProtocol"], ingress["FromPort"], ingress["ToPort"]) == ("tcp", 443, 443)


def test_resolver_answers_the_name_of_the_endpoint(with_secrets: dict[str, Any]) -> None:
    assert "secretsmanager.eu-west-1.amazonaws.com" in str(allowed_names(with_secrets)) or (
        "secretsmanager.eu-west-1." in str(allowed_names(with_secrets))
    )


def test_functions_join_before_and_after() -> None:
    stack = cdk.Stack(cdk.App(), "App")
    network = IsolatedNetwork(stack, "Network")
    joined: list[tuple[str, str]] = []
    network.when_there_are_clients(lambda group: joined.append(("first", group)))
    assert joined == []
    network.add_interface_endpoint("Secrets", _SERVICE.SECRETS_MANAGER)
    network.when_there_are_clients(lambda group: joined.append(("second", group)))
    network.add_interface_endpoint("Queues", _SERVICE.SQS)
    assert [name for name, _ in joined] == ["first", "second"]
    assert len({group for _, group in joined}) == 1


def test_several_endpoints_share_their_group(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        network.add_interface_endpoint("Secrets", _SERVICE.SECRETS_MANAGER)
        network.add_interface_endpoint("Queues", _SERVICE.SQS)

    template = synthesize(change)
    assert len(of_type(template, "AWS::EC2::SecurityGroup")) == 2
    assert len(of_type(template, "AWS::EC2::SecurityGroupIngress")) == 1


def test_endpoint_can_be_for_named_resources(synthesize: Synthesize) -> None:
    arn = f"arn:aws:lambda:eu-west-1:{_ACCOUNT}:function:relay"

    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        network.add_interface_endpoint("Lambda", _SERVICE.LAMBDA_, resources=[arn])

    endpoint = endpoint_of(synthesize(change, region="eu-west-1"), "lambda")
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("lambda:InvokeFunction", arn)


def test_organization_can_be_the_perimeter(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        network.add_interface_endpoint("Queues", _SERVICE.SQS)
        network.add_s3_endpoint(buckets=[s3.Bucket.from_bucket_name(stack, "Reports", "reports")])
        assert network.organization_id == "o-a1b2c3d4e5"

    template = synthesize(change, region="eu-west-1", organization_id="o-a1b2c3d4e5")
    endpoints = of_type(template, "AWS::EC2::VPCEndpoint").values()
    assert len(endpoints) == 3
    for endpoint in endpoints:
        for statement in endpoint["PolicyDocument"]["Statement"]:
            assert statement["Condition"] == {
                "StringEquals": {
                    "aws:PrincipalOrgID": "o-a1b2c3d4e5",
                    "aws:ResourceOrgID": "o-a1b2c3d4e5",
                }
            }
    assert ":dynamodb:eu-west-1:*:table/*" in str(endpoint_of(template, "dynamodb"))


def test_s3_is_for_named_buckets(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        first = network.add_s3_endpoint(
            buckets=[s3.Bucket.from_bucket_name(stack, "Reports", "reports")]
        )
        # A further bucket joins the same endpoint: a route table takes one only.
        bucket = s3.Bucket(stack, "Invoices", enforce_ssl=True)
        assert network.add_s3_endpoint(buckets=[bucket]) is first

    template = synthesize(change, region="eu-west-1", s3_prefix_list_id="pl-6da54004")
    endpoint = endpoint_of(template, "s3")
    assert endpoint["VpcEndpointType"] == "Gateway"
    for statement in endpoint["PolicyDocument"]["Statement"]:
        assert statement["Condition"] == {
            "StringEquals": {"aws:PrincipalAccount": _ACCOUNT, "aws:ResourceAccount": _ACCOUNT}
        }
        assert statement["Resource"] != "*"
        assert not [a for a in statement["Action"] if "*" in a or "Acl" in a or "Policy" in a]
    resources = str([s["Resource"] for s in endpoint["PolicyDocument"]["Statement"]])
    assert ":s3:::reports/*" in resources
    assert "Invoices" in resources
    (rule,) = [
        rule
        for group in of_type(template, "AWS::EC2::SecurityGroup").values()
        for rule in group["SecurityGroupEgress"]
        if "S3" in rule["Description"]
    ]
    assert rule["DestinationPrefixListId"] == "pl-6da54004"


@pytest.mark.parametrize(
    ("region", "answered", "not_answered"),
    [("us-east-1", "reports.s3.", None), ("eu-west-1", "reports.s3.eu-west-1.", "s3-1-w.")],
)
def test_resolver_answers_the_names_of_the_buckets_only(
    synthesize: Synthesize, region: str, answered: str, not_answered: str | None
) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        network.add_s3_endpoint(buckets=[s3.Bucket.from_bucket_name(stack, "Reports", "reports")])

    template = synthesize(change, region=region, s3_prefix_list_id="pl-6da54004")
    names = str(allowed_names(template))
    assert answered in names
    assert not_answered is None or not_answered not in names
    assert "*.s3." not in names


def test_dns_firewall_is_off_only_by_its_word(synthesize: Synthesize) -> None:
    template = synthesize(dns_queries_may_carry_data_out=True)
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert not [kind for kind in kinds if "Route53Resolver" in kind]
    stack = cdk.Stack(cdk.App(), "App")
    network = IsolatedNetwork(stack, "Network", dns_queries_may_carry_data_out=True)
    network.allow_dns_names("sts.us-east-1.amazonaws.com")
    assert network.allowed_dns_names == []


def test_queries_are_logged_on_request(synthesize: Synthesize, bound: dict[str, Any]) -> None:
    kind = "AWS::Route53Resolver::ResolverQueryLoggingConfig"
    assert not of_type(bound, kind)
    app = cdk.App()
    stack = cdk.Stack(app, "App", env=cdk.Environment(account=_ACCOUNT, region="eu-west-1"))
    group = logs.LogGroup(stack, "Queries")
    network = IsolatedNetwork(stack, "Network", dns_query_log_group=group)
    template: dict[str, Any] = app.synth().get_stack_by_name("App").template
    ((name, config),) = of_type(template, kind).items()
    assert config["DestinationArn"] == stack.resolve(group.log_group_arn)
    (association,) = of_type(template, f"{kind}Association").values()
    assert association == {
        "ResolverQueryLogConfigId": {"Fn::GetAtt": [name, "Id"]},
        "ResourceId": stack.resolve(network.vpc_id),
    }


def in_account(stack: cdk.Stack, account: str) -> logs.ILogGroup:
    arn = f"arn:aws:logs:eu-west-1:{account}:log-group:queries"
    return logs.LogGroup.from_log_group_arn(stack, "Queries", arn)


def test_log_group_of_another_account_is_refused() -> None:
    stack = cdk.Stack(cdk.App(), "App", env=cdk.Environment(account=_ACCOUNT, region="eu-west-1"))
    foreign = in_account(stack, "999988887777")
    with pytest.raises(
        InvalidInputError,
        match="dns_query_log_group belongs to account 999988887777, which would read whatever",
    ):
        IsolatedNetwork(stack, "Network", dns_query_log_group=foreign)


def test_log_group_of_the_own_account_is_taken() -> None:
    stack = cdk.Stack(cdk.App(), "App", env=cdk.Environment(account=_ACCOUNT, region="eu-west-1"))
    IsolatedNetwork(stack, "Network", dns_query_log_group=in_account(stack, _ACCOUNT))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"organization_id": "acme"},
            "organization_id is 'acme', which is no id of an organization; write the 'o-...'",
        ),
        ({"organization_id": 7}, "organization_id is 7, which is no id of an organization"),
        (
            {"dns_query_log_group": "queries"},
            r"dns_query_log_group is 'queries', which is no log group; write logs.LogGroup\(self",
        ),
        ({"s3_prefix_list_id": "S3"}, "s3_prefix_list_id is 'S3', which is no prefix list id"),
    ],
)
def test_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    stack = cdk.Stack(cdk.App(), "App")
    with pytest.raises(InvalidInputError, match=message):
        IsolatedNetwork(stack, "Network", **arguments)
    assert stack.node.try_find_child("Network") is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"service": "sqs"}, "service is 'sqs'; write one of AWS's, such as ec2.InterfaceVpcEnd"),
        ({"service": _SERVICE.EC2}, "ec2 can have no interface endpoint in an isolated network"),
        (
            {"service": ec2.InterfaceVpcEndpointAwsService("s", "com.amazonaws.vpce.eu-west-1")},
            "can have no interface endpoint in an isolated network",
        ),
        ({"service": _SERVICE.LAMBDA_}, r"to named resources only; write resources=\[...\]"),
        ({"actions": "sqs:SendMessage"}, "actions is 'sqs:SendMessage'; write a list"),
        ({"subnets": "a"}, r"subnets is a str; write ec2.SubnetSelection\(subnets=\[...\]\) with"),
    ],
)
def test_interface_endpoint_is_refused(arguments: dict[str, Any], message: str) -> None:
    stack = cdk.Stack(cdk.App(), "App")
    network = IsolatedNetwork(stack, "Network")
    with pytest.raises(InvalidInputError, match=message):
        network.add_interface_endpoint("Extra", **{"service": _SERVICE.SQS, **arguments})
    assert network.node.try_find_child("Extra") is None
    assert network.node.try_find_child("Endpoints") is None


def test_second_endpoint_of_a_service_is_refused() -> None:
    network = IsolatedNetwork(cdk.Stack(cdk.App(), "App"), "Network")
    network.add_interface_endpoint("Queues", _SERVICE.SQS)
    with pytest.raises(InvalidInputError, match="the network has an endpoint of sqs already"):
        network.add_interface_endpoint("MoreQueues", _SERVICE.SQS)


@pytest.mark.parametrize(
    ("buckets", "message"),
    [
        ("reports", r"buckets is 'reports'; write a list: buckets=\[bucket\]"),
        ([], "buckets is empty, and an endpoint of S3 is for named buckets only"),
        (["reports"], r"buckets has 'reports', which is no bucket; write s3.Bucket\(...\), or"),
    ],
)
def test_buckets_are_refused(buckets: Any, message: str) -> None:
    network = IsolatedNetwork(cdk.Stack(cdk.App(), "App"), "Network")
    with pytest.raises(InvalidInputError, match=message):
        network.add_s3_endpoint(buckets=buckets)
    assert network.node.try_find_child("S3") is None


def test_policy_that_no_endpoint_takes_is_refused(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        arns = [
            f"arn:aws:secretsmanager:eu-west-1:{_ACCOUNT}:secret:a-name-of-some-length/{number}"
            for number in range(250)
        ]
        network.add_interface_endpoint("Secrets", _SERVICE.SECRETS_MANAGER, resources=arns)

    with pytest.raises(
        RuntimeError, match=r"Secrets/Resource has a policy of more than 20,480 characters"
    ):
        synthesize(change, region="eu-west-1")


def test_lambda_endpoint_leads_to_the_named_functions_alone(synthesize: Synthesize) -> None:
    arns = [f"arn:aws:lambda:eu-west-1:{_ACCOUNT}:function:{name}" for name in ("one", "two")]

    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        first = network.add_lambda_endpoint(function_arns=arns[:1])
        assert network.add_lambda_endpoint(function_arns=arns[1:]) is first

    template = synthesize(change, region="eu-west-1")
    statements = endpoint_of(template, "lambda")["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == ["lambda:InvokeFunction"] * 2
    assert [statement["Resource"] for statement in statements] == arns
    assert all("aws:PrincipalAccount" in str(statement["Condition"]) for statement in statements)


@pytest.mark.parametrize(
    ("arns", "message"),
    [
        ("arn:aws:lambda:eu-west-1:111122223333:function:one", "function_arns is the string"),
        ([], r"resources is \[\]"),
        (["*"], r"\*"),
    ],
)
def test_lambda_endpoint_to_anything_is_refused(
    synthesize: Synthesize, arns: Any, message: str
) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        with pytest.raises(InvalidInputError, match=message):
            network.add_lambda_endpoint(function_arns=arns)

    synthesize(change, region="eu-west-1")
