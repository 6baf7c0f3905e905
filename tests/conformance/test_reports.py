"""Reports: what a person or a machine reads off a run, from the event stream alone."""

import json
import re
import shlex
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.conformance.conftest import WholeRun
from tests.conformance.support import Asked, Passed, Providers, Proxy, environment, run, tokens

from sbw_conformance.events import read_events
from sbw_conformance.reports import evidence, junit, terminal, write_all
from sbw_conformance.reports import json as report_json
from sbw_conformance.results import Outcome, Report, Result, Verdict, fold
from sbw_validator.requirements import load_requirements
from sbw_validator.standard import load_standard

REQUIREMENTS = load_requirements(load_standard())


def broken(asked: Asked, passed: Passed) -> None:
    """Answer creates with 200, and updates without an ETag."""
    if asked.method == "POST" and passed.status == 201:
        passed.status = 200
    if asked.method == "PATCH":
        passed.headers = [row for row in passed.headers if row[0].lower() != "etag"]


@pytest.fixture
def failed(provider: Providers) -> Report:
    """Give a report with failures."""
    with Proxy(provider(), after=broken) as proxy:
        return run(proxy.seen, "core.create_answers", "core.reading", "core.etag", "core.update_a")


def test_reports_are_made_from_the_stream_alone(whole_run: WholeRun, tmp_path: Path) -> None:
    """Folded from run.ndjson again, each file comes out byte by byte as it was written."""
    report = fold(read_events(whole_run.folder / "run.ndjson"))
    written = write_all(report, tmp_path)
    assert [path.name for path in written] == ["report.json", "report.html", "junit.xml"]
    for path in written:
        assert path.read_bytes() == (whole_run.folder / path.name).read_bytes()


def test_the_summary_of_a_conformant_run(whole_run: WholeRun) -> None:
    """Verdict, who, what, how much: five lines and where the reports are."""
    lines = whole_run.done.stdout.splitlines()
    assert lines[:2] == [
        "CONFORMANT",
        f"  SBW reference provider (org.smallbusinessweb.reference) at {whole_run.target.base}",
    ]
    assert lines[2].startswith("  SBW draft, classes ")
    assert re.fullmatch(r"  requirements: \d+ kept, \d+ not claimed", lines[3])
    assert re.fullmatch(r"  \d+ requests in [\d.]+ s, seed 0", lines[4])
    assert re.fullmatch(r"  \d+ records of the suite removed again", lines[5])
    assert lines[6] == ""
    assert lines[7].startswith("Reports: ")
    assert len(lines) == 8


def test_a_failure_says_what_where_and_how_to_see_it_again(failed: Report) -> None:
    """Requirement, check, sentence, address, expected, got and a line of curl."""
    lines = [line for line, _ in terminal.lines(failed)]
    assert lines[0] == "NOT CONFORMANT"
    start = next(n for n, line in enumerate(lines) if line.startswith("FAIL CORE-070"))
    block = lines[start : start + 6]
    sentence = next(r.sentence for r in REQUIREMENTS if r.id == "CORE-070")
    base = failed.run["target"]
    assert block[:5] == [
        "FAIL CORE-070  core.create_answers_with_the_record on contact",
        f"  {sentence}",
        f"  where    POST {base}/contacts",
        "  expected status 201",
        "  got      status 200, application/json",
    ]
    assert block[5].startswith(f"  again    curl -i -X POST {base}/contacts -H ")


def test_long_lists_of_failures_are_cut(failed: Report) -> None:
    """A terminal shows the first failures and says how many more there are."""
    one = failed.failures()[0]
    many = tuple(
        Result(one.requirement, f"core.check_{number:03}", None, Outcome.FAIL)
        for number in range(40)
    )
    report = Report(failed.run, failed.end, many, failed.checks, failed.exchanges, {})
    lines = [line for line, _ in terminal.lines(report)]
    assert sum(line.startswith("FAIL ") for line in lines) == terminal.MOST_SHOWN
    assert f"... and {40 - terminal.MOST_SHOWN} more in the reports" in lines


def test_what_could_not_run_is_grouped_by_reason(failed: Report) -> None:
    """Each reason once, with the requirements that it concerns."""
    rows = [
        Result("CORE-041", "core.a", "contact", Outcome.COULD_NOT_RUN, blocked_by="CORE-070"),
        Result("CORE-042", "core.b", "contact", Outcome.COULD_NOT_RUN, blocked_by="CORE-070"),
        Result("CORE-013", "core.c", None, Outcome.COULD_NOT_RUN, reason="it needs SBW_B1_TOKEN"),
    ]
    end = {**failed.end, "verdict": Verdict.INCOMPLETE.value}
    report = Report(failed.run, end, tuple(rows), cleanup={"removed": 0, "kept": []})
    lines = [line for line, _ in terminal.lines(report)]
    assert lines[-3:] == [
        "COULD NOT RUN",
        "  blocked by CORE-070: CORE-041, CORE-042",
        "  it needs SBW_B1_TOKEN: CORE-013",
    ]


def again(line: str, target: Any) -> tuple[int, str]:
    """Status and body that a line of curl gets, run by a shell with the tokens set."""
    env = environment(tokens(target))
    done = subprocess.run(
        ["sh", "-c", f"{line} -sS"], check=True, capture_output=True, env=env, timeout=20
    )
    head, _, body = done.stdout.decode().replace("\r\n", "\n").partition("\n\n")
    return int(head.split()[1]), body


def test_curl_lines_reproduce_requests(provider: Providers) -> None:
    """Run in a shell, a line gets the status that the suite got, for every kind of request."""
    target = provider()
    names = ("core.request_without", "core.wrong_token", "core.unknown_", "core.broken_json")
    more = ("core.unusable", "core.external_id", "core.landing", "core.update_without")
    report = run(target, *names, *more)
    tried: dict[tuple[str, int], str] = {}
    for exchange in report.exchanges.values():
        if exchange["status"] >= 400 and "\\x" not in str(exchange.get("request_body")):
            tried.setdefault((exchange["method"], exchange["status"]), evidence.curl(exchange))
    assert len(tried) >= 5
    for (method, status), line in tried.items():
        if status == 404 or "[redacted]" in line:
            continue
        got, _ = again(line, target)
        # A record that was asked for is gone by now: then only who asks can still be refused.
        assert got in {status, 404, 428, 412}, f"{method} {line}"


def test_curl_lines_take_odd_requests(provider: Providers) -> None:
    """Quotes, brackets, a leading @ and line breaks reach the provider as they are."""
    came: list[Asked] = []

    def before(asked: Asked) -> None:
        came.append(asked)

    text = '@it\'s "odd" $(echo no) `no` \\ \n{[ü]}'
    target = provider()
    with Proxy(target, before) as proxy:
        exchange = {
            "client": "a1",
            "method": "POST",
            "url": f"{proxy.server.url}/contacts?a=[1-3]&b={{x,y}}&c='",
            "request_headers": [
                ["Accept", "application/json"],
                ["Authorization", "[redacted]"],
                ["Content-Type", "application/json"],
                ["If-Match", '"1"'],
            ],
            "request_body": {"text": text},
        }
        again(evidence.curl(exchange), target)
    [asked] = came
    assert asked.body.decode() == text
    assert asked.path == "/contacts?a=[1-3]&b={x,y}&c='"
    assert asked.headers["authorization"] == f"Bearer {target.clients['a1'].token}"
    assert asked.headers["if-match"] == '"1"'
    assert shlex.split(evidence.curl(exchange))[0] == "curl"


def test_evidence_shows_the_answer_or_why_there_is_none() -> None:
    """Status, headers and the beginning of a long body."""
    exchange = {"status": 200, "headers": [["ETag", '"1"']], "body": {"text": "x" * 5000}}
    shown = evidence.answer(exchange)
    assert shown.startswith('200\nETag: "1"\n\nxxx')
    assert shown.endswith("\n...")
    assert len(shown) < 4100
    assert evidence.answer({"failure": "timed out"}) == "no answer: timed out"


def test_junit_has_a_case_for_each_result(failed: Report) -> None:
    """Counts add up: failures, errors with what could not run, and skips."""
    root = ET.fromstring(junit.render(failed))  # noqa: S314  # our own file
    cases = list(root.iter("testcase"))
    assert len(cases) == len(failed.results)
    outcomes = [r.outcome for r in failed.results]
    expected = {
        "tests": len(outcomes),
        "failures": outcomes.count(Outcome.FAIL),
        "errors": outcomes.count(Outcome.ERROR) + outcomes.count(Outcome.COULD_NOT_RUN),
        "skipped": outcomes.count(Outcome.NOT_CLAIMED),
    }
    assert {name: int(root.attrib.get(name, 0)) for name in expected} == expected
    assert expected["failures"] > 0
    text = next(case for case in cases if case.find("failure") is not None).find("failure")
    assert text is not None
    assert "curl -i" in (text.text or "")


class Page(HTMLParser):
    """Ids, links and open elements of a page."""

    VOID = frozenset({"meta", "br", "img", "link"})

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


def test_the_page_has_an_anchor_for_each_requirement(whole_run: WholeRun, failed: Report) -> None:
    """Self-contained, well-nested, ids unique, every link leads to one of them."""
    for text in ((whole_run.folder / "report.html").read_text(), html_of(failed)):
        page = Page(text)
        assert page.open == []
        assert {requirement.id for requirement in REQUIREMENTS} <= set(page.ids)
        assert len(page.ids) == len(set(page.ids))
        assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
        assert "<script src" not in text
        assert "<link" not in text


def html_of(report: Report) -> str:
    """The page of a report."""
    from sbw_conformance.reports import html as page

    return page.render(report)


def test_the_page_shows_what_to_mend(failed: Report) -> None:
    """Failures come first, with expected, got and the answer."""
    text = html_of(failed)
    assert text.index("What to mend") < text.index('id="requirements"')
    assert "status 201" in text
    assert "curl -i -X POST" in text


def test_the_report_for_machines_adds_up(whole_run: WholeRun, failed: Report) -> None:
    """Counts, outcomes and exchanges agree with the results."""
    for value in (
        json.loads((whole_run.folder / "report.json").read_text()),
        report_json.value(failed),
    ):
        judged = {row["requirement"] for row in value["results"]}
        assert sum(value["counts"].values()) == len(judged)
        assert [row["id"] for row in value["requirements"]] == [r.id for r in REQUIREMENTS]
        shown = {row["exchange"] for row in value["results"] if "exchange" in row}
        assert shown == value["exchanges"].keys()
        keys = [(r["requirement"], r["check"], r.get("resource", "")) for r in value["results"]]
        assert keys == sorted(keys)
