"""Assemblies that the CDK makes: stages, nested stacks, references, construct paths."""

import json
import shutil
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from secure_lambda_constructs.checks.model import World, load

_ACCOUNT = "444455556666"
_NEAR = cdk.Environment(account=_ACCOUNT, region="us-east-1")
_OF_L1 = ("AWS::CloudFormation::Stack", "AWS::SQS::Queue", "AWS::SSM::Parameter")

_FAR = cdk.Environment(account=_ACCOUNT, region="eu-west-1")


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app as `app.synth()` makes it: without what only the CDK's command line asks for."""
    outdir = tmp_path_factory.mktemp("assembly") / "cdk.out"
    app = cdk.App(outdir=str(outdir))
    producer = cdk.Stack(app, "Producer", env=_NEAR, cross_region_references=True)
    queues = {name: sqs.Queue(producer, name) for name in ("Strong", "Weak", "Far", "FarWeak")}
    for name in ("Weak", "FarWeak"):
        cdk.CrossStackReferences.of(queues[name]).produce(cdk.ReferenceStrength.WEAK)
    consumer = cdk.Stack(app, "Consumer", env=_NEAR)
    far = cdk.Stack(app, "FarConsumer", env=_FAR, cross_region_references=True)
    for name, queue in queues.items():
        ssm.StringParameter(
            far if name.startswith("Far") else consumer, f"Of{name}", string_value=queue.queue_arn
        )
    for stage_name, environment in (("Dev", _NEAR), ("Prod", _FAR)):
        stage = cdk.Stage(app, stage_name, env=environment)
        stack = cdk.Stack(stage, "App", stack_name="App")
        inner = cdk.NestedStack(stack, "Inner")
        deep = cdk.NestedStack(inner, "Deep")
        for scope in (stack, inner, deep):
            queue = sqs.Queue(scope, "Queue")
        # Down as a parameter, up as an output.
        given = cdk.CfnParameter(stack, "Name", default="jobs").value_as_string
        ssm.StringParameter(deep, "Down", string_value=f"{stage_name}-{given}")
        ssm.StringParameter(stack, "Up", string_value=queue.queue_arn)
    app.synth()
    return outdir


@pytest.fixture(scope="module")
def world(assembly: Path) -> World:
    """All stacks of the app."""
    return load([assembly])


def _values(world: World) -> dict[str, Any]:
    return {
        parameter.construct_path: parameter.get("Value")
        for parameter in world.of("AWS::SSM::Parameter")
    }


def test_all_stacks_are_there(world: World) -> None:
    assert world.gaps == ()
    tops = [source.name for source in world.sources if source.parent is None]
    assert tops == ["Consumer", "FarConsumer", "Producer", "Dev/App", "Prod/App"]
    assert len(world.sources) - len(tops) == 4
    assert {(s.account, s.region) for s in world.sources if s.scope == "Prod"} == {
        (_ACCOUNT, "eu-west-1")
    }


def test_references_of_each_kind_are_followed(world: World) -> None:
    values = _values(world)
    queues = {queue.arn: queue.construct_path for queue in world.of("AWS::SQS::Queue")}
    assert {path: queues.get(value) for path, value in values.items() if "Down" not in path} == {
        "Consumer/OfStrong": "Producer/Strong",
        "Consumer/OfWeak": "Producer/Weak",
        "FarConsumer/OfFar": "Producer/Far",
        "FarConsumer/OfFarWeak": "Producer/FarWeak",
        "Dev/App/Up": "Dev/App/Inner/Deep/Queue",
        "Prod/App/Up": "Prod/App/Inner/Deep/Queue",
    }
    assert values["Dev/App/Inner/Deep/Down"] == "Dev-jobs"
    assert values["Prod/App/Inner/Deep/Down"] == "Prod-jobs"


def test_construct_paths_are_told(world: World) -> None:
    paths = [queue.construct_path for queue in world.of("AWS::SQS::Queue")]
    stages = [f"{s}/App{n}/Queue" for s in ("Dev", "Prod") for n in ("", "/Inner", "/Inner/Deep")]
    assert paths == [*(f"Producer/{n}" for n in ("Strong", "Weak", "Far", "FarWeak")), *stages]


def _copied(assembly: Path, tmp_path: Path, *, metadata: bool, tree: bool) -> Path:
    """Return a copy of the assembly in which the CDK told the paths in fewer places."""
    copy = tmp_path / "cdk.out"
    shutil.copytree(assembly, copy)
    for manifest in copy.rglob("manifest.json"):
        content = json.loads(manifest.read_text())
        for artifact in content["artifacts"].values():
            file = artifact.pop("additionalMetadataFile", None)
            if file is not None and metadata:
                artifact["metadata"] = json.loads((manifest.parent / file).read_text())
        manifest.write_text(json.dumps(content))
    if not tree:
        (copy / "tree.json").unlink()
    return copy


@pytest.mark.parametrize(("metadata", "tree"), [(True, False), (False, True)])
def test_construct_paths_are_told_by_older_versions(
    assembly: Path, world: World, tmp_path: Path, metadata: bool, tree: bool
) -> None:
    told = load([_copied(assembly, tmp_path, metadata=metadata, tree=tree)])
    # The tree does not tell the logical ids of resources that no L1 is made for.
    types = {r.type for r in world.resources if tree is False or r.type in _OF_L1}
    paths = [r.construct_path for r in world.of(*types)]
    assert [r.construct_path for r in told.of(*types)] == paths


def test_without_any_the_place_in_the_template_is_told(assembly: Path, tmp_path: Path) -> None:
    bare = load([_copied(assembly, tmp_path, metadata=False, tree=False)])
    assert {r.construct_path == r.path for r in bare.resources} == {True}


def test_the_metadata_of_a_resource_tells_its_path(assembly: Path, tmp_path: Path) -> None:
    copy = _copied(assembly, tmp_path, metadata=False, tree=False)
    file = copy / "Producer.template.json"
    template = json.loads(file.read_text())
    for logical_id, resource in template["Resources"].items():
        resource["Metadata"] = {"aws:cdk:path": f"Told/{logical_id}/Resource"}
    file.write_text(json.dumps(template))
    paths = [r.construct_path for r in load([copy]).resources if r.stack == "Producer"]
    assert paths == [f"Told/{logical_id}" for logical_id in template["Resources"]]


def test_a_template_of_an_assembly_finds_its_nested_stacks(assembly: Path) -> None:
    (template,) = (assembly / "assembly-Dev").glob("DevApp????????.template.json")
    world = load([template])
    assert world.gaps == ()
    assert len(world.of("AWS::SQS::Queue")) == 3


def test_a_nested_stack_that_is_not_published_is_a_gap(assembly: Path, tmp_path: Path) -> None:
    copy = _copied(assembly, tmp_path, metadata=True, tree=True)
    for manifest in (copy / "assembly-Dev").glob("*.assets.json"):
        manifest.write_text(json.dumps({"files": {}}))
    (gap,) = load([copy]).gaps
    assert gap.construct_path == "Dev/App/Inner.NestedStack/Inner.NestedStackResource"
