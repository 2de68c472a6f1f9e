"""The rules that hold for every function of an account, deployed by whomever.

What they say about signatures rests on
<https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>: code signing knows no
container images, and what was deployed before a config was set is never checked.
"""

import json
from collections import defaultdict
from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from ...signing.command.aws import DeclinedError
from .admitted import Own, foreign_callers, statements
from .calls import Account, UnreadError
from .documents import canonical
from .findings import Finding

__all__ = [
    "ExpectedFunction",
    "Function",
    "audit_function",
    "function_name",
    "list_functions",
    "permission_key",
]

_GONE = {"ResourceNotFoundException"}
_LATEST = "$LATEST"


class Function(NamedTuple):
    """A function with all its versions.

    Attributes:
        region: Its region.
        arn: Its ARN, without a version.
        latest: Its configuration.
        versions: The configurations of all versions, `$LATEST` among them, by version.
    """

    region: str
    arn: str
    latest: dict[str, Any]
    versions: dict[str, dict[str, Any]]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.latest["FunctionName"])

    @property
    def trail(self) -> tuple[str, ...]:
        """The names under which CloudTrail may know it."""
        return self.name, self.arn


class ExpectedFunction(NamedTuple):
    """What an assembly says about a function.

    Attributes:
        path: Where it is in the CDK app.
        in_network: Whether the template puts it into a VPC.
        permissions: The statements of its policy.
        urls: The authentication of its function URLs, by qualifier; empty for `$LATEST`.
        complete: Whether permissions and URLs are all known.
    """

    path: str
    in_network: bool
    permissions: Container[str]
    urls: dict[str, str]
    complete: bool = True


def list_functions(account: Account, region: str) -> list[Function]:
    """List all functions of a region with all their versions.

    Args:
        account: The connection.
        region: The region.

    Raises:
        UnreadError: They cannot be listed.
    """
    answer = account.ask(region, "lambda", "ListFunctions", "the functions", FunctionVersion="ALL")
    versions: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for each in answer["Functions"]:
        versions[each["FunctionArn"].removesuffix(f":{each['Version']}")][each["Version"]] = each
    return [
        Function(region, arn, found.get(_LATEST) or next(iter(found.values())), found)
        for arn, found in sorted(versions.items())
    ]


def function_name(value: Any) -> str:
    """Return the name of a function that is named in any of Lambda's ways; empty if unknown.

    Args:
        value: Its name, or its ARN, whole or in part, with or without a qualifier.
    """
    if not isinstance(value, str):
        return ""
    parts = value.split(":")
    if len(parts) > 6:
        return parts[6]
    return parts[2] if len(parts) > 2 and parts[1] == "function" else parts[0]


def audit_function(
    account: Account, own: Own, function: Function, expected: ExpectedFunction | None
) -> list[Finding]:
    """Hold a function against all rules.

    Args:
        account: The connection.
        own: What counts as own.
        function: The function.
        expected: What the assembly says about it; `None` where it does not have it.

    Returns:
        What was found. What could not be read is among the account's gaps.
    """
    found: list[Finding] = []
    for rule in (_signing, _network, _urls, _policies):
        try:
            found += rule(account, own, function, expected)
        except UnreadError:
            continue
        except DeclinedError:
            break  # deleted since it was listed
    return found


def _finding(
    kind: str, function: Function, expected: ExpectedFunction | None, should: str, found: str
) -> Finding:
    path = expected.path if expected else ""
    return Finding(kind, function.region, function.arn, should, found, path, function.trail)


def _signing(
    account: Account, own: Own, function: Function, expected: ExpectedFunction | None
) -> Iterator[Finding]:
    arn = account.ask(
        function.region,
        "lambda",
        "GetFunctionCodeSigningConfig",
        f"the function {function.name}",
        declined=_GONE,
        FunctionName=function.name,
    ).get("CodeSigningConfigArn")
    trusted: list[str] | None = None
    if not arn:
        yield _finding("no-signing-config", function, expected, "a code signing config", "none")
    else:
        config = account.ask(
            function.region,
            "lambda",
            "GetCodeSigningConfig",
            f"the code signing config {arn}",
            CodeSigningConfigArn=arn,
        )["CodeSigningConfig"]
        trusted = config["AllowedPublishers"]["SigningProfileVersionArns"]
        policy = str(config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"])
        if policy != "Enforce":
            yield _finding(
                "signing-not-enforced", function, expected, "Enforce", f"{policy} in {arn}"
            ).known_as(str(arn))
    yield from _signatures(function, expected, trusted)


def _signatures(
    function: Function, expected: ExpectedFunction | None, trusted: list[str] | None
) -> Iterator[Finding]:
    unsigned: list[str] = []
    images: list[str] = []
    layers: defaultdict[str, list[str]] = defaultdict(list)
    foreign: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for version, configuration in function.versions.items():
        if configuration.get("PackageType") == "Image":
            images.append(version)
            continue
        parts = [("", configuration)]
        parts += [(layer["Arn"], layer) for layer in configuration.get("Layers") or ()]
        for layer_arn, part in parts:
            signer = part.get("SigningProfileVersionArn")
            if not part.get("SigningJobArn") or not signer:
                (layers[layer_arn] if layer_arn else unsigned).append(version)
            elif trusted is not None and signer not in trusted:
                foreign[signer, layer_arn].append(version)
    if images:
        what = f"a container image, which code signing does not cover, in {_named(images)}"
        yield _finding("unsigned-code", function, expected, "signed code", what)
    if unsigned:
        what = f"no signature that Lambda has checked on {_named(unsigned)}"
        yield _finding("unsigned-code", function, expected, "signed code", what)
    for layer_arn, versions in layers.items():
        what = f"no signature that Lambda has checked on {layer_arn} in {_named(versions)}"
        yield _finding("unsigned-layer", function, expected, "signed layers", what)
    for (signer, layer_arn), versions in foreign.items():
        what = f"signed by {signer}{f' (layer {layer_arn})' if layer_arn else ''}"
        should = f"signed by {' or '.join(trusted or ())}"
        found = f"{_named(versions)} {what}"
        yield _finding("foreign-signature", function, expected, should, found)


def _named(versions: list[str]) -> str:
    return ", ".join(versions)


def _network(
    account: Account, own: Own, function: Function, expected: ExpectedFunction | None
) -> Iterator[Finding]:
    if expected is not None and not expected.in_network:
        return  # as deployed: a relay
    outside = [
        version
        for version, configuration in function.versions.items()
        if not (configuration.get("VpcConfig") or {}).get("SubnetIds")
    ]
    if outside:
        found = f"no subnets in {_named(outside)}"
        yield _finding("outside-network", function, expected, "in a VPC", found)


def _urls(
    account: Account, own: Own, function: Function, expected: ExpectedFunction | None
) -> Iterator[Finding]:
    configs = account.ask(
        function.region,
        "lambda",
        "ListFunctionUrlConfigs",
        f"the function {function.name}",
        declined=_GONE,
        FunctionName=function.name,
    )["FunctionUrlConfigs"]
    for config in configs:
        qualifier = config["FunctionArn"].removeprefix(function.arn).lstrip(":")
        asked, found = config["AuthType"], f"AuthType {config['AuthType']}"
        found += f" on {qualifier or _LATEST}"
        known = expected.urls.get(qualifier) if expected else None
        if known == asked:
            continue
        if asked != "AWS_IAM":
            yield _finding("url-open", function, expected, "AuthType AWS_IAM", found)
        elif expected is not None and known is None and expected.complete:
            yield _finding("url-added", function, expected, "no function URL", found)


def _policies(
    account: Account, own: Own, function: Function, expected: ExpectedFunction | None
) -> Iterator[Finding]:
    aliases = account.ask(
        function.region,
        "lambda",
        "ListAliases",
        f"the function {function.name}",
        declined=_GONE,
        FunctionName=function.name,
    )["Aliases"]
    qualifiers = [version for version in function.versions if version != _LATEST]
    for qualifier in ["", *qualifiers, *(each["Name"] for each in aliases)]:
        try:
            answer = account.ask(
                function.region,
                "lambda",
                "GetPolicy",
                f"the function {function.name}",
                declined=_GONE,
                FunctionName=function.name,
                **({"Qualifier": qualifier} if qualifier else {}),
            )
        except DeclinedError:
            continue  # it has none
        for statement in statements(json.loads(answer["Policy"])):
            yield from _statement(own, function, expected, statement, qualifier)


def _statement(
    own: Own,
    function: Function,
    expected: ExpectedFunction | None,
    statement: dict[str, Any],
    qualifier: str,
) -> Iterator[Finding]:
    if expected is not None and permission_key(statement) in expected.permissions:
        return
    who = foreign_callers(statement, own)
    on = f" on {qualifier}" if qualifier else ""
    sid = statement.get("Sid", "without Sid")
    if who:
        found = f"statement {sid}{on} admits {who}"
        yield _finding("permission-open", function, expected, "callers of the account", found)
    elif expected is not None and expected.complete:
        found = f"statement {sid}{on}: {_principal(statement)} may {statement.get('Action')}"
        yield _finding("permission-added", function, expected, "no such statement", found)


def permission_key(statement: dict[str, Any]) -> str:
    """Return what makes two statements of a function's policy the same, whatever they are called.

    Args:
        statement: The statement.
    """
    return canonical(
        {name: statement.get(name) for name in ("Effect", "Principal", "Action", "Condition")}
    )


def _principal(statement: dict[str, Any]) -> str:
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        return ", ".join(str(name) for name in principal.values())
    return str(principal)
