"""The frame of the command line, and how far a run has come."""

import io
from typing import Any

import pytest

from secure_lambda_constructs.cli import sign
from secure_lambda_constructs.cli.main import main
from secure_lambda_constructs.cli.progress import Progress
from secure_lambda_constructs.signing.command.interrupts import Interrupted


@pytest.mark.parametrize("arguments", [[], ["fly"]])
def test_a_command_is_needed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "sign" in shown
    assert "revoke" in shown


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (KeyError("x"), "unexpected KeyError ('x'): repeat the command with SECURE_LAMBDA_DEBUG=1"),
        (
            Interrupted("SIGTERM"),
            "stopped by SIGTERM: repeat the command, which finds what is done",
        ),
        (KeyboardInterrupt(), "stopped by SIGINT: repeat the command, which finds what is done"),
    ],
)
def test_each_end_is_one_sentence(
    raised: BaseException,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(options: Any) -> int:
        raise raised

    monkeypatch.setattr(sign, "run", fail)
    assert main(["sign"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"secure-lambda sign: {sentence}")


def test_debug_shows_the_traceback_before_the_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sign, "run", lambda options: 1 // 0)
    assert main(["sign", "--debug"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert "ZeroDivisionError" in lines[-1]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_beside_the_bar() -> None:
    terminal = Terminal()
    with Progress(terminal) as progress:
        progress.begin(2)
        progress.say("another program is at work")
        progress.step("First", "signed")
    assert "another program is at work\n" in terminal.getvalue()


def test_nothing_is_shown_when_there_is_nothing_to_sign() -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.begin(0)
    assert stream.getvalue() == ""
