"""What linters find, and what constructs acknowledge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["Acknowledged", "Finding", "LintError", "Result", "Row"]


class LintError(Exception):
    """The examples could not be judged; the message says why."""


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """One thing that one linter has against one resource."""

    example: str
    linter: str
    rule: str
    path: str
    """Path of the resource's construct, or the template's file where there is none."""

    kind: str
    """The resource's type, empty where there is none."""

    asks: str = field(compare=False)
    """What the rule asks for, in the linter's words."""

    def sentence(self) -> str:
        """Tell it to whoever reads the log."""
        what = f"{self.path} ({self.kind})" if self.kind else self.path
        return f"{self.example}: {self.linter} {self.rule} at {what}: {self.asks}"


@dataclass(frozen=True, order=True, kw_only=True)
class Acknowledged:
    """An acknowledgement that a construct carries, and what it keeps silent."""

    example: str
    linter: str
    rule: str
    path: str
    reason: str
    silenced: tuple[Finding, ...] = ()


@dataclass(frozen=True, order=True, kw_only=True)
class Row:
    """One line of the list: what is acknowledged, on what, and why."""

    linter: str
    rule: str
    asks: str
    kinds: tuple[str, ...]
    reason: str
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    """Of one linter, or of all."""

    findings: Sequence[Finding] = ()
    acknowledged: Sequence[Acknowledged] = ()
    failures: Sequence[str] = ()
    """What of the examples could not be judged, and why."""

    @classmethod
    def joined(cls, results: Iterable["Result"]) -> "Result":
        """Put several together, sorted, each thing once."""
        parts = list(results)
        return cls(
            findings=sorted({item for part in parts for item in part.findings}),
            acknowledged=sorted({item for part in parts for item in part.acknowledged}),
            failures=[sentence for part in parts for sentence in part.failures],
        )

    def rows(self) -> list[Row]:
        """The list: the same rule with the same reason is one line, wherever it occurs."""
        rows = []
        for (linter, rule, reason), group in self._groups().items():
            silenced = [finding for item in group for finding in item.silenced]
            if silenced:
                rows.append(
                    Row(
                        linter=linter,
                        rule=rule,
                        asks=min(finding.asks for finding in silenced),
                        kinds=tuple(sorted({finding.kind for finding in silenced})),
                        reason=reason,
                        examples=tuple(sorted({finding.example for finding in silenced})),
                    )
                )
        return sorted(rows)

    def stale(self) -> list[str]:
        """One sentence for each acknowledgement that silences nothing in any of the examples.

        A construct may acknowledge what only some apps make of it; one of the examples must.
        """
        return [
            f"{group[0].example}: {linter} {rule} is acknowledged at {group[0].path}, and in no "
            f"example is there such a finding; remove it ({reason or 'no reason'})"
            for (linter, rule, reason), group in self._groups().items()
            if not any(item.silenced for item in group)
        ] + [
            f"{item.example}: {item.linter} {item.rule} is acknowledged at {item.path} without a "
            "reason; write one"
            for item in self.acknowledged
            if not item.reason.strip()
        ]

    def _groups(self) -> dict[tuple[str, str, str], list[Acknowledged]]:
        groups: dict[tuple[str, str, str], list[Acknowledged]] = {}
        for item in self.acknowledged:
            groups.setdefault((item.linter, item.rule, item.reason), []).append(item)
        return groups
