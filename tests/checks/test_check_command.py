"""`secure-lambda check`: what it reads, prints, writes and ends with."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.cli.main import main

from ..leaks.synthesis import ARTICLE, BOUND, shared_folder, synthesize

# What is open in the article's stack: see `tests/leaks/test_article.py`.
_OPEN = ["D01", "I01", "I02", "I03", "I06", "N09", "N10", "P01"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command: the exit code, what is printed, and what is said of errors."""

    def check(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["check", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return check


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ARTICLE, shared_folder(tmp_path_factory.getbasetemp()))


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(BOUND, shared_folder(tmp_path_factory.getbasetemp()))


@pytest.fixture(scope="module")
def findings(article: Path) -> Any:
    """All that is said of the article's stack."""
    done = subprocess.run(
        [sys.executable, "-m", "secure_lambda_constructs.cli", "check", str(article), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    return json.loads(done.stdout)


def _of(content: Any, path_id: str) -> Any:
    (path,) = [each for each in content["paths"] if each["id"] == path_id]
    return path


class TestVerdict:
    def test_closed_app_ends_with_0(self, closed: Path, run: Run) -> None:
        code, out, err = run(closed)
        assert (code, err) == (0, "")
        assert out.startswith("CLOSED: 0 of ")
        assert out.count("\n") == 1

    def test_open_app_ends_with_1_and_names_each_open_path(self, article: Path, run: Run) -> None:
        code, out, err = run(article)
        assert (code, err) == (1, "")
        assert out.startswith("OPEN: ")
        for path_id in _OPEN:
            assert f"\n{path_id} " in out

    def test_open_path_says_what_opened_it(self, findings: Any) -> None:
        for path_id in _OPEN:
            path = _of(findings, path_id)
            assert path["state"] == "open"
            assert path["attack"].endswith(".")
            assert path["mend"].endswith(".")
            assert path["findings"]

    def test_finding_has_its_line(self, findings: Any) -> None:
        told = [f for path in findings["paths"] for f in path["findings"] if f["logicalId"]]
        assert told
        for finding in told:
            line = Path(finding["template"]).read_text().splitlines()[finding["line"] - 1]
            assert f'"{finding["logicalId"]}"' in line

    def test_sarif_has_a_result_for_each_finding(
        self, article: Path, findings: Any, run: Run
    ) -> None:
        code, out, _ = run(article, "--sarif")
        (sarif,) = json.loads(out)["runs"]
        assert code == 1
        assert len(sarif["results"]) == sum(len(path["findings"]) for path in findings["paths"])

    def test_assemblies_are_judged_together(self, article: Path, closed: Path, run: Run) -> None:
        code, out, _ = run(closed, article, "--json")
        assert code == 1
        assert json.loads(out)["inputs"] == [str(closed), str(article)]

    def test_neither_the_cdk_nor_boto3_is_loaded(self, closed: Path) -> None:
        program = (
            "import sys; from secure_lambda_constructs.cli.main import main; "
            f"code = main(['check', {str(closed)!r}]); "
            "print(code, sorted({'aws_cdk', 'boto3', 'jsii', 'yaml'} & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "0 []"


class TestOutput:
    def test_file_has_all_and_the_verdict_is_printed(
        self, article: Path, tmp_path: Path, run: Run
    ) -> None:
        code, out, _ = run(article, "--json", "-o", tmp_path / "out.json")
        assert code == 1
        assert out.startswith("OPEN: ")
        assert out.count("\n") == 1
        assert json.loads((tmp_path / "out.json").read_text())["closed"] is False

    def test_reader_may_leave(self, article: Path) -> None:
        command = f"{sys.executable} -m secure_lambda_constructs.cli check {article}"
        script = f"set -o pipefail; {command} | true; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["/bin/bash", "-c", script], capture_output=True, text=True, check=True
        )
        assert (done.stdout, done.stderr) == ("1\n", "")

    def test_two_runs_write_the_same(self, article: Path, run: Run) -> None:
        assert run(article, "--sarif") == run(article, "--sarif")


class TestBaseline:
    def test_app_that_fails_today_passes_until_something_opens(
        self, article: Path, tmp_path: Path, run: Run
    ) -> None:
        baseline = tmp_path / "baseline.json"
        code, _, err = run(article, "--write-baseline", baseline)
        assert code == 0
        assert "findings are in the baseline" in err
        code, out, _ = run(article, "--baseline", baseline)
        assert code == 0
        assert out.startswith("CLOSED: ")
        assert "In the baseline, still open:" in out

        content = json.loads(baseline.read_text())
        content["findings"].remove(next(f for f in content["findings"] if f["id"] == "D01"))
        content["findings"].append({"id": "N04", "construct": "Gone/Fn", "cause": "was open"})
        baseline.write_text(json.dumps(content))
        code, out, _ = run(article, "--baseline", baseline)
        assert code == 1
        assert "\nD01 " in out
        assert "N04 Gone/Fn: was open" in out


class TestAcknowledge:
    def test_file_with_reasons(
        self, article: Path, findings: Any, tmp_path: Path, run: Run
    ) -> None:
        ids = [path["id"] for path in findings["paths"] if path["state"] == "open"]
        entries = [{"id": path_id, "at": "/", "reason": f"SHOP-7 {path_id}"} for path_id in ids]
        entries.append({"id": "R05", "at": "Nowhere", "reason": "SHOP-8"})
        said = tmp_path / "acknowledged.json"
        said.write_text(json.dumps({"acknowledge": entries}))
        code, out, _ = run(article, "--acknowledge", said)
        assert code == 0
        for path_id in _OPEN:
            assert f"because: SHOP-7 {path_id}" in out
        assert "R05 at Nowhere: SHOP-8 (acknowledged.json)" in out

    def test_metadata_of_a_resource(self, tmp_path: Path, run: Run) -> None:
        template: dict[str, Any] = {"Resources": {"Fn": _function()}}
        path = tmp_path / "template.json"
        path.write_text(json.dumps(template))
        code, out, _ = run(path, "--json")
        assert code == 1
        ids = {
            each["id"]
            for each in json.loads(out)["paths"]
            if any(f["construct"] == "template/Fn" for f in each["findings"])
        }
        assert ids
        ours = {"acknowledge": [{"id": each, "reason": "SHOP-7"} for each in sorted(ids)]}
        template["Resources"]["Fn"]["Metadata"] = {"secure-lambda-constructs": ours}
        path.write_text(json.dumps(template))
        _, out, _ = run(path, "--json")
        for each in json.loads(out)["paths"]:
            for finding in each["findings"]:
                if finding["construct"] == "template/Fn":
                    assert finding["acknowledged"] == "SHOP-7"


def _function() -> dict[str, Any]:
    code = {"S3Bucket": "code", "S3Key": "code.zip"}
    role = "arn:aws:iam::111122223333:role/all"
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Code": code, "Role": role, "Handler": "a.b", "Runtime": "python3.13"},
    }


class TestTemplates:
    def test_yaml_is_read_with_its_lines(self, tmp_path: Path, run: Run) -> None:
        path = tmp_path / "template.yaml"
        path.write_text(
            "Resources:\n  Other:\n    Type: AWS::SNS::Topic\n  Fn:\n"
            "    Type: AWS::Lambda::Function\n    Properties:\n      Role: !Sub 'arn:aws:x'\n"
            "      Code: {ZipFile: 'x'}\n"
        )
        code, out, _ = run(path, "--json")
        assert code == 1
        lines = {
            finding["line"]
            for each in json.loads(out)["paths"]
            for finding in each["findings"]
            if finding["logicalId"] == "Fn"
        }
        assert lines == {4}

    def test_what_no_template_tells_is_open(self, tmp_path: Path, run: Run) -> None:
        path = tmp_path / "template.yaml"
        path.write_text("Transform: Macro\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n")
        code, out, _ = run(path)
        assert code == 1
        assert out.startswith("OPEN: 1 of ")
        assert "\nU01 resources that no template tells\n" in out
        assert "Macro" in out

    def test_parameter_decides(self, tmp_path: Path, run: Run) -> None:
        path = tmp_path / "template.json"
        template = {
            "Parameters": {"Stage": {"Type": "String"}},
            "Conditions": {"Live": {"Fn::Equals": [{"Ref": "Stage"}, "live"]}},
            "Resources": {
                "Topic": {"Type": "AWS::SNS::Topic"},
                "Fn": {**_function(), "Condition": "Live"},
            },
        }
        path.write_text(json.dumps(template))
        found = {
            value: "template/Fn" in run(path, "--parameter", f"Stage={value}")[1]
            for value in ("live", "test")
        }
        assert found == {"live": True, "test": False}


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["none"], "none does not exist: a cdk.out or a template expected"),
            (["empty.json"], "empty.json"),
            (["one.json", "--baseline", "none.json"], "none.json cannot be read: No such file"),
            (["one.json", "--acknowledge", "empty.json"], 'empty.json has no list "acknowledge"'),
            (["one.json", "-o", "folder"], "folder cannot be written: "),
            (["one.json", "--write-baseline", "folder"], "folder cannot be written: "),
            (["one.json", "--parameter", "A=b"], "no template has the parameter A"),
        ],
        ids=["path", "template", "baseline", "acknowledge", "output", "write", "parameter"],
    )
    def test_what_cannot_be_judged_ends_with_2_and_a_sentence(
        self,
        arguments: list[str],
        sentence: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        run: Run,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "empty.json").write_text("{}")
        (tmp_path / "folder").mkdir()
        topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
        (tmp_path / "one.json").write_text(json.dumps({"Resources": topic}))
        code, _, err = run(*arguments)
        assert code == 2
        assert err.startswith("secure-lambda check: ")
        assert err.count("\n") == 1
        assert sentence in err

    @pytest.mark.parametrize(
        "arguments",
        [[], ["x", "--json", "--sarif"], ["x", "--parameter", "A"], ["x", "--account", "1"]],
        ids=["no_path", "two_layouts", "parameter", "account"],
    )
    def test_wrong_arguments_end_with_2(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["check", *arguments])
        assert ended.value.code == 2
        assert capsys.readouterr().err.startswith("secure-lambda check: ")

    def test_debug_shows_the_traceback(self, run: Run) -> None:
        _, _, err = run(f"{os.sep}none", "--debug")
        assert err.startswith("Traceback")
