"""report.html in a real browser: read, filtered, searched, printed; by mouse and by keyboard."""

import importlib.util
import json
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched, Written
from tests.conformance.reports.make import HOSTILE

from sbw_conformance.reports import evidence, grouping
from sbw_conformance.results import Outcome, Report

WIDE: Any = {"width": 1280, "height": 800}
NARROW: Any = {"width": 390, "height": 844}
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "report_html.py"
READY = "html[data-ready]"


def rows(page: Page) -> list[str]:
    """The ids of the requirements that are shown."""
    script = "rows => rows.filter(row => row.checkVisibility()).map(row => row.id)"
    found: list[str] = page.locator("#table tbody tr").evaluate_all(script)
    return found


def ids(report: Report, *outcomes: Outcome) -> set[str]:
    """The requirements that came out so."""
    names = {result.requirement for result in report.results}
    return {name for name in names if report.outcome(name) in outcomes}


def all_ids(report: Report) -> set[str]:
    """The requirements that the run knew, and what results name beside them."""
    return {*report.requirements, *(result.requirement for result in report.results)}


def focused(page: Page) -> str:
    """Id or text of what has the focus."""
    script = "document.activeElement.id || document.activeElement.textContent.trim()"
    return str(page.evaluate(script))


def squeezed(text: str) -> str:
    """A text without white space."""
    return re.sub(r"\s+", "", text)


# Reading


def test_the_first_screen_says_what_came_out(opened: Watched, page_file: Path) -> None:
    """Verdict, provider, classes, counts and what to mend first, without scrolling."""
    page = opened(page_file)
    expect(page).to_have_title(re.compile("^NOT CONFORMANT: SBW conformance of http"))
    for shown in (
        page.get_by_role("heading", name="NOT CONFORMANT", level=1),
        page.get_by_text("7 requirements are broken."),
        page.get_by_text("SBW draft, classes contacts, core"),
        page.locator(".counts .fail"),
        page.get_by_role("heading", name="What to mend"),
        page.locator(".todo li").first,
    ):
        expect(shown).to_be_in_viewport()
    expect(page.locator(".counts .fail")).to_have_text("✗ 7 broken")


def test_a_failure_says_all_that_is_needed(
    opened: Watched, page_file: Path, report: Report
) -> None:
    """Sentence, address, expected, got, the line of curl to copy, and the answer."""
    page = opened(page_file, permissions=["clipboard-read", "clipboard-write"])
    group = next(g for g in grouping.failures(report) if g.first.requirement == "CORE-042")
    exchange = evidence.exchange_of(report, group.first)
    assert exchange is not None
    article = page.locator("article").filter(has=page.get_by_role("link", name="CORE-042"))
    expect(article.locator("h3")).to_have_text(
        "✗ broken CORE-042 on contact, custom_field_definition, organization"
    )
    expect(article.locator(".sentence")).to_contain_text("MUST refuse an update without If-Match")
    where = article.locator("dt:text-is('Where') + dd")
    expect(where).to_have_text(str(evidence.where(exchange)))
    expect(article.locator(".expected")).to_have_text(str(group.first.expected))
    expect(article.locator(".got")).to_have_text(str(group.first.got))
    article.get_by_role("button", name="Copy the line that repeats CORE-042").click()
    assert page.evaluate("navigator.clipboard.readText()") == evidence.curl(exchange)
    expect(page.get_by_role("status")).to_have_text("Copied")
    answer = article.locator(".answer pre")
    expect(answer).to_be_hidden()
    article.get_by_text("The answer").click()
    expect(answer).to_contain_text("precondition-required")


def test_evidence_is_inflated_where_it_is_asked_for(
    opened: Watched, page_file: Path, report: Report
) -> None:
    """A result shows what was sent and what came, but for white space; before that, nothing."""
    result = next(r for r in report.results if r.outcome is Outcome.PASS and r.exchange)
    exchange = evidence.exchange_of(report, result)
    assert exchange is not None
    page = opened(page_file, permissions=["clipboard-read", "clipboard-write"])
    row = page.locator(f"#{result.requirement}")
    assert row.locator(".exchange").count() == 0
    row.locator(".results > summary").click()
    item = row.locator(".results > ul > li").filter(has_text=result.check)
    item = item.filter(has_text=f"on {result.resource}") if result.resource else item
    item.locator(".exchange > summary").first.click()
    shown = item.first.locator("pre").all_text_contents()
    sent, came = evidence.request(exchange, None), evidence.answer(exchange, None)
    assert [*map(squeezed, shown)] == [*map(squeezed, (sent, came, evidence.curl(exchange)))]
    assert json.loads(shown[1].partition("\n\n")[2]) == json.loads(came.partition("\n\n")[2])
    item.first.get_by_role("button").click()
    assert page.evaluate("navigator.clipboard.readText()") == evidence.curl(exchange)


@pytest.mark.parametrize(
    ("body", "laid_out"),
    [
        (
            '{"a":1.0,"b":[],"c":{"d":"x, {}"}}',
            '{\n  "a": 1.0,\n  "b": [],\n  "c": {\n    "d": "x, {}"\n  }\n}',
        ),
        ("[12345678901234567890]", "[\n  12345678901234567890\n]"),
        ('{ "a" : "\\"" }', '{\n  "a": "\\""\n}'),
        ('{"a":1.0,', '{"a":1.0,'),
        ("[error] no   JSON", "[error] no   JSON"),
        ('"text"', '"text"'),
    ],
)
def test_json_is_laid_out(
    opened: Watched, report: Report, written: Written, body: str, laid_out: str
) -> None:
    """Only white space between tokens changes; what is no JSON stays as it came."""
    one = next(r for r in report.results if r.requirement == "CORE-070" and r.outcome == "fail")
    exchange = {**report.exchanges[str(one.exchange)], "body": {"text": body}}
    changed = replace(report, results=(one,), exchanges={str(one.exchange): exchange})
    page = opened(written(changed))
    page.locator(".answer > summary").click()
    head = evidence.answer(exchange).partition("\n\n")[0]
    answer = page.locator(".answer pre")
    expect(answer).to_have_js_property("textContent", f"{head}\n\n{laid_out}")


def test_every_result_can_be_opened(opened: Watched, page_file: Path, report: Report) -> None:
    """Each requirement lists all of its results, each with its outcome and reason."""
    page = opened(page_file)
    page.evaluate("document.querySelectorAll('.results').forEach(d => { d.open = true; })")
    items = page.locator(".results > ul > li")
    expect(items).to_have_count(len(report.results))
    expect(page.locator(".exchange")).to_have_count(sum(bool(r.exchange) for r in report.results))
    texts = items.locator(":scope > .badge").all_text_contents()
    found = Counter(text.partition(" ")[2] for text in texts)
    assert found["broken"] == sum(r.outcome is Outcome.FAIL for r in report.results)
    assert found["waived"] == 2
    waived = items.filter(has_text="Waived").first
    expect(waived).to_contain_text("(API team, CRM-17, until 2026-12-01)")


def test_what_a_provider_sends_stays_text(opened: Watched, page_file: Path) -> None:
    """Also in what is inflated: no element, no script, no hidden or turned letters."""
    page = opened(page_file)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    expect(page.locator(".exchange").first).to_be_visible()
    page.evaluate("document.querySelectorAll('.exchange').forEach(d => { d.open = true; })")
    expect(page.locator(".exchange pre").first).to_be_visible()
    assert page.locator("img, iframe, object, embed, link, b > img").count() == 0
    text = page.locator("body").inner_text()
    assert "<img src=x onerror=alert(1)>" in text
    assert "\\u202etfel" in text
    assert not re.search("[\u202a-\u202e\u200b\x1b\x07]", text)
    assert re.search("[\u202a-\u202e\u200b\x1b\x07]", HOSTILE)


def test_only_the_script_of_the_page_runs(opened: Watched, page_file: Path) -> None:
    """The policy stops other scripts, and whoever would write markup."""
    page = opened(page_file)
    script = (
        "(() => { try { document.body.innerHTML = '<b>x</b>'; } catch (e) { return e.name; } })()"
    )
    assert page.evaluate(script) == "TypeError"
    assert any("TrustedHTML" in text for text in opened.wrong)
    opened.wrong.clear()
    added = "(() => { const s = document.createElement('script'); s.append('window.ran = 1');"
    page.evaluate(f"{added} document.body.append(s); }})()")
    assert page.evaluate("window.ran === undefined")
    assert opened.wrong
    opened.wrong.clear()


# Finding


def test_filter_by_outcome(opened: Watched, page_file: Path, report: Report) -> None:
    """Buttons tell how many there are, say whether they are pressed, and add up."""
    page = opened(page_file)
    broken = page.get_by_role("button", name=re.compile("broken"))
    expect(broken).to_have_attribute("aria-pressed", "false")
    expect(broken.locator(".number")).to_have_text("7")
    broken.click()
    expect(broken).to_have_attribute("aria-pressed", "true")
    assert set(rows(page)) == ids(report, Outcome.FAIL)
    total = len(all_ids(report))
    expect(page.get_by_role("status")).to_have_text(f"7 of {total} requirements shown")
    page.get_by_role("button", name=re.compile("could not be judged")).click()
    assert set(rows(page)) == ids(report, Outcome.FAIL, Outcome.COULD_NOT_RUN)
    broken.click()
    assert set(rows(page)) == ids(report, Outcome.COULD_NOT_RUN)
    page.get_by_role("button", name="Show all").click()
    assert len(rows(page)) == total
    expect(broken).to_have_attribute("aria-pressed", "false")
    assert focused(page) == "search"


def test_filter_by_class_and_resource(opened: Watched, page_file: Path, report: Report) -> None:
    """On a resource counts how a requirement came out there, not elsewhere."""
    page = opened(page_file)
    page.get_by_label("Class").select_option("contacts")
    assert rows(page) == ["C4"]
    page.get_by_label("Class").select_option("")
    page.get_by_label("Resource").select_option("contact")
    on_contact = {r.requirement for r in report.results if r.resource == "contact"}
    assert set(rows(page)) == on_contact
    page.get_by_role("button", name=re.compile("kept")).click()
    kept = {
        r.requirement for r in report.results if r.resource == "contact" and r.outcome == "pass"
    }
    spoilt = {
        r.requirement for r in report.results if r.resource == "contact" and r.outcome != "pass"
    }
    assert set(rows(page)) == kept - spoilt
    assert "CORE-070" in rows(page)
    page.get_by_label("Resource").select_option("organization")
    assert "CORE-070" not in rows(page)
    page.get_by_label("Resource").select_option("-")
    assert set(rows(page)) <= {r.requirement for r in report.results if r.resource is None}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("core-042", ["CORE-042"]),
        ("428 change nothing", ["CORE-042"]),
        ("core.deleted_record_is_gone", ["CORE-072"]),
        ("no such words", []),
    ],
)
def test_search(opened: Watched, page_file: Path, words: str, expected: list[str]) -> None:
    """By id, words of the sentence, and check; where nothing fits, that is said."""
    page = opened(page_file)
    page.get_by_label("Search").fill(words)
    assert rows(page) == expected
    nothing = page.get_by_text("No requirement fits.")
    expect(nothing).to_be_hidden() if expected else expect(nothing).to_be_visible()


def test_a_deep_link_opens_its_requirement(opened: Watched, page_file: Path) -> None:
    """The row is in sight, open and has the focus; on loading and later."""
    page = opened(page_file, "#CORE-072")
    expect(page.locator("#CORE-072 th")).to_be_in_viewport()
    expect(page.locator("#CORE-072 .exchange").first).to_be_visible()
    assert focused(page) == "CORE-072"
    page.locator("article").get_by_role("link", name="CORE-042").click()
    expect(page.locator("#CORE-042 th")).to_be_in_viewport()
    expect(page.locator("#CORE-042 details").first).to_have_attribute("open", "")
    assert page.url.endswith("#CORE-042")


def test_a_deep_link_outranks_the_filter(opened: Watched, page_file: Path) -> None:
    """What a link leads to is shown, whatever was searched for; also a second time."""
    page = opened(page_file, "#CORE-042")
    for _ in range(2):
        page.get_by_label("Search").fill("deleted_record")
        expect(page.locator("#CORE-042")).to_be_hidden()
        page.locator("article").get_by_role("link", name="CORE-042").click()
        expect(page.locator("#CORE-042 th")).to_be_in_viewport()
        expect(page.get_by_label("Search")).to_have_value("")


@pytest.mark.parametrize("anchor", ["#none", "#%E0%A4%A", "#a%22]b", "#requirements"])
def test_other_anchors_do_no_harm(opened: Watched, page_file: Path, anchor: str) -> None:
    """A link to what is not there, or is no row, opens the page all the same."""
    page = opened(page_file, anchor)
    expect(page.locator(READY)).to_be_attached()
    assert page.locator("tr.aimed").count() == 0


# By keyboard, and for who does not see


def test_everything_is_reached_by_keyboard(opened: Watched, page_file: Path) -> None:
    """Tab leads to each link, button, field and summary, in the order of the page; focus shows."""
    page = opened(page_file)
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input, select, summary')]
        .filter(e => e.checkVisibility()).length"""
    )
    reached = 0
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the requirements"
    while page.evaluate("document.activeElement !== document.body"):
        if page.evaluate(
            "document.activeElement.matches('a[href], button, input, select, summary')"
        ):
            reached += 1
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(outline) != "none", focused(page)
        page.keyboard.press("Tab")
        assert reached <= wanted
    assert reached == wanted > 80


def test_keys(opened: Watched, page_file: Path) -> None:
    """A slash searches, Escape shows all again, Enter and space work as everywhere."""
    page = opened(page_file)
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("core-07/")
    expect(page.get_by_label("Search")).to_have_value("core-07/")
    page.keyboard.press("Backspace")
    assert set(rows(page)) == {"CORE-070", "CORE-071", "CORE-072", "CORE-076"}
    page.keyboard.press("Escape")
    expect(page.get_by_label("Search")).to_have_value("")
    assert len(rows(page)) > 10
    page.get_by_role("button", name=re.compile("broken")).focus()
    page.keyboard.press("Space")
    assert len(rows(page)) == 7
    page.keyboard.press("Escape")
    page.locator("#CORE-042 summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#CORE-042 .exchange").first).to_be_visible()


def test_the_page_has_a_structure(opened: Watched, page_file: Path) -> None:
    """Landmarks, headings in order, named buttons, and a table also where it is narrow."""
    for size in (WIDE, NARROW):
        page = opened(page_file, viewport=size)
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("banner").count() == 1
        assert page.get_by_role("contentinfo").count() == 1
        assert page.get_by_role("search", name="Requirements").count() == 1
        assert page.get_by_role("navigation", name="Sections").count() == 1
        levels = [
            int(tag[1])
            for tag in page.locator("h1, h2, h3").evaluate_all("all => all.map(e => e.tagName)")
        ]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        table = page.locator("#table")
        assert table.get_by_role("columnheader").count() == 3
        assert table.get_by_role("rowheader", name="CORE-042").count() == 1
        cell = table.get_by_role("row", name=re.compile("^CORE-042")).get_by_role("cell").first
        expect(cell).to_have_text("✗ broken")
        for button in page.get_by_role("button").all():
            assert button.evaluate("e => (e.ariaLabel || e.textContent).trim()")


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2) of `rgb(r, g, b)`."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(opened: Watched, page_file: Path, scheme: Any) -> None:
    """Every text stands out from the paper by 4.5 to 1, in the light and in the dark."""
    page = opened(page_file, color_scheme=scheme)
    paper = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (paper > 0.5) == (scheme == "light")
    colors = page.evaluate(
        """() => [...new Set([...document.querySelectorAll('body *')]
        .filter(e => e.checkVisibility() && e.textContent.trim())
        .map(e => getComputedStyle(e).color))]"""
    )
    assert len(colors) > 4
    for color in colors:
        low, high = sorted([luminance(color), paper])
        assert (high + 0.05) / (low + 0.05) >= 4.5, color


# Elsewhere


def test_a_narrow_page_scrolls_in_one_direction(opened: Watched, page_file: Path) -> None:
    """390 pixels are enough, also with everything open."""
    page = opened(page_file, viewport=NARROW)
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= 390
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    expect(page.locator(".exchange").first).to_be_visible()
    page.evaluate("document.querySelectorAll('.exchange').forEach(d => { d.open = true; })")
    expect(page.locator(".exchange pre").first).to_be_visible()
    assert page.evaluate(wide) <= 390


def test_print(opened: Watched, page_file: Path) -> None:
    """On paper all is open, nothing waits to be pressed, and no filter hides a row."""
    page = opened(page_file, color_scheme="dark")
    page.get_by_label("Search").fill("core-042")
    page.emulate_media(media="print", color_scheme="dark")
    for gone in ("button", "form", "nav", ".skip"):
        assert not any(e.is_visible() for e in page.locator(gone).all()), gone
    expect(page.locator("article .answer pre").first).to_be_visible()
    assert page.locator("article .answer pre").first.evaluate("e => e.checkVisibility()")
    expect(page.locator("#CORE-072")).to_be_visible()
    assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) > 0.9
    page.emulate_media(media="screen")
    assert page.pdf().startswith(b"%PDF")
    assert page.locator("details[open]").count() == 0


def test_without_scripts(opened: Watched, page_file: Path, report: Report) -> None:
    """Verdict, failures and requirements are there; what would not work is not."""
    page = opened(page_file, java_script_enabled=False)
    expect(page.get_by_role("heading", name="NOT CONFORMANT", level=1)).to_be_visible()
    expect(page.locator("article .expected").first).to_be_visible()
    expect(page.locator("article pre").first).to_contain_text("curl -i")
    assert page.locator("#table tbody tr").count() == len(all_ids(report))
    expect(page.get_by_text("Without JavaScript there is neither")).to_be_visible()
    expect(page.locator("form")).to_be_hidden()
    assert page.get_by_role("button").count() == 0


# Many results


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """Give the benchmark's own way of making a large report."""
    spec = importlib.util.spec_from_file_location("report_html", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_five_thousand_results(
    opened: Watched, report: Report, written: Written, benchmark: ModuleType
) -> None:
    """The page opens, is small enough, finds and shows the last of them at once."""
    many = benchmark.multiplied(report, 5000)
    assert len(many.results) == 5000
    file = written(many)
    assert file.stat().st_size < 12_000_000
    page = opened(file)
    last = next(reversed(many.requirements))
    page.locator("#search").fill(last.lower())
    assert rows(page) == [last]
    page.goto(f"{file.as_uri()}#{last}")
    # Of so large a page, what expects more than that there is something takes minutes to fail.
    page.wait_for_function(f"document.getElementById('{last}').getBoundingClientRect().top < 700")
    result = next(r for r in reversed(many.results) if r.exchange)
    page.goto(f"{file.as_uri()}#{result.requirement}")
    page.locator(f"#{result.requirement} .exchange").first.wait_for()


def test_many_results_of_one_requirement(opened: Watched, report: Report, written: Written) -> None:
    """They are shown a hundred at a time; the focus goes on where the last batch ended."""
    one = next(r for r in report.results if r.requirement == "CORE-070" and r.outcome == "pass")
    many = tuple(replace(one, check=f"core.check_{n:03}") for n in range(250))
    page = opened(written(replace(report, results=many)), "#CORE-070")
    items = page.locator("#CORE-070 .results > ul > li")
    expect(items).to_have_count(101)
    more = page.get_by_role("button", name="Show 100 more of 150")
    more.focus()
    page.keyboard.press("Enter")
    expect(items).to_have_count(201)
    assert page.evaluate("document.activeElement.closest('li').textContent").find("check_100") > 0
    page.get_by_role("button", name="Show 50 more of 50").click()
    expect(items).to_have_count(250)


def test_evidence_that_cannot_be_inflated_is_said(
    opened: Watched, page_file: Path, tmp_path: Path
) -> None:
    """A page that was damaged says so where somebody looks, and shows what it can."""
    text = re.sub(r'(id="chunk-0">).{40}', r"\1AAAA", page_file.read_text())
    damaged = tmp_path / "report.html"
    damaged.write_text(text)
    page = opened(damaged)
    page.locator("#CORE-042 summary").first.click()
    expect(page.get_by_role("alert")).to_contain_text("The evidence cannot be inflated here")
    expect(page.locator("#CORE-042 .results li").first).to_contain_text("core.update_without")
