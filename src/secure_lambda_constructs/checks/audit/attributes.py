"""The attributes of deployed resources, as `Fn::GetAtt` returns them.

Most follow from the physical id; a few are asked for. What is not listed cannot be told, and
becomes a finding of its own kind where something depends on it.
"""

from typing import Any

from ...signing.command.aws import DeclinedError
from .calls import Account, UnreadError
from .intrinsics import UNKNOWN
from .roles import list_roles

__all__ = ["attribute_of"]

# ARNs by type: what precedes the physical id after the partition, and what follows it.
_ARNS: dict[str, tuple[str, str]] = {
    "AWS::DynamoDB::GlobalTable": ("dynamodb:{region}:{account}:table/", ""),
    "AWS::DynamoDB::Table": ("dynamodb:{region}:{account}:table/", ""),
    "AWS::Events::Rule": ("events:{region}:{account}:rule/", ""),
    "AWS::KMS::Key": ("kms:{region}:{account}:key/", ""),
    "AWS::Kinesis::Stream": ("kinesis:{region}:{account}:stream/", ""),
    "AWS::Lambda::Function": ("lambda:{region}:{account}:function:", ""),
    "AWS::Logs::LogGroup": ("logs:{region}:{account}:log-group:", ":*"),
    "AWS::S3::Bucket": ("s3:::", ""),
}
# Attributes that are the physical id itself.
_SAME: dict[str, set[str]] = {
    "AWS::EC2::SecurityGroup": {"GroupId", "Id"},
    "AWS::EC2::Subnet": {"SubnetId"},
    "AWS::EC2::VPC": {"VpcId"},
    "AWS::EC2::VPCEndpoint": {"Id"},
    "AWS::Events::EventBus": {"Name"},
    "AWS::KMS::Key": {"KeyId"},
    "AWS::Lambda::CodeSigningConfig": {"CodeSigningConfigArn", "CodeSigningConfigId"},
    "AWS::Lambda::LayerVersion": {"LayerVersionArn"},
    "AWS::Lambda::Url": {"FunctionArn"},
    "AWS::Lambda::Version": {"FunctionArn"},
    "AWS::Lambda::Alias": {"AliasArn"},
    "AWS::Route53Resolver::FirewallDomainList": {"Id"},
    "AWS::Route53Resolver::FirewallRuleGroup": {"Id"},
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": {"Id"},
    "AWS::SNS::Topic": {"TopicArn"},
    "AWS::SecretsManager::Secret": {"Id"},
}


def attribute_of(account: Account, region: str, kind: str, physical: str, name: str) -> Any:
    """Return an attribute of a resource.

    Args:
        account: The connection.
        region: The region.
        kind: The type of the resource.
        physical: Its physical id.
        name: The name of the attribute.

    Returns:
        The attribute, or `UNKNOWN`.
    """
    if name in _SAME.get(kind, ()):
        return physical
    if name == "Arn":
        if physical.startswith("arn:"):
            return physical
        if kind in _ARNS:
            before, after = _ARNS[kind]
            place = before.format(region=region, account=account.number)
            return f"arn:{account.partition}:{place}{physical}{after}"
    if kind == "AWS::SQS::Queue":
        queue = physical.rsplit("/", 1)[-1]
        arn = f"arn:{account.partition}:sqs:{region}:{account.number}:{queue}"
        return {"Arn": arn, "QueueName": queue, "QueueUrl": physical}.get(name, UNKNOWN)
    if kind == "AWS::Lambda::Version" and name == "Version":
        return physical.rsplit(":", 1)[-1]
    if kind == "AWS::SNS::Topic" and name == "TopicName":
        return physical.rsplit(":", 1)[-1]
    try:
        if kind == "AWS::IAM::Role" and name in {"Arn", "RoleId"}:
            return list_roles(account).get(physical, {}).get(name, UNKNOWN)
        if kind == "AWS::Signer::SigningProfile" and name.startswith("ProfileVersion"):
            return _profile_version(account, region, physical.rsplit("/", 1)[-1], name)
        if kind == "AWS::EC2::VPC" and name == "DefaultSecurityGroup":
            return _default_group(account, region, physical)
        if kind == "AWS::CloudFormation::Stack" and name.startswith("Outputs."):
            return _output(account, region, physical, name.removeprefix("Outputs."))
    except UnreadError:
        return UNKNOWN
    return UNKNOWN


def _profile_version(account: Account, region: str, profile: str, name: str) -> Any:
    try:
        answer = account.ask(
            region,
            "signer",
            "GetSigningProfile",
            f"the signing profile {profile}",
            declined={"ResourceNotFoundException"},
            profileName=profile,
        )
    except DeclinedError:
        return UNKNOWN
    return answer["profileVersionArn" if name == "ProfileVersionArn" else "profileVersion"]


def _default_group(account: Account, region: str, vpc: str) -> Any:
    groups = account.ask(region, "ec2", "DescribeSecurityGroups", "the security groups")
    for group in groups["SecurityGroups"]:
        if group.get("VpcId") == vpc and group["GroupName"] == "default":
            return group["GroupId"]
    return UNKNOWN


def _output(account: Account, region: str, stack: str, name: str) -> Any:
    try:
        described = account.ask(
            region,
            "cloudformation",
            "DescribeStacks",
            f"the stack {stack}",
            declined={"ValidationError"},
            StackName=stack,
        )["Stacks"]
    except DeclinedError:
        return UNKNOWN
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described[0].get("Outputs", [])}
    return outputs.get(name, UNKNOWN)
