"""Which comparison is for which type of resource."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .calls import Account, UnreadError
from .deployed import DeployedStack, Resource
from .deployed_buckets import compare_bucket
from .deployed_events import compare_destinations, compare_mapping, compare_rule
from .deployed_functions import (
    compare_alias,
    compare_code_signing_config,
    compare_function,
    compare_version,
)
from .deployed_keys import compare_key, compare_secret
from .deployed_logs import compare_log_group
from .deployed_messages import compare_queue, compare_topic
from .deployed_network import (
    compare_association,
    compare_domain_list,
    compare_endpoint,
    compare_routes,
    compare_rule_group,
    compare_security_group,
    find_added_endpoints,
)
from .deployed_roles import compare_policy, compare_role
from .deployed_signing import compare_layer, compare_profile
from .deployed_tables import compare_table
from .findings import Finding
from .functions import ExpectedFunction, Function, function_name
from .published_code import PublishedCode
from .ways_out import find_added_gateways, find_added_resolution

__all__ = ["FUNCTION", "Look", "is_compared", "is_part"]

FUNCTION = "AWS::Lambda::Function"
"""The type of functions."""

# The CDK gives a version a new logical id when the code changes. Others may be of older code.
_CURRENT = "CurrentVersion"


class Look(NamedTuple):
    """What it takes to compare the resources of a stack.

    Attributes:
        account: The connection.
        stack: The stack.
        resources: The resources of all stacks in its region.
        everywhere: The resources of all stacks: roles have no region.
        functions: The functions of the region by name; `None` where they could not be listed.
        expected: What the assembly says about them.
        published: What code was published.
    """

    account: Account
    stack: DeployedStack
    resources: Sequence[Resource]
    everywhere: Sequence[Resource]
    functions: Mapping[str, Function] | None
    expected: Mapping[str, ExpectedFunction]
    published: PublishedCode

    def at(self, resource: Resource) -> list[Finding] | None:
        """Compare one resource.

        Args:
            resource: The resource.

        Returns:
            What differs and what cannot be told, which is nothing where the type is not compared;
            `None` where the resource is gone.

        Raises:
            UnreadError: Something cannot be read.
            DeclinedError: The resource is gone.
        """
        look = _LOOKS.get(resource.type)
        return look(self, resource) if look else []

    def _function(self, resource: Resource) -> list[Finding] | None:
        if self.functions is None:
            return []  # they could not be listed, which is a gap
        live = self.functions.get(resource.physical)
        if live is None:
            return None
        found: list[Finding] = []
        if not self.expected[resource.physical].complete:
            what = "unknown: the permissions of the function"
            should = "as in the template"
            region, path = self.stack.region, resource.path
            found.append(Finding("cannot-tell", region, live.arn, should, what, path))
        account, stack, resources = self.account, self.stack, self.resources
        found += _each(
            lambda: compare_function(account, stack, resource, live, self.published),
            lambda: compare_destinations(account, stack, resource, live, resources),
        )
        return found

    def _version(self, resource: Resource) -> list[Finding] | None:
        name, _, version = resource.physical.rpartition(":")
        name = function_name(name)
        if self.functions is None:
            return []
        if name not in self.functions or version not in self.functions[name].versions:
            return None
        owner = next(
            (each for each in self.resources if each.type == FUNCTION and each.physical == name),
            None,
        )
        if owner is None or _CURRENT not in resource.logical:
            return []
        live = self.functions[name]
        return compare_version(self.stack, owner, live, version, self.published)

    def _vpc(self, resource: Resource) -> list[Finding]:
        account, region, resources = self.account, self.stack.region, self.resources
        endpoints = {each.physical for each in resources if each.type == "AWS::EC2::VPCEndpoint"}
        return _each(
            lambda: find_added_endpoints(account, region, resource, endpoints),
            lambda: compare_routes(account, region, resource, resources),
            lambda: find_added_gateways(account, region, resource, resources),
            lambda: find_added_resolution(account, region, resource, resources),
        )


def _each(*parts: Callable[[], Iterator[Finding] | list[Finding]]) -> list[Finding]:
    """Collect what all parts find; what one of them cannot read is a gap, and no more."""
    found: list[Finding] = []
    for part in parts:
        try:
            found += part()
        except UnreadError:
            continue
    return found


_Compared = list[Finding] | None
_Alone = Callable[[Account, DeployedStack, Resource], _Compared]
_Together = Callable[[Account, DeployedStack, Resource, Sequence[Resource]], _Compared]


def _alone(compare: _Alone) -> Callable[[Look, Resource], _Compared]:
    return lambda look, resource: compare(look.account, look.stack, resource)


def _together(compare: _Together) -> Callable[[Look, Resource], _Compared]:
    return lambda look, resource: compare(look.account, look.stack, resource, look.resources)


_LOOKS: Mapping[str, Callable[[Look, Resource], _Compared]] = {
    "AWS::DynamoDB::GlobalTable": _together(compare_table),
    "AWS::DynamoDB::Table": _together(compare_table),
    "AWS::EC2::SecurityGroup": _together(compare_security_group),
    "AWS::EC2::VPC": Look._vpc,
    "AWS::EC2::VPCEndpoint": _alone(compare_endpoint),
    "AWS::Events::Rule": _alone(compare_rule),
    "AWS::IAM::ManagedPolicy": lambda look, each: compare_policy(look.account, each),
    "AWS::IAM::Role": lambda look, each: compare_role(look.account, each, look.everywhere),
    "AWS::KMS::Key": _together(compare_key),
    "AWS::Lambda::Alias": _alone(compare_alias),
    "AWS::Lambda::CodeSigningConfig": _alone(compare_code_signing_config),
    "AWS::Lambda::EventSourceMapping": _alone(compare_mapping),
    FUNCTION: Look._function,
    "AWS::Lambda::LayerVersion": _together(compare_layer),
    "AWS::Lambda::Version": Look._version,
    "AWS::Logs::LogGroup": _together(compare_log_group),
    "AWS::Route53Resolver::FirewallDomainList": _alone(compare_domain_list),
    "AWS::Route53Resolver::FirewallRuleGroup": _alone(compare_rule_group),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": _alone(compare_association),
    "AWS::S3::Bucket": _together(compare_bucket),
    "AWS::SNS::Topic": _together(compare_topic),
    "AWS::SQS::Queue": _together(compare_queue),
    "AWS::SecretsManager::Secret": _together(compare_secret),
    "AWS::Signer::SigningProfile": _together(compare_profile),
}
# These are parts of others, and compared with them.
_PARTS = {
    "AWS::EC2::InternetGateway",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCDHCPOptionsAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::LayerVersionPermission",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::AccountPolicy",
    "AWS::Logs::SubscriptionFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicInlinePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::Signer::ProfilePermission",
}


def is_compared(kind: str) -> bool:
    """Tell whether resources of a type are compared, alone or as parts of others.

    Args:
        kind: The type.
    """
    return kind in _LOOKS or kind in _PARTS


def is_part(kind: str) -> bool:
    """Tell whether resources of a type are parts of others, which change when they do.

    Args:
        kind: The type.
    """
    return kind in _PARTS
