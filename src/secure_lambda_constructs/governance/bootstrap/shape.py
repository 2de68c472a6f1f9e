"""The shape of the CDK's bootstrap template, as far as who may deploy depends on it."""

from collections.abc import Mapping
from typing import Any

from ...errors import InvalidInputError

__all__ = ["BOOTSTRAP_VARIANT", "assumable_roles", "check_shape"]

BOOTSTRAP_VARIANT = "secure-lambda-constructs: Hardened Resources"
"""What a bootstrap stack that was made from a hardened template calls itself."""

# `DEFAULT_BOOTSTRAP_VARIANT` of the CDK CLI.
_VARIANT_OF_THE_CDK = "AWS CDK: Default Resources"

# A further resource may be a further way in, and one that is missing was renamed.
_RESOURCES = {
    "CdkBoostrapPermissionsBoundaryPolicy": "AWS::IAM::ManagedPolicy",
    "CdkBootstrapVersion": "AWS::SSM::Parameter",
    "CloudFormationExecutionRole": "AWS::IAM::Role",
    "ContainerAssetsRepository": "AWS::ECR::Repository",
    "DeploymentActionRole": "AWS::IAM::Role",
    "FileAssetsBucketEncryptionKey": "AWS::KMS::Key",
    "FileAssetsBucketEncryptionKeyAlias": "AWS::KMS::Alias",
    "FilePublishingRole": "AWS::IAM::Role",
    "FilePublishingRoleDefaultPolicy": "AWS::IAM::Policy",
    "ImagePublishingRole": "AWS::IAM::Role",
    "ImagePublishingRoleDefaultPolicy": "AWS::IAM::Policy",
    "LookupRole": "AWS::IAM::Role",
    "StagingBucket": "AWS::S3::Bucket",
    "StagingBucketPolicy": "AWS::S3::BucketPolicy",
}
_PARAMETERS = {
    "BootstrapVariant",
    "CloudFormationExecutionPolicies",
    "DenyExternalId",
    "PublicAccessBlockConfiguration",
    "TrustedAccounts",
    "TrustedAccountsForLookup",
}
_CONDITIONS = {
    "HasCloudFormationExecutionPolicies",
    "HasTrustedAccounts",
    "HasTrustedAccountsForLookup",
    "ShouldDenyExternalId",
}
_ASSUMABLE = ("DeploymentActionRole", "FilePublishingRole", "ImagePublishingRole", "LookupRole")

_HOW = "start from what `cdk bootstrap --show-template --json` prints"


def assumable_roles() -> tuple[str, ...]:
    """Return the logical ids of the roles that the CDK CLI assumes.

    Returns:
        The logical ids.

    Example:
        ```python
        from secure_lambda_constructs.governance.bootstrap.shape import assumable_roles

        assert "LookupRole" in assumable_roles()
        ```
    """
    return _ASSUMABLE


def check_shape(template: Mapping[str, Any]) -> None:
    """Refuse a template that is not the CDK's, or whose parts are not those that we know.

    Args:
        template: The template.

    Raises:
        InvalidInputError: It is another one.

    Example:
        ```python
        from secure_lambda_constructs import InvalidInputError
        from secure_lambda_constructs.governance.bootstrap.shape import check_shape

        try:
            check_shape({"Resources": {}})
        except InvalidInputError as error:
            assert "no bootstrap template" in str(error)
        ```
    """
    parts = {
        name: template.get(name) if isinstance(template, Mapping) else None
        for name in ("Parameters", "Conditions", "Resources", "Outputs")
    }
    if not all(isinstance(part, Mapping) for part in parts.values()):
        raise InvalidInputError(
            f"the text is no bootstrap template: it has no {', '.join(parts)}; {_HOW}"
        )
    resources = parts["Resources"] or {}
    types = {
        name: resource.get("Type") if isinstance(resource, Mapping) else None
        for name, resource in resources.items()
    }
    if strange := sorted(name for name in types if types[name] != _RESOURCES.get(name)):
        raise InvalidInputError(
            f"the template has resources that this release does not know: {', '.join(strange)}; "
            f"nothing was hardened: {_HOW}, or take a newer release of secure-lambda-constructs"
        )
    for what, wanted, found in (
        ("resources", set(_RESOURCES), set(types)),
        ("parameters", _PARAMETERS, set(parts["Parameters"] or {})),
        ("conditions", _CONDITIONS, set(parts["Conditions"] or {})),
    ):
        if missing := sorted(wanted - found):
            raise InvalidInputError(
                f"the template lacks {what} that the CDK's has: {', '.join(missing)}; {_HOW}"
            )
    _check_version(resources)
    _check_variant((parts["Parameters"] or {})["BootstrapVariant"])


def _check_version(resources: Mapping[str, Any]) -> None:
    version = resources["CdkBootstrapVersion"].get("Properties", {}).get("Value")
    if not str(version).isdecimal():
        raise InvalidInputError(
            f"the template's version must be a number, got {version!r}: the CDK CLI would take "
            f"the stack for one of version 0; {_HOW}"
        )


def _check_variant(parameter: Mapping[str, Any]) -> None:
    variant = parameter.get("Default")
    if variant == BOOTSTRAP_VARIANT:
        raise InvalidInputError(f"the template is hardened already: to change its roles, {_HOW}")
    if variant != _VARIANT_OF_THE_CDK:
        raise InvalidInputError(
            f"the template is of the variant {variant!r}, and only the CDK's own, "
            f"{_VARIANT_OF_THE_CDK!r}, is known: {_HOW}"
        )
