"""Pays one order: charges the card at the payment API, through the relay, and marks the order."""

import os
from typing import Any

import boto3
import egress_relay

URL = "https://api.payments.example/v1/charges"
# What the payment API says of a charge, and what the order becomes.
STATUS = {"succeeded": "paid", "pending": "pending", "failed": "open"}

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Pay the order `event["order_id"]`, and return what it is now and, if it is unpaid, why."""
    order_id = event["order_id"]
    order = table.get_item(Key={"order_id": order_id}).get("Item")
    if order is None:
        return {"order_id": order_id, "status": None, "reason": "there is no such order"}
    if order["status"] == "paid":
        return {"order_id": order_id, "status": "paid"}
    try:
        answer = ask(order) if order["status"] == "pending" else charge(order)
    except egress_relay.RelayError as error:
        # Nobody knows whether a call that broke was carried out; the key of the order makes the
        # next try safe.
        return {"order_id": order_id, "status": order["status"], "reason": error.code}
    if not answer.ok:
        reason = f"the payment API answers {answer.status}"
        return {"order_id": order_id, "status": order["status"], "reason": reason}
    return mark(order, answer.json())


def charge(order: dict[str, Any]) -> egress_relay.RelayResponse:
    """Charge the card. The relay adds the API's key, and refuses what the route does not allow."""
    body = {
        "amount": int(order["amount"]),
        "currency": order["currency"],
        "card": order["card"],
    }
    # The order's own id: however often this is called, the card is charged once.
    headers = {"idempotency-key": order["order_id"]}
    return egress_relay.call("POST", URL, headers=headers, json=body)


def ask(order: dict[str, Any]) -> egress_relay.RelayResponse:
    """Ask what became of a charge."""
    return egress_relay.call("GET", f"{URL}/{order['charge_id']}")


def mark(order: dict[str, Any], charged: dict[str, Any]) -> dict[str, Any]:
    """Write down what the payment API said."""
    status = STATUS.get(charged["status"], "pending")
    table.update_item(
        Key={"order_id": order["order_id"]},
        UpdateExpression="SET #status = :status, charge_id = :charge_id",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": status, ":charge_id": charged["id"]},
    )
    return {"order_id": order["order_id"], "status": status, "charge_id": charged["id"]}
