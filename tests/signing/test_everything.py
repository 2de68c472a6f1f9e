"""`sign_everything`: what is signed, whoever defined it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import cloudformation_include
from constructs import Construct, IConstruct

from secure_lambda_constructs import ISigningBaseline, SigningBaseline

from .everything import (
    ACCOUNT,
    FUNCTION,
    LAYER,
    LocalArchive,
    LocalBundling,
    code_of,
    plain,
    plain_layer,
    signed_resources,
)
from .support import (
    Assembly,
    asset,
    function,
    new_app,
    only,
    recommended_flags,
    resources_of,
    synthesize,
    warnings_of,
)

CONFIG = f"arn:aws:lambda:us-east-1:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
# What the CDK CLI sets.
CLI: dict[str, Any] = {
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:enable-path-metadata": True,
}


def imported(scope: Construct, id: str = "Imported", **options: Any) -> ISigningBaseline:
    return SigningBaseline.from_attributes(
        scope,
        id,
        code_signing_config_arn=CONFIG,
        signing_profile_name="central",
        staging_bucket_name="central-{account}-{region}",
        **options,
    )


def l1(scope: Construct, code: Path, id: str = "L1") -> lambda_.CfnFunction:
    """A function as people write it who know CloudFormation."""
    file = s3_assets.Asset(scope, f"{id}Code", path=str(code))
    return lambda_.CfnFunction(
        scope,
        id,
        role=f"arn:aws:iam::{ACCOUNT}:role/function",
        runtime="python3.13",
        handler="index.handler",
        code=lambda_.CfnFunction.CodeProperty(
            s3_bucket=file.s3_bucket_name, s3_key=file.s3_object_key
        ),
    )


def bare(scope: Construct, code: Path, kind: str, id: str = "Bare") -> cdk.CfnResource:
    """A resource as the CDK's own helpers are: not even an L1, its key known late."""
    file = s3_assets.Asset(scope, f"{id}Code", path=str(code))
    place = {
        "S3Bucket": file.s3_bucket_name,
        "S3Key": cdk.Lazy.string(Key(file.s3_object_key)),
    }
    properties: dict[str, dict[str, Any]] = {
        FUNCTION: {
            "Code": place,
            "Handler": "index.handler",
            "Role": f"arn:aws:iam::{ACCOUNT}:role/function",
            "Runtime": "python3.13",
        },
        LAYER: {"Content": place},
    }
    return cdk.CfnResource(scope, id, type=kind, properties=properties[kind])


@jsii.implements(cdk.IStableStringProducer)
class Key:
    def __init__(self, key: str) -> None:
        self._key = key

    def produce(self) -> str:
        return self._key


def only_id(template: dict[str, Any], kind: str) -> str:
    """Return the id of the only resource of a type."""
    [name] = [name for name, resource in template["Resources"].items() if resource["Type"] == kind]
    return str(name)


def stage_stack(assembly: Assembly) -> str:
    """The stack of a Stage that is no companion stack."""
    [name] = [
        name
        for name, artifact in assembly.read("manifest.json")["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack" and "Signing" not in name
    ]
    return str(name)


FLAGS: dict[str, Callable[[], dict[str, Any]]] = {
    "no flags": dict,
    "aspects that are repeated": lambda: {"@aws-cdk/core:aspectStabilization": True},
    "aspects that are not repeated": lambda: {"@aws-cdk/core:aspectStabilization": False},
    "recommended flags": recommended_flags,
    "as the CDK CLI": lambda: recommended_flags() | CLI,
}


@pytest.mark.parametrize("flags", FLAGS)
def test_all_kinds_are_signed(tmp_path: Path, code: Path, flags: str) -> None:
    app = new_app(tmp_path, **FLAGS[flags]())
    stack = cdk.Stack(app, "App")
    SigningBaseline(stack, "Signing").sign_everything(app)
    plain(stack, code)
    plain_layer(stack, code)
    l1(stack, code)
    bare(stack, code, FUNCTION)
    bare(stack, code, LAYER, "BareLayer")
    layer = s3_assets.Asset(stack, "L1LayerCode", path=str(code))
    lambda_.CfnLayerVersion(
        stack,
        "L1Layer",
        content=lambda_.CfnLayerVersion.ContentProperty(
            s3_bucket=layer.s3_bucket_name, s3_key=layer.s3_object_key
        ),
    )
    nested = cdk.NestedStack(stack, "Nested")
    plain(nested, code, "Inner")
    plain(cdk.Stack(app, "Second"), code)

    assembly = synthesize(app)

    resources = signed_resources(assembly, "App")
    assert (
        sorted(resource["Type"] for resource in resources.values()) == [FUNCTION] * 3 + [LAYER] * 3
    )
    [file] = assembly.directory.glob("*.nested.template.json")
    template = file.name.removesuffix(".template.json")
    [inner] = signed_resources(assembly, "App", template=template).values()
    assert inner["Type"] == FUNCTION
    assert len(signed_resources(assembly, "Second")) == 1
    # One code, one signed object for each stack, and nothing unsigned (the nested template apart).
    assert len(assembly.requests("App")) == 1
    assert len(assembly.requests("Second")) == 1
    for stack_name in ("App", "Second"):
        assert "App-Signing" in assembly.artifact(stack_name)["dependencies"]


def test_it_is_the_object_that_signed_code_has(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    signing = SigningBaseline(stack, "Signing")
    signing.sign_everything(app)
    function(stack, signing, code, "Signed")
    plain(stack, code)
    assembly = synthesize(app)
    keys = {code_of(item)["S3Key"] for item in signed_resources(assembly, "App").values()}
    assert keys == {assembly.request("App").identity}


def test_unsigned_code_that_something_else_uses_is_still_published(
    app: cdk.App, stack: cdk.Stack, code: Path
) -> None:
    SigningBaseline(stack, "Signing").sign_everything(app)
    plain(stack, code)
    file = s3_assets.Asset(stack, "Same", path=str(code))
    cdk.CfnOutput(stack, "Download", value=file.s3_object_url)
    sources = synthesize(app).sources("App")
    assert sources[file.asset_hash]["path"] == f"asset.{file.asset_hash}"
    assert len(sources) == 2


def test_unsigned_code_of_a_skipped_function_is_still_published(
    app: cdk.App, stack: cdk.Stack, code: Path
) -> None:
    skipped = plain(stack, code, "Skipped")
    SigningBaseline(stack, "Signing").sign_everything(app, skip=[skipped])
    plain(stack, code)
    assembly = synthesize(app)
    template = assembly.template("App")["Resources"]
    keys = {code_of(item)["S3Key"] for item in template.values() if item["Type"] == FUNCTION}
    assert {key.removesuffix(".zip") for key in keys} == set(assembly.sources("App"))


def test_synthesizer_with_a_prefix(tmp_path: Path, code: Path) -> None:
    app = new_app(tmp_path, **CLI)
    stack = cdk.Stack(
        app,
        "App",
        synthesizer=cdk.DefaultStackSynthesizer(
            file_assets_bucket_name="assets", bucket_prefix="team/asset."
        ),
    )
    SigningBaseline(stack, "Signing", synthesizer=cdk.DefaultStackSynthesizer()).sign_everything(
        app
    )
    plain(stack, code)
    assembly = synthesize(app)
    resource = only(assembly.template("App"), FUNCTION)
    identity = assembly.request("App").identity
    assert resource["Properties"]["Code"] == {
        "S3Bucket": "assets",
        "S3Key": f"team/asset.{identity}",
    }


def test_bundled_code(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    bundling = cdk.BundlingOptions(
        image=cdk.DockerImage.from_registry("never-pulled"), local=LocalBundling()
    )
    plain(stack, asset(code, bundling=bundling))
    SigningBaseline(stack, "Signing").sign_everything(app)
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 1
    staged = assembly.directory / assembly.request("App").source
    assert (staged / "index.py").read_text() == "def handler(event, context): ...\n"


def test_code_that_is_bundled_to_an_archive(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    bundling = cdk.BundlingOptions(
        image=cdk.DockerImage.from_registry("never-pulled"), local=LocalArchive()
    )
    plain(stack, asset(code, bundling=bundling))
    SigningBaseline(stack, "Signing").sign_everything(app)
    assembly = synthesize(app)
    with zipfile.ZipFile(assembly.directory / assembly.request("App").source) as archive:
        assert archive.namelist() == ["index.py"]


@pytest.mark.parametrize("name", ["code.zip", "code.jar"])
def test_archive(app: cdk.App, stack: cdk.Stack, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("index.py", "")
    plain(stack, tmp_path / name)
    SigningBaseline(stack, "Signing").sign_everything(app)
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 1
    assert assembly.request("App").source.endswith(name[-4:])


def test_code_that_is_not_staged(tmp_path: Path, code: Path) -> None:
    app = new_app(tmp_path, **{"aws:cdk:disable-asset-staging": True})
    stack = cdk.Stack(app, "App")
    plain(stack, code)
    SigningBaseline(stack, "Signing").sign_everything(app)
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 1
    assert assembly.request("App").source == str(code)


def test_included_template(app: cdk.App, stack: cdk.Stack, code: Path, tmp_path: Path) -> None:
    file = s3_assets.Asset(stack, "Code", path=str(code))
    template = tmp_path / "included.json"
    properties = {
        "Handler": "index.handler",
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/function",
        "Code": {"S3Bucket": {"Ref": "Bucket"}, "S3Key": {"Ref": "Key"}},
    }
    template.write_text(
        json.dumps(
            {
                "Parameters": {"Bucket": {"Type": "String"}, "Key": {"Type": "String"}},
                "Resources": {"Included": {"Type": FUNCTION, "Properties": properties}},
            }
        )
    )
    cloudformation_include.CfnInclude(
        stack,
        "Include",
        template_file=str(template),
        parameters={"Bucket": file.s3_bucket_name, "Key": file.s3_object_key},
    )
    SigningBaseline(stack, "Signing").sign_everything(stack)
    assembly = synthesize(app)
    assert signed_resources(assembly, "App").keys() == {"Included"}
    assert len(assembly.requests("App")) == 1


def test_key_of_the_customer_stays(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234"
    resource = l1(stack, code)
    place = stack.resolve(resource.code)
    resource.code = lambda_.CfnFunction.CodeProperty(
        s3_bucket="assets", s3_key=place["s3Key"], source_kms_key_arn=key
    )
    SigningBaseline(stack, "Signing").sign_everything(app)
    assembly = synthesize(app)
    place = only(assembly.template("App"), FUNCTION)["Properties"]["Code"]
    assert place["SourceKMSKeyArn"] == key
    assert place["S3Key"] == assembly.request("App").identity


def test_each_stage_with_a_baseline_of_its_own(app: cdk.App, code: Path) -> None:
    for name in ("Dev", "Prod"):
        stage = cdk.Stage(app, name)
        stack = cdk.Stack(stage, "App")
        plain(stack, code)
        SigningBaseline(stack, "Signing").sign_everything(stage)
    root = synthesize(app)
    for name in ("Dev", "Prod"):
        assembly = Assembly(root.directory / f"assembly-{name}")
        stack_id = stage_stack(assembly)
        resources = signed_resources(assembly, stack_id)
        assert len(resources) == 1
        assert len(assembly.requests(stack_id)) == 1


def test_stages_below_the_app(app: cdk.App, code: Path) -> None:
    outer = cdk.Stage(app, "Outer", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    inner = cdk.Stage(outer, "Inner")
    for stage in (outer, inner):
        plain(cdk.Stack(stage, "App"), code)
    imported(cdk.Stack(app, "Shared")).sign_everything(app)
    root = synthesize(app)
    for directory in ("assembly-Outer", "assembly-Outer-Inner"):
        [folder] = root.directory.rglob(directory)
        assembly = Assembly(folder)
        [file] = folder.glob("*.assets.json")
        resources = signed_resources(
            assembly, file.name.removesuffix(".assets.json"), export=CONFIG
        )
        assert len(resources) == 1


def test_scope_is_kept(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    ours, theirs = Construct(stack, "Ours"), Construct(stack, "Theirs")
    plain(ours, code)
    plain(theirs, code)
    SigningBaseline(stack, "Signing").sign_everything(ours)
    template = synthesize(app).template("App")
    configured = {
        name[:4]: "CodeSigningConfigArn" in resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == FUNCTION
    }
    assert configured == {"Ours": True, "Thei": False}


def test_version_follows_the_signed_code(tmp_path: Path, code: Path) -> None:
    def version(case: str, **options: Any) -> str:
        app = new_app(tmp_path / case)
        stack = cdk.Stack(app, "App")
        alias = lambda_.Alias(
            stack, "Live", alias_name="live", version=plain(stack, code).current_version
        )
        if options:
            SigningBaseline(stack, "Signing", **options).sign_everything(app)
        template = synthesize(app).template("App")
        name = only_id(template, "AWS::Lambda::Version")
        target = only(template, "AWS::Lambda::Alias")["Properties"]["FunctionVersion"]
        assert target == {"Fn::GetAtt": [name, "Version"]}
        assert alias.node.id == "Live"
        return name

    names = {
        version("unsigned"),
        version("signed", profile_name="users"),
        version("again", profile_name="users", signing_revision="2"),
    }
    assert len(names) == 3
    assert version("same", profile_name="users") in names


def test_version_follows_a_signed_layer(tmp_path: Path, code: Path) -> None:
    def version(case: str, revision: str) -> str:
        app = new_app(tmp_path / case, **recommended_flags())
        stack = cdk.Stack(app, "App")
        fn = lambda_.Function(
            stack,
            "Plain",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=asset(code),
            layers=[plain_layer(stack, code)],
        )
        skip = [fn]
        _ = fn.current_version
        signing = SigningBaseline(stack, "Signing", signing_revision=revision)
        signing.sign_everything(app, skip=skip)
        template = synthesize(app).template("App")
        name = only_id(template, "AWS::Lambda::Version")
        return name

    # The function itself is skipped, so that only its layer can make the difference.
    assert version("one", "1") != version("two", "2")


def test_signed_function_without_a_configuration_gets_it(
    app: cdk.App, stack: cdk.Stack, code: Path
) -> None:
    signing = SigningBaseline(stack, "Signing")
    plain(stack, signing.signed(asset(code)))
    assert warnings_of(app, "App")
    other = new_app(code.parent / "other")
    stack = cdk.Stack(other, "App")
    signing = SigningBaseline(stack, "Signing")
    plain(stack, signing.signed(asset(code)))
    signing.sign_everything(other)
    assert warnings_of(other, "App") == []
    assert len(signed_resources(synthesize(other), "App")) == 1


def test_signed_functions_are_left_as_they_are(
    app: cdk.App, stack: cdk.Stack, code: Path, tmp_path: Path
) -> None:
    signing = SigningBaseline(stack, "Signing")
    function(stack, signing, code)
    signing.sign_everything(app)
    other = new_app(tmp_path / "other")
    other_stack = cdk.Stack(other, "App")
    function(other_stack, SigningBaseline(other_stack, "Signing"), code)
    assert synthesize(app).template("App") == synthesize(other).template("App")


def test_signing_twice_is_signing_once(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    signing = SigningBaseline(stack, "Signing")
    plain(stack, code)
    signing.sign_everything(app)
    signing.sign_everything(stack)
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 1
    assert len(assembly.requests("App")) == 1


def test_app_can_be_synthesized_again(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    SigningBaseline(stack, "Signing").sign_everything(app)
    plain(stack, code)
    synthesize(app)
    plain(stack, code, "Later")
    assembly = Assembly(Path(app.synth(force=True).directory))
    assert len(signed_resources(assembly, "App")) == 2
    assert len(assembly.requests("App")) == 1


@pytest.mark.parametrize("stabilization", [False, True])
def test_aspects_of_others_come_before(tmp_path: Path, code: Path, stabilization: bool) -> None:
    """What they make and what they change is signed."""
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / "index.py").write_text("changed = True\n")

    @jsii.implements(cdk.IAspect)
    class Others:
        def visit(self, node: IConstruct) -> None:
            if isinstance(node, lambda_.CfnFunction) and "Made" not in node.node.path:
                holder = cdk.Stack.of(node)
                if holder.node.try_find_child("MadeByAnAspect") is None:
                    place = asset(changed).bind(Construct(holder, "Changed")).s3_location
                    assert place is not None
                    node.code = lambda_.CfnFunction.CodeProperty(
                        s3_bucket=place.bucket_name, s3_key=place.object_key
                    )
                    plain(holder, code, "MadeByAnAspect")

    app = new_app(tmp_path, **{"@aws-cdk/core:aspectStabilization": stabilization})
    stack = cdk.Stack(app, "App")
    SigningBaseline(stack, "Signing").sign_everything(app)
    plain(stack, code)
    cdk.Aspects.of(app).add(Others())
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 2
    assert len(assembly.requests("App")) == 2
    sources = [assembly.directory / request.source for request in assembly.requests("App")]
    assert "changed = True\n" in {(source / "index.py").read_text() for source in sources}


def test_function_made_after_all_aspects_with_an_imported_baseline(
    tmp_path: Path, code: Path
) -> None:
    app = new_app(tmp_path, **{"@aws-cdk/core:aspectStabilization": False})
    stack = cdk.Stack(app, "App", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    last = Construct(app, "Last")

    @jsii.implements(cdk.IAspect)
    class Last:
        def visit(self, node: IConstruct) -> None:
            plain(stack, code, "Late")

    imported(stack).sign_everything(app)
    cdk.Aspects.of(last).add(Last(), priority=2000)
    assert signed_resources(synthesize(app), "App", export=CONFIG)


def test_stacks_that_share_a_synthesizer(tmp_path: Path, code: Path) -> None:
    """Their manifests list the assets of both (aws-cdk issue 29071): no unsigned one in either."""
    app = cdk.App(
        outdir=str(tmp_path / "cdk.out"), default_stack_synthesizer=cdk.DefaultStackSynthesizer()
    )
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.py").write_text("other = True\n")
    stacks = [cdk.Stack(app, name) for name in ("One", "Two")]
    SigningBaseline(stacks[0], "Signing").sign_everything(app)
    plain(stacks[0], code)
    plain(stacks[1], other)
    assembly = synthesize(app)
    for name in ("One", "Two"):
        assert len(signed_resources(assembly, name)) == 1
        assert len(assembly.requests(name)) >= 1


@pytest.mark.parametrize("flags", ["no flags", "recommended flags"])
def test_function_made_after_all_aspects(tmp_path: Path, code: Path, flags: str) -> None:
    """The CDK makes some helpers when it resolves references; the export must come along."""
    context = FLAGS[flags]() | {"@aws-cdk/core:aspectStabilization": False}
    app = new_app(tmp_path, **context)
    stack = cdk.Stack(app, "App")
    last = Construct(app, "Last")  # visited when the stack was visited already

    @jsii.implements(cdk.IAspect)
    class Last:
        def visit(self, node: IConstruct) -> None:
            plain(stack, code, "Late")

    SigningBaseline(stack, "Signing").sign_everything(app)
    cdk.Aspects.of(last).add(Last(), priority=2000)
    assembly = synthesize(app)
    [late] = signed_resources(assembly, "App").values()
    [output] = assembly.template("App-Signing")["Outputs"].values()
    arn = late["Properties"]["CodeSigningConfigArn"]
    assert arn == {"Fn::ImportValue": output["Export"]["Name"]}
    assert "App-Signing" in assembly.artifact("App")["dependencies"]


def test_nothing_to_sign(app: cdk.App, stack: cdk.Stack) -> None:
    cdk.CfnOutput(stack, "Output", value="x")
    SigningBaseline(stack, "Signing").sign_everything(app)
    assembly = synthesize(app)
    assert "Resources" not in assembly.template("App")
    assert "SignEverything" not in json.dumps(assembly.read("tree.json"))


def test_the_assembly_has_no_further_stack(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    plain(stack, code)
    SigningBaseline(stack, "Signing").sign_everything(app)
    assembly = app.synth()
    assert sorted(item.stack_name for item in assembly.stacks) == ["App", "App-Signing"]
    names = [child.node.id for child in app.node.children]
    assert not [name for name in names if "SignEverything" in name]
    assert resources_of(Assembly(Path(assembly.directory)).template("App"), FUNCTION)
