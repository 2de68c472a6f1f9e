"""The page in a real browser: it is drawn, its links and filters work, and nothing is loaded.

Skipped where there is no headless Chromium; on Debian `apt-get install chromium-headless-shell`
brings one, in 300 MB.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.checks.report.data import ReportData
from secure_lambda_constructs.checks.report.gather import gather

from . import samples
from .apps import case_of, shop
from .browser import Browser

_Written = Callable[[ReportData], Path]
_AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_OUTSIDE = (
    "[...document.querySelectorAll('.box')].flatMap(box => {"
    "const edge = box.querySelector('rect').getBoundingClientRect();"
    "return [...box.querySelectorAll('text')].filter("
    "t => t.getBoundingClientRect().right > edge.right).map(t => t.textContent)})"
)
_VIOLATIONS = (
    "axe.run(document).then(r => r.violations.map("
    "v => [v.id, v.help, v.nodes.map(n => n.html.slice(0, 200))]))"
)
_SHOWN = "[...document.querySelectorAll('#{} > tbody > tr')].filter(r => !r.hidden).length"


def _hundred() -> ReportData:
    case = case_of(shop(100, tables=100))
    outcome = samples.outcome_of(*samples.leaking().paths)
    return gather(outcome, case, title="hundred", made_with="x")


_PAGES: dict[str, Callable[[], ReportData]] = {
    "closed": samples.closed,
    "hostile": samples.hostile,
    "hundred": _hundred,
    "known": samples.known,
    "leaking": samples.leaking,
    "nothing": samples.nothing,
}


# Each of the pages once, and each scheme.
_SHOWS = [
    ("closed", "light"),
    ("hostile", "light"),
    ("hundred", "dark"),
    ("known", "light"),
    ("leaking", "light"),
    ("leaking", "dark"),
    ("nothing", "dark"),
]


@pytest.mark.parametrize(("name", "scheme"), _SHOWS)
def test_page_is_shown_without_a_complaint(
    browser: Browser, written: _Written, name: str, scheme: str
) -> None:
    data = _PAGES[name]()
    path = written(data)
    with browser.open(path, scheme=scheme) as page:
        assert page.evaluate("document.title") == samples.visible(f"{data.title}: what can leave")
        assert page.complaints() == []
        assert page.requested() == [path.as_uri()]
        width, height = struct.unpack(">II", page.screenshot()[16:24])
        assert height > 900
        # Nothing is wider than the window but what scrolls by itself.
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert width <= 1280
        lost = page.evaluate(
            "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
            ".filter(h => !h.startsWith('#') || !document.getElementById(h.slice(1)))"
        )
        assert lost == []


def test_schemes_differ(browser: Browser, written: _Written) -> None:
    path = written(samples.closed())
    grounds = set()
    for scheme in ("light", "dark"):
        with browser.open(path, scheme=scheme) as page:
            grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_hostile_names_run_nothing(browser: Browser, written: _Written) -> None:
    with browser.open(written(samples.hostile())) as page:
        assert page.evaluate("document.title") != "owned"
        assert page.evaluate("document.querySelectorAll('script').length") == 1
        assert page.evaluate("document.querySelectorAll('img, iframe, [autofocus]').length") == 0
        assert page.complaints() == []


def test_policy_holds_an_injected_script_back(browser: Browser, written: _Written) -> None:
    path = written(samples.closed())
    added = "<script>document.title = 'owned'</script><p style='color: red' id='styled'></p>"
    image = "<img src='https://example.invalid/x.png' onerror=\"document.title = 'owned'\">"
    path.write_text(path.read_text().replace("<main", f"{added}{image}<main"))
    with browser.open(path) as page:
        assert page.evaluate("document.title") == "cdk.out: what can leave"
        color = "getComputedStyle(document.querySelector('#styled')).color"
        assert page.evaluate(color) != "rgb(255, 0, 0)"
        assert len([c for c in page.complaints() if "Content Security Policy" in c]) >= 3


def test_a_box_leads_to_its_leak_path(browser: Browser, written: _Written) -> None:
    with browser.open(written(samples.leaking())) as page:
        page.click(".picture a[href='#path-N04'] .box-title")
        assert page.evaluate("location.hash") == "#path-N04"
        top = page.evaluate("document.querySelector('#path-N04').getBoundingClientRect().top")
        assert 0 <= top < 900


def test_filters_of_leak_paths(browser: Browser, written: _Written) -> None:
    shown = _SHOWN.format("paths-table")
    said = "document.querySelector('[data-filters=paths-table] [role=status]').textContent"
    with browser.open(written(samples.leaking())) as page:
        assert page.evaluate(shown) == 6
        page.click("[data-filters=paths-table] button[value=open]")
        assert page.evaluate(shown) == 2
        assert page.evaluate(said) == "2 of 6 shown"
        pressed = "[...document.querySelectorAll('[aria-pressed=true]')].map(b => b.value)"
        assert page.evaluate(pressed) == ["open", ""]
        page.click("[data-filters=paths-table] input")
        page.type("nat gateway")
        assert page.evaluate(shown) == 1
        # A link to a row that is filtered away shows it.
        page.evaluate("location.hash = '#path-O06'")
        page.evaluate("new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))")
        assert page.evaluate(shown) == 6


def test_filters_of_functions(browser: Browser, written: _Written) -> None:
    shown = _SHOWN.format("signing-table")
    with browser.open(written(_hundred())) as page:
        assert page.evaluate(shown) == 101
        page.click("[data-filters=signing-table] input")
        page.type("Worker09")
        assert page.evaluate(shown) == 10


def test_keyboard_reaches_all_that_can_be_used(browser: Browser, written: _Written) -> None:
    with browser.open(written(samples.known()), width=700) as page:
        wanted = page.evaluate(
            "[...document.querySelectorAll('a[href], button, input, summary, [tabindex=\"0\"]')]"
            ".length"
        )
        here = (
            "(e => [[...document.querySelectorAll('*')].indexOf(e), "
            "getComputedStyle(e).outlineStyle, "
            "e.closest('svg') && getComputedStyle(e.querySelector('rect')).strokeWidth])"
            "(document.activeElement)"
        )
        seen = []
        for _ in range(wanted):
            page.press("Tab")
            seen.append(page.evaluate(here))
        assert seen[0][0] == page.evaluate(
            "[...document.querySelectorAll('*')].indexOf(document.querySelector('.skip'))"
        )
        assert len({index for index, _, _ in seen}) == wanted
        # A box of the picture shows the focus by its frame.
        assert all(outline != "none" or frame == "4px" for _, outline, frame in seen)
        assert "4px" in {frame for _, _, frame in seen}


def test_keyboard_uses_a_filter_and_folds_open(browser: Browser, written: _Written) -> None:
    with browser.open(written(samples.leaking())) as page:
        page.evaluate(
            "document.querySelector('[data-filters=paths-table] button[value=open]').focus()"
        )
        page.press(" ")
        assert page.evaluate(_SHOWN.format("paths-table")) == 2
        page.evaluate("document.querySelector('#paths-table summary').focus()")
        page.press("Enter")
        assert page.evaluate("document.querySelector('#paths-table details').open")


def test_page_is_complete_without_scripts(browser: Browser, written: _Written) -> None:
    path = written(samples.leaking())
    with browser.open(path, scripts=False) as page:
        text = _text(page)
        for said in ("N04", "Worker00", "permissions boundary, bounds", "$14.60"):
            assert said in text
        # What would do nothing is not there.
        assert "Search leak paths" not in text
        assert "shown" not in text


def _text(page: Any) -> str:
    """What a screen reader is told, which does not need the page's scripts."""
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    told = [n.get("name", {}).get("value", "") for n in nodes if not n.get("ignored")]
    return "\n".join(told)


def test_screen_readers_are_told_what_the_picture_shows(
    browser: Browser, written: _Written
) -> None:
    with browser.open(written(samples.leaking())) as page:
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        told = {
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node.get("ignored")
        }
    assert ("link", "λ Shop/Orders") in told
    assert ("link", "Ways out NatGateway Shop/Nat ⚠ opens N04") in told
    assert ("group", "What can reach what") in told
    assert ("main", "") in told
    assert ("navigation", "Sections of this report") in told


def test_page_prints(browser: Browser, written: _Written) -> None:
    data = samples.leaking()
    with browser.open(written(data), scheme="dark") as page:
        page.click("[data-filters=paths-table] button[value=closed]")
        assert page.printed().startswith(b"%PDF-")
        page.call("Emulation.setEmulatedMedia", media="print")
        colours = "getComputedStyle(document.body)"
        assert page.evaluate(f"{colours}.backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate(f"{colours}.color") == "rgb(0, 0, 0)"
        # What is filtered away or folded on the screen is on paper.
        height = "document.querySelector({}).getBoundingClientRect().height > 0"
        for selector in ("#path-N04", "#path-O05 details .path"):
            assert page.evaluate(height.format(json.dumps(selector)))
        assert not page.evaluate(height.format("'nav'"))


def test_motion_is_reduced_where_it_is_asked_for(browser: Browser, written: _Written) -> None:
    path = written(samples.closed())
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    with browser.open(path, reduced_motion=True) as page:
        assert page.evaluate(behaviour) == "auto"
    with browser.open(path, reduced_motion=False) as page:
        assert page.evaluate(behaviour) == "smooth"


_WIDE = (
    "[...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth)"
    ".map(s => s.firstElementChild.id || s.firstElementChild.tagName)"
)


def test_narrow_window_has_the_cells_of_a_row_below_each_other(
    browser: Browser, written: _Written
) -> None:
    with browser.open(written(samples.known()), width=380) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # Only the picture, and the table that has a column for each policy, are scrolled.
        assert set(page.evaluate(_WIDE)) <= {"svg", "changes-table"}
        label = "getComputedStyle(document.querySelector('#path-N04 td:last-child'), '::before')"
        assert page.evaluate(f"{label}.content") == '"Evidence"'
        # A filter hides what is below each other too.
        page.click("[data-filters=paths-table] button[value=known]")
        assert page.evaluate(_SHOWN.format("paths-table")) == 1
        height = "document.querySelector('#path-D01').getBoundingClientRect().height"
        assert page.evaluate(height) == 0


def test_tables_stay_tables_in_a_narrow_window(browser: Browser, written: _Written) -> None:
    """A screen reader is told of rows and columns however they are laid out."""
    told = []
    for width in (380, 1280):
        with browser.open(written(samples.known()), width=width) as page:
            nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        roles = [node["role"]["value"] for node in nodes if not node.get("ignored")]
        wanted = ("table", "row", "cell", "columnheader", "rowheader", "caption")
        told.append({role: roles.count(role) for role in wanted})
    assert told[0] == told[1]
    assert all(told[0].values())


@pytest.mark.parametrize("width", [380, 1280])
def test_odd_names_break_no_layout(browser: Browser, written: _Written, width: int) -> None:
    with browser.open(written(samples.long()), width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(_OUTSIDE) == []
        assert set(page.evaluate(_WIDE)) <= {"svg", "changes-table"}


def test_nothing_is_cut_off_on_paper(browser: Browser, written: _Written) -> None:
    # A4 without its margins.
    with browser.open(written(samples.known()), width=688) as page:
        page.call("Emulation.setEmulatedMedia", media="print")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(_WIDE) == []


def test_filters_of_what_is_in_the_baseline(browser: Browser, written: _Written) -> None:
    with browser.open(written(samples.known())) as page:
        page.click("[data-filters=paths-table] button[value=known]")
        shown = "[...document.querySelectorAll('#paths-table tr:not([hidden])[id]')].map(r => r.id)"
        assert page.evaluate(shown) == ["path-N04"]
        page.click("#path-N04 a[href='#baseline']")
        assert page.evaluate("location.hash") == "#baseline"
        page.click("#acknowledged a[href='#path-O06']")
        page.evaluate("new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))")
        assert page.evaluate(_SHOWN.format("paths-table")) == 6


@pytest.mark.parametrize(("name", "scheme"), _SHOWS)
def test_nothing_keeps_anybody_out(
    browser: Browser, written: _Written, name: str, scheme: str
) -> None:
    with browser.open(written(_PAGES[name]()), scheme=scheme) as page:
        page.evaluate(f"{_AXE.read_text(encoding='utf-8')};0")
        assert page.evaluate(_VIOLATIONS) == []


def test_nothing_keeps_anybody_out_of_a_narrow_window(browser: Browser, written: _Written) -> None:
    with browser.open(written(samples.known()), scheme="dark", width=380) as page:
        page.evaluate(f"{_AXE.read_text(encoding='utf-8')};0")
        assert page.evaluate(_VIOLATIONS) == []


# WCAG 2.2, 1.4.3: 4.5 for text; 1.4.11: 3 for the lines of a picture.
_CONTRAST = """
(() => {
  const parts = c => c.match(/[0-9.]+/g).map(Number);
  const light = c => parts(c).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  for (const text of document.querySelectorAll('.picture g:has(> rect) > text')) {
    const ground = getComputedStyle(text.parentElement.querySelector('rect')).fill;
    found.push(['text', ratio(getComputedStyle(text).fill, ground)]);
  }
  const outer = getComputedStyle(document.body).backgroundColor;
  for (const line of document.querySelectorAll('.edge > path, .box-rect')) {
    found.push(['line', ratio(getComputedStyle(line).stroke, outer)]);
  }
  return found;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_picture_has_contrast(browser: Browser, written: _Written, scheme: str) -> None:
    """What axe does not look at: the texts and the lines of a drawing."""
    with browser.open(written(samples.known()), scheme=scheme) as page:
        found = page.evaluate(_CONTRAST)
    assert {kind for kind, _ in found} == {"text", "line"}
    assert [each for each in found if each[1] < (4.5 if each[0] == "text" else 3)] == []


def test_long_names_stay_in_their_boxes(browser: Browser, written: _Written) -> None:
    data = samples.leaking()
    long = "Shop/" + "WWWWmmmm" * 30 + "/Function"
    boxes = tuple(replace(box, title=long, lines=(long,)) for box in data.network.boxes)
    path = written(replace(data, network=replace(data.network, boxes=boxes)))
    with browser.open(path) as page:
        assert page.evaluate(_OUTSIDE) == []
