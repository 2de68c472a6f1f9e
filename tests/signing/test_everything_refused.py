"""`sign_everything`: what stops the synth, and what is skipped."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sam as sam
from constructs import Construct, IConstruct

from secure_lambda_constructs import InvalidInputError, SigningBaseline

from .everything import ACCOUNT, FUNCTION, plain, plain_layer, signed_resources
from .support import asset, function, new_app, synthesize

ELSEWHERE = f"arn:aws:lambda:us-east-1:{ACCOUNT}:code-signing-config:csc-0fedcba9876543210"
INLINE = "has inline code, which Lambda never verifies; put the code into a directory"


def inline(scope: Construct, id: str = "Inline") -> lambda_.Function:
    return plain(scope, lambda_.Code.from_inline("def handler(event, context): ..."), id)


def l1(scope: Construct, **properties: Any) -> lambda_.CfnFunction:
    return lambda_.CfnFunction(
        scope, "L1", role=f"arn:aws:iam::{ACCOUNT}:role/function", **properties
    )


def edge(scope: cdk.Stack, code: Path) -> None:
    cloudfront.Distribution(
        scope,
        "Site",
        default_behavior=cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin("example.com"),
            edge_lambdas=[
                cloudfront.EdgeLambda(
                    event_type=cloudfront.LambdaEdgeEventType.VIEWER_REQUEST,
                    function_version=plain(scope, code).current_version,
                )
            ],
        ),
    )


def _app(stack: cdk.Stack) -> cdk.App:
    root = stack.node.root
    assert isinstance(root, cdk.App)
    return root


CASES: dict[str, tuple[Callable[[cdk.Stack, Path], object], str]] = {
    "inline": (
        lambda stack, _: inline(stack),
        f"App/Inline cannot be signed: it {INLINE}; or name it in skip=['App/Inline']",
    ),
    "inline L1": (
        lambda stack, _: l1(stack, code={"zipFile": "exports.handler = 1"}),
        f"App/L1 cannot be signed: it {INLINE}; or name it in skip=['App/L1']",
    ),
    "inline bare": (
        lambda stack, _: cdk.CfnResource(
            stack, "Bare", type=FUNCTION, properties={"Code": {"ZipFile": "exports.handler = 1"}}
        ),
        f"App/Bare cannot be signed: it {INLINE}; or name it in skip=['App/Bare']",
    ),
    "image": (
        lambda stack, _: l1(
            stack, code={"imageUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app:1"}
        ),
        "App/L1 cannot be signed: it runs a container image, to which Lambda's code signing does "
        "not apply; write a runtime and code from a directory; or name it in skip=['App/L1']",
    ),
    "object of others": (
        lambda stack, _: plain(
            stack, lambda_.Code.from_bucket(s3.Bucket(stack, "Bucket"), "code.zip")
        ),
        "App/Plain cannot be signed: it has code that is an object in S3 already, code.zip, which "
        "nobody here has seen; write code from a directory or a zip on this machine; or name it",
    ),
    "object of others that is called like an asset": (
        lambda stack, _: plain(
            stack, lambda_.Code.from_bucket(s3.Bucket(stack, "Bucket"), "0f" * 32 + ".zip")
        ),
        f"App/Plain cannot be signed: it has code that is an object in S3 already, {'0f' * 32}.zip",
    ),
    "version of an object": (
        lambda stack, _: plain(
            stack, lambda_.Code.from_bucket(s3.Bucket(stack, "Bucket"), "code.zip", "version")
        ),
        "App/Plain cannot be signed: it has code that is an object in S3 already, code.zip",
    ),
    "known at deployment": (
        lambda stack, _: plain(stack, lambda_.Code.from_cfn_parameters()),
        "App/Plain cannot be signed: it has code that is known at deployment only; write code "
        "from a directory or a zip on this machine; or name it in skip=['App/Plain']",
    ),
    "layer of others": (
        lambda stack, _: lambda_.LayerVersion(
            stack,
            "Layer",
            code=lambda_.Code.from_bucket(s3.Bucket(stack, "Bucket"), "layer.zip"),
        ),
        "App/Layer cannot be signed: it has code that is an object in S3 already, layer.zip",
    ),
    "other configuration": (
        lambda stack, code: lambda_.Function(
            stack,
            "Plain",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=asset(code),
            code_signing_config=lambda_.CodeSigningConfig.from_code_signing_config_arn(
                stack, "Theirs", ELSEWHERE
            ),
        ),
        "App/Plain has the code signing configuration of somebody else; remove it; or name it in "
        "skip=['App/Plain']",
    ),
    "other baseline": (
        lambda stack, code: function(
            stack, SigningBaseline(stack, "Theirs", profile_name="theirs"), code
        ),
        "App/Function has the code signing configuration of somebody else; remove it; or name it",
    ),
    "code of another baseline": (
        lambda stack, code: plain(
            stack,
            SigningBaseline(stack, "Theirs", profile_name="theirs").signed(asset(code)),
        ),
        "App/Plain is signed by another baseline, with the profile theirs; give it the code as "
        "lambda_.Code.from_asset(...) returned it; or name it in skip=['App/Plain']",
    ),
    "function of SAM": (
        lambda stack, code: sam.CfnFunction(
            stack, "Sam", code_uri=str(code), runtime="python3.13", handler="index.handler"
        ),
        "App/Sam cannot be signed: it is an AWS::Serverless::Function, which SAM makes into a "
        "resource only at deployment; write a lambda_.Function or lambda_.LayerVersion; or name",
    ),
    "edge": (
        edge,
        "App/Plain cannot be signed: it runs at the edge, as edgelambda.amazonaws.com may assume "
        "its role, and AWS documents no code signing for Lambda@Edge; name it in "
        "skip=['App/Plain']",
    ),
    "stack of another region": (
        lambda stack, code: plain(
            cdk.Stack(_app(stack), "Far", env=cdk.Environment(region="eu-west-1")), code
        ),
        "Far/Plain cannot be signed: stack Far and its signing baseline must be in the same "
        "region, got eu-west-1 and none given",
    ),
    "synthesizer that cannot": (
        lambda stack, code: plain(
            cdk.Stack(_app(stack), "Old", synthesizer=cdk.LegacyStackSynthesizer()), code
        ),
        "Old/Plain cannot be signed: it has code that is known at deployment only",
    ),
    "signed before": (
        lambda stack, code: plain(stack, _with_signature(code)),
        "App/Plain cannot be signed: code to sign must not be signed already, got ",
    ),
}


def _with_signature(code: Path) -> Path:
    (code / "META_INF").mkdir()
    (code / "META_INF" / "aws_signer_signature_v1.0.SF").write_text("")
    return code


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_signed_stops_the_synth(
    app: cdk.App, stack: cdk.Stack, code: Path, name: str
) -> None:
    make, message = CASES[name]
    SigningBaseline(stack, "Signing").sign_everything(app)
    make(stack, code)
    with pytest.raises(RuntimeError) as refused:
        app.synth()
    assert message in str(refused.value)
    # One line for the construct.
    assert str(refused.value).count("\n  [") == 1


def test_everything_is_reported_at_once(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    SigningBaseline(stack, "Signing").sign_everything(app)
    inline(stack, "First")
    plain(stack, code)
    edge(cdk.Stack(app, "Site"), code)
    inline(cdk.NestedStack(cdk.Stack(app, "Second"), "Nested"))
    for _ in range(2):  # not only the first time
        with pytest.raises(RuntimeError) as refused:
            app.synth()
        lines = str(refused.value).splitlines()[1:]
        assert [line.split(" cannot be signed")[0].strip() for line in lines] == [
            "[] App/First",
            "[] Second/Nested/Inline",
            "[] Site/Plain",
        ]
    names = [child.node.id for child in app.node.children]
    assert len([name for name in names if "SignEverything" in name]) <= 1


def test_stack_of_the_baseline(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    SigningBaseline(stack, "Signing", companion_stack=False).sign_everything(app)
    plain(stack, code)
    with pytest.raises(RuntimeError, match="App/Plain cannot be signed: stack App holds the sign"):
        app.synth()


def test_stage_with_the_baseline_of_the_app(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    plain(cdk.Stack(cdk.Stage(app, "Prod"), "Far"), code)
    SigningBaseline(stack, "Signing").sign_everything(app)
    with pytest.raises(
        RuntimeError,
        match="Prod/Far/Plain cannot be signed: stack Prod/Far is in another Stage than its "
        "signing baseline",
    ):
        app.synth()


def test_stage_that_comes_too_late(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    SigningBaseline(stack, "Signing").sign_everything(app)
    plain(cdk.Stack(cdk.Stage(app, "Late"), "App"), code)
    with pytest.raises(
        RuntimeError,
        match="Late is a Stage that was made after sign_everything was called, and nothing in it "
        "is signed; call sign_everything after the last Stage",
    ) as refused:
        app.synth()
    assert str(refused.value).count("\n  [") == 1


@pytest.mark.parametrize("signed", [False, True])
def test_nested_stack_whose_template_is_settled(tmp_path: Path, code: Path, signed: bool) -> None:
    app = new_app(tmp_path, **{"@aws-cdk/core:aspectStabilization": False})
    stack = cdk.Stack(app, "App")
    nested = cdk.NestedStack(stack, "Nested")
    cdk.CfnOutput(nested, "Output", value="x")
    last = Construct(app, "Last")

    @jsii.implements(cdk.IAspect)
    class Last:
        def visit(self, node: IConstruct) -> None:
            plain(nested, signing.signed(asset(code)) if signed else code, "Late")

    cdk.Aspects.of(last).add(Last(), priority=2000)
    signing = SigningBaseline(stack, "Signing")
    signing.sign_everything(app)
    with pytest.raises(
        RuntimeError,
        match="App/Nested/Late was made in a nested stack after the Aspects had run, when the "
        "stack's template was settled already; make it earlier",
    ):
        app.synth()


OVERRIDES: dict[str, tuple[Callable[[lambda_.CfnFunction], None], str]] = {
    "key": (lambda fn: fn.add_property_override("Code.S3Key", "other.zip"), "code"),
    "inline": (lambda fn: fn.add_property_override("Code.ZipFile", "x = 1"), "code"),
    "code": (lambda fn: fn.add_deletion_override("Properties.Code"), "code"),
    "configuration": (
        lambda fn: fn.add_property_override("CodeSigningConfigArn", ELSEWHERE),
        "code signing configuration",
    ),
    "no configuration": (
        lambda fn: fn.add_property_deletion_override("CodeSigningConfigArn"),
        "code signing configuration",
    ),
    "name": (lambda fn: fn.override_logical_id("Renamed"), ""),
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_raw_override(app: cdk.App, stack: cdk.Stack, code: Path, name: str) -> None:
    """It shows nowhere but in the template."""
    override, what = OVERRIDES[name]
    resource = plain(stack, code).node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    override(resource)
    SigningBaseline(stack, "Signing").sign_everything(app)
    if not what:
        assert signed_resources(synthesize(app), "App").keys() == {"Renamed"}
        return
    with pytest.raises(
        RuntimeError,
        match=f"App/Plain was signed, but its {what} was changed afterwards; remove the Aspect or "
        r"the add_property_override that changes it, or name it in skip=\['App/Plain'\]",
    ):
        app.synth()


def notes(app: cdk.App, stack: str) -> dict[str, list[str]]:
    """The notes about unsigned code, as the CDK CLI and `secure-lambda sign` find them."""
    assembly = synthesize(app)
    artifact = assembly.artifact(stack)
    metadata = artifact.get("metadata", {})
    if "additionalMetadataFile" in artifact:
        metadata = {**metadata, **assembly.read(artifact["additionalMetadataFile"])}
    found = {
        path: [
            entry["data"]
            for entry in entries
            if entry["type"] == "aws:cdk:info"
            and "[ack: secure-lambda-constructs:unsigned]" in str(entry["data"])
        ]
        for path, entries in metadata.items()
    }
    return {path: data for path, data in found.items() if data}


NOTE = (
    "left out of sign_everything, so nothing is known of who signed its code "
    "[ack: secure-lambda-constructs:unsigned]"
)


def test_skipped_by_construct(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    skipped = [inline(stack), plain_layer(stack, code)]
    SigningBaseline(stack, "Signing").sign_everything(app, skip=skipped)
    plain(stack, code)
    assert notes(app, "App") == {"/App/Inline/Resource": [NOTE], "/App/Layer/Resource": [NOTE]}
    template = synthesize(app).template("App")["Resources"]
    configured = [
        "CodeSigningConfigArn" in resource["Properties"]
        for resource in template.values()
        if resource["Type"] == FUNCTION
    ]
    assert sorted(configured) == [False, True]


@pytest.mark.parametrize("path", ["App/Group", "/App/Group/", "App/Group/Inline"])
def test_skipped_by_path_before_it_is_there(
    app: cdk.App, stack: cdk.Stack, code: Path, path: str
) -> None:
    SigningBaseline(stack, "Signing").sign_everything(app, skip=[path])
    inline(Construct(stack, "Group"))
    plain(Construct(stack, "Group2"), code)
    assert notes(app, "App") == {"/App/Group/Inline/Resource": [NOTE]}
    assert synthesize(app).request("App")


@pytest.mark.parametrize("path", ["App/Grou", "App/Group/Inlin", "Group", "App/Nothing"])
def test_skipped_path_that_matches_nothing(app: cdk.App, stack: cdk.Stack, path: str) -> None:
    SigningBaseline(stack, "Signing").sign_everything(app, skip=["App/Group", path])
    inline(Construct(stack, "Group"))
    with pytest.raises(
        RuntimeError,
        match=f"skip names {path}, and no function or layer of the app is there; correct it, or "
        "remove it",
    ):
        app.synth()


def test_skipped_in_another_stage(app: cdk.App, code: Path) -> None:
    """What matches in one Stage matches, though the app as a whole is looked at last."""
    stage = cdk.Stage(app, "Prod")
    stack = cdk.Stack(stage, "App")
    skipped = inline(stack)
    plain(stack, code)
    SigningBaseline(stack, "Signing").sign_everything(stage, skip=[skipped])
    assert Path(app.synth().directory).exists()


def test_skipped_outside_of_the_scope(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    scope = Construct(stack, "Scope")
    plain(scope, code)
    outside = plain(stack, code, "Outside")
    SigningBaseline(stack, "Signing").sign_everything(scope, skip=[outside])
    with pytest.raises(
        RuntimeError,
        match="skip names App/Outside, and no function or layer of App/Scope is there",
    ):
        app.synth()


@pytest.mark.parametrize(
    ("skip", "message"),
    [
        ("App/Plain", "skip must be a list of constructs or paths, got 'App/Plain': write skip=["),
        ([None], "skip must name constructs or their paths, got None: write the function, or its"),
        ([""], "skip must name constructs or their paths, got ''"),
    ],
)
def test_skip_that_is_none(stack: cdk.Stack, skip: Any, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        SigningBaseline(stack, "Signing").sign_everything(stack, skip=skip)
    assert message in str(refused.value)


def test_scope_that_is_none(stack: cdk.Stack) -> None:
    scope: Any = "App"
    with pytest.raises(
        InvalidInputError,
        match="scope must be an app, a Stage, a stack or a construct, got 'App': write "
        r"signing.sign_everything\(app\)",
    ):
        SigningBaseline(stack, "Signing").sign_everything(scope)


def test_app_without_problems_in_the_same_process(tmp_path: Path, code: Path) -> None:
    """A refusal in one app says nothing of another."""
    for case, fails in (("one", True), ("two", False)):
        app = new_app(tmp_path / case)
        stack = cdk.Stack(app, "App")
        plain(stack, code)
        if fails:
            inline(stack)
        SigningBaseline(stack, "Signing").sign_everything(app)
        if fails:
            with pytest.raises(RuntimeError, match="App/Inline cannot be signed"):
                app.synth()
        else:
            assert len(signed_resources(synthesize(app), "App")) == 1
