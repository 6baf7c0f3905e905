"""What the suite makes is taken away again, also when it is interrupted, or said to be left."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.support import (
    DOOR,
    SBW,
    Asked,
    Change,
    Passed,
    Providers,
    Proxy,
    Reply,
    http_answer,
    leftovers,
    problem,
    refuses_deletion,
    run,
    tokens,
    unmeasured,
    until,
)

from sbw_conformance import runner
from sbw_conformance.checks import Check
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.trial import Trial
from sbw_conformance.cleanup import FOR_GOOD, Journal, Trace, clean, order
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.runner import Progress
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import Target
from sbw_validator.standard import Resource, load_standard

STANDARD = load_standard()
CONTACT = STANDARD.resources["contact"]


def journals(folder: Path) -> list[Path]:
    """The journal files in a folder."""
    return sorted(folder.glob("journal*.ndjson"))


def without_deletion(_: Asked, passed: Passed) -> None:
    """Take DELETE out of the landing page."""
    if b'"sbw_version"' in passed.body:
        page = passed.json
        for entry in page["resources"].values():
            entry["operations"] = [name for name in entry["operations"] if name != "delete"]
        passed.json = page


def test_a_provider_without_deletion_keeps_records_and_journal(
    provider: Providers, tmp_path: Path
) -> None:
    """What cannot be removed is listed with its reason and stays in the journal."""
    target = provider()
    with Proxy(target, refuses_deletion, without_deletion) as proxy:
        report = run(proxy.seen, "core.create_answers", folder=tmp_path)
    assert report.verdict is Verdict.CONFORMANT
    kept = report.cleanup["kept"]
    assert {row["reason"] for row in kept} == {"the provider offers no deletion"}
    assert {row["record"] for row in kept} == {record["id"] for record in leftovers(target)}
    [journal] = journals(tmp_path)
    made = [json.loads(line) for line in journal.read_text().splitlines()]
    assert {row["record_id"] for row in made if row["event"] == "made"} == {
        row["record"] for row in kept
    }


def test_a_refused_deletion_is_told(provider: Providers, tmp_path: Path) -> None:
    """A provider that declares DELETE and refuses it is named with its answer."""
    target = provider()
    with Proxy(target, refuses_deletion) as proxy:
        report = run(proxy.seen, "core.create_answers", folder=tmp_path)
    assert {row["reason"] for row in report.cleanup["kept"]} == {
        "status 405, problem type about:blank"
    }
    assert journals(tmp_path)


def test_a_later_clean_run_keeps_the_journal_of_an_earlier_one(
    provider: Providers, tmp_path: Path
) -> None:
    """Only a run's own journal goes when it left nothing."""
    target = provider()
    with Proxy(target, refuses_deletion) as proxy:
        run(proxy.seen, "core.create_answers", folder=tmp_path)
    before = journals(tmp_path)
    run(target, "core.create_answers", folder=tmp_path)
    assert journals(tmp_path) == before
    assert len(before) == 1


def test_records_are_removed_whose_creation_was_not_answered(
    provider: Providers, tmp_path: Path
) -> None:
    """A record that was stored though its answer was lost is found by its external id."""
    target = provider(classes=["core", "contacts"])
    lost: list[bool] = []

    def after(asked: Asked, passed: Passed) -> Reply | None:
        if asked.method == "POST" and passed.status == 201 and len(lost) < 5:
            lost.append(True)
            return b""
        return None

    with Proxy(target, after=after) as proxy:
        report = run(proxy.seen, "core.create_answers", "core.limit_bounds", folder=tmp_path)
    assert report.verdict is Verdict.NOT_CONFORMANT
    assert lost
    assert leftovers(target) == []
    assert journals(tmp_path) == []


def test_clean_up_goes_on_when_lists_are_broken(provider: Providers, tmp_path: Path) -> None:
    """Records that are known are removed though no list can be read; the rest is named."""
    target = provider()

    def after(_: Asked, passed: Passed) -> Reply | None:
        if passed.is_page:
            passed.json = {"items": 7, "next": 7}
        return None

    with Proxy(target, after=after) as proxy:
        report = run(proxy.seen, "core.create_answers", "core.broken_json", folder=tmp_path)
    assert report.verdict is Verdict.NOT_CONFORMANT
    assert report.cleanup["removed"] > 0
    assert leftovers(target) == []


def deletes(asked: Asked) -> int:
    """How many deletions a request asks for in a batch."""
    if not asked.place.endswith("/batch"):
        return 0
    operations = json.loads(asked.body)["operations"]
    return sum(one["operation"] == "delete" for one in operations)


def makes(number: int) -> Check:
    """A check that makes so many contacts."""

    def makes_many(records: Records) -> None:
        made = records.many([records.body() for _ in range(number)])
        same = len({record.id for record in made}) == number
        records.trial.verify(same, f"{number} records", f"{len(made)}", records.trial.exchanges[-1])

    needs = frozenset({"create", "list"})
    types = frozenset({"contact"})
    return Check("core.makes_many", "scenario", ("CORE-070",), "", makes_many, needs, types=types)


def judged(target: Target, check: Check, folder: Path | None = None) -> Report:
    """A run of one check, behind the one that opens the door."""
    door = next(c for c in Options().checks if c.id == DOOR)
    return judge(target, Options(folder=folder, checks=(door, check), workers=2))


@pytest.mark.parametrize(("limit", "batches"), [(None, [100, 61]), (50, [50, 50, 50, 11])])
def test_records_are_taken_away_in_batches(
    provider: Providers, limit: int | None, batches: list[int]
) -> None:
    """As few requests as the landing page allows, and no single deletion."""
    target = provider()

    def after(_: Asked, passed: Passed) -> None:
        if limit and b'"sbw_version"' in passed.body:
            page = passed.json
            passed.json = {**page, "limits": {**page["limits"], "batch": limit}}

    with Proxy(target, after=after) as proxy:
        report = judged(proxy.seen, makes(160))
        found = [number for asked in proxy.server.asked if (number := deletes(asked))]
        assert not any(asked.method == "DELETE" for asked in proxy.server.asked)
    assert found == batches  # with the first record of the run
    assert report.cleanup == {**report.cleanup, "removed": 161, "kept": []}
    assert leftovers(target) == []


def some_refused(asked: Asked, passed: Passed) -> Reply | None:
    """Results that say of each second deletion that it failed, though it was carried out."""
    if deletes(asked) and passed.status == 200:
        results = passed.json["results"]
        passed.json = {
            "results": [
                {"status": 500, "problem": {"type": "about:blank", "status": 500}} if n % 2 else one
                for n, one in enumerate(results)
            ]
        }
    return None


BATCHES: dict[str, tuple[Callable[[Asked], Reply | None], Change]] = {
    "each second is refused": (lambda _: None, some_refused),
    "all of it is refused": (lambda a: problem(500) if deletes(a) else None, lambda _, __: None),
    "too large": (lambda a: problem(413) if deletes(a) else None, lambda _, __: None),
    "no answer": (lambda a: b"" if deletes(a) else None, lambda _, __: None),
    "no results": (lambda a: http_answer(200, "{}") if deletes(a) else None, lambda _, __: None),
    "too few results": (
        lambda a: http_answer(200, '{"results":[{"status":404}]}') if deletes(a) else None,
        lambda _, __: None,
    ),
}


@pytest.mark.parametrize("name", BATCHES)
def test_what_a_batch_leaves_is_taken_away_one_by_one(
    provider: Providers, tmp_path: Path, name: str
) -> None:
    """A batch that fails, as a whole or in part, leaves nothing behind."""
    before, after = BATCHES[name]
    target = provider()
    with Proxy(target, before, after) as proxy:
        report = judged(proxy.seen, makes(7), tmp_path)
        single = [asked for asked in proxy.server.asked if asked.method == "DELETE"]
    assert single
    assert report.cleanup["kept"] == []
    # Of a result that says that a record is gone, though it is not, nothing is known.
    lied = 1 if name == "too few results" else 0
    assert len(leftovers(target)) == lied
    assert journals(tmp_path) == []


def test_a_provider_without_batches_is_cleaned_one_by_one(provider: Providers) -> None:
    """Class bulk is no condition of clean-up."""
    target = provider(classes=["core", "contacts"])
    with Proxy(target) as proxy:
        report = judged(proxy.seen, makes(5))
        assert not any(asked.place.endswith("/batch") for asked in proxy.server.asked)
        assert sum(asked.method == "DELETE" for asked in proxy.server.asked) == 6
    assert report.cleanup == {**report.cleanup, "removed": 6, "kept": []}
    assert leftovers(target) == []


def chain(records: Records) -> None:
    """Organizations each of which belongs to the one before, with a contact in the last."""
    parent = None
    for _ in range(5):
        value = {"name": "Analytical Engines"}
        if parent is not None:
            value["parent"] = {"type": "organization", "id": parent}
        parent = records.post(records.marked(value)).value["id"]
    contacts = records.sibling("contact")
    ref = {"ref": {"type": "organization", "id": parent}, "primary": True}
    made = contacts.post(contacts.marked({"name": {"full": "Ada"}, "organizations": [ref]}))
    made.must_have_status(201)


@pytest.mark.parametrize("classes", [None, ["core", "contacts"]], ids=["batches", "one by one"])
def test_records_that_refer_to_each_other_all_go(
    provider: Providers, classes: list[str] | None
) -> None:
    """Where a record stays as long as others refer to it, those go first, whatever their order."""
    target = provider(variant="restricts-references", classes=classes)
    types = frozenset({"organization"})
    check = Check(
        "core.chain", "scenario", ("CORE-070",), "", chain, frozenset({"create"}), types=types
    )
    report = judged(target, check)
    assert report.outcome("CORE-070") is Outcome.PASS
    assert report.cleanup == {**report.cleanup, "removed": 7, "kept": []}
    assert leftovers(target) == []


def test_an_interrupt_ends_a_run_with_reports_and_removes_records(
    provider: Providers, tmp_path: Path
) -> None:
    """Ctrl-C: exit code 130, all reports, nothing left behind."""
    target = provider()
    busy = subprocess.Popen(
        [SBW, "test", target.base, "--out", tmp_path, "--workers", "2"],
        cwd=tmp_path,
        env=unmeasured(tokens(target)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: bool(leftovers(target)), "the first record", 60)
    busy.send_signal(signal.SIGINT)
    out, err = busy.communicate(timeout=60)
    assert busy.returncode == 130, err
    assert out.startswith("INTERRUPTED\n")
    assert "Traceback" not in err
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["verdict"], report["exit_code"]) == ("INTERRUPTED", 130)
    assert report["cleanup"]["removed"] > 0
    assert report["cleanup"]["kept"] == []
    assert (tmp_path / "report.html").exists()
    assert (tmp_path / "junit.xml").exists()
    assert leftovers(target) == []
    assert journals(tmp_path) == []


def test_an_interrupted_run_is_one_with_a_report(provider: Providers, tmp_path: Path) -> None:
    """Who calls the suite from Python and interrupts it gets a report, and a clean provider."""
    target = provider()

    def listen(progress: Progress) -> None:
        if progress.done > 20:
            raise KeyboardInterrupt

    report = run(target, folder=tmp_path, listen=listen)
    assert (report.verdict, report.end["exit_code"]) == (Verdict.INTERRUPTED, 130)
    assert report.cleanup["removed"] > 0
    assert report.cleanup["kept"] == []
    assert leftovers(target) == []
    assert journals(tmp_path) == []


class Hasty(ThreadPoolExecutor):
    """A pool that leaves its threads behind, as one does that is interrupted as it starts them."""

    def __exit__(self, *_: object) -> bool:
        self.shutdown(wait=False)
        return False


def test_what_is_still_being_made_at_an_interrupt_is_waited_for(
    provider: Providers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that is under way when the run is interrupted leaves nothing behind either."""
    monkeypatch.setattr(runner, "ThreadPoolExecutor", Hasty)
    target, asked_for, made = provider(), threading.Event(), threading.Event()

    def before(asked: Asked) -> Reply | None:
        if asked.method == "POST" and b"core.slow" in asked.body:
            asked_for.set()
            time.sleep(0.7)
        return None

    def after(asked: Asked, _: Passed) -> None:
        if b"core.slow" in asked.body:
            made.set()

    def slow(records: Records) -> None:
        records.create()

    def quick(_: Trial) -> None:
        asked_for.wait(10)

    def listen(progress: Progress) -> None:
        if progress.last == "core.quick":
            raise KeyboardInterrupt

    types = frozenset({"contact"})
    checks = (
        next(c for c in Options().checks if c.id == DOOR),
        Check("core.slow", "scenario", ("CORE-070",), "", slow, frozenset({"create"}), types=types),
        Check("core.quick", "scenario", ("CORE-070",), "", quick),
    )
    with Proxy(target, before, after) as proxy:
        options = Options(folder=tmp_path, checks=checks, listen=listen, workers=2)
        report = judge(proxy.seen, options)
        assert report.verdict is Verdict.INTERRUPTED
        assert made.wait(10)
        time.sleep(0.2)
    assert leftovers(target) == []
    assert journals(tmp_path) == []


def test_an_interrupt_is_not_held_up_by_a_slow_pace(provider: Providers, tmp_path: Path) -> None:
    """Requests that wait for their turn let go at once."""
    target = provider()
    (tmp_path / "sbw.yaml").write_text(
        f"target: {target.base}\nclients:\n  a1: {{token_env: SBW_A1_TOKEN}}\n"
        "pacing: {requests_per_second: 0.02}\n"
    )
    busy = subprocess.Popen(
        [SBW, "test"],
        cwd=tmp_path,
        env=unmeasured(tokens(target)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    busy.send_signal(0)
    with pytest.raises(subprocess.TimeoutExpired):
        busy.wait(2)
    busy.send_signal(signal.SIGINT)
    _, err = busy.communicate(timeout=30)
    assert busy.returncode == 130
    assert "Traceback" not in err


def test_a_fault_of_the_suite_still_cleans_up(provider: Providers, tmp_path: Path) -> None:
    """When the run itself breaks, records are removed before the error is shown."""
    target = provider()

    def listen(_: Any) -> None:
        if leftovers(target):
            raise OSError("no space left on device")

    def makes_one(records: Records) -> None:
        records.create()
        records.trial.verify(ok=True, expected="a record", got="a record")

    door = next(c for c in Options().checks if c.id == "core.landing_page_is_served_to_anyone")
    extra = Check("core.makes_one", "scenario", ("CORE-070",), "", makes_one, frozenset({"create"}))
    options = Options(folder=tmp_path, checks=(door, extra), listen=listen)
    with pytest.raises(OSError, match="no space left"):
        judge(target, options)
    assert leftovers(target) == []


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Give a journal that writes a file."""
    journal = Journal(tmp_path / "journal.ndjson", {"run": "r1"})
    yield journal
    journal.close(finished=False)


def lines(journal: Journal) -> list[dict[str, Any]]:
    """What the file of a journal holds."""
    assert journal.path is not None
    return [json.loads(line) for line in journal.path.read_text().splitlines()]


def test_a_creation_is_written_down_before_it_is_asked_for(journal: Journal) -> None:
    """The file knows of a record as soon as it is planned, and of what became of it."""
    journal.planned(CONTACT, "a1", "r1.check.1")
    assert [row["event"] for row in lines(journal)] == ["run", "planned"]
    assert journal.open() == [Trace("contact", "a1", ("r1.check.1",))]
    journal.made(CONTACT, "a1", "id-1", "r1.check.1")
    assert journal.open() == [Trace("contact", "a1", ("r1.check.1",), "id-1")]
    journal.gone(CONTACT, "id-1")
    assert journal.open() == []
    assert [row["event"] for row in lines(journal)] == ["run", "planned", "made", "gone"]


def test_the_first_value_of_a_singleton_is_the_one_to_restore(journal: Journal) -> None:
    """Changing it twice does not make the first change the old value."""
    business = STANDARD.resources["business"]
    journal.changed(business, "a1", {"name": "Old"})
    journal.changed(business, "a1", {"name": "New"})
    assert [trace.restore for trace in journal.open()] == [{"name": "Old"}]


def test_clean_counts_and_names(journal: Journal) -> None:
    """Each trace is removed, restored or kept with a reason; what was never made is neither."""
    business = STANDARD.resources["business"]
    journal.changed(business, "a1", {"name": "Old"})
    for number in range(3):
        journal.made(CONTACT, "a1", f"id-{number}", f"r1.{number}")
    journal.planned(CONTACT, "a1", "r1.never")
    found = clean(
        journal,
        STANDARD.resources,
        lambda _, __: [],
        lambda _, trace: "stuck" if trace.record_id == "id-1" else None,
        lambda function, traces: [function(trace) for trace in traces],
    )
    assert (found.removed, found.restored) == (2, 1)
    assert found.kept == ({"resource": "contact", "record": "id-1", "reason": "stuck"},)


@pytest.mark.parametrize("swept", [0, 2, 5])
def test_what_stays_is_tried_again_as_long_as_something_goes(journal: Journal, swept: int) -> None:
    """A chain in the wrong order goes link by link; a sweep may have taken some already."""
    for number in range(5):
        journal.made(CONTACT, "a1", f"id-{number}", f"r1.{number}")
    there = [f"id-{number}" for number in range(5)]
    rounds: list[int] = []

    def sweep(_: Resource, traces: list[Trace]) -> list[Trace]:
        if traces:
            del there[:swept]
        return [trace for trace in traces if trace.record_id in there]

    def dispose(_: Resource, trace: Trace) -> str | None:
        if there[0] != trace.record_id:
            return "in use"
        there.pop(0)
        return None

    def every(function: Callable[[Trace], str | None], traces: list[Trace]) -> list[str | None]:
        rounds.append(len(traces))
        return [function(trace) for trace in traces]

    found = clean(journal, STANDARD.resources, lambda _, __: [], dispose, every, sweep)
    assert (found.removed, found.kept) == (5, ())
    assert rounds == list(range(5 - swept, 0, -1))


def test_what_never_goes_is_not_tried_for_ever(journal: Journal) -> None:
    """Once nothing more goes, the rest is named with the reason of the last try."""
    for number in range(4):
        journal.made(CONTACT, "a1", f"id-{number}", f"r1.{number}")
    tries: list[str | None] = []

    def dispose(_: Resource, trace: Trace) -> str | None:
        tries.append(trace.record_id)
        return None if trace.record_id == "id-3" else f"stuck after {len(tries)}"

    found = clean(
        journal,
        STANDARD.resources,
        lambda _, __: [],
        dispose,
        lambda function, traces: [function(trace) for trace in traces],
    )
    assert found.removed == 1
    assert len(tries) == 4 + 3
    assert [row["record"] for row in found.kept] == ["id-2", "id-1", "id-0"]
    assert [row["reason"] for row in found.kept] == [f"stuck after {n}" for n in (5, 6, 7)]


@pytest.mark.parametrize("told", [None, "the list is broken"])
def test_what_was_refused_is_not_named_as_left(journal: Journal, told: str | None) -> None:
    """The provider said that it is not there; where lists do not tell, the journal stays."""
    journal.planned(CONTACT, "a1", "r1.refused")
    journal.planned(CONTACT, "a1", "r1.unanswered")
    journal.refused(CONTACT, "a1", "r1.refused", "r1.never-planned")

    def look(_: Resource, planned: list[Trace]) -> list[Trace]:
        return [replace(trace, unseen=told) for trace in planned]

    found = clean(
        journal,
        STANDARD.resources,
        look,
        lambda _, trace: trace.doubt,
        lambda function, traces: [function(trace) for trace in traces],
    )
    assert [row["record"] for row in found.kept] == ["r1.unanswered"]
    assert (told or "there is no list") in found.kept[0]["reason"]
    assert found.left == (0 if told is None else 1)
    assert not found.finished


def test_what_the_standard_keeps_is_nothing_to_do(journal: Journal) -> None:
    """It is named, and the journal is done."""
    journal.made(CONTACT, "a1", "id-1", "r1.1")
    found = clean(
        journal,
        STANDARD.resources,
        lambda _, __: [],
        lambda _, __: FOR_GOOD,
        lambda function, traces: [function(trace) for trace in traces],
    )
    assert [row["reason"] for row in found.kept] == [FOR_GOOD]
    assert found.finished


def test_a_run_that_is_not_tidied_leaves_its_journal(provider: Providers, tmp_path: Path) -> None:
    """`sbw clean` can do it later."""
    report = run(provider(), "core.create_answers", only="contact", folder=tmp_path, tidy=False)
    assert report.cleanup == {**report.cleanup, "removed": 0, "kept": []}
    assert journals(tmp_path)


def test_order_follows_what_stands_in_the_way() -> None:
    """Every type once, after those that are to go before it."""
    names = order(STANDARD.resources)
    assert sorted(names) == sorted(STANDARD.resources)
    for name in names:
        before = STANDARD.resources[name].disposal.after
        assert all(names.index(other) < names.index(name) for other in before)
