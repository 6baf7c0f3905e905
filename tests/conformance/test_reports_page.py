"""The page: well-formed and whole without a browser; what a browser does is in tests/browser."""

import base64
import hashlib
import json
import re
import time
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.conformance.reports.make import FROZEN

from sbw_conformance.events import read_events
from sbw_conformance.reports import html, packing, writers
from sbw_conformance.results import Outcome, Report, Result, fold
from sbw_validator.requirements import load_requirements
from sbw_validator.standard import load_standard

REQUIREMENTS = load_requirements(load_standard())


@pytest.fixture(scope="session")
def failed() -> Report:
    """Give a report with results of every kind."""
    return fold(read_events(FROZEN))


class Page(HTMLParser):
    """Ids, links and open elements of a page."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        assert self.open.pop() == tag


def test_the_page_has_an_anchor_for_each_requirement(failed: Report) -> None:
    """Self-contained, well-nested, ids unique, every link leads to one of them."""
    known = [
        {
            "id": entry.id,
            "kind": entry.kind,
            "class": entry.class_name,
            "sentence": entry.sentence,
        }
        for entry in REQUIREMENTS
    ]
    text = html.render(replace(failed, run={**failed.run, "requirements": known}))
    page = Page(text)
    assert page.open == []
    assert {requirement.id for requirement in REQUIREMENTS} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert "<script src" not in text
    assert "<link" not in text


def test_the_page_shows_what_to_mend(failed: Report) -> None:
    """Failures come first, with expected, got and the answer."""
    text = html.render(failed)
    assert text.index("What to mend") < text.index('id="requirements"')
    assert "status 201" in text
    assert "curl -i -X POST" in text


def test_nothing_but_our_own_script_and_style_works(failed: Report) -> None:
    """The policy names them by their digests, and forbids all else, also to fetch anything."""
    text = html.render(failed)
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src &#39;none&#39;; ")
    for name in ("script", "style"):
        [own] = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{name}-src &#39;sha256-{digest}&#39;;" in policy
    assert " style=" not in text
    assert not re.search(r"<[^>]+ on[a-z]+=", text)
    assert "://" not in re.sub(r"https?://127\.0\.0\.1:\d+", "", text.partition("<style>")[0])


def test_without_javascript_the_page_says_what_matters(failed: Report) -> None:
    """Verdict, what to mend with curl and answer, and each requirement with what checks say."""
    text = re.sub(r"<script.*?</script>", "", html.render(failed), flags=re.DOTALL)
    assert "NOT CONFORMANT</h1>" in text
    assert "expected status 428, problem type precondition-required" in text
    assert "--data-raw" in text
    assert "text/html" in text
    assert "<code>core.stale_version_is_refused</code> could not be judged on" in text
    assert "waived on contact, organization" in text
    assert 'id="filter" role="search" aria-label="Requirements" hidden' in text


def inflated(packed: packing.Packed) -> list[list[dict[str, str]]]:
    """The rows of each chunk."""
    return [json.loads(zlib.decompress(base64.b64decode(text))) for text in packed.chunks]


def test_every_result_is_in_a_chunk_of_its_requirement(
    failed: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a requirement's results need several chunks."""
    monkeypatch.setattr(packing, "CHUNK", 3000)
    packed = packing.pack(failed, html.EVIDENCE)
    chunks = inflated(packed)
    assert len(chunks) > 5
    assert sum(map(len, chunks)) == len(failed.results)
    for result in failed.results:
        first, last = packed.places[result.requirement]
        rows = [row for chunk in chunks[first : last + 1] for row in chunk]
        keys = [(row["requirement"], row["check"], row.get("resource")) for row in rows]
        assert (result.requirement, result.check, result.resource) in keys
    assert any(last > first for first, last in packed.places.values())
    assert packed.cut is None


def with_bodies(report: Report, size: int) -> Report:
    """The report with bodies that cannot be compressed, of so many bytes each."""
    exchanges = {}
    for number, (name, exchange) in enumerate(report.exchanges.items()):
        digests = (hashlib.sha256(f"{number}.{n}".encode()).hexdigest() for n in range(size // 64))
        exchanges[name] = {**exchange, "body": {"text": "".join(digests)}}
    return replace(report, exchanges=exchanges)


def test_bodies_are_cut_where_the_page_would_grow_too_large(failed: Report) -> None:
    """Those of what passed first, so that what matters stays; the page says that they are."""
    large = with_bodies(failed, 40_000)
    whole = packing.pack(large, html.EVIDENCE)
    assert whole.cut is None
    bound = sum(map(len, whole.chunks)) - 1
    packed = packing.pack(large, bound)
    assert packed.cut == 4000
    assert sum(map(len, packed.chunks)) <= bound
    rows = [row for chunk in inflated(packed) for row in chunk]
    sizes = {row["outcome"]: len(row["exchange"]["answer"]) for row in rows if "exchange" in row}
    assert sizes[Outcome.PASS] < 5000
    assert sizes[Outcome.FAIL] > 35_000
    assert "are cut to" not in html.render(large)


def test_a_page_says_that_bodies_are_cut(failed: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever misses something learns where it is."""
    monkeypatch.setattr(html, "EVIDENCE", 100_000)
    text = html.render(with_bodies(failed, 40_000))
    assert "report.json has them whole" in text


def test_very_many_failures_are_not_all_written_out(failed: Report) -> None:
    """The page stays small; the others stand with their requirements."""
    one = next(r for r in failed.results if r.requirement == "CORE-070" and r.exchange)
    rows = tuple(
        Result(
            "CORE-070",
            one.check,
            "task",
            Outcome.FAIL,
            expected=f"status {n}",
            got="no",
            exchange=one.exchange,
        )
        for n in range(5000)
    )
    text = html.render(replace(failed, results=rows))
    written = text.count("<article")
    assert 100 < written < 5000
    assert f"{5000 - written} more failures stand with their requirements" in text
    assert len(text.encode()) < html.LARGEST


@pytest.mark.parametrize("name", writers())
def test_many_results_are_written_soon(name: str, failed: Report) -> None:
    """No report takes time that grows faster than the results do: 5,000 are a matter of seconds."""
    rows = [
        replace(row, check=f"{row.check}_{turn}") for turn in range(132) for row in failed.results
    ]
    many = replace(failed, results=tuple(sorted(rows, key=lambda row: row.key)))
    assert len(many.results) > 5000
    began = time.process_time()
    text = writers()[name](many)
    assert time.process_time() - began < 10
    assert len(text) > 5000
