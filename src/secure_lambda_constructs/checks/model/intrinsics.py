"""Resolves the intrinsic functions of CloudFormation to plain values."""

import base64
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .loops import has_loops, unrolled
from .partitions import in_one_partition
from .values import NoValue, Unknown, as_text, unknowns

__all__ = ["Resolver", "Scope"]

_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]+)\}")


# How much of an argument a reason shows.
_SHOWN = 40

# What a function that is not written as CloudFormation takes it makes Python say.
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Scope(Protocol):
    """What the functions refer to: the stack that the value is written in."""

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The `Mappings` of the template."""

    @property
    def region(self) -> str:
        """The region that the stack is deployed to."""

    def ref(self, name: str) -> Any:
        """Resolve `Ref`.

        Args:
            name: A pseudo parameter, a parameter or a resource.

        Returns:
            Its value.
        """

    def get_attribute(self, logical_id: str, name: str) -> Any:
        """Resolve `Fn::GetAtt`.

        Args:
            logical_id: The resource.
            name: The attribute.

        Returns:
            Its value.
        """

    def import_value(self, name: str) -> Any:
        """Resolve `Fn::ImportValue`.

        Args:
            name: The name of the export.

        Returns:
            Its value.
        """

    def stack_output(self, stack: str, name: str, region: str | None) -> Any:
        """Resolve `Fn::GetStackOutput`.

        Args:
            stack: The name or the ARN of the stack.
            name: The logical id of the output.
            region: The region of the stack, where it is another one.

        Returns:
            Its value.
        """

    def condition(self, name: str) -> bool | Unknown:
        """Tell whether a condition of the template holds.

        Args:
            name: The condition.

        Returns:
            Whether it does, Unknown where nobody can tell.
        """


class Resolver:
    """Resolves values written in one template."""

    def __init__(self, scope: Scope) -> None:
        """Resolve values of one stack.

        Args:
            scope: What the functions refer to.
        """
        self._scope = scope
        self._region = scope.region
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Condition": self._scope.condition,
            "Fn::And": self._and,
            "Fn::Base64": self._base64,
            "Fn::Cidr": self._cidr,
            "Fn::Equals": self._equals,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": self._get_zones,
            "Fn::GetAtt": self._get_att,
            "Fn::GetStackOutput": self._get_stack_output,
            "Fn::If": self._if,
            "Fn::ImportValue": lambda name: self._known(name, self._scope.import_value),
            "Fn::Join": self._join,
            "Fn::Length": self._length,
            "Fn::Not": self._not,
            "Fn::Or": self._or,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": self._to_json,
            "Ref": self._ref,
        }

    def resolve(self, value: Any) -> Any:
        """Return a value without intrinsic functions.

        Args:
            value: It, as a template has it.

        Returns:
            The plain value, with an Unknown in each place that nobody can tell.
        """
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            items = [self.resolve(item) for item in value]
            return [item for item in items if not isinstance(item, NoValue)]
        return (
            self._text(in_one_partition(value, self._region)) if isinstance(value, str) else value
        )

    def _text(self, text: str) -> str | Unknown:
        return Unknown(f"{text} is read at deployment") if "{{resolve:" in text else text

    def _object(self, value: dict[str, Any]) -> Any:
        if len(value) == 1:
            (name, argument), *_ = value.items()
            # A policy has "Condition" keys of its own, with an object as their value.
            if name in self._functions and (name != "Condition" or isinstance(argument, str)):
                try:
                    return self._functions[name](argument)
                except _MALFORMED:
                    return Unknown(f"{name} of {_shown(argument)} is not what CloudFormation takes")
        if has_loops(value):
            made = unrolled(value, self.resolve)
            return made if isinstance(made, Unknown) else self.resolve(made)
        # A macro may change all that stands beside it.
        unheard = next((key for key in value if key.startswith("Fn::")), None)
        if unheard is not None:
            return Unknown(f"nobody can tell what {unheard} returns")
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {k: v for k, v in resolved.items() if not isinstance(v, NoValue)}

    def _known(self, value: Any, function: Callable[[str], Any]) -> Any:
        resolved = self.resolve(value)
        return resolved if isinstance(resolved, Unknown) else function(str(resolved))

    def _ref(self, argument: Any) -> Any:
        name = self.resolve(argument)
        return name if isinstance(name, Unknown) else self._scope.ref(name)

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        # The transform AWS::LanguageExtensions lets functions make both.
        logical_id, name = (self.resolve(part) for part in parts)
        if isinstance(logical_id, Unknown) or isinstance(name, Unknown):
            return logical_id if isinstance(logical_id, Unknown) else name
        return self._scope.get_attribute(logical_id, name)

    def _get_stack_output(self, argument: Any) -> Any:
        resolved = self.resolve(argument)
        if not isinstance(resolved, dict):
            return Unknown("nobody can tell which stack Fn::GetStackOutput reads")
        stack, name = resolved.get("StackName"), resolved.get("OutputName")
        region = resolved.get("Region")
        if not (isinstance(stack, str) and isinstance(name, str)) or isinstance(region, Unknown):
            return Unknown("nobody can tell which stack Fn::GetStackOutput reads")
        return self._scope.stack_output(stack, name, region)

    def _join(self, argument: Any) -> Any:
        delimiter, parts = argument[0], self.resolve(argument[1])
        return _lost(parts) or delimiter.join(as_text(part) for part in parts)

    def _split(self, argument: Any) -> Any:
        text = self.resolve(argument[1])
        return text if isinstance(text, Unknown) else str(text).split(argument[0])

    def _select(self, argument: Any) -> Any:
        index, items = self.resolve(argument[0]), self.resolve(argument[1])
        if isinstance(items, Unknown) or isinstance(index, Unknown):
            return items if isinstance(items, Unknown) else index
        position = int(index)
        if not isinstance(items, list) or not 0 <= position < len(items):
            return Unknown(f"Fn::Select finds no element {position}")
        return items[position]

    def _sub(self, argument: Any) -> Any:
        text, given = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
        lost: list[Unknown] = []

        def replace(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return "${" + match[2] + "}"
            if name in given:
                value = self.resolve(given[name])
            elif "." in name:
                value = self._get_att(name)
            else:
                value = self._scope.ref(name)
            if isinstance(value, Unknown | NoValue | list | dict):
                lost.append(
                    value
                    if isinstance(value, Unknown)
                    else Unknown(f"{name} in Fn::Sub is no text")
                )
                return ""
            return as_text(value)

        # What is filled in has been read before.
        result = _SUBSTITUTION.sub(replace, in_one_partition(text, self._region))
        return lost[0] if lost else self._text(result)

    def _find_in_map(self, argument: Any) -> Any:
        table, first, second, *rest = (self.resolve(item) for item in argument)
        lost = next((key for key in (table, first, second) if isinstance(key, Unknown)), None)
        if lost is not None:
            return lost
        mappings = self._scope.mappings
        place = mappings.get(table, {})
        if "Fn::Transform" in {**mappings, **place, **place.get(first, {})}:
            return Unknown(f"a macro makes the mapping {table}")
        found = place.get(as_text(first), {}).get(as_text(second))
        if found is not None:
            return self.resolve(found)
        if rest and isinstance(rest[0], dict) and "DefaultValue" in rest[0]:
            return rest[0]["DefaultValue"]
        return Unknown(f"the mapping {table} has no {first} {second}")

    def _base64(self, argument: Any) -> Any:
        text = self.resolve(argument)
        if isinstance(text, Unknown):
            return text
        return base64.b64encode(as_text(text).encode()).decode()

    def _cidr(self, argument: Any) -> Any:
        block, count, *rest = (self.resolve(item) for item in argument)
        lost = next((part for part in (block, count, *rest) if isinstance(part, Unknown)), None)
        if lost is not None:
            return lost
        # A number would be taken for an address.
        network = ipaddress.ip_network(as_text(block))
        bits = int(rest[0]) if rest else 8
        subnets = network.subnets(new_prefix=network.max_prefixlen - bits)
        return [str(subnet) for subnet in itertools.islice(subnets, int(count))]

    def _get_zones(self, argument: Any) -> Any:
        region = self.resolve(argument) or self._scope.region
        return region if isinstance(region, Unknown) else [f"{region}{letter}" for letter in "abc"]

    def _length(self, argument: Any) -> Any:
        items = self.resolve(argument)
        return items if isinstance(items, Unknown) else len(items)

    def _to_json(self, argument: Any) -> Any:
        value = self.resolve(argument)
        return next(unknowns(value), None) or json.dumps(value, separators=(",", ":"))

    def _if(self, argument: Any) -> Any:
        name, yes, no = argument
        holds = self._scope.condition(name)
        if not isinstance(holds, Unknown):
            return self.resolve(yes if holds else no)
        # Both may be meant; only if they are the same, it does not matter which.
        either, other = self.resolve(yes), self.resolve(no)
        return either if either == other and not any(unknowns(either)) else holds

    def _equals(self, argument: Any) -> bool | Unknown:
        left, right = self.resolve(argument[0]), self.resolve(argument[1])
        for side in (left, right):
            for unknown in unknowns(side):
                return unknown
        return as_text(left) == as_text(right)

    def _and(self, argument: Any) -> bool | Unknown:
        values = [self.resolve(item) for item in argument]
        if any(value is False for value in values):
            return False
        return next((v for v in values if isinstance(v, Unknown)), True)

    def _or(self, argument: Any) -> bool | Unknown:
        values = [self.resolve(item) for item in argument]
        if any(value is True for value in values):
            return True
        return next((v for v in values if isinstance(v, Unknown)), False)

    def _not(self, argument: Any) -> bool | Unknown:
        value = self.resolve(argument[0])
        return value if isinstance(value, Unknown) else not value


def _shown(argument: Any) -> str:
    text = repr(argument)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _lost(parts: Any) -> Unknown | None:
    """Return the Unknown that keeps `parts` from being joined to a string."""
    if not isinstance(parts, list):
        return parts if isinstance(parts, Unknown) else Unknown("Fn::Join has no list to join")
    for part in parts:
        if isinstance(part, Unknown):
            return part
        if isinstance(part, NoValue | list | dict):
            return Unknown("Fn::Join has a part that is no text")
    return None
