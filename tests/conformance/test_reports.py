"""Reports: what a person or a machine reads off a run, from the event stream alone."""

import json
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.conformance.conftest import WholeRun
from tests.conformance.reports.make import FROZEN
from tests.conformance.support import Asked, Providers, Proxy, environment, run, tokens

from sbw_conformance.events import read_events
from sbw_conformance.reports import evidence, grouping, junit, summary, terminal, write_all, writers
from sbw_conformance.reports import json as report_json
from sbw_conformance.results import Outcome, Report, Result, Verdict, fold
from sbw_validator.requirements import load_requirements
from sbw_validator.standard import load_standard

REQUIREMENTS = load_requirements(load_standard())


@pytest.fixture(scope="session")
def failed() -> Report:
    """Give a report with results of every kind."""
    return fold(read_events(FROZEN))


def test_reports_are_made_from_the_stream_alone(whole_run: WholeRun, tmp_path: Path) -> None:
    """Folded from run.ndjson again, each file comes out byte by byte as it was written."""
    report = fold(read_events(whole_run.folder / "run.ndjson"))
    written = write_all(report, tmp_path)
    assert [path.name for path in written] == list(writers())
    assert {"report.json", "report.html", "junit.xml", "report.sarif", "summary.md"} <= set(
        writers()
    )
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


def test_reports_of_a_saved_report_are_the_same(failed: Report) -> None:
    """Read back from report.json, a run makes the same files as from its stream."""
    saved = Report.from_json(json.loads(report_json.render(failed)))
    for name, render in writers().items():
        assert render(saved) == render(failed), name
    assert terminal.render(saved) == terminal.render(failed)


def test_a_failure_says_what_where_and_how_to_see_it_again(failed: Report) -> None:
    """Requirement, check, sentence, address, expected, got and a line of curl."""
    lines = [line for line, _ in terminal.lines(failed)]
    assert lines[0] == "NOT CONFORMANT"
    start = next(n for n, line in enumerate(lines) if line.startswith("FAIL CORE-070"))
    block = lines[start : start + 7]
    sentence = next(r.sentence for r in REQUIREMENTS if r.id == "CORE-070")
    base = failed.run["target"]
    assert block[:6] == [
        "FAIL CORE-070  core.create_answers_with_the_record on organization",
        f"  {sentence}",
        "  case     A create is answered with 201, the address of the record, and all of it.",
        f"  where    POST {base}/organizations",
        "  expected status 201",
        "  got      status 200, application/json",
    ]
    assert block[6].startswith(f"  again    curl -i -X POST {base}/organizations -H ")


def only(report: Report, *results: Result) -> Report:
    """The report with these results in place of its own."""
    return replace(report, results=results, cleanup={"removed": 0, "kept": []})


def test_long_lists_of_failures_are_cut(failed: Report) -> None:
    """A terminal shows the first failures and says how many more there are."""
    one = failed.failures()[0]
    many = [
        replace(one, requirement=f"CORE-9{number}", kind="scenario") for number in range(10, 50)
    ]
    lines = [line for line, _ in terminal.lines(only(failed, *many))]
    assert sum(line.startswith("FAIL ") for line in lines) == terminal.MOST_SHOWN
    assert f"... and {40 - terminal.MOST_SHOWN} more in the reports" in lines
    [listed] = [line for line in lines if line.startswith("  to mend: ")]
    assert listed.endswith(f"and {40 - terminal.MOST_NAMED} more")


def fail(requirement: str, check: str, resource: str | None, expected: str) -> Result:
    """A failure that expected something."""
    return Result(requirement, check, resource, Outcome.FAIL, expected=expected, got="no")


def test_failures_that_are_alike_are_one_thing_to_mend(failed: Report) -> None:
    """The same on several types is one group; another expectation or requirement is another."""
    check = "core.update_without_version_is_refused"
    rows = [fail("CORE-042", check, kind, "status 428") for kind in ("contact", "task")]
    other = fail("CORE-042", check, "contact", "nothing changed")
    another = fail("CORE-070", "core.create_answers_with_the_record", "contact", "status 428")
    groups = grouping.failures(only(failed, *rows, other, another))
    assert [group.results for group in groups] == [tuple(rows), (other,), (another,)]
    assert groups[0].resources == ("contact", "task")
    assert groups[0].on == " on contact, task"


def test_what_checks_take_for_granted_joins_the_failure_of_its_own_check(failed: Report) -> None:
    """A create that does not work is one failure, however many checks need one."""
    needs = [fail("CORE-070", "core.stale_version_is_refused", "contact", "a create that works")]
    own = fail("CORE-070", "core.create_answers_with_the_record", "contact", "status 201")
    [group] = grouping.failures(only(failed, own, *needs))
    assert group.first is own
    assert group.other_checks == ("core.stale_version_is_refused",)
    [alone] = grouping.failures(only(failed, *needs))
    assert alone.results == tuple(needs)


def test_what_blocks_most_comes_first_and_advice_last(failed: Report) -> None:
    """Broken before error before advice; of what is broken, what others wait for."""
    groups = grouping.failures(failed)
    assert groups[0].first.requirement == "CORE-076"
    assert groups[0].blocks == ("CORE-041", "CORE-071")
    order = [grouping.SEVERITY.index(group.first.outcome) for group in groups]
    assert order == sorted(order)
    assert {group.first.outcome for group in groups} == {Outcome.FAIL, Outcome.ERROR, Outcome.WARN}


def test_what_could_not_run_is_grouped_by_reason(failed: Report) -> None:
    """Each reason once, with the requirements that it concerns and what to do."""
    rows = [
        Result("CORE-041", "core.a", "contact", Outcome.COULD_NOT_RUN, blocked_by="CORE-070"),
        Result("CORE-042", "core.b", "contact", Outcome.COULD_NOT_RUN, blocked_by="CORE-070"),
        Result("CORE-013", "core.c", None, Outcome.COULD_NOT_RUN, reason="it needs SBW_B1_TOKEN"),
        Result("CORE-014", "core.d", None, Outcome.COULD_NOT_RUN, reason="there is no task"),
    ]
    end = {**failed.end, "verdict": Verdict.INCOMPLETE.value}
    report = replace(only(failed, *rows), end=end, run={**failed.run, "attestation": None})
    lines = [line for line, _ in terminal.lines(report)]
    assert lines[-4:] == [
        "COULD NOT RUN",
        "  blocked by CORE-070: CORE-041, CORE-042. Mend CORE-070 first.",
        "  it needs SBW_B1_TOKEN: CORE-013. Set what is missing, or name it in sbw.yaml.",
        "  there is no task: CORE-014.",
    ]


def test_waivers_stand_apart(failed: Report) -> None:
    """Owner, ticket, reason and last day, once for all types of records; never among failures."""
    lines = [line for line, _ in terminal.lines(failed)]
    start = lines.index("WAIVED")
    assert lines[start + 1].startswith(
        "  CORE-041 on contact, organization until 2026-12-01, API team, CRM-17: to be mended"
    )
    assert not any(line.startswith("FAIL CORE-041") for line in lines)
    assert (
        "  note     the waiver of CORE-001 (CRM-3) is unused: nothing that it covers fails. "
        in (line.partition("Take")[0] for line in lines)
    )


def test_attested_requirements_stand_apart(failed: Report) -> None:
    """Who signed, until when, and each statement; what is expired does not count as kept."""
    promises = {promise.requirement: promise for promise in summary.promises(failed)}
    assert {name: promise.state for name, promise in promises.items()} == {
        "CORE-005": "not attested",
        "CORE-091": "kept",
    }
    signed = "signed by Head of <Product> on 2026-11-01"
    assert summary.attested_by(failed) == f"{signed}, holds until 2026-11-01"
    old = {**failed.run["attestation"], "expired": True}
    expired = replace(failed, run={**failed.run, "attestation": old})
    assert summary.attested_by(expired) == f"{signed}, expired on 2026-11-01"
    assert {p.state for p in summary.promises(expired)} == {"not attested", "expired"}
    none = replace(failed, run={**failed.run, "attestation": None})
    assert {p.state for p in summary.promises(none)} == {"not attested"}
    assert not any("ATTESTED" in line for line, _ in terminal.lines(none))
    assert any(
        line == f"ATTESTED, {signed}, expired on 2026-11-01" for line, _ in terminal.lines(expired)
    )


@pytest.mark.parametrize(
    ("selection", "note"),
    [
        ({"read_only": True}, "  Only what needs no write was judged (--read-only)."),
        ({"classes": ["core", "x"]}, "  Only these classes were judged: core, x."),
        ({"rerun": True}, "  Only what had not passed before was judged (--rerun)."),
    ],
)
def test_a_part_of_a_run_says_so(failed: Report, selection: dict[str, Any], note: str) -> None:
    """A reader learns from the summary that not everything was judged."""
    whole = {"classes": None, "read_only": False, "rerun": False}
    assert note not in [line for line, _ in terminal.lines(failed)]
    part = replace(failed, run={**failed.run, "selection": {**whole, **selection}})
    assert note in [line for line, _ in terminal.lines(part)]


PASSED = Result("CORE-070", "core.a", None, Outcome.PASS, assertions=1, exchange="x#1")
UNRUN = Result("CORE-013", "core.b", None, Outcome.COULD_NOT_RUN, reason="no token")
BROKEN = fail("CORE-041", "core.c", None, "status 412")
WAIVED = replace(BROKEN, outcome=Outcome.WAIVED)


@pytest.mark.parametrize(
    ("verdict", "results", "sentence"),
    [
        ("CONFORMANT", [PASSED], "The provider keeps all that was judged."),
        (
            "CONFORMANT",
            [PASSED, WAIVED],
            "The provider keeps all that was judged, but for 1 requirement waived.",
        ),
        ("NOT CONFORMANT", [PASSED, BROKEN], "1 requirement is broken."),
        (
            "INCOMPLETE",
            [PASSED, UNRUN],
            "Nothing is broken, but 1 requirement could not be judged.",
        ),
        (
            "INCOMPLETE",
            [PASSED],
            "Nothing is broken, but only a part of what is claimed was judged.",
        ),
        ("INCOMPLETE", [], "Nothing could be judged."),
        ("INTERRUPTED", [PASSED], "The run was interrupted; this is what it saw until then."),
        (
            "ERROR",
            [replace(UNRUN, outcome=Outcome.ERROR)],
            "The suite itself failed at 1 requirement.",
        ),
    ],
)
def test_a_verdict_has_a_sentence(
    failed: Report, verdict: str, results: list[Result], sentence: str
) -> None:
    """Somebody who reads one line knows what came out."""
    report = replace(only(failed, *results), end={**failed.end, "verdict": verdict})
    assert summary.headline(report) == sentence


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


def test_curl_lines_name_the_token_of_each_client() -> None:
    """A narrower token has the name that the suite reads it from."""
    exchange = {
        "client": "a1.read_only",
        "method": "GET",
        "url": "https://api.example.com/contacts",
        "request_headers": [["Authorization", "[redacted]"]],
    }
    assert '"Authorization: Bearer $SBW_A1_READ_ONLY_TOKEN"' in evidence.curl(exchange)
    nobody = evidence.curl({**exchange, "client": "anonymous"})
    assert '"Authorization: Bearer WRONG"' in nobody


def test_curl_lines_hide_nothing() -> None:
    """In a JSON body what shows nothing is written as JSON escapes: the same value."""
    value = {"name": "a\u202eb\u200b\u2028"}
    exchange: dict[str, Any] = {
        "client": "anonymous",
        "method": "POST",
        "url": "https://api.example.com/contacts",
        "request_headers": [],
        "request_body": {"text": json.dumps(value, ensure_ascii=False)},
    }
    line = evidence.curl(exchange)
    assert line == evidence.visible(line)
    assert json.loads(shlex.split(line)[-1]) == value
    exchange["request_body"] = {"text": "no JSON \u202e"}
    assert shlex.split(evidence.curl(exchange))[-1] == "no JSON \u202e"


def test_evidence_shows_the_answer_or_why_there_is_none() -> None:
    """Status, headers and the beginning of a long body."""
    exchange = {"status": 200, "headers": [["ETag", '"1"']], "body": {"text": "x" * 5000}}
    shown = evidence.answer(exchange)
    assert shown.startswith('200\nETag: "1"\n\nxxx')
    assert shown.endswith("\n...")
    assert len(shown) < 4100
    assert "..." not in evidence.answer(exchange, None)
    assert evidence.answer({"failure": "timed out"}) == "no answer: timed out"
    cut = {**exchange, "body": {"text": "x", "truncated": True, "bytes": 70000, "sha256": "0"}}
    assert evidence.answer(cut, None).endswith("x\n... (70000 bytes in all)")


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
        "skipped": outcomes.count(Outcome.NOT_CLAIMED) + outcomes.count(Outcome.WAIVED),
    }
    assert {name: int(root.attrib.get(name, 0)) for name in expected} == expected
    assert expected["failures"] > 0
    text = next(case for case in cases if case.find("failure") is not None).find("failure")
    assert text is not None
    waived = [c.find("skipped") for c in cases if "CORE-041" in (c.get("name") or "")]
    said = [mark.get("message", "") for mark in waived if mark is not None]
    assert len(said) == 2
    assert all(text.startswith("waived until 2026-12-01 by API team, CRM-17: ") for text in said)


def test_junit_says_how_to_see_a_failure_again(failed: Report) -> None:
    """The text of a failure holds the sentence and the line of curl."""
    root = ET.fromstring(junit.render(failed))  # noqa: S314  # our own file
    marks = [
        case.find("failure") for case in root.iter("testcase") if "70 [o" in case.get("name", "")
    ]
    [mark] = marks
    assert mark is not None
    assert "A create MUST be answered" in (mark.text or "")
    assert "curl -i -X POST" in (mark.text or "")


def test_the_report_for_machines_adds_up(whole_run: WholeRun, failed: Report) -> None:
    """Counts, outcomes and exchanges agree with the results."""
    for value in (
        json.loads((whole_run.folder / "report.json").read_text()),
        report_json.value(failed),
    ):
        judged = {row["requirement"] for row in value["results"]}
        assert sum(value["counts"].values()) == len(judged)
        order = [r.id for r in REQUIREMENTS]
        ids = [row["id"] for row in value["requirements"]]
        assert ids == sorted(ids, key=order.index)
        shown = {row["exchange"] for row in value["results"] if "exchange" in row}
        assert shown == value["exchanges"].keys()
        keys = [(r["requirement"], r["check"], r.get("resource", "")) for r in value["results"]]
        assert keys == sorted(keys)
