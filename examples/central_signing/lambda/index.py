"""Says in which region it runs."""

import os


def handler(event: object, context: object) -> dict[str, object]:
    """Return the event and the region."""
    return {"region": os.environ["AWS_REGION"], "echo": event}
