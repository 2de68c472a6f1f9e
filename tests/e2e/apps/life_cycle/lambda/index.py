"""Greets whom the table knows."""

import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer with the row and a greeting."""
    row = table.get_item(Key={"id": event["id"]}).get("Item")
    return {"greeting": os.environ["GREETING"], "row": row}
