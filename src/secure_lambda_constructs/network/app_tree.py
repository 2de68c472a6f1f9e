"""What an app is made of besides the construct that is checked, looked at once for all checks.

A permission, a route or an endpoint need not be below what it opens: whose it is follows from what
its properties refer to, so that is what is kept here. Only what the CDK resolves is visible: a raw
`add_property_override` is not, nor is a bare `CfnResource` of the same resource type, nor what is
in another Stage, which references cannot reach.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Optional, TypeVar, cast

from aws_cdk import CfnResource, Stack, Stage
from constructs import IConstruct

from .ways_out import WAYS_OUT

__all__ = ["AppTree", "Found", "References", "flat"]

_Kind = TypeVar("_Kind")

# The classes that are looked at, by name so that no further module of the CDK has to be imported,
# with the property that says what they belong to, or "" where any may.
_SUBJECT = {
    **dict.fromkeys(WAYS_OUT, ""),
    "aws_ec2.CfnFlowLog": "resourceId",
    "aws_ec2.CfnSecurityGroupEgress": "groupId",
    "aws_ec2.CfnSecurityGroupIngress": "groupId",
    "aws_ec2.CfnSubnet": "",
    "aws_ec2.CfnSubnetCidrBlock": "subnetId",
    "aws_ec2.CfnSubnetRouteTableAssociation": "",
    "aws_ec2.CfnVPCCidrBlock": "",
    "aws_ec2.CfnVPCEndpoint": "",
    "aws_events.CfnRule": "targets",
    "aws_iam.CfnManagedPolicy": "roles",
    "aws_lambda.CfnAlias": "functionName",
    "aws_lambda.CfnEventInvokeConfig": "functionName",
    "aws_lambda.CfnEventSourceMapping": "functionName",
    "aws_lambda.CfnPermission": "functionName",
    "aws_lambda.CfnUrl": "targetFunctionArn",
    "aws_lambda.CfnVersion": "functionName",
    "aws_logs.CfnDestination": "",
    "aws_logs.CfnSubscriptionFilter": "logGroupName",
    "aws_pipes.CfnPipe": "targetParameters",
    "aws_ram.CfnResourceShare": "resourceArns",
    "aws_route53resolver.CfnFirewallRuleGroupAssociation": "",
    "aws_route53resolver.CfnResolverQueryLoggingConfigAssociation": "resourceId",
    "aws_scheduler.CfnSchedule": "target",
    "aws_sqs.CfnQueuePolicy": "queues",
}
# How Amazon EC2 names what the checks look for, by itself, in an ARN or in a list.
_LOOKED_UP = re.compile(r"(?<![\w-])(?:rtb|sg|subnet|vpc)-[0-9a-f]+(?![\w-])")
# Of those where any property may: these tell of a VPC without being in it.
_NOT_A_PLACE = frozenset(["policyDocument", "tagSpecifications", "tags", "userData"])


@dataclass(frozen=True, eq=False)
class Found:
    """A resource that may open something."""

    node: IConstruct
    kind: str
    stack: Stack
    properties: dict[str, Any]
    """As the template will have them, named as in TypeScript."""

    @property
    def subject(self) -> Any:
        """The property that says what it belongs to, or all of them."""
        key = _SUBJECT[self.kind]
        return self.properties.get(key) if key else self.properties


@dataclass(frozen=True)
class References:
    """How a construct may be referred to."""

    stack: Stack
    """Where it is."""
    tokens: Sequence[str]


class AppTree:
    """All constructs of an app, or of a Stage within it."""

    _latest: Optional["AppTree"] = None

    def __init__(self, stage: Stage | None, construct: IConstruct) -> None:
        """Look at everything; `of` does it where need be.

        Args:
            stage: The Stage that is validated, or `None` where there is no app.
            construct: A construct in it.
        """
        self._stage = stage
        self._asked: set[object] = set()
        self._nodes = (stage or construct.node.root).node.find_all()
        self._positions = {node: position for position, node in enumerate(self._nodes)}
        found: dict[Stack, list[tuple[IConstruct, str]]] = {}
        for node in self._nodes:
            kind = _kind(type(node))
            if kind:
                found.setdefault(Stack.of(node), []).append((node, kind))
        self._found: list[Found] = []
        self._facts: dict[Stack, dict[str, Any]] = {}
        self._by_reference: dict[Stack, dict[str, list[Found]]] = {}
        for stack, nodes in found.items():
            self._add(stack, nodes)

    @classmethod
    def of(cls, construct: IConstruct, check: object) -> "AppTree":
        """The tree of the validation that is going on, shared by all checks of a Stage.

        Each check asks once in a validation. One that asks again is in a later one (an app can be
        synthesized more than once, with constructs added in between), and so is one whose
        construct was not there yet.

        Args:
            construct: What is checked.
            check: Who asks.

        Returns:
            The tree.
        """
        stage, latest = Stage.of(construct), AppTree._latest
        if (
            latest is None
            or latest._stage is not stage
            or check in latest._asked
            or construct not in latest._positions
        ):
            AppTree._latest = latest = cls(stage, construct)
        latest._asked.add(check)
        return latest

    @property
    def found(self) -> list[Found]:
        """All resources that may open something."""
        return self._found

    def all(self, kind: str) -> list[Found]:
        """All resources of a kind, such as `aws_lambda.CfnAlias`."""
        return [found for found in self._found if found.kind == kind]

    def account(self, stack: Stack) -> Any:
        """The account of a stack as its template has it."""
        return self._fact(stack)["account"]

    def region(self, stack: Stack) -> Any:
        """The region of a stack as its template has it."""
        return self._fact(stack)["region"]

    def first_below(self, construct: IConstruct, kind: type[_Kind]) -> _Kind:
        """The first construct of a type in or below a construct that has one, without a crossing.

        Args:
            construct: The construct.
            kind: The type.

        Returns:
            It.
        """
        return next(
            node
            for node in self._nodes[self._positions[construct] :]  # parents come first
            if isinstance(node, kind)
        )

    def below(self, construct: IConstruct) -> list[Found]:
        """The resources in or below a construct that Python made and still holds.

        Args:
            construct: The construct.

        Returns:
            Each once.
        """
        first = self._positions[construct]
        # Parents come first, and all that is below one comes before its next sibling.
        last = first + len(construct.node.find_all())
        return [found for found in self._found if first <= self._positions[found.node] < last]

    def concerning(self, references: References) -> list[Found]:
        """The resources that belong to a construct, in whatever stack they are.

        Args:
            references: How the construct may be referred to.

        Returns:
            Each once.
        """
        concerned: dict[Found, None] = {}
        own = _keys_of(references.stack, references.tokens)
        for stack, index in self._by_reference.items():
            for key in _keys_in(stack, references, own):
                concerned.update(dict.fromkeys(index.get(key, ())))
        return list(concerned)

    def concerning_each(
        self, stack: Stack, own: Sequence[Sequence[Any]], tokens: Callable[[], list[list[str]]]
    ) -> list[list[Found]]:
        """Do what `concerning` does for many constructs of a stack, with few questions.

        Args:
            stack: Where they are.
            own: What their stack writes where it refers to each of them.
            tokens: Tells how they may be referred to, in the same order. It is asked where there
                are other stacks.

        Returns:
            For each construct the resources that belong to it.
        """
        here = [[_key(value) for value in values] for values in own]
        index = self._by_reference.get(stack, {})
        concerned: list[dict[Found, None]] = [
            {found: None for key in keys for found in index.get(key, ())} for keys in here
        ]
        others = [other for other in self._by_reference if other is not stack]
        asked = tokens() if others else []
        for other in others:
            index = self._by_reference[other]
            for number, values in enumerate(other.resolve(asked)):
                for key, mine in zip(map(_key, values), here[number], strict=True):
                    if _is_said_there(key, mine):
                        concerned[number].update(dict.fromkeys(index.get(key, ())))
        return [list(each) for each in concerned]

    def mentions(self, value: Any, stack: Stack, references: References) -> bool:
        """Whether a resolved value refers to a construct.

        Args:
            value: The value.
            stack: The stack whose template has it.
            references: How the construct may be referred to.

        Returns:
            Whether one of the references is in it.
        """
        own = _keys_of(references.stack, references.tokens)
        return not set(_mentioned(value)).isdisjoint(_keys_in(stack, references, own))

    def _fact(self, stack: Stack) -> dict[str, Any]:
        """What is known of a stack."""
        if stack not in self._facts:
            self._facts[stack] = stack.resolve({"account": stack.account, "region": stack.region})
        return self._facts[stack]

    def _add(self, stack: Stack, nodes: list[tuple[IConstruct, str]]) -> None:
        """Make the properties of some resources of a stack readable, in one crossing."""
        resolved = stack.resolve(
            [cast(CfnResource, node)._cfn_properties for node, _ in nodes],
        )
        index = self._by_reference.setdefault(stack, {})
        for (node, kind), properties in zip(nodes, resolved, strict=True):
            found = Found(node, kind, stack, properties)
            self._found.append(found)
            for key in _mentioned(found.subject):
                index.setdefault(key, []).append(found)


def flat(value: Any) -> str:
    """A resolved text with its references written as one word each, to compare it as a string.

    Args:
        value: The text as the template has it.

    Returns:
        The text, or nothing where it is only known at deployment.
    """
    match value:
        case str():
            return value
        case {"Fn::Join": ["", [*parts]]}:
            return "".join(flat(part) for part in parts)
        case {"Ref": str(name)} if name.startswith("AWS::"):
            return name.rpartition("::")[2]
    return ""


@cache
def _kind(python_class: type) -> str:
    """The name of the class that is looked at, among a class and those it extends, or ""."""
    for base in python_class.__mro__:
        name = f"{base.__module__.removeprefix('aws_cdk.')}.{base.__name__}"
        if name in _SUBJECT:
            return name
    return ""


def _keys_of(stack: Stack, tokens: Sequence[str]) -> list[str]:
    """How a stack writes some references."""
    return [_key(value) for value in stack.resolve(list(tokens))]


def _keys_in(stack: Stack, references: References, own: list[str]) -> list[str]:
    """What a stack writes where it refers to a construct; for the construct's own it is known."""
    if stack is references.stack:
        return own
    there = _keys_of(stack, references.tokens)
    return [key for key, here in zip(there, own, strict=True) if _is_said_there(key, here)]


def _is_said_there(key: str, here: str) -> bool:
    """Whether what a stack would write to refer to another one's construct can be in it.

    A stack that never refers to it writes the same as the construct's own, and means something
    else by it; the literal id of what was looked up is the same everywhere.
    """
    return key != here or key.startswith('"')


def _key(value: Any) -> str:
    """A reference as a key."""
    return json.dumps(value, sort_keys=True)


def _mentioned(value: Any) -> Iterator[str]:
    """The keys of all references in a resolved value, and of ids that were looked up.

    What tells of something without being in it is left out.
    """
    if isinstance(value, str):
        for match in _LOOKED_UP.finditer(value):
            yield _key(match[0])
    elif isinstance(value, dict):
        if len(value) == 1:
            yield _key(value)
        match value:
            case {"Fn::GetAtt": [name, "RouteTableId" | "SubnetId" | "VpcId"]}:
                yield _key({"Ref": name})  # which is the same, or a part of it
        for name, item in value.items():
            if name not in _NOT_A_PLACE:
                yield from _mentioned(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mentioned(item)
