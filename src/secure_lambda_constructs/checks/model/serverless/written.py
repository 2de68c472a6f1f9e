"""One resource of SAM as it is written, and what is made of it."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Made", "Written", "merged", "or_else"]


@dataclass
class Made:
    """What is made of one resource of SAM.

    Attributes:
        resources: The resources of CloudFormation, by their logical ids.
        reasons: What it makes that is not known here.
        properties: The logical ids of those that a template may refer to as a property of the
            resource, such as `Alias`.
    """

    resources: dict[str, Any]
    reasons: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)

    def add(self, logical_id: str, resource: dict[str, Any]) -> None:
        """Add a resource.

        Args:
            logical_id: Its logical id.
            resource: The resource.
        """
        self.resources[logical_id] = resource


@dataclass(frozen=True)
class Written:
    """A resource of SAM.

    Attributes:
        logical_id: Its logical id.
        resource: It, as the template has it.
        properties: Its properties, with those of the template's `Globals`.
    """

    logical_id: str
    resource: dict[str, Any]
    properties: dict[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a property.

        Args:
            name: The property.
            default: What to return where it is absent.

        Returns:
            It, as written.
        """
        value = self.properties.get(name)
        return default if value is None else value

    def only(self, *names: str) -> dict[str, Any]:
        """Return some properties.

        Args:
            names: The properties.

        Returns:
            Those that are there.
        """
        return {name: self.properties[name] for name in names if name in self.properties}

    def without(self, *names: str) -> dict[str, Any]:
        """Return all properties but some.

        Args:
            names: The properties to leave out.

        Returns:
            The others.
        """
        return {name: value for name, value in self.properties.items() if name not in names}

    def like(self, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Return a resource that is there whenever this one is.

        Args:
            kind: Its type.
            properties: Its properties.

        Returns:
            The resource.
        """
        condition = self.resource.get("Condition")
        under = {} if condition is None else {"Condition": condition}
        return {"Type": kind, "Properties": properties, **under}

    def made(self, kind: str, properties: dict[str, Any]) -> Made:
        """Return what is made of it: first of all the resource that has its logical id.

        Args:
            kind: The type of that one.
            properties: Its properties.

        Returns:
            What is made, to which more can be added.
        """
        kept = {key: value for key, value in self.resource.items() if key == "Metadata"}
        return Made({self.logical_id: {**self.like(kind, properties), **kept}})


def or_else(value: Any, made: Any) -> Any:
    """Return what a resource says, or what SAM makes where it says nothing.

    Args:
        value: What it says; a condition may choose between something and nothing.
        made: What SAM makes.

    Returns:
        The one or the other, with the condition where there is one.
    """
    match value:
        case None | {"Ref": "AWS::NoValue"}:
            return made
        case {"Fn::If": [condition, first, second]}:
            return {"Fn::If": [condition, or_else(first, made), or_else(second, made)]}
    return value


def merged(shared: Any, own: Any) -> Any:
    """Return a property of `Globals` with that of a resource: objects and lists are joined.

    Args:
        shared: What all resources of the type have.
        own: What the one resource has.

    Returns:
        Both; where they contradict each other, what the resource has.
    """
    if isinstance(shared, dict) and isinstance(own, dict):
        # A function of CloudFormation is no object to add to.
        if any(key == "Ref" or key.startswith("Fn::") for key in (*shared, *own)):
            return own
        both = {key: merged(shared[key], own[key]) for key in shared.keys() & own.keys()}
        return {**shared, **own, **both}
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    return own
