"""Resolves the intrinsic functions of CloudFormation to plain values."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .values import NoValue, Unknown

__all__ = ["Resolver", "Scope"]

_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]+)\}")


class Scope(Protocol):
    """What the functions refer to: the stack that the value is written in."""

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The `Mappings` of the template."""

    @property
    def zones(self) -> list[str]:
        """The availability zones of the region."""

    def ref(self, name: str) -> Any:
        """Resolve `Ref`: a pseudo parameter, a parameter or a resource."""

    def get_attribute(self, logical_id: str, name: str) -> Any:
        """Resolve `Fn::GetAtt`."""

    def import_value(self, name: str) -> Any:
        """Resolve `Fn::ImportValue`."""

    def stack_output(self, stack: str, name: str) -> Any:
        """Resolve `Fn::GetStackOutput`."""

    def condition(self, name: str) -> bool | Unknown:
        """Tell whether the condition `name` of the template holds."""


class Resolver:
    """Resolves values written in one template."""

    def __init__(self, scope: Scope) -> None:
        """Resolve against `scope`."""
        self._scope = scope
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Condition": self._scope.condition,
            "Fn::And": self._and,
            "Fn::Base64": self._base64,
            "Fn::Equals": self._equals,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": lambda _: list(self._scope.zones),
            "Fn::GetAtt": self._get_att,
            "Fn::GetStackOutput": self._get_stack_output,
            "Fn::If": self._if,
            "Fn::ImportValue": lambda name: self._known(name, self._scope.import_value),
            "Fn::Join": self._join,
            "Fn::Not": self._not,
            "Fn::Or": self._or,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
            "Ref": self._scope.ref,
        }

    def resolve(self, value: Any) -> Any:
        """Return `value` without intrinsic functions; what cannot be told is Unknown."""
        if isinstance(value, dict):
            if len(value) == 1:
                (name, argument), *_ = value.items()
                # A policy has "Condition" keys of its own, with an object as their value.
                if name in self._functions and (name != "Condition" or isinstance(argument, str)):
                    return self._functions[name](argument)
                if name.startswith("Fn::"):
                    return Unknown(name)
            resolved = {key: self.resolve(item) for key, item in value.items()}
            return {k: v for k, v in resolved.items() if not isinstance(v, NoValue)}
        if isinstance(value, list):
            items = [self.resolve(item) for item in value]
            return [item for item in items if not isinstance(item, NoValue)]
        if isinstance(value, str) and "{{resolve:" in value:
            return Unknown(value)
        return value

    def _known(self, value: Any, function: Callable[[str], Any]) -> Any:
        resolved = self.resolve(value)
        return resolved if isinstance(resolved, Unknown) else function(str(resolved))

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        logical_id, name = parts
        resolved = self.resolve(name)
        if isinstance(resolved, Unknown):
            return resolved
        return self._scope.get_attribute(logical_id, resolved)

    def _get_stack_output(self, argument: Any) -> Any:
        resolved = self.resolve(argument)
        if not isinstance(resolved, dict):
            return Unknown("Fn::GetStackOutput")
        stack, name = resolved.get("StackName"), resolved.get("OutputName")
        if not isinstance(stack, str) or not isinstance(name, str):
            return Unknown("Fn::GetStackOutput")
        return self._scope.stack_output(stack, name)

    def _join(self, argument: Any) -> Any:
        delimiter, parts = argument[0], self.resolve(argument[1])
        return _text(parts) or delimiter.join(str(part) for part in parts)

    def _split(self, argument: Any) -> Any:
        text = self.resolve(argument[1])
        return text if isinstance(text, Unknown) else str(text).split(argument[0])

    def _select(self, argument: Any) -> Any:
        index, items = self.resolve(argument[0]), self.resolve(argument[1])
        if not isinstance(items, list) or isinstance(index, Unknown):
            return Unknown("Fn::Select")
        position = int(index)
        return items[position] if position < len(items) else Unknown(f"Fn::Select {position}")

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
                lost.append(value if isinstance(value, Unknown) else Unknown(f"Fn::Sub {name}"))
                return ""
            return str(value)

        result = _SUBSTITUTION.sub(replace, text)
        return lost[0] if lost else self.resolve(result)

    def _find_in_map(self, argument: Any) -> Any:
        table, first, second, *rest = (self.resolve(item) for item in argument)
        if any(isinstance(key, Unknown) for key in (table, first, second)):
            return Unknown("Fn::FindInMap")
        found = self._scope.mappings.get(table, {}).get(first, {}).get(second)
        if found is not None:
            return found
        if rest and isinstance(rest[0], dict) and "DefaultValue" in rest[0]:
            return rest[0]["DefaultValue"]
        return Unknown(f"Fn::FindInMap {table} {first} {second}")

    def _base64(self, argument: Any) -> Any:
        text = self.resolve(argument)
        if isinstance(text, Unknown):
            return text
        return base64.b64encode(str(text).encode()).decode()

    def _if(self, argument: Any) -> Any:
        name, yes, no = argument
        holds = self._scope.condition(name)
        if isinstance(holds, Unknown):
            return holds
        chosen = self.resolve(yes if holds else no)
        return chosen

    def _equals(self, argument: Any) -> bool | Unknown:
        left, right = self.resolve(argument[0]), self.resolve(argument[1])
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return Unknown("Fn::Equals")
        return str(left) == str(right)

    def _and(self, argument: Any) -> bool | Unknown:
        values = [self.resolve(item) for item in argument]
        if any(value is False for value in values):
            return False
        return Unknown("Fn::And") if any(isinstance(v, Unknown) for v in values) else True

    def _or(self, argument: Any) -> bool | Unknown:
        values = [self.resolve(item) for item in argument]
        if any(value is True for value in values):
            return True
        return Unknown("Fn::Or") if any(isinstance(v, Unknown) for v in values) else False

    def _not(self, argument: Any) -> bool | Unknown:
        value = self.resolve(argument[0])
        return value if isinstance(value, Unknown) else not value


def _text(parts: Any) -> Unknown | None:
    """Return the Unknown that keeps `parts` from being joined to a string."""
    if not isinstance(parts, list):
        return parts if isinstance(parts, Unknown) else Unknown("Fn::Join")
    for part in parts:
        if isinstance(part, Unknown):
            return part
        if isinstance(part, NoValue | list | dict):
            return Unknown("Fn::Join")
    return None
