"""Ids of other resources: what is there and cannot be one is Unknown, so that no check stumbles."""

from typing import Any

from .values import Unknown

__all__ = ["with_ids"]


def with_ids(name: str, value: Any) -> Any:
    """Return the value of a property with an Unknown for each id that is none.

    Args:
        name: The property; those that end with `Id` and `Ids` hold ids.
        value: Its value, resolved.

    Returns:
        The value.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.ids import with_ids
        from secure_lambda_constructs.checks.model.values import Unknown

        assert with_ids("SubnetIds", ["subnet-1", {}]) == ["subnet-1", Unknown("no id: {}")]
        ```
    """
    if name.endswith("Id"):
        return _id(value)
    if name.endswith("Ids"):
        return [_id(item) for item in value] if isinstance(value, list) else _id(value)
    if name.lower().startswith("vpc") and isinstance(value, dict):
        return {key: with_ids(key, item) for key, item in value.items()}
    return value


def _id(value: Any) -> Any:
    return Unknown(f"no id: {value}") if isinstance(value, dict | list) else value
