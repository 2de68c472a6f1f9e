"""Who may call a relay, and what that opens."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import (
    EgressRelayFunction,
    InvalidInputError,
    IsolatedNetwork,
    SignedVpcFunction,
    SigningBaseline,
)
from secure_lambda_constructs.relay import egress_relay_function
from secure_lambda_constructs.relay.callers import ENDS_EARLY, HOSTS_VARIABLE
from secure_lambda_constructs.relay.client import hosts

from ..function.conftest import Template
from .conftest import RelayWorld

_RELAY = Path(egress_relay_function.__file__).parent


def caller_resource(template: Template, prefix: str = "Orders") -> dict[str, Any]:
    (name,) = [n for n, kind in template.of(prefix).items() if kind == "AWS::Lambda::Function"]
    return dict(template.resources[name]["Properties"])


def lambda_endpoint(template: Template) -> dict[str, Any]:
    (found,) = [
        endpoint
        for endpoint in template.all("AWS::EC2::VPCEndpoint")
        if str(endpoint["ServiceName"]).endswith(".lambda")
    ]
    return found


def granted(template: Template, prefix: str = "Orders") -> list[dict[str, Any]]:
    return [
        item
        for name, resource in template.resources.items()
        if name.startswith(prefix) and resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::Policy")
        for policy in (resource["Properties"].get("Policies") or [resource["Properties"]])
        for item in policy["PolicyDocument"]["Statement"]
        if item["Effect"] == "Allow" and "lambda:InvokeFunction" in json.dumps(item)
    ]


def test_grant_opens_the_whole_way_to_the_relay_alone(world: RelayWorld) -> None:
    world.connected()
    template = world.template()
    (relay,) = [n for n in template.of("RelayFunction") if "EventInvoke" not in n]
    arn = {"Fn::GetAtt": [relay, "Arn"]}
    (statement,) = lambda_endpoint(template)["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == arn
    assert statement["Condition"]["StringEquals"].keys() == {
        "aws:PrincipalAccount",
        "aws:ResourceAccount",
    }
    (grant,) = granted(template)
    assert grant["Resource"] == arn
    assert grant["Action"] == "lambda:InvokeFunction"
    caller = caller_resource(template)
    hosts = caller["Environment"]["Variables"]["EGRESS_RELAY_HOSTS"]
    assert hosts == {"Fn::Join": ["", ["api.example.com=", arn]]}
    assert len(caller["Layers"]) == 1
    assert len(caller["VpcConfig"]["SecurityGroupIds"]) == 2
    names = [
        name
        for item in template.all("AWS::Route53Resolver::FirewallDomainList")
        for name in item["Domains"]
    ]
    assert {"Fn::Join": ["", ["lambda.eu-west-1.", {"Ref": "AWS::URLSuffix"}]]} in names
    assert template.all("AWS::Lambda::Permission") == []
    assert template.circles() == []


def test_layer_is_the_client_signed(world: RelayWorld) -> None:
    world.connected()
    (layer,) = world.template().all("AWS::Lambda::LayerVersion")
    manifest = Path(world.app.synth().directory, "App.assets.json")
    (signed,) = [
        file
        for file in json.loads(manifest.read_text())["files"].values()
        for destination in file["destinations"].values()
        if destination["objectKey"] == layer["Content"]["S3Key"]
    ]
    assert "secure-lambda-sign" in signed["source"]["executable"]
    (folder,) = Path(world.app.synth().directory).glob("asset.*/python")
    assert [path.name for path in folder.iterdir()] == ["egress_relay"]
    source = _RELAY / "client"
    names = sorted(["py.typed", *(path.name for path in source.glob("*.py"))])
    assert sorted(path.name for path in (folder / "egress_relay").iterdir()) == names


def test_client_reads_the_variable_that_is_written() -> None:
    assert HOSTS_VARIABLE == hosts.HOSTS_VARIABLE


def test_second_caller_is_refused_unless_they_trust_each_other(world: RelayWorld) -> None:
    relay, _ = world.connected()
    with pytest.raises(InvalidInputError, match="is called by App/Orders already"):
        relay.grant_invoke(world.function(id="Other"))
    shared = world.relay(
        id="Shared",
        callers_trust_each_other=True,
        routes=[world.route(host="other.example.com")],
    )
    for id in ("One", "Two"):
        shared.grant_invoke(world.function(id=id))
    template = world.template()
    assert len(template.all("AWS::Lambda::LayerVersion")) == 1
    assert len(granted(template, "One")) == len(granted(template, "Two")) == 1


def test_caller_that_would_not_wait_is_warned_of(world: RelayWorld) -> None:
    relay = world.relay(callers_trust_each_other=True)
    for id, timeout, warned in (("Short", None, True), ("Long", cdk.Duration.seconds(20), False)):
        caller = world.function(id=id, timeout=timeout)
        relay.grant_invoke(caller)
        messages = [str(entry.data) for entry in caller.node.metadata if "warn" in entry.type]
        assert any(ENDS_EARLY in message for message in messages) is warned


def test_granting_twice_changes_nothing(world: RelayWorld) -> None:
    relay, caller = world.connected()
    relay.grant_invoke(caller)
    template = world.template()
    assert len(granted(template)) == 1
    assert len(lambda_endpoint(template)["PolicyDocument"]["Statement"]) == 1


def test_one_function_calls_two_relays(world: RelayWorld) -> None:
    _, caller = world.connected()
    second = world.relay(id="Second", routes=[world.route(host="other.example.com")])
    second.grant_invoke(caller)
    template = world.template()
    hosts = json.dumps(caller_resource(template)["Environment"]["Variables"])
    assert "api.example.com=" in hosts
    assert " other.example.com=" in hosts
    resources = json.dumps(lambda_endpoint(template)["PolicyDocument"]["Statement"])
    assert resources.count("Fn::GetAtt") == 2


def test_one_host_has_one_relay(world: RelayWorld) -> None:
    _, caller = world.connected()
    second = world.relay(id="Second")
    with pytest.raises(InvalidInputError, match=r"calls another relay for api\.example\.com"):
        second.grant_invoke(caller)
    assert len(granted(world.template())) == 1


def test_relay_that_reports_only_is_for_every_host(world: RelayWorld) -> None:
    world.connected(report_only=True)
    hosts = json.dumps(caller_resource(world.template())["Environment"]["Variables"])
    assert "*=" in hosts
    assert "example.com" not in hosts


def test_endpoint_made_by_hand_is_used(world: RelayWorld) -> None:
    from aws_cdk import aws_ec2 as ec2

    relay = world.relay()
    world.network.add_interface_endpoint(
        "ToRelay",
        ec2.InterfaceVpcEndpointAwsService.LAMBDA_,
        resources=["arn:aws:lambda:eu-west-1:111122223333:function:by-hand"],
    )
    relay.grant_invoke(world.function(id="Orders"))
    policy = json.dumps(lambda_endpoint(world.template())["PolicyDocument"])
    assert "by-hand" in policy
    assert "RelayFunction" in policy


def test_other_runtimes_get_no_layer(world: RelayWorld) -> None:
    relay = world.relay()
    relay.grant_invoke(world.function(id="Orders", runtime=lambda_.Runtime.NODEJS_22_X))
    assert "Layers" not in caller_resource(world.template())


def test_client_can_be_kept_with_the_code(world: RelayWorld) -> None:
    relay = world.relay()
    relay.grant_invoke(world.function(id="Orders"), client_layer=False)
    assert "Layers" not in caller_resource(world.template())


def test_layers_of_two_baselines(world: RelayWorld) -> None:
    relay = world.relay(callers_trust_each_other=True)
    other = SigningBaseline(world.stack, "OtherSigning", profile_name="Other")
    relay.grant_invoke(world.function(id="One"))
    relay.grant_invoke(world.function(id="Two", signing=other))
    assert len(world.template().all("AWS::Lambda::LayerVersion")) == 2


@pytest.mark.parametrize("grantee", ["function", "role"])
def test_others_than_closed_functions_are_refused(world: RelayWorld, grantee: str) -> None:
    relay = world.relay()
    open_function = lambda_.Function(
        world.stack,
        "Open",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=world.code(),
    )
    given: Any = open_function if grantee == "function" else open_function.role
    with pytest.raises(InvalidInputError, match="only a SignedVpcFunction is known to be closed"):
        relay.grant_invoke(given)


class Apart(RelayWorld):
    """Relay, network and function in stacks of their own."""

    def make(self, relay_stack: str, function_stack: str, name: str | None) -> EgressRelayFunction:
        platform = self.new_stack("Platform")
        network = IsolatedNetwork(platform, "Network")
        stacks = {"App": self.stack, "Platform": platform}
        for id in (relay_stack, function_stack):
            stacks.setdefault(id, self.new_stack(id) if id not in stacks else stacks[id])
        relay = self.relay(stacks[relay_stack], function_name=name)
        caller = SignedVpcFunction(
            stacks[function_stack],
            "Orders",
            signing=self.signing,
            network=network,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=self.code(),
        )
        relay.grant_invoke(caller)
        return relay


def test_relay_network_and_function_in_their_order(code: Path) -> None:
    world = Apart(code, region="eu-west-1")
    world.make("Relays", "Functions", None)
    templates = world.templates()
    endpoint = lambda_endpoint(Template(templates["Platform"]))
    assert "Fn::ImportValue" in json.dumps(endpoint) or "Fn::GetStackOutput" in json.dumps(endpoint)


def test_named_relay_beside_its_function(code: Path) -> None:
    world = Apart(code, region="eu-west-1")
    world.make("Functions", "Functions", "payments")
    templates = world.templates()
    (statement,) = lambda_endpoint(Template(templates["Platform"]))["PolicyDocument"]["Statement"]
    assert json.dumps(statement["Resource"]).endswith(':function:payments"]]}')
    (grant,) = granted(Template(templates["Functions"]))
    assert grant["Resource"] == statement["Resource"]


def test_relay_beside_its_function_needs_a_name(code: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"write function_name='\.\.\.' for the relay"):
        Apart(code, region="eu-west-1").make("Functions", "Functions", None)


def test_relay_of_another_region_is_refused(world: RelayWorld) -> None:
    elsewhere = cdk.Stack(
        world.app, "Elsewhere", env=cdk.Environment(account="111122223333", region="us-east-1")
    )
    relay = world.relay(
        elsewhere, signing=SigningBaseline(elsewhere, "Signing"), function_name="payments"
    )
    with pytest.raises(InvalidInputError, match="is in eu-west-1 and the relay in us-east-1"):
        relay.grant_invoke(world.function(id="Orders"))
