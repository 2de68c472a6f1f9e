"""One stack: the scope that the values of its template are resolved in."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from . import physical
from .construct_paths import contents, shortened
from .intrinsics import Resolver
from .loops import has_loops, unrolled
from .resource import Resource
from .serverless import Expansion
from .sources import Gap, StackTemplate
from .transforms import as_section, reason_of_resource, reasons_of_template, stands_for_others
from .values import NO_VALUE, Unknown, dig

if TYPE_CHECKING:
    from .world import World

__all__ = ["Stack"]

_NESTED = "AWS::CloudFormation::Stack"

# What the CDK reads the exports of another region with.
_READER = "Custom::CrossRegionExportReader"


class Stack:
    """A stack of a world.

    Attributes:
        world: The world that it is part of.
        source: Its template, and where it is deployed.
        resolver: Resolves values of the template.
    """

    def __init__(self, world: "World", source: StackTemplate) -> None:
        """Look at one template.

        Args:
            world: The world that it is part of.
            source: The template, and where it is deployed.
        """
        self.world = world
        self.source = source
        self.resolver = Resolver(self)
        self._conditions: dict[str, bool | Unknown] = {}
        self._pending: set[str] = set()
        self._is_unrolling = False

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The outputs by their logical ids, without those whose condition surely fails."""
        outputs, _ = self._unrolled("Outputs")
        return {
            name: output
            for name, output in outputs.items()
            if isinstance(output, dict) and self._may_be_there(output)
        }

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """The resources by their logical ids, without those whose condition surely fails."""
        return {
            logical_id: Resource(self, logical_id, template)
            for logical_id, template in self._expansion.resources.items()
            if not stands_for_others(template) and self._may_be_there(template)
        }

    @cached_property
    def uncertain(self) -> Unknown | None:
        """Why nobody can tell whether a nested stack is there, None where it surely is."""
        parent = self._parent
        return None if parent is None else parent.uncertain

    @cached_property
    def gaps(self) -> list[Gap]:
        """What the template creates and nobody can tell."""
        source = self.source
        _, lost = self._unrolled("Resources")
        found = [
            Gap(stack=source.name, logical_id="", construct_path=source.name, reason=reason)
            for reason in [*reasons_of_template(source.template), *lost]
        ]
        for logical_id, template in self._expansion.resources.items():
            reason = self._expansion.reasons.get(logical_id) or reason_of_resource(template)
            if dig(template, "Type") == _NESTED:
                absent = self.world.nested(source.name, logical_id) is None
                reason = "the template of the nested stack is not here" if absent else None
            if reason is not None and self._may_be_there(template):
                path = shortened(self.construct_path(logical_id) or f"{source.name}/{logical_id}")
                found.append(
                    Gap(
                        stack=source.name,
                        logical_id=logical_id,
                        construct_path=path,
                        reason=reason,
                    )
                )
        return found

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The mappings of the template."""
        return as_section(self.source.template.get("Mappings"))

    @property
    def region(self) -> str:
        """The region that the stack is deployed to."""
        return self.source.region

    def construct_path(self, logical_id: str) -> str | None:
        """Return the path of the construct that made a resource.

        Args:
            logical_id: The resource.

        Returns:
            The path, None where the CDK did not note it.
        """
        told = dig(self._expansion.resources.get(logical_id), "Metadata", "aws:cdk:path")
        if isinstance(told, str):
            return told
        if self.source.construct_paths is None:
            return None
        return self.source.construct_paths.of(logical_id, nested=self._nested_path)

    def conditions_of(self, targets: Any) -> Iterator[str | None]:
        """Yield the conditions of the resources that a policy or the like is attached to.

        Args:
            targets: What names them, as the template has it.

        Yields:
            For each the name of its condition, None where it has none; an empty name for what is
            not a resource of this stack.
        """
        match targets:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]} | {"Fn::GetAtt": str(name)}:
                resource = self._expansion.resources.get(name.partition(".")[0])
                yield "" if resource is None else dig(resource, "Condition")
            case dict():
                yield ""
            case list():
                for target in targets:
                    yield from self.conditions_of(target)
            case _:
                yield ""

    def ref(self, name: str) -> Any:
        """Resolve `Ref`.

        Args:
            name: A pseudo parameter, a parameter or a resource.

        Returns:
            Its value.
        """
        source = self.source
        stack_name = source.stack_name or source.name
        pseudo: dict[str, Any] = {
            "AWS::AccountId": source.account,
            "AWS::NoValue": NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": source.region,
            "AWS::StackId": f"arn:aws:cloudformation:{source.region}:{source.account}:stack/"
            f"{stack_name}/11111111-2222-3333-4444-555555555555",
            "AWS::StackName": stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self._parameters:
            return self._guarded(f"parameter {name}", lambda: self._parameter(name))
        resource = self._resource(name)
        if resource is None:
            return Unknown(f"{source.name} has no {name}")
        return self._guarded(f"Ref {name}", lambda: resource.id)

    def get_attribute(self, logical_id: str, name: str) -> Any:
        """Resolve `Fn::GetAtt`.

        Args:
            logical_id: The resource.
            name: The attribute.

        Returns:
            Its value.
        """
        made = self._resource(f"{logical_id}.{name}")
        if made is not None:
            # SAM has properties of its own, such as `Function.Alias`.
            return self._guarded(f"{logical_id}.{name}", lambda: made.id)
        resource = self._resource(logical_id)
        if resource is None:
            return Unknown(f"{self.source.name} has no {logical_id}")
        if resource.type == _NESTED and name.startswith("Outputs."):
            nested = self.world.nested(self.source.name, logical_id)
            if nested is None:
                return Unknown(f"the template of {resource.path} is not here")
            return nested.output(name.removeprefix("Outputs."))
        if resource.type == _READER and name in as_section(resource.get("ReaderProps", "imports")):
            across = partial(self.world.exported_across, name, near=resource)
            return self._guarded(f"{logical_id}.{name}", across)
        return self._guarded(f"{logical_id}.{name}", lambda: physical.attribute(resource, name))

    def import_value(self, name: str) -> Any:
        """Resolve `Fn::ImportValue`.

        Args:
            name: The name of the export.

        Returns:
            Its value.
        """
        return self._guarded(f"import {name}", lambda: self.world.exported(name, near=self.source))

    def stack_output(self, stack: str, name: str, region: str | None = None) -> Any:
        """Resolve `Fn::GetStackOutput`.

        Args:
            stack: The name or the ARN of the stack.
            name: The logical id of the output.
            region: The region of the stack, where it is another one.

        Returns:
            Its value.
        """
        other = self.world.deployed(stack, near=self.source, region=region)
        return (
            Unknown(f"no template is of the stack {stack}") if other is None else other.output(name)
        )

    def output(self, name: str) -> Any:
        """Return the value of an output.

        Args:
            name: Its logical id.

        Returns:
            The value; Unknown where there is no such output.
        """
        if name not in self.outputs:
            return Unknown(f"{self.source.name} has no output {name}")
        value = self.outputs[name].get("Value")
        return self._guarded(f"output {name}", lambda: self.resolver.resolve(value))

    def condition(self, name: str) -> bool | Unknown:
        """Tell whether a condition of the template holds.

        Args:
            name: The condition.

        Returns:
            Whether it does, Unknown where nobody can tell.
        """
        if name not in self._conditions:
            conditions, _ = self._unrolled("Conditions")
            expression = conditions.get(name)
            if expression is None:
                return Unknown(f"{self.source.name} has no condition {name}")
            value = self._guarded(f"condition {name}", lambda: self.resolver.resolve(expression))
            if not isinstance(value, bool | Unknown):
                value = Unknown(f"the condition {name} is neither true nor false")
            self._conditions[name] = value
        return self._conditions[name]

    @property
    def _parent(self) -> Resource | None:
        """The resource that a nested stack is."""
        if self.source.parent is None:
            return None
        name, logical_id = self.source.parent
        parent = self.world.stack(name)
        return None if parent is None else parent.resources.get(logical_id)

    @cached_property
    def _nested_path(self) -> str | None:
        if self.source.parent is None:
            return None
        name, logical_id = self.source.parent
        parent = self.world.stack(name)
        path = None if parent is None else parent.construct_path(logical_id)
        return None if path is None else contents(path)

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        return as_section(self.source.template.get("Parameters"))

    def _parameter(self, name: str) -> Any:
        declared = as_section(self._parameters[name])
        kind = str(declared.get("Type"))
        value = self.source.parameters.get(name)
        if value is None and self._parent is not None:
            value = self._parent.get("Parameters", name)
        if kind.startswith("AWS::SSM::") and name != "BootstrapVersion":
            return Unknown(f"the parameter {name} is read at deployment")
        if value is None:
            value = declared.get("Default")
        if value is None:
            return Unknown(f"the parameter {name} has no default")
        if isinstance(value, str) and (kind == "CommaDelimitedList" or kind.startswith("List<")):
            return [item.strip() for item in value.split(",")]
        return value

    @cached_property
    def _expansion(self) -> Expansion:
        resources, _ = self._unrolled("Resources")
        # It is no resource, see `reasons_of_template`.
        resources = {key: value for key, value in resources.items() if key != "Fn::Transform"}
        return Expansion(resources, as_section(self.source.template.get("Globals")))

    def _unrolled(self, section: str) -> tuple[dict[str, Any], list[str]]:
        """Return a section of the template without loops, and why loops are lost."""
        written = as_section(self.source.template.get(section))
        if not has_loops(written) or self._is_unrolling:
            return written, []
        entries: dict[str, Any] = {}
        lost: list[str] = []
        self._is_unrolling = True
        try:
            for key, value in written.items():
                made = unrolled({key: value}, self.resolver.resolve)
                if isinstance(made, Unknown):
                    lost.append(made.reason)
                else:
                    entries.update(made)
        finally:
            self._is_unrolling = False
        return entries, lost

    def _resource(self, logical_id: str) -> Resource | None:
        # Which resources there are, a loop cannot ask for: it makes them.
        if self._is_unrolling:
            return None
        return self.resources.get(self._expansion.referable.get(logical_id, logical_id))

    def _may_be_there(self, template: Any) -> bool:
        condition = dig(template, "Condition")
        return not isinstance(condition, str) or self.condition(condition) is not False

    def _guarded(self, key: str, read: Callable[[], Any]) -> Any:
        """Read a value whose reading may come back to itself."""
        if key in self._pending:
            return Unknown(f"{key} refers to itself")
        self._pending.add(key)
        try:
            return read()
        finally:
            self._pending.remove(key)
