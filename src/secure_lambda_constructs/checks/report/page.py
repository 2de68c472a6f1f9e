"""Makes the page: one file that needs nothing else, neither a network nor a script."""

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources

from ..judgement import PathVerdict
from ..outcome import Standing, State
from .data import ReportData, SignedState
from .markup import Markup, element
from .parts import Section
from .sections import sections

__all__ = ["render", "verdict_line"]

# So many are named in the first lines; the sections have all.
_IDS = 8
_STACKS = 6


def render(data: ReportData) -> str:
    """Make the page.

    It loads nothing and may not: its own policy forbids every address, and every style and script
    but the two that it holds. Every text is escaped. The same data gives the same page.

    Args:
        data: What the page says, as `gather` gathers it.

    Returns:
        An HTML document.

    Example:
        ```python
        from secure_lambda_constructs.checks.acknowledged import Acknowledgements
        from secure_lambda_constructs.checks.judgement import Verdict
        from secure_lambda_constructs.checks.outcome import Outcome
        from secure_lambda_constructs.checks.report.data import Guardrails, Network, ReportData
        from secure_lambda_constructs.checks.report.page import render

        outcome = Outcome(
            inputs=("cdk.out",),
            verdict=Verdict(paths=(), broken={}),
            acknowledgements=Acknowledgements(),
            comparison=None,
            templates={},
        )
        data = ReportData(
            title="<b>Shop</b>",
            made_with="secure-lambda-constructs",
            functions=0,
            stacks=(),
            outcome=outcome,
            network=Network(),
            guardrails=Guardrails(),
            signing=(),
            costs=(),
        )
        assert "&lt;b&gt;Shop&lt;/b&gt;" in render(data)
        ```
    """
    # Their text is the library's own; inside of these two elements nothing is escaped.
    style, script = (Markup(_own(name)) for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    made = sections(data)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="generator", content=data.made_with),
        element("title", f"{data.title}: what can leave"),
        element("style", style),
    )
    body = element(
        "body",
        element("a", "Skip to the report", href="#main", class_="skip"),
        _header(data),
        _contents(made),
        element("main", [section.markup() for section in made], id="main"),
        _footer(data),
        element("script", script),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def verdict_line(data: ReportData) -> str:
    """Say the verdict in a line.

    Args:
        data: What the page says.

    Returns:
        A sentence.
    """
    total = len(data.paths)
    found, known, accepted = (
        data.in_state(state) for state in (State.OPEN, State.KNOWN, State.ACKNOWLEDGED)
    )
    asides = [
        f"{len(paths)} more {words}"
        for paths, words in ((known, "in the baseline"), (accepted, "acknowledged"))
        if paths
    ]
    if found:
        line = "; ".join([f"Open: {len(found)} of {total} checks ({_ids(found)})", *asides])
    elif known:
        line = f"Nothing new is open: {len(known)} of {total} checks are in the baseline "
        line = "; ".join([f"{line}({_ids(known)})", *asides[1:]])
    elif accepted:
        number = total - len(accepted)
        line = (
            f"Closed but for what is acknowledged: {number} of {total} checks are closed, "
            f"{len(accepted)} acknowledged"
        )
    elif not data.functions:
        line = "Nothing to judge: there is no function in these templates"
    else:
        line = f"Closed: all {total} checks"
    if data.broken:
        number = len(data.broken)
        line += f"; {number} legitimate request{' does' if number == 1 else 's do'} not work"
    return line + "."


def _ids(paths: Sequence[PathVerdict]) -> str:
    return _listed([path.id for path in paths], _IDS)


def _header(data: ReportData) -> Markup:
    is_open = data.in_state(State.OPEN) or data.broken
    partly = data.in_state(State.KNOWN, State.ACKNOWLEDGED) or not data.functions
    state = "open" if is_open else "acknowledged" if partly else "closed"
    sign = {"open": "✗ ", "acknowledged": "! ", "closed": "✓ "}[state]
    enforced = sum(each.state is SignedState.ENFORCED for each in data.signing)
    facts = {
        "Functions": str(data.functions),
        "Stacks": str(len(data.stacks)),
        "Signing enforced": f"{enforced} of {len(data.signing)}",
        "Checks open": f"{len(data.in_state(State.OPEN))} of {len(data.paths)}",
        "Acknowledged": _number(data, Standing.ACKNOWLEDGED),
    }
    if data.outcome.comparison is not None:
        facts["In the baseline"] = _number(data, Standing.KNOWN)
    facts["A month, at least"] = f"${data.month:,.2f}"
    return element(
        "header",
        element("h1", data.title, ": what can leave, and who can change that"),
        element(
            "p",
            element("span", sign, aria_hidden="true"),
            verdict_line(data),
            class_=f"verdict verdict-{state}",
        ),
        element(
            "dl",
            [
                element("div", element("dt", name), element("dd", value))
                for name, value in facts.items()
            ],
            class_="facts",
        ),
        _named("Stacks", data.stacks),
        _named("Taken for own accounts, without a stack", data.outcome.trusted_accounts),
    )


def _named(what: str, names: Sequence[str]) -> Markup | None:
    if not names:
        return None
    return element("p", f"{what}: ", _listed(names, _STACKS), class_="note wide")


def _number(data: ReportData, standing: Standing) -> str:
    number = len(data.findings(standing))
    return f"{number} finding{'' if number == 1 else 's'}"


def _listed(names: Sequence[str], shown: int) -> str:
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def _contents(made: tuple[Section, ...]) -> Markup:
    links = [
        element("li", element("a", section.heading, href=f"#{section.name}")) for section in made
    ]
    return element("nav", element("ul", links), aria_label="Sections of this report")


def _footer(data: ReportData) -> Markup:
    when = f" on {data.date}" if data.date else ""
    return element("footer", element("p", f"Made with {data.made_with}{when}."))


def _own(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
