"""What a signed function refuses before anything is created."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from secure_lambda_constructs import (
    InvalidInputError,
    IsolatedNetwork,
    SignedVpcFunction,
    SigningBaseline,
)

from .conftest import World


class _Unsigned:
    """A baseline that signs nothing."""

    code_signing_config = None

    def signed(self, code: lambda_.Code) -> lambda_.Code:
        return code


def refused(world: World, message: str, **arguments: Any) -> None:
    with pytest.raises(InvalidInputError, match=message):
        world.function(id="Refused", **arguments)
    assert world.stack.node.try_find_child("Refused") is None


def test_vpc_that_is_no_isolated_network(shared_world: World) -> None:
    vpc = ec2.Vpc(shared_world.new_stack("Open"), "Vpc")
    refused(
        shared_world,
        r"network is a Vpc, not an IsolatedNetwork, and nothing shows that it is closed; write "
        r"network=IsolatedNetwork\(self, 'Network'\)",
        network=vpc,
    )
    refused(shared_world, "network is None, not an IsolatedNetwork", network=None)


def test_vpc_of_an_isolated_network(shared_world: World) -> None:
    refused(
        shared_world,
        "network is an InterfaceDynamicProxy, not an IsolatedNetwork",
        network=shared_world.network.vpc,
    )


def test_signing_that_is_no_baseline(shared_world: World) -> None:
    config = shared_world.signing.code_signing_config
    refused(
        shared_world,
        r"signing is a CodeSigningConfig, not a signing baseline; write "
        r"signing=SigningBaseline\(self, 'Signing'\)",
        signing=config,
    )


def test_signing_that_signs_nothing(shared_world: World) -> None:
    refused(
        shared_world,
        r"signing.signed\(code\) returned an AssetCode, not signed code",
        signing=_Unsigned(),
    )


def test_code_that_cannot_be_signed(shared_world: World, code: Path) -> None:
    bucket = s3.Bucket.from_bucket_name(shared_world.stack, "Elsewhere", "elsewhere")
    for unsigned, message in (
        (lambda_.Code.from_inline("def handler(event, context): pass"), "inline"),
        (lambda_.Code.from_asset_image(str(code)), "image"),
        (lambda_.Code.from_bucket(bucket, "code.zip"), "bucket|S3"),
    ):
        refused(shared_world, message, code=unsigned)


def test_code_that_shows_only_when_it_is_staged(shared_world: World) -> None:
    """The refusal comes back from JavaScript, and still is ours."""
    stack = shared_world.new_stack("Own")
    signing = SigningBaseline(stack, "Signing", companion_stack=False)
    network = IsolatedNetwork(stack, "Network")
    with pytest.raises(InvalidInputError, match="stack Own holds the signing baseline"):
        shared_world.function(stack, signing=signing, network=network)


class _Refusing:
    """A baseline that refuses the code at once."""

    code_signing_config = None

    def signed(self, code: lambda_.Code) -> lambda_.Code:
        raise InvalidInputError("there is no such code")


def test_code_is_judged_before_anything_is_created(shared_world: World) -> None:
    refused(shared_world, "there is no such code", signing=_Refusing())


def test_code_that_is_not_there(shared_world: World) -> None:
    refused(shared_world, "nope", code=lambda_.Code.from_asset("nope"))


def test_images(shared_world: World) -> None:
    message = "the runtime or handler is FROM_IMAGE: Lambda does not check the signature"
    refused(shared_world, message, runtime=lambda_.Runtime.FROM_IMAGE)
    refused(shared_world, message, handler=lambda_.Handler.FROM_IMAGE)


def test_subnets_that_are_not_the_networks(shared_world: World) -> None:
    foreign = ec2.Subnet.from_subnet_id(shared_world.stack, "Foreign", "subnet-0123456789abcdef0")
    other = IsolatedNetwork(shared_world.new_stack("Other"), "Network")
    for subnet in (foreign, other.subnets[0]):
        refused(
            shared_world,
            f"vpc_subnets names the subnet {subnet.node.path}, which is not one of network.subnets",
            vpc_subnets=ec2.SubnetSelection(subnets=[subnet]),
        )


@pytest.mark.parametrize("kind", ["a list", "a dict"])
def test_subnets_without_a_selection(shared_world: World, kind: str) -> None:
    subnets = shared_world.network.subnets
    refused(
        shared_world,
        rf"vpc_subnets is {kind}; write ec2.SubnetSelection\(subnets=\[...\]\) with some of",
        vpc_subnets=subnets if kind == "a list" else {"subnets": subnets},
    )


@pytest.mark.parametrize(
    ("network_env", "own_env", "message"),
    [
        (
            {"region": "eu-west-1"},
            {"region": "us-east-1"},
            "the network There/Network is in eu-west-1 and the function in us-east-1; write an "
            "IsolatedNetwork in a stack of us-east-1",
        ),
        (
            {"account": "111122223333", "region": "us-east-1"},
            {"account": "444455556666", "region": "us-east-1"},
            "is in 111122223333 and the function in 444455556666; write .* of 444455556666",
        ),
        (
            {},
            {"region": "us-east-1"},
            "is in no known region and the function in us-east-1; write .* of us-east-1",
        ),
        (
            {"region": "us-east-1"},
            {},
            "is in us-east-1 and the function in no known region; write an IsolatedNetwork in "
            "its stack, or bind both to one region",
        ),
    ],
)
def test_network_of_another_environment(
    code: Path, network_env: dict[str, str], own_env: dict[str, str], message: str
) -> None:
    app = cdk.App()
    there = cdk.Stack(app, "There", env=cdk.Environment(**network_env))
    own = cdk.Stack(app, "Own", env=cdk.Environment(**own_env))
    network = IsolatedNetwork(there, "Network")
    signing = SigningBaseline(own, "Signing")
    with pytest.raises(InvalidInputError, match=message):
        SignedVpcFunction(
            own,
            "Refused",
            signing=signing,
            network=network,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(code)),
        )
    assert own.node.try_find_child("Refused") is None


def test_network_whose_environment_is_known_at_deployment_only(world: World) -> None:
    """Two stacks that are bound to nothing are taken to be deployed to one place."""
    other = cdk.Stack(world.app, "Other", env=cdk.Environment(region=cdk.Fn.ref("AWS::Region")))
    network = IsolatedNetwork(other, "Network")
    assert network.region != world.stack.region
    world.function(network=network)


@pytest.mark.parametrize("kind", ["PUBLIC", "PRIVATE_WITH_EGRESS"])
def test_subnets_that_are_not_isolated(shared_world: World, kind: str) -> None:
    refused(
        shared_world,
        f"vpc_subnets selects subnets of type {kind}, and only isolated ones can be used",
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType[kind]),
    )


def test_no_subnets(shared_world: World) -> None:
    refused(
        shared_world,
        "vpc_subnets selects none of network.subnets",
        vpc_subnets=ec2.SubnetSelection(availability_zones=["eu-west-1a"]),
    )


@pytest.mark.parametrize(
    "selection",
    [
        ec2.SubnetSelection(),
        ec2.SubnetSelection(one_per_az=True),
        ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        ec2.SubnetSelection(subnet_group_name="Isolated"),
    ],
)
def test_selections_of_isolated_subnets_stay(world: World, selection: ec2.SubnetSelection) -> None:
    world.function(vpc_subnets=selection)
    assert len(world.template().one("AWS::Lambda::Function")["VpcConfig"]["SubnetIds"]) == 2


def test_zones_that_were_named_can_be_selected(code: Path) -> None:
    world = World(code)
    network = IsolatedNetwork(
        cdk.Stack(world.app, "Named"), "Network", availability_zones=["us-east-1a", "us-east-1b"]
    )
    world.function(
        network=network, vpc_subnets=ec2.SubnetSelection(availability_zones=["us-east-1b"])
    )
    assert len(world.template().one("AWS::Lambda::Function")["VpcConfig"]["SubnetIds"]) == 1


@pytest.mark.parametrize(
    "name",
    [
        "AWS_LAMBDA_EXEC_WRAPPER",
        "BASH_ENV",
        "BROWSER",
        "COMPlus_GCName",
        "CORECLR_PROFILER",
        "DOTNET_GCName",
        "DOTNET_GCPath",
        "DOTNET_STARTUP_HOOKS",
        "JAVA_TOOL_OPTIONS",
        "LD_PRELOAD",
        "NODE_OPTIONS",
        "OPENSSL_CONF",
        "PERL5OPT",
        "PYTHONPYCACHEPREFIX",
        "PYTHONSTARTUP",
        "PYTHONWARNINGS",
        "RUBYOPT",
    ],
)
def test_variables_that_load_code(shared_world: World, name: str) -> None:
    refused(
        shared_world,
        f"the environment variable {name} makes the runtime load code that nobody signed; remove "
        rf"it, or write environment_variables_that_may_load_code=\['{name}'\]",
        environment={"STAGE": "prod", name: "anything"},
    )


@pytest.mark.parametrize(
    "value", ["/tmp", "/mnt/efs/lib", "/opt/lib:", "lib", "/opt/../tmp", "/optional", "$HOME/x"]
)
def test_search_paths_outside_the_signed_code(shared_world: World, value: str) -> None:
    refused(
        shared_world,
        "the environment variable PYTHONPATH is '.*': it makes the runtime look for code outside",
        environment={"PYTHONPATH": value},
    )


@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "HOME"])
def test_files_that_name_commands_are_in_the_signed_code(shared_world: World, name: str) -> None:
    refused(
        shared_world,
        f"the environment variable {name} is '/tmp/aws': it makes the runtime look for code",
        environment={name: "/tmp/aws"},
    )


def test_allowed_variables_as_a_string(shared_world: World) -> None:
    """`"PATH" in "LD_LIBRARY_PATH"` would hold."""
    refused(
        shared_world,
        "environment_variables_that_may_load_code is the string 'LD_LIBRARY_PATH'; write a list: "
        r"\['LD_LIBRARY_PATH'\]",
        environment={"PATH": "/tmp"},
        environment_variables_that_may_load_code="LD_LIBRARY_PATH",
    )


@pytest.mark.parametrize("environment", [["STAGE"], "STAGE=prod", 0])
def test_environment_that_is_no_mapping(shared_world: World, environment: Any) -> None:
    refused(
        shared_world,
        r"environment is .+; write names and values: \{'TABLE_NAME': 'users'\}",
        environment=environment,
    )


@pytest.mark.parametrize(("name", "value"), [("SIZE", 1), ("PATH", None), (1, "one")])
def test_variables_that_are_no_strings(shared_world: World, name: Any, value: Any) -> None:
    refused(
        shared_world,
        f"the environment variable {name!r} is {value!r}; names and values are strings: write "
        rf"\{{'{name}': '{value}'\}}",
        environment={name: value},
    )


def test_search_path_that_is_known_at_deployment_only(shared_world: World) -> None:
    refused(
        shared_world,
        "the environment variable LD_LIBRARY_PATH is",
        environment={"LD_LIBRARY_PATH": cdk.Fn.import_value("Folder")},
    )


def test_search_paths_in_the_signed_code_stay(world: World) -> None:
    environment = {
        "AWS_CONFIG_FILE": "/var/task/aws.ini",
        "DOTNET_TieredPGO": "0",
        "HOME": "/var/task",
        "LD_LIBRARY_PATH": "/var/task/lib:/opt/lib",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PYTHONPATH": "/var/task/vendor:/opt/python",
    }
    world.function(environment=environment)
    function = world.template().one("AWS::Lambda::Function")
    assert function["Environment"] == {"Variables": environment}


def test_variables_that_the_caller_answers_for_stay(world: World) -> None:
    function = world.function(
        environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"},
        environment_variables_that_may_load_code=["AWS_LAMBDA_EXEC_WRAPPER", "NODE_OPTIONS"],
    )
    function.function.add_environment("NODE_OPTIONS", "--enable-source-maps")
    variables = world.template().one("AWS::Lambda::Function")["Environment"]["Variables"]
    assert set(variables) == {"AWS_LAMBDA_EXEC_WRAPPER", "NODE_OPTIONS"}


def test_variables_added_later(world: World) -> None:
    function = world.function(environment={"STAGE": "prod"})
    function.function.add_environment("TABLE", "users").add_environment("OTHER", "x")
    with pytest.raises(
        InvalidInputError, match="the environment variable NODE_OPTIONS makes the runtime load"
    ):
        function.function.add_environment("NODE_OPTIONS", "--import=data:text/javascript,x")
    variables = world.template().one("AWS::Lambda::Function")["Environment"]["Variables"]
    assert set(variables) == {"OTHER", "STAGE", "TABLE"}


def test_what_the_cdk_refuses_stays_its_own_error(shared_world: World) -> None:
    with pytest.raises(RuntimeError, match="65"):
        shared_world.function(id="Unnamable", function_name="n" * 65)
