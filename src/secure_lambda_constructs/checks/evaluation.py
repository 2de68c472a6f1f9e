"""Which evaluator decides what policies allow, where nobody says otherwise."""

from collections.abc import Iterable
from typing import Any

from .evaluator import CompiledPolicies, PolicySet, Request
from .known_actions import KnownActions
from .leaks.questions import ALLOW_ALL, Decision, Evaluator, KnownAction, Question

__all__ = ["PolicyEvaluator", "default_evaluator"]

# The policy of a resource that is anybody's: the other policies decide.
_OPEN_TO_ALL: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
# So many sets of policies are kept, read.
_MOST_KEPT = 4096

_Documents = tuple[dict[str, Any], ...]


class PolicyEvaluator:
    """Answers the questions of the checks with the library's own evaluation of policies.

    It needs neither Node.js nor a network, and says of everything that nobody can tell that it is
    allowed.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluation import PolicyEvaluator
        from secure_lambda_constructs.checks.leaks.questions import Decision, Question

        question = Question(
            label="anybody",
            action="s3:GetObject",
            resource="arn:aws:s3:::data/report.csv",
            context={},
            principal=None,
            resource_policy={"Version": "2012-10-17", "Statement": []},
        )
        assert PolicyEvaluator().decide([question]) == [Decision.DENIED]
        ```
    """

    def __init__(self) -> None:
        self._actions = KnownActions()
        # By the identities of the documents, which are kept so that no others get them.
        self._compiled: dict[tuple[Any, ...], tuple[CompiledPolicies, Question]] = {}

    def decide(self, questions: Iterable[Question]) -> list[Decision]:
        """Decide on each question.

        Args:
            questions: The questions.

        Returns:
            A decision for each; never `UNKNOWN`, as what is unknown is open.
        """
        return [self._decide(question) for question in questions]

    def expand(self, pattern: str) -> list[KnownAction]:
        """Return the IAM actions that match a pattern.

        Args:
            pattern: An action as a policy names it, such as `dynamodb:Get*`, or `*` for all.

        Returns:
            The actions that AWS documents.
        """
        return self._actions.expand(pattern)

    def _decide(self, question: Question) -> Decision:
        request = Request(
            principal=question.principal,
            action=question.action,
            resource=question.resource,
            context=question.context,
            account=question.account,
        )
        return Decision(self._policies(question).decide(request).value)

    def _policies(self, question: Question) -> CompiledPolicies:
        key = (
            _identities(question.identity),
            _identities(question.boundary),
            id(question.resource_policy),
            id(question.endpoint_policy),
        )
        if key not in self._compiled:
            if len(self._compiled) >= _MOST_KEPT:
                self._compiled.clear()
            policies = PolicySet(
                identity=(ALLOW_ALL,) if question.identity is None else question.identity,
                boundary=question.boundary,
                resource=question.resource_policy or _OPEN_TO_ALL,
                endpoint=question.endpoint_policy,
            )
            self._compiled[key] = (CompiledPolicies(policies), question)
        return self._compiled[key][0]


def _identities(documents: _Documents | None) -> tuple[int, ...] | None:
    return None if documents is None else tuple(id(document) for document in documents)


def default_evaluator() -> Evaluator:
    """Return the library's own evaluator.

    Returns:
        A new one, that keeps what it has read.
    """
    return PolicyEvaluator()
