"""Answers with what it was asked."""


def handler(event: object, context: object) -> object:
    """Return the event."""
    return event
