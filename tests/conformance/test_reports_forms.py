"""SARIF, Markdown and annotations: what the programs that read them make of a frozen run."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from tests.conformance.reports.make import FROZEN, HOSTILE

from sbw_conformance.events import read_events
from sbw_conformance.reports import github, grouping, markdown, sarif
from sbw_conformance.results import Outcome, Report, Result, fold


@pytest.fixture(scope="session")
def report() -> Report:
    """Give the frozen run."""
    return fold(read_events(FROZEN))


TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
BAG = {"type": "object"}
STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
URI = {"type": "string", "pattern": '^[^ <>\\\\"`{}|]+$'}


def closed(required: str = "", **properties: Any) -> dict[str, Any]:
    """The schema of an object that has no other members."""
    shape = {"type": "object", "additionalProperties": False}
    return {**shape, "required": required.split(), "properties": properties}


def some(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an array."""
    return {"type": "array", "items": schema}


RESULT = closed(
    "ruleId level message locations partialFingerprints",
    ruleId={"type": "string"},
    level=LEVEL,
    message=TEXT,
    locations=some(
        closed(
            "physicalLocation",
            physicalLocation=closed(
                "artifactLocation",
                artifactLocation=closed("uri", uri=URI),
                region=closed("startLine", startLine={"type": "integer", "minimum": 1}),
            ),
            logicalLocations=some(closed(fullyQualifiedName={"type": "string"})),
        )
    ),
    partialFingerprints=STRINGS,
    properties=BAG,
    webRequest=closed(
        "method target",
        protocol={"type": "string"},
        version={"type": "string"},
        method={"type": "string"},
        target={"type": "string"},
        headers=STRINGS,
        body=closed("text", text={"type": "string"}),
    ),
    webResponse=closed(
        protocol={"type": "string"},
        version={"type": "string"},
        statusCode={"type": "integer"},
        reasonPhrase={"type": "string"},
        headers=STRINGS,
        body=closed("text", text={"type": "string"}),
        noResponseReceived={"type": "boolean"},
    ),
    suppressions=some(
        closed(
            "kind",
            kind={"enum": ["inSource", "external"]},
            status={"enum": ["accepted", "underReview", "rejected"]},
            justification={"type": "string"},
        )
    ),
)
RULE = closed(
    "id",
    id={"type": "string"},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=TEXT,
    defaultConfiguration=closed("level", level=LEVEL),
    properties=BAG,
)
DRIVER = closed(
    "name",
    name={"type": "string"},
    version={"type": "string"},
    informationUri=URI,
    rules={**some(RULE), "uniqueItems": True},
)
INVOCATION = closed(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    exitCode={"type": "integer"},
    startTimeUtc={"type": "string", "pattern": "Z$"},
    toolExecutionNotifications=some(closed("message", level=LEVEL, message=TEXT, properties=BAG)),
)
# What the members that we write have to be, by the schema of the OASIS standard.
LOG = Draft202012Validator(
    closed(
        "version runs",
        version={"const": "2.1.0"},
        runs=some(
            closed(
                "tool results",
                tool=closed("driver", driver=DRIVER),
                invocations=some(INVOCATION),
                results=some(RESULT),
                properties=BAG,
            )
        ),
        **{"$schema": URI},
    )
)


def logged(report: Report) -> dict[str, Any]:
    """The one run of a report's log, which has to be well-formed."""
    log = json.loads(sarif.render(report))
    LOG.validate(log)
    [run] = log["runs"]
    return dict(run)


def test_sarif_has_a_result_for_each_failure(report: Report) -> None:
    """What is broken, what is advice and what is waived, each with the rule that it breaks."""
    run = logged(report)
    shown = [r for r in report.results if r.outcome in {"fail", "warn", "waived"}]
    assert [row["ruleId"] for row in run["results"]] == [r.requirement for r in shown]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert {row["ruleId"] for row in run["results"]} == rules.keys()
    assert rules["CORE-042"]["shortDescription"]["text"].startswith("The provider MUST refuse")
    assert {row["level"] for row in run["results"]} == {"error", "warning"}
    prints = [row["partialFingerprints"]["sbwResult/v1"] for row in run["results"]]
    assert len(prints) == len(set(prints))


@pytest.mark.parametrize(
    ("base", "address", "place"),
    [
        ("https://api.example.com/sbw", "", "api.example.com/sbw"),
        ("https://api.example.com/sbw", "/contacts/1?x=y#z", "api.example.com/sbw/contacts"),
        ("http://127.0.0.1:8765", "/contacts?limit=1", "127.0.0.1_8765/contacts"),
        ("http://127.0.0.1:8765", "", "127.0.0.1_8765"),
        ("http://[::1]:80", "/a b/<c>", "%5B__1%5D_80/a%20b"),
    ],
)
def test_sarif_places_are_paths(report: Report, base: str, address: str, place: str) -> None:
    """Code scanning refuses addresses, and takes the same path for the same place the next time."""
    one = next(r for r in report.results if r.requirement == "CORE-070" and r.outcome == "fail")
    exchange = {**report.exchanges[str(one.exchange)], "url": base + address}
    moved = replace(
        report,
        run={**report.run, "target": base},
        results=(one,),
        exchanges={str(one.exchange): exchange},
    )
    [row] = logged(moved)["results"]
    [location] = row["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == place
    assert row["webRequest"]["target"] == base + address
    assert row["partialFingerprints"].keys() == {"sbwResult/v1", "primaryLocationLineHash"}


def test_sarif_places_elsewhere_are_paths_too(report: Report) -> None:
    """What was asked beside the base has its own path."""
    place = sarif._place("https://a.example/sbw", "https://a.example/.well-known/api-catalog?x")
    assert place == "a.example/.well-known/api-catalog"
    uris = [
        row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for row in logged(report)["results"]
    ]
    assert not any(":" in uri for uri in uris)


def test_sarif_shows_the_exchange(report: Report) -> None:
    """A result holds the request, the answer, and the line of curl in its message."""
    row = next(r for r in logged(report)["results"] if r["ruleId"] == "CORE-070")
    assert row["webRequest"]["method"] == "POST"
    assert row["webRequest"]["headers"]["Authorization"] == "[redacted]"
    assert row["webResponse"]["statusCode"] == 200
    assert "\nAgain: curl -i -X POST " in row["message"]["text"]
    silent = {
        name: {**{k: v for k, v in e.items() if k not in {"status", "headers", "body"}}}
        | {"failure": "timed out"}
        for name, e in report.exchanges.items()
    }
    row = next(
        r for r in logged(replace(report, exchanges=silent))["results"] if "webResponse" in r
    )
    assert row["webResponse"] == {"noResponseReceived": True, "reasonPhrase": "timed out"}


def test_sarif_suppresses_what_is_waived(report: Report) -> None:
    """With reason, owner, ticket and last day; nothing else is suppressed."""
    rows = logged(report)["results"]
    waived = [row for row in rows if "suppressions" in row]
    assert {row["ruleId"] for row in waived} == {"CORE-041"}
    [mark] = waived[0]["suppressions"]
    assert mark["justification"].endswith("(API team, CRM-17, until 2026-12-01)")


def test_sarif_tells_what_was_not_judged(report: Report) -> None:
    """As notifications: errors of the suite, and what could not run with its reason."""
    [invocation] = logged(report)["invocations"]
    rows = invocation["toolExecutionNotifications"]
    told = {(row["level"], row["properties"]["requirement"]) for row in rows}
    assert told == {
        ("error", "CORE-021"),
        ("warning", "CORE-013"),
        ("warning", "CORE-041"),
        ("warning", "CORE-071"),
    }
    assert invocation["executionSuccessful"] is True
    stopped = replace(report, end={**report.end, "verdict": "INTERRUPTED", "exit_code": 130})
    assert logged(stopped)["invocations"][0]["executionSuccessful"] is False


class Elements(HTMLParser):
    """Elements and the whole text of some HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, which has no attributes but the class of a fence."""
        assert {name for name, _ in attrs} <= {"class"}
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def shown(text: str) -> Elements:
    """What a reader of Markdown shows."""
    return Elements(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))


def test_markdown_shows_what_a_provider_says_as_text(report: Report) -> None:
    """No image, link, emphasis or script comes of it; tables keep their columns."""
    page = shown(markdown.render(report))
    assert page.elements == {
        *("h2", "h3", "p", "ul", "li", "code", "pre", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    for told in ("<img src=x onerror=alert(1)>", "**b** [l](javascript:alert(1)) @all", "`x` | "):
        assert told in HOSTILE
        assert told in page.text
    assert "core.update_without_version_is_refused" in page.text
    assert "The provider MUST refuse an update without If-Match with 428" in page.text


def test_markdown_fences_cannot_be_closed_from_within(report: Report) -> None:
    """A line of curl with backticks stays in its fence."""
    group = grouping.failures(report)[0]
    body = {"text": "````\n</details>\n# owned\n"}
    exchange = {**report.exchanges[group.first.exchange or ""], "request_body": body}
    broken = replace(report, exchanges={group.first.exchange or "": exchange})
    page = shown(markdown.render(broken))
    assert "h1" not in page.elements
    assert "# owned" in page.text


def test_markdown_fits_into_a_job_summary(report: Report) -> None:
    """Of very many failures the last are left out, and it is said how many."""
    one = next(r for r in report.results if r.requirement == "CORE-070" and r.outcome == "fail")
    many = tuple(replace(one, expected=f"{n}") for n in range(5000))
    text = markdown.render(replace(report, results=many))
    assert len(text.encode()) <= markdown.LARGEST
    rows = text.count("\n| CORE-070 ")
    assert 500 < rows < 5000
    assert f"{5000 - rows} failures more do not fit in here" in text
    assert "### Attested" in text
    long = {**report.exchanges[one.exchange or ""], "request_body": {"text": "x" * 60_000}}
    cut = markdown.render(replace(report, exchanges={one.exchange or "": long}))
    assert "it stands in report.html" in cut
    assert "xxx" not in cut


def test_annotations_are_no_more_than_github_shows(report: Report) -> None:
    """Ten errors at most, the last of which tells of the others."""
    one = next(r for r in report.results if r.requirement == "CORE-070" and r.outcome == "fail")
    rows = list(
        github.lines(
            replace(report, results=tuple(replace(one, expected=f"{n}") for n in range(40)))
        )
    )
    assert len(rows) == github.MOST
    assert rows[-1] == "::error title=SBW::31 more in the reports"


def test_annotations_keep_to_the_escapes_of_workflow_commands(report: Report) -> None:
    """Line breaks, per cent signs, colons and commas of a title cannot end a property."""
    odd = Result("CORE-070", "core.a", "a:b,c%d", Outcome.FAIL, reason="x\r\n::error::y 100%")
    [line] = github.lines(replace(report, results=(odd,)))
    title, _, text = line.removeprefix("::error title=").partition("::")
    assert title == "CORE-070 on a%3Ab%2Cc%25d"
    assert text.endswith("x\\r%0A::error::y 100%25")


def test_a_part_of_a_run_is_annotated(report: Report) -> None:
    """A run that cannot say CONFORMANT is no silent success."""
    whole = [row for row in report.results if row.outcome is Outcome.PASS]
    end = {**report.end, "verdict": "INCOMPLETE", "exit_code": 4}
    rows = list(github.lines(replace(report, results=tuple(whole), end=end)))
    [row] = rows
    assert row.startswith("::warning title=SBW INCOMPLETE::Nothing is broken, but only a part of")
    end = {**report.end, "verdict": "CONFORMANT", "exit_code": 0}
    assert list(github.lines(replace(report, results=tuple(whole), end=end))) == []
