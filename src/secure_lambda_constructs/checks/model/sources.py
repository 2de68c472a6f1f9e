"""What a world is made of: templates, each with the place it is deployed to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .construct_paths import ConstructPaths

__all__ = ["DEFAULT_ACCOUNT", "DEFAULT_REGION", "Gap", "StackTemplate"]

# Where a stack without an environment is taken to be deployed.
DEFAULT_ACCOUNT = "111122223333"
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A part of the app that creates what no template tells.

    An Unknown is a value that nobody can tell; a gap is resources that nobody can tell: a macro,
    a module, a nested stack whose template is elsewhere. No leak path is surely closed beside one.

    Attributes:
        stack: The name of the stack.
        logical_id: The resource; empty where it is the template as a whole.
        construct_path: The construct's path in the app, or the place in the template.
        reason: What it is, and why nobody can tell what it creates.
    """

    stack: str
    logical_id: str
    construct_path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StackTemplate:
    """One template with the place it is deployed to.

    Attributes:
        name: What the stack is called in findings: no two stacks of a world have one name.
        account: The account; `DEFAULT_ACCOUNT` where the app leaves it open.
        region: The region; `DEFAULT_REGION` where the app leaves it open.
        template: The template, as CloudFormation takes it.
        parent: The name of the stack and the logical id of the `AWS::CloudFormation::Stack`
            resource of a nested stack, which has its parameters from there.
        stack_name: What the stack is called in AWS, where that is not `name`.
        scope: The stage that the stack is of: stages are copies of one app that may give their
            resources the same names.
        file: Where the template is.
        parameters: The values that the deployment gives to parameters.
        construct_paths: Where the CDK says which construct made a resource.
    """

    name: str
    account: str
    region: str
    template: dict[str, Any] = field(repr=False)
    parent: tuple[str, str] | None = None
    stack_name: str | None = None
    scope: str = ""
    file: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    construct_paths: ConstructPaths | None = field(default=None, repr=False)
