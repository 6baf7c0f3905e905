"""A check that crashes, in whatever way, leaves the report of all others."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.conformance.support import DOOR, Providers, leftovers

from sbw_conformance import suite
from sbw_conformance.checks import Check, catalog
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.trial import Trial
from sbw_conformance.programs import Programs
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.scored import Scored
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import Target


def _exits(_: Records) -> NoReturn:
    sys.exit("enough")


def _recurses(records: Records) -> None:
    _recurses(records)


def _fills_memory(records: Records) -> None:
    records.read(records.create())
    raise MemoryError


def _raises_an_odd_thing(_: Records) -> NoReturn:
    raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "half a \ud800 pair")


CRASHES: dict[str, tuple[Callable[[Records], Any], str]] = {
    "it ends the program": (_exits, "SystemExit: enough"),
    "it calls itself without end": (_recurses, "RecursionError"),
    "it takes all memory": (_fills_memory, "MemoryError"),
    "its message cannot be written": (_raises_an_odd_thing, "half a \\ud800 pair"),
}


def judged(
    monkeypatch: pytest.MonkeyPatch, target: Target, *checks: Check, folder: Path | None = None
) -> Report:
    """A run of these checks and of one that holds, all of them scored."""
    entrance = next(check for check in catalog() if check.id == DOOR)
    holds = Check("core.holds", "scenario", ("CORE-071",), "", _holds, types=CONTACT)
    names = tuple(check.id for check in (entrance, *checks, holds))
    scored = Scored("draft", names, f"sha256:{'0' * 64}")
    monkeypatch.setattr(suite, "load_scored", lambda _: scored)
    report = judge(target, Options(checks=(entrance, *checks, holds), folder=folder, programs=2))
    assert [r.outcome for r in report.results if r.check == "core.holds"] == [Outcome.PASS]
    assert leftovers(target) == []
    return report


def _holds(records: Records) -> None:
    records.get(records.create()).must_have_status(200)


CONTACT = frozenset({"contact"})


@pytest.mark.parametrize(("crash", "says"), CRASHES.values(), ids=CRASHES.keys())
def test_a_check_that_crashes_is_an_error_and_harms_no_other(
    provider: Providers,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    crash: Callable[[Records], Any],
    says: str,
) -> None:
    """The run ends with code 5, and all reports can be made of it."""
    check = Check("core.crashes", "scenario", ("CORE-041",), "", crash, types=CONTACT)
    report = judged(monkeypatch, provider(), check, folder=tmp_path)
    [crashed] = [r for r in report.results if r.check == "core.crashes"]
    assert crashed.outcome is Outcome.ERROR
    assert says in (crashed.reason or "")
    assert (report.verdict, report.end["exit_code"]) == (Verdict.ERROR, 5)
    assert all(json.loads(line) for line in (tmp_path / "run.ndjson").read_text().splitlines())


def test_an_observer_that_ends_the_program_is_an_error(
    provider: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked at every exchange, and every other observer did too."""
    ends = Check("core.ends", "observer", ("CORE-031",), "", lambda *_: sys.exit(3))
    report = judged(monkeypatch, provider(), ends)
    assert {r.outcome for r in report.results if r.check == "core.ends"} == {Outcome.ERROR}
    assert report.end["exit_code"] == 5


def test_programs_that_cannot_be_drawn_are_an_error(
    provider: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug of the generator is one of the check that it draws for."""

    def broken(_: Programs) -> NoReturn:
        raise RecursionError("too deep")

    monkeypatch.setattr(Programs, "draw", broken)
    drawn = Check("core.drawn", "program", ("CORE-040",), "", _program, types=CONTACT)
    report = judged(monkeypatch, provider(), drawn)
    [found] = [r for r in report.results if r.check == "core.drawn"]
    assert (found.outcome, found.reason) == (Outcome.ERROR, "RecursionError: too deep")


def _program(_: Records, __: Any) -> None:
    raise AssertionError("nothing was drawn")


def test_a_failure_outranks_a_crash(provider: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of the provider is said by the exit code."""

    def fails(trial: Trial) -> None:
        trial.landing().verify(False, "another world")  # noqa: FBT003

    crash = Check("core.crashes", "scenario", ("CORE-041",), "", _exits, types=CONTACT)
    failing = Check("core.fails", "scenario", ("CORE-002",), "", fails)
    report = judged(monkeypatch, provider(), crash, failing)
    assert (report.verdict, report.end["exit_code"]) == (Verdict.NOT_CONFORMANT, 1)
