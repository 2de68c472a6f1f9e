"""The page: complete, closed in itself, the same each time, and never made by a name."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from secure_lambda_constructs.checks.report.data import ReportData
from secure_lambda_constructs.checks.report.page import render, verdict_line

from . import samples
from .structure import Structure

_SAMPLES = {name: getattr(samples, name)() for name in ("closed", "hostile", "leaking", "nothing")}


@pytest.fixture(params=list(_SAMPLES))
def data(request: pytest.FixtureRequest) -> ReportData:
    """Each of the samples."""
    found: ReportData = _SAMPLES[request.param]
    return found


def test_page_is_the_same_each_time(data: ReportData) -> None:
    assert render(data) == render(data)


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
        "Shop/Worker11 takes unsigned code",
        "dynamodb.us-east-1.amazonaws.com is not answered",
        "The partner's key is needed until the contract ends.",
        "Account/Boundary/Policy",
        "repo:octo-org@1/shop@2:environment:x",
        "inline code, which nobody signs",
        "$14.60",
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
    assert "Nothing of what these templates create is paid by the month." in text


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
    return replace(data, paths=tuple(p for p in data.paths if p.id in names), broken={})


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


def test_requests_that_do_not_work_are_in_the_verdict() -> None:
    data = replace(samples.closed(), broken={"reads": ("x",), "run": ("y",)})
    assert verdict_line(data).endswith("; 2 legitimate requests do not work.")
    assert "verdict-open" in render(data)
