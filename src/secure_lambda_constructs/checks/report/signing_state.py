"""Which functions take signed code only, and whose signature."""

from collections.abc import Iterator

from ..leaks.case import Case
from ..model.values import Unknown, as_list
from ..model.views import Function
from ..model.world import Resource
from .data import SignedState, Signing

__all__ = ["signing_of", "signing_states"]

_PROFILE = "AWS::Signer::SigningProfile"


def signing_states(case: Case) -> tuple[Signing, ...]:
    """Tell the signing state of each function.

    What Lambda enforces when code is deployed is told, not whether the code of today is signed:
    that is in no template.

    Args:
        case: The app under judgement.

    Returns:
        One for each function, in the order of their construct paths.
    """
    outside = {function.path for function in case.outside}
    found = (_signing(case, function, function.path in outside) for function in case.functions)
    return tuple(sorted(found, key=lambda each: (each.function, each.stack)))


def _signing(case: Case, function: Function, is_outside: bool) -> Signing:
    state, detail = signing_of(case, function)
    resource = function.resource
    if not function.subnet_ids:
        place = "in no VPC"
    else:
        place = "in a VPC that leads out" if is_outside else "in the VPC"
    return Signing(
        function=resource.construct_path,
        stack=resource.stack,
        place=place,
        state=state,
        detail=detail,
        layers=len(as_list(resource.get("Layers"))),
    )


def signing_of(case: Case, function: Function) -> tuple[SignedState, str]:
    """Tell whether Lambda takes only signed code for a function, and why.

    Args:
        case: The app under judgement.
        function: The function.

    Returns:
        The state, and a few words on it.
    """
    resource = function.resource
    if resource.get("PackageType", default="Zip") != "Zip" or resource.get("Code", "ImageUri"):
        return SignedState.NOT_SIGNED, "a container image, which code signing leaves out"
    if resource.get("Code", "ZipFile") is not None:
        return SignedState.NOT_SIGNED, "inline code, which nobody signs"
    named = resource.get("CodeSigningConfigArn")
    if named is None:
        return SignedState.NOT_SIGNED, "no code signing configuration"
    config = case.world.find(named, "AWS::Lambda::CodeSigningConfig")
    if config is None:
        told = "not told" if isinstance(named, Unknown) else str(named)
        return SignedState.UNKNOWN, f"a code signing configuration of other templates: {told}"
    publishers = ", ".join(_publishers(case, config)) or "nobody"
    policy = config.get("CodeSigningPolicies", "UntrustedArtifactOnDeployment", default="Warn")
    if isinstance(policy, Unknown):
        return SignedState.UNKNOWN, f"whether it is enforced is not told; signed by {publishers}"
    if policy != "Enforce":
        return SignedState.WARNED, f"unsigned code is taken with a warning; signed by {publishers}"
    if publishers == "nobody":
        return SignedState.UNKNOWN, f"{config.construct_path} names no publisher"
    return SignedState.ENFORCED, f"signed by {publishers}"


def _publishers(case: Case, config: Resource) -> Iterator[str]:
    profiles = {str(profile.arn): profile.construct_path for profile in case.world.of(_PROFILE)}
    for version in as_list(config.get("AllowedPublishers", "SigningProfileVersionArns")):
        if isinstance(version, Unknown):
            yield "a profile that is not told"
            continue
        arn = str(version).rpartition("/")[0]
        if arn in profiles:
            yield profiles[arn]
        elif case.is_own_account(version):
            yield f"{version} of other templates"
        else:
            yield f"{version} of another account"
