"""What cannot be signed is refused in a sentence, in Python where that is possible."""

import re
import zipfile
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from secure_lambda_constructs import InvalidInputError, SigningBaseline
from secure_lambda_constructs.signing.command.archive import SIGNATURE_NAME
from secure_lambda_constructs.signing.publisher import check_source

from .support import asset, function, new_app, synthesize

FRANKFURT = cdk.Environment(account="111122223333", region="eu-central-1")


def refuse(signing: SigningBaseline, code: lambda_.Code, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        signing.signed(code)


def test_inline_code(signing: SigningBaseline) -> None:
    refuse(signing, lambda_.Code.from_inline("pass"), "got inline code, which Lambda never")


def test_container_images(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    repository = ecr.Repository.from_repository_name(stack, "Repository", "users")
    sentence = "got a container image, to which Lambda's code signing does not apply: use"
    refuse(signing, lambda_.Code.from_asset_image(str(code)), sentence)
    refuse(signing, lambda_.Code.from_ecr_image(repository), sentence)


def test_objects_in_s3(stack: cdk.Stack, signing: SigningBaseline) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "elsewhere")
    sentence = "got code that is an object in S3 already"
    refuse(signing, lambda_.Code.from_bucket(bucket, "code.zip", "1"), sentence)
    code = lambda_.Code.from_bucket_v2(bucket, "code.zip", object_version="1")
    refuse(signing, code, sentence)
    refuse(signing, lambda_.Code.from_cfn_parameters(), sentence)


def test_what_is_no_code(signing: SigningBaseline) -> None:
    refuse(signing, "lambda", "got 'lambda': use lambda_.Code.from_asset")  # type: ignore[arg-type]


def test_code_of_another_baseline(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    signed = SigningBaseline(stack, "Other").signed(lambda_.Code.from_asset(str(code)))
    refuse(signing, signed, "code must be signed by one baseline")


class TestSource:
    """The directory or zip itself."""

    def test_signed_zip(self, signing: SigningBaseline, tmp_path: Path) -> None:
        archive = tmp_path / "signed.zip"
        with zipfile.ZipFile(archive, "w") as content:
            content.writestr("index.py", "")
            content.writestr(SIGNATURE_NAME, "")
        code = lambda_.Code.from_asset(str(archive))
        refuse(
            signing, code, rf"must not be signed already, got .*signed.zip with {SIGNATURE_NAME}"
        )

    def test_signed_directory(self, stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
        signature = code / SIGNATURE_NAME
        signature.parent.mkdir()
        signature.touch()
        with pytest.raises(RuntimeError, match="code to sign must not be signed already"):
            function(stack, signing, code)
        # Only what is published counts.
        function(stack, signing, lambda_.Code.from_asset(str(code), exclude=["META_INF"]), "Two")

    def test_file_that_is_no_zip(self, signing: SigningBaseline, tmp_path: Path) -> None:
        for name in ("code.zip", "code.py"):
            (tmp_path / name).write_text("def handler(event, context): ...")
            code = lambda_.Code.from_asset(str(tmp_path / name))
            refuse(
                signing, code, rf"must be a directory or a zip, got .*{name} \(File is not a zip"
            )

    def test_bundled_file_that_is_no_zip(
        self, stack: cdk.Stack, signing: SigningBaseline, tmp_path: Path
    ) -> None:
        other = Foreign(tmp_path, "code.tar")
        with pytest.raises(RuntimeError, match="code to sign must be a directory or a zip, got"):
            function(stack, signing, other)

    def test_missing_at_synth(self, signing: SigningBaseline) -> None:
        refuse(
            signing, lambda_.Code.from_asset("nope"), "got nope, where there is nothing: write its"
        )

    def test_relative_to_where_the_cdk_was_started(
        self, stack: cdk.Stack, signing: SigningBaseline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That is where the CDK finds it, wherever Python has gone since."""
        monkeypatch.chdir("/")
        assert not Path("lambda").exists()
        function(stack, signing, Path("lambda"))

    def test_that_vanishes(self, stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
        """The CDK's own sentence, which names the path."""
        signed = signing.signed(asset(code))
        code.rename(code.with_name("elsewhere"))
        with pytest.raises(RuntimeError, match=re.escape(str(code))):
            function(stack, signing, signed)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInputError, match=r"must be a directory or a zip, got .*nowhere"):
            check_source(str(tmp_path / "nowhere"))


class TestForeignCode:
    """Subclasses of `lambda_.Code` that others wrote."""

    def test_that_has_no_asset(self, stack: cdk.Stack, signing: SigningBaseline) -> None:
        with pytest.raises(RuntimeError, match="got a Elsewhere that names no file asset: use"):
            function(stack, signing, Elsewhere())

    def test_that_is_made_by_a_command(self, stack: cdk.Stack, signing: SigningBaseline) -> None:
        with pytest.raises(RuntimeError, match=r"code that the command .*'make'.* at deployment"):
            function(stack, signing, Commanded())

    def test_that_builds_an_image(
        self, stack: cdk.Stack, signing: SigningBaseline, code: Path
    ) -> None:
        with pytest.raises(RuntimeError, match="container images cannot be signed for Lambda"):
            function(stack, signing, Image(code))

    def test_that_fails(self, stack: cdk.Stack, signing: SigningBaseline) -> None:
        with pytest.raises(RuntimeError, match="a failure of its own"):
            function(stack, signing, Failing())


class TestStacks:
    """The stack of the functions and that of the baseline."""

    def test_one_stack_for_both(self, stack: cdk.Stack, code: Path) -> None:
        signing = SigningBaseline(stack, "Signing", companion_stack=False)
        with pytest.raises(RuntimeError, match="stack App holds the signing baseline, so its"):
            function(stack, signing, code)
        with pytest.raises(RuntimeError, match="stack App holds the signing baseline, so its"):
            function(cdk.NestedStack(stack, "Nested"), signing, code)

    def test_functions_in_the_companion(self, signing: SigningBaseline, code: Path) -> None:
        with pytest.raises(RuntimeError, match="stack App-Signing holds the signing baseline"):
            function(signing.stack, signing, code)

    def test_another_stage(self, app: cdk.App, signing: SigningBaseline, code: Path) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Prod"), "App")
        with pytest.raises(RuntimeError, match="stack Prod/App is in another Stage than its"):
            function(stack, signing, code)

    @pytest.mark.parametrize(
        ("env", "sentence"),
        [
            (
                cdk.Environment(account="111122223333", region="us-east-1"),
                "must be in the same region, got us-east-1 and eu-central-1",
            ),
            (
                cdk.Environment(account="444455556666", region="eu-central-1"),
                "must be in the same account, got 444455556666 and 111122223333",
            ),
            (None, "must be in the same account, got none given and 111122223333"),
        ],
    )
    def test_another_environment(
        self, app: cdk.App, code: Path, env: cdk.Environment | None, sentence: str
    ) -> None:
        signing = SigningBaseline(cdk.Stack(app, "App", env=FRANKFURT), "Signing")
        with pytest.raises(RuntimeError, match=sentence):
            function(cdk.Stack(app, "Other", env=env), signing, code)

    def test_shared_synthesizer(self, tmp_path: Path, code: Path) -> None:
        app = cdk.App(
            outdir=str(tmp_path / "cdk.out"),
            default_stack_synthesizer=cdk.DefaultStackSynthesizer(),
        )
        platform = cdk.Stack(app, "Platform")
        signing = SigningBaseline(platform, "Signing", companion_stack=False)
        with pytest.raises(RuntimeError, match="stacks App and Platform share one synthesizer"):
            function(cdk.Stack(app, "App"), signing, code)
        own = cdk.DefaultStackSynthesizer()
        function(cdk.Stack(app, "Own", synthesizer=own), signing, code)

    @pytest.mark.parametrize("kind", ["legacy", "bootstrapless"])
    def test_synthesizers_without_commands(self, app: cdk.App, code: Path, kind: str) -> None:
        synthesizers: dict[str, cdk.StackSynthesizer] = {
            "legacy": cdk.LegacyStackSynthesizer(),
            "bootstrapless": cdk.BootstraplessSynthesizer(),
        }
        stack = cdk.Stack(app, "App", synthesizer=synthesizers[kind])
        signing = SigningBaseline(stack, "Signing")
        with pytest.raises(RuntimeError, match="the synthesizer of this stack cannot publish"):
            function(stack, signing, code)


class TestSharedCode:
    """One object that `lambda_.Code.from_asset` returned, in several places."""

    def test_in_two_stacks(self, app: cdk.App, stack: cdk.Stack, code: Path) -> None:
        signing, shared = SigningBaseline(stack, "Signing"), asset(code)
        function(stack, signing, shared, "One")
        function(stack, signing, shared, "Two")  # one stack, one asset
        other = cdk.Stack(app, "Other")
        sentence = "in one stack and .* got that of App/One for Other/Three too: call lambda_.Code"
        with pytest.raises(RuntimeError, match=sentence):
            function(other, signing, shared, "Three")

    def test_of_two_baselines(self, stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
        shared = asset(code)
        function(stack, signing, shared, "One")
        signed = SigningBaseline(stack, "Second").signed(shared)
        with pytest.raises(InvalidInputError, match="got that of App/One for App/Two too"):
            signed.bind(Construct(stack, "Two"))
        assert isinstance(signed.refusal, InvalidInputError)

    def test_of_another_kind(self, app: cdk.App, code: Path) -> None:
        """It may make an asset for each stack."""
        shared = Fresh(code)
        for name in ("One", "Two"):
            stack = cdk.Stack(app, name)
            function(stack, SigningBaseline(stack, "Signing"), shared)
        assert len(synthesize(app).requests("Two")) == 1


def test_refusals_can_be_told_from_bugs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="profile_name"):
        SigningBaseline(new_app(tmp_path), "Signing", profile_name="-")


class Code(lambda_.Code):
    @property
    def is_inline(self) -> bool:
        return False


class Foreign(Code):
    def __init__(self, directory: Path, name: str) -> None:
        super().__init__()
        self.path = directory / name
        self.path.write_text("")

    def bind(self, scope: Construct) -> lambda_.CodeConfig:
        asset = s3_assets.Asset(scope, "Asset", path=str(self.path))
        location = s3.Location(bucket_name=asset.s3_bucket_name, object_key=asset.s3_object_key)
        return lambda_.CodeConfig(s3_location=location)


class Fresh(Code):
    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory

    def bind(self, scope: Construct) -> lambda_.CodeConfig:
        return asset(self.directory).bind(scope)


class Elsewhere(Code):
    def bind(self, scope: Construct) -> lambda_.CodeConfig:
        location = s3.Location(bucket_name="elsewhere", object_key="code.zip")
        return lambda_.CodeConfig(s3_location=location)


class Commanded(Code):
    def bind(self, scope: Construct) -> lambda_.CodeConfig:
        synthesizer = cdk.Stack.of(scope).synthesizer
        place = synthesizer.add_file_asset(source_hash="1a2b", executable=["make"])
        location = s3.Location(bucket_name=place.bucket_name, object_key=place.object_key)
        return lambda_.CodeConfig(s3_location=location)


class Image(Code):
    def __init__(self, directory: Path) -> None:
        super().__init__()
        (directory / "Dockerfile").write_text("FROM scratch\n")
        self.image = lambda_.Code.from_asset_image(str(directory))

    def bind(self, scope: Construct) -> lambda_.CodeConfig:
        return self.image.bind(scope)


class Failing(Code):
    def bind(self, scope: Construct) -> lambda_.CodeConfig:
        raise ValueError("a failure of its own")
