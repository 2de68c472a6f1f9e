"""What AWS has answered, kept in a file, so that a run that stopped goes on where it was."""

import json
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from .findings import AuditError

__all__ = ["KeptAnswers"]

_FORMAT = "secure-lambda-audit-1"
_LONGEST_AGE = 12 * 60 * 60


class KeptAnswers:
    """The answers of one run, by call.

    In memory alone, or also in a file that only its owner can read, one line an answer. Answers
    that may hold secrets are never written. A file that is older than twelve hours is begun anew:
    what it says may no longer be so.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs.checks.audit.kept_answers import KeptAnswers

        with KeptAnswers(Path("audit.resume"), "111122223333") as kept:
            kept.put("us-east-1 lambda GetPolicy {}", {"Policy": "{}"})
        with KeptAnswers(Path("audit.resume"), "111122223333") as kept:
            assert kept.get("us-east-1 lambda GetPolicy {}") == {"Policy": "{}"}
            kept.remove()
        ```
    """

    def __init__(self, path: Path | None, account: str) -> None:
        """Read what an earlier run has kept.

        Args:
            path: The file; `None` keeps the answers in memory alone.
            account: The account that is audited.

        Raises:
            AuditError: The file is of another account, is no such file, or cannot be used.
        """
        self._path = path
        self._answers: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._file: Any = None
        if path is not None:
            try:
                self._begin(path, account)
            except OSError as error:
                raise AuditError(
                    f"{path} cannot be used for --resume: {error.strerror or error}"
                ) from error

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the answer to a call, if there is one.

        Args:
            key: The call.
        """
        with self._lock:
            return self._answers.get(key)

    def put(self, key: str, answer: dict[str, Any], *, secret: bool = False) -> None:
        """Keep an answer.

        Args:
            key: The call.
            answer: What AWS answered; nothing but what JSON has.
            secret: Whether it may hold secrets, so that it is not written.
        """
        with self._lock:
            self._answers[key] = answer
            if self._file is not None and not secret:
                self._file.write(json.dumps({"key": key, "answer": answer}) + "\n")
                self._file.flush()

    def remove(self) -> None:
        """Remove the file: nothing is left to go on with."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> "KeptAnswers":
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _begin(self, path: Path, account: str) -> None:
        lines = path.read_text().splitlines() if path.exists() else []
        header = _parsed(lines[0]) if lines else {}
        if lines and header.get("format") != _FORMAT:
            raise AuditError(f"{path} is no file of --resume: name another one, or remove it")
        if lines and header["account"] != account:
            raise AuditError(
                f"{path} is of account {header['account']}, but the credentials are of account "
                f"{account}: name another file for each account"
            )
        fresh = bool(lines) and 0 <= time.time() - header["began"] < _LONGEST_AGE
        if fresh:
            # A line that was cut off when the run was stopped has no answer.
            kept = [_parsed(line) for line in lines[1:]]
            self._answers = {each["key"]: each["answer"] for each in kept if "answer" in each}
        began = header["began"] if fresh else time.time()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "w")
        header = {"format": _FORMAT, "account": account, "began": began}
        self._file.write(json.dumps(header) + "\n")
        for key, answer in self._answers.items():
            self._file.write(json.dumps({"key": key, "answer": answer}) + "\n")
        self._file.flush()


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}
