"""What is open and known: what the app acknowledges, and what its baseline names."""

from ..outcome import Standing
from .data import ReportData
from .markup import Child, element, prose
from .parts import Section, at
from .tables import Column, Row, table

__all__ = ["acknowledged_section", "baseline_section"]


def acknowledged_section(data: ReportData) -> Section:
    """List what is acknowledged, with the reasons, and the acknowledgements that do nothing.

    Args:
        data: What the page says.

    Returns:
        The section.
    """
    found = data.findings(Standing.ACKNOWLEDGED)
    content: list[Child] = [element("p", "No finding is acknowledged.")]
    if found:
        columns = _columns("Path", "Construct", "Finding", "Reason given")
        caption = "What is open and was acknowledged, with the reason that the app gives."
        rows = [
            Row((_link(data, f.path_id), at(f.construct_path), f.reason, f.acknowledged))
            for f in found
        ]
        content = [table("acknowledged-table", caption, columns, rows)]
    refused = data.acknowledgements.refused
    if refused:
        columns = _columns("Why it does not count", "Said in")
        caption = "Acknowledgements that do not count: what they are about is open."
        rows = [Row((sentence, each.source)) for each, sentence in refused]
        content += [
            element("h3", "Acknowledgements that do not count"),
            table("refused-table", caption, columns, rows),
        ]
    stale = data.acknowledgements.stale
    if stale:
        columns = _columns("Path", "Construct", "Reason given", "Said in")
        caption = "Acknowledgements of what nothing opens: take them away before they hide it."
        rows = [
            Row((_link(data, each.rule), at(each.at), each.reason, each.source)) for each in stale
        ]
        content += [
            element("h3", "Acknowledgements that meet no finding"),
            table("stale-table", caption, columns, rows),
        ]
    return Section("acknowledged", "Acknowledged findings", *content)


def baseline_section(data: ReportData) -> Section | None:
    """List what the baseline names: what is still open, and what is gone.

    Args:
        data: What the page says.

    Returns:
        The section; None where there is no baseline.
    """
    if data.outcome.comparison is None:
        return None
    columns = _columns("Path", "Construct", "Finding")
    content: list[Child] = [
        element(
            "p",
            prose(
                "The baseline names findings that may stay for now. They are open; only others "
                "fail `secure-lambda check`."
            ),
        )
    ]
    rows = [
        Row((_link(data, f.path_id), at(f.construct_path), f.reason))
        for f in data.findings(Standing.KNOWN)
    ]
    if rows:
        caption = "What the baseline names and is still open."
        content.append(table("known-table", caption, columns, rows))
    else:
        content.append(element("p", "Nothing that it names is open."))
    if data.gone:
        caption = "What the baseline names and nothing opens any more: write it anew."
        rows = [Row((_link(data, g.path_id), at(g.construct_path), g.cause)) for g in data.gone]
        content += [
            element("h3", "In the baseline, and gone"),
            table("gone-table", caption, columns, rows),
        ]
    return Section("baseline", "The baseline", *content)


def _columns(first: str, *others: str) -> list[Column]:
    return [Column(head=first, is_head=True), *(Column(head=each) for each in others)]


def _link(data: ReportData, path_id: str) -> Child:
    """Lead to a leak path; a baseline may name one that there is no more."""
    if any(path.id == path_id for path in data.paths):
        return element("a", path_id, href=f"#path-{path_id}")
    return path_id
