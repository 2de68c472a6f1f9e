"""What is known of an app is told from what is new in it; and what an app acknowledges."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.checks.acknowledged import Acknowledgement, acknowledge
from secure_lambda_constructs.checks.acknowledgement_sources import (
    acknowledged_in_assembly,
    acknowledged_in_file,
    acknowledged_in_metadata,
)
from secure_lambda_constructs.checks.baseline import Baseline, identity_of
from secure_lambda_constructs.checks.judgement import Finding, PathVerdict, Verdict
from secure_lambda_constructs.checks.model.sources import StackTemplate
from secure_lambda_constructs.checks.model.world import World
from secure_lambda_constructs.errors import InvalidInputError


def _finding(path_id: str = "N04", construct: str = "Shop/Fn", reason: str = "is open") -> Finding:
    return Finding(
        path_id=path_id,
        stack="Shop",
        logical_id="Fn1",
        construct_path=construct,
        reason=f"{reason}: to somebody",
        cause=reason,
    )


def _verdict(*findings: Finding) -> Verdict:
    ids = sorted({finding.path_id for finding in findings} | {"N04", "D01"})
    return Verdict(
        paths=tuple(
            PathVerdict(
                id=path_id,
                title="t",
                attack="a",
                mend="m",
                present=True,
                findings=tuple(f for f in findings if f.path_id == path_id),
            )
            for path_id in ids
        ),
        broken={},
    )


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
_FINDINGS = st.lists(
    st.builds(_finding, st.sampled_from(["D01", "N04", "O05"]), _TEXT, _TEXT), max_size=8
)


class TestBaseline:
    @given(_FINDINGS)
    def test_all_that_was_open_is_known(self, findings: list[Finding]) -> None:
        verdict = _verdict(*findings)
        comparison = Baseline.of(verdict).compare(verdict)
        assert comparison.new == ()
        assert comparison.gone == ()
        assert comparison.known == {identity_of(finding) for finding in findings}

    @given(_FINDINGS, _FINDINGS)
    def test_each_finding_is_new_or_known_and_each_known_is_there_or_gone(
        self, before: list[Finding], after: list[Finding]
    ) -> None:
        comparison = Baseline.of(_verdict(*before)).compare(_verdict(*after))
        new = {identity_of(finding) for finding in comparison.new}
        gone = {known.identity for known in comparison.gone}
        was, now = ({identity_of(f) for f in findings} for findings in (before, after))
        assert (new, set(comparison.known), gone) == (now - was, now & was, was - now)

    def test_it_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        baseline = Baseline.of(_verdict(_finding(), _finding("D01", "", "is ünknown")))
        baseline.write(tmp_path / "baseline.json")
        assert Baseline.read(tmp_path / "baseline.json") == baseline

    def test_order_of_the_findings_does_not_matter(self) -> None:
        one, two = _finding(construct="Shop/A"), _finding(construct="Shop/B")
        assert Baseline.of(_verdict(one, two)) == Baseline.of(_verdict(two, one))

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            pytest.param(f"asset {'a' * 64}.zip", f"asset {'b' * 64}.zip", id="hash"),
            pytest.param(
                "arn:aws:iam::111122223333:x", "arn:aws:iam::444455556666:x", id="account"
            ),
        ],
    )
    def test_finding_is_known_again(self, before: str, after: str) -> None:
        assert identity_of(_finding(reason=before)) == identity_of(_finding(reason=after))

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(_finding("D01"), id="path"),
            pytest.param(_finding(construct="Shop/Other"), id="construct"),
            pytest.param(_finding(reason="is open to all"), id="cause"),
        ],
    )
    def test_other_finding_is_another(self, other: Finding) -> None:
        assert identity_of(_finding()) != identity_of(other)

    def test_logical_id_and_example_do_not_matter(self) -> None:
        moved = replace(_finding(), logical_id="Fn2", stack="Shop2", reason="is open: to two")
        assert identity_of(moved) == identity_of(_finding())

    def test_acknowledged_finding_is_neither_new_nor_gone(self) -> None:
        before = _verdict(_finding())
        after = _verdict(replace(_finding(), acknowledged="SHOP-7"))
        comparison = Baseline.of(before).compare(after)
        assert (comparison.new, comparison.gone, comparison.known) == ((), (), frozenset())
        assert Baseline.of(after).findings == ()

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("{", "is not JSON: write it anew"),
            ("[]", "holds no object in JSON"),
            ("{}", "is no baseline of version 1: write one with --write-baseline"),
            ('{"version": 2, "findings": []}', "is no baseline of version 1"),
            ('{"version": 1, "findings": [{"id": "N04"}]}', "names a finding as .*N04"),
            ('{"version": 1, "findings": [7]}', "names a finding as 7"),
        ],
    )
    def test_what_is_no_baseline_is_refused(self, text: str, sentence: str, tmp_path: Path) -> None:
        (tmp_path / "baseline.json").write_text(text)
        with pytest.raises(InvalidInputError, match=sentence):
            Baseline.read(tmp_path / "baseline.json")

    def test_baseline_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInputError, match=r"none\.json cannot be read: No such file"):
            Baseline.read(tmp_path / "none.json")


def _said(rule: str, at: str, reason: str = "SHOP-7", *, qualified: bool = True) -> Acknowledgement:
    return Acknowledgement(rule=rule, at=at, reason=reason, source="a file", qualified=qualified)


class TestAcknowledge:
    @pytest.mark.parametrize(
        ("at", "covers"),
        [
            ("", True),
            ("Shop", True),
            ("Shop/Fn", True),
            ("Shop/Fn/Resource", True),
            ("Shop/F", False),
            ("Shop/Fn/Role", False),
            ("Other", False),
        ],
    )
    def test_it_holds_for_the_construct_and_all_below(self, at: str, covers: bool) -> None:
        assert _said("N04", at).covers(_finding()) is covers

    def test_l1_does_not_speak_for_what_is_beside_it(self) -> None:
        assert not _said("N04", "Shop/Fn/Resource").covers(_finding(construct="Shop/Fn/Role"))

    def test_other_path_is_not_covered(self) -> None:
        assert not _said("D01", "Shop").covers(_finding())

    def test_nearest_gives_the_reason(self) -> None:
        near, far = _said("N04", "Shop/Fn", "near"), _said("N04", "", "far")
        verdict, became = acknowledge(_verdict(_finding()), [far, near])
        assert [f.acknowledged for path in verdict.paths for f in path.findings] == ["near"]
        assert became.met == ((far, 1), (near, 1))

    def test_one_that_meets_nothing_is_stale(self) -> None:
        said = _said("N04", "Shop/Other")
        verdict, became = acknowledge(_verdict(_finding()), [said])
        assert verdict == _verdict(_finding())
        assert became.stale == (said,)

    @pytest.mark.parametrize(
        ("said", "sentence"),
        [
            (_said("N04", "Shop", ""), "N04 at Shop is acknowledged without a reason"),
            (_said("N04", "", " \n"), "N04 at the app is acknowledged without a reason"),
            (_said("X99", "Shop"), "there is no such leak path"),
            (_said("N04", "Shop", qualified=False), "write the id LeakChecks::N04"),
        ],
        ids=["no_reason", "blank_reason", "no_path", "no_plugin"],
    )
    def test_one_that_does_not_count_is_told(self, said: Acknowledgement, sentence: str) -> None:
        verdict, became = acknowledge(_verdict(_finding()), [said])
        assert verdict == _verdict(_finding())
        assert became.stale == ()
        [(refused, why)] = became.refused
        assert refused == said
        assert sentence in why

    def test_warning_of_somebody_else_is_left_alone(self) -> None:
        _, became = acknowledge(_verdict(), [_said("X99", "Shop", qualified=False)])
        assert (became.met, became.stale, became.refused) == ((), (), ())

    def test_note_of_the_plugin_is_left_to_the_cdk(self) -> None:
        _, became = acknowledge(_verdict(), [_said("broken-request", "Shop")])
        assert (became.met, became.stale, became.refused) == ((), (), ())


class TestSources:
    def test_metadata_of_a_resource(self) -> None:
        ours = {"acknowledge": [{"id": "N04", "reason": "SHOP-7"}]}
        resource = {"Type": "AWS::S3::Bucket", "Metadata": {"secure-lambda-constructs": ours}}
        [said] = acknowledged_in_metadata(_world({"Bucket": resource}))
        assert (said.rule, said.at, said.reason) == ("N04", "Shop/Bucket", "SHOP-7")

    @pytest.mark.parametrize(
        ("ours", "sentence"),
        [
            ([], 'the metadata of Bucket in Shop has no list "acknowledge"'),
            ({"acknowledge": []}, 'no list "acknowledge", or an empty one'),
            ({"acknowledge": ["N04"]}, 'acknowledges with "N04": write an object of id, reason'),
            ({"acknowledge": [{"id": "N04"}]}, "write an object of id, reason, each a text"),
            ({"acknowledge": [{"id": "N04", "reason": ""}]}, "write an object of id, reason"),
            ({"acknowledge": [{"id": "N04", "reason": "a", "x": 1}]}, "write an object of id"),
        ],
        ids=["list", "empty", "text", "no_reason", "empty_reason", "more"],
    )
    def test_metadata_that_is_written_otherwise_is_refused(self, ours: Any, sentence: str) -> None:
        resource = {"Type": "AWS::S3::Bucket", "Metadata": {"secure-lambda-constructs": ours}}
        with pytest.raises(InvalidInputError, match=sentence):
            acknowledged_in_metadata(_world({"Bucket": resource}))

    def test_file(self, tmp_path: Path) -> None:
        entries = [
            {"id": "LeakChecks::N04", "at": "Shop/Fn", "reason": "SHOP-7"},
            {"id": "D01", "at": "/", "reason": "SHOP-8"},
        ]
        path = tmp_path / "acknowledged.json"
        path.write_text(json.dumps({"acknowledge": entries}))
        said = acknowledged_in_file(path)
        assert [(each.rule, each.at) for each in said] == [("N04", "Shop/Fn"), ("D01", "")]

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("no", "is not JSON"),
            ("{}", 'has no list "acknowledge"'),
            ('{"acknowledge": [{"id": "N04", "reason": "a"}]}', "an object of id, at, reason"),
        ],
    )
    def test_file_that_is_written_otherwise_is_refused(
        self, text: str, sentence: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "acknowledged.json"
        path.write_text(text)
        with pytest.raises(InvalidInputError, match=sentence):
            acknowledged_in_file(path)

    def test_metadata_in_the_manifest_itself(self, tmp_path: Path) -> None:
        rules = {"LeakChecks::N04": "SHOP-7", "AwsSolutions::AwsSolutions-S1": "no", "D01": "no"}
        entries = [
            {"type": "aws:cdk:acknowledged-rules", "data": rules},
            {"type": "aws:cdk:logicalId", "data": "Fn1"},
        ]
        stack = {"type": "aws:cloudformation:stack", "metadata": {"/Shop/Fn/Resource": entries}}
        (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"Shop": stack}}))
        said = acknowledged_in_assembly(tmp_path)
        assert [(each.rule, each.at, each.qualified) for each in said] == [
            ("N04", "Shop/Fn/Resource", True),
            ("D01", "Shop/Fn/Resource", False),
        ]

    @pytest.mark.parametrize("is_older", [False, True])
    def test_report_of_an_earlier_synthesis_is_not_read(
        self, is_older: bool, tmp_path: Path
    ) -> None:
        suppressed = {"acknowledgedId": "LeakChecks::N04", "reason": "SHOP-7"}
        plugin = {"pluginName": "LeakChecks", "suppressedViolations": [suppressed]}
        report, manifest = tmp_path / "validation-report.json", tmp_path / "manifest.json"
        report.write_text(json.dumps({"pluginReports": [plugin]}))
        manifest.write_text("{}")
        os.utime(manifest, (10, 10))
        os.utime(report, (9, 9) if is_older else (10, 10))
        said = [(each.rule, each.at) for each in acknowledged_in_assembly(tmp_path)]
        assert said == ([] if is_older else [("N04", "")])


def _world(resources: dict[str, Any]) -> World:
    return World(
        [
            StackTemplate(
                name="Shop",
                account="111122223333",
                region="us-east-1",
                template={"Resources": resources},
            )
        ]
    )
