"""The checks in the synthesis: what fails it, what is acknowledged, and what the report says."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline
from secure_lambda_constructs.checks.acknowledgement_sources import acknowledged_in_assembly
from secure_lambda_constructs.checks.baseline import Baseline
from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.judgement import Finding, PathVerdict, Verdict, judge
from secure_lambda_constructs.checks.leak_checks import LeakChecks
from secure_lambda_constructs.checks.leaks.paths import PATHS, SIGNING
from secure_lambda_constructs.checks.leaks.questions import Evaluator
from secure_lambda_constructs.checks.model.world import World
from secure_lambda_constructs.checks.outcome import UNTOLD, Outcome
from secure_lambda_constructs.errors import InvalidInputError

_IDS = {*PATHS, *SIGNING, UNTOLD}
_CODE = "def handler(event, context):\n    return event\n"


_NOWHERE = PathVerdict(
    id="N01",
    title="A way out",
    attack="Somebody leaves.",
    mend="",
    present=True,
    findings=(
        Finding(path_id="N01", stack="", logical_id="", construct_path="", reason="is open"),
    ),
)


@dataclass(frozen=True)
class _Synthesized:
    """What the CDK says of a synthesis."""

    outdir: Path
    error: str

    @property
    def report(self) -> Any:
        path = self.outdir / "validation-report.json"
        if not path.is_file():
            return {"violations": [], "suppressedViolations": []}
        plugins = json.loads(path.read_text())["pluginReports"]
        # A plugin without any violation is not in the report.
        found = [each for each in plugins if each["pluginName"] == "LeakChecks"]
        return found[0] if found else {"violations": [], "suppressedViolations": []}

    def violations(self, rule: str) -> list[Any]:
        return [each for each in self.report["violations"] if each["ruleName"] == rule]

    def constructs(self, rule: str, kind: str = "violations") -> set[str]:
        return {
            construct["constructPath"].removesuffix("/Resource")
            for each in self.report.get(kind) or []
            if each["ruleName"] == rule
            for construct in each["violatingConstructs"]
        }


def _synthesize(app: cdk.App) -> _Synthesized:
    error = ""
    try:
        app.synth()
    except RuntimeError as raised:
        error = str(raised)
    return _Synthesized(Path(app.outdir), error)


def _plain(stack: cdk.Stack) -> None:
    """Add a function as the CDK makes it, with a table that it reads."""
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        nat_gateways=0,
        max_azs=1,
        restrict_default_security_group=False,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        ],
    )
    table = dynamodb.TableV2(
        stack, "Table", partition_key=dynamodb.Attribute(name="id", type=_STRING)
    )
    function = lambda_.Function(
        stack,
        "Fn",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline(_CODE),
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    )
    table.grant_read_data(function)


_STRING = dynamodb.AttributeType.STRING


def _acknowledge(construct: Any, rule: str, reason: str) -> None:
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> _Synthesized:
    """Two stacks, one in a Stage; each acknowledges something, in one way or another."""
    app = cdk.App(outdir=str(tmp_path_factory.mktemp("plain")), analytics_reporting=False)
    one, stage = cdk.Stack(app, "One"), cdk.Stage(app, "Live")
    two = cdk.Stack(stage, "Two")
    _plain(one)
    _plain(two)
    nested = cdk.NestedStack(one, "Inner")
    lambda_.Function(
        nested,
        "Fn",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline(_CODE),
    )
    _acknowledge(nested, "LeakChecks::S01", "NESTED-1")
    _acknowledge(app, "LeakChecks::I06", "APP-1")
    _acknowledge(stage, "LeakChecks::I03", "STAGE-1")
    _acknowledge(one, "LeakChecks::I01", "STACK-1")
    _acknowledge(one.node.find_child("Fn"), "LeakChecks::I02", "FN-1")
    _acknowledge(one.node.find_child("Vpc"), "LeakChecks::R04", "STALE-1")
    _acknowledge(two, "LeakChecks::D01", "")
    _acknowledge(two, "N09", "UNQUALIFIED-1")
    metadata = {"acknowledge": [{"id": "N10", "reason": "METADATA-1"}]}
    for stack in (one, two):
        group = stack.node.find_child("Fn").node.find_child("SecurityGroup").node.default_child
        assert isinstance(group, cdk.CfnResource)
        group.add_metadata("secure-lambda-constructs", metadata)
    cdk.Validations.of(app).add_plugins(LeakChecks())
    return _synthesize(app)


class TestOpen:
    def test_synthesis_fails_and_says_what_to_write(self, plain: _Synthesized) -> None:
        assert "D01 " in plain.error
        assert "Suggested fix: " in plain.error
        assert plain.report["conclusion"] == "failure"

    def test_all_that_is_open_is_a_violation_or_acknowledged(self, plain: _Synthesized) -> None:
        verdict = judge(World.of_assembly(plain.outdir), default_evaluator())
        report = plain.report
        told = {
            each["ruleName"]
            for each in [*report["violations"], *report["suppressedViolations"]]
            if each["ruleName"] in _IDS
        }
        assert told == {path.id for path in verdict.all if path.findings}

    def test_violation_has_the_construct_and_the_template(self, plain: _Synthesized) -> None:
        for each in plain.violations("I01"):
            for construct in each["violatingConstructs"]:
                assert construct["constructPath"].startswith("Live/Two/")
                assert construct["cloudFormationResource"]["templatePath"].startswith("assembly-")


class TestAcknowledged:
    def test_at_the_app(self, plain: _Synthesized) -> None:
        assert plain.violations("I06") == []
        found = plain.constructs("I06", "suppressedViolations")
        assert {path.split("/")[0] for path in found} == {"One", "Live"}

    @pytest.mark.parametrize(
        ("rule", "open_in", "reason"),
        [
            ("I01", "Live", "STACK-1"),
            ("I02", "Live", "FN-1"),
            ("I03", "One", "STAGE-1"),
        ],
    )
    def test_it_holds_where_it_is_said_and_nowhere_else(
        self, rule: str, open_in: str, reason: str, plain: _Synthesized
    ) -> None:
        assert {path.split("/")[0] for path in plain.constructs(rule)} == {open_in}
        suppressed = [e for e in plain.report["suppressedViolations"] if e["ruleName"] == rule]
        assert {each["reason"] for each in suppressed} == {reason}

    def test_in_a_nested_stack(self, plain: _Synthesized) -> None:
        assert plain.constructs("S01") == {"One/Fn", "Live/Two/Fn"}
        assert plain.constructs("S01", "suppressedViolations") == {"One/Inner/Fn"}

    def test_without_a_reason_it_does_not_count(self, plain: _Synthesized) -> None:
        assert any(each["severity"] == "fatal" for each in plain.violations("D01"))
        told = [each["description"] for each in plain.violations("refused-acknowledgement")]
        assert any("D01 at Live/Two is acknowledged without a reason" in each for each in told)

    def test_without_the_plugins_name_it_does_not_count(self, plain: _Synthesized) -> None:
        assert any(path.startswith("Live/Two") for path in plain.constructs("N09"))
        told = [each["description"] for each in plain.violations("refused-acknowledgement")]
        assert any("write the id LeakChecks::N09" in each for each in told)

    def test_one_that_meets_nothing_is_told(self, plain: _Synthesized) -> None:
        (stale,) = plain.violations("stale-acknowledgement")
        assert stale["severity"] == "warning"
        assert "R04" in stale["description"]
        assert plain.constructs("stale-acknowledgement") == {"One/Vpc"}

    def test_in_the_metadata_of_a_resource(self, plain: _Synthesized) -> None:
        (told,) = plain.violations("N10")
        assert told["severity"] == "info"
        assert "[acknowledged: METADATA-1]" in told["description"]

    def test_command_sees_all_that_met_a_finding(self, plain: _Synthesized) -> None:
        said = {
            (each.rule, each.at, each.reason): each.source
            for each in acknowledged_in_assembly(plain.outdir)
            if each.qualified
        }
        report = "validation-report.json"
        assert said[("I06", "", "APP-1")] == report
        assert said[("I03", "Live", "STAGE-1")] == report
        assert said[("I01", "One", "STACK-1")] == "One.metadata.json"
        assert said[("I02", "One/Fn", "FN-1")] == "One.metadata.json"


@pytest.fixture(scope="module")
def with_baseline(plain: _Synthesized, tmp_path_factory: pytest.TempPathFactory) -> _Synthesized:
    """One of the stacks once more, with all but one of its findings in the baseline."""
    folder = tmp_path_factory.mktemp("baseline")
    everything = Baseline.of(judge(World.of_assembly(plain.outdir), default_evaluator()))
    kept = tuple(each for each in everything.findings if each.path_id != "I02")
    Baseline(findings=kept).write(folder / "baseline.json")
    app = cdk.App(outdir=str(folder / "cdk.out"), analytics_reporting=False)
    _plain(cdk.Stack(app, "One"))
    checks = LeakChecks(baseline=str(folder / "baseline.json"))
    cdk.Validations.of(app).add_plugins(checks)
    return _synthesize(app)


class TestBaseline:
    def test_what_is_known_is_a_warning(self, with_baseline: _Synthesized) -> None:
        severities = {
            each["ruleName"]: each["severity"]
            for each in with_baseline.report["violations"]
            if each["ruleName"] in _IDS
        }
        assert severities.pop("I02") == "error"
        assert set(severities.values()) == {"warning"}

    def test_what_is_new_fails(self, with_baseline: _Synthesized) -> None:
        assert "I02 " in with_baseline.error

    def test_baseline_that_cannot_be_read_is_refused_at_once(self) -> None:
        with pytest.raises(InvalidInputError, match=r"none\.json cannot be read"):
            LeakChecks(baseline="none.json")


class TestClosed:
    def test_synthesis_passes(self, tmp_path: Path) -> None:
        app = cdk.App(outdir=str(tmp_path / "cdk.out"), analytics_reporting=False)
        stack = cdk.Stack(app, "Shop", env=cdk.Environment(region="eu-west-1"))
        table = dynamodb.TableV2(
            stack, "Table", partition_key=dynamodb.Attribute(name="id", type=_STRING)
        )
        code = tmp_path / "code"
        code.mkdir()
        (code / "index.py").write_text(_CODE)
        function = SignedVpcFunction(
            stack,
            "Fn",
            signing=SigningBaseline(stack, "Signing"),
            network=IsolatedNetwork(stack, "Network"),
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(code)),
        )
        table.grant(function, "dynamodb:GetItem")
        cdk.Validations.of(app).add_plugins(LeakChecks())
        synthesized = _synthesize(app)
        assert synthesized.error == ""
        assert synthesized.report["violations"] == []

    def test_app_without_stacks_passes(self, tmp_path: Path) -> None:
        app = cdk.App(outdir=str(tmp_path / "cdk.out"), analytics_reporting=False)
        cdk.Validations.of(app).add_plugins(LeakChecks())
        assert _synthesize(app).error == ""


class TestSecondSynthesis:
    def test_acknowledgement_that_was_taken_away_does_not_count_any_more(
        self, tmp_path: Path
    ) -> None:
        errors = []
        for rules in (["S01"], []):
            app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
            lambda_.Function(
                cdk.Stack(app, "One"),
                "Fn",
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler="index.handler",
                code=lambda_.Code.from_inline(_CODE),
            )
            for rule in [*rules, "I01", "I02", "I06", "N01", "O05"]:
                _acknowledge(app, f"LeakChecks::{rule}", "APP-1")
            cdk.Validations.of(app).add_plugins(LeakChecks())
            errors.append(_synthesize(app).error)
        assert errors[0] == ""
        assert "S01 " in errors[1]


class TestPlugin:
    def test_what_cannot_be_judged_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> None:
            raise InvalidInputError("the list of actions cannot be read")

        monkeypatch.setattr(f"{LeakChecks.__module__}.default_evaluator", fail)
        app = cdk.App(outdir=str(tmp_path / "cdk.out"), analytics_reporting=False)
        cdk.Stack(app, "Empty")
        cdk.Validations.of(app).add_plugins(LeakChecks())
        assert "the list of actions cannot be read" in _synthesize(app).error

    def test_cdk_that_does_not_hand_out_the_app(self, plain: _Synthesized) -> None:
        """What is said at the app is then left to the CDK; what is said at a stack is known."""

        class Context:
            template_paths = tuple(map(str, plain.outdir.rglob("*.template.json")))

        report = LeakChecks().validate(Context())  # type: ignore[arg-type]
        assert not report.success
        told = {each.rule_name: each.severity for each in report.violations}
        assert told["I06"] == "error"
        assert told["D01"] == "fatal"

    def test_finding_of_no_template_is_told_by_its_construct(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def judged(world: World, evaluator: Evaluator, **_: object) -> Verdict:
            return replace(judge(world, evaluator), paths=(_NOWHERE,))

        monkeypatch.setattr(f"{Outcome.__module__}.judge", judged)
        app = cdk.App(outdir=str(tmp_path / "cdk.out"), analytics_reporting=False)
        cdk.Stack(app, "Empty")
        cdk.Validations.of(app).add_plugins(LeakChecks())
        synthesized = _synthesize(app)
        assert "N01 A way out: is open. Somebody leaves." in synthesized.error
        assert synthesized.constructs("N01") == {""}

    def test_folder_that_is_no_assembly_is_refused(self, tmp_path: Path) -> None:
        class Context:
            template_paths = (str(tmp_path / "a.template.json"),)

        with pytest.raises(InvalidInputError, match=r"no manifest\.json is in .*: add the plugin"):
            LeakChecks().validate(Context())  # type: ignore[arg-type]

    def test_nothing_to_judge_passes(self) -> None:
        class Context:
            template_paths = ()

        assert LeakChecks().validate(Context()).success  # type: ignore[arg-type]

    def test_it_is_what_the_cdk_asks_for(self) -> None:
        checks = LeakChecks()
        assert checks.name == "LeakChecks"
        assert checks.version.count(".") == 2
        assert checks.rule_ids == sorted(_IDS)
