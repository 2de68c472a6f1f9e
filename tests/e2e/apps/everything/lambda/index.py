"""Says what the layer says."""

from importlib import import_module
from typing import Any


def handler(event: Any, context: Any) -> str:
    """Answer."""
    return str(import_module("greeting").TEXT)
