"""All resources of all stacks of an assembly, with their values resolved across stacks."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from . import physical
from .assembly import StackTemplate, load_assembly
from .intrinsics import Resolver
from .values import NO_VALUE, NoValue, Unknown, dig

__all__ = ["Resource", "World"]


class Resource:
    """One resource; `id` is what Ref returns, `path` names it in findings."""

    def __init__(self, stack: "_Stack", logical_id: str, template: dict[str, Any]) -> None:
        """Take the resource `logical_id` out of the template of `stack`."""
        self._stack = stack
        self._template = template
        self.stack = stack.source.name
        self.account = stack.source.account
        self.region = stack.source.region
        self.logical_id = logical_id
        self.type: str = template["Type"]
        self.path = f"{self.stack}/{logical_id}"
        self._resolved: dict[str, Any] = {}

    @cached_property
    def properties(self) -> dict[str, Any]:
        """The properties, resolved; those that are not there are left out."""
        names = self._template.get("Properties", {})
        values = {name: self._property(name) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    @cached_property
    def id(self) -> Any:
        """What Ref returns."""
        return physical.reference(self)

    @cached_property
    def arn(self) -> Any:
        """The ARN, Unknown for a type that has none here."""
        return physical.attribute(self, "Arn")

    def get(self, name: str, *keys: str, default: Any = None) -> Any:
        """Return the property `name`, or what lies below `keys` in it.

        Only this one property is resolved, so that a role's name can be told while its policies
        refer to what uses the role.
        """
        value = self._property(name)
        return default if value is None else dig(value, *keys, default=default)

    def _property(self, name: str) -> Any:
        if name not in self._resolved:
            written = self._template.get("Properties", {}).get(name)
            value = self._stack.resolver.resolve(written)
            self._resolved[name] = None if isinstance(value, NoValue) else value
        return self._resolved[name]

    def __repr__(self) -> str:
        return f"<{self.type} {self.path}>"


class World:
    """Everything the stacks of an assembly would create."""

    def __init__(self, stacks: Iterable[StackTemplate]) -> None:
        """Build the world of `stacks`."""
        sources = list(stacks)
        self.sources = sources
        self._stacks = {source.name: _Stack(self, source) for source in sources}
        self.resources = [r for stack in self._stacks.values() for r in stack.resources.values()]

    @classmethod
    def of_assembly(cls, directory: Path) -> "World":
        """Build the world of the cloud assembly in `directory`."""
        return cls(load_assembly(directory))

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of the given types."""
        return [resource for resource in self.resources if resource.type in types]

    def find(self, identifier: Any, *types: str) -> Resource | None:
        """Return the resource whose id or ARN is `identifier`, of the given types."""
        if not isinstance(identifier, str):
            return None
        for resource in self.of(*types):
            if identifier in (resource.id, resource.arn):
                return resource
        return None

    def exported(self, name: str) -> Any:
        """Return the value that some stack exports as `name`."""
        for stack in self._stacks.values():
            for output in stack.outputs.values():
                export = stack.resolver.resolve(output.get("Export", {}).get("Name"))
                if export == name:
                    return stack.resolver.resolve(output["Value"])
        return Unknown(f"nothing exports {name}")

    def stack(self, name: str) -> "_Stack | None":
        """Return the stack called `name`."""
        return self._stacks.get(name)


class _Stack:
    """One stack: the scope that the values of its template are resolved in."""

    def __init__(self, world: World, source: StackTemplate) -> None:
        self.world = world
        self.source = source
        self.resolver = Resolver(self)
        self.outputs: dict[str, Any] = source.template.get("Outputs", {})
        self._pending: set[str] = set()
        self.resources = dict(self._created())

    def _created(self) -> Iterator[tuple[str, Resource]]:
        for logical_id, template in self.source.template.get("Resources", {}).items():
            condition = template.get("Condition")
            # A resource is left out only if its condition is known not to hold.
            if condition is None or self.condition(condition) is not False:
                yield logical_id, Resource(self, logical_id, template)

    @property
    def mappings(self) -> Mapping[str, Any]:
        mappings: dict[str, Any] = self.source.template.get("Mappings", {})
        return mappings

    @property
    def zones(self) -> list[str]:
        return [self.source.region + letter for letter in "abc"]

    def ref(self, name: str) -> Any:
        source = self.source
        pseudo: dict[str, Any] = {
            "AWS::AccountId": source.account,
            "AWS::NoValue": NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": source.region,
            "AWS::StackId": f"arn:aws:cloudformation:{source.region}:{source.account}:stack/"
            f"{source.name}/11111111-2222-3333-4444-555555555555",
            "AWS::StackName": source.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in source.template.get("Parameters", {}):
            return self._parameter(name)
        resource = self.resources.get(name)
        if resource is None:
            return Unknown(f"{source.name} has no {name}")
        return self._guarded(f"Ref {name}", lambda: resource.id)

    def _parameter(self, name: str) -> Any:
        if self.source.parent is not None:
            parent_name, logical_id = self.source.parent
            parent = self.world.stack(parent_name)
            if parent is not None and logical_id in parent.resources:
                given = parent.resources[logical_id].get("Parameters", name)
                if given is not None:
                    return given
        parameter = self.source.template["Parameters"][name]
        if parameter["Type"].startswith("AWS::SSM::") and name != "BootstrapVersion":
            return Unknown(f"parameter {name} is read at deployment")
        return parameter.get("Default", Unknown(f"parameter {name} has no default"))

    def get_attribute(self, logical_id: str, name: str) -> Any:
        resource = self.resources.get(logical_id)
        if resource is None:
            return Unknown(f"{self.source.name} has no {logical_id}")
        if resource.type == "AWS::CloudFormation::Stack" and name.startswith("Outputs."):
            nested = f"{self.source.name}-{logical_id}"
            return self.stack_output(nested, name.removeprefix("Outputs."))
        return self._guarded(f"{logical_id}.{name}", lambda: physical.attribute(resource, name))

    def import_value(self, name: str) -> Any:
        return self._guarded(f"import {name}", lambda: self.world.exported(name))

    def stack_output(self, stack: str, name: str) -> Any:
        other = self.world.stack(stack)
        if other is None or name not in other.outputs:
            return Unknown(f"no output {name} of {stack}")
        return other.resolver.resolve(other.outputs[name]["Value"])

    def condition(self, name: str) -> bool | Unknown:
        expression = self.source.template.get("Conditions", {}).get(name)
        if expression is None:
            return Unknown(f"{self.source.name} has no condition {name}")
        value = self.resolver.resolve(expression)
        return value if isinstance(value, bool | Unknown) else Unknown(f"condition {name}")

    def _guarded(self, key: str, read: Any) -> Any:
        """Read a value whose reading may come back to itself."""
        if key in self._pending:
            return Unknown(f"{key} refers to itself")
        self._pending.add(key)
        try:
            return read()
        finally:
            self._pending.remove(key)
