"""Templates of apps of any size, and an evaluator that costs nothing."""

from collections.abc import Iterable
from typing import Any

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.questions import Decision, KnownAction, Question
from secure_lambda_constructs.checks.model.assembly import StackTemplate
from secure_lambda_constructs.checks.model.world import World

__all__ = ["Granting", "Template", "case_of", "shop"]

Template = dict[str, Any]

_ACCOUNT = "111122223333"
_REGION = "us-east-1"


class Granting:
    """Allows what it is asked, but for some actions; an action stands for itself."""

    def __init__(self, *denied: str) -> None:
        """Deny `denied`."""
        self._denied = denied

    def decide(self, questions: Iterable[Question]) -> list[Decision]:
        """Return the decision on each question."""
        return [
            Decision.DENIED if question.action in self._denied else Decision.ALLOWED
            for question in questions
        ]

    def expand(self, pattern: str) -> list[KnownAction]:
        """Return the action itself, on any resource of its service."""
        service = pattern.partition(":")[0]
        return [KnownAction(pattern, (f"arn:aws:{service}:${{Region}}:${{Account}}:${{Any}}",))]


def case_of(template: Template, *denied: str) -> Case:
    """Return the case of an app of one template, with the evaluator that costs nothing."""
    stack = StackTemplate(name="Shop", account=_ACCOUNT, region=_REGION, template=template)
    return Case(World([stack]), Granting(*denied))


def shop(functions: int = 1, *, tables: int = 1, relay: bool = True) -> Template:
    """Return a template: functions in a VPC, each with one of the tables, and a relay."""
    resources: dict[str, Any] = {
        "Vpc": _made("EC2::VPC", CidrBlock="10.0.0.0/16"),
        "Routes": _made("EC2::RouteTable", VpcId=_ref("Vpc")),
        "Dynamo": _made(
            "EC2::VPCEndpoint",
            ServiceName=f"com.amazonaws.{_REGION}.dynamodb",
            VpcId=_ref("Vpc"),
            RouteTableIds=[_ref("Routes")],
            PolicyDocument=_policy("dynamodb:GetItem", "*", Principal="*"),
        ),
        "EndpointGroup": _made(
            "EC2::SecurityGroup",
            VpcId=_ref("Vpc"),
            SecurityGroupIngress=[_https(SourceSecurityGroupId=_attribute("Callers", "GroupId"))],
        ),
        "Group": _made(
            "EC2::SecurityGroup",
            VpcId=_ref("Vpc"),
            SecurityGroupEgress=[_https(DestinationPrefixListId="pl-02cd2c6b")],
        ),
        "Lambda": _made(
            "EC2::VPCEndpoint",
            VpcEndpointType="Interface",
            ServiceName=f"com.amazonaws.{_REGION}.lambda",
            VpcId=_ref("Vpc"),
            SubnetIds=[_ref("Subnet1"), _ref("Subnet2")],
            SecurityGroupIds=[_attribute("EndpointGroup", "GroupId")],
            PolicyDocument=_policy("lambda:InvokeFunction", "*", Principal="*"),
        ),
        "Callers": _made(
            "EC2::SecurityGroup",
            VpcId=_ref("Vpc"),
            SecurityGroupEgress=[
                _https(DestinationSecurityGroupId=_attribute("EndpointGroup", "GroupId"))
            ],
        ),
        "Profile": _made("Signer::SigningProfile", PlatformId="AWSLambda-SHA384-ECDSA"),
        "Signing": _made(
            "Lambda::CodeSigningConfig",
            AllowedPublishers={
                "SigningProfileVersionArns": [_attribute("Profile", "ProfileVersionArn")]
            },
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
        ),
    }
    for number in (1, 2):
        resources[f"Subnet{number}"] = _made("EC2::Subnet", VpcId=_ref("Vpc"))
        resources[f"Association{number}"] = _made(
            "EC2::SubnetRouteTableAssociation",
            SubnetId=_ref(f"Subnet{number}"),
            RouteTableId=_ref("Routes"),
        )
    for number in range(tables):
        resources[f"Table{number:03}"] = _made("DynamoDB::Table", _path=f"Table{number:03}")
    if relay:
        grants = _policy("secretsmanager:GetSecretValue", _ref("Key"))
        resources["Key"] = _made("SecretsManager::Secret", _path="Key")
        resources |= _function("Relay", grants)
    for number in range(functions):
        table = _attribute(f"Table{number % tables:03}", "Arn")
        grants = _policy("dynamodb:GetItem", table)
        calls = relay and number % 3 == 0
        if calls:
            invoke = _policy("lambda:InvokeFunction", _attribute("RelayFunction", "Arn"))
            grants["Statement"] += invoke["Statement"]
        resources |= _function(
            f"Worker{number:03}",
            grants,
            VpcConfig={
                "SubnetIds": [_ref("Subnet1"), _ref("Subnet2")],
                "SecurityGroupIds": [
                    _attribute(group, "GroupId")
                    for group in (["Group", "Callers"] if calls else ["Group"])
                ],
            },
        )
    return {"Resources": resources}


def _function(name: str, grants: dict[str, Any], **properties: Any) -> dict[str, Any]:
    trust = _policy("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})
    return {
        f"{name}Role": _made(
            "IAM::Role",
            _path=f"{name}/Role",
            AssumeRolePolicyDocument=trust,
            Policies=[{"PolicyName": "Grants", "PolicyDocument": grants}],
        ),
        f"{name}Function": _made(
            "Lambda::Function",
            _path=f"{name}/Function",
            Role=_attribute(f"{name}Role", "Arn"),
            Code={"S3Bucket": "signed", "S3Key": name},
            CodeSigningConfigArn=_ref("Signing"),
            **properties,
        ),
    }


def _made(kind: str, _path: str = "", **properties: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"Type": f"AWS::{kind}", "Properties": properties}
    if _path:
        made["Metadata"] = {"aws:cdk:path": f"Shop/{_path}/Resource"}
    return made


def _policy(action: str, resource: Any, **further: Any) -> dict[str, Any]:
    entry = {"Effect": "Allow", "Action": action, **further}
    if resource is not None:
        entry["Resource"] = resource
    return {"Version": "2012-10-17", "Statement": [entry]}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _https(**peer: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **peer}


def _attribute(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}
