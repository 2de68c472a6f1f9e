"""What the mends say for those who do not use the constructs closes every path, and works."""

from typing import Any

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.flows import broken_flows
from secure_lambda_constructs.checks.leaks.paths import SIGNING, open_paths, present_paths
from secure_lambda_constructs.checks.leaks.paths.reach import relays

from .by_hand import (
    ACCOUNT,
    REGION,
    Template,
    allow,
    att,
    case_of_template,
    network,
    resource,
    role,
    table,
)
from .simulator import Simulator

HTTPS = {"FromPort": 443, "IpProtocol": "tcp", "ToPort": 443}
OWN = {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}
WRITES = ["logs:CreateLogStream", "logs:PutLogEvents"]
FROM_CODE = {"lambda:SourceFunctionArn": "false"}
INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


def _deny(condition: dict[str, Any], **what: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Resource": "*", "Condition": condition, **what}


# I01-I03: the Denies of the role.
DENIES = [
    _deny({"Null": FROM_CODE}, Action="ec2:*"),
    _deny(
        {
            "StringNotEquals": {"aws:SourceVpc": {"Ref": "Vpc"}},
            "BoolIfExists": {"aws:ViaAWSService": "false"},
            "Null": FROM_CODE,
        },
        NotAction=WRITES,
    ),
]


def _inside(actions: Any, resources: Any) -> dict[str, Any]:
    condition = {"StringEquals": {"aws:SourceVpc": {"Ref": "Vpc"}}}
    return allow(actions, resources, Condition=condition)


def _endpoint(
    service: str, actions: Any, resources: Any, *, condition: Any = None, **more: Any
) -> dict[str, Any]:
    statement = allow(
        actions, resources, Principal="*", Condition={"StringEquals": condition or OWN}
    )
    return resource(
        "AWS::EC2::VPCEndpoint",
        PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
        ServiceName=f"com.amazonaws.{REGION}.{service}",
        VpcId={"Ref": "Vpc"},
        **more,
    )


def _signed(name: str, **more: Any) -> dict[str, Any]:
    return resource(
        "AWS::Lambda::Function",
        Code={"S3Bucket": "assets", "S3Key": "code.zip"},
        CodeSigningConfigArn=att("Signing", "CodeSigningConfigArn"),
        LoggingConfig={"LogGroup": {"Ref": f"{name}Logs"}},
        Role=att(f"{name}Role"),
        **more,
    )


def _mended() -> Template:
    """A function with a table and a bucket, and a relay, in the CDK's own classes."""
    parts = network()
    clients = [
        {"DestinationPrefixListId": "pl-02cd2c6b", **HTTPS},
        {"DestinationPrefixListId": "pl-63a5400a", **HTTPS},
        {"DestinationSecurityGroupId": att("Doors", "GroupId"), **HTTPS},
    ]
    parts["Group"]["Properties"]["SecurityGroupEgress"] = clients
    interface = {
        "PrivateDnsEnabled": True,
        "SecurityGroupIds": [att("Doors", "GroupId")],
        "SubnetIds": [{"Ref": "A"}],
        "VpcEndpointType": "Interface",
    }
    gateway = {"RouteTableIds": [{"Ref": "Routes"}]}
    host = f"{REGION}.amazonaws.com"
    names = [f"dynamodb.{host}", f"*.ddb.{host}", f"s3.{host}", f"lambda.{host}", f"sts.{host}"]
    objects = {"Fn::Sub": "${Bucket.Arn}/*"}
    items = ["dynamodb:GetItem", "dynamodb:PutItem"]
    profile = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/own/0a1b2c3d4e"
    tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": att("Dead"),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {
        **parts,
        "Routes": resource("AWS::EC2::RouteTable", VpcId={"Ref": "Vpc"}),
        "Routed": resource(
            "AWS::EC2::SubnetRouteTableAssociation",
            RouteTableId={"Ref": "Routes"},
            SubnetId={"Ref": "A"},
        ),
        "Doors": resource("AWS::EC2::SecurityGroup", VpcId={"Ref": "Vpc"}),
        "Door": resource(
            "AWS::EC2::SecurityGroupIngress",
            GroupId=att("Doors", "GroupId"),
            SourceSecurityGroupId=att("Group", "GroupId"),
            **HTTPS,
        ),
        "Tables": _endpoint("dynamodb", items, att("Table"), **gateway),
        "Buckets": _endpoint("s3", ["s3:GetObject", "s3:PutObject"], objects, **gateway),
        "Functions": _endpoint("lambda", "lambda:InvokeFunction", att("Relay"), **interface),
        "Identity": _endpoint(
            "sts",
            "sts:GetCallerIdentity",
            "*",
            condition={"aws:PrincipalAccount": ACCOUNT},
            **interface,
        ),
        "Queues": _endpoint("sqs", "sqs:SendMessage", att("Dead"), **interface),
        "Names": resource("AWS::Route53Resolver::FirewallDomainList", Domains=names),
        "All": resource("AWS::Route53Resolver::FirewallDomainList", Domains=["*"]),
        "Rules": resource(
            "AWS::Route53Resolver::FirewallRuleGroup",
            FirewallRules=[
                {"Action": "ALLOW", "Priority": 1, "FirewallDomainListId": att("Names", "Id")},
                {"Action": "BLOCK", "Priority": 2, "FirewallDomainListId": att("All", "Id")},
            ],
        ),
        "Firewall": resource(
            "AWS::Route53Resolver::FirewallRuleGroupAssociation",
            FirewallRuleGroupId={"Ref": "Rules"},
            MutationProtection="ENABLED",
            Priority=101,
            VpcId={"Ref": "Vpc"},
        ),
        "Table": table(),
        "Bucket": resource("AWS::S3::Bucket"),
        "Dead": resource("AWS::SQS::Queue", SqsManagedSseEnabled=True),
        "Tls": resource(
            "AWS::SQS::QueuePolicy",
            PolicyDocument={"Version": "2012-10-17", "Statement": [tls]},
            Queues=[{"Ref": "Dead"}],
        ),
        "Signing": resource(
            "AWS::Lambda::CodeSigningConfig",
            AllowedPublishers={"SigningProfileVersionArns": [profile]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
        ),
        "OrdersLogs": resource("AWS::Logs::LogGroup"),
        "OrdersRole": role(
            allow(WRITES, att("OrdersLogs")),
            allow(INTERFACES, "*"),
            allow("sqs:SendMessage", att("Dead")),
            _inside(items, att("Table")),
            _inside("s3:GetObject", objects),
            allow("lambda:InvokeFunction", att("Relay")),
            *DENIES,
        ),
        "Orders": _signed(
            "Orders",
            DeadLetterConfig={"TargetArn": att("Dead")},
            VpcConfig={
                "SecurityGroupIds": [att("Group", "GroupId")],
                "SubnetIds": [{"Ref": "A"}],
            },
        ),
        "RelayLogs": resource("AWS::Logs::LogGroup"),
        "Token": resource("AWS::SecretsManager::Secret"),
        "RelayRole": role(
            allow(WRITES, att("RelayLogs")),
            allow("secretsmanager:GetSecretValue", {"Ref": "Token"}),
        ),
        "Relay": _signed("Relay", ReservedConcurrentExecutions=2, Timeout=30),
        "Once": resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Relay"},
            MaximumRetryAttempts=0,
            Qualifier="$LATEST",
        ),
    }


@pytest.fixture(scope="module")
def mended(simulator: Simulator) -> Case:
    """The case of the app."""
    return case_of_template(simulator, _mended())


def test_every_path_is_closed(mended: Case) -> None:
    assert open_paths(mended) == {}


def test_there_is_something_to_close(mended: Case) -> None:
    # No endpoint ignores its policy.
    absent = {"P11"}
    assert len(present_paths(mended)) == 44 - len(absent)
    assert [relay.resource.logical_id for relay in relays(mended)] == ["Relay"]


def test_everything_is_signed(mended: Case) -> None:
    assert all(leak.check(mended) == [] for leak in SIGNING.values())


def test_everything_works(mended: Case) -> None:
    assert broken_flows(mended) == {}
