"""The lints of the examples: what is found, what is acknowledged, and what is out of date."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lint_examples import __main__ as command
from lint_examples.assembly import Assembly
from lint_examples.cdk_nag import cdk_nag_result
from lint_examples.checkov import checkov_result
from lint_examples.model import Acknowledged, Finding, LintError, Result, Row
from lint_examples.page import page_with_table, table
from lint_examples.synthesis import synthesize
from lint_examples.templates import Found, TemplateSet, write_templates

_PAGE = "# Lints\n\n<!-- acknowledged: begin -->\n<!-- acknowledged: end -->\n\nThe end.\n"
_CHECKOV = Path(__file__).resolve().parents[2] / ".checkov" / "bin" / "checkov"

_APP = """
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from secure_lambda_constructs.acknowledgements import acknowledge_cdk_nag, acknowledge_in_template

app = cdk.App()
stack = cdk.Stack(app, "Planted", env=cdk.Environment(region="us-east-1"))
cdk.Stack(app, "Another", env=cdk.Environment(region="us-east-1"))


def bucket(name):
    made = s3.CfnBucket(stack, name)
    policy = s3.CfnBucketPolicy(stack, f"{name}Policy", bucket=made.ref, policy_document={})
    policy.add_dependency(made)
    return made, policy


bucket("Open")
made, policy = bucket("Acknowledged")
acknowledge_cdk_nag(made, {"AwsSolutions-S1": "no logs", "AwsSolutions-S5": "nothing to see"})
acknowledge_in_template(made, checkov={"CKV_AWS_18": "no logs"})
acknowledge_in_template(
    policy,
    checkov={"CKV_AWS_7": "nothing to see"},
    cfn_lint={"W3005": "told twice", "W3010": "nothing to see"},
)
app.synth()
"""


def _finding(**changes: str) -> Finding:
    fields = {
        "example": "one",
        "linter": "checkov",
        "rule": "CKV_AWS_18",
        "path": "Stack/Bucket/Resource",
        "kind": "AWS::S3::Bucket",
        "asks": "Ensure the bucket logs",
    }
    return Finding(**{**fields, **changes})


def _acknowledged(reason: str = "why", silenced: tuple[Finding, ...] = ()) -> Acknowledged:
    return Acknowledged(
        example="one",
        linter="checkov",
        rule="CKV_AWS_18",
        path="Stack/Bucket/Resource",
        reason=reason,
        silenced=silenced,
    )


def _app(folder: Path, program: str, context: Mapping[str, Any] | None = None) -> Path:
    folder.mkdir()
    (folder / "app.py").write_text(program)
    (folder / "cdk.json").write_text(json.dumps({"context": dict(context or {})}))
    return folder


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What the linters say to an app with planted findings and acknowledgements."""
    if not _CHECKOV.is_file():
        pytest.skip("checkov is not installed here: make setup-checkov")
    directory = tmp_path_factory.mktemp("planted")
    scratch = directory / "scratch"
    scratch.mkdir()
    return command.lint([_app(directory / "planted", _APP)], scratch, checkov=_CHECKOV)


class TestPlanted:
    """All three linters, as `make lint-examples` runs them."""

    @pytest.mark.parametrize(
        ("linter", "rule", "path", "kind"),
        [
            ("cdk-nag", "AwsSolutions-S1", "Planted/Open", "AWS::S3::Bucket"),
            ("cdk-nag", "AwsSolutions-S10", "Planted/Acknowledged", "AWS::S3::Bucket"),
            ("checkov", "CKV_AWS_18", "Planted/Open", "AWS::S3::Bucket"),
            ("checkov", "CKV_AWS_21", "Planted/Acknowledged", "AWS::S3::Bucket"),
            ("cfn-lint", "W3005", "Planted/OpenPolicy", "AWS::S3::BucketPolicy"),
        ],
    )
    def test_finding_is_reported(
        self, planted: Result, linter: str, rule: str, path: str, kind: str
    ) -> None:
        places = {(found.linter, found.rule, found.path, found.kind) for found in planted.findings}
        assert (linter, rule, path, kind) in places

    def test_acknowledged_finding_is_not_reported_but_listed(self, planted: Result) -> None:
        acknowledged = {
            (row.linter, row.rule, row.kinds, row.reason, row.examples) for row in planted.rows()
        }
        bucket, policy = ("AWS::S3::Bucket",), ("AWS::S3::BucketPolicy",)
        assert acknowledged == {
            ("cdk-nag", "AwsSolutions-S1", bucket, "no logs", ("planted",)),
            ("checkov", "CKV_AWS_18", bucket, "no logs", ("planted",)),
            ("cfn-lint", "W3005", policy, "told twice", ("planted",)),
        }
        places = {(found.rule, found.path) for found in planted.findings}
        for rule in ("AwsSolutions-S1", "CKV_AWS_18", "W3005"):
            assert not {(rule, "Planted/Acknowledged"), (rule, "Planted/AcknowledgedPolicy")} & (
                places
            )

    def test_acknowledgement_that_nothing_needs_is_reported(self, planted: Result) -> None:
        assert planted.stale() == [
            f"planted: {linter} {rule} is acknowledged at Planted/{name}, and in no example is "
            "there such a finding; remove it (nothing to see)"
            for linter, rule, name in (
                ("cdk-nag", "AwsSolutions-S5", "Acknowledged"),
                ("cfn-lint", "W3010", "AcknowledgedPolicy"),
                ("checkov", "CKV_AWS_7", "AcknowledgedPolicy"),
            )
        ]

    def test_finding_is_told_in_a_sentence(self, planted: Result) -> None:
        sentences = [finding.sentence() for finding in planted.findings]
        assert (
            "planted: checkov CKV_AWS_18 at Planted/Open (AWS::S3::Bucket): "
            "Ensure the S3 bucket has access logging enabled"
        ) in sentences


class TestResult:
    def test_same_rule_and_reason_is_one_line(self) -> None:
        one = _acknowledged(silenced=(_finding(),))
        other = _acknowledged(silenced=(_finding(example="two", kind="AWS::S3::Other"),))
        result = Result.joined([Result(acknowledged=[one]), Result(acknowledged=[other, one])])
        assert result.rows() == [
            Row(
                linter="checkov",
                rule="CKV_AWS_18",
                asks="Ensure the bucket logs",
                kinds=("AWS::S3::Bucket", "AWS::S3::Other"),
                reason="why",
                examples=("one", "two"),
            )
        ]

    def test_what_one_example_needs_is_not_stale_in_the_others(self) -> None:
        result = Result(acknowledged=[_acknowledged(), _acknowledged(silenced=(_finding(),))])
        assert result.stale() == []

    def test_acknowledgement_without_a_reason_is_reported(self) -> None:
        [sentence] = Result(acknowledged=[_acknowledged(" ", (_finding(),))]).stale()
        assert sentence == (
            "one: checkov CKV_AWS_18 is acknowledged at Stack/Bucket/Resource without a reason; "
            "write one"
        )


class TestTemplates:
    @pytest.fixture
    def templates(self, tmp_path: Path) -> TemplateSet:
        template = {
            "Metadata": {"cfn-lint": {"config": {"ignore_checks": ["W2001"]}}},
            "Resources": {
                "Named": {
                    "Type": "AWS::S3::Bucket",
                    "Metadata": {"aws:cdk:path": "Stack/Named", "checkov": {"skip": []}},
                },
                "Nameless": {"Type": "AWS::SNS::Topic"},
            },
        }
        assembly = tmp_path / "assembly"
        (assembly / "inner").mkdir(parents=True)
        (assembly / "inner" / "Stack.template.json").write_text(json.dumps(template))
        return write_templates([Assembly("one", assembly)], tmp_path / "templates")

    def test_each_template_is_there_with_and_without_what_is_acknowledged(
        self, templates: TemplateSet
    ) -> None:
        bare, as_is = (
            json.loads((templates.directory / form / "one/inner/Stack.template.json").read_text())
            for form in ("bare", "as-is")
        )
        assert set(as_is["Metadata"]) == {"cfn-lint"}
        assert set(as_is["Resources"]["Named"]["Metadata"]) == {"aws:cdk:path", "checkov"}
        assert bare["Metadata"] == {}
        assert bare["Resources"]["Named"]["Metadata"] == {"aws:cdk:path": "Stack/Named"}

    def test_finding_has_the_path_of_its_construct_or_its_template(
        self, templates: TemplateSet
    ) -> None:
        file = templates.directory / "as-is/one/inner/Stack.template.json"
        found = [
            Found(file=file, rule="R1", logical_id=logical_id, asks="")
            for logical_id in ("Named", "Nameless", None)
        ]
        result = templates.result("linter", found, lambda metadata: [])
        assert [(finding.path, finding.kind) for finding in result.findings] == [
            ("Stack/Named", "AWS::S3::Bucket"),
            ("inner/Stack.template.json", ""),
            ("inner/Stack.template.json#Nameless", "AWS::SNS::Topic"),
        ]

    def test_setting_of_a_whole_template_silences_all_its_resources(
        self, templates: TemplateSet
    ) -> None:
        file = templates.directory / "bare/one/inner/Stack.template.json"
        found = [Found(file=file, rule="W2001", logical_id="Named", asks="")]
        result = templates.result("linter", found, _ignored)
        [acknowledged] = result.acknowledged
        assert acknowledged.path == "inner/Stack.template.json"
        assert [finding.path for finding in acknowledged.silenced] == ["Stack/Named"]

    def test_linter_that_names_another_file_is_refused(self, templates: TemplateSet) -> None:
        found = [Found(file=Path("/elsewhere.template.json"), rule="R1", logical_id=None, asks="")]
        with pytest.raises(LintError, match=r"linter names /elsewhere\.template\.json, which it"):
            templates.result("linter", found, lambda metadata: [])

    def test_checkov_that_fails_is_told(self, templates: TemplateSet, tmp_path: Path) -> None:
        program = tmp_path / "checkov"
        for answer, said in (
            ("echo broken; exit 3", "checkov failed:\nbroken"),
            ("echo '[]'", "checkov failed"),
            (
                'echo \'{"results": {}, "summary": {"parsing_errors": 1, "resource_count": 2}}\'',
                "checkov could not read every template",
            ),
            (
                'echo \'{"results": {}, "summary": {"parsing_errors": 0, "resource_count": 0}}\'',
                "checkov could not read every template",
            ),
        ):
            program.write_text(f"#!/bin/sh\n{answer}\n")
            program.chmod(0o755)
            with pytest.raises(LintError, match=said):
                checkov_result(templates, program=program)

    def test_checkov_that_is_not_there_is_told(
        self, templates: TemplateSet, tmp_path: Path
    ) -> None:
        with pytest.raises(LintError, match="not installed here; run: make setup-checkov"):
            checkov_result(templates, program=tmp_path / "none")


def _ignored(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for rule in metadata.get("cfn-lint", {}).get("config", {}).get("ignore_checks", []):
        yield rule, "why"


class TestValidationReport:
    def _result(self, directory: Path, rule: str) -> Result:
        found = {
            "ruleName": "AwsSolutions-S1",
            "description": "No logs.",
            "violatingConstructs": [{"constructPath": "Stack/Bucket/Resource"}],
        }
        silenced = {**found, "acknowledgedId": "AwsSolutions::AwsSolutions-S1"}
        silenced |= {"acknowledgedAt": "Stack/Bucket", "reason": "why"}
        warning = {**found, "ruleName": "E3530", "description": "Wrong."}
        plugins = [
            {
                "pluginName": "AwsSolutions",
                "conclusion": "success",
                "violations": [],
                "suppressedViolations": [silenced],
            },
            {
                "pluginName": "CloudFormation Validate",
                "conclusion": "failure",
                "violations": [warning],
            },
        ]
        metadata = [
            {"type": "aws:cdk:acknowledged-rules", "data": {rule: "why"}},
            {"type": "aws:cdk:acknowledged-rules", "data": {"Annotation::any:warning": "heard"}},
        ]
        artifact = {"metadata": {"/Stack/Bucket": metadata}}
        files = {
            "manifest.json": {"artifacts": {"Stack": artifact, "Tree": {}}},
            "validation-report.json": {"pluginReports": plugins},
        }
        for name, content in files.items():
            (directory / name).write_text(json.dumps(content))
        return cdk_nag_result(Assembly("one", directory))

    def test_plugins_of_others_are_heard_too(self, tmp_path: Path) -> None:
        result = self._result(tmp_path, "AwsSolutions::AwsSolutions-S1")
        assert [(found.linter, found.rule) for found in result.findings] == [
            ("CloudFormation Validate", "E3530")
        ]

    def test_acknowledgement_is_known_by_what_it_silenced(self, tmp_path: Path) -> None:
        result = self._result(tmp_path, "AwsSolutions::AwsSolutions-S1")
        [acknowledged] = result.acknowledged
        assert (acknowledged.linter, acknowledged.rule) == ("cdk-nag", "AwsSolutions-S1")
        assert [found.path for found in acknowledged.silenced] == ["Stack/Bucket/Resource"]
        assert result.stale() == []

    @pytest.mark.parametrize(
        ("reports", "said"),
        [
            ([], "examples/one: cdk-nag has not looked at it"),
            (
                [
                    {
                        "pluginName": "AwsSolutions",
                        "conclusion": "failure",
                        "metadata": {"error": "no tree"},
                    }
                ],
                "examples/one: the plugin AwsSolutions failed: .*no tree",
            ),
        ],
    )
    def test_plugin_that_did_not_judge_is_told(
        self, tmp_path: Path, reports: list[dict[str, Any]], said: str
    ) -> None:
        report = json.dumps({"pluginReports": reports})
        (tmp_path / "validation-report.json").write_text(report)
        with pytest.raises(LintError, match=said):
            cdk_nag_result(Assembly("one", tmp_path))

    def test_acknowledgement_by_the_cdk_itself_is_never_stale(self, tmp_path: Path) -> None:
        """Its constructs acknowledge, just in case, what its own rules might find."""
        result = self._result(tmp_path, "CloudFormation-Validate::W3010")
        assert result.acknowledged == []

    def test_acknowledgement_that_the_report_does_not_know_is_stale(self, tmp_path: Path) -> None:
        """cdk-nag takes an id without the plugin's name too, and says nothing of it."""
        result = self._result(tmp_path, "Annotation::AwsSolutions-S1")
        [sentence] = result.stale()
        assert "AwsSolutions-S1 is acknowledged at Stack/Bucket, and in no example" in sentence


class TestSynthesis:
    @pytest.mark.parametrize(
        ("program", "said"),
        [
            pytest.param(
                "raise SystemExit('no table')", "(?s)does not synthesize.*no table", id="fails"
            ),
            pytest.param("import aws_cdk", "made no assembly that cdk-nag has seen", id="forgets"),
            pytest.param(
                "import aws_cdk as cdk\n"
                "from aws_cdk import aws_ssm as ssm\n"
                "app = cdk.App()\n"
                "environment = cdk.Environment(account='111122223333', region='us-east-1')\n"
                "stack = cdk.Stack(app, 'Stack', env=environment)\n"
                "name = ssm.StringParameter.value_from_lookup(stack, 'name')\n"
                "cdk.CfnOutput(stack, 'Name', value=name)\n"
                "app.synth()\n",
                "wants to look up ssm:.*write the answers into its cdk.json",
                id="looks up",
            ),
        ],
    )
    def test_example_that_cannot_be_judged_is_told(
        self, tmp_path: Path, program: str, said: str
    ) -> None:
        example = _app(tmp_path / "example", program)
        with pytest.raises(LintError, match=said):
            synthesize(example, tmp_path / "assembly")


class TestPage:
    def test_list_is_written_between_the_marks(self) -> None:
        row = Row(
            linter="checkov",
            rule="CKV_AWS_18",
            asks="a | b",
            kinds=("", "AWS::S3::Bucket"),
            reason="It has\nreasons.",
            examples=("one", "two"),
        )
        page = page_with_table(
            page_with_table(_PAGE, "old\n"), table([row], ["one", "three", "two"])
        )
        assert page == (
            "# Lints\n\n<!-- acknowledged: begin -->\n\n"
            "| linter and rule | asks for | on | why it stays | in |\n|---|---|---|---|---|\n"
            "| checkov `CKV_AWS_18` | a \\| b | `AWS::S3::Bucket` | It has reasons. | "
            "`one`<br>`two` |\n"
            "\n<!-- acknowledged: end -->\n\nThe end.\n"
        )

    def test_what_every_example_needs_is_not_told_one_by_one(self) -> None:
        [row] = Result(acknowledged=[_acknowledged(silenced=(_finding(),))]).rows()
        assert table([row], ["one"]).endswith(" | why | every example |\n")
        assert table([row], ["one", "two"]).endswith(" | why | `one` |\n")

    @pytest.mark.parametrize("page", ["# Lints\n", _PAGE + _PAGE])
    def test_page_without_a_place_for_it_is_refused(self, page: str) -> None:
        with pytest.raises(LintError, match="the page on lints needs <!-- acknowledged: begin -->"):
            page_with_table(page, "list\n")

    def test_page_of_the_site_has_the_place(self, repository: Path) -> None:
        page = (repository / "docs" / "lints.md").read_text()
        assert page_with_table(page, "list\n") != page


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
        """The command in a repository with one example, whose result is given."""
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "lints.md").write_text(_PAGE)
        _app(tmp_path / "one", "")

        def run(result: Result, *arguments: str) -> int:
            monkeypatch.setattr(command, "_REPOSITORY", tmp_path)
            monkeypatch.setattr(command, "_PAGE", tmp_path / "docs" / "lints.md")
            monkeypatch.setattr(command, "EXAMPLES", tmp_path)
            monkeypatch.setattr(command, "lint", lambda *given, **named: result)
            return command.main(arguments)

        return run

    def test_finding_fails(
        self, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(Result(findings=[_finding()]), "one") == 1
        out, err = capsys.readouterr()
        assert err == f"{_finding().sentence()}\n"
        assert out.startswith("1 examples: 1 findings, 0 acknowledged with a reason (")

    def test_stale_acknowledgement_fails(
        self, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(Result(), "--write") == 0
        assert run(Result(acknowledged=[_acknowledged()])) == 1
        assert "and in no example is there such a finding" in capsys.readouterr().err

    def test_list_that_is_out_of_date_fails_until_it_is_written(
        self, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        result = Result(acknowledged=[_acknowledged(silenced=(_finding(),))])
        assert run(result) == 1
        assert capsys.readouterr().err == (
            "docs/lints.md: the list is not what was acknowledged; run: "
            "make lint-examples LINT_OPTIONS=--write\n"
        )
        assert run(result, "--write") == 0
        assert "| checkov `CKV_AWS_18` |" in (tmp_path / "docs" / "lints.md").read_text()
        assert run(result) == 0
        assert run(Result()) == 1

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["two"], "there is no example two; there are one"),
            (["one", "--write"], "--write lists what all examples need"),
        ],
    )
    def test_wrong_arguments_are_refused(
        self,
        run: Callable[..., int],
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
        said: str,
    ) -> None:
        with pytest.raises(SystemExit):
            run(Result(), *arguments)
        assert said in capsys.readouterr().err

    def test_example_that_cannot_be_judged_fails(
        self, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What is acknowledged for its sake alone is not called stale."""
        result = Result(acknowledged=[_acknowledged()], failures=["one does not synthesize"])
        assert run(result) == 1
        assert capsys.readouterr().err == "one does not synthesize\n"

    def test_linter_that_does_not_run_fails(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def lint(*given: object, **named: object) -> Result:
            raise LintError("checkov failed")

        monkeypatch.setattr(command, "lint", lint)
        assert command.main([]) == 1
        assert capsys.readouterr().err == "checkov failed\n"


def test_other_examples_are_judged_when_one_cannot_be(tmp_path: Path) -> None:
    broken = _app(tmp_path / "broken", "raise SystemExit('no table')")
    (tmp_path / "scratch").mkdir()
    result = command.lint([broken], tmp_path / "scratch", checkov=tmp_path / "none")
    [failure] = result.failures
    assert failure == "examples/broken does not synthesize:\nno table"


def test_each_example_is_linted(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []

    def lint(examples: list[Path], *given: object, **options: object) -> Result:
        named.extend(example.name for example in examples)
        raise LintError("enough")

    monkeypatch.setattr(command, "lint", lint)
    assert command.main([]) == 1
    apps = (repository / "examples").glob("*/app.py")
    assert named == sorted(app.parent.name for app in apps)
    assert "user_info" in named
