"""What the flows that must work have in common: what a role is granted, and what is denied it."""

from collections.abc import Iterable, Iterator

from ..model.views import Function
from .case import Case
from .paths.requests import requests_of
from .questions import Decision, Question

__all__ = ["denied", "granted"]


def granted(case: Case, function: Function) -> list[tuple[str, str]]:
    """Return the actions and resources that the Allows of the function's role name."""
    resource = function.resource
    return requests_of(case, function.documents, region=resource.region, account=resource.account)


def denied(case: Case, questions: Iterable[Question]) -> Iterator[str]:
    """Yield each question whose answer is not a plain yes."""
    asked = list(questions)
    for question, decision in zip(asked, case.evaluator.decide(asked), strict=True):
        if decision is not Decision.ALLOWED:
            yield f"{question.label}: {question.action} is {decision.value}"
