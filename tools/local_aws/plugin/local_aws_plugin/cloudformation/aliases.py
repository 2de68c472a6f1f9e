"""``AWS::Lambda::Alias`` and ``::EventInvokeConfig``: what LocalStack drops, or cannot change."""

from __future__ import annotations

import time
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider

__all__ = ["AliasProvider", "EventInvokeConfigProvider"]

_CONCURRENCY_SECONDS = 60.0


class AliasProvider(OurProvider):
    """An alias of a function's version, with its provisioned concurrency."""

    TYPE = "AWS::Lambda::Alias"
    SUPPORTED = frozenset(
        {
            "Description",
            "FunctionName",
            "FunctionVersion",
            "Name",
            "ProvisionedConcurrencyConfig",
            "RoutingConfig",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        client = request.aws_client_factory.lambda_
        made = client.create_alias(**_alias(wanted))
        _provision(client, wanted)
        return wanted | {"AliasArn": made["AliasArn"]}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        client = request.aws_client_factory.lambda_
        _release(client, before)
        default = {"Description": "", "RoutingConfig": {"AdditionalVersionWeights": {}}}
        client.update_alias(**(default | _alias(wanted)))
        _provision(client, wanted)
        return wanted | {"AliasArn": before["AliasArn"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        client = request.aws_client_factory.lambda_
        _release(client, before)
        client.delete_alias(FunctionName=before["FunctionName"], Name=before["Name"])


class EventInvokeConfigProvider(OurProvider):
    """What becomes of asynchronous calls."""

    TYPE = "AWS::Lambda::EventInvokeConfig"
    SUPPORTED = frozenset(
        {
            "DestinationConfig",
            "FunctionName",
            "MaximumEventAgeInSeconds",
            "MaximumRetryAttempts",
            "Qualifier",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        numbers = {
            key: int(wanted[key])
            for key in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts")
            if key in wanted
        }
        # Puts the whole of it: what is not named becomes the default.
        request.aws_client_factory.lambda_.put_function_event_invoke_config(**(wanted | numbers))
        return wanted

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        return self._make(request, wanted)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.lambda_.delete_function_event_invoke_config(
            FunctionName=before["FunctionName"], Qualifier=before["Qualifier"]
        )


def _alias(wanted: Model) -> Model:
    given = {key: value for key, value in wanted.items() if key != "ProvisionedConcurrencyConfig"}
    routing = given.pop("RoutingConfig", None)
    if routing:
        weights = routing.get("AdditionalVersionWeights") or []
        given["RoutingConfig"] = {
            "AdditionalVersionWeights": {
                str(each["FunctionVersion"]): float(each["FunctionWeight"]) for each in weights
            }
        }
    return given


def _provision(client: Any, wanted: Model) -> None:
    config = wanted.get("ProvisionedConcurrencyConfig")
    if not config:
        return
    alias = {"FunctionName": wanted["FunctionName"], "Qualifier": wanted["Name"]}
    number = int(config["ProvisionedConcurrentExecutions"])
    client.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=number, **alias)
    deadline = time.monotonic() + _CONCURRENCY_SECONDS
    while True:
        state = client.get_provisioned_concurrency_config(**alias)
        if state["Status"] == "READY":
            return
        if state["Status"] == "FAILED" or time.monotonic() > deadline:
            reason = state.get("StatusReason", "it takes too long")
            raise RuntimeError(f"provisioned concurrency is not ready: {reason}")
        time.sleep(0.1)


def _release(client: Any, before: Model) -> None:
    if before.get("ProvisionedConcurrencyConfig"):
        client.delete_provisioned_concurrency_config(
            FunctionName=before["FunctionName"], Qualifier=before["Name"]
        )
