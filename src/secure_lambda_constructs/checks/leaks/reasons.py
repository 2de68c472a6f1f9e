"""Why a path is open: the resource that opens it, and what it does, in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..model.values import Unknown
from ..model.world import Resource

__all__ = ["Reason", "grouped", "together", "told"]


@dataclass(frozen=True)
class Reason:
    """One thing that opens a path.

    The sentence begins with its verb and is about the resource, which is named beside it: "is a
    NAT gateway in the VPC".

    Attributes:
        resource: The resource that opens the path; None where the templates have none to blame,
            and the sentence then says what it is about.
        text: What the resource does. It stays the same as long as the cause does.
        detail: An example of what that makes possible; empty where there is nothing to add.
        others: How many more there are like the example.
    """

    resource: Resource | None
    text: str
    detail: str = ""
    others: int = 0

    def __str__(self) -> str:
        """Say it in one line, without the resource."""
        more = f" (and {self.others} more)" if self.others else ""
        return f"{self.text}: {self.detail}{more}" if self.detail else self.text


def grouped(reasons: Iterable[Reason]) -> list[Reason]:
    """Return one reason for each resource and cause, in the order in which they were found.

    Args:
        reasons: What was found. Several may say the same of a resource, with different examples.

    Returns:
        The first of each, with the number of the other examples.

    Example:
        ```python
        from secure_lambda_constructs.checks.leaks.reasons import Reason, grouped

        ports = [Reason(None, "lets out to everywhere", f"port {port}") for port in (22, 80, 443)]
        assert [str(reason) for reason in grouped(ports)] == [
            "lets out to everywhere: port 22 (and 2 more)"
        ]
        ```
    """
    found: dict[tuple[Resource | None, str], dict[str, None]] = {}
    for reason in reasons:
        found.setdefault((reason.resource, reason.text), {})[reason.detail] = None
    return [
        Reason(resource, text, next(iter(details)), len(details) - 1)
        for (resource, text), details in found.items()
    ]


def together(reasons: Iterable[Reason]) -> list[Reason]:
    """Return one reason for each resource and cause of those that were grouped already.

    Args:
        reasons: What was found by looking several times; the first time counts.

    Returns:
        The first of each.
    """
    found: dict[tuple[Resource | None, str], Reason] = {}
    for reason in reasons:
        found.setdefault((reason.resource, reason.text), reason)
    return list(found.values())


def told(value: Any) -> str:
    """Return `value` as a reason says it; of an unknown one, why it is unknown."""
    return f"something unknown ({value.reason})" if isinstance(value, Unknown) else f"{value}"
