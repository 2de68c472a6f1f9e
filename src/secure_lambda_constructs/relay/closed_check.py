"""What is refused on a relay when the app synthesizes.

`relay.function` and `relay.role` are there to be looked at. What was made with them, wherever in
the app it is, is looked at last, and so is what was assigned to the function's own resource.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import jsii
from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import IValidation

from ..network.app_tree import AppTree, Found, References

if TYPE_CHECKING:
    from .egress_relay_function import EgressRelayFunction
    from .relay_role import RelayRole

__all__ = ["ClosedRelayCheck"]

# What the relay is made with and has to keep.
_KEPT = {
    "code": "the code is not the signed code",
    "codeSigningConfigArn": "the code signing configuration is not the baseline's",
    "environment": "the environment is not what the routes need",
    "handler": "the handler is not the relay's",
    "layers": "a layer would run with the relay's credentials",
    "loggingConfig": "the audit records would go elsewhere",
    "packageType": "Lambda does not check the signature of a container image",
    "reservedConcurrentExecutions": "nothing would bound what leaves in a time",
    "role": "the role is not the relay's, which has no rights to data",
    "timeout": "the routes say how long a call may take",
    "vpcConfig": "a relay is outside of the networks whose functions call it",
}
_OTHERS = {
    "aws_lambda.CfnEventSourceMapping": "has Lambda call the relay with what it polls",
    "aws_lambda.CfnPermission": "lets others call the relay",
    "aws_lambda.CfnUrl": "is a URL, by which others can call the relay",
    "aws_logs.CfnSubscriptionFilter": "hands the relay's audit records on",
    "aws_events.CfnRule": "has EventBridge call the relay",
    "aws_pipes.CfnPipe": "has EventBridge call the relay",
    "aws_scheduler.CfnSchedule": "has EventBridge call the relay",
    "aws_iam.CfnManagedPolicy": "is attached to the relay's role, which has no rights to data",
}
_AGAIN = ("aws_lambda.CfnAlias", "aws_lambda.CfnVersion")


@jsii.implements(IValidation)
class ClosedRelayCheck:
    """Says what opens a relay."""

    def __init__(
        self,
        relay: "EgressRelayFunction",
        role: "RelayRole",
        resource: lambda_.CfnFunction,
        environment: Mapping[str, str],
    ) -> None:
        """Check a relay.

        Args:
            relay: The relay.
            role: Its role.
            resource: Its resource, as it was made just now.
            environment: Its variables.
        """
        self._relay = relay
        self._role = role
        self._resource = resource
        properties: Mapping[str, Any] = resource._cfn_properties
        self._made = {key: properties.get(key) for key in _KEPT}
        # These the CDK only writes when it synthesizes.
        self._made["environment"] = {"variables": dict(environment)} if environment else None
        self._made["layers"] = None

    def validate(self) -> list[str]:
        """Look at everything in the app that concerns the relay.

        Returns:
            One sentence for each thing that opens it.
        """
        stack = Stack.of(self._relay)
        made, now, trust = stack.resolve(
            [
                self._made,
                self._resource._cfn_properties,
                self._role.resource.assume_role_policy_document,
            ]
        )
        path = self._relay.node.path
        errors = [f"{path}: {error}" for error in self._role.errors(trust)]
        for key, problem in _KEPT.items():
            if now.get(key) != made.get(key) and not _is_zip(key, now.get(key)):
                errors.append(
                    f"{self._resource.node.path} was changed after it was made: {problem}; remove "
                    f"the Aspect, property injector or assignment that sets {key}"
                )
        tree = AppTree.of(self._relay, self)
        for found in self._concerned(tree, stack):
            reason = self._reason(found)
            if reason is not None:
                errors.append(f"{found.node.node.path} {reason}")
        return errors

    def _concerned(self, tree: AppTree, stack: Stack) -> Iterator[Found]:
        """What belongs to the relay, and to its aliases and versions."""
        tokens = [
            self._resource.attr_arn,
            self._resource.ref,
            self._role.resource.ref,
            self._role.resource.attr_arn,
            tree.first_below(self._relay, logs.CfnLogGroup).ref,
        ]
        concerned = dict.fromkeys(tree.concerning(References(stack, tokens)))
        for found in list(concerned):
            if found.kind in _AGAIN:
                other = References(found.stack, [cast(lambda_.CfnAlias, found.node).ref])
                concerned.update(dict.fromkeys(tree.concerning(other)))
        yield from concerned

    def _reason(self, found: Found) -> str | None:
        """Why something cannot stay with the relay, if so."""
        if found.kind == "aws_lambda.CfnEventInvokeConfig":
            if found.properties.get("destinationConfig"):
                return (
                    "hands on what the relay was asked and answered; remove on_failure and "
                    f"on_success (got {json.dumps(found.properties['destinationConfig'])})"
                )
            return None
        if found.kind not in _OTHERS:
            return None
        return (
            f"{_OTHERS[found.kind]}; whoever is to call outside gets it by "
            "relay.grant_invoke(function), and nothing else is added to a relay"
        )


def _is_zip(key: str, value: Any) -> bool:
    """Whether it says no more than what holds anyway."""
    return key == "packageType" and value == "Zip"
