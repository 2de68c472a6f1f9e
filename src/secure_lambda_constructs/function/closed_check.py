"""What is refused on a signed function when the app synthesizes.

`fn.function`, `fn.role` and `fn.connections` are there to be used as any function's; what was made
with them, wherever in the app it is, is looked at last. So is what was assigned to the function's
own resource, by an Aspect for example. Raw overrides (`add_property_override`) are not visible
here, nor what `network.app_tree` lists.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from ..errors import InvalidInputError
from ..network.app_tree import AppTree, Found, References
from .callers import caller_reason, foreign_account, lacks_a_source
from .checked_function import CheckedFunction
from .environment import check_environment
from .event_paths import dead_letter_reason, destination_reasons, source_reason

if TYPE_CHECKING:
    from .role import IsolatedRole
    from .signed_vpc_function import SignedVpcFunction

__all__ = ["ClosedFunctionCheck"]

# A function by a name or an ARN that is written out, with or without a version or alias.
# https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
_NAMED = re.compile(
    r"(?:(?:arn:[^:]+:lambda:(?P<region>[^:]*):)?(?P<account>[^:]*):function:)?"
    r"(?P<name>[\w-]+)(?::[\w$-]+)?"
)
_NAMING = {
    "aws_lambda.CfnAlias": "functionName",
    "aws_lambda.CfnEventInvokeConfig": "functionName",
    "aws_lambda.CfnEventSourceMapping": "functionName",
    "aws_lambda.CfnPermission": "functionName",
    "aws_lambda.CfnUrl": "targetFunctionArn",
    "aws_lambda.CfnVersion": "functionName",
}
_UNCHANGED = {
    "code": "the code is not the signed code",
    "codeSigningConfigArn": "the code signing configuration is not the baseline's",
    "role": "the role is not the closed one",
    "vpcConfig": "the VPC configuration is not the isolated network's",
}
# What a signed function can have, as its parameters and `fn.function` set it. All else is refused,
# what Lambda learns to do in future too.
_KNOWN = {
    *("architectures", "code", "codeSigningConfigArn", "deadLetterConfig", "description"),
    *("environment", "ephemeralStorage", "functionName", "handler", "kmsKeyArn", "layers"),
    *("loggingConfig", "memorySize", "recursiveLoop", "reservedConcurrentExecutions", "role"),
    *("runtime", "runtimeManagementConfig", "snapStart", "tags", "tenancyConfig", "timeout"),
    *("tracingConfig", "vpcConfig"),
}
_REFUSED = {
    "capacityProviderConfig": "it runs on instances, in a network that is theirs",
    # https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html
    "durableConfig": "the code hands what it works on to Lambda's API, which keeps it",
    "fileSystemConfigs": "Lambda mounts the file system from its own network, and whoever else "
    "mounts it reads what the code writes there",
    "imageConfig": "Lambda does not check the signature of a container image",
    "packageType": "Lambda does not check the signature of a container image",
}


class ClosedFunctionCheck:
    """Says what opens a function."""

    def __init__(
        self,
        function: "SignedVpcFunction",
        stack: Stack,
        role: "IsolatedRole",
        resource: lambda_.CfnFunction,
    ) -> None:
        """Check a function.

        Args:
            function: The function.
            stack: Its stack.
            role: Its role.
            resource: Its resource, as it was made just now.
        """
        self._function = function
        self.stack = stack
        self._role = role
        self._resource = resource
        self.look_again()

    def look_again(self) -> None:
        """Take the function's resource as it is now for how it was made."""
        properties: Mapping[str, Any] = self._resource._cfn_properties
        self._made = {key: properties[key] for key in (*_UNCHANGED, "loggingConfig")}

    def facts(self) -> list[Any]:
        """What has to be made readable before the function can be looked at."""
        return [
            self._made,
            self._resource._cfn_properties,
            self._resource.ref,
            self._role.resource.assume_role_policy_document,
        ]

    @staticmethod
    def own_references(made: Mapping[str, Any], ref: Mapping[str, str]) -> list[Any]:
        """What the function's stack writes where it refers to the function or one of its parts.

        Args:
            made: How the function was made, made readable.
            ref: A reference to the function, made readable.

        Returns:
            Function, role and security group by their attributes, then function, role and log
            group by their names; as in `tokens`.
        """
        role, group = made["role"], made["vpcConfig"]["securityGroupIds"][0]
        return [
            {"Fn::GetAtt": [ref["Ref"], "Arn"]},
            group,
            ref,
            {"Ref": role["Fn::GetAtt"][0]},
            made["loggingConfig"]["logGroup"],
        ]

    def tokens(self, tree: AppTree) -> list[str]:
        """How the function and its parts may be referred to from another stack.

        Args:
            tree: The app.

        Returns:
            The references in the order of `own_references`.
        """
        construct, resource = self._function, self._resource
        return [
            resource.attr_arn,
            tree.first_below(construct, ec2.CfnSecurityGroup).attr_group_id,
            resource.ref,
            self._role.resource.ref,
            tree.first_below(construct, logs.CfnLogGroup).ref,
        ]

    def errors(
        self,
        tree: AppTree,
        made: dict[str, Any],
        properties: dict[str, Any],
        trust: Any,
        concerned: Iterable[Found],
    ) -> list[str]:
        """Look at everything in the app that concerns the function.

        Args:
            tree: The app.
            made: How the function was made, made readable as the next two.
            properties: The properties of the function's resource.
            trust: The trust policy of its role.
            concerned: The resources that belong to the function.

        Returns:
            One sentence for each thing that opens it.
        """
        errors = [f"{self._function.node.path}: {error}" for error in self._role.errors(trust)]
        own = tree.account(self.stack)
        reasons = self._own_reasons(made, properties)
        errors.extend(f"{self._resource.node.path} {reason}" for reason in reasons)
        reason = dead_letter_reason(self._resource, properties, own, tree)
        if reason is not None:
            errors.append(f"{self._resource.node.path} {reason}")
        for found in self._further(tree, concerned, properties):
            errors.extend(
                f"{found.node.node.path} {reason}" for reason in _reasons(found, tree, own)
            )
        return errors

    def _own_reasons(self, made: dict[str, Any], properties: dict[str, Any]) -> Iterator[str]:
        """What was assigned to the function's own resource and cannot stay."""
        for key, problem in _UNCHANGED.items():
            if key not in properties or properties[key] != made.get(key):
                yield (
                    f"was changed after it was made: {problem}; remove the Aspect, property "
                    f"injector or assignment that sets {key}"
                )
        for key in properties:
            if key not in _KNOWN and properties[key] != "Zip":
                why = _REFUSED.get(key, "nobody has looked at what it opens")
                yield (
                    f"has {key}, which a SignedVpcFunction cannot have: {why}; remove the Aspect, "
                    "property injector or assignment that sets it"
                )
        yield from self._layer_reasons(properties.get("layers") or [])
        variables = properties.get("environment", {}).get("variables", {})
        function = self._function.function
        allowed = function._allowed if isinstance(function, CheckedFunction) else ()
        try:
            check_environment(
                # What is known at deployment only is taken for unsafe.
                {k: v if isinstance(v, str) else "${Token}" for k, v in variables.items()},
                allowed,
            )
        except InvalidInputError as refusal:
            yield f"is refused: {refusal}"

    def _layer_reasons(self, layers: Any) -> Iterator[str]:
        """What speaks against the layers that the resource has now."""
        function = self._function.function
        if not layers or not isinstance(function, CheckedFunction):
            return
        checked = function.checked_layers
        arns = Stack.of(function).resolve([layer.layer_version_arn for layer in checked])
        others = [layer for layer in layers if layer not in arns]
        if others:
            yield (
                f"has layers that nobody checked, {others[0]} for one, and Lambda refuses unsigned "
                "ones at deployment; remove the Aspect or assignment that sets layers, and write "
                "layers=[...] or fn.function.add_layers(...)"
            )
        # An Aspect can have changed what a layer holds.
        for problem in function.layer_problems():
            yield f"is refused: {problem}"

    def _further(
        self, tree: AppTree, concerned: Iterable[Found], properties: dict[str, Any]
    ) -> dict[Found, None]:
        """What belongs to the function, by its name too, and to its aliases and versions."""
        all_of_them = dict.fromkeys(concerned)
        name = properties.get("functionName")
        if isinstance(name, str):
            all_of_them.update(dict.fromkeys(_by_name(tree, name, self.stack)))
        for found in list(all_of_them):
            if found.kind in ("aws_lambda.CfnAlias", "aws_lambda.CfnVersion"):
                other = References(found.stack, [cast(lambda_.CfnAlias, found.node).ref])
                all_of_them.update(dict.fromkeys(tree.concerning(other)))
        return all_of_them


def _by_name(tree: AppTree, name: str, stack: Stack) -> Iterator[Found]:
    """What names a function without referring to it."""
    account, region = tree.account(stack), tree.region(stack)
    for found in tree.found:
        text = found.properties.get(_NAMING.get(found.kind, ""))
        match = _NAMED.fullmatch(text) if isinstance(text, str) else None
        if match is None or match["name"] != name:
            continue
        # A name alone means the account and region that it is written in.
        here = match["account"] or tree.account(found.stack)
        there = match["region"] or tree.region(found.stack)
        if _may_be(here, account) and _may_be(there, region):
            yield found


def _may_be(one: Any, other: Any) -> bool:
    """Whether two accounts or regions are the same, as far as is known before deployment."""
    return not (isinstance(one, str) and isinstance(other, str)) or one == other


def _reasons(found: Found, tree: AppTree, own: Any) -> Iterator[str | None]:
    """Why a resource cannot stay with the function, if so."""
    for reason in _all_reasons(found, tree, own):
        if reason is not None:
            yield reason


def _all_reasons(found: Found, tree: AppTree, own: Any) -> Iterator[str | None]:
    """What speaks against a resource."""
    properties = found.properties
    match found.kind:
        case "aws_lambda.CfnPermission":
            if lacks_a_source(properties):
                # Templates are made after the validation, so that this still reaches its own.
                permission = cast(lambda_.CfnPermission, found.node)
                permission.source_account = found.stack.account
            else:
                yield caller_reason(properties, own)
        case "aws_lambda.CfnUrl":
            if properties.get("authType") != "AWS_IAM":
                yield (
                    f"is a URL with auth type {properties.get('authType')}, which anybody may "
                    "call; write auth_type=lambda_.FunctionUrlAuthType.AWS_IAM"
                )
        case "aws_lambda.CfnEventInvokeConfig":
            yield from destination_reasons(found, own, tree)
        case "aws_lambda.CfnEventSourceMapping":
            yield source_reason(found, own)
            yield from destination_reasons(found, own, tree)
        case "aws_logs.CfnSubscriptionFilter":
            yield _subscription_reason(found, tree, own)
        case "aws_iam.CfnManagedPolicy":
            yield (
                "attaches a managed policy to the role of a SignedVpcFunction: what it allows can "
                "change without the function; write what the function needs as a grant, or as "
                "function.add_to_role_policy(iam.PolicyStatement(...))"
            )
        case "aws_ec2.CfnSecurityGroupEgress":
            to = [properties.get(key) for key in ("cidrIp", "cidrIpv6", "destinationPrefixListId")]
            if any(to):
                yield (
                    f"lets the function send to {next(filter(None, to))}; remove it, and allow a "
                    "security group instead: database.connections.allow_default_port_from(fn)"
                )


def _subscription_reason(found: Found, tree: AppTree, own: Any) -> str | None:
    """Why the log may not go where a subscription sends it, if so."""
    destination = found.properties.get("destinationArn")
    for shared in tree.all("aws_logs.CfnDestination"):
        arn = shared.node.attr_arn  # type: ignore[attr-defined]
        if tree.mentions(destination, found.stack, References(shared.stack, [arn])):
            return (
                f"sends the function's log to {shared.node.node.path}, which hands it to another "
                "account; remove it, or subscribe something of the function's own account"
            )
    return foreign_account(
        destination,
        own,
        "sends the function's log to",
        "subscribe something of the function's own account",
    )
