"""Who may call a relay, and what that takes in their network and function."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aws_cdk import Annotations, ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from ..errors import InvalidInputError
from ..function.checked_function import CheckedFunction
from ..function.signed_vpc_function import SignedVpcFunction
from ..network.environment import refuse_other_environment
from .handler_code import write_client

if TYPE_CHECKING:
    from .egress_relay_function import EgressRelayFunction

__all__ = ["ENDS_EARLY", "HOSTS_VARIABLE", "Callers"]

HOSTS_VARIABLE = "EGRESS_RELAY_HOSTS"
"""Tells the client which relay is for which host: `host=arn` and a space between them."""

ENDS_EARLY = "secure-lambda-constructs:callerEndsBeforeRelay"
"""Key of the warning about a caller that does not wait for the relay."""

_EVERY_HOST = "*"
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
_DEFAULT_TIMEOUT = 3.0
_LAYER = "EgressRelayClient"

# Which relay each function calls, by host.
_hosts: WeakKeyDictionary[SignedVpcFunction, dict[str, str]] = WeakKeyDictionary()
# The layer of each stack with the client, by the profile that signs it.
_layers: WeakKeyDictionary[Stack, dict[str, lambda_.LayerVersion]] = WeakKeyDictionary()


class Callers:
    """The functions that may call one relay."""

    def __init__(self, relay: "EgressRelayFunction", *, several: bool, report_only: bool) -> None:
        """Begin without any.

        Args:
            relay: The relay.
            several: Whether there may be more than one.
            report_only: Whether the relay takes calls to every host.
        """
        self._relay = relay
        self._several = several
        self._report_only = report_only
        self._functions: list[SignedVpcFunction] = []

    @property
    def functions(self) -> list[SignedVpcFunction]:
        """The functions."""
        return list(self._functions)

    def add(self, caller: SignedVpcFunction, *, client_layer: bool) -> None:
        """Let a function call the relay; see `EgressRelayFunction.grant_invoke`."""
        relay = self._relay
        if not isinstance(caller, SignedVpcFunction):
            raise InvalidInputError(
                f"{caller!r} may not call the relay {relay.node.path}: only a SignedVpcFunction is "
                "known to be closed otherwise, and whoever calls a relay has a way out; make it "
                "one, or let one call the relay for it"
            )
        if caller in self._functions:
            return
        if self._functions and not self._several:
            raise InvalidInputError(
                f"the relay {relay.node.path} is called by {self._functions[0].node.path} already, "
                "and is not told who calls; write a relay of its own for "
                f"{caller.node.path}, or callers_trust_each_other=True where each may do what the "
                "other may"
            )
        network = caller.network
        refuse_other_environment(network, Stack.of(relay), of="relay")
        arn = self._arn_for(caller)
        hosts = self._checked_hosts(caller, arn)
        layer = client_layer and _is_python(caller)
        if layer:
            _add_layer(caller)
        network.add_lambda_endpoint(function_arns=[arn])
        caller.role.add_to_principal_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn])
        )
        _hosts[caller] = hosts
        caller.function.add_environment(
            HOSTS_VARIABLE, " ".join(f"{host}={relay_arn}" for host, relay_arn in hosts.items())
        )
        self._functions.append(caller)
        self._warn_of_early_end(caller)

    def _warn_of_early_end(self, caller: SignedVpcFunction) -> None:
        """Say where a caller may end before the relay has answered."""
        most = self._relay.longest_call
        timeout = caller.function.timeout
        if timeout is not None and timeout.is_unresolved():
            return
        least = _DEFAULT_TIMEOUT if timeout is None else timeout.to_seconds(integral=False)
        if least < most:
            Annotations.of(caller).add_warning_v2(
                ENDS_EARLY,
                f"the function stops after {least:g} seconds, and a call through the relay "
                f"{self._relay.node.path} can take {most:g}: it would not learn whether the host "
                f"has carried the call out; write timeout=Duration.seconds({most + 5:g})",
            )

    def _arn_for(self, caller: SignedVpcFunction) -> str:
        """The relay's ARN, as the network's endpoint and the caller's role can refer to it."""
        relay, network_stack = self._relay, Stack.of(caller.network)
        own_stack = Stack.of(relay)
        if own_stack is network_stack:
            return relay.function.function_arn
        if relay.function_name is not None:
            # No reference: the stacks can be deployed in any order.
            return network_stack.format_arn(
                service="lambda",
                resource="function",
                resource_name=relay.function_name,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
        if own_stack is Stack.of(caller) or network_stack in own_stack.dependencies:
            raise InvalidInputError(
                f"the endpoint of the network {caller.network.node.path} names the relay "
                f"{relay.node.path}, whose stack depends on the network's; write "
                "function_name='...' for the relay, or make it in a stack that the network's "
                "depends on"
            )
        return relay.function.function_arn

    def _checked_hosts(self, caller: SignedVpcFunction, arn: str) -> dict[str, str]:
        """All hosts that a function calls through relays, with those of this one."""
        hosts = dict(_hosts.get(caller, {}))
        own = [_EVERY_HOST] if self._report_only else [r.route.host for r in self._relay.routes]
        for host in dict.fromkeys(own):
            if host in hosts:
                which = "every host" if host == _EVERY_HOST else host
                raise InvalidInputError(
                    f"{caller.node.path} calls another relay for {which} already, so that a client "
                    "would not know which one is meant; put the routes into one relay"
                )
            hosts[host] = arn
        return hosts


def _is_python(caller: SignedVpcFunction) -> bool:
    """Whether the client is of use to a function."""
    return caller.function.runtime.family == lambda_.RuntimeFamily.PYTHON


def _add_layer(caller: SignedVpcFunction) -> None:
    """Give a function the layer with the client, if it does not have it."""
    stack, profile = Stack.of(caller), caller.signing.signing_profile_name
    layers = _layers.setdefault(stack, {})
    if profile not in layers:
        with TemporaryDirectory(prefix="relay-client-") as folder:
            write_client(Path(folder))
            layers[profile] = lambda_.LayerVersion(
                stack,
                f"{_LAYER}{profile}" if layers else _LAYER,
                code=caller.signing.signed(lambda_.Code.from_asset(folder)),
                description="egress_relay, which calls hosts outside through a relay",
            )
    function = caller.function
    if not (isinstance(function, CheckedFunction) and layers[profile] in function.checked_layers):
        function.add_layers(layers[profile])
