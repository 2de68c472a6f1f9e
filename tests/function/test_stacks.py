"""Functions, networks and tables in different stacks, stages and nested stacks."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from ..signing.support import recommended_flags, validate_if_asked
from .conftest import Template, World


def of(world: World, stack: str) -> Template:
    templates = world.templates()
    return Template(templates[stack])


@pytest.mark.parametrize("table_first", [True, False])
def test_network_function_and_table_in_stacks_of_their_own(code: Path, table_first: bool) -> None:
    world = World(code)
    data, compute = world.new_stack("Data"), world.new_stack("Compute")
    if table_first:
        table = world.table(data)
        functions = [world.function(compute, f"Fn{number}") for number in range(2)]
    else:
        functions = [world.function(compute, f"Fn{number}") for number in range(2)]
        table = world.table(data)
    for function in functions:
        table.grant_read_data(function)
        function.function.add_environment("TABLE_NAME", table.table_name)
    template = of(world, "Compute")
    assert len(template.resources) == 8
    assert set(compute.dependencies) >= {data, world.stack}
    assert data not in world.stack.dependencies
    assert compute not in world.stack.dependencies


def test_table_beside_the_network(world: World) -> None:
    compute = world.new_stack("Compute")
    table = world.table()
    table.grant_read_write_data(world.function(compute))
    assert len(of(world, "Compute").of("UserInfo")) == 4


def test_table_that_knows_the_function(world: World) -> None:
    """The stack of the data depends on that of the functions: its table names one of them."""
    data = world.new_stack("Data")
    function = world.function()
    cdk.CfnOutput(data, "Reader", value=function.function.function_arn)
    world.table(data)
    templates = world.templates()
    assert "Fn::ImportValue" in json.dumps(templates["Data"]["Outputs"])


@pytest.mark.parametrize("first", ["function", "database"])
def test_database_of_another_stack_connects_without_a_circle(world: World, first: str) -> None:
    data, compute = world.new_stack("Data"), world.new_stack("Compute")
    function = world.function(compute)
    group = ec2.SecurityGroup(data, "Database", vpc=world.network.vpc, allow_all_outbound=False)
    database = ec2.Connections(security_groups=[group], default_port=ec2.Port.tcp(5432))
    if first == "function":
        function.connections.allow_to(database, ec2.Port.tcp(5432))
    else:
        database.allow_default_port_from(function)
    templates = world.templates()
    kinds = [
        item["Type"]
        for name in ("Data", "Compute")
        for item in templates[name]["Resources"].values()
    ]
    assert kinds.count("AWS::EC2::SecurityGroupEgress") == 1
    assert kinds.count("AWS::EC2::SecurityGroupIngress") == 1


def test_function_in_a_nested_stack(world: World) -> None:
    nested = cdk.NestedStack(world.stack, "Nested")
    world.table().grant_read_data(world.function(nested))
    templates = world.templates()
    (name,) = [name for name in templates if "Nested" in name]
    template = Template(templates[name])
    assert len(template.of("UserInfo")) == 4
    assert "Ref" in json.dumps(template.statement("NothingFromOutsideTheVpc"))
    assert "SecureLambdaPrefixLists" in templates[name]["Mappings"]
    (parent,) = [
        item
        for item in templates["App"]["Resources"].values()
        if item["Type"] == "AWS::CloudFormation::Stack"
    ]
    assert "NetworkDnsFirewallAssociation37FA3BA1" in parent["DependsOn"]


def test_table_in_a_nested_stack(world: World) -> None:
    table = world.table(cdk.NestedStack(world.stack, "Nested"))
    table.grant_read_data(world.function())
    assert len(of(world, "App").of("UserInfo")) == 4


def test_stage(code: Path) -> None:
    world = World(code, stage=True)
    world.table().grant_read_data(world.function())
    templates = world.templates()
    (template,) = [Template(item) for name, item in templates.items() if "Signing" not in name]
    assert len(template.of("UserInfo")) == 4


def test_all_recommended_flags_change_nothing(code: Path, article: Template) -> None:
    world = World(code, context=recommended_flags())
    validate_if_asked(world.app)
    table = world.table()
    function = world.function(environment={"TABLE_NAME": table.table_name})
    table.grant_read_data(function)
    template = world.template()
    assert {name: item["Type"] for name, item in template.resources.items()} == {
        name: item["Type"] for name, item in article.resources.items()
    }
    for kind in (
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
    ):
        assert template.one(kind) == article.one(kind)
