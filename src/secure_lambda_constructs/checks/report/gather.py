"""Gathers what the page says of an app that is judged."""

from ..leaks.case import Case
from ..outcome import Outcome
from .costs import cost_rows, not_counted
from .data import ReportData
from .guardrails import guardrails_of
from .picture import picture_of
from .signing_state import signing_states

__all__ = ["gather"]


def gather(
    outcome: Outcome, case: Case, *, title: str, made_with: str, date: str | None = None
) -> ReportData:
    """Gather all that the page says.

    Args:
        outcome: What is said of the app.
        case: The app, with the evaluator that said it.
        title: What was judged, such as the name of a folder.
        made_with: The name and version of the program.
        date: When, if the page is to say so. By default it does not, and the same app gives the
            same page.

    Returns:
        What `render` makes a page of.
    """
    sources = case.world.sources
    return ReportData(
        title=title,
        made_with=made_with,
        functions=len(case.functions),
        stacks=tuple(f"{source.name} ({source.account}, {source.region})" for source in sources),
        outcome=outcome,
        network=picture_of(case, outcome.verdict),
        guardrails=guardrails_of(case),
        signing=signing_states(case),
        costs=cost_rows(case.world),
        not_counted=not_counted(case.world),
        date=date,
    )
