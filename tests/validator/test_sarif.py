"""SARIF 2.1.0: the parts of a log, and a log as a whole."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.validator.support import EXAMPLES, sbw

from sbw_validator import Finding, Standard
from sbw_validator.requirements import load_requirements
from sbw_validator.sarif import (
    MOST_NOTIFICATIONS,
    SarifLog,
    location,
    notification,
    result,
    rule,
    uri,
)

FINDING = Finding("C2", "/emails/1/pref", "one", "2 of\nthem", "Keep one.", "rule", line=7)
PAGE = "https://example.org/tool"
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    """Return the schema of an object that has no other members."""
    shape = {"type": "object", "additionalProperties": False}
    return {**shape, "required": required, "properties": properties}


LOCATION = closed(
    ["physicalLocation"],
    physicalLocation=closed(
        ["artifactLocation"],
        artifactLocation={
            **closed([], uri={"type": "string", "pattern": "^[^ <>\\\\]+$"}, description=TEXT),
            "minProperties": 1,
        },
        region=closed(["startLine"], startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations={
        "type": "array",
        "items": closed(["fullyQualifiedName"], fullyQualifiedName={"type": "string"}),
    },
)
RULE = closed(
    ["id"],
    id={"type": "string", "minLength": 1},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help={**TEXT, "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}}},
    defaultConfiguration=closed(["level"], level=LEVEL),
    properties={"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True}}},
)
RESULT = closed(
    ["ruleId", "message"],
    ruleId={"type": "string"},
    level=LEVEL,
    message=TEXT,
    locations={"type": "array", "items": LOCATION},
    properties={"type": "object"},
)
NOTIFICATION = closed(
    ["message"], level=LEVEL, message=TEXT, locations={"type": "array", "items": LOCATION}
)
DRIVER = closed(
    ["name"],
    name={"type": "string"},
    version={"type": "string"},
    informationUri={"type": "string", "format": "uri"},
    rules={"type": "array", "items": RULE, "uniqueItems": True},
)
INVOCATION = closed(
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications={"type": "array", "items": NOTIFICATION},
)
# What the members that we write have to be, by the schema of the OASIS standard.
LOG = Draft202012Validator(
    closed(
        ["version", "runs"],
        version={"const": "2.1.0"},
        runs={
            "type": "array",
            "items": closed(
                ["tool"],
                tool=closed(["driver"], driver=DRIVER),
                invocations={"type": "array", "items": INVOCATION},
                results={"type": "array", "items": RESULT},
            ),
        },
        **{"$schema": {"type": "string", "format": "uri"}},
    )
)


@pytest.fixture
def rules(standard: Standard) -> list[dict[str, Any]]:
    """Give the rules of the shipped standard."""
    return [rule(requirement) for requirement in load_requirements(standard)]


def written(stream: io.StringIO) -> dict[str, Any]:
    """Return the one run of a log, which has to be well-formed."""
    log = json.loads(stream.getvalue())
    LOG.validate(log)
    [run] = log["runs"]
    return dict(run)


def test_the_shape_that_tests_ask_for_refuses_others() -> None:
    """The positive controls below mean something."""
    good = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "sbw"}}}]}
    assert LOG.is_valid(good)
    assert not LOG.is_valid({**good, "version": "2.0.0"})
    assert not LOG.is_valid({**good, "runs": [{}]})
    assert not LOG.is_valid({**good, "runs": [{**good["runs"][0], "results": [{"ruleId": "x"}]}]})
    place = location("a b.json", 1)
    place["physicalLocation"]["artifactLocation"]["uri"] = "a b.json"
    row = {**result(FINDING, "a.json"), "locations": [place]}
    assert not LOG.is_valid({**good, "runs": [{**good["runs"][0], "results": [row]}]})


def test_a_requirement_is_a_rule_with_its_sentence(standard: Standard) -> None:
    """The level follows the keyword."""
    requirements = {item.id: item for item in load_requirements(standard)}
    made = rule(requirements["C2"])
    assert made["id"] == "C2"
    assert made["shortDescription"] == {"text": requirements["C2"].sentence}
    assert made["help"]["text"].startswith(requirements["C2"].sentence)
    assert "sbw explain C2" in made["help"]["text"]
    assert "`sbw explain C2`" in made["help"]["markdown"]
    levels = {
        item.keyword: rule(item)["defaultConfiguration"]["level"] for item in requirements.values()
    }
    assert levels["MUST"] == levels["MUST NOT"] == "error"
    assert {levels.get("SHOULD", "warning"), levels.get("MAY", "note")} == {"warning", "note"}


def test_a_finding_is_a_result_with_its_place() -> None:
    """File, line and pointer; the message is one line."""
    assert result(FINDING, "export/a b.json", "warning") == {
        "ruleId": "C2",
        "level": "warning",
        "message": {"text": "/emails/1/pref: expected one, got 2 of\\nthem. Keep one."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "export/a%20b.json"},
                    "region": {"startLine": 7},
                },
                "logicalLocations": [{"fullyQualifiedName": "/emails/1/pref"}],
            }
        ],
        "properties": {"keyword": "rule", "pointers": ["/emails/1/pref"]},
    }


def test_what_is_not_known_of_a_place_is_left_out() -> None:
    """No region without a line, no logical location for the whole, no URI of standard input."""
    assert location("a.json", None, "") == {
        "physicalLocation": {"artifactLocation": {"uri": "a.json"}}
    }
    assert location(None, 3) == {
        "physicalLocation": {
            "artifactLocation": {"description": {"text": "standard input"}},
            "region": {"startLine": 3},
        }
    }


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("a/b.json", "a/b.json"),
        ("/a b/ü.json", "file:///a%20b/%C3%BC.json"),
        ("a:b#c?d%.json", "a%3Ab%23c%3Fd%25.json"),
        ("caf\udce9.json", "caf%E9.json"),
        ("../x.json", "../x.json"),
    ],
)
def test_any_file_name_has_a_uri(file: str, expected: str) -> None:
    """Bytes that are no UTF-8 and characters that mean something in a URI are escaped."""
    assert uri(file) == expected


def test_a_log_holds_results_and_the_rules_they_name(rules: list[dict[str, Any]]) -> None:
    """Each rule once, in the order of the results; an id that no rule has stands alone."""
    stream = io.StringIO()
    other = Finding("X-1", "", "a", "b", "c", "type")
    with SarifLog(stream, rules, PAGE) as log:
        for finding in (FINDING, other, FINDING):
            log.add(finding, "a.json")
    run = written(stream)
    assert [row["ruleId"] for row in run["results"]] == ["C2", "X-1", "C2"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["informationUri"]) == ("sbw", PAGE)
    assert [item["id"] for item in driver["rules"]] == ["C2", "X-1"]
    assert driver["rules"][1] == {"id": "X-1"}
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_a_log_without_results_is_complete(rules: list[dict[str, Any]]) -> None:
    """A scanner learns that there is nothing, not that nothing was looked at."""
    stream = io.StringIO()
    with SarifLog(stream, rules, PAGE):
        pass
    assert written(stream)["results"] == []


def test_what_was_not_looked_at_makes_a_run_unsuccessful(rules: list[dict[str, Any]]) -> None:
    """The first are told, then how many more."""
    stream = io.StringIO()
    with SarifLog(stream, rules, PAGE) as log:
        for number in range(MOST_NOTIFICATIONS + 5):
            log.notify(notification(f"{number} cannot be read\n", f"{number}.json", 2))
    [invocation] = written(stream)["invocations"]
    told = invocation["toolExecutionNotifications"]
    assert invocation["executionSuccessful"] is False
    assert len(told) == MOST_NOTIFICATIONS + 1
    assert told[0]["message"]["text"] == "0 cannot be read\\n"
    assert told[0]["locations"] == [location("0.json", 2)]
    assert told[-1]["message"]["text"] == "and 5 more"


def test_a_run_that_ends_early_does_not_look_like_a_clean_one(rules: list[dict[str, Any]]) -> None:
    """An exception passes on, and the log says that there was one."""
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt), SarifLog(stream, rules, PAGE):
        raise KeyboardInterrupt
    [invocation] = written(stream)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "KeyboardInterrupt" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_results_are_written_when_they_come(rules: list[dict[str, Any]]) -> None:
    """A log of any length needs no more memory than a result."""
    stream = io.StringIO()
    with SarifLog(stream, rules, PAGE) as log:
        log.add(FINDING, "a.json")
        assert "emails" in stream.getvalue()


def test_the_command_writes_a_log_beside_what_it_prints(tmp_path: Path) -> None:
    """Every finding is a result, in the same order; what was not read is a notification."""
    (tmp_path / "good.json").write_bytes((EXAMPLES / "contact/valid/minimal.json").read_bytes())
    (tmp_path / "bad.yaml").write_text("type: contact\n")
    (tmp_path / "gone.json").symlink_to("none")
    plain = sbw("validate", ".", "--json", cwd=tmp_path)
    ran = sbw("validate", ".", "--sarif", "out.sarif", "--json", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, plain.out, plain.err)
    run = written(io.StringIO((tmp_path / "out.sarif").read_text("utf-8")))
    rows = json.loads(ran.out)["findings"]
    assert rows
    assert [
        (
            row["ruleId"],
            row["locations"][0]["physicalLocation"]["region"]["startLine"],
            row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            row["properties"]["pointers"],
        )
        for row in run["results"]
    ] == [(row["requirement"], row["line"], row["file"], row["pointers"]) for row in rows]
    [invocation] = run["invocations"]
    [told] = invocation["toolExecutionNotifications"]
    assert "nowhere" in told["message"]["text"]
    assert told["locations"] == [location("gone.json")]


def test_a_log_that_cannot_be_written_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    """The first sentence names the file."""
    ran = sbw("validate", "-", "--sarif", "none/out.sarif", cwd=tmp_path, given=b"{}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: none/out.sarif cannot be written: No such file or directory.\n"
