"""The stacks of an assembly as they are deployed: physical ids, parameters, outputs, exports."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...signing.command.aws import DeclinedError
from .assembly import AssemblyStack, nested_template
from .attributes import attribute_of
from .calls import Account, UnreadError
from .findings import Finding
from .intrinsics import UNKNOWN, Scope, exists, resolve

__all__ = ["DeployedStack", "Resource", "read_stack"]

_NEVER = "REVIEW_IN_PROGRESS"  # a change set was made, and never carried out
_NESTED = "AWS::CloudFormation::Stack"


class Resource(NamedTuple):
    """A resource of a deployed stack.

    Attributes:
        stack: The stack.
        logical: Its logical id.
        physical: Its physical id.
        type: Its type.
        properties: The properties of the template, with their functions worked out.
        path: Where the construct is in the CDK app, or stack and logical id.
    """

    stack: str
    logical: str
    physical: str
    type: str
    properties: dict[str, Any]
    path: str


class DeployedStack(NamedTuple):
    """A stack of the assembly that is deployed.

    Attributes:
        name: Its name.
        region: Its region.
        folder: The folder of its assembly.
        resources: Its resources, and those of its nested stacks.
        findings: What is wrong with the stack itself.
    """

    name: str
    region: str
    folder: Path
    resources: list[Resource]
    findings: list[Finding]


def read_stack(account: Account, region: str, stack: AssemblyStack) -> DeployedStack:
    """Read what CloudFormation knows of a stack.

    Args:
        account: The connection.
        region: The region.
        stack: The stack.

    Returns:
        The deployed stack; without resources where it is not deployed.

    Raises:
        UnreadError: CloudFormation does not tell.
        AuditError: A nested template cannot be read.
    """
    found: list[Finding] = []
    resources = list(
        _resources(account, region, stack.name, stack.template, stack.folder, found, stack.name)
    )
    return DeployedStack(stack.name, region, stack.folder, resources, found)


def _resources(
    account: Account,
    region: str,
    identifier: str,
    template: dict[str, Any],
    folder: Path,
    found: list[Finding],
    path: str,
) -> Iterator[Resource]:
    about = f"the stack {identifier}"
    try:
        described = account.ask(
            region,
            "cloudformation",
            "DescribeStacks",
            about,
            declined={"ValidationError"},
            StackName=identifier,
        )["Stacks"][0]
    except DeclinedError:
        found.append(Finding("stack-missing", region, identifier, "deployed", "not deployed", path))
        return
    if described.get("StackStatus") == _NEVER:
        found.append(Finding("stack-missing", region, identifier, "deployed", _NEVER, path))
        return
    found += _template_differs(account, region, identifier, template, path, described)
    listed = account.ask(
        region, "cloudformation", "ListStackResources", about, StackName=identifier
    )["StackResourceSummaries"]
    physical = {
        each["LogicalResourceId"]: str(each.get("PhysicalResourceId") or "") for each in listed
    }
    scope = _scope(account, region, described, template, physical)
    for logical, resource in template.get("Resources", {}).items():
        kind, made = resource["Type"], exists(resource, scope)
        where = resource.get("Metadata", {}).get("aws:cdk:path") or f"{path}/{logical}"
        if made is False or kind == "AWS::CDK::Metadata":
            continue
        if not physical.get(logical):
            wanted = f"a resource of {identifier}"
            what = "not in the stack" if made else "not in the stack, or never meant to be"
            kind_found = "resource-missing" if made else "cannot-tell"
            found.append(Finding(kind_found, region, where, wanted, what, where))
        elif kind == _NESTED:
            inner = nested_template(folder, resource)
            if inner is None:
                what = "its template is not named in the assembly"
                name = physical[logical]
                found.append(Finding("cannot-tell", region, name, "its template", what, where))
            else:
                yield from _resources(
                    account, region, physical[logical], inner, folder, found, where
                )
        else:
            properties = resolve(resource.get("Properties", {}), scope)
            yield Resource(identifier, logical, physical[logical], kind, properties, where)


def _scope(
    account: Account,
    region: str,
    described: dict[str, Any],
    template: dict[str, Any],
    physical: dict[str, str],
) -> Scope:
    references: dict[str, Any] = {
        "AWS::AccountId": account.number,
        "AWS::NoValue": None,
        "AWS::Partition": account.partition,
        "AWS::Region": region,
        "AWS::StackId": described["StackId"],
        "AWS::StackName": described["StackName"],
        "AWS::URLSuffix": "amazonaws.com.cn" if account.partition == "aws-cn" else "amazonaws.com",
        **physical,
    }
    declared = template.get("Parameters", {})
    for each in described.get("Parameters", []):
        name, value = each["ParameterKey"], each.get("ResolvedValue", each.get("ParameterValue"))
        kind = declared.get(name, {})
        if kind.get("NoEcho"):
            references[name] = UNKNOWN
        else:
            is_list = "List" in str(kind.get("Type"))
            references[name] = str(value).split(",") if is_list else value
    types = {name: each["Type"] for name, each in template.get("Resources", {}).items()}

    def attribute(logical: str, name: str) -> Any:
        if logical not in physical:
            return UNKNOWN
        return attribute_of(account, region, types.get(logical, ""), physical[logical], name)

    return Scope(
        references,
        attribute,
        _exports(account, region),
        template.get("Mappings", {}),
        template.get("Conditions", {}),
    )


def _exports(account: Account, region: str) -> dict[str, str]:
    answer = account.ask(region, "cloudformation", "ListExports", "the exports")
    return {each["Name"]: each["Value"] for each in answer["Exports"]}


def _template_differs(
    account: Account,
    region: str,
    identifier: str,
    template: dict[str, Any],
    path: str,
    described: dict[str, Any],
) -> Iterator[Finding]:
    try:
        body = account.ask(
            region,
            "cloudformation",
            "GetTemplate",
            f"the stack {identifier}",
            StackName=identifier,
            TemplateStage="Original",
        )["TemplateBody"]
    except UnreadError:
        return
    if _comparable(body) != _comparable(template):
        when = described.get("LastUpdatedTime") or described.get("CreationTime")
        name, stack = described["StackName"], described["StackId"]
        yield Finding(
            "stack-changed",
            region,
            stack,
            "the template of the assembly",
            f"another template, deployed {when}",
            path,
            (name, stack),
        )


def _comparable(template: Any) -> str:
    # botocore reads templates in JSON; YAML stays a text, and the CDK writes none. GetTemplate
    # answers a question mark for each character that is not ASCII.
    text = json.dumps(template, sort_keys=True, ensure_ascii=False)
    return text.encode("ascii", "replace").decode()
