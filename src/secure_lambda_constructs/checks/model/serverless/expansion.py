"""Replaces the resources of SAM by those that CloudFormation makes of them.

This is what the transform `AWS::Serverless-2016-10-31` does, see
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html,
without what no leak path leads through: the routes of an API, deployments, domain names. What is
not understood is said: see `Expansion.reasons`.
"""

from collections.abc import Callable
from typing import Any

from ..transforms import as_section
from ..values import Unknown, dig
from .functions import expand_function
from .machines import expand_state_machine
from .written import Made, Written, merged

__all__ = ["Expansion"]

_PREFIX = "AWS::Serverless::"

_CONNECTORS = "what SAM allows by the connectors of a resource is not known here"


class Expansion:
    """The resources of a template after SAM.

    Attributes:
        resources: The resources, those that SAM makes among them.
        reasons: Why nobody can tell all that a resource of SAM makes, by its logical id.
        referable: The logical ids of what SAM makes, by what templates may call it, such as
            `Function.Alias`.
    """

    def __init__(self, resources: dict[str, Any], defaults: dict[str, Any]) -> None:
        """Expand the resources of a template.

        Args:
            resources: The resources, as written.
            defaults: The `Globals` of the template.
        """
        self.resources: dict[str, Any] = {}
        self.reasons: dict[str, str] = {}
        self.referable: dict[str, str] = {}
        for logical_id, resource in resources.items():
            kind = dig(resource, "Type")
            expand = _EXPANDED.get(kind) if isinstance(kind, str) else None
            properties = as_section(dig(resource, "Properties"))
            if expand is None or "Fn::Transform" in {**resource, **properties}:
                self.resources[logical_id] = resource
                if isinstance(dig(resource, "Connectors"), dict):
                    self.reasons[logical_id] = _CONNECTORS
                continue
            shared = as_section(defaults.get(kind.removeprefix(_PREFIX)))
            shared = _kept(shared, resource.get("IgnoreGlobals"))
            written = Written(logical_id, resource, merged(shared, properties))
            made = expand(written)
            for name, id_ in made.properties.items():
                self.referable[f"{logical_id}.{name}"] = id_
            if isinstance(resource.get("Connectors"), dict):
                made.reasons.append(_CONNECTORS)
            if made.reasons:
                self.reasons[logical_id] = "; ".join(made.reasons)
            for name, new in made.resources.items():
                # Implicit APIs are made by the first event that needs them.
                self.resources.setdefault(name, new)


def _kept(shared: dict[str, Any], ignored: Any) -> dict[str, Any]:
    """Return the `Globals` that a resource does not ask to leave out."""
    if ignored == "*":
        return {}
    names = ignored if isinstance(ignored, list) else []
    return {key: value for key, value in shared.items() if key not in names}


def _layer(written: Written) -> Made:
    left = written.without("ContentUri", "RetentionPolicy", "PublishLambdaVersion", "LayerName")
    name = written.get("LayerName", written.logical_id)
    return written.made("AWS::Lambda::LayerVersion", {**left, "LayerName": name})


def _table(written: Written) -> Made:
    left = written.without("PrimaryKey", "PointInTimeRecoverySpecification")
    return written.made("AWS::DynamoDB::Table", left)


def _rest_api(written: Written) -> Made:
    kept = written.only("Description", "DisableExecuteApiEndpoint", "EndpointConfiguration", "Name")
    endpoint = kept.get("EndpointConfiguration")
    if isinstance(endpoint, dict) and "Type" in endpoint:
        types = {"Types": [endpoint["Type"]]}
        ids = {"VpcEndpointIds": endpoint["VPCEndpointIds"]} if "VPCEndpointIds" in endpoint else {}
        kept["EndpointConfiguration"] = {**types, **ids}
    elif isinstance(endpoint, str):
        kept["EndpointConfiguration"] = {"Types": [endpoint]}
    if "ResourcePolicy" in as_section(written.get("Auth")):
        kept["Policy"] = Unknown("SAM makes the resource policy of the API")
    made = written.made("AWS::ApiGateway::RestApi", kept)
    deployment = f"{written.logical_id}Deployment"
    api = {"RestApiId": {"Ref": written.logical_id}}
    made.add(deployment, written.like("AWS::ApiGateway::Deployment", api))
    stage = {
        **api,
        **written.only("AccessLogSetting", "CacheClusterEnabled", "MethodSettings"),
        "DeploymentId": {"Ref": deployment},
        "StageName": written.get("StageName"),
        "TracingEnabled": written.get("TracingEnabled", False),
    }
    made.add(f"{written.logical_id}Stage", written.like("AWS::ApiGateway::Stage", stage))
    made.properties["Stage"] = f"{written.logical_id}Stage"
    return made


def _http_api(written: Written) -> Made:
    kept = written.only("CorsConfiguration", "Description", "DisableExecuteApiEndpoint", "Name")
    return written.made("AWS::ApiGatewayV2::Api", {**kept, "ProtocolType": "HTTP"})


def _application(written: Written) -> Made:
    location = written.get("Location")
    left = written.only("NotificationARNs", "Parameters", "Tags", "TimeoutInMinutes")
    return written.made("AWS::CloudFormation::Stack", {**left, "TemplateURL": location})


_EXPANDED: dict[str, Callable[[Written], Made]] = {
    "AWS::Serverless::Api": _rest_api,
    "AWS::Serverless::Application": _application,
    "AWS::Serverless::Function": expand_function,
    "AWS::Serverless::HttpApi": _http_api,
    "AWS::Serverless::LayerVersion": _layer,
    "AWS::Serverless::SimpleTable": _table,
    "AWS::Serverless::StateMachine": expand_state_machine,
}
