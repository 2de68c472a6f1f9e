"""Every function and layer is judged on its signature, whether data could leave by it or not."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_lambda_constructs.checks.judgement import judge
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.paths import PATHS, SIGNING
from secure_lambda_constructs.checks.model.world import World

from .by_hand import ACCOUNT, REGION, Template, att, case_of_template, function, resource, world_of
from .simulator import Simulator
from .synthesis import ARTICLE, JUDGED

PROFILE = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/own/0a1b2c3d4e"
SIGNED: dict[str, Any] = {"CodeSigningConfigArn": att("Config", "CodeSigningConfigArn")}
LAYER = {"Layer": resource("AWS::Lambda::LayerVersion", Content={"S3Bucket": "x", "S3Key": "y"})}


def _config(publishers: Any = (PROFILE,), enforcement: dict[str, Any] | None = None) -> Template:
    enforced = {"UntrustedArtifactOnDeployment": "Enforce"}
    return {
        "Config": resource(
            "AWS::Lambda::CodeSigningConfig",
            AllowedPublishers={"SigningProfileVersionArns": list(publishers)},
            CodeSigningPolicies=enforced if enforcement is None else enforcement,
        )
    }


@pytest.fixture
def said(simulator: Simulator) -> Callable[..., list[str]]:
    """Return what a signing check says of templates that are written by hand."""

    def find(path_id: str, *resources: Template) -> list[str]:
        case = case_of_template(simulator, *resources)
        return [str(reason) for reason in SIGNING[path_id].check(case)]

    return find


Said = Callable[..., list[str]]


def test_they_are_none_of_the_leak_paths() -> None:
    assert sorted(SIGNING) == ["S01", "S02"]
    assert not set(SIGNING) & set(PATHS)


@pytest.mark.parametrize("app", JUDGED)
def test_every_function_of_ours_is_signed(app: str, case_of: Callable[[str], Case]) -> None:
    case = case_of(app)
    assert SIGNING["S01"].is_present(case)
    assert SIGNING["S01"].check(case) == []
    assert SIGNING["S02"].check(case) == []


def test_the_articles_functions_are_signed(case_of: Callable[[str], Case]) -> None:
    assert SIGNING["S01"].check(case_of(ARTICLE)) == []


def test_a_function_that_reads_nothing_is_judged_too(said: Said) -> None:
    assert said("S01", function("Plain")) == ["has no code signing config"]
    assert said("S01", _config(), function("Plain", **SIGNED)) == []


def test_the_verdict_tells_it_apart_from_the_paths(simulator: Simulator) -> None:
    verdict = judge(world_of(function("Plain")), simulator)
    assert len(verdict.paths) == 44
    assert [each.id for each in verdict.signing] == ["S01", "S02", "U01"]
    assert [each.present for each in verdict.signing] == [True, False, False]
    assert [each.id for each in verdict.open] == ["S01"]
    assert len(verdict.all) == 47
    nothing = judge(World([]), simulator)
    assert (nothing.open, nothing.broken) == ((), {})


@pytest.mark.parametrize(
    ("config", "properties", "expected"),
    [
        pytest.param(_config(), {"PackageType": "Image"}, "is a container image", id="image"),
        pytest.param(
            _config(),
            {"Code": {"ZipFile": "x"}},
            "has inline code, which nobody signs",
            id="inline",
        ),
        pytest.param(
            _config(),
            {"CodeSigningConfigArn": "arn:aws:lambda:us-east-1:444455556666:code-signing-config:x"},
            "has a code signing config that no template creates, so that it is not known",
            id="imported",
        ),
        pytest.param(_config(enforcement={}), {}, "does not enforce", id="default"),
        pytest.param(
            _config(enforcement={"UntrustedArtifactOnDeployment": "Warn"}),
            {},
            "does not enforce: Lambda takes code that nobody signed: Warn",
            id="warn",
        ),
        pytest.param(_config([]), {}, "names no publisher", id="no publisher"),
        pytest.param(
            _config([PROFILE, PROFILE.replace(ACCOUNT, "999988887777")]),
            {},
            "trusts a publisher of another account",
            id="foreign publisher",
        ),
        pytest.param(
            _config([{"Fn::ImportValue": "nowhere"}]),
            {},
            "trusts a publisher that nobody can tell: something unknown",
            id="unknown publisher",
        ),
        pytest.param(
            _config(),
            {"Environment": {"Variables": {"LD_PRELOAD": "/tmp/x.so"}}},
            "has an environment variable that makes the runtime load code nobody signed",
            id="variable",
        ),
        pytest.param(
            _config(),
            {"Environment": {"Variables": {"PYTHONPATH": {"Fn::ImportValue": "nowhere"}}}},
            "has an environment variable that makes the runtime load code nobody signed",
            id="unknown search path",
        ),
        pytest.param(
            _config(),
            {"Environment": {"Variables": {"Fn::ImportValue": "nowhere"}}},
            "has environment variables that nobody can tell, which may load code nobody signed",
            id="unknown variables",
        ),
    ],
)
def test_what_lets_other_code_in_is_told(
    config: Template, properties: dict[str, Any], expected: str, said: Said
) -> None:
    (text,) = said("S01", config, function("Plain", **{**SIGNED, **properties}))
    assert text.startswith(expected)


@pytest.mark.parametrize(
    "variables",
    [
        {"NODE_OPTIONS": "--enable-source-maps"},
        {"NODE_OPTIONS": "--enable-source-maps --max-old-space-size=512"},
        {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-handler"},
        {"PYTHONPATH": "/opt/python"},
        {"TABLE": {"Fn::ImportValue": "nowhere"}},
    ],
    ids=str,
)
def test_variables_that_load_what_is_signed_are_let_pass(
    variables: dict[str, Any], said: Said
) -> None:
    parts = function("Plain", Environment={"Variables": variables}, **SIGNED)
    assert said("S01", _config(), parts) == []


@pytest.mark.parametrize(
    "variables",
    [
        {"NODE_OPTIONS": "--import=data:text/javascript,0"},
        {"NODE_OPTIONS": "--enable-source-maps --require=/tmp/x.js"},
        {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/../tmp/x"},
        {"AWS_LAMBDA_EXEC_WRAPPER": "/tmp/x"},
    ],
    ids=str,
)
def test_variables_that_look_harmless_are_not(variables: dict[str, Any], said: Said) -> None:
    parts = function("Plain", Environment={"Variables": variables}, **SIGNED)
    assert len(said("S01", _config(), parts)) == 1


def test_the_layers_of_a_signed_function_are_checked_by_lambda(said: Said) -> None:
    parts = function("Plain", Layers=[{"Ref": "Layer"}], **SIGNED)
    assert said("S02", _config(), LAYER, parts) == []


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (
            {"Ref": "Layer"},
            "is a layer of a function that takes layers without a check of the signature: the "
            "function App/Plain",
        ),
        (
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools:7",
            "loads a layer of this account without a check of its signature",
        ),
        (
            f"arn:aws:lambda:{REGION}:999988887777:layer:tools:7",
            "loads a layer of somebody else without a check of its signature",
        ),
        (
            {"Fn::ImportValue": "nowhere"},
            "loads a layer of somebody else without a check of its signature: something unknown",
        ),
    ],
    ids=["own", "of the account", "foreign", "unknown"],
)
def test_the_layers_of_an_unsigned_function_are_told(layer: Any, expected: str, said: Said) -> None:
    (text,) = said("S02", LAYER, function("Plain", Layers=[layer]))
    assert text.startswith(expected)


def test_a_layer_is_as_unsigned_as_the_config_is_lax(said: Said) -> None:
    parts = function("Plain", Layers=[{"Ref": "Layer"}], **SIGNED)
    assert len(said("S02", _config(enforcement={}), LAYER, parts)) == 1
