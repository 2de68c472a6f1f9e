"""What a relay is made of."""

from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm

from secure_lambda_constructs import (
    InvalidInputError,
    RelayCredential,
    RelayEgressVpc,
    RequestBody,
    ResponseFilter,
    RouteParameter,
)
from secure_lambda_constructs.relay import egress_relay_function
from secure_lambda_constructs.relay.egress_relay_function import REPORTS_ONLY
from secure_lambda_constructs.relay.handler.routes import read_configuration

from ..function.conftest import Template
from .conftest import RelayWorld

_RELAY = Path(egress_relay_function.__file__).parent


def relay_resource(template: Template) -> dict[str, Any]:
    (found,) = [
        properties
        for properties in template.all("AWS::Lambda::Function")
        if properties["Handler"] == "relay_handler.main.handler"
    ]
    return found


def code_of(world: RelayWorld, holding: str) -> Path:
    """The staged folder that holds a file."""
    (found,) = {
        path.parent.resolve()
        for path in Path(world.app.synth().directory).glob(f"asset.*/{holding}")
    }
    return found


def role_of(template: Template, prefix: str = "Relay") -> dict[str, Any]:
    (name,) = [
        name
        for name, kind in template.of(prefix).items()
        if kind == "AWS::IAM::Role" and "Function" not in name
    ]
    return dict(template.resources[name]["Properties"])


def statement(role: dict[str, Any], sid: str) -> dict[str, Any]:
    (found,) = [
        item
        for policy in role["Policies"]
        for item in policy["PolicyDocument"]["Statement"]
        if item["Sid"] == sid
    ]
    return dict(found)


def test_relay_is_signed_bounded_and_outside_the_vpc(world: RelayWorld) -> None:
    world.connected()
    template = world.template()
    relay = relay_resource(template)
    assert "CodeSigningConfigArn" in relay
    assert relay["ReservedConcurrentExecutions"] == 5
    assert relay["Timeout"] == 19
    assert relay["Runtime"] == "python3.14"
    assert "VpcConfig" not in relay
    assert template.circles() == []


def test_construct_ids_are_public(world: RelayWorld) -> None:
    world.connected(function_name="payments")
    template = world.template()
    found = {
        name[: -len("12345678")]: kind
        for name, kind in template.of("Relay").items()
        if kind != "AWS::S3::Bucket"
    }
    assert found == {
        "RelayLogGroup": "AWS::Logs::LogGroup",
        "RelayRole": "AWS::IAM::Role",
        "RelayRoleDefaultPolicy": "AWS::IAM::Policy",
        "RelayFunction": "AWS::Lambda::Function",
        "RelayFunctionEventInvokeConfig": "AWS::Lambda::EventInvokeConfig",
    }


def test_an_asynchronous_call_is_made_once(world: RelayWorld) -> None:
    world.relay()
    (config,) = world.template().all("AWS::Lambda::EventInvokeConfig")
    assert config["MaximumRetryAttempts"] == 0
    assert config["MaximumEventAgeInSeconds"] == 60
    assert "DestinationConfig" not in config


def test_role_denies_all_but_log_and_credentials(world: RelayWorld) -> None:
    world.connected()
    template = world.template()
    role = role_of(template)
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ]
    assert "ManagedPolicyArns" not in role
    assert statement(role, "NoData")["NotAction"] == [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "kms:Decrypt",
    ]
    only_own = statement(role, "OnlyOwnLogs")
    assert only_own["Effect"] == "Deny"
    assert only_own["NotResource"] == statement(role, "OwnLogs")["Resource"]


def test_role_reads_the_named_credentials_only(world: RelayWorld) -> None:
    key = kms.Key(world.stack, "Key", enable_key_rotation=True)
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
        world.stack, "Token", parameter_name="/partner/token", encryption_key=key
    )
    secret = world.secret()
    world.relay(
        routes=[
            world.route("one", credential=RelayCredential.bearer(secret, field="a")),
            world.route("two", path="/2", credential=RelayCredential.header("X-Key", secret)),
            world.route("three", path="/3", credential=RelayCredential.bearer(parameter)),
        ]
    )
    template = world.template()
    (policy,) = [
        item
        for item in template.all("AWS::IAM::Policy")
        if item["PolicyName"].startswith("RelayRole")
    ]
    granted = {
        tuple(sorted([item["Action"]] if isinstance(item["Action"], str) else item["Action"]))
        for item in policy["PolicyDocument"]["Statement"]
    }
    assert granted == {
        ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
        (
            "ssm:DescribeParameters",
            "ssm:GetParameter",
            "ssm:GetParameterHistory",
            "ssm:GetParameters",
        ),
        ("kms:Decrypt",),
    }
    assert "*" not in [item["Resource"] for item in policy["PolicyDocument"]["Statement"]]
    variables = relay_resource(template)["Environment"]["Variables"]
    assert len(variables) == 2
    assert "/partner/token" in variables.values()


def test_variable_of_a_credential_follows_from_the_secret(code: Path) -> None:
    """Lambda changes code and environment one after the other: a name never changes its secret."""

    def variables(order: list[str]) -> dict[str, Any]:
        world = RelayWorld(code, region="eu-west-1")
        secrets = {id: RelayCredential.bearer(world.secret(id)) for id in ("One", "Two")}
        world.relay(
            routes=[
                world.route(f"route_{position}", path=f"/{position}", credential=secrets[id])
                for position, id in enumerate(order)
            ]
        )
        return dict(relay_resource(world.template())["Environment"]["Variables"])

    assert variables(["One", "Two"]) == variables(["Two", "One"])


def test_routes_are_signed_with_the_code(world: RelayWorld) -> None:
    secret = world.secret()
    route = world.route(
        "charge",
        method="POST",
        path="/v1/charges/{charge}",
        path_parameters={"charge": RouteParameter.pattern("ch_[a-z]{1,9}")},
        query_parameters={"z": RouteParameter.date(), "a": RouteParameter.uuid()},
        headers={"Idempotency-Key": RouteParameter.uuid()},
        body=RequestBody.form(
            {"b": RouteParameter.integer(minimum=1, maximum=2), "a": RouteParameter.one_of("x")}
        ),
        credential=RelayCredential.bearer(secret, field="api_key"),
        response=ResponseFilter(fields=["id"]),
        idempotent=True,
    )
    world.relay(routes=[route])
    folder = code_of(world, "routes.json")
    (read,) = read_configuration((folder / "routes.json").read_text()).routes
    assert read.host == "api.example.com"
    assert read.idempotent
    assert list(read.query_parameters) == ["z", "a"]
    assert list(read.headers) == ["idempotency-key"]
    assert read.body is not None
    assert list(read.body.fields) == ["b", "a"]
    assert read.credential is not None
    (variable,) = relay_resource(world.template())["Environment"]["Variables"]
    assert read.credential.source.environment == variable
    assert read == route.route.__class__(
        **{
            **{name: getattr(route.route, name) for name in route.route.__slots__},
            "credential": read.credential,
        }
    )


def test_code_is_the_handler_and_nothing_else(world: RelayWorld) -> None:
    world.relay()
    folder = code_of(world, "routes.json")
    assert sorted(path.name for path in folder.iterdir()) == ["relay_handler", "routes.json"]
    source = _RELAY / "handler"
    names = sorted(path.name for path in source.glob("*.py"))
    assert sorted(path.name for path in (folder / "relay_handler").iterdir()) == names
    for name in names:
        assert (folder / "relay_handler" / name).read_bytes() == (source / name).read_bytes()


def test_hook_is_in_the_signed_code(world: RelayWorld, tmp_path: Path) -> None:
    hook = tmp_path / "partner.py"
    hook.write_text("def sign(request, secret):\n    return {}\n")
    credential = RelayCredential.hook(
        world.secret(), file=str(hook), function="sign", headers=["X-Signature"]
    )
    world.relay(routes=[world.route(credential=credential)])
    folder = code_of(world, "routes.json")
    assert (folder / "relay_hooks" / "partner.py").read_text() == hook.read_text()
    assert (folder / "relay_hooks" / "__init__.py").exists()


def test_two_hooks_of_one_name_are_refused(world: RelayWorld, tmp_path: Path) -> None:
    routes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "partner.py"
        file.write_text("def sign(request, secret):\n    return {}\n")
        credential = RelayCredential.hook(
            world.secret(name), file=str(file), function="sign", headers=["x-signature"]
        )
        routes.append(world.route(name, path=f"/{name}", credential=credential))
    with pytest.raises(InvalidInputError, match=r"'partner\.py', and a relay has one folder"):
        world.relay(routes=routes)


def test_same_routes_are_the_same_code_whenever_they_are_made(code: Path) -> None:
    keys = []
    for _ in range(2):
        world = RelayWorld(code, region="eu-west-1")
        world.relay()
        keys.append(relay_resource(world.template())["Code"]["S3Key"])
    assert keys[0] == keys[1]


def test_relay_that_reports_only_warns(world: RelayWorld) -> None:
    relay = world.relay(report_only=True)
    messages = [entry.data for entry in relay.node.metadata if "warn" in entry.type]
    assert any(REPORTS_ONLY in str(message) for message in messages)
    folder = code_of(world, "routes.json")
    assert read_configuration((folder / "routes.json").read_text()).report_only


def test_relay_with_fixed_addresses(world: RelayWorld) -> None:
    world.relay(egress_vpc=RelayEgressVpc(world.stack, "Partners"))
    template = world.template()
    relay = relay_resource(template)
    assert relay["VpcConfig"]["SubnetIds"]
    role = role_of(template)
    assert statement(role, "NoEniFromCode")["Condition"] == {
        "Null": {"lambda:SourceFunctionArn": "false"}
    }
    assert template.circles() == []


def test_log_encrypted_with_a_key_of_the_app(world: RelayWorld) -> None:
    key = kms.Key(world.stack, "LogKey", enable_key_rotation=True)
    world.connected(log_encryption_key=key)
    template = world.template()
    assert [kind for name, kind in template.of("RelayRoleOwnLogs").items()] == ["AWS::IAM::Policy"]
    assert template.circles() == []


def test_grants_are_refused(world: RelayWorld) -> None:
    relay = world.relay()
    table = world.table()
    with pytest.raises(RuntimeError, match="no rights but to read the credentials of its routes"):
        table.grant_read_data(relay.role)
    with pytest.raises(RuntimeError, match="no rights but to read the credentials"):
        table.grant_read_data(relay.function)
    with pytest.raises(InvalidInputError, match="managed policy"):
        relay.role.add_managed_policy(
            iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess")
        )
    policy = iam.Policy(
        world.stack, "Own", statements=[iam.PolicyStatement(actions=["s3:*"], resources=["*"])]
    )
    with pytest.raises((InvalidInputError, RuntimeError), match="the policy App/Own cannot be"):
        relay.role.attach_inline_policy(policy)


def test_relay_is_no_grantee(world: RelayWorld) -> None:
    relay = world.relay()
    assert not hasattr(relay, "grant_principal")
    with pytest.raises((RuntimeError, TypeError)):
        world.table().grant_read_data(cast(Any, relay))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"signing": None}, "signing is None, not a signing baseline"),
        ({"routes": []}, r"routes is \[\]; write routes=\[RelayRoute"),
        ({"routes": "rates"}, "routes is 'rates'"),
        ({"routes": [3]}, "routes has 3; write RelayRoute"),
        ({"reserved_concurrent_executions": -1}, "reserved_concurrent_executions is -1"),
        ({"reserved_concurrent_executions": True}, "reserved_concurrent_executions is True"),
        ({"reserved_concurrent_executions": None}, "reserved_concurrent_executions is None"),
        ({"memory_size": 64}, "memory_size is 64; write 128 to 10,240"),
        ({"runtime": lambda_.Runtime.NODEJS_22_X}, "the relay is written in Python"),
        ({"egress_vpc": "vpc"}, "egress_vpc is 'vpc'; write egress_vpc=RelayEgressVpc"),
    ],
    ids=lambda value: None if isinstance(value, dict) else "",
)
def test_refused_arguments(world: RelayWorld, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        world.relay(**arguments)
    assert world.stack.node.try_find_child("Relay") is None


def test_routes_for_the_same_requests_are_refused(world: RelayWorld) -> None:
    with pytest.raises(InvalidInputError, match="two routes are called 'rates'"):
        world.relay(routes=[world.route(), world.route(path="/other")])
    parameters = {"path_parameters": {"id": RouteParameter.uuid()}}
    with pytest.raises(InvalidInputError, match="are for the same requests"):
        world.relay(
            routes=[
                world.route("one", path="/v1/{id}", **parameters),
                world.route("two", path="/v1/{id}", **parameters),
            ]
        )
    world.relay(routes=[world.route("one"), world.route("two", method="DELETE")])


def test_stopped_relay(world: RelayWorld) -> None:
    world.relay(reserved_concurrent_executions=0)
    assert relay_resource(world.template())["ReservedConcurrentExecutions"] == 0


def test_metrics_and_alarms(world: RelayWorld) -> None:
    from aws_cdk import aws_sns as sns

    relay = world.relay()
    assert relay.metric("Refused").metric_name == "Refused"
    assert set(relay.metric("BytesOut", route="rates").dimensions or {}) == {"Relay", "Route"}
    with pytest.raises(InvalidInputError, match="has no route 'charge'; write one of rates"):
        relay.metric("BytesOut", route="charge")
    relay.add_alarms(
        sns.Topic(world.stack, "Alerts", enforce_ssl=True), max_bytes_out=cdk.Size.mebibytes(1)
    )
    alarms = world.template().all("AWS::CloudWatch::Alarm")
    assert {alarm["MetricName"] for alarm in alarms} >= {"Refused", "BytesOut"}
