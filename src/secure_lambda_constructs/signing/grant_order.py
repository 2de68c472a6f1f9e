"""Rights to sign that would arrive only after the signing, and a warning about them.

Code is signed while it is published, which is before its stack is deployed. A policy in that
very stack is too late: whoever signs has no right yet, and the first deployment fails.
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from .stacks import surroundings

__all__ = ["GrantOrder"]

_WARNING = "secure-lambda-constructs:rightsToSignTooLate"


class GrantOrder:
    """Compares the stacks of granted policies with the stacks of signed code; a baseline has one.

    Grants and functions come in any order, so each is compared with those before it.

    Example:
        ```python
        from secure_lambda_constructs.signing.grant_order import GrantOrder

        role = iam.Role.from_role_arn(stack, "Pipeline", "arn:aws:iam::111122223333:role/pipeline")
        order = GrantOrder("write iam.Role.from_role_arn(signing.stack, ...)")
        order.signs_for(stack)
        order.granted(role)
        ```
    """

    def __init__(self, advice: str) -> None:
        """Set up.

        Args:
            advice: What to write instead, for the warning.
        """
        self._advice = advice
        self._signed: set[str] = set()
        self._policies: dict[str, list[Construct]] = {}

    def granted(self, grantee: iam.IGrantable) -> None:
        """Take notice of a principal that may sign.

        Args:
            grantee: The principal, with the rights in its policies already.
        """
        for policy in _policies(grantee):
            # A policy is a resource, so it is in a stack.
            stack = surroundings(policy).stack or cdk.Stack.of(policy)
            address = stack.node.addr
            self._policies.setdefault(address, []).append(policy)
            if address in self._signed:
                self._warn(policy, stack)

    def signs_for(self, stack: cdk.Stack) -> None:
        """Take notice of a stack whose code is signed.

        Args:
            stack: The stack, top-level.
        """
        address = stack.node.addr
        if address not in self._signed:
            self._signed.add(address)
            for policy in self._policies.get(address, []):
                self._warn(policy, stack)

    def _warn(self, policy: Construct, stack: cdk.Stack) -> None:
        path = stack.node.path
        cdk.Annotations.of(policy).add_warning_v2(
            _WARNING,
            f"the right to sign code of the stack {path} is granted in that same stack, so it "
            f"comes too late: code is signed before its stack is deployed; {self._advice}",
        )


def _policies(grantee: iam.IGrantable) -> list[Construct]:
    # A managed policy can be granted rights too; its principal stands for no construct.
    if isinstance(grantee, iam.Policy | iam.ManagedPolicy):
        return [grantee]
    # An imported role is no `Construct` for Python, but has a node. One without a policy below it
    # gets its rights elsewhere: it may not be changed, or is of another account.
    node = getattr(grantee.grant_principal, "node", None)
    children = node.children if node is not None else []
    return [child for child in children if isinstance(child, iam.Policy)]
