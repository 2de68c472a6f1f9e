"""Reads the templates of a cloud assembly: all stacks, stages and nested stacks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["DEFAULT_ACCOUNT", "DEFAULT_REGION", "StackTemplate", "load_assembly"]

# Where a stack without an environment is taken to be deployed.
DEFAULT_ACCOUNT = "111122223333"
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class StackTemplate:
    """One template with the place it is deployed to.

    `parent` names the stack and the logical id of the `AWS::CloudFormation::Stack` resource of a
    nested stack; its parameters come from there.
    """

    name: str
    account: str
    region: str
    template: dict[str, Any] = field(repr=False)
    parent: tuple[str, str] | None = None


def load_assembly(directory: Path) -> list[StackTemplate]:
    """Return every stack of the cloud assembly in `directory`, nested stacks after their parent."""
    manifest = json.loads((directory / "manifest.json").read_text())
    stacks: list[StackTemplate] = []
    for artifact_id, artifact in sorted(manifest.get("artifacts", {}).items()):
        if artifact["type"] == "cdk:cloud-assembly":
            stacks += load_assembly(directory / artifact["properties"]["directoryName"])
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        account, region = artifact["environment"].removeprefix("aws://").split("/")
        template = json.loads((directory / artifact["properties"]["templateFile"]).read_text())
        stack = StackTemplate(
            name=artifact["properties"].get("stackName", artifact_id),
            account=DEFAULT_ACCOUNT if account == "unknown-account" else account,
            region=DEFAULT_REGION if region == "unknown-region" else region,
            template=template,
        )
        stacks += [stack, *_nested(stack, directory)]
    return stacks


def _nested(stack: StackTemplate, directory: Path) -> Iterator[StackTemplate]:
    for logical_id, resource in stack.template.get("Resources", {}).items():
        if resource["Type"] != "AWS::CloudFormation::Stack":
            continue
        # The CDK leaves the name of the nested template in the metadata of the resource.
        asset = resource.get("Metadata", {}).get("aws:asset:path")
        if asset is None:
            continue
        nested = StackTemplate(
            name=f"{stack.name}-{logical_id}",
            account=stack.account,
            region=stack.region,
            template=json.loads((directory / asset).read_text()),
            parent=(stack.name, logical_id),
        )
        yield nested
        yield from _nested(nested, directory)
