"""What the managed policies of AWS allow that functions and their surroundings commonly have."""

from functools import cache
from pathlib import Path

__all__ = ["managed_actions"]

_LIST = Path(__file__).with_name("managed_policies.txt")


def managed_actions(name: str) -> list[str] | None:
    """Return what a managed policy of AWS allows, on some resources at least.

    Args:
        name: Its name with its path, such as `service-role/AWSLambdaBasicExecutionRole`.

    Returns:
        The actions; None for a policy that is not known here, which may allow everything.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.managed_policies import managed_actions

        assert managed_actions("AmazonSQSFullAccess") == ["sqs:*"]
        assert managed_actions("AdministratorAccess") is None
        ```
    """
    lines = _policies().get(name)
    if lines is None:
        return None
    parts = [line.split(": ") for line in lines]
    return [f"{service}:{action}" for service, actions in parts for action in actions.split()]


@cache
def _policies() -> dict[str, list[str]]:
    # The first block says what the file is.
    _, *blocks = _LIST.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    parts = [block.split("\n  ") for block in blocks]
    return {name: lines for name, *lines in parts}
