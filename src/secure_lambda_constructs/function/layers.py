"""Layers of a signed function: only what the baseline trusts.

Where code signing is on, Lambda takes a layer only if it was signed by one of the publishers of the
function's code signing configuration
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html). What can be known of
that at synth is said at synth.
"""

from collections.abc import Sequence

from aws_cdk import Stack, Token
from aws_cdk import aws_lambda as lambda_

from ..errors import InvalidInputError
from ..signing.signed_code import CodeSigner, signer_of

__all__ = ["MOST_LAYERS", "check_layers", "layer_problem"]

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_LAYERS = 5


def check_layers(
    layers: Sequence[lambda_.ILayerVersion],
    signer: CodeSigner,
    already: Sequence[lambda_.ILayerVersion] = (),
) -> None:
    """Refuse layers that Lambda would refuse, as far as that is known.

    Args:
        layers: The layers to add.
        signer: The signer of the function's baseline.
        already: The layers that the function has.

    Raises:
        InvalidInputError: One of them is not signed by a trusted publisher, is there twice, or is
            one too many.
    """
    if isinstance(layers, str) or not isinstance(layers, Sequence):
        raise InvalidInputError(
            f"layers is {layers!r}; write a list: layers=[lambda_.LayerVersion(...)]"
        )
    count = len(already) + len(layers)
    if count > MOST_LAYERS:
        raise InvalidInputError(
            f"the function has {count} layers, and Lambda takes {MOST_LAYERS} at most; put "
            "several into one, or into the code"
        )
    known = {_arn(layer) for layer in already}
    for layer in layers:
        arn = _arn(layer)
        if arn in known:
            raise InvalidInputError(
                f"the layer {layer.node.path} is there twice; write each layer once"
            )
        known.add(arn)
        problem = layer_problem(layer, signer)
        if problem is not None:
            raise InvalidInputError(problem)


def layer_problem(layer: lambda_.ILayerVersion, signer: CodeSigner) -> str | None:
    """Say why a layer is not trusted.

    Args:
        layer: A layer of this app, or one that was imported.
        signer: The signer of the function's baseline.

    Returns:
        The reason and what to write instead, or `None` where nothing speaks against it.
    """
    resource = layer.node.default_child
    if not isinstance(resource, lambda_.CfnLayerVersion):
        # Who has signed it is known to Lambda alone.
        if signer.trusted_publishers:
            return None
        return (
            f"the layer {layer.node.path} is imported, and the signing baseline of the function "
            "trusts no publisher but itself; write SigningBaseline(trusted_publishers=[...]) with "
            "the ARN of the profile version that has signed the layer"
        )
    owner = signer_of(_object_key(resource), signer)
    if owner is signer or _same_profile(owner, signer):
        return None
    if owner is None:
        return (
            f"the layer {layer.node.path} is not signed; write "
            "code=signing.signed(lambda_.Code.from_asset(...)) with the signing baseline of the "
            "function"
        )
    if owner.profile_version_arn in signer.trusted_publishers:
        return None
    return (
        f"the layer {layer.node.path} is signed by another baseline, with the profile "
        f"{owner.identity.profile_name}, which the function's does not trust; sign it with the "
        "function's own, or write SigningBaseline(trusted_publishers=["
        "other.signing_profile_version_arn])"
    )


def _same_profile(owner: CodeSigner | None, signer: CodeSigner) -> bool:
    """Whether two baselines, of which at least one was imported, sign with one profile version."""
    return (
        owner is not None
        and owner.profile_version_arn is not None
        and owner.profile_version_arn == signer.profile_version_arn
    )


def _object_key(resource: lambda_.CfnLayerVersion) -> object:
    """The key of the layer's object, where it is a literal."""
    content = resource._cfn_properties.get("content")
    key = content.get("s3Key") if isinstance(content, dict) else None
    if isinstance(key, str) and not Token.is_unresolved(key):
        return key
    resolved = Stack.of(resource).resolve(content)
    return resolved.get("s3Key") if isinstance(resolved, dict) else None


def _arn(layer: object) -> str:
    """The ARN of a layer, as a text that is the same for the same layer."""
    arn = getattr(layer, "layer_version_arn", None)
    if not isinstance(arn, str):
        raise InvalidInputError(
            f"layers has {layer!r}, which is no layer; write lambda_.LayerVersion(...) with signed "
            "code"
        )
    return arn
