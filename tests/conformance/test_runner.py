"""The runner: no pass without an assertion, no check harms another, blocks are traced."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.conformance.support import DOOR, Providers, leftovers

from sbw_conformance import suite
from sbw_conformance.checks import Check, catalog
from sbw_conformance.checks.model import Program
from sbw_conformance.checks.observing import Found
from sbw_conformance.checks.records import OtherTenant, Records
from sbw_conformance.checks.trial import CouldNotRun, Trial
from sbw_conformance.planning import tasks
from sbw_conformance.results import Outcome, Report, Result, Verdict
from sbw_conformance.runner import Progress
from sbw_conformance.scored import Scored
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import Target
from sbw_validator.standard import load_standard

STANDARD = load_standard()
ENTRANCE = next(check for check in catalog() if check.id == DOOR)


@pytest.fixture(autouse=True)
def _all_checks_are_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the checks of these tests count for the verdict."""
    names = ("fake", "other", "fails", "counts", "broken", "blind")
    scored = Scored("draft", (DOOR, *(f"core.{name}" for name in names)), f"sha256:{'0' * 64}")
    monkeypatch.setattr(suite, "load_scored", lambda _: scored)


def scenario(
    function: Callable[..., None], *requirements: str, name: str = "core.fake", **more: Any
) -> Check:
    """A scenario of a function."""
    return Check(name, "scenario", requirements or ("CORE-071",), "", function, **more)


def judged(target: Target, *checks: Check, **options: Any) -> Report:
    """A run of these checks, behind the one that opens the door."""
    return judge(target, Options(checks=(ENTRANCE, *checks), **options))


def of(report: Report, name: str = "core.fake") -> list[Result]:
    """The results of a check."""
    return [result for result in report.results if result.check == name]


def reads(records: Records) -> None:
    """A check that holds."""
    answer = records.get(records.create())
    answer.must_have_status(200)


def test_a_check_that_asserts_nothing_is_an_error(provider: Providers) -> None:
    """It sent requests and saw answers, and still passes nothing."""

    def silent(records: Records) -> None:
        records.create()

    report = judged(provider(), scenario(silent, types=frozenset({"contact"})))
    [result] = of(report)
    assert (result.outcome, result.reason) == (Outcome.ERROR, "the check asserted nothing")
    assert (report.verdict, report.end["exit_code"]) == (Verdict.ERROR, 5)


def test_each_requirement_needs_an_assertion_of_its_own(provider: Providers) -> None:
    """A check of two requirements that asserts one passes one."""
    check = scenario(reads, "CORE-071", "CORE-070", types=frozenset({"contact"}))
    outcomes = {r.requirement: r.outcome for r in of(judged(provider(), check))}
    assert outcomes == {"CORE-071": Outcome.PASS, "CORE-070": Outcome.ERROR}


def test_a_check_that_raises_harms_no_other(provider: Providers) -> None:
    """Its own results are errors that name the exception; all others are there."""

    def broken(records: Records) -> None:
        raise KeyError(records.resource.type)

    target = provider()
    report = judged(
        target,
        scenario(broken, types=frozenset({"contact"})),
        scenario(reads, name="core.other", types=frozenset({"contact"})),
    )
    assert [(r.outcome, r.reason) for r in of(report)] == [(Outcome.ERROR, "KeyError: 'contact'")]
    assert [r.outcome for r in of(report, "core.other")] == [Outcome.PASS]
    assert leftovers(target) == []


def test_a_failure_outranks_an_error(provider: Providers) -> None:
    """A broken check does not hide that the provider broke a requirement."""

    def broken(_: Trial) -> None:
        raise RuntimeError("bug")

    def fails(trial: Trial) -> None:
        trial.landing().verify(False, "another world")  # noqa: FBT003

    checks = scenario(broken), scenario(fails, "CORE-002", name="core.fails")
    report = judged(provider(), *checks)
    assert (report.verdict, report.end["exit_code"]) == (Verdict.NOT_CONFORMANT, 1)


def test_a_failed_positive_control_blocks_by_what_failed(provider: Providers) -> None:
    """The requirement that stood in the way fails, with the exchange that shows it."""

    def stands_on_nothing(records: Records) -> None:
        records.get("no-such-record").must_succeed()

    report = judged(provider(), scenario(stands_on_nothing, "CORE-041", types={"contact"}))
    found = {r.requirement: r for r in of(report)}
    assert found["CORE-041"].outcome is Outcome.COULD_NOT_RUN
    assert found["CORE-041"].blocked_by == "CORE-071"
    assert found["CORE-071"].outcome is Outcome.FAIL
    assert report.exchanges[found["CORE-071"].exchange or ""]["status"] == 404


def test_the_first_failure_ends_a_check(provider: Providers) -> None:
    """What comes after it is not asked, and the result tells of it."""
    went_on = []

    def fails(trial: Trial) -> None:
        answer = trial.landing()
        answer.must_have_status(200)
        answer.verify(False, "the moon", "the earth", pointer="/app")  # noqa: FBT003
        went_on.append(True)

    [result] = of(judged(provider(), scenario(fails)))
    assert went_on == []
    shown = (result.outcome, result.expected, result.got, result.pointer, result.assertions)
    assert shown == (Outcome.FAIL, "the moon", "the earth", "/app", 2)


def test_what_a_check_says_it_needs_could_not_run(provider: Providers) -> None:
    """A check that finds that something is missing says so; that is no green."""

    def lacks(_: Trial) -> None:
        raise CouldNotRun("it needs a callback address")

    report = judged(provider(), scenario(lacks))
    assert [(r.outcome, r.reason) for r in of(report)] == [
        (Outcome.COULD_NOT_RUN, "it needs a callback address")
    ]
    assert report.verdict is Verdict.INCOMPLETE


def test_a_check_gets_the_clients_that_it_names(provider: Providers) -> None:
    """Parameters are views through clients, a trial, or both."""

    def acts(records: Records, stranger: OtherTenant, trial: Trial) -> None:
        own, theirs = records.get(records.create()), stranger.get(stranger.create())
        trial.verify(own.exchange.request.client == "a1", "a1", "another")
        trial.verify(theirs.exchange.request.client == "b1", "b1", "another")

    check = scenario(acts, types=frozenset({"contact"}))
    assert check.roles == ("a1", "b1")
    assert [r.outcome for r in of(judged(provider(), check))] == [Outcome.PASS]


def test_an_observer_sees_every_exchange_and_its_bugs_stay_its_own(provider: Providers) -> None:
    """Findings are counted over the run; an observer that raises is an error, others go on."""
    seen = []

    def counts(exchange: Any, _: Any) -> list[Found]:
        seen.append(exchange.id)
        wrong = exchange.request.operation == "read"
        return [Found("CORE-043", "/x", "nothing", "a read")] if wrong else []

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("bug")

    def reads_thrice(records: Records) -> None:
        record = records.create()
        for _ in range(3):
            records.get(record).must_have_status(200)

    report = judged(
        provider(),
        Check("core.counts", "observer", ("CORE-043",), "", counts),
        Check("core.broken", "observer", ("CORE-031",), "", broken),
        scenario(reads_thrice, types=frozenset({"contact"})),
    )
    contact = next(r for r in of(report, "core.counts") if r.resource == "contact")
    assert (contact.outcome, contact.more) == (Outcome.FAIL, 2)
    assert contact.exchange == min(name for name in seen if name.startswith("core.fake"))[:-1] + "2"
    errors = of(report, "core.broken")
    assert {r.outcome for r in errors} == {Outcome.ERROR}
    assert [r.outcome for r in of(report)] == [Outcome.PASS]


def test_an_observer_without_anything_to_look_at_passes_nothing(provider: Providers) -> None:
    """No answer to look at is no pass."""
    check = Check("core.blind", "observer", ("CORE-032",), "", lambda *_: None)
    [result] = of(judged(provider(), check), "core.blind")
    assert result.outcome is Outcome.COULD_NOT_RUN


def test_checks_of_a_class_that_is_not_claimed_are_not_claimed(provider: Providers) -> None:
    """An absent optional class is never red, and never green."""
    target = provider(classes=["core"])
    check = scenario(reads, types=frozenset({"contact"}))
    report = judged(target, check)
    assert [r.outcome for r in of(report)] == [Outcome.NOT_CLAIMED]
    assert report.end["classes"] == ["core"]
    assert report.verdict is Verdict.CONFORMANT


def test_progress_is_told_in_the_calling_thread(provider: Providers) -> None:
    """Each task once, never going back, to the end."""
    heard: list[Progress] = []
    threads = set()

    def listen(progress: Progress) -> None:
        heard.append(progress)
        threads.add(threading.current_thread())

    checks = [
        scenario(reads, name=f"core.fake_{number}", types=frozenset({"contact"}))
        for number in range(4)
    ]
    judged(provider(), *checks, listen=listen, workers=3)
    assert [progress.done for progress in heard] == [1, 2, 3, 4, 5]
    assert {progress.total for progress in heard} == {5}
    assert threads == {threading.current_thread()}
    assert {progress.last for progress in heard} == {DOOR, *(check.id for check in checks)}


def test_singletons_are_touched_by_one_check_at_a_time(provider: Providers) -> None:
    """Checks that share one record do not interleave."""
    inside: list[str] = []
    most = []

    def alone(records: Records) -> None:
        inside.append(records.trial.check)
        most.append(len(inside))
        for _ in range(3):
            records.get().must_have_status(200)
        inside.remove(records.trial.check)

    checks = [
        scenario(alone, name=f"core.alone_{number}", types=frozenset({"business"}))
        for number in range(4)
    ]
    judged(provider(), *checks, workers=4)
    assert most == [1, 1, 1, 1]


@pytest.mark.parametrize("workers", [1, 8])
def test_checks_that_go_alone_come_last_and_one_at_a_time(
    provider: Providers, workers: int
) -> None:
    """When all others are done, and never two of them together."""
    lock, inside = threading.Lock(), set[str]()
    begun: list[tuple[str, frozenset[str]]] = []

    def busy(trial: Trial) -> None:
        with lock:
            begun.append((trial.name, frozenset(inside)))
            inside.add(trial.name)
        for _ in range(3):
            trial.landing().must_have_status(200)
        inside.remove(trial.name)

    def records_too(records: Records) -> None:
        busy(records.trial)

    checks = [
        scenario(records_too, name="core.fake_a_alone", alone=True),
        scenario(busy, name="core.fake_b_alone", alone=True),
        *(scenario(busy, name=f"core.fake_{number}") for number in range(9)),
        scenario(records_too, name="core.fake_z"),
    ]
    heard: list[Progress] = []
    report = judged(provider(), *checks, workers=workers, listen=heard.append)
    names = [name for name, _ in begun]
    last = [name for name in names if "alone" in name]
    assert names[-len(last) :] == last == sorted(last)
    assert len(last) == len(STANDARD.resources) + 1
    assert [others for name, others in begun if name in last] == [frozenset()] * len(last)
    assert {r.outcome for r in report.results} == {Outcome.PASS}
    assert [progress.done for progress in heard] == list(range(1, heard[-1].total + 1))


def test_no_check_of_the_catalogue_that_steers_a_sandbox_runs_beside_others() -> None:
    """Who moves the clock or refuses requests disturbs everybody else."""
    steering = {
        check.id for check in catalog() if any(n.startswith("control:") for n in check.needs)
    }
    steering |= {"sandbox.declared_controls_work"}
    assert steering
    assert [check.id for check in catalog() if check.id in steering and not check.alone] == []


@pytest.mark.parametrize("workers", [1, 8])
def test_tasks_have_one_order(provider: Providers, workers: int) -> None:
    """What is planned is the same whatever the provider claims."""

    def shows(trial: Trial) -> None:
        names = [task.key for task in tasks(trial.run, catalog())]
        trial.verify(len(names) == len(set(names)), "each task once", "twice")
        trial.verify(len(names) > 30, "all tasks", str(len(names)))

    assert [r.outcome for r in of(judged(provider(), scenario(shows), workers=workers))] == [
        Outcome.PASS
    ]


def program(function: Callable[[Records, Program], None]) -> Check:
    """A program of a function, for contacts."""
    needs, shapes, types = ({"create"}, {"collection"}, {"contact"})
    return Check(
        "core.fake",
        "program",
        ("CORE-047", "CORE-044"),
        "",
        function,
        frozenset(needs),
        frozenset(shapes),
        frozenset(types),
    )


def test_a_program_that_fails_is_shown_in_its_shortest_form(provider: Providers) -> None:
    """Of up to nine steps with rich bodies the two remain that matter."""

    def no_updates(records: Records, steps: Program) -> None:
        for step in steps:
            broken = step.operation == "update"
            answer = records.trial.landing()
            answer.verify(not broken, "no update", f"{step}", under="CORE-047")

    report = judged(provider(), program(no_updates), programs=40)
    [result] = [r for r in of(report) if r.outcome is Outcome.FAIL]
    assert result.requirement == "CORE-047"
    assert (result.reason or "").startswith("shortest program that fails: create {")
    shortest = (result.reason or "").partition(": ")[2]
    assert shortest.count("; ") == 1
    assert len(shortest) < 80
    assert result.got is not None
    assert result.got in shortest


def test_a_program_that_fails_once_only_is_flaky(provider: Providers) -> None:
    """It counts as a failure and says that it did not come again."""
    once = []

    def flaky(records: Records, _: Program) -> None:
        ok = bool(once)
        once.append(True)
        records.trial.landing().verify(ok, "always the same", "not", under="CORE-047")

    report = judged(provider(), program(flaky), programs=4)
    [result] = [r for r in of(report) if r.outcome is Outcome.FAIL]
    assert (result.reason or "").startswith("flaky: it passed when it was run again")
    assert report.verdict is Verdict.NOT_CONFORMANT


def test_a_program_that_asserts_nothing_of_a_requirement_says_nothing_of_it(
    provider: Providers,
) -> None:
    """A generative check passes what it asserted, and leaves the rest to others."""

    def one(records: Records, _: Program) -> None:
        records.trial.landing().verify(True, "a page", under="CORE-047")  # noqa: FBT003

    report = judged(provider(), program(one), programs=3)
    assert [(r.requirement, r.outcome, r.assertions) for r in of(report)] == [
        ("CORE-047", Outcome.PASS, 3)
    ]


def test_a_program_that_raises_is_an_error(provider: Providers) -> None:
    """A bug in a program is the suite's own fault, and shown as one."""

    def broken(_: Records, __: Program) -> None:
        raise IndexError("bug")

    report = judged(provider(), program(broken), programs=3)
    assert {r.outcome for r in of(report)} == {Outcome.ERROR}
    assert report.verdict is Verdict.ERROR
