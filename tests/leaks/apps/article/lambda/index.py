"""Reads one user by id from the table named by TABLE_NAME."""

import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], context: object) -> Any:
    """Return the row of `event["user_id"]`."""
    return table.get_item(Key={"user_id": event["user_id"]}).get("Item")
