"""All resources of all stacks that are judged together, their values resolved across stacks."""

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from .assembly import load_assembly
from .resource import Resource
from .sources import Gap, StackTemplate
from .stack import Stack
from .transforms import as_section
from .values import Unknown, dig

__all__ = ["Resource", "World"]

_Made = TypeVar("_Made")

# What the CDK exports to another region with.
_WRITER = "Custom::CrossRegionExportWriter"


class World:
    """Everything that some stacks would create.

    Attributes:
        sources: The templates, each with the place it is deployed to.
        resources: The resources of all stacks, in the order of the templates. Left out are those
            whose condition surely does not hold.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.sources import StackTemplate
        from secure_lambda_constructs.checks.model.world import World

        template = {
            "Resources": {
                "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
                "Name": {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {"Value": {"Fn::GetAtt": ["Jobs", "Arn"]}},
                },
            }
        }
        world = World(
            [
                StackTemplate(
                    name="App", account="444455556666", region="eu-west-1", template=template
                )
            ]
        )
        (parameter,) = world.of("AWS::SSM::Parameter")
        assert parameter.get("Value") == "arn:aws:sqs:eu-west-1:444455556666:jobs"
        assert world.find(parameter.get("Value"), "AWS::SQS::Queue").path == "App/Jobs"
        ```
    """

    def __init__(self, stacks: Iterable[StackTemplate]) -> None:
        """Look at stacks together.

        Args:
            stacks: The templates, nested stacks after their parents, no two of one name.
        """
        self.sources = list(stacks)
        self._stacks = {source.name: Stack(self, source) for source in self.sources}
        self._nested = {
            stack.source.parent: stack
            for stack in self._stacks.values()
            if stack.source.parent is not None
        }
        self._made: dict[Callable[[World], Any], Any] = {}
        self._exports_pending = False
        self.resources: list[Resource] = [
            resource
            for stack in self._stacks.values()
            if self._is_there(stack)
            for resource in stack.resources.values()
        ]
        self._places = {resource: place for place, resource in enumerate(self.resources)}
        self._by_type: dict[str, list[Resource]] = {}
        for resource in self.resources:
            self._by_type.setdefault(resource.type, []).append(resource)
        self._by_name: dict[str, dict[str, list[Resource]]] = {}

    @classmethod
    def of_assembly(cls, directory: Path) -> "World":
        """Look at all stacks of a cloud assembly.

        Args:
            directory: The assembly, such as `cdk.out`.

        Returns:
            Its world.

        Raises:
            InvalidInputError: It is not a cloud assembly, or one that cannot be read.
        """
        return cls(load_assembly(directory))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """What creates resources that no template tells; empty where all is told."""
        return tuple(
            gap for stack in self._stacks.values() if self._is_there(stack) for gap in stack.gaps
        )

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of some types.

        Args:
            types: The types, such as `AWS::Lambda::Function`.

        Returns:
            The resources, in the order of the templates.
        """
        found = [resource for kind in types for resource in self._by_type.get(kind, ())]
        if len(types) > 1:
            found = sorted(dict.fromkeys(found), key=self._places.__getitem__)
        return found

    def find(self, identifier: Any, *types: str, near: Resource | None = None) -> Resource | None:
        """Return the resource that an id or an ARN is of.

        Args:
            identifier: What `Ref` returns, or the ARN; an Unknown is of no resource.
            types: The types that it may have.
            near: Who names it: of resources that have the same name in several accounts, regions
                or stages, the nearest one is meant. By default the first one is.

        Returns:
            The resource, None where no template creates it.
        """
        if not isinstance(identifier, str):
            return None
        found = [
            resource
            for kind in dict.fromkeys(types)
            for resource in self._named(kind).get(identifier, ())
        ]
        if near is None:
            return min(found, key=self._places.__getitem__, default=None)
        return min(
            found, key=lambda each: (*_distance(each, near), self._places[each]), default=None
        )

    def exported(self, name: str, *, near: StackTemplate | None = None) -> Any:
        """Return the value that some stack exports.

        Args:
            name: The name of the export.
            near: Who imports it: an export is for its own account and region. By default the first
                one of that name is meant.

        Returns:
            The value; Unknown where no stack exports it.
        """
        stacks = self._exports.get(name, [])
        if near is not None:
            stacks = [
                (stack, output)
                for stack, output in stacks
                if (stack.source.account, stack.source.region) == (near.account, near.region)
            ]
            # Stages that are bound to no account may export the same names.
            stacks.sort(key=lambda found: found[0].source.scope != near.scope)
        if not stacks:
            return Unknown(f"nothing exports {name}")
        stack, output = stacks[0]
        return stack.output(output)

    def exported_across(self, name: str, *, near: Resource) -> Any:
        """Return the value that a stack exports to another region, as the CDK does it.

        Args:
            name: The name of the parameter that carries it.
            near: Who reads it.

        Returns:
            The value; Unknown where no stack exports it.
        """
        writers = [
            writer
            for writer in self.of(_WRITER)
            if name in as_section(writer.get("WriterProps", "exports"))
            and writer.account == near.account
            and writer.get("WriterProps", "region") == near.region
        ]
        if not writers:
            return Unknown(f"nothing exports {name}")
        writer = min(writers, key=lambda each: each.scope != near.scope)
        return writer.get("WriterProps", "exports", name)

    def stack(self, name: str) -> Stack | None:
        """Return a stack.

        Args:
            name: What it is called in findings.

        Returns:
            The stack, None where there is no such one.
        """
        return self._stacks.get(name)

    def nested(self, parent: str, logical_id: str) -> Stack | None:
        """Return a nested stack.

        Args:
            parent: The name of the stack that it is a resource of.
            logical_id: The resource.

        Returns:
            The stack, None where its template is not here.
        """
        return self._nested.get((parent, logical_id))

    def deployed(
        self, name: str, *, near: StackTemplate, region: str | None = None
    ) -> Stack | None:
        """Return the stack that is called something in AWS.

        Args:
            name: Its name there, or its ARN.
            near: Who asks: of stacks of the same name the nearest one is meant.
            region: The region that it is in, where that is another one.

        Returns:
            The stack, None where no template is of it.
        """
        parts = name.split(":")
        if len(parts) > 5:
            region, name = parts[3], parts[5].split("/")[1]
        region = region or near.region
        found = [
            stack
            for stack in self._stacks.values()
            if name == (stack.source.stack_name or stack.source.name)
            and stack.source.region == region
        ]
        return min(
            found,
            key=lambda stack: (
                stack.source.account != near.account,
                stack.source.scope != near.scope,
            ),
            default=None,
        )

    def made(self, make: Callable[["World"], _Made]) -> _Made:
        """Return what a function makes of the world, which it is asked for once.

        Args:
            make: The function, such as one that makes an index.

        Returns:
            What it made.
        """
        if make not in self._made:
            self._made[make] = make(self)
        made: _Made = self._made[make]
        return made

    def _is_there(self, stack: Stack) -> bool:
        """Tell whether a stack is there, as far as one can tell; a nested one may surely not be."""
        if stack.source.parent is None:
            return True
        name, logical_id = stack.source.parent
        parent = self._stacks.get(name)
        return parent is None or (logical_id in parent.resources and self._is_there(parent))

    def _named(self, kind: str) -> dict[str, list[Resource]]:
        if kind not in self._by_name:
            index: dict[str, list[Resource]] = {}
            for resource in self._by_type.get(kind, ()):
                # `Ref` returns the ARN for some types.
                names = [name for name in (resource.id, resource.arn) if isinstance(name, str)]
                for name in dict.fromkeys(names):
                    index.setdefault(name, []).append(resource)
            self._by_name[kind] = index
        return self._by_name[kind]

    @property
    def _exports(self) -> dict[str, list[tuple[Stack, str]]]:
        # The name of an export may be made of another export.
        if self._exports_pending:
            return {}
        self._exports_pending = True
        try:
            return self.made(_exports)
        finally:
            self._exports_pending = False

    def _all_stacks(self) -> list[Stack]:
        return [stack for stack in self._stacks.values() if self._is_there(stack)]


def _exports(world: World) -> dict[str, list[tuple[Stack, str]]]:
    found: dict[str, list[tuple[Stack, str]]] = {}
    for stack in world._all_stacks():
        for output_id, output in stack.outputs.items():
            name = stack.resolver.resolve(dig(output, "Export", "Name"))
            if isinstance(name, str):
                found.setdefault(name, []).append((stack, output_id))
    return found


def _distance(resource: Resource, near: Resource) -> tuple[bool, bool, bool, bool]:
    return (
        resource.account != near.account,
        resource.region != near.region,
        resource.scope != near.scope,
        resource.stack != near.stack,
    )
