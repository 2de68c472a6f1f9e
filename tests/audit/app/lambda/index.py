"""Greets."""

from typing import Any


def handler(event: dict[str, Any], context: object) -> str:
    return "hello"
