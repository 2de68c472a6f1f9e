"""``AWS::Events::Rule``: with updates."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes

__all__ = ["RuleProvider"]


class RuleProvider(OurProvider):
    """A rule of EventBridge, with its targets."""

    TYPE = "AWS::Events::Rule"
    SUPPORTED = frozenset(
        {
            "Description",
            "EventBusName",
            "EventPattern",
            "Name",
            "RoleArn",
            "ScheduleExpression",
            "State",
            "Tags",
            "Targets",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        name = wanted.get("Name") or self._name(request)
        return self._put(request.aws_client_factory.events, {}, wanted | {"Name": name})

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        wanted = wanted | {"Name": before["Name"]}
        return self._put(request.aws_client_factory.events, before, wanted)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        events = request.aws_client_factory.events
        _remove_targets(events, before, _ids(before))
        events.delete_rule(Name=before["Name"], **_bus(before))

    @staticmethod
    def _put(events: Any, before: Model, wanted: Model) -> Model:
        given: Model = {
            key: wanted[key]
            for key in ("Description", "Name", "RoleArn", "ScheduleExpression", "State")
            if key in wanted
        }
        if "EventPattern" in wanted:
            pattern = wanted["EventPattern"]
            given["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
        arn = events.put_rule(**given, **_bus(wanted))["RuleArn"]
        tag_changes(
            before,
            wanted,
            add=lambda tags: events.tag_resource(
                ResourceARN=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
            ),
            remove=lambda keys: events.untag_resource(ResourceARN=arn, TagKeys=keys),
        )
        _remove_targets(events, before, _ids(before) - _ids(wanted))
        if wanted.get("Targets"):
            answer = events.put_targets(
                Rule=wanted["Name"], Targets=wanted["Targets"], **_bus(wanted)
            )
            if answer.get("FailedEntries"):
                raise RuntimeError(answer["FailedEntries"][0]["ErrorMessage"])
        return wanted | {"Arn": arn}


def _ids(model: Model) -> set[str]:
    return {target["Id"] for target in model.get("Targets") or []}


def _remove_targets(events: Any, model: Model, ids: set[str]) -> None:
    if ids:
        events.remove_targets(Rule=model["Name"], Ids=sorted(ids), **_bus(model))


def _bus(model: Model) -> dict[str, str]:
    return {"EventBusName": model["EventBusName"]} if model.get("EventBusName") else {}
