"""What the tests of the relay's constructs share."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from secure_lambda_constructs import (
    EgressRelayFunction,
    RelayCredential,
    RelayRoute,
    SignedVpcFunction,
)

from ..function.conftest import World

__all__ = ["RelayWorld"]


class RelayWorld(World):
    """An app with a baseline, a network, and a relay with one route."""

    def secret(self, id: str = "ApiKey") -> secretsmanager.Secret:
        return secretsmanager.Secret(self.stack, id)

    def route(self, name: str = "rates", **arguments: Any) -> RelayRoute:
        return RelayRoute(
            name,
            **{"method": "GET", "host": "api.example.com", "path": "/v1/rates", **arguments},
        )

    def relay(
        self, scope: Construct | None = None, id: str = "Relay", **arguments: Any
    ) -> EgressRelayFunction:
        return EgressRelayFunction(
            scope or self.stack,
            id,
            **{
                "signing": self.signing,
                "routes": [self.route()],
                "reserved_concurrent_executions": 5,
                **arguments,
            },
        )

    def connected(self, **arguments: Any) -> tuple[EgressRelayFunction, SignedVpcFunction]:
        """A relay with a credential, and the function that calls it."""
        credential = RelayCredential.bearer(self.secret())
        relay = self.relay(**{"routes": [self.route(credential=credential)], **arguments})
        caller = self.function(id="Orders")
        relay.grant_invoke(caller)
        return relay, caller


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A folder with a handler."""
    folder = tmp_path / "lambda"
    folder.mkdir()
    (folder / "index.py").write_text("def handler(event, context):\n    return event\n")
    return folder


@pytest.fixture
def world(code: Path) -> RelayWorld:
    """An app whose stack is bound to a region."""
    return RelayWorld(code, region="eu-west-1")
