"""Asks the evaluator each distinct question once.

An app has hundreds of functions, and many of them have equal policies. Two requests are the same
question when no policy that decides them tells them apart: what no policy names, such as the ARN of
the function that calls, is left out of the comparison.
"""

import json
import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .chosen_keys import Asker, asker, without_chosen_keys
from .questions import Decision, Evaluator, Question

__all__ = ["Decisions"]

_NAME = re.compile(r"[a-z0-9-]+:[a-z0-9_./+=@-]+")
_ANYBODY = re.compile(r'"Principal": "\*"')

# What a service calls as well what all have a name for.
_OWN_NAMES = {
    "kms:CallerAccount": "aws:PrincipalAccount",
    "s3:ResourceAccount": "aws:ResourceAccount",
}

Document = dict[str, Any]
_Documents = tuple[Document, ...]
# A number for the text, the condition keys it may name, and whether it tells principals apart.
_Entry = tuple[int, frozenset[str], bool]
# The same for all policies that decide a question.
_Policies = tuple[int, frozenset[str], bool]


class Decisions:
    """The decisions on one app's questions."""

    def __init__(self, evaluator: Evaluator) -> None:
        """Ask `evaluator` what has not been asked yet."""
        self._evaluator = evaluator
        self._known: dict[tuple[Any, ...], Decision] = {}
        self._texts: dict[str, _Entry] = {}
        self._numbers: dict[tuple[Any, ...], int] = {}
        # By the identity of what is compared, which is kept so that nothing else gets its number.
        self._entries: dict[int, tuple[Document, _Entry]] = {}
        self._policies: dict[tuple[int, ...], tuple[tuple[Any, ...], _Policies]] = {}
        self._chosen: dict[tuple[int, Asker], tuple[Document, Document]] = {}
        self._all_chosen: dict[tuple[int, Asker], tuple[_Documents, _Documents]] = {}
        self._contexts: dict[tuple[int, int], tuple[Mapping[str, Any], int]] = {}

    def on(self, questions: Iterable[Question]) -> list[Decision]:
        """Return the decision on each question."""
        asked = list(questions)
        keys = [self._key(question) for question in asked]
        new = {k: q for k, q in zip(keys, asked, strict=True) if k not in self._known}
        if new:
            decided = self._evaluator.decide(map(self._as_chosen, new.values()))
            self._known.update(zip(new, decided, strict=True))
        return [self._known[key] for key in keys]

    def _as_chosen(self, question: Question) -> Question:
        """Return the question with the policies as they hold for who chooses what he can."""
        who = asker(question.principal)
        _, names, _ = self._policies_of(question)
        of_service = {
            own: question.context[name]
            for own, name in _OWN_NAMES.items()
            if own.lower() in names and name in question.context
        }
        return replace(
            question,
            context={**question.context, **of_service} if of_service else question.context,
            identity=self._all_without(question.identity, who),
            boundary=self._all_without(question.boundary, who),
            resource_policy=self._without(question.resource_policy, who),
            endpoint_policy=self._without(question.endpoint_policy, who),
        )

    def _all_without(self, documents: _Documents | None, who: Asker) -> _Documents | None:
        if documents is None:
            return None
        key = (id(documents), who)
        if key not in self._all_chosen:
            made = tuple(self._without(document, who) or document for document in documents)
            same = all(map(operator.is_, made, documents))
            self._all_chosen[key] = (documents, documents if same else made)
        return self._all_chosen[key][1]

    def _without(self, document: Document | None, who: Asker) -> Document | None:
        if document is None:
            return None
        key = (id(document), who)
        if key not in self._chosen:
            self._chosen[key] = (document, without_chosen_keys(document, who))
        return self._chosen[key][1]

    def _key(self, question: Question) -> tuple[Any, ...]:
        policies, names, told = self._policies_of(question)
        principal = question.principal
        if principal is not None and not told and ":assumed-role/" in principal:
            principal = principal.partition(":assumed-role/")[0]
        return (
            question.action,
            question.resource,
            question.account,
            principal,
            policies,
            self._context_of(question, policies, names),
        )

    def _policies_of(self, question: Question) -> _Policies:
        sides = (
            question.identity,
            question.boundary,
            question.resource_policy,
            question.endpoint_policy,
        )
        key = tuple(map(id, sides))
        if key not in self._policies:
            entries = [
                None
                if side is None
                else [self._entry(d) for d in (side if isinstance(side, tuple) else (side,))]
                for side in sides
            ]
            found = [entry for side in entries for entry in side or ()]
            numbers = tuple(None if e is None else tuple(n for n, _, _ in e) for e in entries)
            names: frozenset[str] = frozenset().union(*(names for _, names, _ in found))
            made = (self._number(numbers), names, any(told for _, _, told in found))
            self._policies[key] = (sides, made)
        return self._policies[key][1]

    def _context_of(self, question: Question, policies: int, names: frozenset[str]) -> int:
        context = question.context
        key = (id(context), policies)
        if key not in self._contexts:
            relevant = tuple(
                (name, tuple(value) if isinstance(value, list) else value)
                for name, value in context.items()
                if name.lower() in names
            )
            self._contexts[key] = (context, self._number(relevant))
        return self._contexts[key][1]

    def _entry(self, document: Document) -> _Entry:
        held = self._entries.get(id(document))
        if held is None:
            text = json.dumps(document, sort_keys=True, default=repr)
            entry = self._texts.get(text)
            if entry is None:
                names = frozenset(_NAME.findall(text.lower()))
                same = [name.lower() for own, name in _OWN_NAMES.items() if own.lower() in names]
                names = names.union(same)
                named = text.count('Principal": ') != len(_ANYBODY.findall(text))
                entry = self._texts[text] = (len(self._texts), names, named)
            held = self._entries[id(document)] = (document, entry)
        return held[1]

    def _number(self, part: tuple[Any, ...]) -> int:
        return self._numbers.setdefault(part, len(self._numbers))
