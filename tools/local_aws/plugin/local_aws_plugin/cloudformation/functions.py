"""``AWS::Lambda::*``: the properties that LocalStack drops, updates that it lacks."""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest
from localstack.services.lambda_.resource_providers.aws_lambda_function import (
    _get_lambda_code_param,
)

from .base import Model, OurProvider, tag_changes, tags_as_dict

__all__ = ["CodeSigningConfigProvider", "FunctionProvider"]

_CONFIGURATION = (
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "Handler",
    "ImageConfig",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "SnapStart",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
)
# What a property becomes when a template no longer has it.
_DEFAULTS: Model = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Layers": [],
    "MemorySize": 128,
    "SnapStart": {"ApplyOn": "None"},
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}


class FunctionProvider(OurProvider):
    """A function, with its code signing configuration and its reserved concurrency."""

    TYPE = "AWS::Lambda::Function"
    SUPPORTED = frozenset(
        {
            *_CONFIGURATION,
            "Architectures",
            "Code",
            "CodeSigningConfigArn",
            "FunctionName",
            "PackageType",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "RuntimeManagementConfig",
            "Tags",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        client = request.aws_client_factory.lambda_
        name = wanted.get("FunctionName") or self._name(request)
        optional = {
            key: wanted[key]
            for key in ("Architectures", "CodeSigningConfigArn", "PackageType")
            if key in wanted
        }
        client.create_function(
            FunctionName=name,
            Code=_get_lambda_code_param(wanted),
            Tags=tags_as_dict(wanted.get("Tags")),
            **_configuration(wanted),
            **optional,
        )
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        self._settings(client, name, {}, wanted)
        arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
        return wanted | {"FunctionName": name, "Arn": arn}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        client, name = request.aws_client_factory.lambda_, before["FunctionName"]
        # Before the code: what is deployed now is judged by the new configuration.
        if wanted.get("CodeSigningConfigArn") != before.get("CodeSigningConfigArn"):
            if "CodeSigningConfigArn" in wanted:
                client.put_function_code_signing_config(
                    FunctionName=name, CodeSigningConfigArn=wanted["CodeSigningConfigArn"]
                )
            else:
                client.delete_function_code_signing_config(FunctionName=name)
        if any(wanted.get(key) != before.get(key) for key in ("Code", "Architectures")):
            code = _get_lambda_code_param(wanted, _include_arch=True)
            client.update_function_code(FunctionName=name, **code)
            client.get_waiter("function_updated_v2").wait(FunctionName=name)
        changed = {
            key: wanted.get(key, _DEFAULTS.get(key))
            for key in _CONFIGURATION
            if wanted.get(key) != before.get(key)
        }
        if changed:
            client.update_function_configuration(FunctionName=name, **_configuration(changed))
            client.get_waiter("function_updated_v2").wait(FunctionName=name)
        self._settings(client, name, before, wanted)
        arn = before["Arn"]
        tag_changes(
            before,
            wanted,
            add=lambda tags: client.tag_resource(Resource=arn, Tags=tags),
            remove=lambda keys: client.untag_resource(Resource=arn, TagKeys=keys),
        )
        return wanted | {"FunctionName": name, "Arn": arn}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.lambda_.delete_function(FunctionName=before["FunctionName"])

    @staticmethod
    def _settings(client: Any, name: str, before: Model, wanted: Model) -> None:
        """What has a call of its own."""
        reserved = wanted.get("ReservedConcurrentExecutions")
        if reserved is not None:
            client.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=int(reserved)
            )
        elif before.get("ReservedConcurrentExecutions") is not None:
            client.delete_function_concurrency(FunctionName=name)
        runtime = wanted.get("RuntimeManagementConfig")
        if runtime:
            client.put_runtime_management_config(FunctionName=name, **runtime)
        loop = wanted.get("RecursiveLoop", before.get("RecursiveLoop") and "Terminate")
        if loop:
            client.put_function_recursion_config(FunctionName=name, RecursiveLoop=loop)


class CodeSigningConfigProvider(OurProvider):
    """A code signing configuration."""

    TYPE = "AWS::Lambda::CodeSigningConfig"
    SUPPORTED = frozenset({"AllowedPublishers", "CodeSigningPolicies", "Description", "Tags"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        made = request.aws_client_factory.lambda_.create_code_signing_config(
            AllowedPublishers=wanted["AllowedPublishers"],
            Tags=tags_as_dict(wanted.get("Tags")),
            **{key: wanted[key] for key in ("CodeSigningPolicies", "Description") if key in wanted},
        )["CodeSigningConfig"]
        return wanted | {
            "CodeSigningConfigArn": made["CodeSigningConfigArn"],
            "CodeSigningConfigId": made["CodeSigningConfigId"],
        }

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        client, arn = request.aws_client_factory.lambda_, before["CodeSigningConfigArn"]
        client.update_code_signing_config(
            CodeSigningConfigArn=arn,
            AllowedPublishers=wanted["AllowedPublishers"],
            CodeSigningPolicies=wanted.get(
                "CodeSigningPolicies", {"UntrustedArtifactOnDeployment": "Warn"}
            ),
            Description=wanted.get("Description", ""),
        )
        tag_changes(
            before,
            wanted,
            add=lambda tags: client.tag_resource(Resource=arn, Tags=tags),
            remove=lambda keys: client.untag_resource(Resource=arn, TagKeys=keys),
        )
        return wanted | {
            "CodeSigningConfigArn": arn,
            "CodeSigningConfigId": before["CodeSigningConfigId"],
        }

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.lambda_.delete_code_signing_config(
            CodeSigningConfigArn=before["CodeSigningConfigArn"]
        )


def _configuration(wanted: Model) -> Model:
    """The configuration in the types that the API asks for; templates give numbers as text too."""
    given = {key: wanted[key] for key in _CONFIGURATION if wanted.get(key) is not None}
    for key in ("MemorySize", "Timeout"):
        if key in given:
            given[key] = int(given[key])
    if "EphemeralStorage" in given:
        given["EphemeralStorage"] = {"Size": int(given["EphemeralStorage"]["Size"])}
    if "Environment" in given:
        variables = given["Environment"].get("Variables") or {}
        given["Environment"] = {
            "Variables": {key: _text(value) for key, value in variables.items()}
        }
    if "VpcConfig" in given:
        given["VpcConfig"] = {
            key: value
            for key, value in given["VpcConfig"].items()
            if key in ("SubnetIds", "SecurityGroupIds")
        }
    return given


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
