"""What our resource types have in common.

AWS's own resource schemas (cfn-lint, which LocalStack installs, ships them) say which properties
exist, which force a replacement and which identify a resource. A property that the stand-in would
drop is refused by name instead.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from importlib import resources
from typing import Any, ClassVar

from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

__all__ = ["Model", "OurProvider", "aws_schema", "tag_changes", "tags_as_dict"]

Model = dict[str, Any]


class PropertyError(Exception):
    """A property that AWS does not have or that the stand-in would drop."""


@functools.cache
def aws_schema(resource_type: str) -> dict[str, Any]:
    """AWS's schema of a resource type, as CloudFormation publishes it.

    Example:
        >>> aws_schema("AWS::Signer::SigningProfile")["primaryIdentifier"]
        ['/properties/Arn']
    """
    name = resource_type.lower().replace("::", "-") + ".json"
    folder = resources.files("cfnlint.data.schemas.providers") / "us_east_1"
    schema: dict[str, Any] = json.loads((folder / name).read_text())
    return schema


class OurProvider(ResourceProvider):
    """A resource type; subclasses say what they support and make, change and remove it.

    ``_make`` and ``_change`` get the wanted properties and return the whole model, read-only
    properties included. An exception fails the resource with its message.
    """

    TYPE: ClassVar[str]
    SUPPORTED: ClassVar[frozenset[str]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "TYPE" in cls.__dict__:
            cls.SCHEMA = aws_schema(cls.TYPE)

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Makes the resource."""
        wanted = self._wanted(request.desired_state)
        return _done(self._make(request, wanted))

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Changes the resource in place."""
        wanted = self._wanted(request.desired_state)
        return _done(self._change(request, request.previous_state, wanted))

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Removes the resource."""
        self._remove(request, request.previous_state)
        return _done({})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        raise NotImplementedError

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        raise NotImplementedError

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        raise NotImplementedError

    def _wanted(self, properties: Model) -> Model:
        """The properties without the read-only ones; refuses what would be dropped."""
        schema = self.SCHEMA
        read_only = {
            each.removeprefix("/properties/") for each in schema.get("readOnlyProperties") or []
        } - self.SUPPORTED
        wanted = {key: value for key, value in properties.items() if key not in read_only}
        unknown = wanted.keys() - schema["properties"].keys()
        if unknown:
            raise PropertyError(
                f"extraneous key [{', '.join(sorted(unknown))}] is not permitted: "
                f"{self.TYPE} has no such property"
            )
        dropped = wanted.keys() - self.SUPPORTED
        if dropped:
            raise PropertyError(
                f"the local AWS stand-in does not support {', '.join(sorted(dropped))} "
                f"of {self.TYPE}"
            )
        missing = set(schema.get("required") or []) - wanted.keys()
        if missing:
            raise PropertyError(f"required key [{', '.join(sorted(missing))}] not found")
        return copy.deepcopy(wanted)

    @staticmethod
    def _name(request: ResourceRequest, limit: int = 64) -> str:
        """A name as CloudFormation makes it where the template gives none."""
        return str(generate_default_name(request.stack_name, request.logical_resource_id))[-limit:]


def tags_as_dict(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """A list of tags as a dictionary."""
    return {each["Key"]: each["Value"] for each in tags or []}


def tag_changes(
    before: Model,
    wanted: Model,
    *,
    add: Callable[[dict[str, str]], object],
    remove: Callable[[list[str]], object],
) -> None:
    """Applies the difference between two resources' ``Tags``."""
    old, new = tags_as_dict(before.get("Tags")), tags_as_dict(wanted.get("Tags"))
    gone = sorted(old.keys() - new.keys())
    if gone:
        remove(gone)
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    if changed:
        add(changed)


def _done(model: Model) -> ProgressEvent:
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)
