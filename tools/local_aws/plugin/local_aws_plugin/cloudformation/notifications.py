"""``AWS::SNS::TopicPolicy``, which LocalStack makes but cannot change."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ResourceRequest
from localstack.services.sns.models import create_default_sns_topic_policy

from .base import Model, OurProvider

__all__ = ["TopicPolicyProvider"]


class TopicPolicyProvider(OurProvider):
    """The policy of topics; it is stored, not enforced. Without one a topic has the default."""

    TYPE = "AWS::SNS::TopicPolicy"
    SUPPORTED = frozenset({"PolicyDocument", "Topics"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        for topic in wanted["Topics"]:
            _set(request, topic, wanted["PolicyDocument"])
        return wanted | {"Id": self._name(request)}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        gone = [topic for topic in before["Topics"] if topic not in wanted["Topics"]]
        self._remove(request, before | {"Topics": gone})
        return self._make(request, wanted) | {"Id": before["Id"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        for topic in before["Topics"]:
            try:
                _set(request, topic, create_default_sns_topic_policy(topic))
            except ClientError as error:
                # The topic may be gone by now.
                if "NotFound" not in error.response["Error"]["Code"]:
                    raise


def _set(request: ResourceRequest, topic: str, policy: Model) -> None:
    request.aws_client_factory.sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )
