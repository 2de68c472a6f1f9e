"""Who can change what, and the signing state of each function."""

from collections.abc import Sequence

from .data import ReportData, SignedState, Signing
from .markup import Child, Markup, element, joined
from .parts import Section, badge, path
from .tables import Column, Row, filters, table

__all__ = ["changes_section", "signing_section"]

_SIGNED = {
    SignedState.ENFORCED: ("✓", "closed"),
    SignedState.WARNED: ("✗", "open"),
    SignedState.NOT_SIGNED: ("✗", "open"),
    SignedState.UNKNOWN: ("?", "acknowledged"),
}


def changes_section(data: ReportData) -> Section:
    """Say who can change what, as far as the templates tell.

    Args:
        data: What the page says.

    Returns:
        The section.
    """
    guardrails = data.guardrails
    content: list[Child] = []
    if guardrails.ceilings:
        rows = [
            Row((change, *(_answer(c.answers.get(change)) for c in guardrails.ceilings)))
            for change in guardrails.changes
        ]
        columns = (
            Column(head="May somebody …", is_head=True),
            *(
                Column(
                    head=joined(
                        (
                            path(ceiling.name),
                            element("br"),
                            element("span", f"{ceiling.kind}, {ceiling.note}", class_="note"),
                        )
                    )
                )
                for ceiling in guardrails.ceilings
            ),
        )
        caption = (
            "What each policy says to a change, as it was evaluated, of resources called x in its "
            "own account, for a principal that it does not exempt. That a policy does not refuse "
            "a change does not mean that somebody may make it: other policies have to allow it."
        )
        content.append(table("changes-table", caption, columns, rows, stacks=False))
    if guardrails.trusts:
        rows = [
            Row((path(trust.role), path(trust.principal), _conditions(trust.conditions)))
            for trust in guardrails.trusts
        ]
        columns = (
            Column(head="Role", is_head=True),
            Column(head="Who may assume it"),
            Column(head="On these conditions"),
        )
        caption = "Who may assume a role of these templates, besides services of AWS."
        content.append(table("trusts-table", caption, columns, rows))
    else:
        content.append(
            element("p", "No role of these templates can be assumed by anybody but services.")
        )
    if guardrails.missing:
        content += [
            element("p", "Not in these templates, so that others decide who changes what:"),
            element("ul", [element("li", each) for each in guardrails.missing]),
        ]
    return Section("changes", "Who can change what", content)


def _answer(refused: bool | None) -> Markup:
    if refused is None:
        return badge("?", "acknowledged", "not known")
    if refused:
        return badge("✓", "closed", "refused")
    return badge("○", "absent", "not refused")


def _conditions(conditions: Sequence[str]) -> Child:
    if not conditions:
        return "none"
    return element("ul", [element("li", element("code", each)) for each in conditions])


def signing_section(data: ReportData) -> Section:
    """List the signing state of each function.

    Args:
        data: What the page says.

    Returns:
        The section.
    """
    if not data.signing:
        return Section("signing", "Signing", element("p", "There is no function to sign."))
    states = {state: [s for s in data.signing if s.state is state] for state in SignedState}
    rows = [
        Row(
            (
                path(each.function),
                path(each.stack),
                each.place,
                badge(*_SIGNED[each.state], each.state.value),
                _detail(each),
            ),
            state=_name(each.state),
        )
        for each in data.signing
    ]
    choices = [("All", "")] + [
        (f"{state.value.capitalize()} ({len(found)})", _name(state))
        for state, found in states.items()
        if found
    ]
    columns = (
        Column(head="Function", is_head=True),
        Column(head="Stack"),
        Column(head="Runs"),
        Column(head="Signing"),
        Column(head="Why"),
    )
    return Section(
        "signing",
        "Signing",
        element(
            "p",
            "Enforced means that Lambda refuses to deploy code that none of the named profiles has "
            "signed. Whether the code that runs today is signed, no template tells.",
        ),
        filters(
            "signing-table",
            "Show functions of which signing is",
            choices,
            search="Search functions",
        ),
        table("signing-table", "The signing state of each function.", columns, rows),
    )


def _detail(each: Signing) -> str:
    if not each.layers or each.state is SignedState.NOT_SIGNED:
        return each.detail
    return f"{each.detail}; {each.layers} layer{'' if each.layers == 1 else 's'} held to the same"


def _name(state: SignedState) -> str:
    return state.name.lower().replace("_", "-")
