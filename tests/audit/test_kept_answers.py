"""The file of `--resume`: what it keeps, for whom and for how long."""

import json
from pathlib import Path

import pytest

from secure_lambda_constructs.checks.audit.findings import AuditError
from secure_lambda_constructs.checks.audit.kept_answers import KeptAnswers

ACCOUNT = "111122223333"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "audit.resume"
    with KeptAnswers(file, ACCOUNT) as kept:
        kept.put("one", {"a": 1})
        kept.put("two", {"b": "hunter2"}, secret=True)
    return file


def test_secrets_are_kept_in_memory_alone(path: Path) -> None:
    assert "hunter2" not in path.read_text()
    with KeptAnswers(path, ACCOUNT) as kept:
        assert kept.get("one") == {"a": 1}
        assert kept.get("two") is None
        kept.put("three", {})
    with KeptAnswers(path, ACCOUNT) as kept:
        assert (kept.get("one"), kept.get("three")) == ({"a": 1}, {})


def test_an_answer_that_was_cut_off_is_asked_for_again(path: Path) -> None:
    with path.open("a") as file:
        file.write('{"key": "four", "answer": {"c"')
    with KeptAnswers(path, ACCOUNT) as kept:
        assert kept.get("one") == {"a": 1}
        assert kept.get("four") is None


@pytest.mark.parametrize("hours", [-13, 1])
def test_what_is_old_or_of_the_future_is_begun_anew(path: Path, hours: int) -> None:
    header, *rest = path.read_text().splitlines()
    changed = json.loads(header)
    changed["began"] += hours * 3600
    path.write_text("\n".join([json.dumps(changed), *rest]))
    with KeptAnswers(path, ACCOUNT) as kept:
        assert kept.get("one") is None
    began = json.loads(path.read_text().splitlines()[0])["began"]
    assert began != changed["began"]


def test_a_file_of_another_account_is_refused(path: Path) -> None:
    with pytest.raises(AuditError, match="is of account 111122223333, but the credentials are of"):
        KeptAnswers(path, "999900001111")


@pytest.mark.parametrize("text", ["odd", "{}", "[1]"])
def test_another_file_is_not_written_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes"
    path.write_text(text)
    with pytest.raises(AuditError, match="is no file of --resume: name another one, or remove it"):
        KeptAnswers(path, ACCOUNT)
    assert path.read_text() == text


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="cannot be used for --resume: No such file or directory"):
        KeptAnswers(tmp_path / "missing" / "file", ACCOUNT)


def test_without_a_file_all_is_kept_in_memory() -> None:
    with KeptAnswers(None, ACCOUNT) as kept:
        kept.put("one", {"a": 1})
        assert kept.get("one") == {"a": 1}
        kept.remove()
