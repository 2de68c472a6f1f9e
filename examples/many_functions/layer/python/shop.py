"""What all functions of the shop share: the table, and how an order is shown."""

import os
from decimal import Decimal
from typing import Any

import boto3

__all__ = ["key", "shown", "table"]

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def key(event: dict[str, Any]) -> dict[str, str]:
    """Return the key of the order that an event is about."""
    return {"customer": event["customer"], "order": event["order"]}


def shown(item: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an item with its numbers as JSON knows them."""
    if item is None:
        return None
    return {name: int(v) if isinstance(v, Decimal) else v for name, v in item.items()}
