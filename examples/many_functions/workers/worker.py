"""Notes on an order what happened to it; EVENT is what this worker is for."""

import json
import os
from importlib import import_module
from typing import Any

# In the layer, which is not there when this file is looked at alone.
shop = import_module("shop")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take messages of the queue; those that failed are delivered again."""
    failed = []
    for record in event["Records"]:
        try:
            shop.table.update_item(
                Key=shop.key(json.loads(record["body"])),
                UpdateExpression="SET #status = :status",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":status": os.environ["EVENT"].lower()},
                ConditionExpression="attribute_exists(customer)",
            )
        except Exception as error:
            # The name of the error only: a log is no place for the data.
            print(f"{record['messageId']} failed: {type(error).__name__}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
