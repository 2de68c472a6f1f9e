"""What the tests of the network share."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from secure_lambda_constructs import IsolatedNetwork

Synthesize = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def synthesize() -> Synthesize:
    """Return a function that synthesizes a stack with a network into its template."""

    def synthesize(
        change: Callable[[cdk.Stack, IsolatedNetwork], None] | None = None,
        *,
        region: str | None = None,
        context: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> dict[str, Any]:
        app = cdk.App(context=context)
        env = cdk.Environment(account="111122223333", region=region) if region else None
        stack = cdk.Stack(app, "App", env=env)
        network = IsolatedNetwork(stack, "Network", **arguments)
        if change is not None:
            change(stack, network)
        directory = Path(app.synth().directory)
        assert json.loads((directory / "manifest.json").read_text()).get("missing") is None
        template: dict[str, Any] = json.loads((directory / "App.template.json").read_text())
        return template

    return synthesize


def with_group(stack: cdk.Stack, network: IsolatedNetwork) -> None:
    network.create_security_group(stack, "Group")


@pytest.fixture(scope="module")
def agnostic(synthesize: Synthesize) -> dict[str, Any]:
    """The template of a network that is bound to no region, with one security group."""
    return synthesize(with_group)


@pytest.fixture(scope="module")
def bound(synthesize: Synthesize) -> dict[str, Any]:
    """The template of a network in eu-west-1, with one security group."""
    return synthesize(with_group, region="eu-west-1")
