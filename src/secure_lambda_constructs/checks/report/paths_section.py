"""The leak paths with what opens them, and what is broken."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ..judgement import Finding, PathVerdict
from ..outcome import Standing, State
from .data import ReportData
from .markup import Child, Markup, element, joined, prose
from .parts import SHOWN, Section, at, folded
from .states import CLASSES, WORDS, state_badge
from .tables import Column, Row, filters, table

__all__ = ["flows_section", "paths_section"]

_ORDER = list(WORDS)
# Fewer findings of one cause are shown each.
_FEW = 3
# What does not work where a flow is broken, by the name of the flow.
_FLOWS = {
    "calls": "functions call their relay",
    "credential": "a relay reads its credentials",
    "decrypted": "what tables hold is decrypted",
    "interfaces": "Lambda makes network interfaces for the functions",
    "let out": "security groups let the functions reach the endpoint",
    "logged": "Lambda writes the functions' logs",
    "logs in": "functions reach their database and log in",
    "reads": "functions do with tables what they are granted",
    "resolved": "the names of the endpoints are answered",
    "routed": "routes lead from the functions to the endpoint",
    "run": "Lambda runs the functions with their roles",
}


def paths_section(data: ReportData) -> Section:
    """List the leak paths, what is open first.

    Args:
        data: What the page says.

    Returns:
        The section.
    """
    counts = {state: len(data.in_state(state)) for state in _ORDER}
    choices = [("All", "")] + [
        (f"{WORDS[state].capitalize()} ({count})", CLASSES[state])
        for state, count in counts.items()
        if count
    ]
    rows = [
        _row(data, path)
        for path in sorted(
            data.paths, key=lambda path: (_ORDER.index(data.outcome.state(path)), path.id)
        )
    ]
    columns = (
        Column(head="Id", is_head=True),
        Column(head="What leads out"),
        Column(head="State"),
        Column(head="Evidence"),
    )
    caption = (
        "Each leak path, and the checks of signing, what is open first: with what opens it and "
        "what to write instead."
    )
    return Section(
        "paths",
        "Leak paths",
        filters("paths-table", "Show leak paths that are", choices, search="Search leak paths"),
        table("paths-table", caption, columns, rows),
    )


def _row(data: ReportData, path: PathVerdict) -> Row:
    state = data.outcome.state(path)
    what = joined((element("p", path.title), _attack(path)))
    return Row(
        (path.id, what, state_badge(state), _evidence(data, path, state)),
        id=f"path-{path.id}",
        state=CLASSES[state],
    )


def _attack(path: PathVerdict) -> Child:
    if not path.attack or path.attack == path.title:
        return None
    return element("p", prose(path.attack), class_="note")


def _evidence(data: ReportData, path: PathVerdict, state: State) -> Child:
    if state is State.ABSENT:
        return "These templates have nothing that it leads through."
    if state is State.CLOSED:
        return "Every way that was tried is closed."
    # What nobody has accepted comes first.
    found = sorted(path.findings, key=lambda f: list(Standing).index(data.outcome.standing(f)))
    alike: defaultdict[tuple[Standing, str], list[Finding]] = defaultdict(list)
    for finding in found:
        alike[data.outcome.standing(finding), finding.cause or finding.reason].append(finding)
    items = [item for same in alike.values() for item in _together(same, data)]
    listed: list[Child] = [folded(items)]
    if path.mend and state in (State.OPEN, State.KNOWN):
        listed.append(element("p", element("strong", "Instead: "), prose(path.mend), class_="mend"))
    return joined(listed)


def _together(findings: Sequence[Finding], data: ReportData) -> Iterator[Markup]:
    """Show findings of one cause: of many the first one, and the places of the others."""
    first, *others = findings
    if len(others) < _FEW:
        yield from (_finding(finding, data) for finding in findings)
        return
    summary = element("summary", f"and {len(others)} more for the same cause")
    places = joined((at(finding.construct_path) for finding in others), ", ")
    yield joined((_finding(first, data), element("details", summary, places)))


def _finding(finding: Finding, data: ReportData) -> Markup:
    standing = data.outcome.standing(finding)
    links = {
        Standing.KNOWN: ("in the baseline", "#baseline"),
        Standing.ACKNOWLEDGED: ("acknowledged", "#acknowledged"),
    }
    said: list[Child] = []
    if finding.construct_path:
        said += [at(finding.construct_path), " "]
    said.append(finding.reason)
    if standing in links:
        words, target = links[standing]
        said += [" (", element("a", words, href=target), ")"]
    return joined(said)


def flows_section(data: ReportData) -> Section:
    """Say what has to work and does not.

    Args:
        data: What the page says.

    Returns:
        The section.
    """
    heading = "What has to work"
    if not data.broken:
        said = "Every legitimate request that was tried works: nothing is closed by breaking it."
        if not data.functions:
            said = "There is no function in these templates, so there is no request to try."
        return Section("flows", heading, element("p", said))
    rows = [
        Row((_FLOWS.get(name, name), _reasons(reasons)))
        for name, reasons in sorted(data.broken.items())
    ]
    columns = (Column(head="What has to work", is_head=True), Column(head="Why it does not"))
    caption = "Legitimate requests that surely do not work. What nobody can tell is not here."
    return Section("flows", heading, table("flows-table", caption, columns, rows))


def _reasons(reasons: Sequence[str]) -> Markup:
    items = [element("li", reason) for reason in reasons[:SHOWN]]
    if len(reasons) > SHOWN:
        more = f"and {len(reasons) - SHOWN} more, which `secure-lambda check --json` lists"
        items.append(element("li", prose(more)))
    return element("ul", items)
