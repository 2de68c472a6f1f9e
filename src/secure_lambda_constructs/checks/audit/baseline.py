"""What an assembly says about an account, and what the account has instead."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...signing.command.aws import DeclinedError
from .assembly import AssemblyStack
from .calls import Account, UnreadError
from .deployed import DeployedStack, Resource, read_stack
from .deployed_functions import (
    compare_alias,
    compare_code_signing_config,
    compare_function,
    compare_version,
)
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
from .findings import Finding
from .functions import ExpectedFunction, Function, permission_key
from .intrinsics import has_unknown
from .published_code import PublishedCode

__all__ = ["Baseline", "compare", "expected_functions", "read_baseline"]

_FUNCTION = "AWS::Lambda::Function"
# How CloudFormation and Lambda write the conditions of a permission:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-permission.html
_CONDITIONS = (
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)
# The CDK gives a version a new logical id when the code changes. Others may be of older code.
_CURRENT = "CurrentVersion"


class Baseline(NamedTuple):
    """The deployed stacks of an assembly.

    Attributes:
        stacks: The stacks of the account and the regions that are audited.
        left_out: The names of the others, with the reason.
    """

    stacks: list[DeployedStack]
    left_out: list[tuple[str, str]]

    def resources(self, region: str | None = None) -> list[Resource]:
        """Return the resources of all stacks, of one region or of all."""
        return [
            each
            for stack in self.stacks
            if region in (None, stack.region)
            for each in stack.resources
        ]


def read_baseline(
    account: Account, stacks: Iterable[AssemblyStack], regions: Sequence[str]
) -> Baseline:
    """Read the deployed stacks of an assembly.

    Args:
        account: The connection.
        stacks: The stacks of the assembly.
        regions: The regions that are audited.

    Returns:
        The stacks. What cannot be read is among the account's gaps.

    Raises:
        AuditError: A nested template cannot be read.
    """
    found, left_out = [], []
    for stack in stacks:
        region = stack.region or account.region
        if stack.account not in ("", account.number):
            left_out.append((stack.name, f"it is for account {stack.account}"))
        elif region not in regions:
            left_out.append((stack.name, f"it is for {region}, which is not audited"))
        else:
            try:
                found.append(read_stack(account, region, stack))
            except UnreadError:
                continue
    return Baseline(found, left_out)


def expected_functions(baseline: Baseline, region: str) -> dict[str, ExpectedFunction]:
    """Return what the assembly says about the functions of a region, by name.

    Args:
        baseline: The deployed stacks.
        region: The region.
    """
    resources = baseline.resources(region)
    permissions: dict[str, set[str]] = {}
    urls: dict[str, dict[str, str]] = {}
    incomplete: set[str] = set()
    for each in resources:
        if each.type == "AWS::Lambda::Permission":
            name = _function_name(each.properties.get("FunctionName"))
            if has_unknown(each.properties):
                incomplete.add(name)
            else:
                permissions.setdefault(name, set()).add(permission_key(_statement(each)))
        elif each.type == "AWS::Lambda::Url":
            name = _function_name(each.properties.get("TargetFunctionArn"))
            qualifier = str(each.properties.get("Qualifier") or "")
            urls.setdefault(name, {})[qualifier] = str(each.properties.get("AuthType"))
    return {
        each.physical: ExpectedFunction(
            each.path,
            bool((each.properties.get("VpcConfig") or {}).get("SubnetIds")),
            permissions.get(each.physical, set()),
            urls.get(each.physical, {}),
            # A permission of an unknown function may be one of any function.
            not incomplete & {each.physical, ""},
        )
        for each in resources
        if each.type == _FUNCTION
    }


def _function_name(value: Any) -> str:
    """Return the name of a function that is named in any of Lambda's ways; empty if unknown."""
    if not isinstance(value, str):
        return ""
    parts = value.split(":")
    if len(parts) > 6:
        return parts[6]
    return parts[2] if len(parts) == 3 and parts[1] == "function" else parts[0]


def _statement(permission: Resource) -> dict[str, Any]:
    properties = permission.properties
    principal = str(properties["Principal"])
    is_aws = principal == "*" or principal.startswith("arn:") or principal.isdigit()
    conditions: dict[str, dict[str, Any]] = {}
    for name, operator, key in _CONDITIONS:
        if properties.get(name) is not None:
            conditions.setdefault(operator, {})[key] = properties[name]
    return {
        "Effect": "Allow",
        "Principal": {"AWS" if is_aws else "Service": principal},
        "Action": properties["Action"],
        "Condition": conditions,
    }


def compare(
    account: Account, baseline: Baseline, functions: Mapping[str, Sequence[Function]]
) -> Iterator[Finding]:
    """Compare all that was deployed with what is there.

    Args:
        account: The connection.
        baseline: The deployed stacks.
        functions: The functions of each region that could be listed.

    Yields:
        What differs, and what cannot be told. What cannot be read is among the account's gaps.
    """
    published = PublishedCode(account)
    expected = {
        region: expected_functions(baseline, region)
        for region in {stack.region for stack in baseline.stacks}
    }
    for stack in baseline.stacks:
        yield from stack.findings
        there = (
            {each.name: each for each in functions[stack.region]}
            if stack.region in functions
            else None
        )
        look = _Look(account, baseline, stack, there, expected[stack.region], published)
        for resource in stack.resources:
            try:
                found = look.at(resource)
            except UnreadError:
                continue
            except DeclinedError:
                found = None
            if found is None:
                names = (resource.physical, *_parents(resource))
                yield Finding(
                    "resource-missing",
                    stack.region,
                    resource.physical,
                    resource.type,
                    "gone",
                    resource.path,
                    names,
                )
            else:
                yield from found


def _parents(resource: Resource) -> Iterator[str]:
    # What is gone is often known to CloudTrail by what it belonged to.
    for name in ("FunctionName", "FirewallRuleGroupId", "VpcId"):
        if isinstance(resource.properties.get(name), str):
            yield resource.properties[name]


class _Look(NamedTuple):
    """What it takes to compare the resources of a stack."""

    account: Account
    baseline: Baseline
    stack: DeployedStack
    functions: Mapping[str, Function] | None
    expected: Mapping[str, ExpectedFunction]
    published: PublishedCode

    def at(self, resource: Resource) -> list[Finding] | None:
        """Compare one resource; `None` where it is gone, nothing where its type is not compared."""
        look = _LOOKS.get(resource.type)
        return look(self, resource) if look else []

    def function(self, resource: Resource) -> list[Finding] | None:
        if self.functions is None:
            return []  # they could not be listed, which is a gap
        live = self.functions.get(resource.physical)
        if live is None:
            return None
        found = compare_function(self.account, self.stack, resource, live, self.published)
        if not self.expected[resource.physical].complete:
            what = "unknown: the permissions of the function"
            should = "as in the template"
            region, path = self.stack.region, resource.path
            found.append(Finding("cannot-tell", region, live.arn, should, what, path))
        return found

    def version(self, resource: Resource) -> list[Finding] | None:
        name, _, version = resource.physical.rpartition(":")
        name = _function_name(name)
        if self.functions is None:
            return []
        if name not in self.functions or version not in self.functions[name].versions:
            return None
        owner = next(
            (
                each
                for each in self.baseline.resources(self.stack.region)
                if each.type == _FUNCTION and each.physical == name
            ),
            None,
        )
        if owner is None or _CURRENT not in resource.logical:
            return []
        live = self.functions[name]
        return compare_version(self.stack, owner, live, version, self.published)

    def vpc(self, resource: Resource) -> list[Finding]:
        resources = self.baseline.resources(self.stack.region)
        endpoints = {each.physical for each in resources if each.type == "AWS::EC2::VPCEndpoint"}
        region = self.stack.region
        return [
            *find_added_endpoints(self.account, region, resource, endpoints),
            *compare_routes(self.account, region, resource, resources),
        ]

    def security_group(self, resource: Resource) -> list[Finding] | None:
        resources = self.baseline.resources(self.stack.region)
        return compare_security_group(self.account, self.stack, resource, resources)

    def role(self, resource: Resource) -> list[Finding] | None:
        return compare_role(self.account, resource, self.baseline.resources())


_LOOKS: Mapping[str, Callable[[_Look, Resource], list[Finding] | None]] = {
    _FUNCTION: _Look.function,
    "AWS::EC2::SecurityGroup": _Look.security_group,
    "AWS::EC2::VPC": _Look.vpc,
    "AWS::EC2::VPCEndpoint": lambda look, each: compare_endpoint(look.account, look.stack, each),
    "AWS::IAM::ManagedPolicy": lambda look, each: compare_policy(look.account, each),
    "AWS::IAM::Role": _Look.role,
    "AWS::Lambda::Alias": lambda look, each: compare_alias(look.account, look.stack, each),
    "AWS::Lambda::CodeSigningConfig": lambda look, each: compare_code_signing_config(
        look.account, look.stack, each
    ),
    "AWS::Lambda::Version": _Look.version,
    "AWS::Route53Resolver::FirewallDomainList": lambda look, each: compare_domain_list(
        look.account, look.stack, each
    ),
    "AWS::Route53Resolver::FirewallRuleGroup": lambda look, each: compare_rule_group(
        look.account, look.stack, each
    ),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": lambda look, each: compare_association(
        look.account, look.stack, each
    ),
}
