"""O05, S01 and S02: code that nobody signed, or that somebody else did."""

import re
from collections.abc import Iterator

from ....errors import InvalidInputError
from ....function.environment import check_environment
from ...model.physical import attribute
from ...model.values import Unknown, as_list, dig
from ...model.views import Function
from ...model.world import Resource
from ..case import Case
from ..reasons import Reason, told
from ..register import SIGNING, path
from .reach import guarded, has_guarded

__all__ = ["SIGNED", "unsigned"]

# Values that load nothing, or what is signed: the CDK's bundling writes the first ones, and what
# is below /opt is in the layers.
_HARMLESS = {
    "AWS_LAMBDA_EXEC_WRAPPER": re.compile(r"/(opt|var/task)(/[\w-]+(\.\w+)?)+"),
    "NODE_OPTIONS": re.compile(r"(--(enable-source-maps|max-old-space-size=\d+) ?)*"),
}

_PROFILE = "AWS::Signer::SigningProfile"

SIGNED = (
    "Give it the signing baseline: SignedVpcFunction and EgressRelayFunction take it, and a "
    "CodeSigningInjector adds it to every function of the app. With the CDK's own classes: "
    "lambda_.CodeSigningConfig(signing_profiles=[a profile of this account], "
    "untrusted_artifact_on_deployment=lambda_.UntrustedArtifactOnDeployment.ENFORCE) as "
    "code_signing_config, and code from a ZIP file."
)


@path(
    "O05",
    "code that was not signed by the own profile",
    present=has_guarded,
    attack="Somebody with the right to update functions uploads code that sends the rows away, and "
    "Lambda runs it.",
    mend=SIGNED,
)
def _o05(case: Case) -> Iterator[Reason]:
    for function in guarded(case):
        yield from unsigned(case, function)


@path(
    "S01",
    "a function whose code need not be signed",
    present=lambda case: bool(case.functions),
    attack="Somebody with the right to update functions uploads code of his own, and Lambda runs "
    "it with the rights of the function's role.",
    mend=SIGNED,
    register=SIGNING,
)
def _s01(case: Case) -> Iterator[Reason]:
    for function in case.functions:
        yield from unsigned(case, function)


@path(
    "S02",
    "a layer that need not be signed",
    present=lambda case: any(function.resource.get("Layers") for function in case.functions),
    attack="Somebody publishes a version of the layer with code of his own, and it is loaded into "
    "the function before the function's own code.",
    mend="Lambda checks the layers by the code signing config of the function, so that the mend is "
    f"the function's. {SIGNED} Make layers with code=signing.signed(...) of the baseline.",
    register=SIGNING,
)
def _s02(case: Case) -> Iterator[Reason]:
    for function in case.functions:
        layers = as_list(function.resource.get("Layers"))
        if not layers or not any(_unchecked(case, function)):
            continue
        for layer in layers:
            found = case.world.find(layer, "AWS::Lambda::LayerVersion", near=function.resource)
            if found is not None:
                text = "is a layer of a function that takes layers without a check of the signature"
                yield Reason(found, text, f"the function {function.resource.construct_path}")
            else:
                whose = "of this account" if case.is_own_account(layer) else "of somebody else"
                text = f"loads a layer {whose} without a check of its signature"
                yield Reason(function.resource, text, told(layer))


def unsigned(case: Case, function: Function) -> Iterator[Reason]:
    """Yield why code that the own profile did not sign could get into `function`."""
    resource = function.resource
    package = resource.get("PackageType", default="Zip")
    if package != "Zip" or resource.get("Code", "ImageUri"):
        yield Reason(resource, "is a container image, which code signing leaves out")
    if resource.get("Code", "ZipFile") is not None:
        yield Reason(resource, "has inline code, which nobody signs")
    yield from _loading(resource)
    yield from _unchecked(case, function)


def _unchecked(case: Case, function: Function) -> Iterator[Reason]:
    """Yield why Lambda would take code or a layer that the own profile did not sign."""
    named = function.resource.get("CodeSigningConfigArn")
    config = case.world.find(named, "AWS::Lambda::CodeSigningConfig", near=function.resource)
    if named is None:
        yield Reason(function.resource, "has no code signing config")
    elif config is None:
        text = "has a code signing config that no template creates, so that it is not known"
        yield Reason(function.resource, text, told(named))
    else:
        yield from case.once(_configs)[config.path]


def _configs(case: Case) -> dict[str, list[Reason]]:
    """What is wrong with each code signing config, by its path."""
    kinds = case.world.of("AWS::Lambda::CodeSigningConfig")
    return {config.path: list(_wrong(case, config)) for config in kinds}


def _wrong(case: Case, config: Resource) -> Iterator[Reason]:
    policy = config.get("CodeSigningPolicies", "UntrustedArtifactOnDeployment")
    if policy != "Enforce":
        said = "Warn, the default" if policy is None else told(policy)
        yield Reason(config, "does not enforce: Lambda takes code that nobody signed", said)
    publishers = as_list(config.get("AllowedPublishers", "SigningProfileVersionArns"))
    if not publishers:
        yield Reason(config, "names no publisher")
    for publisher in publishers:
        if isinstance(publisher, Unknown):
            yield Reason(config, "trusts a publisher that nobody can tell", told(publisher))
        elif (signer := _other_signer(case, publisher)) is not None:
            text = "trusts a profile that another account may sign with"
            yield Reason(config, text, f"{told(publisher)}, by {signer}")
        elif not case.is_own_account(publisher):
            said = f"{told(publisher)} (no stack is bound to that account, and it is not trusted)"
            yield Reason(config, "trusts a publisher of another account", said)


def _other_signer(case: Case, publisher: str) -> str | None:
    """Return who else may sign with a profile of the templates, None where nobody does."""
    for permission in case.world.of("AWS::Signer::ProfilePermission"):
        profile = case.world.find(permission.get("ProfileName"), _PROFILE, near=permission)
        if profile is None or attribute(profile, "ProfileVersionArn") != publisher:
            continue
        action, principal = permission.get("Action"), permission.get("Principal")
        signs = action == "signer:StartSigningJob" or not isinstance(action, str)
        account = re.search(r"(?<!\d)\d{12}(?!\d)", str(principal))
        if signs and (account is None or account[0] not in case.inside_accounts):
            return told(principal)
    return None


def _loading(function: Resource) -> Iterator[Reason]:
    """Yield why the configuration makes the runtime load code that no signature covers."""
    variables = function.get("Environment", "Variables")
    if isinstance(variables, Unknown):
        text = "has environment variables that nobody can tell, which may load code nobody signed"
        yield Reason(function, text, told(variables))
    for name in variables if isinstance(variables, dict) else ():
        value = dig(variables, name)
        if name in _HARMLESS and isinstance(value, str) and _HARMLESS[name].fullmatch(value):
            continue
        try:
            check_environment({name: value if isinstance(value, str) else "$"}, ())
        except InvalidInputError:
            text = "has an environment variable that makes the runtime load code nobody signed"
            yield Reason(function, text, str(name))
