"""Boundaries under other names, as an app synthesizes them, and the catalogue under those names."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import aws_cdk as cdk

from secure_lambda_constructs import (
    BoundaryReference,
    DeveloperAssignment,
    DeveloperBoundary,
    DeveloperPermissionSet,
)

from .decisions import ACCOUNT, Call, catalogue

__all__ = ["NAMINGS", "Naming", "catalogue_of", "resolved", "synthesized"]

_GROUP = "1a2b3c4d-0000-4000-8000-1234567890ab"
_INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How a team names things.

    Attributes:
        arguments: What the boundary is made with.
        renamed: The same for the catalogue.
        environment: Account and region; none where they are known only during the deployment.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    environment: cdk.Environment | None = None


NAMINGS = {
    "default": Naming(),
    "sandbox": Naming(
        arguments={
            "developer_prefix": "sandbox-",
            "guard_tag_prefix": "platform-team:",
            "qualifier": "acme42",
            "policy_name": "TeamBoundary",
            "policy_path": "/guardrails/",
        },
        renamed={
            "dev-": "sandbox-",
            "dev/": "sandbox/",
            "lambda-governance:": "platform-team:",
            "hnb659fds": "acme42",
        },
        environment=cdk.Environment(account=ACCOUNT, region="eu-west-1"),
    ),
    "government": Naming(
        arguments={
            "developer_prefix": "play_",
            "data_path": "teams/play/",
            "without_services": ["athena", "bedrock"],
            "extra_daily_actions": [
                "athena:List*",
                "athena:GetD*",
                "bedrock:List*",
                "bedrock:GetFo*",
            ],
        },
        renamed={
            "dev-": "play_",
            "dev/": "teams/play/",
            "arn:aws:": "arn:aws-us-gov:",
            "eu-west-1": "us-gov-west-1",
        },
        environment=cdk.Environment(region="us-gov-west-1"),
    ),
}
"""The default and two others: the last in another partition, with other services."""


def catalogue_of(naming: Naming) -> list[Call]:
    """Return the catalogue under the names of a team."""
    return list(catalogue(naming.renamed))


@cache
def synthesized(name: str) -> Mapping[str, Any]:
    """Return the template of a boundary and two permission sets."""
    naming = NAMINGS[name]
    with tempfile.TemporaryDirectory() as directory:
        app = cdk.App(outdir=directory)
        stack = cdk.Stack(app, "Guardrails", env=naming.environment)
        boundary = DeveloperBoundary(stack, "Boundary", **naming.arguments)
        DeveloperPermissionSet(
            stack,
            "Developers",
            instance_arn=_INSTANCE,
            boundary=boundary,
            assignments=[DeveloperAssignment(group_id=_GROUP, accounts=[ACCOUNT, "444455556666"])],
        )
        DeveloperPermissionSet(
            stack,
            "Administrators",
            name="DeveloperAdmin",
            instance_arn=_INSTANCE,
            boundary=BoundaryReference(policy_name="Elsewhere", policy_path="/x/"),
            assignments=[],
            administrator_access=True,
            session_duration=cdk.Duration.minutes(90),
        )
        template: Mapping[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
        return template


def resolved(value: Any, partition: str = "aws") -> Any:
    """Return a part of a template with account and partition filled in."""
    if isinstance(value, list):
        return [resolved(entry, partition) for entry in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": "AWS::AccountId"}:
            return ACCOUNT
        case {"Ref": "AWS::Partition"}:
            return partition
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(resolved(parts, partition))
        case _:
            return {key: resolved(entry, partition) for key, entry in value.items()}
