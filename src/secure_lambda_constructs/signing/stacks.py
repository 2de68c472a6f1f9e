"""What there is to know about the stack around a construct."""

from typing import NamedTuple, cast

import aws_cdk as cdk
from constructs import Construct, IConstruct

__all__ = ["Home", "Surroundings", "asset_door", "depend_on", "same", "surroundings"]

_DOOR = "~SignedCodeDoor"


class Surroundings(NamedTuple):
    """Where a construct is.

    Attributes:
        stage: The stage or app.
        stack: The top-level stack, or `None` where there is none; never a nested one.
        path: Ids from below the stack (or else the stage) to the construct, itself included.

    Example:
        ```python
        from secure_lambda_constructs.signing.stacks import surroundings

        stage, around, path = surroundings(stack)
        ```
    """

    stage: cdk.Stage
    stack: cdk.Stack | None
    path: tuple[str, ...]


class Home(NamedTuple):
    """The stack that makes profile and bucket.

    Attributes:
        stage: Its stage or app.
        stack: The stack itself.
        own_synthesizer: Whether it is certain to share its synthesizer with no other stack.

    Example:
        ```python
        from secure_lambda_constructs.signing.stacks import Home

        home = Home(app, stack, own_synthesizer=True)
        ```
    """

    stage: cdk.Stage
    stack: cdk.Stack
    own_synthesizer: bool


def surroundings(construct: Construct) -> Surroundings:
    """Find stage and stack of a construct.

    Args:
        construct: The construct; a stack counts as being in itself.

    Returns:
        Where it is.

    Example:
        ```python
        from secure_lambda_constructs.signing.stacks import surroundings

        assert surroundings(stack).stack is stack
        ```
    """
    # One crossing for the whole chain. `Stack.of` would take one for each question, and raise
    # where there is no stack.
    stage: cdk.Stage | None = None
    stack: cdk.Stack | None = None
    below: list[IConstruct] = []
    for scope in construct.node.scopes:
        if isinstance(scope, cdk.Stage):
            stage, stack, below = scope, None, []
        elif isinstance(scope, cdk.Stack) and not isinstance(scope, cdk.NestedStack):
            stack, below = scope, []
        else:
            below.append(scope)
    return Surroundings(
        cast(cdk.Stage, stage), stack, tuple(cast(Construct, scope).node.id for scope in below)
    )


def asset_door(stack: cdk.Stack) -> cdk.IStackSynthesizer:
    """Return a synthesizer through which assets reach a stack's asset manifest.

    `stack.synthesizer` would be the obvious one. But where the app hands a synthesizer to the
    stack or to the `App`, the CDK binds a copy of it (`reusableBind`, `Object.create`), jsii takes
    that copy for the object it was made from, and Python gets the original, which is bound to
    no stack and refuses every asset. A nested stack's synthesizer passes assets on to the right
    one inside JavaScript; so one is made, asked for its synthesizer, and taken out again.

    Args:
        stack: The stack, top-level or nested.

    Returns:
        A synthesizer for `add_file_asset`, which knows the qualifier too.

    Example:
        ```python
        from secure_lambda_constructs.signing.stacks import asset_door

        assert asset_door(stack).bootstrap_qualifier == "hnb659fds"
        ```
    """
    door = cdk.NestedStack(stack, _DOOR)
    synthesizer = door.synthesizer
    node = stack.node
    node.try_remove_child(_DOOR)
    node.try_remove_child(f"{_DOOR}.NestedStack")  # holds the AWS::CloudFormation::Stack
    return synthesizer


def depend_on(stack: cdk.Stack, target: cdk.Stack, reason: str) -> None:
    """Have a stack deployed, and its assets published, after another one.

    Args:
        stack: The stack that waits.
        target: The stack that goes first.
        reason: Why, for the CDK's messages.

    Example:
        ```python
        from secure_lambda_constructs.signing.stacks import depend_on

        depend_on(stack, cdk.Stack(app, "First"), "it goes first")
        ```
    """
    # `add_dependency` got a new name and a deprecation warning after 2.257, our oldest release.
    add = getattr(stack, "add_stack_dependency", None) or stack.add_dependency
    add(target, reason)


def same(one: Construct, other: Construct) -> bool:
    """Tell whether two Python objects stand for one construct.

    They are one object where Python has made the construct. Of what JavaScript has made, such as
    the app that `cdk.Stack()` makes for itself, jsii hands out a new object each time.

    Args:
        one: A construct.
        other: Another one, of the same app.

    Returns:
        Whether they are in the same place of the tree.

    Example:
        ```python
        from secure_lambda_constructs.signing.stacks import same

        assert same(stack, cdk.Stack.of(stack))
        ```
    """
    return one is other or one.node.addr == other.node.addr
