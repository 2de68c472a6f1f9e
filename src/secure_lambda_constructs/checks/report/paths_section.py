"""The leak paths, what is broken, and what is acknowledged."""

from ..judgement import Finding, PathVerdict
from .data import PathState, ReportData
from .markup import Child, Markup, element, joined, prose
from .parts import SHOWN, Section, badge
from .parts import path as shown_path
from .tables import Column, filters, table

__all__ = ["acknowledged_section", "flows_section", "paths_section"]

_MARKS = {
    PathState.OPEN: ("✗", "open"),
    PathState.ACKNOWLEDGED: ("!", "acknowledged"),
    PathState.CLOSED: ("✓", "closed"),
    PathState.ABSENT: ("○", "absent"),
}


def paths_section(data: ReportData) -> Section:
    """List the leak paths, what is open first.

    Args:
        data: What the page says.

    Returns:
        The section.
    """
    counts = {state: len(data.in_state(state)) for state in PathState}
    choices = [("All", "")] + [
        (f"{state.value.capitalize()} ({count})", _MARKS[state][1])
        for state, count in counts.items()
        if count
    ]
    rows = [_path_row(path) for path in sorted(data.paths, key=_urgency)]
    columns = (Column("Id"), Column("What leads out"), Column("State"), Column("Evidence"))
    caption = (
        "Each leak path, and the checks of signing, what is open first: with what opens it and "
        "what to write instead."
    )
    return Section(
        "paths",
        "Leak paths",
        filters("paths-table", "Show leak paths that are", choices, search="Search leak paths"),
        table("paths-table", caption, columns, rows, of_rows=True),
    )


def _urgency(path: PathVerdict) -> tuple[int, str]:
    return list(PathState).index(PathState.of(path)), path.id


def _path_row(path: PathVerdict) -> Markup:
    state = PathState.of(path)
    what = joined((element("p", path.title), _attack(path)))
    return element(
        "tr",
        element("th", path.id, scope="row"),
        element("td", what),
        element("td", badge(*_MARKS[state], state.value)),
        element("td", _evidence(path, state)),
        id=f"path-{path.id}",
        data_state=_MARKS[state][1],
    )


def _attack(path: PathVerdict) -> Child:
    if not path.attack or path.attack == path.title:
        return None
    return element("p", prose(path.attack), class_="note")


def _evidence(path: PathVerdict, state: PathState) -> Child:
    if state is PathState.ABSENT:
        return "These templates have nothing that it leads through."
    if state is PathState.CLOSED:
        return "Every way that was tried is closed."
    items = [element("li", _finding(finding)) for finding in path.findings]
    listed: list[Child] = [element("ul", items[:SHOWN])]
    if len(items) > SHOWN:
        rest = f"{len(items) - SHOWN} more"
        listed.append(element("details", element("summary", rest), element("ul", items[SHOWN:])))
    if path.mend and state is PathState.OPEN:
        listed.append(element("p", element("strong", "Instead: "), prose(path.mend)))
    return joined(listed)


def _finding(finding: Finding) -> Markup:
    said: list[Child] = []
    if finding.construct_path:
        said += [shown_path(finding.construct_path), " "]
    said.append(finding.reason)
    if finding.acknowledged is not None:
        said.append(" (acknowledged)")
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
        return Section(
            "flows",
            heading,
            element(
                "p",
                "Every legitimate request that was tried works: nothing is closed by breaking it.",
            ),
        )
    listed = [
        element(
            "li",
            element("strong", f"{name}: "),
            joined(reasons[:SHOWN], "; "),
            f" and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else "",
        )
        for name, reasons in sorted(data.broken.items())
    ]
    return Section(
        "flows",
        heading,
        element("p", "These legitimate requests do not work, or nobody can tell that they do:"),
        element("ul", listed),
    )


def acknowledged_section(data: ReportData) -> Section:
    """List what is acknowledged, with the reasons.

    Args:
        data: What the page says.

    Returns:
        The section.
    """
    heading = "Acknowledged findings"
    if not data.acknowledged:
        return Section("acknowledged", heading, element("p", "None is acknowledged."))
    rows = [
        joined(
            (
                element("td", element("a", finding.path_id, href=f"#path-{finding.path_id}")),
                element("td", shown_path(finding.construct_path)),
                element("td", finding.reason),
                element("td", finding.acknowledged),
            )
        )
        for finding in data.acknowledged
    ]
    columns = (Column("Path"), Column("Construct"), Column("Finding"), Column("Reason given"))
    caption = "What is open and was acknowledged, with the reason that the app gives."
    return Section("acknowledged", heading, table("acknowledged-table", caption, columns, rows))
