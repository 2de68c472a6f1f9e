"""`secure-lambda report`, from templates to the page."""

import json
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
    assert capsys.readouterr().out == f"{page}: Closed: all 46 checks.\n"
    made = Structure(page.read_text(encoding="utf-8"))
    assert {f"path-{name}" for name in ("N01", "R05", "S02")} <= set(made.values("id"))
    links = [href for tag, name, href in made.attributes if (tag, name) == ("a", "href")]
    assert links.count("#signing") == 3  # the function, the relay and the section's
    for said in (
        "Payments: what can leave, and who can change that",
        "Payments/PaymentRelay/Function",
        "secretsmanager:GetSecretValue",
        "signed by Payments-Signing/Profile",
        "None is acknowledged.",
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


def test_page_that_cannot_be_written_is_refused(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "missing" / "report.html"
    assert main(["report", str(template), "-o", str(page)]) == 1
    assert f"{page} cannot be written" in capsys.readouterr().err
