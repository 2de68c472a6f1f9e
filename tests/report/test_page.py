"""The page: complete, closed in itself, the same each time, and never made by a name."""

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from secure_lambda_constructs.checks.baseline import Baseline, Known
from secure_lambda_constructs.checks.judgement import Verdict
from secure_lambda_constructs.checks.leaks.flows import FLOWS
from secure_lambda_constructs.checks.report.data import ReportData
from secure_lambda_constructs.checks.report.gather import gather
from secure_lambda_constructs.checks.report.page import render, verdict_line

from . import samples
from .apps import case_of, shop
from .structure import Structure

_NAMES = ("closed", "hostile", "known", "leaking", "nothing")
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_SAMPLES = {name: getattr(samples, name)() for name in _NAMES}


@pytest.fixture(params=list(_SAMPLES))
def data(request: pytest.FixtureRequest) -> ReportData:
    """Each of the samples."""
    found: ReportData = _SAMPLES[request.param]
    return found


def test_page_is_the_same_each_time(data: ReportData) -> None:
    assert render(data) == render(data)


def test_trusted_accounts_are_told() -> None:
    data = samples.closed()
    said = "Taken for own accounts, without a stack: "
    assert said not in render(data)
    trusting = replace(data, outcome=replace(data.outcome, trusted_accounts=("444455556666",)))
    assert f"{said}444455556666<" in render(trusting)


def test_policy_allows_its_own_style_and_script_only(data: ReportData) -> None:
    page = render(data)
    (policy,) = (
        value
        for tag, name, value in Structure(page).attributes
        if (tag, name) == ("meta", "content") and "-src" in value
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("base-uri") == "'none'"
    assert rules.pop("form-action") == "'none'"
    for name in ("style", "script"):
        (content,) = re.findall(f"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules.pop(f"{name}-src") == f"'sha256-{digest}'"
    assert rules == {}


def test_nothing_is_loaded_and_links_stay_in_the_page(data: ReportData) -> None:
    made = Structure(render(data))
    ids = made.values("id")
    assert len(ids) == len(set(ids))
    assert {value for value in made.values("href") if value.removeprefix("#") not in ids} == set()
    assert made.values("src") == made.values("action") == made.values("style") == []
    known = {name for _, names in made.elements for name in names}
    assert not {name for name in known if name.startswith("on")}
    for reference in ("aria-labelledby", "aria-describedby", "data-filters"):
        assert set(made.values(reference)) <= set(ids)


def test_hostile_names_make_nothing() -> None:
    """The page with hostile names has the elements and attributes of one with plain names."""
    hostile = samples.hostile()
    plain = samples.plain()
    page = Structure(render(hostile))
    assert page.elements == Structure(render(plain)).elements
    assert page.comments == []
    assert samples.HOSTILE[0] in page.text


def test_characters_that_turn_the_text_are_not_in_the_page() -> None:
    page = render(samples.hostile())
    assert "\u202e" not in page
    assert "\0" not in page
    assert "a⟨U+202E⟩gnp.exe⟨U+0000⟩" in page


def test_leaking_page_says_all() -> None:
    text = Structure(render(samples.leaking())).text
    for said in (
        "Open: 2 of 6 checks (N04, O05); 2 more acknowledged; 1 legitimate request does not",
        "Shop/Nat is a NAT gateway in the VPC",
        "Instead: Leave IsolatedNetwork as it comes.",
        "Shop/Worker00 takes unsigned code and 11 more for the same cause",
        "Shop/Worker01, Shop/Worker02",
        "dynamodb.us-east-1.amazonaws.com is not answered",
        "The partner's key is needed until the contract ends.",
        "Account/Boundary/Policy",
        "repo:octo-org@1/shop@2:environment:x",
        "inline code, which nobody signs",
        "$14.60",
        "$0.01an hour and zone",
        "https://aws.amazon.com/privatelink/pricing/ (2026-08-12)",
        "what is paid by use",
        "on 2026-11-28",
    ):
        assert said in text


def test_what_is_open_comes_first() -> None:
    ids = Structure(render(samples.leaking())).values("id")
    rows = [name for name in ids if name.startswith("path-")]
    assert rows == ["path-N04", "path-O05", "path-O06", "path-R01", "path-D01", "path-R02"]


def test_page_without_functions_says_so() -> None:
    text = Structure(render(samples.nothing())).text
    assert "There is no function in these templates" in text
    assert "Nothing that is looked for is paid by the month." in text
    assert "there is no request to try" in text


def test_page_without_guardrails_says_so() -> None:
    text = Structure(render(samples.closed())).text
    assert "Not in these templates, so that others decide" in text
    assert "a permissions boundary" in text


def test_every_table_has_a_caption_and_heads() -> None:
    made = Structure(render(samples.leaking()))
    tags = [tag for tag, _ in made.elements]
    assert tags.count("table") == tags.count("caption") == tags.count("thead")
    assert all("scope" in names for tag, names in made.elements if tag == "th")


def _with(data: ReportData, *names: str) -> ReportData:
    kept = (path for path in data.paths if path.id in names)
    verdict = Verdict(paths=tuple(kept), broken={})
    return replace(data, outcome=replace(data.outcome, verdict=verdict))


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (("D01", "R02"), "Closed: all 2 checks."),
        (
            ("D01", "O06"),
            "Closed but for what is acknowledged: 1 of 2 checks are closed, 1 acknowledged.",
        ),
        (("D01", "N04"), "Open: 1 of 2 checks (N04)."),
        (("O06", "N04"), "Open: 1 of 2 checks (N04); 1 more acknowledged."),
    ],
    ids=["closed", "acknowledged", "open", "both"],
)
def test_verdict_in_a_line(names: tuple[str, ...], line: str) -> None:
    assert verdict_line(_with(samples.leaking(), *names)) == line


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (("N04", "O05"), "Open: 1 of 2 checks (O05); 1 more in the baseline."),
        (("N04", "D01"), "Nothing new is open: 1 of 2 checks are in the baseline (N04)."),
        (
            ("N04", "O06"),
            "Nothing new is open: 1 of 2 checks are in the baseline (N04); 1 more acknowledged.",
        ),
        (
            ("N04", "O05", "O06"),
            "Open: 1 of 3 checks (O05); 1 more in the baseline; 1 more acknowledged.",
        ),
    ],
    ids=["new", "nothing new", "nothing new and acknowledged", "all"],
)
def test_verdict_in_a_line_with_a_baseline(names: tuple[str, ...], line: str) -> None:
    data = _with(samples.known(), *names)
    assert verdict_line(data) == line
    assert f"verdict-{'open' if line.startswith('Open') else 'acknowledged'}" in render(data)


def test_many_open_paths_are_not_all_in_the_line() -> None:
    paths = [replace(samples.leaking().paths[1], id=f"N{n:02}") for n in range(20)]
    data = replace(samples.closed(), outcome=samples.outcome_of(*paths))
    assert verdict_line(data).startswith("Open: 20 of 20 checks (N00, N01,")
    assert verdict_line(data).endswith("N07 and 12 more).")


def test_baseline_is_told() -> None:
    text = Structure(render(samples.known())).text
    for said in (
        "In the baseline 12 findings",
        "Shop/Worker00 takes unsigned code Shop/Worker01 takes unsigned code (in the baseline)",
        "and 10 more for the same cause",
        "≈ in the baseline",
        "What the baseline names and is still open.",
        "In the baseline, and gone",
        "N09 Shop/Old lets out to everywhere",
    ):
        assert said in text
    # What is not a leak path of this page is no link.
    assert "path-N09" not in render(samples.known())


def test_without_a_baseline_none_is_told() -> None:
    assert "baseline" not in Structure(render(samples.leaking())).text.lower()


def test_baseline_of_which_nothing_is_open() -> None:
    old = Known(path_id="N01", construct_path="Shop/Old", cause="was open")
    outcome = samples.outcome_of(*samples.closed().paths, baseline=Baseline(findings=(old,)))
    text = Structure(render(replace(samples.closed(), outcome=outcome))).text
    assert "Nothing that it names is open." in text
    assert "N01 Shop/Old was open" in text


def test_acknowledgements_that_do_nothing_are_told() -> None:
    text = Structure(render(samples.known())).text
    assert "Acknowledgements that do not count" in text
    assert "X99 is acknowledged, but there is no such b.json" in text
    assert "Acknowledgements that meet no finding" in text
    assert "D01 Shop Until SHOP-7 is done. a.json" in text


def test_headings_are_in_order() -> None:
    for data in _SAMPLES.values():
        levels = [int(tag[1]) for tag, _ in Structure(render(data)).elements if tag in _HEADINGS]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b <= a + 1 for a, b in pairwise(levels))


def test_arrows_are_told_in_words() -> None:
    """Who does not see the picture reads of each arrow, and of the leak paths it stands for."""
    text = Structure(render(samples.leaking())).text
    for said in (
        "⚠ open: Shop/Orders/Function to Ways out: may leave (N04)",
        "⚠ open: Ways out to Internet: open (N04)",
        "Shop/Orders/Function to dynamodb: may connect",
        "dynamodb to Shop/Table: may ask dynamodb",
    ):
        assert said in text


def test_a_picture_without_arrows_says_so() -> None:
    network = replace(samples.closed().network, edges=())
    assert "Nothing leads anywhere." in render(replace(samples.closed(), network=network))


def test_findings_of_one_cause_are_told_once() -> None:
    """Of each cause the first one whole, and of more than three the others by their places."""
    few = [samples.finding("I01", f"Shop/Few{n}", f"is open: to {n}") for n in range(3)]
    many = [samples.finding("I01", f"Shop/Many{n}", f"lets out: {n}") for n in range(9)]
    alike = [replace(f, cause=f.reason.partition(":")[0]) for f in (*few, *many)]
    path = replace(samples.leaking().paths[1], findings=tuple(alike))
    outcome = samples.outcome_of(path)
    text = Structure(render(replace(samples.closed(), outcome=outcome))).text
    assert all(f"Shop/Few{n} is open: to {n}" in text for n in range(3))
    assert "Shop/Many0 lets out: 0 and 8 more for the same cause" in text
    assert "lets out: 1" not in text
    assert all(f"Shop/Many{n}" in text for n in range(9))


def test_more_than_a_few_causes_are_folded() -> None:
    found = [samples.finding("I01", "Shop/Fn", f"is open in way {n}") for n in range(7)]
    outcome = samples.outcome_of(replace(samples.leaking().paths[1], findings=tuple(found)))
    text = Structure(render(replace(samples.closed(), outcome=outcome))).text
    assert "Shop/Fn is open in way 4 2 more Shop/Fn is open in way 5" in text


def test_page_of_many_functions_is_small() -> None:
    case = case_of(shop(100, tables=100))
    many = [samples.finding("I01", f"Shop/Worker{n:03}", "has a role " * 9) for n in range(100)]
    paths = [replace(samples.leaking().paths[1], findings=tuple(many))]
    page = render(gather(samples.outcome_of(*paths), case, title="hundred", made_with="x"))
    assert len(page.encode()) < 150_000


def test_many_reasons_of_a_request_that_does_not_work_are_counted() -> None:
    reasons = tuple(f"Shop/Worker{n:02} is not let out" for n in range(12))
    outcome = samples.outcome_of(broken={"let out": reasons})
    text = Structure(render(replace(samples.closed(), outcome=outcome))).text
    assert "security groups let the functions reach the endpoint" in text
    assert "Shop/Worker04" in text
    assert "Shop/Worker05" not in text
    assert "and 7 more, which secure-lambda check --json lists" in text


def test_every_request_has_words() -> None:
    for name in FLOWS:
        outcome = samples.outcome_of(broken={name: ("x",)})
        page = render(replace(samples.closed(), outcome=outcome))
        assert "<li>x</li>" in page
        assert f'<th scope="row">{name}</th>' not in page


def test_requests_that_do_not_work_are_in_the_verdict() -> None:
    outcome = samples.outcome_of(broken={"reads": ("x",), "run": ("y",)})
    data = replace(samples.closed(), outcome=outcome)
    assert verdict_line(data).endswith("; 2 legitimate requests do not work.")
    assert "verdict-open" in render(data)
