"""Functions that call the internet through relays: in one stack, in several, from a VPC.

All but one of the functions have a table too, so that there is something that could go out.
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from secure_lambda_constructs import (
    EgressRelayFunction,
    IsolatedNetwork,
    RelayCredential,
    RelayEgressVpc,
    RelayRoute,
    RouteParameter,
    SignedVpcFunction,
    SigningBaseline,
)

CODE = Path(__file__).resolve().parent / "article" / "lambda"
ENV = cdk.Environment(account="444455556666", region="us-east-1")


def one_stack(app: cdk.App) -> None:
    """Add a relay with both kinds of credentials under keys of the account, and its caller."""
    stack = cdk.Stack(app, "Everything", env=ENV)
    signing = SigningBaseline(stack, "Signing")
    network = IsolatedNetwork(stack, "Network")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
        stack, "Parameter", parameter_name="/rates/key", encryption_key=key
    )
    relay = _relay(
        stack,
        signing,
        routes=[
            _route("charge", "api.example.com", RelayCredential.bearer(_secret(stack, key))),
            _route("rates", "rates.example.com", RelayCredential.query("key", parameter)),
            _route("status", "status.example.com", None),
        ],
        log_encryption_key=key,
    )
    relay.grant_invoke(_function(stack, "Orders", signing, network))


def three_stacks(app: cdk.App) -> None:
    """Add a relay, a network whose endpoint leads to it, and the caller."""
    relays, platform, functions = (
        cdk.Stack(app, name, env=ENV) for name in ("Relays", "Platform", "Functions")
    )
    signing = SigningBaseline(relays, "Signing")
    relay = _relay(relays, signing)
    network = IsolatedNetwork(platform, "Network")
    relay.grant_invoke(_function(functions, "Orders", signing, network))


def by_name(app: cdk.App) -> None:
    """Add a network of a platform team, and a named relay that is made after it."""
    platform, functions = (cdk.Stack(app, name, env=ENV) for name in ("Platform", "Functions"))
    signing = SigningBaseline(platform, "Signing")
    network = IsolatedNetwork(platform, "Network")
    relay = _relay(functions, signing, function_name="payments")
    relay.grant_invoke(_function(functions, "Orders", signing, network))


def egress_vpc(app: cdk.App) -> None:
    """Add a relay with fixed addresses, in a VPC that nothing else is in."""
    stack = cdk.Stack(app, "Partners", env=ENV)
    signing = SigningBaseline(stack, "Signing")
    vpc = RelayEgressVpc(stack, "Egress")
    relay = _relay(stack, signing, egress_vpc=vpc)
    network = IsolatedNetwork(stack, "Network")
    relay.grant_invoke(_function(stack, "Orders", signing, network))


def two_relays(app: cdk.App) -> None:
    """Add two functions of one network, each with a relay of its own; one has no data."""
    stack = cdk.Stack(app, "Two", env=ENV)
    signing = SigningBaseline(stack, "Signing")
    network = IsolatedNetwork(stack, "Network")
    for name, reads in (("Orders", True), ("Letters", False)):
        relay = _relay(stack, signing, id=f"{name}Relay")
        relay.grant_invoke(_function(stack, name, signing, network, reads=reads))


def _secret(scope: Construct, key: kms.IKey | None = None) -> secretsmanager.Secret:
    return secretsmanager.Secret(scope, "Secret", encryption_key=key)


def _route(name: str, host: str, credential: RelayCredential | None) -> RelayRoute:
    return RelayRoute(
        name,
        method="GET",
        host=host,
        path="/v1/things/{id}",
        path_parameters={"id": RouteParameter.integer(minimum=1, maximum=9999)},
        credential=credential,
    )


def _relay(
    scope: Construct, signing: SigningBaseline, *, id: str = "Relay", **arguments: Any
) -> EgressRelayFunction:
    if "routes" not in arguments:
        credential = RelayCredential.bearer(_secret(Construct(scope, f"{id}Parts")))
        arguments["routes"] = [_route("charge", "api.example.com", credential)]
    return EgressRelayFunction(
        scope, id, signing=signing, reserved_concurrent_executions=5, **arguments
    )


def _function(
    scope: Construct,
    id: str,
    signing: SigningBaseline,
    network: IsolatedNetwork,
    *,
    reads: bool = True,
) -> SignedVpcFunction:
    function = SignedVpcFunction(
        scope,
        id,
        signing=signing,
        network=network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(CODE)),
    )
    if reads:
        table = dynamodb.TableV2(
            scope,
            f"{id}Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        )
        table.grant_read_data(function)
    return function
