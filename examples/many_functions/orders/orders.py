"""The functions of the shop's orders; each function's role permits what its handler does."""

from importlib import import_module
from typing import Any

# In the layer, which is not there when this file is looked at alone.
shop = import_module("shop")


def create(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Store a new order."""
    order = {**shop.key(event), "amount": int(event["amount"]), "status": "created"}
    shop.table.put_item(Item=order, ConditionExpression="attribute_not_exists(customer)")
    return order


def get(event: dict[str, Any], context: object) -> Any:
    """Return an order, or null."""
    return shop.shown(shop.table.get_item(Key=shop.key(event)).get("Item"))


def find(event: dict[str, Any], context: object) -> Any:
    """Return all orders of a customer."""
    found = shop.table.query(
        KeyConditionExpression="customer = :customer",
        ExpressionAttributeValues={":customer": event["customer"]},
    )
    return [shop.shown(item) for item in found["Items"]]


def change(event: dict[str, Any], context: object) -> Any:
    """Change the amount of an order."""
    changed = shop.table.update_item(
        Key=shop.key(event),
        UpdateExpression="SET amount = :amount",
        ExpressionAttributeValues={":amount": int(event["amount"])},
        ReturnValues="ALL_NEW",
    )
    return shop.shown(changed["Attributes"])


def cancel(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Remove an order."""
    shop.table.delete_item(Key=shop.key(event))
    return {"cancelled": True}


def count(event: dict[str, Any], context: object) -> dict[str, int]:
    """Count all orders."""
    return {"orders": shop.table.scan(Select="COUNT")["Count"]}
