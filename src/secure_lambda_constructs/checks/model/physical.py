"""The names, ids and ARNs that CloudFormation would give to the resources of a template.

They are made up, but have the form of real ones and are the same on every run. An attribute that
is not known here is Unknown, never a guess.
"""

import hashlib
import re
from typing import TYPE_CHECKING, Any

from .values import Unknown

if TYPE_CHECKING:
    from .world import Resource

__all__ = ["attribute", "reference"]

# type: prefix of the id that Ref returns
_IDS = {
    "AWS::EC2::CarrierGateway": "cagw",
    "AWS::EC2::DHCPOptions": "dopt",
    "AWS::EC2::EgressOnlyInternetGateway": "eigw",
    "AWS::EC2::Instance": "i",
    "AWS::EC2::InternetGateway": "igw",
    "AWS::EC2::NatGateway": "nat",
    "AWS::EC2::NetworkAcl": "acl",
    "AWS::EC2::NetworkInterface": "eni",
    "AWS::EC2::PrefixList": "pl",
    "AWS::EC2::RouteTable": "rtb",
    "AWS::EC2::SecurityGroup": "sg",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::TransitGateway": "tgw",
    "AWS::EC2::VPC": "vpc",
    "AWS::EC2::VPCEndpoint": "vpce",
    "AWS::EC2::VPCPeeringConnection": "pcx",
    "AWS::EC2::VPNGateway": "vgw",
    "AWS::EFS::AccessPoint": "fsap",
    "AWS::EFS::FileSystem": "fs",
    "AWS::Route53Resolver::FirewallDomainList": "rslvr-fdl",
    "AWS::Route53Resolver::FirewallRuleGroup": "rslvr-frg",
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": "rslvr-frgassoc",
    "AWS::Route53Resolver::ResolverEndpoint": "rslvr-out",
    "AWS::Route53Resolver::ResolverQueryLoggingConfig": "rqlc",
    "AWS::Route53Resolver::ResolverRule": "rslvr-rr",
}

# type: (property that names it, service of the ARN, rest of the ARN); Ref returns the name
_NAMED = {
    "AWS::CodeBuild::Project": ("Name", "codebuild", "project/{}"),
    "AWS::DynamoDB::GlobalTable": ("TableName", "dynamodb", "table/{}"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb", "table/{}"),
    "AWS::ECR::Repository": ("RepositoryName", "ecr", "repository/{}"),
    "AWS::ECS::Cluster": ("ClusterName", "ecs", "cluster/{}"),
    "AWS::Events::EventBus": ("Name", "events", "event-bus/{}"),
    "AWS::Events::Rule": ("Name", "events", "rule/{}"),
    "AWS::IAM::Group": ("GroupName", "iam", "group/{}"),
    "AWS::IAM::Role": ("RoleName", "iam", "role/{}"),
    "AWS::IAM::User": ("UserName", "iam", "user/{}"),
    "AWS::Kinesis::Stream": ("Name", "kinesis", "stream/{}"),
    "AWS::KinesisFirehose::DeliveryStream": (
        "DeliveryStreamName",
        "firehose",
        "deliverystream/{}",
    ),
    "AWS::Lambda::Function": ("FunctionName", "lambda", "function:{}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs", "log-group:{}:*"),
    "AWS::OpenSearchService::Domain": ("DomainName", "es", "domain/{}"),
    "AWS::RDS::DBCluster": ("DBClusterIdentifier", "rds", "cluster:{}"),
    "AWS::RDS::DBInstance": ("DBInstanceIdentifier", "rds", "db:{}"),
    "AWS::RDS::DBProxy": ("DBProxyName", "rds", "db-proxy:{}"),
    "AWS::RDS::DBSubnetGroup": ("DBSubnetGroupName", "rds", "subgrp:{}"),
    "AWS::S3::Bucket": ("BucketName", "s3", "{}"),
    "AWS::SSM::Parameter": ("Name", "ssm", "parameter/{}"),
    "AWS::Signer::SigningProfile": ("ProfileName", "signer", "/signing-profiles/{}"),
}

# type: (property that names it, service, rest of the ARN); Ref returns the ARN
_BY_ARN = {
    "AWS::ECS::TaskDefinition": ("Family", "ecs", "task-definition/{}:1"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "iam", "policy/{}"),
    "AWS::Lambda::CodeSigningConfig": (None, "lambda", "code-signing-config:csc-{}"),
    "AWS::Lambda::LayerVersion": ("LayerName", "lambda", "layer:{}:1"),
    "AWS::Oam::Sink": ("Name", "oam", "sink/{}"),
    "AWS::SNS::Topic": ("TopicName", "sns", "{}"),
    "AWS::SecretsManager::Secret": ("Name", "secretsmanager", "secret:{}-AbCdEf"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "states", "stateMachine:{}"),
}

# The attributes that are what Ref returns.
_REPEATED = {
    "AWS::Cognito::UserPool": ("UserPoolId",),
    "AWS::IAM::ManagedPolicy": ("PolicyArn",),
    "AWS::KMS::Key": ("KeyId",),
    "AWS::Lambda::Alias": ("AliasArn",),
    "AWS::SNS::Topic": ("TopicArn",),
    "AWS::SQS::Queue": ("QueueUrl",),
    "AWS::SecretsManager::Secret": ("Id",),
    "AWS::StepFunctions::StateMachine": ("StateMachineArn",),
}

# type: the attribute that is the name, where Ref returns another thing
_NAMES = {
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::StepFunctions::StateMachine": "Name",
}

# Ref returns letters and digits.
_DIGESTS = {"AWS::ApiGateway::Deployment", "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"}

_POSTGRES = "5432"

# What a version of a function is taken to be numbered with.
_VERSION = "1"

# What the names of the databases of an account have in a region.
_DATABASES = "abc123def456"

_WITHOUT_REGION = {"iam", "s3"}
_WITHOUT_ACCOUNT = {"s3"}


def reference(resource: "Resource") -> Any:
    """Return what `Ref` gives for a resource.

    Args:
        resource: The resource.

    Returns:
        Its name, id or ARN, whichever it is for the type; Unknown where that is not known here.
    """
    kind = resource.type
    if kind in _IDS:
        return f"{_IDS[kind]}-{_digest(resource, 17)}"
    if kind in _NAMED:
        return _name(resource, _NAMED[kind][0])
    if kind in _BY_ARN:
        return _by_arn(resource)
    if kind == "AWS::KMS::Key":
        return _uuid(resource)
    if kind in _DIGESTS:
        return _digest(resource, 10)
    if kind == "AWS::ApiGateway::Stage":
        return resource.get("StageName")
    if kind == "AWS::Lambda::Alias":
        return _of_function(resource, resource.get("Name"))
    if kind == "AWS::Lambda::Version":
        return _of_function(resource, _VERSION)
    if kind == "AWS::SecretsManager::SecretTargetAttachment":
        return resource.get("SecretId")
    if kind == "AWS::SQS::Queue":
        queue = _name(resource, "QueueName")
        host = f"https://sqs.{resource.region}.amazonaws.com/{resource.account}"
        return queue if isinstance(queue, Unknown) else f"{host}/{queue}"
    if kind == "AWS::Cognito::UserPool":
        return f"{resource.region}_{_digest(resource, 9)}"
    if kind == "AWS::KMS::Alias":
        return resource.get("AliasName")
    return Unknown(f"Ref of {resource.path} ({kind})")


def attribute(resource: "Resource", name: str) -> Any:
    """Return what `Fn::GetAtt` gives for a resource.

    Args:
        resource: The resource.
        name: The attribute, such as `Arn`.

    Returns:
        Its value; Unknown where that is not known here.
    """
    kind = resource.type
    if name == "Arn" or (kind, name) == ("AWS::Lambda::CodeSigningConfig", "CodeSigningConfigArn"):
        return _arn(resource)
    special = _special(resource, name)
    if special is not None:
        return special
    if name in _REPEATED.get(kind, ()) or (kind in _NAMED and name == _NAMED[kind][0]):
        return reference(resource)
    # Many attributes repeat a property (VPC.CidrBlock, Subnet.AvailabilityZone).
    value = resource.get(name)
    return value if value is not None else Unknown(f"{name} of {resource.path} ({kind})")


def _special(resource: "Resource", name: str) -> Any:
    kind = resource.type
    if kind in _IDS and _names_itself(kind, name):
        return reference(resource)
    if (kind, name) == ("AWS::EC2::VPC", "DefaultSecurityGroup"):
        return f"sg-{_digest(resource, 17)}"
    if name == _NAMES.get(kind):
        return _name(resource, "StateMachineName" if name == "Name" else name)
    if (kind, name) == ("AWS::Lambda::Version", "Version"):
        return _VERSION
    if kind.startswith("AWS::RDS::"):
        return _of_database(resource, name)
    if kind.startswith("AWS::DynamoDB::") and name == "StreamArn":
        return _join(_arn(resource), "/stream/2026-01-01T00:00:00.000")
    if kind == "AWS::Signer::SigningProfile" and name == "ProfileVersionArn":
        return _join(_arn(resource), "/", _digest(resource, 10))
    return None


def _names_itself(kind: str, name: str) -> bool:
    """Tell whether an attribute is the id: `Id`, `SubnetId` of a subnet, `DhcpOptionsId`."""
    what = "group" if kind == "AWS::EC2::SecurityGroup" else kind.rpartition("::")[2].lower()
    return name.lower() in ("id", f"{what}id")


def _of_function(resource: "Resource", qualifier: Any) -> Any:
    function = resource.get("FunctionName")
    if isinstance(function, str) and function.startswith("arn:"):
        return _join(function, ":", qualifier)
    return _join(_format(resource, "lambda", "function:{}", function), ":", qualifier)


def _of_database(resource: "Resource", name: str) -> Any:
    digest = _digest(resource, 26)
    if name == "DBClusterResourceId":
        return f"cluster-{digest.upper()}"
    if name == "DbiResourceId":
        return f"db-{digest.upper()}"
    if name == "DBProxyArn":
        return _format(resource, "rds", "db-proxy:prx-{}", digest[:17])
    if name == "MasterUserSecret.SecretArn":
        of = "cluster" if resource.type == "AWS::RDS::DBCluster" else "db"
        return _format(
            resource, "secretsmanager", "secret:rds!{}-AbCdEf", f"{of}-{_uuid(resource)}"
        )
    if name in ("Endpoint", "Endpoint.Address"):
        return f"d{digest[:12]}.{_DATABASES}.{resource.region}.rds.amazonaws.com"
    if name == "Endpoint.Port" and "postgres" in str(resource.get("Engine")):
        return str(resource.get("Port", default=_POSTGRES))
    return None


def _name(resource: "Resource", name_property: str) -> Any:
    given = resource.get(name_property)
    made_up = f"{resource.stack_name}-{resource.logical_id}-{_digest(resource, 12).upper()}"
    if resource.type == "AWS::S3::Bucket":
        made_up = made_up.lower()
    return given if given is not None else made_up


def _arn(resource: "Resource") -> Any:
    kind = resource.type
    if kind in _NAMED:
        name_property, service, rest = _NAMED[kind]
        name = _name(resource, name_property)
        if service == "iam":
            name = _below(resource.get("Path", default="/"), name)
        return _format(resource, service, rest, name)
    if kind in _BY_ARN:
        return _by_arn(resource)
    if kind == "AWS::KMS::Key":
        return _format(resource, "kms", "key/{}", reference(resource))
    if kind == "AWS::SQS::Queue":
        return _format(resource, "sqs", "{}", _name(resource, "QueueName"))
    if kind == "AWS::Cognito::UserPool":
        return _format(resource, "cognito-idp", "userpool/{}", reference(resource))
    if kind in _IDS:
        _, family, what = kind.split("::")
        service = "elasticfilesystem" if family == "EFS" else "ec2"
        words = re.sub("(?<=[a-z])(?=[A-Z])", "-", what).lower()
        return _format(resource, service, f"{words}/{{}}", reference(resource))
    return Unknown(f"Arn of {resource.path} ({kind})")


def _below(path: Any, name: Any) -> Any:
    """Return a name below the path that IAM has for it."""
    return path if isinstance(path, Unknown) else _join(str(path).removeprefix("/"), name)


def _by_arn(resource: "Resource") -> Any:
    name_property, service, rest = _BY_ARN[resource.type]
    name = _digest(resource, 17) if name_property is None else _name(resource, name_property)
    if service == "iam":
        name = _below(resource.get("Path", default="/"), name)
    return _format(resource, service, rest, name)


def _format(resource: "Resource", service: str, rest: str, name: Any) -> Any:
    if isinstance(name, Unknown):
        return name
    region = "" if service in _WITHOUT_REGION else resource.region
    account = "" if service in _WITHOUT_ACCOUNT else resource.account
    if service == "ssm":
        # A name that is a path has its slash already.
        name = str(name).removeprefix("/")
    return f"arn:aws:{service}:{region}:{account}:{rest.format(name)}"


def _join(*parts: Any) -> Any:
    lost = next((part for part in parts if isinstance(part, Unknown)), None)
    return lost if lost is not None else "".join(str(part) for part in parts)


def _uuid(resource: "Resource") -> str:
    digits = _digest(resource, 32)
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def _digest(resource: "Resource", length: int) -> str:
    return hashlib.sha256(resource.path.encode()).hexdigest()[:length]
