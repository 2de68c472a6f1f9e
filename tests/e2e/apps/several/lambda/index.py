"""Says which function it is, with a text of the layer."""

from importlib import import_module
from typing import Any


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer."""
    return {
        "number": import_module("number").NUMBER,
        "greeting": import_module("greeting").TEXT,
    }
