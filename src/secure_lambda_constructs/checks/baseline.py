"""What is open in an app that starts to be checked, so that nothing new opens meanwhile.

A finding is known again by its leak path, its construct and its cause: not by the line of a
template, nor by what differs between two synths of the same app, as the hash of an asset does.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidInputError
from .acknowledgement_sources import read_json
from .formats.files import write_atomically
from .judgement import Finding, Verdict

__all__ = ["Baseline", "Comparison", "Known", "cause_of", "identity_of"]

_VERSION = 1
# What differs from one synth or one account to the next while the cause stays the same.
_HASH = re.compile(r"\b[0-9a-f]{32,64}\b")
_ACCOUNT = re.compile(r"\b[0-9]{12}\b")


def cause_of(finding: Finding) -> str:
    """Return what a finding is known again by, besides its leak path and its construct.

    Args:
        finding: The finding.

    Returns:
        Its cause without what differs between two synths of the same app.
    """
    return _ACCOUNT.sub("<account>", _HASH.sub("<hash>", finding.cause))


def identity_of(finding: Finding) -> str:
    """Return a short name for a finding that stays while the finding does.

    Args:
        finding: The finding.

    Returns:
        16 hexadecimal digits of the SHA-256 of its leak path, its construct and its cause.

    Example:
        ```python
        from dataclasses import replace

        from secure_lambda_constructs.checks.baseline import identity_of
        from secure_lambda_constructs.checks.judgement import Finding

        finding = Finding(
            path_id="N04",
            stack="Shop",
            logical_id="Fn1",
            construct_path="Shop/Fn",
            reason="is open: to a (and 2 more)",
            cause="is open",
        )
        assert identity_of(replace(finding, reason="is open: to b")) == identity_of(finding)
        ```
    """
    return _identity(finding.path_id, finding.construct_path, cause_of(finding))


def _identity(path_id: str, construct: str, cause: str) -> str:
    return hashlib.sha256("\0".join((path_id, construct, cause)).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Known:
    """A finding that the baseline names.

    Attributes:
        path_id: Id of the leak path.
        construct_path: The construct.
        cause: What makes it open.
    """

    path_id: str
    construct_path: str
    cause: str

    @property
    def identity(self) -> str:
        """The name that `identity_of` gives the finding."""
        return _identity(self.path_id, self.construct_path, self.cause)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The findings of an app beside its baseline; acknowledged ones are in neither.

    Attributes:
        known: The identities of the findings that the baseline names.
        new: Those that it does not name.
        gone: What it names and nothing opens any more.
    """

    known: frozenset[str]
    new: tuple[Finding, ...]
    gone: tuple[Known, ...]


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The findings that an app may keep for now.

    Attributes:
        findings: Each of them, sorted.
    """

    findings: tuple[Known, ...]

    @classmethod
    def of(cls, verdict: Verdict) -> "Baseline":
        """Take all that is open in an app and that it has not acknowledged.

        Args:
            verdict: The verdict on the app.

        Returns:
            The baseline.
        """
        found = {
            (finding.path_id, finding.construct_path, cause_of(finding))
            for finding in _unacknowledged(verdict)
        }
        return cls(
            findings=tuple(
                Known(path_id=path_id, construct_path=construct, cause=cause)
                for path_id, construct, cause in sorted(found)
            )
        )

    @classmethod
    def read(cls, path: Path) -> "Baseline":
        """Read a baseline.

        Args:
            path: The file that `write` wrote.

        Returns:
            The baseline.

        Raises:
            InvalidInputError: The file cannot be read, or is no baseline of this version.
        """
        content = read_json(path)
        entries = content.get("findings")
        if content.get("version") != _VERSION or not isinstance(entries, list):
            raise InvalidInputError(
                f"{path} is no baseline of version {_VERSION}: write one with --write-baseline"
            )
        return cls(findings=tuple(_known(path, entry) for entry in entries))

    def write(self, path: Path) -> None:
        """Write the baseline, whole or not at all.

        Args:
            path: The file; what it held is replaced.

        Raises:
            InvalidInputError: The file cannot be written.
        """
        content = {
            "version": _VERSION,
            "findings": [
                {"id": known.path_id, "construct": known.construct_path, "cause": known.cause}
                for known in self.findings
            ],
        }
        write_atomically(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def compare(self, verdict: Verdict) -> Comparison:
        """Lay the verdict on an app beside the baseline.

        A finding that is acknowledged by now is not gone: it is still there.

        Args:
            verdict: The verdict, with its acknowledged findings marked.

        Returns:
            What is known, new and gone.
        """
        named = {known.identity: known for known in self.findings}
        present = {identity_of(f) for path in verdict.all for f in path.findings}
        unacknowledged = _unacknowledged(verdict)
        return Comparison(
            known=frozenset(identity_of(f) for f in unacknowledged).intersection(named),
            new=tuple(f for f in unacknowledged if identity_of(f) not in named),
            gone=tuple(known for identity, known in named.items() if identity not in present),
        )


def _known(path: Path, entry: object) -> Known:
    said = entry if isinstance(entry, dict) else {}
    texts = [said.get(name) for name in ("id", "construct", "cause")]
    if not all(isinstance(text, str) for text in texts):
        raise InvalidInputError(
            f"{path} names a finding as {json.dumps(entry)}: write the baseline anew with "
            "--write-baseline"
        )
    path_id, construct, cause = (str(text) for text in texts)
    return Known(path_id=path_id, construct_path=construct, cause=cause)


def _unacknowledged(verdict: Verdict) -> list[Finding]:
    return [f for path in verdict.all for f in path.findings if f.acknowledged is None]
