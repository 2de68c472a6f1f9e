"""A closed app in a template that is written by hand, small enough to be judged many times."""

from collections.abc import Iterator
from typing import Any

from secure_lambda_constructs.checks.model import StackTemplate, World

__all__ = ["Place", "changed", "closed_template", "places", "world_of"]

ACCOUNT, REGION = "444455556666", "eu-west-1"

# A resource, and the keys that lead to a value in its properties.
Place = tuple[str, tuple[str | int, ...]]

_OWN = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}}
_FROM_CODE = {"Null": {"lambda:SourceFunctionArn": "false"}}
_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
_LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]
# That of DynamoDB in the region.
_PREFIX_LIST = "pl-6fa54006"


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _att(name: str, attribute: str = "Arn") -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _role() -> dict[str, Any]:
    inside = {"StringEquals": {"aws:SourceVpc": _ref("Vpc")}}
    outside = {
        "StringNotEquals": {"aws:SourceVpc": _ref("Vpc")},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
        **_FROM_CODE,
    }
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": _att("Table"),
            "Condition": inside,
        },
        {"Effect": "Allow", "Action": _LOGS, "Resource": _att("Logs")},
        {"Effect": "Allow", "Action": _INTERFACES, "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:*", "Resource": "*", "Condition": _FROM_CODE},
        {"Effect": "Deny", "NotAction": _LOGS, "Resource": "*", "Condition": outside},
    ]
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return _resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=_document(trust),
        Policies=[{"PolicyName": "own", "PolicyDocument": _document(*statements)}],
    )


def closed_template() -> dict[str, Any]:
    """Return the template; its parameter `Given` has no default."""
    allow = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["dynamodb:GetItem"],
        "Resource": _att("Table"),
        "Condition": _OWN,
    }
    egress = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "DestinationPrefixListId": _PREFIX_LIST,
    }
    names = [f"dynamodb.{REGION}.amazonaws.com", f"*.ddb.{REGION}.amazonaws.com"]
    rules = [
        {
            "Action": "ALLOW",
            "Priority": 1,
            "FirewallDomainListId": _att("Ours", "Id"),
            "FirewallDomainRedirectionAction": "INSPECT_REDIRECTION_DOMAIN",
        },
        {
            "Action": "BLOCK",
            "BlockResponse": "NXDOMAIN",
            "Priority": 2,
            "FirewallDomainListId": _att("All", "Id"),
        },
    ]
    resources = {
        "Vpc": _resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
        "Subnet": _resource("AWS::EC2::Subnet", VpcId=_ref("Vpc"), CidrBlock="10.0.0.0/24"),
        "Routes": _resource("AWS::EC2::RouteTable", VpcId=_ref("Vpc")),
        "Joined": _resource(
            "AWS::EC2::SubnetRouteTableAssociation",
            RouteTableId=_ref("Routes"),
            SubnetId=_ref("Subnet"),
        ),
        "Group": _resource(
            "AWS::EC2::SecurityGroup",
            GroupDescription="orders",
            VpcId=_ref("Vpc"),
            SecurityGroupEgress=[egress],
        ),
        "Endpoint": _resource(
            "AWS::EC2::VPCEndpoint",
            VpcId=_ref("Vpc"),
            ServiceName=f"com.amazonaws.{REGION}.dynamodb",
            VpcEndpointType="Gateway",
            RouteTableIds=[_ref("Routes")],
            PolicyDocument=_document(allow),
        ),
        "Ours": _resource("AWS::Route53Resolver::FirewallDomainList", Domains=names),
        "All": _resource("AWS::Route53Resolver::FirewallDomainList", Domains=["*"]),
        "Rules": _resource("AWS::Route53Resolver::FirewallRuleGroup", FirewallRules=rules),
        "Guarded": _resource(
            "AWS::Route53Resolver::FirewallRuleGroupAssociation",
            FirewallRuleGroupId=_att("Rules", "Id"),
            VpcId=_ref("Vpc"),
            Priority=101,
            MutationProtection="ENABLED",
        ),
        "Table": _resource("AWS::DynamoDB::Table", TableName="orders"),
        "Logs": _resource("AWS::Logs::LogGroup", LogGroupName="orders"),
        "Profile": _resource(
            "AWS::Signer::SigningProfile", PlatformId="AWSLambda-SHA384-ECDSA", ProfileName="own"
        ),
        "Signing": _resource(
            "AWS::Lambda::CodeSigningConfig",
            AllowedPublishers={"SigningProfileVersionArns": [_att("Profile", "ProfileVersionArn")]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
        ),
        "Role": _role(),
        "Orders": _resource(
            "AWS::Lambda::Function",
            Code={"S3Bucket": "signed", "S3Key": "orders.zip"},
            CodeSigningConfigArn=_ref("Signing"),
            LoggingConfig={"LogGroup": _ref("Logs")},
            PackageType="Zip",
            Role=_att("Role"),
            TracingConfig={"Mode": "PassThrough"},
            VpcConfig={"SubnetIds": [_ref("Subnet")], "SecurityGroupIds": [_ref("Group")]},
        ),
    }
    return {"Parameters": {"Given": {"Type": "String"}}, "Resources": resources}


def places(template: dict[str, Any]) -> Iterator[Place]:
    """Yield the place of each value in the properties of a template's resources."""
    for name, resource in template["Resources"].items():
        for keys in _places(resource["Properties"]):
            yield name, keys


def _places(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if keys:
        yield keys
    if isinstance(value, dict) and not value.keys() & {"Ref", "Fn::GetAtt"}:
        for key, item in value.items():
            yield from _places(item, (*keys, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _places(item, (*keys, place))


def changed(template: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """Return a template with another value at a place."""
    name, keys = place
    resource = template["Resources"][name]
    properties = _changed(resource["Properties"], keys, value)
    resources = {**template["Resources"], name: {**resource, "Properties": properties}}
    return {**template, "Resources": resources}


def _changed(value: Any, keys: tuple[str | int, ...], new: Any) -> Any:
    if not keys:
        return new
    key, *rest = keys
    made = value.copy()
    made[key] = _changed(value[key], tuple(rest), new)
    return made


def world_of(template: dict[str, Any]) -> World:
    """Return the world of a template that is deployed to the account it names."""
    stack = StackTemplate(name="App", account=ACCOUNT, region=REGION, template=template)
    return World([stack])
