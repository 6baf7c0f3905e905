"""Outcomes, verdicts, exit codes, and a report folded from a stream."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from sbw_conformance.events import EventStream, read_events
from sbw_conformance.results import (
    EXIT_CODES,
    Outcome,
    Result,
    Verdict,
    fold,
    verdict_of,
    worst,
)

PASS, FAIL, WARN = Outcome.PASS, Outcome.FAIL, Outcome.WARN
ERROR, UNRUN, UNCLAIMED = Outcome.ERROR, Outcome.COULD_NOT_RUN, Outcome.NOT_CLAIMED


def result(outcome: Outcome, **more: Any) -> Result:
    """A result with an outcome."""
    return Result("CORE-041", "core.some_check", "contact", outcome, **more)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([PASS], Verdict.CONFORMANT),
        ([PASS, WARN], Verdict.CONFORMANT),
        ([PASS, UNCLAIMED], Verdict.CONFORMANT),
        ([PASS, FAIL], Verdict.NOT_CONFORMANT),
        ([FAIL, ERROR, UNRUN], Verdict.NOT_CONFORMANT),
        ([PASS, ERROR, UNRUN], Verdict.ERROR),
        ([PASS, UNRUN], Verdict.INCOMPLETE),
        ([UNCLAIMED], Verdict.INCOMPLETE),
        ([WARN], Verdict.INCOMPLETE),
        ([], Verdict.INCOMPLETE),
    ],
)
def test_verdicts(outcomes: list[Outcome], expected: Verdict) -> None:
    """A failure outranks an error, an error what could not run; nothing is green by itself."""
    for order in itertools.permutations(outcomes):
        assert verdict_of(map(result, order)) is expected
    assert verdict_of(map(result, outcomes), interrupted=True) is Verdict.INTERRUPTED


def test_only_scored_results_make_the_verdict() -> None:
    """A failure that is not scored is shown and does not count; nor does such a pass."""
    assert verdict_of([result(PASS), result(FAIL, scored=False)]) is Verdict.CONFORMANT
    assert verdict_of([result(PASS, scored=False)]) is Verdict.INCOMPLETE


def test_exit_codes() -> None:
    """Each verdict has its own code, and none is that of wrong usage or an unreachable host."""
    assert {v.name: code for v, code in EXIT_CODES.items()} == {
        "CONFORMANT": 0,
        "NOT_CONFORMANT": 1,
        "INCOMPLETE": 4,
        "ERROR": 5,
        "INTERRUPTED": 130,
    }


def test_the_worst_outcome_counts() -> None:
    """A requirement with one failure among passes failed; a warning spoils a pass."""
    assert worst([PASS, PASS, FAIL, UNRUN]) is FAIL
    assert worst([PASS, WARN]) is WARN
    assert worst([PASS, UNRUN]) is UNRUN
    assert worst([PASS, UNCLAIMED]) is PASS
    assert worst([]) is UNCLAIMED


def test_a_result_survives_the_stream() -> None:
    """Written as an event and read again it is the same."""
    full = result(FAIL, assertions=3, expected="a", got="b", pointer="/x", exchange="t#1", more=2)
    plain = Result("CORE-001", "core.some_check", None, PASS)
    for one in (full, plain):
        assert Result.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert "resource" not in plain.to_json()


RUN = {"event": "run", "requirements": [{"id": "CORE-041"}]}
END = {"event": "end", "verdict": "CONFORMANT", "exit_code": 0}


def test_fold_orders_and_counts() -> None:
    """Results stand in the order of their keys, whatever order they came in."""
    later = {"event": "result", **Result("CORE-042", "core.b", None, PASS).to_json()}
    first = {"event": "result", **result(FAIL).to_json()}
    second = {"event": "result", **result(PASS).to_json()}
    report = fold([RUN, later, second, first, {"event": "cleanup", "removed": 3}, END])
    assert [r.requirement for r in report.results] == ["CORE-041", "CORE-041", "CORE-042"]
    assert report.outcome("CORE-041") is FAIL
    assert {k: n for k, n in report.count().items() if n} == {PASS: 1, FAIL: 1}
    assert [r.outcome for r in report.failures()] == [FAIL]
    assert report.cleanup["removed"] == 3


@pytest.mark.parametrize("events", [[], [RUN], [END]], ids=["nothing", "no end", "no beginning"])
def test_a_stream_that_was_cut_off_is_no_report(events: list[dict[str, Any]]) -> None:
    """Half a run has no verdict."""
    with pytest.raises(ValueError, match="cut off"):
        fold(events)


def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    """A killed run leaves whole events behind, which can be read."""
    path = tmp_path / "run.ndjson"
    stream = EventStream(path)
    stream.write([RUN, {"event": "check", "trial": "t"}])
    stream.close()
    with path.open("a") as file:
        file.write('{"event": "result", "requ')
    assert [event["event"] for event in read_events(path)] == ["run", "check"]


def test_events_are_on_disk_at_once(tmp_path: Path) -> None:
    """What was written can be read before the stream is closed."""
    stream = EventStream(tmp_path / "run.ndjson")
    stream.write([RUN])
    assert list(stream.read()) == [RUN]
    stream.close()
    assert list(stream.read()) == [RUN]
