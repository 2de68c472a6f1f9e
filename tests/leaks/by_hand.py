"""Templates that are written by hand: apps that never used the constructs of the library."""

from typing import Any

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.questions import Evaluator
from secure_lambda_constructs.checks.model.assembly import StackTemplate
from secure_lambda_constructs.checks.model.world import World

__all__ = [
    "ACCOUNT",
    "REGION",
    "Template",
    "allow",
    "att",
    "case_of_template",
    "function",
    "network",
    "resource",
    "role",
    "routes",
    "table",
    "world_of",
]

ACCOUNT, REGION = "444455556666", "us-east-1"
_MANAGED = "arn:aws:iam::aws:policy/service-role/"

Template = dict[str, dict[str, Any]]


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """Return a resource of a template."""
    return {"Type": kind, "Properties": properties}


def att(name: str, attribute: str = "Arn") -> dict[str, list[str]]:
    """Return a GetAtt."""
    return {"Fn::GetAtt": [name, attribute]}


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    """Return an Allow."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(*statements: dict[str, Any], service: str = "lambda", **more: Any) -> dict[str, Any]:
    """Return a role that a service takes, with one policy."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    policies = [{"PolicyName": "own", "PolicyDocument": document(*statements)}]
    return resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=document(trust),
        **({"Policies": policies} if statements else {}),
        **more,
    )


def function(name: str, *statements: dict[str, Any], inside: bool = False, **more: Any) -> Template:
    """Return a function as the CDK makes one, with its role; `inside` of the VPC of `network`."""
    managed = "AWSLambdaVPCAccessExecutionRole" if inside else "AWSLambdaBasicExecutionRole"
    vpc = {
        "VpcConfig": {"SecurityGroupIds": [att("Group", "GroupId")], "SubnetIds": [{"Ref": "A"}]}
    }
    properties = {
        "Code": {"S3Bucket": "assets", "S3Key": f"{name}.zip"},
        "Role": att(f"{name}Role"),
        **(vpc if inside else {}),
        **more,
    }
    return {
        name: resource("AWS::Lambda::Function", **properties),
        f"{name}Role": role(*statements, ManagedPolicyArns=[_MANAGED + managed]),
    }


def network() -> Template:
    """Return a VPC with a subnet and a security group, as closed as these can be."""
    nowhere = {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp"}
    return {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
        "A": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}),
        "Group": resource(
            "AWS::EC2::SecurityGroup",
            GroupDescription="x",
            SecurityGroupEgress=[nowhere],
            VpcId={"Ref": "Vpc"},
        ),
    }


def routes() -> Template:
    """Return a route table for the subnet of `network`, without a route of its own."""
    return {
        "Routes": resource("AWS::EC2::RouteTable", VpcId={"Ref": "Vpc"}),
        "Routed": resource(
            "AWS::EC2::SubnetRouteTableAssociation",
            RouteTableId={"Ref": "Routes"},
            SubnetId={"Ref": "A"},
        ),
    }


def table(**more: Any) -> dict[str, Any]:
    """Return a table."""
    key = {"AttributeName": "id", "KeyType": "HASH"}
    return resource("AWS::DynamoDB::Table", KeySchema=[key], **more)


def world_of(*resources: Template) -> World:
    """Return the world of one stack that is called App."""
    merged = {name: each for part in resources for name, each in part.items()}
    template = {"Resources": merged}
    return World([StackTemplate(name="App", account=ACCOUNT, region=REGION, template=template)])


def case_of_template(evaluator: Evaluator, *resources: Template) -> Case:
    """Return the case of one stack that is called App."""
    return Case(world_of(*resources), evaluator)
