"""One resource of a template, with its values resolved when they are asked for."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import physical
from .closing import TARGETS, without_reliance
from .construct_paths import shortened
from .documents import with_documents
from .ids import with_ids
from .values import NoValue, Unknown, dig

if TYPE_CHECKING:
    from .stack import Stack

__all__ = ["Resource"]


class Resource:
    """One resource.

    Attributes:
        stack: The name of its stack.
        account: The account that the stack is deployed to.
        region: The region that the stack is deployed to.
        logical_id: Its logical id.
        type: Its type, such as `AWS::Lambda::Function`.
        path: Its stack and logical id, by which findings name it where no construct is known.
    """

    def __init__(self, stack: "Stack", logical_id: str, template: dict[str, Any]) -> None:
        """Take a resource out of a template.

        Args:
            stack: The stack that it is in.
            logical_id: Its logical id.
            template: It, as the template has it.
        """
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
        values = {name: self.get(name) for name in self._written}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def construct_path(self) -> str:
        """The path of the construct in the app, or `path` where that is not told.

        The name of the default child (`Resource`) is left out.
        """
        told = self._stack.construct_path(self.logical_id)
        return self.path if told is None else shortened(told)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the template has in the resource's `Metadata`, as it is written."""
        metadata = self._template.get("Metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def file(self) -> Path | None:
        """The file of the template, None where that is not told."""
        return self._stack.source.file

    @property
    def scope(self) -> str:
        """The stage that the stack is of; empty where it is of none."""
        return self._stack.source.scope

    @property
    def stack_name(self) -> str:
        """What the stack is called in AWS; `stack` may be longer, so that no other has it."""
        return self._stack.source.stack_name or self.stack

    @cached_property
    def id(self) -> Any:
        """What `Ref` returns."""
        return physical.reference(self)

    @cached_property
    def arn(self) -> Any:
        """The ARN, Unknown for a type that has none here."""
        return physical.attribute(self, "Arn")

    @cached_property
    def uncertain(self) -> Unknown | None:
        """Why nobody can tell whether it is there, None where it surely is.

        A resource whose condition surely does not hold is not in the world at all.
        """
        condition = self._template.get("Condition")
        holds = self._stack.condition(condition) if isinstance(condition, str) else True
        return holds if isinstance(holds, Unknown) else self._stack.uncertain

    def get(self, name: str, *keys: str, default: Any = None) -> Any:
        """Return a property, or what lies below some keys in it.

        Only this one property is resolved, so that a role's name can be told while its policies
        refer to what uses the role.

        What closes something is not relied on where nobody can tell whether the resource is there:
        the Denies of such a policy are left out, a DNS firewall's rules are Unknown.

        Args:
            name: The property.
            keys: The keys below it, one for each level.
            default: What to return where it is not there.

        Returns:
            The resolved value, the default, or Unknown.
        """
        if name not in self._resolved:
            self._resolved[name] = self._property(name)
        value = self._resolved[name]
        return default if value is None else dig(value, *keys, default=default)

    @property
    def _written(self) -> dict[str, Any]:
        written = self._template.get("Properties")
        return written if isinstance(written, dict) else {}

    def _property(self, name: str) -> Any:
        written = self._written
        if "Fn::Transform" in written:
            return Unknown(f"a macro makes the properties of {self.path}")
        value = self._stack.resolver.resolve(written.get(name))
        if isinstance(value, NoValue) or value is None:
            return None
        value = with_ids(name, with_documents(name, value))
        if self.uncertain is None or self.is_there_with_its_targets:
            return value
        return without_reliance(self.type, name, value, self.uncertain)

    @cached_property
    def is_there_with_its_targets(self) -> bool:
        """Whether all that it is attached to is there under the same condition."""
        named = [self._written[name] for name in TARGETS if name in self._written]
        conditions = list(self._stack.conditions_of(named))
        own = self._template.get("Condition")
        return bool(conditions) and all(condition == own for condition in conditions)

    def __repr__(self) -> str:
        return f"<{self.type} {self.path}>"
