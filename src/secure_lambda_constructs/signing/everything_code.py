"""The code of any function or layer: found, read and replaced, whoever defined the resource."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from .publisher import hash_in_key

__all__ = [
    "FUNCTION",
    "LAYER",
    "Code",
    "Staged",
    "StagedAssets",
    "foreign_problem",
    "kind_of",
    "read_code",
]

FUNCTION = "AWS::Lambda::Function"
LAYER = "AWS::Lambda::LayerVersion"
_SERVERLESS = ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion")

# By the CDK's own names of its classes: to import the module of SAM would cost time.
_KINDS = {
    "aws-cdk-lib.aws_lambda.CfnFunction": FUNCTION,
    "aws-cdk-lib.aws_lambda.CfnLayerVersion": LAYER,
    "aws-cdk-lib.aws_sam.CfnFunction": _SERVERLESS[0],
    "aws-cdk-lib.aws_sam.CfnLayerVersion": _SERVERLESS[1],
}
_BARE = "aws-cdk-lib.CfnResource"
_PROPERTY = {FUNCTION: "code", LAYER: "content"}
# Before the hash: https://docs.aws.amazon.com/cdk/api/v2/docs/app-staging-synthesizer-alpha-readme.html
_DEPLOY_TIME = "deploy-time/"
_UNKNOWN = "has code that is known at deployment only"


def kind_of(node: IConstruct) -> str | None:
    """Say what a construct is, as far as code goes.

    Only of a bare `CfnResource`, as the CDK's own helpers are, the CDK has to be asked.

    Args:
        node: Any construct.

    Returns:
        The CloudFormation type of a function or layer, those of SAM too, or `None`.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_code import kind_of

        assert kind_of(stack) is None
        ```
    """
    name = getattr(type(node), "__jsii_type__", "")
    if name != _BARE:
        return _KINDS.get(name)
    kind: str = cast(cdk.CfnResource, node).cfn_resource_type
    return kind if kind in _KINDS.values() else None


class Code(NamedTuple):
    """The code of a resource as it is now.

    Attributes:
        node: The resource.
        kind: Its CloudFormation type.
        key: The object's key, a literal; empty where `problem` says why there is none.
        others: What else the property holds that has to stay.
        config: The code signing configuration as the construct has it, not resolved, or `None`.
        role: The role in the same way.
        problem: Why the code cannot be signed, or `None`.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_code import LAYER, read_code

        resource = lambda_.CfnLayerVersion(
            stack, "Layer", content={"s3Bucket": "code", "s3Key": "layer.zip"}
        )
        assert read_code(resource, LAYER, stack).key == "layer.zip"
        ```
    """

    node: cdk.CfnResource
    kind: str
    key: str
    others: Mapping[str, Any]
    config: object
    role: object
    problem: str | None

    def replace(self, bucket: str, key: str) -> None:
        """Point the resource to another object.

        Args:
            bucket: Name of the bucket.
            key: Key of the object.
        """
        node = self.node
        if isinstance(node, lambda_.CfnFunction):
            node.code = lambda_.CfnFunction.CodeProperty(
                s3_bucket=bucket, s3_key=key, source_kms_key_arn=self.others.get("sourceKmsKeyArn")
            )
        elif isinstance(node, lambda_.CfnLayerVersion):
            node.content = lambda_.CfnLayerVersion.ContentProperty(s3_bucket=bucket, s3_key=key)
        else:
            path = _PROPERTY[self.kind].capitalize()
            node.add_property_override(path, {"S3Bucket": bucket, "S3Key": key})

    def verify_with(self, config_arn: str) -> None:
        """Give the function a code signing configuration.

        Args:
            config_arn: Its ARN; may be a token.
        """
        if isinstance(self.node, lambda_.CfnFunction):
            self.node.code_signing_config_arn = config_arn
        else:
            self.node.add_property_override("CodeSigningConfigArn", config_arn)


def read_code(node: IConstruct, kind: str, stack: cdk.Stack) -> Code:
    """Look at the code of a resource.

    Args:
        node: The resource.
        kind: What `kind_of` said of it.
        stack: Its stack.

    Returns:
        The code.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_code import FUNCTION, read_code

        resource = cdk.CfnResource(
            stack, "Bare", type=FUNCTION, properties={"Code": {"ZipFile": "exports.handler = 1"}}
        )
        assert "inline" in read_code(resource, FUNCTION, stack).problem
        ```
    """
    resource = cast(cdk.CfnResource, node)
    if kind in _SERVERLESS:
        unmade = (
            f"is an {kind}, which SAM makes into a resource only at deployment; write a "
            "lambda_.Function or lambda_.LayerVersion"
        )
        return Code(resource, kind, "", {}, None, None, unmade)
    properties = _lower(resource._cfn_properties)
    place = properties.get(_PROPERTY[kind])
    key = place.get("s3Key") if isinstance(place, dict) else None
    if not isinstance(place, dict) or not isinstance(key, str) or "${Token[" in key:
        place = stack.resolve(place)
    place = _lower(place) if isinstance(place, dict) else {}
    problem = _problem(place, properties)
    return Code(
        resource,
        kind,
        "" if problem else place["s3Key"],
        place,
        properties.get("codeSigningConfigArn"),
        properties.get("role"),
        problem,
    )


def _problem(place: Mapping[str, Any], properties: Mapping[str, Any]) -> str | None:
    """Why code at a place cannot be signed, if so."""
    if "zipFile" in place:
        return "has inline code, which Lambda never verifies; put the code into a directory"
    if "imageUri" in place or properties.get("packageType") == "Image":
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning-create.html
        return (
            "runs a container image, to which Lambda's code signing does not apply; write a "
            "runtime and code from a directory"
        )
    if not isinstance(place.get("s3Key"), str):
        return f"{_UNKNOWN}; write code from a directory or a zip on this machine"
    if place.get("s3ObjectVersion") is not None:
        return foreign_problem(place["s3Key"])
    return None


def foreign_problem(key: str) -> str:
    """Say why an object that nobody here has made cannot be signed.

    Args:
        key: Its key.

    Returns:
        What is said of the construct that has it.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_code import foreign_problem

        assert "nobody here has seen" in foreign_problem("code.zip")
        ```
    """
    return (
        f"has code that is an object in S3 already, {key}, which nobody here has seen; write code "
        "from a directory or a zip on this machine"
    )


def _lower(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as the CDK names them; bare resources have CloudFormation's names."""
    return {name[:1].lower() + name[1:]: value for name, value in properties.items()}


class Staged(NamedTuple):
    """An unsigned asset of the app.

    Attributes:
        hash: What the CDK calls it.
        path: Where it is, absolute.
        deploy_time: Whether it is needed only while the stack is deployed.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_code import Staged

        staged = Staged("0f" * 32, "/app/cdk.out/asset." + "0f" * 32, deploy_time=False)
        ```
    """

    hash: str
    path: str
    deploy_time: bool


class StagedAssets:
    """The unsigned assets of a Stage, by the keys of their objects.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_code import StagedAssets

        assert StagedAssets(app).try_find("code.zip") is None
        ```
    """

    def __init__(self, stage: cdk.Stage) -> None:
        """Look at a Stage.

        Args:
            stage: The Stage, or the app.
        """
        self._stage = stage
        self._directory = os.path.abspath(stage.asset_outdir)
        self._elsewhere: dict[str, str] = {}

    def try_find(self, key: str) -> Staged | None:
        """Find the asset whose object has a key, if there is one.

        Args:
            key: The key.

        Returns:
            The asset, or `None`.
        """
        parts = hash_in_key(key)
        if parts is None:
            return None
        asset_hash, extension = parts
        path = self._path(asset_hash, extension)
        return Staged(asset_hash, path, _DEPLOY_TIME in key) if path is not None else None

    def _path(self, asset_hash: str, extension: str) -> str | None:
        # Files and directories as `AssetStaging` of the CDK names them. The file first: bundling
        # that makes an archive leaves the directory that it was made in beside it.
        for name in (f"asset.{asset_hash}{extension}", f"asset.{asset_hash}"):
            path = os.path.join(self._directory, name)
            if os.path.exists(path):
                return path
        # Not copied: the context `aws:cdk:disable-asset-staging`, or code that is not bundled
        # because its stack was not asked for.
        if asset_hash not in self._elsewhere:
            self._elsewhere = {
                staging.asset_hash: staging.absolute_staged_path
                for staging in _stagings(self._stage)
            }
        return self._elsewhere.get(asset_hash)


def _stagings(stage: Construct) -> list[cdk.AssetStaging]:
    return [node for node in stage.node.find_all() if isinstance(node, cdk.AssetStaging)]
