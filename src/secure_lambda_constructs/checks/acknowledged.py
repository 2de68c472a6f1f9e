"""Findings that an app has acknowledged, each with a reason."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .judgement import Finding, PathVerdict, Verdict
from .model.construct_paths import shortened

__all__ = ["PLUGIN_NAME", "Acknowledgement", "Acknowledgements", "acknowledge"]

PLUGIN_NAME = "LeakChecks"

# What the plugin says beside the leak paths: the CDK offers to acknowledge that too.
_NOTES = ("broken-request", "refused-acknowledgement", "stale-acknowledgement")


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """What an app says of a leak path that it leaves open at one place.

    Attributes:
        rule: Id of the leak path, such as `N04`.
        at: Path of the construct: it holds for that and all below it. Empty for the whole app.
        reason: Why it is right there; empty where none was given, and then it does not count.
        source: The file that says it.
        qualified: Whether the id names the plugin. The CDK takes one without for a warning of its
            own, so it does not count.
    """

    rule: str
    at: str
    reason: str
    source: str
    qualified: bool = True

    def covers(self, finding: Finding) -> bool:
        """Tell whether it is about a finding.

        Args:
            finding: The finding.

        Returns:
            Whether the leak path is the same, and the construct is the one or below it.
        """
        if self.rule != finding.path_id:
            return False
        # A finding has the path of the L2, which has more in it than the one L1 at its heart.
        if shortened(self.at) != self.at:
            return finding.construct_path == shortened(self.at)
        return not self.at or f"{finding.construct_path}/".startswith(f"{self.at}/")


@dataclass(frozen=True, kw_only=True)
class Acknowledgements:
    """What became of the acknowledgements of an app.

    Attributes:
        met: Those that met a finding, with the number of findings.
        stale: Those that met none: there is nothing to acknowledge any more, or never was.
        refused: Those that do not count, with a sentence that says why.
    """

    met: tuple[tuple[Acknowledgement, int], ...] = ()
    stale: tuple[Acknowledgement, ...] = ()
    refused: tuple[tuple[Acknowledgement, str], ...] = ()


def acknowledge(
    verdict: Verdict, acknowledgements: Iterable[Acknowledgement]
) -> tuple[Verdict, Acknowledgements]:
    """Mark the findings that the app has acknowledged.

    Of several acknowledgements the one nearest to the construct gives the reason, as in the CDK.

    Args:
        verdict: The verdict on the app.
        acknowledgements: What the app says.

    Returns:
        The verdict with the reasons, and what became of each acknowledgement.

    Example:
        ```python
        from secure_lambda_constructs.checks.acknowledged import Acknowledgement, acknowledge
        from secure_lambda_constructs.checks.judgement import Finding, PathVerdict, Verdict

        finding = Finding(
            path_id="N04", stack="Shop", logical_id="Fn1", construct_path="Shop/Fn", reason="open"
        )
        path = PathVerdict(
            id="N04", title="t", attack="a", mend="m", present=True, findings=(finding,)
        )
        said = Acknowledgement(rule="N04", at="Shop", reason="SHOP-7", source="Shop.metadata.json")
        verdict, became = acknowledge(Verdict(paths=(path,), broken={}), [said])
        assert verdict.open == ()
        assert became.met == ((said, 1),)
        ```
    """
    valid: list[Acknowledgement] = []
    refused: list[tuple[Acknowledgement, str]] = []
    known = {path.id for path in verdict.all}
    for each in dict.fromkeys(acknowledgements):
        sentence = _refusal(each, known)
        if sentence is None:
            valid.append(each)
        elif sentence:
            refused.append((each, sentence))
    nearest = sorted(valid, key=lambda each: len(each.at), reverse=True)
    counts = dict.fromkeys(valid, 0)

    def marked(finding: Finding) -> Finding:
        covering = [each for each in nearest if each.covers(finding)]
        for each in covering:
            counts[each] += 1
        return replace(finding, acknowledged=covering[0].reason) if covering else finding

    def all_marked(paths: Iterable[PathVerdict]) -> tuple[PathVerdict, ...]:
        return tuple(replace(path, findings=tuple(map(marked, path.findings))) for path in paths)

    judged = replace(verdict, paths=all_marked(verdict.paths), signing=all_marked(verdict.signing))
    return judged, Acknowledgements(
        met=tuple((each, count) for each, count in counts.items() if count),
        stale=tuple(each for each, count in counts.items() if not count),
        refused=tuple(refused),
    )


def _refusal(said: Acknowledgement, known: set[str]) -> str | None:
    """Return why an acknowledgement does not count; nothing where it is none of ours."""
    if not said.qualified:
        if said.rule not in known:
            return ""  # a warning of the CDK or of another plugin that is called alike
        return (
            f"{said.rule} at {said.at or 'the app'} is acknowledged without the name of the "
            f"plugin, which the CDK takes for a warning of its own: write the id "
            f"{PLUGIN_NAME}::{said.rule}"
        )
    if said.rule in _NOTES:
        return ""
    if said.rule not in known:
        return (
            f"{said.rule} at {said.at or 'the app'} is acknowledged, but there is no such leak "
            f"path: write an id that a finding shows, such as {PLUGIN_NAME}::N04"
        )
    if not said.reason.strip():
        return (
            f"{said.rule} at {said.at or 'the app'} is acknowledged without a reason, so that does "
            "not count: write why the path may be open there"
        )
    return None
