"""Reads one order by id from the table named by TABLE_NAME."""

import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the order of `event["order_id"]`, or that there is none."""
    item = table.get_item(Key={"order_id": event["order_id"]}).get("Item")
    return {"found": item is not None, "order": item}
