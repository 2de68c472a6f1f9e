"""The companion stack, which is deployed before the stack whose code it serves to sign."""

from typing import cast

import aws_cdk as cdk
import jsii
from constructs import Construct, IConstruct

from ..errors import InvalidInputError
from .naming import companion_stack_name
from .stacks import Surroundings, asset_door

__all__ = ["make_companion"]


def make_companion(
    scope: Construct,
    where: Surroundings,
    *,
    env: cdk.Environment | None,
    synthesizer: cdk.IStackSynthesizer | None,
) -> cdk.Stack:
    """Make the stack beside the one that the baseline is in, as `EdgeFunction` of the CDK does.

    It follows that stack: account and region, synthesizer, tags and termination protection. It
    is not below it in the tree: what the app does to every resource of its stack (a log bucket
    for each bucket, say) could make the companion depend on the stack that waits for it.

    Args:
        scope: What the baseline is in.
        where: Where the baseline is.
        env: Account and region, or `None` for those of the stack around.
        synthesizer: How it is deployed, or `None` for the way of the stack around.

    Returns:
        The stack.

    Raises:
        InvalidInputError: Where its name is taken, or the synthesizer cannot be followed.

    Example:
        ```python
        from constructs import Construct

        from secure_lambda_constructs.signing.companion import make_companion
        from secure_lambda_constructs.signing.stacks import surroundings

        where = surroundings(Construct(stack, "Signing"))
        companion = make_companion(stack, where, env=None, synthesizer=None)
        assert companion.stack_name == "Example-Signing"
        ```
    """
    parent = where.stack
    path = "-".join(where.path)
    if parent is None:
        stack_id, neighbourhood = f"{where.path[-1]}-Stack", scope
        stack_name = _name_without_parent(where, stack_id)
    else:
        neighbourhood = cast(Construct, parent.node.scope)
        stack_id = f"{parent.node.id}-{path}"
        stack_name = companion_stack_name(f"{parent.stack_name}-{path}")
        env = env or cdk.Environment(account=parent.account, region=parent.region)
        synthesizer = synthesizer or _synthesizer_like(parent)
    if neighbourhood.node.try_find_child(stack_id) is not None:
        raise InvalidInputError(
            f"the companion stack cannot be named {stack_id}, because there is something of that "
            "name already: give the SigningBaseline another id"
        )
    companion = cdk.Stack(
        neighbourhood,
        stack_id,
        stack_name=stack_name,
        env=env,
        synthesizer=synthesizer,
        description="Signing profile, staging bucket and code signing configuration for AWS Lambda",
    )
    if parent is not None:
        cdk.Aspects.of(companion).add(_Following(companion, parent))
    return companion


def _name_without_parent(where: Surroundings, stack_id: str) -> str | None:
    # The CDK's own name, save where that would be refused: directly below the app or a stage it
    # is made of the ids as they are, deeper down of their letters and digits.
    if len(where.path) > 1:
        return None
    stage = where.stage.stage_name
    natural = f"{stage}-{stack_id}" if stage else stack_id
    return companion_stack_name(natural)


@jsii.implements(cdk.IAspect)
class _Following:
    # Tags may be added to a stack until the app is synthesized.

    def __init__(self, companion: cdk.Stack, parent: cdk.Stack) -> None:
        self._companion = companion
        self._parent = parent

    def visit(self, node: IConstruct) -> None:
        """Take over the tags and the termination protection of the stack around."""
        if node is not self._companion:
            return
        own = self._companion.tags.tag_values()
        for name, value in self._parent.tags.tag_values().items():
            if name not in own:
                self._companion.tags.set_tag(name, value)
        if self._parent.termination_protection:
            self._companion.termination_protection = True


def _synthesizer_like(parent: cdk.Stack) -> cdk.IStackSynthesizer | None:
    # Never the same object: a synthesizer that several stacks share lists the assets of all in
    # the manifest of each (https://github.com/aws/aws-cdk/issues/29071), so the companion would
    # have to publish signed code before the profile that signs it exists.
    door = asset_door(parent)
    qualifier, lookup_role = door.bootstrap_qualifier, door.lookup_role
    if qualifier is None:
        return None  # of another kind, which tells nothing of itself: the app's default
    if lookup_role is None:
        return cdk.CliCredentialsStackSynthesizer(qualifier=qualifier)
    if f":role/cdk-{qualifier}-lookup-role-" not in lookup_role:
        raise InvalidInputError(
            f"stack {parent.node.path} has a synthesizer with roles of its own, which the "
            "companion stack cannot know: give the SigningBaseline a synthesizer=, a new object "
            "with the same settings"
        )
    return cdk.DefaultStackSynthesizer(qualifier=qualifier)
