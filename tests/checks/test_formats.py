"""How the outcome of a check is shown: text, JSON, SARIF."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from secure_lambda_constructs.checks.acknowledged import (
    Acknowledgement,
    Acknowledgements,
    acknowledge,
)
from secure_lambda_constructs.checks.baseline import Baseline, identity_of
from secure_lambda_constructs.checks.formats.as_json import SCHEMA_VERSION, as_json
from secure_lambda_constructs.checks.formats.files import resource_lines, write_atomically
from secure_lambda_constructs.checks.formats.sarif import as_sarif
from secure_lambda_constructs.checks.formats.text import as_text, headline
from secure_lambda_constructs.checks.judgement import Finding, PathVerdict, Verdict
from secure_lambda_constructs.checks.outcome import Outcome
from secure_lambda_constructs.errors import InvalidInputError

_REPOSITORY = Path(__file__).resolve().parents[2]
# The official schema of SARIF 2.1.0, in a package of matchers for tests.
_SCHEMA = _REPOSITORY / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"


def _finding(path_id: str, construct: str, reason: str = "is a way out") -> Finding:
    stack, _, name = construct.partition("/")
    return Finding(
        path_id=path_id,
        stack=stack,
        logical_id=f"{name}1A2B" if name else "",
        construct_path=construct,
        reason=reason,
        cause=reason,
    )


def _path(path_id: str, *findings: Finding, present: bool = True) -> PathVerdict:
    return PathVerdict(
        id=path_id,
        title=f"The way {path_id}",
        attack=f"Somebody leaves by {path_id}.",
        mend=f"Close {path_id}.",
        present=present,
        findings=findings,
    )


_VERDICT = Verdict(
    paths=(
        _path("D01", _finding("D01", "Shop/Vpc")),
        _path("I01"),
        _path("N01", present=False),
        _path("N04", _finding("N04", "Shop/Fn"), _finding("N04", "Shop/Other")),
        _path("O05", _finding("O05", "Shop/Old"), _finding("O05", "")),
    ),
    broken={"reads its table": ("the endpoint denies it",)},
)
_SAID = [
    Acknowledgement(rule="N04", at="Shop", reason="SHOP-7", source="Shop.metadata.json"),
    Acknowledgement(rule="I01", at="Shop/Fn", reason="SHOP-8", source="Shop.metadata.json"),
    Acknowledgement(rule="D01", at="Shop", reason=" ", source="Shop.metadata.json"),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("templates") / "Shop.template.json"
    resources = {"Vpc1A2B": {"Type": "T", "Vpc1A2B": [{"Resources": {}}]}, "Fn1A2B": {}}
    content = {"Mappings": {"Vpc1A2B": {}}, "Resources": resources}
    path.write_text(json.dumps(content, indent=1))
    return path


@pytest.fixture(scope="module")
def outcome(template: Path) -> Outcome:
    verdict, became = acknowledge(_VERDICT, _SAID)
    baseline = Baseline.of(
        Verdict(
            paths=(_path("O05", *_VERDICT.paths[4].findings, _finding("O05", "Gone/Fn")),),
            broken={},
        )
    )
    return Outcome(
        inputs=("cdk.out",),
        verdict=verdict,
        acknowledgements=became,
        comparison=baseline.compare(verdict),
        templates={"Shop": template},
    )


def _closed() -> Outcome:
    return Outcome(
        inputs=("cdk.out",),
        verdict=Verdict(paths=(_path("D01"), _path("N01", present=False)), broken={}),
        acknowledgements=Acknowledgements(),
        comparison=None,
        templates={},
    )


class TestText:
    def test_verdict_is_in_the_first_line(self, outcome: Outcome) -> None:
        said = "OPEN: 1 of 5 checks (1 in the baseline, 1 acknowledged, 1 closed, 1 not there)"
        assert as_text(outcome).splitlines()[0] == headline(outcome) == f"{said}: cdk.out"

    def test_closed_is_said_in_the_line(self) -> None:
        said = "CLOSED: 0 of 2 checks are open (1 closed, 1 not there): cdk.out"
        assert as_text(_closed()) == said

    def test_open_path_has_attack_place_and_mend(self, outcome: Outcome, template: Path) -> None:
        text = as_text(outcome)
        block = text[text.index("D01 The way D01") : text.index("Acknowledged:")]
        assert "attack: Somebody leaves by D01." in block
        assert f"- Shop/Vpc (Vpc1A2B, {template}:6)" in block
        assert "mend: Close D01." in block
        assert "N04" not in block

    def test_acknowledged_are_listed_with_their_reasons(self, outcome: Outcome) -> None:
        assert "N04 Shop/Fn: is a way out\n      because: SHOP-7" in as_text(outcome)

    def test_acknowledgements_that_do_not_count_or_are_stale_are_told(
        self, outcome: Outcome
    ) -> None:
        text = as_text(outcome)
        assert "D01 at Shop is acknowledged without a reason, so that does not count" in text
        assert "I01 at Shop/Fn: SHOP-8 (Shop.metadata.json)" in text

    def test_baseline_is_told(self, outcome: Outcome) -> None:
        text = as_text(outcome)
        assert "In the baseline, still open:\n  O05 The way O05\n  - Shop/Old" in text
        assert "O05 Gone/Fn: is a way out" in text[text.index("In the baseline, gone") :]

    def test_broken_requests_are_told(self, outcome: Outcome) -> None:
        assert "reads its table: the endpoint denies it" in as_text(outcome)

    def test_many_findings_are_cut(self) -> None:
        findings = [_finding("D01", f"Shop/Fn{number}") for number in range(500)]
        many = replace(_closed(), verdict=Verdict(paths=(_path("D01", *findings),), broken={}))
        text = as_text(many)
        assert "and 490 more, which --json lists" in text
        assert len(text.splitlines()) < 40

    def test_many_acknowledged_and_broken_are_cut(self) -> None:
        findings = [
            replace(_finding("D01", f"Shop/Fn{number}"), acknowledged="SHOP-7")
            for number in range(500)
        ]
        broken = {"reads its table": tuple(f"of {number}" for number in range(500))}
        verdict = Verdict(paths=(_path("D01", *findings),), broken=broken)
        text = as_text(replace(_closed(), verdict=verdict))
        assert "D01 and 490 more, which --json lists" in text
        assert "reads its table: and 490 more, which --json lists" in text

    def test_finding_of_no_file_has_its_logical_id(self) -> None:
        verdict = Verdict(paths=(_path("D01", _finding("D01", "Shop/Fn")),), broken={})
        assert "- Shop/Fn (Fn1A2B)" in as_text(replace(_closed(), verdict=verdict))

    def test_nothing_steers_the_terminal(self) -> None:
        finding = _finding("D01", "Shop/Fn", "is \x1b[2J\r\u202egone")
        hostile = replace(_closed(), verdict=Verdict(paths=(_path("D01", finding),), broken={}))
        assert not any((ord(c) < 32 and c != "\n") or c == "\u202e" for c in as_text(hostile))


class TestJson:
    def test_layout(self, outcome: Outcome, template: Path) -> None:
        content = json.loads(as_json(outcome))
        assert content["version"] == SCHEMA_VERSION == 1
        assert content["closed"] is False
        assert content["counts"] == {
            "open": 1,
            "known": 1,
            "acknowledged": 1,
            "closed": 1,
            "absent": 1,
        }
        assert [path["state"] for path in content["paths"]] == [
            "open",
            "closed",
            "absent",
            "acknowledged",
            "known",
        ]
        assert content["paths"][0]["findings"] == [
            {
                "identity": identity_of(_VERDICT.paths[0].findings[0]),
                "standing": "new",
                "construct": "Shop/Vpc",
                "stack": "Shop",
                "logicalId": "Vpc1A2B",
                "template": template.as_posix(),
                "line": 6,
                "reason": "is a way out",
                "acknowledged": None,
            }
        ]
        assert content["acknowledgements"]["met"] == [
            {
                "id": "N04",
                "at": "Shop",
                "reason": "SHOP-7",
                "source": "Shop.metadata.json",
                "findings": 2,
            }
        ]
        assert [each["id"] for each in content["acknowledgements"]["stale"]] == ["I01"]
        assert [each["id"] for each in content["acknowledgements"]["refused"]] == ["D01"]
        assert content["baseline"]["known"] == 2
        assert [gone["construct"] for gone in content["baseline"]["gone"]] == ["Gone/Fn"]
        assert content["broken"] == [
            {"flow": "reads its table", "reasons": ["the endpoint denies it"]}
        ]

    def test_page_describes_the_keys(self, outcome: Outcome) -> None:
        page = (_REPOSITORY / "docs" / "checks.md").read_text()
        rows = dict(
            re.findall(r"^\| `([a-zA-Z]+(?:\[\]\.findings)?)` \| (.+) \|$", page, re.MULTILINE)
        )
        content = json.loads(as_json(outcome))
        first = content["paths"][0]
        told = {
            "counts": content["counts"],
            "paths": first,
            "paths[].findings": first["findings"][0],
            "broken": content["broken"][0],
            "acknowledgements": content["acknowledgements"],
            "baseline": content["baseline"],
        }
        assert set(content) <= set(rows)
        for key, inner in told.items():
            assert [name for name in inner if f"`{name}`" not in rows[key]] == []

    def test_without_a_baseline_there_is_none(self) -> None:
        content = json.loads(as_json(_closed()))
        assert content["closed"] is True
        assert content["baseline"] is None


class TestSarif:
    @pytest.mark.parametrize("which", ["open", "closed"])
    def test_it_is_valid(self, which: str, outcome: Outcome) -> None:
        schema: Any = json.loads(_SCHEMA.read_text())
        content = json.loads(as_sarif(outcome if which == "open" else _closed()))
        validator = jsonschema.validators.validator_for(schema)(schema)
        assert [error.message for error in validator.iter_errors(content)] == []

    def test_each_path_is_a_rule_with_help(self, outcome: Outcome) -> None:
        (run,) = json.loads(as_sarif(outcome))["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == ["D01", "I01", "N01", "N04", "O05"]
        assert rules[0]["help"]["text"] == "Somebody leaves by D01.\n\nMend: Close D01."
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]

    def test_result_has_its_construct_and_its_line(self, outcome: Outcome, template: Path) -> None:
        (run,) = json.loads(as_sarif(outcome))["runs"]
        first = run["results"][0]
        (location,) = first["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == template.as_uri()
        assert location["physicalLocation"]["region"] == {"startLine": 6}
        assert location["logicalLocations"][0]["fullyQualifiedName"] == "Shop/Vpc"
        assert first["partialFingerprints"]["leakFinding/v1"] == identity_of(
            _VERDICT.paths[0].findings[0]
        )
        assert first["level"] == "error"

    def test_template_below_the_working_directory_is_named_relative_to_it(
        self, outcome: Outcome, template: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(template.parent.parent)
        (run,) = json.loads(as_sarif(outcome))["runs"]
        artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact == {
            "uri": f"{template.parent.name}/{template.name}",
            "uriBaseId": "%SRCROOT%",
        }

    def test_finding_of_no_resource_is_shown_at_a_file(self, outcome: Outcome) -> None:
        (run,) = json.loads(as_sarif(outcome))["runs"]
        (result,) = [r for r in run["results"] if r["message"]["text"].startswith("The app")]
        assert "physicalLocation" in result["locations"][0]

    def test_what_does_not_fail_is_suppressed(self, outcome: Outcome) -> None:
        (run,) = json.loads(as_sarif(outcome))["runs"]
        kinds = {
            result["ruleId"]: [each["kind"] for each in result.get("suppressions", [])]
            for result in run["results"]
        }
        assert kinds == {"D01": [], "N04": ["inSource"], "O05": ["external"]}
        states = {result["ruleId"]: result.get("baselineState") for result in run["results"]}
        assert states == {"D01": "new", "N04": None, "O05": "unchanged"}

    def test_what_is_no_result_is_a_notification(self, outcome: Outcome) -> None:
        (run,) = json.loads(as_sarif(outcome))["runs"]
        told = run["invocations"][0]["toolExecutionNotifications"]
        texts = [each["message"]["text"] for each in told]
        assert len(texts) == 3
        assert "I01 at Shop/Fn is acknowledged, but nothing opens it" in texts


class TestFiles:
    def test_file_is_replaced_as_a_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "out.json"
        path.write_text("old")
        write_atomically(path, "new")
        assert path.read_text() == "new"
        assert list(tmp_path.iterdir()) == [path]

    def test_file_that_cannot_be_written_is_refused(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        with pytest.raises(InvalidInputError, match="folder cannot be written: "):
            write_atomically(folder, "new")
        assert list(tmp_path.iterdir()) == [folder]

    @pytest.mark.parametrize(
        "write",
        [
            pytest.param(lambda content: json.dumps(content), id="one_line"),
            pytest.param(lambda content: json.dumps(content, indent=1), id="cdk"),
        ],
    )
    def test_lines_of_json(self, tmp_path: Path, write: Callable[[Any], str]) -> None:
        path = tmp_path / "a.json"
        inner = {"A": {"Type": 'a "quoted" {one}', "Resources": {"C": 1}}, "B": {"Ref": "A"}}
        path.write_text(write({"Outputs": {"A": 1}, "Resources": inner, "Rules": {"D": 1}}))
        lines = resource_lines(path)
        assert list(lines) == ["A", "B"]
        text = path.read_text().splitlines()
        assert all(f'"{name}"' in text[line - 1] for name, line in lines.items())

    def test_lines_of_yaml(self, tmp_path: Path) -> None:
        path = tmp_path / "a.yaml"
        path.write_text(
            "Parameters:\n  P: {}\n# one\nResources:\n\n  A:\n    Type: T\n  # no\n  'B': !Ref A\n"
            "Outputs:\n  A: 1\n"
        )
        assert resource_lines(path) == {"A": 6, "B": 9}

    def test_file_that_is_not_there_has_no_lines(self, tmp_path: Path) -> None:
        assert resource_lines(tmp_path / "none.json") == {}
