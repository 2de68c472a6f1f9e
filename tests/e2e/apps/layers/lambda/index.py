"""A function that needs both layers."""

from importlib import import_module


def handler(_event: object, _context: object) -> list[str]:
    """Return what the layers say."""
    return [import_module(name).NAME for name in ("own_layer", "vendor_layer")]
