"""``AWS::CloudWatch::Alarm``: changed in place, which LocalStack cannot."""

from __future__ import annotations

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes

__all__ = ["AlarmProvider"]

_INTEGERS = ("DatapointsToAlarm", "EvaluationPeriods", "Period")


class AlarmProvider(OurProvider):
    """An alarm on a metric."""

    TYPE = "AWS::CloudWatch::Alarm"
    SUPPORTED = frozenset(
        {
            *_INTEGERS,
            "ActionsEnabled",
            "AlarmActions",
            "AlarmDescription",
            "AlarmName",
            "ComparisonOperator",
            "Dimensions",
            "EvaluateLowSampleCountPercentile",
            "ExtendedStatistic",
            "InsufficientDataActions",
            "MetricName",
            "Metrics",
            "Namespace",
            "OKActions",
            "Statistic",
            "Tags",
            "Threshold",
            "ThresholdMetricId",
            "TreatMissingData",
            "Unit",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        name = wanted.get("AlarmName") or self._name(request, 255)
        return self._put(request, wanted | {"AlarmName": name}, wanted.get("Tags") or [])

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        cloudwatch, arn = request.aws_client_factory.cloudwatch, before["Arn"]
        changed = self._put(request, wanted | {"AlarmName": before["AlarmName"]}, [])
        tag_changes(
            before,
            wanted,
            add=lambda tags: cloudwatch.tag_resource(
                ResourceARN=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
            ),
            remove=lambda keys: cloudwatch.untag_resource(ResourceARN=arn, TagKeys=keys),
        )
        return changed

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.cloudwatch.delete_alarms(AlarmNames=[before["AlarmName"]])

    @staticmethod
    def _put(request: ResourceRequest, wanted: Model, tags: list[dict[str, str]]) -> Model:
        cloudwatch, name = request.aws_client_factory.cloudwatch, wanted["AlarmName"]
        # Puts the whole of it: what is not named becomes the default.
        given = {key: value for key, value in wanted.items() if key != "Tags"}
        given |= {key: int(given[key]) for key in _INTEGERS if key in given}
        if "Threshold" in given:
            given["Threshold"] = float(given["Threshold"])
        cloudwatch.put_metric_alarm(**given, Tags=tags)
        (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return wanted | {"Id": name, "Arn": found["AlarmArn"]}
