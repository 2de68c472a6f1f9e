"""The companion stack follows the stack around."""

import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from constructs import Construct

from secure_lambda_constructs import InvalidInputError, SigningBaseline

from .support import function, synthesize

NAME = re.compile("[A-Za-z][A-Za-z0-9-]{0,127}")
ENVIRONMENT = cdk.Environment(account="111122223333", region="eu-central-1")


def test_deployed_before_the_functions(stack: cdk.Stack, code: Path) -> None:
    function(stack, SigningBaseline(stack, "Signing"), code)
    assert "App-Signing" in synthesize(stack).artifact("App")["dependencies"]


def test_environment(app: cdk.App) -> None:
    stack = cdk.Stack(app, "App", env=ENVIRONMENT)
    companion = SigningBaseline(stack, "Signing").stack
    assert companion.environment == "aws://111122223333/eu-central-1"


def test_environment_of_its_own(app: cdk.App, code: Path) -> None:
    signing = SigningBaseline(app, "Signing", env=ENVIRONMENT)
    function(cdk.Stack(app, "App", env=ENVIRONMENT), signing, code)
    assembly = synthesize(app)
    environment = assembly.artifact("Signing-Stack")["environment"]
    assert environment == "aws://111122223333/eu-central-1"


def test_stack_name_follows_a_physical_name(app: cdk.App) -> None:
    stack = cdk.Stack(app, "App", stack_name="prod-users")
    assert SigningBaseline(stack, "Signing").stack.stack_name == "prod-users-Signing"


def test_in_a_stage(app: cdk.App) -> None:
    stage = cdk.Stage(app, "Prod", env=ENVIRONMENT)
    signing = SigningBaseline(cdk.Stack(stage, "App"), "Signing")
    assert signing.stack.node.path == "Prod/App-Signing"
    assert signing.stack.stack_name == "Prod-App-Signing"
    assert signing.stack.environment == "aws://111122223333/eu-central-1"


def test_in_a_construct_and_a_nested_stack(app: cdk.App) -> None:
    stack = cdk.Stack(Construct(app, "Team"), "App")
    nested = cdk.NestedStack(stack, "Nested")
    signing = SigningBaseline(Construct(nested, "Part"), "Signing")
    assert signing.stack.node.path == "Team/App-Nested-Part-Signing"
    assert signing.stack.nested_stack_parent is None


@pytest.mark.parametrize(
    ("id", "readable"),
    [
        ("My_Signing", "App-My-Signing-"),
        ("My Signing.v2", "App-My-Signing-v2-"),
        ("Signature_é", "App-Signature-"),
        ("_", "App-"),
        ("S" * 130, "App-" + "S" * 115),
    ],
)
def test_ids_that_no_stack_name_can_have(app: cdk.App, code: Path, id: str, readable: str) -> None:
    stack = cdk.Stack(app, "App")
    signing = SigningBaseline(stack, id)
    function(stack, signing, code)
    assert signing.node.id == id
    assert signing.stack.node.id == f"App-{id}"
    assert signing.stack.stack_name.startswith(readable)
    assert NAME.fullmatch(signing.stack.stack_name)
    artifact = synthesize(app).artifact(signing.stack.artifact_id)
    assert artifact["properties"].get("stackName") == signing.stack.stack_name


def test_in_a_construct_of_such_an_id(stack: cdk.Stack) -> None:
    signing = SigningBaseline(Construct(stack, "My_Platform"), "Signing")
    assert signing.stack.stack_name.startswith("App-My-Platform-Signing-")


def test_such_ids_make_different_names(stack: cdk.Stack) -> None:
    ids = ["My_Signing", "My.Signing", "My-Signing"]
    names = [SigningBaseline(stack, id).stack.stack_name for id in ids]
    assert len(set(names)) == 3
    assert names[2] == "App-My-Signing"


@pytest.mark.parametrize(
    ("id", "readable"),
    [("My_Signing", "My-Signing-Stack-"), ("1", "Stack-1-Stack-"), ("_", "Stack-")],
)
def test_such_ids_below_the_app(app: cdk.App, id: str, readable: str) -> None:
    name = SigningBaseline(app, id).stack.stack_name
    assert name.startswith(readable)
    assert NAME.fullmatch(name)


def test_such_an_id_below_a_stage(app: cdk.App) -> None:
    name = SigningBaseline(cdk.Stage(app, "Prod"), "My_Signing").stack.stack_name
    assert name.startswith("Prod-My-Signing-Stack-")


def test_below_a_construct_of_the_app(app: cdk.App) -> None:
    """The CDK makes this name, of letters and digits."""
    name = SigningBaseline(Construct(app, "My_Team"), "My_Signing").stack.stack_name
    assert name.startswith("MyTeamMySigningStack")


def test_of_an_app(app: cdk.App) -> None:
    assert SigningBaseline(app, "Signing").stack.stack_name == "Signing-Stack"


def test_of_a_stage(app: cdk.App, code: Path) -> None:
    stage = cdk.Stage(app, "Prod")
    signing = SigningBaseline(stage, "Signing")
    assert signing.stack.stack_name == "Prod-Signing-Stack"
    function(cdk.Stack(stage, "App"), signing, code)
    synthesize(app)


def test_tags_are_followed_until_the_end(app: cdk.App) -> None:
    stack = cdk.Stack(app, "App", tags={"team": "users", "stage": "prod"})
    signing = SigningBaseline(stack, "Signing")
    cdk.Tags.of(signing.stack).add("stage", "its own")
    signing.stack.tags.set_tag("owner", "platform")
    cdk.Tags.of(stack).add("late", "yes")
    cdk.Tags.of(stack).add("owner", "users")
    assert synthesize(app).artifact("App-Signing")["properties"]["tags"] == {
        "team": "users",
        "stage": "its own",
        "late": "yes",
        "owner": "platform",
    }


def test_termination_protection_is_followed(app: cdk.App) -> None:
    stack = cdk.Stack(app, "App")
    SigningBaseline(stack, "Signing")
    stack.termination_protection = True
    properties = synthesize(app).artifact("App-Signing")["properties"]
    assert properties["terminationProtection"] is True


@pytest.mark.parametrize("by", ["context", "stack", "app"])
def test_bootstrap_qualifier_is_followed(tmp_path: Path, code: Path, by: str) -> None:
    own = cdk.DefaultStackSynthesizer(qualifier="team")
    app = cdk.App(
        outdir=str(tmp_path / "cdk.out"),
        context={"@aws-cdk/core:bootstrapQualifier": "team"} if by == "context" else {},
        default_stack_synthesizer=own if by == "app" else None,
    )
    stack = cdk.Stack(app, "App", synthesizer=own if by == "stack" else None)
    function(stack, SigningBaseline(stack, "Signing"), code)
    assembly = synthesize(app)
    assert "cdk-team-deploy-role" in assembly.artifact("App-Signing")["properties"]["assumeRoleArn"]
    [template] = assembly.read("App-Signing.assets.json")["files"].values()
    [destination] = template["destinations"].values()
    assert destination["bucketName"].startswith("cdk-team-assets-")
    assert len(assembly.requests("App")) == 1


def test_companion_publishes_nothing_but_its_template(app: cdk.App, code: Path) -> None:
    """Else it would need the profile that it makes (aws-cdk issue 29071)."""
    stack = cdk.Stack(app, "App", synthesizer=cdk.DefaultStackSynthesizer())
    function(stack, SigningBaseline(stack, "Signing"), code)
    assert synthesize(app).sources("App-Signing") == {}


def test_credentials_of_the_cli_are_followed(app: cdk.App) -> None:
    synthesizer = cdk.CliCredentialsStackSynthesizer(qualifier="team")
    stack = cdk.Stack(app, "App", synthesizer=synthesizer)
    SigningBaseline(stack, "Signing")
    assembly = synthesize(app)
    assert "assumeRoleArn" not in assembly.artifact("App-Signing")["properties"]
    [template] = assembly.read("App-Signing.assets.json")["files"].values()
    assert "assumeRoleArn" not in str(template)


def test_roles_of_another_name_need_a_synthesizer(app: cdk.App) -> None:
    def synthesizer() -> cdk.DefaultStackSynthesizer:
        return cdk.DefaultStackSynthesizer(
            lookup_role_arn="arn:aws:iam::111122223333:role/lookup",
            deploy_role_arn="arn:aws:iam::111122223333:role/deploy",
        )

    stack = cdk.Stack(app, "App", synthesizer=synthesizer())
    with pytest.raises(InvalidInputError, match="a synthesizer=, a new object with the same"):
        SigningBaseline(stack, "Refused")
    SigningBaseline(stack, "Signing", synthesizer=synthesizer())
    properties = synthesize(app).artifact("App-Signing")["properties"]
    assert properties["assumeRoleArn"] == "arn:aws:iam::111122223333:role/deploy"


def test_two_baselines_in_one_stack(stack: cdk.Stack, code: Path) -> None:
    first, second = SigningBaseline(stack, "One"), SigningBaseline(stack, "Two")
    function(stack, first, code, "First")
    function(stack, second, code, "Second")
    assert first.signing_profile_name != second.signing_profile_name
    requests = synthesize(stack).requests("App")
    assert len({request.identity for request in requests}) == 2
    assert len({request.bucket_template for request in requests}) == 2


def test_name_that_is_taken(app: cdk.App, stack: cdk.Stack) -> None:
    cdk.Stack(app, "App-Signing")
    with pytest.raises(InvalidInputError, match="cannot be named App-Signing, because there"):
        SigningBaseline(stack, "Signing")
