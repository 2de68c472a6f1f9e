"""Functions, their versions, aliases and signing configs against the templates they came from."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .calls import Account
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .findings import Finding
from .functions import Function
from .intrinsics import has_unknown
from .published_code import PublishedCode

__all__ = ["compare_alias", "compare_code_signing_config", "compare_function", "compare_version"]

_GONE = {"ResourceNotFoundException"}
# Properties that mean the same on both sides, with what Lambda takes where there is none:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html
_PLAIN: Mapping[str, Any] = {
    "Handler": None,
    "Role": None,
    "Runtime": None,
    "KMSKeyArn": None,
    "MemorySize": 128,
    "PackageType": "Zip",
    "Timeout": 3,
    "Architectures": ["x86_64"],
}
_CONFIGURE = (
    "CreateFunction",
    "DeleteFunctionConcurrency",
    "PutFunctionConcurrency",
    "UpdateFunctionConfiguration",
)
_CONFIG_ARN = "CodeSigningConfigArn"
_FUNCTION = re.compile(r"(?:arn:[^:]+:lambda:[^:]+:[0-9]+:function:|[0-9]{12}:)?([^:]+).*")


def compare_function(
    account: Account,
    stack: DeployedStack,
    resource: Resource,
    function: Function,
    published: PublishedCode,
) -> list[Finding]:
    """Compare a function with its template.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        function: What is there.
        published: What code was published.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: Something cannot be read.
    """
    wanted, live = resource.properties, function.latest
    comparison = Comparison(resource, stack.region, function.arn, function.trail)
    for name, default in _PLAIN.items():
        comparison.check(name, wanted.get(name), live.get(name), default=default)
    _variables(comparison, wanted, live)
    network, live_network = wanted.get("VpcConfig") or {}, live.get("VpcConfig") or {}
    for name in ("SubnetIds", "SecurityGroupIds"):
        comparison.check_set(name, network.get(name) or [], live_network.get(name) or [])
    dual, live_dual = (each.get("Ipv6AllowedForDualStack") for each in (network, live_network))
    comparison.check("Ipv6AllowedForDualStack", dual, live_dual, default=False)
    # Their order is that in which they are laid over one another.
    layers = [each["Arn"] for each in live.get("Layers") or ()]
    comparison.check("Layers", wanted.get("Layers") or [], layers)
    mounts = [
        {name: each.get(name) for name in ("Arn", "LocalMountPath")}
        for each in live.get("FileSystemConfigs") or ()
    ]
    comparison.check("FileSystemConfigs", wanted.get("FileSystemConfigs") or [], mounts)
    for outer, inner, default in (
        ("DeadLetterConfig", "TargetArn", None),
        ("EphemeralStorage", "Size", 512),
        ("LoggingConfig", "LogFormat", "Text"),
        ("LoggingConfig", "LogGroup", f"/aws/lambda/{function.name}"),
        ("SnapStart", "ApplyOn", "None"),
        ("TracingConfig", "Mode", "PassThrough"),
    ):
        was, now = (each.get(outer) or {} for each in (wanted, live))
        comparison.check(f"{outer}.{inner}", was.get(inner), now.get(inner), default=default)
    concurrency = account.ask(
        stack.region,
        "lambda",
        "GetFunctionConcurrency",
        f"the function {function.name}",
        FunctionName=function.name,
    ).get("ReservedConcurrentExecutions")
    name = "ReservedConcurrentExecutions"
    comparison.check(name, wanted.get(name), concurrency)
    return [
        *comparison.findings("configuration-changed", _CONFIGURE),
        *_signing_config(account, stack, resource, function),
        *_code(stack, resource, function, "$LATEST", published),
    ]


def _variables(comparison: Comparison, wanted: Mapping[str, Any], live: Mapping[str, Any]) -> None:
    """Compare environment variables; their values are shown to nobody."""
    was = (wanted.get("Environment") or {}).get("Variables") or {}
    if (live.get("Environment") or {}).get("Error"):
        comparison.cannot_tell("Environment (Lambda may not decrypt it: it takes kms:Decrypt)")
        return
    now = (live.get("Environment") or {}).get("Variables") or {}
    comparison.check_set("Environment", was, now)
    shared = was.keys() & now.keys() if isinstance(was, dict) else set()
    for name in sorted(shared):
        if has_unknown(was[name]):
            comparison.cannot_tell(f"Environment.{name}")
        elif str(was[name]) != str(now[name]):
            comparison.differs(
                f"Environment.{name} as in the template", f"Environment.{name} differs"
            )


def _signing_config(
    account: Account, stack: DeployedStack, resource: Resource, function: Function
) -> list[Finding]:
    comparison = Comparison(resource, stack.region, function.arn, function.trail)
    found = account.ask(
        stack.region,
        "lambda",
        "GetFunctionCodeSigningConfig",
        f"the function {function.name}",
        declined=_GONE,
        FunctionName=function.name,
    ).get(_CONFIG_ARN)
    if found:  # that there is none is a finding for every function
        comparison.check(_CONFIG_ARN, resource.properties.get(_CONFIG_ARN), found)
    return comparison.findings("signing-changed")


def _code(
    stack: DeployedStack,
    resource: Resource,
    function: Function,
    version: str,
    published: PublishedCode,
) -> Iterator[Finding]:
    live = function.versions[version]
    if live.get("PackageType") == "Image":
        return
    code = resource.properties.get("Code") or {}
    digest, why = published.compare(stack, code, str(live.get("CodeSha256")))
    arn = function.arn if version == "$LATEST" else f"{function.arn}:{version}"
    comparison = Comparison(resource, stack.region, arn, function.trail)
    if digest is None:
        comparison.cannot_tell(f"CodeSha256 ({why})")
    else:
        comparison.check("CodeSha256", digest, live.get("CodeSha256"))
    yield from comparison.findings("code-changed")


def compare_version(
    stack: DeployedStack,
    resource: Resource,
    function: Function,
    version: str,
    published: PublishedCode,
) -> list[Finding]:
    """Compare the code of a published version, which the template's latest version is.

    Args:
        stack: Its stack.
        resource: The function in the template.
        function: What is there.
        version: The version.
        published: What code was published.
    """
    return list(_code(stack, resource, function, version, published))


def compare_alias(account: Account, stack: DeployedStack, resource: Resource) -> list[Finding]:
    """Compare an alias with its template: the version it names, and those it shares calls with.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    wanted = resource.properties
    comparison = Comparison(resource, stack.region, resource.physical)
    match = _FUNCTION.fullmatch(str(wanted.get("FunctionName")))
    if has_unknown([wanted.get("FunctionName"), wanted.get("Name")]) or match is None:
        comparison.cannot_tell("FunctionName")
        return comparison.findings("configuration-changed")
    function, name = match[1], str(wanted["Name"])
    live = account.ask(
        stack.region,
        "lambda",
        "GetAlias",
        f"the alias {name} of the function {function}",
        declined=_GONE,
        FunctionName=function,
        Name=name,
    )
    comparison = Comparison(
        resource, stack.region, str(live["AliasArn"]), (function, str(live["AliasArn"]))
    )
    comparison.check("FunctionVersion", wanted.get("FunctionVersion"), live["FunctionVersion"])
    weights = (wanted.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or []
    routing = (live.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if not has_unknown(weights):
        weights = [f"{each['FunctionVersion']}={each['FunctionWeight']}" for each in weights]
    shares = [f"{version}={weight}" for version, weight in routing.items()]
    comparison.check_set("RoutingConfig", weights, shares)
    return comparison.findings("configuration-changed", ("CreateAlias", "UpdateAlias"))


def compare_code_signing_config(
    account: Account, stack: DeployedStack, resource: Resource
) -> list[Finding]:
    """Compare a code signing config with its template.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    config = account.ask(
        stack.region,
        "lambda",
        "GetCodeSigningConfig",
        f"the code signing config {resource.physical}",
        declined=_GONE,
        CodeSigningConfigArn=resource.physical,
    )["CodeSigningConfig"]
    wanted = resource.properties
    comparison = Comparison(
        resource,
        stack.region,
        resource.physical,
        (resource.physical, resource.physical.rsplit(":", 1)[-1]),
    )
    publishers = (wanted.get("AllowedPublishers") or {}).get("SigningProfileVersionArns")
    comparison.check_set(
        "SigningProfileVersionArns",
        publishers if isinstance(publishers, list) else [publishers],
        config["AllowedPublishers"]["SigningProfileVersionArns"],
    )
    name = "UntrustedArtifactOnDeployment"
    policies = wanted.get("CodeSigningPolicies") or {}
    comparison.check(name, policies.get(name), config["CodeSigningPolicies"][name], default="Warn")
    return comparison.findings("signing-changed")
