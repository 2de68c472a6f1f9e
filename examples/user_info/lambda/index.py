"""Reads one user by id from the table named by TABLE_NAME."""

import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the row of `event["user_id"]`, or say that there is none."""
    user_id = event["user_id"]
    item = table.get_item(Key={"user_id": user_id}).get("Item")
    if item is None:
        return {"found": False, "user_id": user_id}
    return {"found": True, "user": item}
