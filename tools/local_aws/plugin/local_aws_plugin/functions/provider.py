"""LocalStack's Lambda with the checks that AWS makes when code is deployed.

LocalStack keeps code signing configurations and never applies them.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from botocore.exceptions import ClientError
from localstack import config
from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.aws.connect import connect_to
from localstack.constants import AWS_REGION_US_EAST_1
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.provider import LambdaProvider

from ..signer.envelope import EnvelopeError, Signature, read_signature
from ..signer.store import AUTHORITY
from .verification import Policy, verify

__all__ = ["CodeSigningLambdaProvider"]

Request = dict[str, Any]


class CodeSigningLambdaProvider(LambdaProvider):
    """Refuses code that the function's code signing configuration does not accept."""

    def __init__(self) -> None:
        super().__init__()
        # Signatures of accepted code, by function ARN and the code's hash.
        self._signatures: dict[tuple[str, str], Signature] = {}
        # Signatures of layers, by the ARN of the layer version.
        self._layer_signatures: dict[str, Signature] = {}

    @handler("CreateFunction", expand=False)
    def create_function(self, context: RequestContext, request: Request) -> Any:
        """Creates a function; with a code signing configuration its code must be trusted."""
        config_arn = request.get("CodeSigningConfigArn")
        name = request["FunctionName"]
        found: tuple[str, Signature] | None = None
        if config_arn:
            policy = self._policy(context, config_arn)
            if request.get("PackageType") == "Image":
                raise _invalid("Code signing is not supported for functions created with images")
            found = self._verify_code(context, request["Code"], policy, name)
            self._verify_layers(context, request.get("Layers") or [], policy)
        answer = super().create_function(context, request)
        function = self._stored(context, name)
        if config_arn:
            function.code_signing_config_arn = config_arn
        self._remember(function, found)
        return self._annotated(answer)

    @handler("UpdateFunctionCode", expand=False)
    def update_function_code(self, context: RequestContext, request: Request) -> Any:
        """Replaces a function's code; with a code signing configuration it must be trusted."""
        function = self._stored(context, request["FunctionName"])
        found = None
        if function is not None and function.code_signing_config_arn:
            policy = self._policy(context, function.code_signing_config_arn)
            found = self._verify_code(context, request, policy, function.function_name)
        if request.get("DryRun") and function is not None:
            return self._annotated(api_utils.map_config_out(function.latest()))
        answer = super().update_function_code(context, request)
        self._remember(function, found)
        return self._annotated(answer)

    @handler("UpdateFunctionConfiguration", expand=False)
    def update_function_configuration(self, context: RequestContext, request: Request) -> Any:
        """Changes a function; layers that are added must be trusted as its code is."""
        function = self._stored(context, request["FunctionName"])
        if function is not None and function.code_signing_config_arn and request.get("Layers"):
            policy = self._policy(context, function.code_signing_config_arn)
            self._verify_layers(context, request["Layers"], policy)
        return self._annotated(super().update_function_configuration(context, request))

    def create_code_signing_config(
        self,
        context: RequestContext,
        allowed_publishers: Any,
        description: str | None = None,
        code_signing_policies: Any = None,
        tags: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Creates a configuration; the publishers need not exist, as on AWS."""
        return super().create_code_signing_config(
            context,
            allowed_publishers,
            description,
            code_signing_policies or {"UntrustedArtifactOnDeployment": "Warn"},
            tags,
            **kwargs,
        )

    def put_function_code_signing_config(
        self,
        context: RequestContext,
        code_signing_config_arn: str,
        function_name: str,
        **kwargs: Any,
    ) -> Any:
        """Attaches a configuration; the code that is there is not checked, as on AWS."""
        function = self._stored(context, function_name)
        if function is not None and function.latest().config.package_type == "Image":
            raise _invalid("Code signing is not supported for functions created with images")
        return super().put_function_code_signing_config(
            context, code_signing_config_arn, function_name, **kwargs
        )

    def delete_code_signing_config(
        self, context: RequestContext, code_signing_config_arn: str, **kwargs: Any
    ) -> Any:
        """Deletes a configuration that no function uses."""
        functions = lambda_stores[context.account_id][context.region].functions.values()
        if any(each.code_signing_config_arn == code_signing_config_arn for each in functions):
            raise CommonServiceException(
                "ResourceConflictException",
                f"The code signing configuration {code_signing_config_arn} is used by a function",
                409,
                sender_fault=True,
            )
        return super().delete_code_signing_config(context, code_signing_config_arn, **kwargs)

    def get_function(
        self, context: RequestContext, function_name: str, qualifier: str | None = None,
        **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Describes a function, with the signature of its code."""
        answer = super().get_function(context, function_name, qualifier, **kwargs)
        self._annotated(answer["Configuration"])
        return answer

    def get_function_configuration(
        self, context: RequestContext, function_name: str, qualifier: str | None = None,
        **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Describes a function's configuration, with the signature of its code."""
        return self._annotated(
            super().get_function_configuration(context, function_name, qualifier, **kwargs)
        )

    def list_functions(self, context: RequestContext, *args: Any, **kwargs: Any) -> Any:
        """Lists the functions, with the signatures of their code."""
        answer = super().list_functions(context, *args, **kwargs)
        for each in answer["Functions"]:
            self._annotated(each)
        return answer

    def publish_version(self, context: RequestContext, *args: Any, **kwargs: Any) -> Any:
        """Publishes a version, with the signature of its code."""
        return self._annotated(super().publish_version(context, *args, **kwargs))

    def publish_layer_version(
        self, context: RequestContext, layer_name: str, content: Any, **kwargs: Any
    ) -> Any:
        """Publishes a layer; a signature that it bears is reported, as on AWS it decides later."""
        answer = super().publish_layer_version(context, layer_name, content, **kwargs)
        try:
            signature = read_signature(_code(context, content), AUTHORITY)
        except EnvelopeError:
            return answer
        answer["Content"] |= _signature_fields(signature)
        self._layer_signatures[answer["LayerVersionArn"]] = signature
        return answer

    def _policy(self, context: RequestContext, config_arn: str) -> Policy:
        account, region = config_arn.split(":")[4], config_arn.split(":")[3]
        found = lambda_stores[account][region].code_signing_configs.get(config_arn)
        if found is None:
            raise CommonServiceException(
                "CodeSigningConfigNotFoundException",
                "The code signing configuration cannot be found. Check that the provided "
                f"configuration is not deleted: {config_arn}.",
                404,
                sender_fault=True,
            )
        action = (found.policies or {}).get("UntrustedArtifactOnDeployment", "Warn")
        return Policy(
            frozenset(found.allowed_publishers["SigningProfileVersionArns"]), action == "Enforce"
        )

    def _verify_code(
        self, context: RequestContext, code: Request, policy: Policy, name: str
    ) -> tuple[str, Signature] | None:
        if code.get("ImageUri"):
            return None
        archive = _code(context, code)
        signature = verify(archive, policy, name)
        digest = base64.b64encode(hashlib.sha256(archive).digest()).decode()
        return (digest, signature) if signature else None

    def _verify_layers(self, context: RequestContext, layers: list[str], policy: Policy) -> None:
        for arn in layers:
            account, region = arn.split(":")[4], arn.split(":")[3]
            name, version = arn.split(":")[6:8]
            layer = lambda_stores[account][region].layers.get(name)
            if layer is None or version not in layer.layer_versions:
                continue  # LocalStack names the missing layer better than we would
            code = layer.layer_versions[version].code
            verify(_stored_archive(code), policy, arn)

    def _stored(self, context: RequestContext, name_or_arn: str) -> Any:
        account, region = api_utils.get_account_and_region(name_or_arn, context)
        name, _ = api_utils.get_name_and_qualifier(name_or_arn, None, context)
        return lambda_stores[account][region].functions.get(name)

    def _remember(self, function: Any, found: tuple[str, Signature] | None) -> None:
        arn = function.latest().id.unqualified_arn()
        if found is not None:
            self._signatures[arn, found[0]] = found[1]

    def _annotated(self, configuration: Any) -> Any:
        arn = ":".join(configuration["FunctionArn"].split(":")[:7])
        signature = self._signatures.get((arn, configuration.get("CodeSha256", "")))
        if signature is not None:
            configuration |= _signature_fields(signature)
        for layer in configuration.get("Layers") or ():
            if layer["Arn"] in self._layer_signatures:
                layer |= _signature_fields(self._layer_signatures[layer["Arn"]])
        return configuration


def _signature_fields(signature: Signature) -> dict[str, str]:
    return {
        "SigningProfileVersionArn": signature.profile_version_arn,
        "SigningJobArn": signature.job_arn,
    }


def _code(context: RequestContext, code: Request) -> bytes:
    """The archive of a request, from itself or from S3."""
    if code.get("ZipFile"):
        return bytes(code["ZipFile"])
    if not code.get("S3Bucket"):
        raise _invalid("Please provide a source for function code.")
    s3 = connect_to(aws_access_key_id=context.account_id, region_name=context.region).s3
    version = {"VersionId": code["S3ObjectVersion"]} if code.get("S3ObjectVersion") else {}
    try:
        found = s3.get_object(Bucket=code["S3Bucket"], Key=code["S3Key"], **version)
    except ClientError as error:
        raise _invalid(
            f"Error occurred while GetObject. S3 Error Code: {error.response['Error']['Code']}. "
            f"S3 Error Message: {error.response['Error']['Message']}"
        ) from error
    return bytes(found["Body"].read())


def _stored_archive(code: Any) -> bytes:
    """The archive of a layer, which LocalStack keeps in a bucket of its own."""
    internal = connect_to(
        region_name=AWS_REGION_US_EAST_1, aws_access_key_id=config.INTERNAL_RESOURCE_ACCOUNT
    ).s3
    return bytes(internal.get_object(Bucket=code.s3_bucket, Key=code.s3_key)["Body"].read())


def _invalid(message: str) -> CommonServiceException:
    return CommonServiceException("InvalidParameterValueException", message, 400, sender_fault=True)
