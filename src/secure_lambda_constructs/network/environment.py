"""Whether something can be in a network: both are of one account and region."""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from aws_cdk import Stack, Token

from ..errors import InvalidInputError

if TYPE_CHECKING:
    from .members import NetworkMembers

__all__ = ["refuse_other_environment"]

# The stacks that were found to fit a network; to ask again costs time.
_fitting: "WeakKeyDictionary[NetworkMembers, WeakSet[Stack]]" = WeakKeyDictionary()


def refuse_other_environment(network: "NetworkMembers", stack: Stack, *, of: str) -> None:
    """Refuse a network that nothing of this stack can be in.

    Args:
        network: The network.
        stack: The stack.
        of: What is to use the network, such as `function`.

    Raises:
        InvalidInputError: They are of different accounts or regions, or nobody knows.
    """
    fitting = _fitting.setdefault(network, WeakSet())
    if stack in fitting:
        return
    for what, own, there in (
        ("account", stack.account, network.account),
        ("region", stack.region, network.region),
    ):
        if there == own:  # saves questions to the CDK's process
            continue
        here, wanted = (None if Token.is_unresolved(item) else item for item in (there, own))
        # One known and one unknown are different as well: the CDK refers from one stack to
        # another only where both are bound to the same environment.
        if here == wanted:
            continue
        advice = f"a stack of {wanted}" if wanted else f"its stack, or bind both to one {what}"
        raise InvalidInputError(
            f"the network {network.node.path} is in {here or f'no known {what}'} and the {of} in "
            f"{wanted or f'no known {what}'}; write an IsolatedNetwork in {advice}"
        )
    fitting.add(stack)
