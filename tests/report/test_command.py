"""`secure-lambda report`, from templates to the page."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from secure_lambda_constructs.cli.main import main

from ..leaks.synthesis import EXAMPLE_PAYMENT_RELAY, shared_folder, synthesize
from .apps import shop
from .structure import Structure


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template with a function in a VPC without a DNS firewall."""
    path = tmp_path / "shop.template.json"
    path.write_text(json.dumps({**shop(), "Parameters": {"Stage": {"Type": "String"}}}))
    return path


def test_example_with_a_relay(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shared = shared_folder(tmp_path_factory.getbasetemp())
    assembly = synthesize(EXAMPLE_PAYMENT_RELAY, shared)
    page = tmp_path / "report.html"
    assert main(["report", str(assembly), "-o", str(page), "--title", "Payments"]) == 0
    assert capsys.readouterr().out == f"{page}: Closed: all 47 checks.\n"
    made = Structure(page.read_text(encoding="utf-8"))
    assert {f"path-{name}" for name in ("N01", "R05", "S02")} <= set(made.values("id"))
    links = [href for tag, name, href in made.attributes if (tag, name) == ("a", "href")]
    assert links.count("#signing") == 3  # the function, the relay and the section's
    for said in (
        "Payments: what can leave, and who can change that",
        "Payments/PaymentRelay/Function",
        "secretsmanager:GetSecretValue",
        "signed by Payments-Signing/Profile",
        "No finding is acknowledged.",
        "$15.00",
    ):
        assert said in made.text.replace("/ ", "/")


def test_a_second_run_writes_the_same_page(template: Path, tmp_path: Path) -> None:
    pages = [tmp_path / name for name in ("one.html", "two.html")]
    told = ["--date", "2026-11-28", "--parameter", "Stage=x"]
    for page in pages:
        assert main(["report", str(template), "-o", str(page), *told]) == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert b"on 2026-11-28" in pages[0].read_bytes()


def test_another_process_writes_the_same_page(template: Path, tmp_path: Path) -> None:
    """The order of sets of texts differs from one process to the next."""
    pages = [tmp_path / f"{seed}.html" for seed in ("1", "2")]
    for page in pages:
        subprocess.run(
            [sys.executable, "-m", "secure_lambda_constructs.cli", "report", template, "-o", page],
            env={**os.environ, "PYTHONHASHSEED": page.stem},
            check=True,
            capture_output=True,
        )
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_acknowledged_findings_have_their_reasons(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, said = tmp_path / "report.html", tmp_path / "acknowledged.json"
    assert main(["report", str(template), "-o", str(page)]) == 0
    assert "Open: " in (line := capsys.readouterr().out)
    assert "D01" in line
    reason = "The resolver is watched until the firewall is bought."
    said.write_text(json.dumps({"acknowledge": [{"id": "D01", "at": "/", "reason": reason}]}))
    assert main(["report", str(template), "-o", str(page), "--acknowledge", str(said)]) == 0
    assert "D01" not in capsys.readouterr().out
    assert reason in Structure(page.read_text(encoding="utf-8")).text


def test_findings_of_the_baseline_are_known(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `check` knows them: what it wrote is known, what is opened after that is new."""
    page, baseline = tmp_path / "report.html", tmp_path / "baseline.json"
    assert main(["check", str(template), "--write-baseline", str(baseline)]) == 0
    capsys.readouterr()
    told = ["report", str(template), "-o", str(page), "--baseline", str(baseline)]
    assert main(told) == 0
    assert f"{page}: Nothing new is open: " in capsys.readouterr().out
    made = Structure(page.read_text(encoding="utf-8"))
    assert "What the baseline names and is still open." in made.text
    states = [value for tag, name, value in made.attributes if (tag, name) == ("tr", "data-state")]
    assert "known" in states
    assert "open" not in states

    changed = json.loads(template.read_text())
    changed["Resources"]["WorkerUrl"] = {
        "Type": "AWS::Lambda::Url",
        "Properties": {
            "AuthType": "NONE",
            "TargetFunctionArn": {"Fn::GetAtt": ["Worker000Function", "Arn"]},
        },
    }
    template.write_text(json.dumps(changed))
    assert main(told) == 0
    line = capsys.readouterr().out
    assert "Open: " in line
    assert "O03" in line
    assert "more in the baseline" in line


def test_acknowledgements_that_do_nothing_are_on_the_page(template: Path, tmp_path: Path) -> None:
    page, said = tmp_path / "report.html", tmp_path / "acknowledged.json"
    entries = [
        {"id": "N08", "at": "/", "reason": "The peering is gone since SHOP-12."},
        {"id": "X99", "at": "/", "reason": "No such path."},
    ]
    said.write_text(json.dumps({"acknowledge": entries}))
    assert main(["report", str(template), "-o", str(page), "--acknowledge", str(said)]) == 0
    text = Structure(page.read_text(encoding="utf-8")).text
    assert "N08 the app The peering is gone since SHOP-12." in text
    assert "X99 at the app is acknowledged, but there is no such leak path" in text


def test_what_no_template_tells_is_on_the_page(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    content = json.loads(template.read_text())
    content["Resources"]["Part"] = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://example.com/part.json"},
    }
    template.write_text(json.dumps(content))
    assert main(["report", str(template), "-o", str(page)]) == 0
    assert "U01" in capsys.readouterr().out
    assert "path-U01" in Structure(page.read_text(encoding="utf-8")).values("id")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--date", "tomorrow"], "a day expected, such as 2026-11-28, got 'tomorrow'"),
        (["--account", "12"], "an account of 12 digits expected, got '12'"),
        (["--parameter", "x"], "NAME=VALUE expected, got 'x'"),
    ],
    ids=["date", "account", "parameter"],
)
def test_arguments_are_checked(
    arguments: list[str], sentence: str, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["report", str(template), *arguments])
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


def test_what_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.startswith("secure-lambda report: ")


def test_a_baseline_that_is_none_is_refused(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text("{}")
    assert main(["report", str(template), "--baseline", str(baseline)]) == 1
    assert f"{baseline} is no baseline of version 1" in capsys.readouterr().err


def test_page_that_cannot_be_written_is_refused(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "missing" / "report.html"
    assert main(["report", str(template), "-o", str(page)]) == 1
    assert f"{page} cannot be written" in capsys.readouterr().err
