def handler(event: object, context: object) -> object:
    return {"echo": event}
