"""A large app as templates alone: ten stacks of fifty functions each, and who judges in no time.

Each function has a role, a table with a key, a bucket, a log group, a group of rules, a queue with
an event source, an alias and a permission of its own. A tenth of them is outside of the VPC, and
some of those are relays.
"""

from collections.abc import Iterable
from typing import Any

from secure_lambda_constructs.checks.leaks.questions import Decision, KnownAction, Question
from secure_lambda_constructs.checks.model.assembly import StackTemplate

__all__ = ["Nobody", "templates"]

_ACCOUNT, _REGION = "444455556666", "us-east-1"
_ARNS = {
    "dynamodb": "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}",
    "kms": "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}",
    "lambda": "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}",
    "logs": "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}:log-stream:"
    "${LogStreamName}",
    "s3": "arn:${Partition}:s3:::${BucketName}/${ObjectName}",
    "sqs": "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}",
}


class Nobody:
    """An evaluator that denies everything at once."""

    def __init__(self) -> None:
        """Count what is asked."""
        self.asked = 0

    def decide(self, questions: Iterable[Question]) -> list[Decision]:
        """Deny each question."""
        decisions = [Decision.DENIED for _ in questions]
        self.asked += len(decisions)
        return decisions

    def expand(self, pattern: str) -> list[KnownAction]:
        """Know each action that is written without a wildcard."""
        service = pattern.split(":")[0]
        arns = (_ARNS[service],) if service in _ARNS else ()
        return [] if "*" in pattern else [KnownAction(pattern, arns)]


def templates(stacks: int = 10, functions: int = 50) -> list[StackTemplate]:
    """Return the templates of an app.

    Args:
        stacks: How many stacks with functions there are, beside that of the network.
        functions: How many functions each of them has.
    """
    found = [_stack("Network", {"Resources": _network(), "Outputs": _outputs()})]
    for number in range(stacks):
        resources: dict[str, Any] = {"Signing": _signing()}
        for index in range(functions):
            inside = index % 10 != 0
            resources |= _function(f"Fn{index:03}", inside=inside)
            if index % 20 == 1:
                resources[f"Fn{index:03}Role"]["Properties"]["Policies"].append(
                    _policy(_allow("lambda:InvokeFunction", _att(f"Fn{index - 1:03}", "Arn")))
                )
        found.append(_stack(f"Team{number}", {"Resources": resources}))
    return found


def _stack(name: str, template: dict[str, Any]) -> StackTemplate:
    return StackTemplate(name=name, account=_ACCOUNT, region=_REGION, template=template)


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def _import(name: str) -> dict[str, str]:
    return {"Fn::ImportValue": name}


def _allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"PolicyName": "own", "PolicyDocument": document}


def _trust(service: str) -> dict[str, Any]:
    entry = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [entry]}


def _only_tls(resources: Any) -> dict[str, Any]:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    denied = {"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": plain}
    return {"Version": "2012-10-17", "Statement": [{**denied, "Resource": resources}]}


def _signing() -> dict[str, Any]:
    profile = f"arn:aws:signer:{_REGION}:{_ACCOUNT}:/signing-profiles/own/0a1b2c3d4e"
    return _resource(
        "AWS::Lambda::CodeSigningConfig",
        AllowedPublishers={"SigningProfileVersionArns": [profile]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )


def _network() -> dict[str, Any]:
    own = {"aws:PrincipalAccount": _ACCOUNT, "aws:ResourceAccount": _ACCOUNT}
    lists = {"Fn::GetAtt": ["Names", "Id"]}, {"Fn::GetAtt": ["All", "Id"]}
    resources = {
        "Vpc": _resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
        "Routes": _resource("AWS::EC2::RouteTable", VpcId={"Ref": "Vpc"}),
        "Tables": _resource(
            "AWS::EC2::VPCEndpoint",
            ServiceName=f"com.amazonaws.{_REGION}.dynamodb",
            VpcId={"Ref": "Vpc"},
            RouteTableIds=[{"Ref": "Routes"}],
            PolicyDocument={
                "Version": "2012-10-17",
                "Statement": [
                    _allow(
                        ["dynamodb:GetItem", "dynamodb:PutItem"],
                        f"arn:aws:dynamodb:{_REGION}:{_ACCOUNT}:table/*",
                        Principal="*",
                        Condition={"StringEquals": own},
                    )
                ],
            },
        ),
        "Names": _resource(
            "AWS::Route53Resolver::FirewallDomainList",
            Domains=[f"dynamodb.{_REGION}.amazonaws.com", f"*.ddb.{_REGION}.amazonaws.com"],
        ),
        "All": _resource("AWS::Route53Resolver::FirewallDomainList", Domains=["*"]),
        "Rules": _resource(
            "AWS::Route53Resolver::FirewallRuleGroup",
            FirewallRules=[
                {"Action": "ALLOW", "Priority": 1, "FirewallDomainListId": lists[0]},
                {"Action": "BLOCK", "Priority": 2, "FirewallDomainListId": lists[1]},
            ],
        ),
        "Association": _resource(
            "AWS::Route53Resolver::FirewallRuleGroupAssociation",
            FirewallRuleGroupId={"Ref": "Rules"},
            MutationProtection="ENABLED",
            Priority=101,
            VpcId={"Ref": "Vpc"},
        ),
    }
    for zone in "AB":
        resources[f"Subnet{zone}"] = _resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"})
        resources[f"Routed{zone}"] = _resource(
            "AWS::EC2::SubnetRouteTableAssociation",
            RouteTableId={"Ref": "Routes"},
            SubnetId={"Ref": f"Subnet{zone}"},
        )
    return resources


def _outputs() -> dict[str, Any]:
    return {
        name: {"Value": {"Ref": name}, "Export": {"Name": f"Network:{name}"}}
        for name in ("Vpc", "SubnetA", "SubnetB")
    }


def _function(name: str, *, inside: bool) -> dict[str, Any]:
    vpc = _import("Network:Vpc")
    interfaces = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces"]
    held = {
        "StringNotEquals": {"aws:SourceVpc": vpc},
        "Null": {"lambda:SourceFunctionArn": "false"},
    }
    network = {
        "VpcConfig": {
            "SecurityGroupIds": [_att(f"{name}Group", "GroupId")],
            "SubnetIds": [_import("Network:SubnetA"), _import("Network:SubnetB")],
        }
    }
    queue = _att(f"{name}Queue", "Arn")
    return {
        name: _resource(
            "AWS::Lambda::Function",
            Code={"S3Bucket": "assets", "S3Key": f"{name}.zip"},
            CodeSigningConfigArn=_att("Signing", "CodeSigningConfigArn"),
            Environment={"Variables": {"TABLE": {"Ref": f"{name}Table"}}},
            LoggingConfig={"LogGroup": {"Ref": f"{name}Logs"}},
            DeadLetterConfig={"TargetArn": queue},
            Role=_att(f"{name}Role", "Arn"),
            **(network if inside else {}),
        ),
        f"{name}Role": _resource(
            "AWS::IAM::Role",
            AssumeRolePolicyDocument=_trust("lambda.amazonaws.com"),
            Policies=[
                _policy(
                    _allow(
                        ["logs:CreateLogStream", "logs:PutLogEvents"], _att(f"{name}Logs", "Arn")
                    ),
                    _allow(interfaces, "*"),
                    {
                        "Effect": "Deny",
                        "NotAction": ["logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": "*",
                        "Condition": held,
                    },
                )
            ],
        ),
        f"{name}Policy": _resource(
            "AWS::IAM::Policy",
            **_policy(
                _allow(["dynamodb:GetItem", "dynamodb:PutItem"], _att(f"{name}Table", "Arn")),
                _allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], queue),
            ),
            Roles=[{"Ref": f"{name}Role"}],
        )
        if inside
        else _resource("AWS::SSM::Parameter", Type="String", Value=name),
        f"{name}Table": _resource(
            "AWS::DynamoDB::Table",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            SSESpecification={"KMSMasterKeyId": _att(f"{name}Key", "Arn"), "SSEEnabled": True},
        ),
        f"{name}Key": _resource(
            "AWS::KMS::Key",
            KeyPolicy={
                "Version": "2012-10-17",
                "Statement": [
                    _allow(
                        "kms:*",
                        "*",
                        Principal={"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
                    )
                ],
            },
        ),
        f"{name}Bucket": _resource("AWS::S3::Bucket"),
        f"{name}Tls": _resource(
            "AWS::S3::BucketPolicy",
            Bucket={"Ref": f"{name}Bucket"},
            PolicyDocument=_only_tls({"Fn::Sub": f"${{{name}Bucket.Arn}}/*"}),
        ),
        f"{name}QueuePolicy": _resource(
            "AWS::SQS::QueuePolicy",
            Queues=[{"Ref": f"{name}Queue"}],
            PolicyDocument=_only_tls(queue),
        ),
        f"{name}Logs": _resource("AWS::Logs::LogGroup", RetentionInDays=30),
        f"{name}Group": _resource(
            "AWS::EC2::SecurityGroup",
            GroupDescription=name,
            SecurityGroupEgress=[
                {
                    "DestinationPrefixListId": "pl-02cd2c6b",
                    "FromPort": 443,
                    "IpProtocol": "tcp",
                    "ToPort": 443,
                }
            ],
            VpcId=vpc,
        ),
        f"{name}Queue": _resource("AWS::SQS::Queue", SqsManagedSseEnabled=True),
        f"{name}Source": _resource(
            "AWS::Lambda::EventSourceMapping", EventSourceArn=queue, FunctionName={"Ref": name}
        ),
        f"{name}Alias": _resource(
            "AWS::Lambda::Alias", FunctionName={"Ref": name}, FunctionVersion="1", Name="live"
        ),
        f"{name}Permission": _resource(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=_att(name, "Arn"),
            Principal="events.amazonaws.com",
            SourceArn=f"arn:aws:events:{_REGION}:{_ACCOUNT}:rule/{name}",
        ),
    }
