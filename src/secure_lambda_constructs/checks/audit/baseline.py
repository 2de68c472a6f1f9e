"""What an assembly says about an account, and what the account has instead."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from ...signing.command.aws import DeclinedError
from .assembly import AssemblyStack
from .calls import Account, UnreadError, at_once
from .deployed import DeployedStack, Resource, read_stack
from .deployed_events import find_added_mappings
from .deployed_logs import find_copies_of_all_logs
from .findings import Finding
from .functions import ExpectedFunction, Function, function_name, permission_key
from .intrinsics import has_unknown
from .looks import FUNCTION, Look, is_compared
from .published_code import PublishedCode

__all__ = ["Baseline", "compare", "expected_functions", "read_baseline"]

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


class Baseline(NamedTuple):
    """The deployed stacks of an assembly.

    Attributes:
        stacks: The stacks of the account and the regions that are audited.
        left_out: The names of the others, with the reason.
    """

    stacks: list[DeployedStack]
    left_out: list[tuple[str, str]]

    @property
    def not_compared(self) -> dict[str, int]:
        """How many resources there are of each type that is not compared."""
        return dict(
            sorted(
                Counter(
                    each.type for each in self.resources() if not is_compared(each.type)
                ).items()
            )
        )

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
            name = function_name(each.properties.get("FunctionName"))
            if has_unknown(each.properties):
                incomplete.add(name)
            else:
                permissions.setdefault(name, set()).add(permission_key(_statement(each)))
        elif each.type == "AWS::Lambda::Url":
            name = function_name(each.properties.get("TargetFunctionArn"))
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
        if each.type == FUNCTION
    }


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
        look = Look(
            account,
            stack,
            baseline.resources(stack.region),
            baseline.resources(),
            there,
            expected[stack.region],
            published,
        )
        for found in at_once(partial(_looked_at, look), stack.resources):
            yield from found
    for region in sorted(expected):
        yield from _added(account, region, baseline.resources(region))


def _looked_at(look: Look, resource: Resource) -> list[Finding]:
    try:
        found = look.at(resource)
    except UnreadError:
        return []
    except DeclinedError:
        found = None
    if found is not None:
        return found
    names = (resource.physical, *_parents(resource))
    region, physical, kind = look.stack.region, resource.physical, resource.type
    return [Finding("resource-missing", region, physical, kind, "gone", resource.path, names)]


def _added(account: Account, region: str, resources: Sequence[Resource]) -> Iterator[Finding]:
    """Find what belongs to no resource of the assembly, and takes data from several."""
    with suppress(UnreadError):
        yield from find_added_mappings(account, region, resources)
    if any(each.type == "AWS::Logs::LogGroup" for each in resources):
        with suppress(UnreadError):
            yield from find_copies_of_all_logs(account, region, resources)


def _parents(resource: Resource) -> Iterator[str]:
    # What is gone is often known to CloudTrail by what it belonged to.
    for name in ("FunctionName", "FirewallRuleGroupId", "VpcId"):
        if isinstance(resource.properties.get(name), str):
            yield resource.properties[name]
