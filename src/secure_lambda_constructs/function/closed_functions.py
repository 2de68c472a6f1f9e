"""The checks of all functions of a network, made together when the app synthesizes.

Each question to the CDK's process takes time, so it is asked once for all functions of a stack.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import Stack
from constructs import IValidation

from ..network.app_tree import AppTree
from ..network.isolated_network import IsolatedNetwork
from .closed_check import ClosedFunctionCheck

__all__ = ["ClosedFunctionsCheck"]


@jsii.implements(IValidation)
class ClosedFunctionsCheck:
    """Says what opens the functions of a network."""

    _of: ClassVar[WeakKeyDictionary[IsolatedNetwork, "ClosedFunctionsCheck"]] = WeakKeyDictionary()

    def __init__(self, network: IsolatedNetwork) -> None:
        """Begin without a function; `add` does it where need be.

        Args:
            network: The network.
        """
        self._network = network
        self._checks: list[ClosedFunctionCheck] = []

    @classmethod
    def add(cls, network: IsolatedNetwork, check: ClosedFunctionCheck) -> None:
        """Check a further function of a network.

        Args:
            network: The network.
            check: What looks at the function.
        """
        together = cls._of.get(network)
        if together is None:
            together = cls._of[network] = cls(network)
            network.node.add_validation(together)
        together._checks.append(check)

    def validate(self) -> list[str]:
        """Look at everything in the app that concerns the functions.

        Returns:
            One sentence for each thing that opens one of them.
        """
        tree = AppTree.of(self._network, self)
        of_stack: dict[Stack, list[ClosedFunctionCheck]] = {}
        for check in self._checks:
            of_stack.setdefault(check.stack, []).append(check)
        errors: list[str] = []
        for stack, checks in of_stack.items():
            errors.extend(_errors(tree, stack, checks))
        return errors


def _errors(tree: AppTree, stack: Stack, checks: Sequence[ClosedFunctionCheck]) -> Iterator[str]:
    """What opens the functions of one stack."""
    facts = stack.resolve([check.facts() for check in checks])
    concerned = tree.concerning_each(
        stack,
        [ClosedFunctionCheck.own_references(made, ref) for made, _, ref, _ in facts],
        lambda: [check.tokens(tree) for check in checks],
    )
    for check, (made, properties, _, trust), found in zip(checks, facts, concerned, strict=True):
        yield from check.errors(tree, made, properties, trust, found)
