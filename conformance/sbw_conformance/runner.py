"""Runs checks against a target: pool, order, progress, clean-up, and the event stream."""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from sbw_conformance import disposal
from sbw_conformance.attempts import Attempts
from sbw_conformance.checks import Check, catalog
from sbw_conformance.checks.answer import STANDS_ON
from sbw_conformance.checks.observing import View
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.run import Run
from sbw_conformance.checks.trial import Blocked, CouldNotRun, Failed, Trial
from sbw_conformance.cleanup import Cleanup, clean
from sbw_conformance.events import EventStream
from sbw_conformance.exchanges import MISSING, Exchange
from sbw_conformance.footprint import peak_bytes
from sbw_conformance.judging import Observations
from sbw_conformance.planning import Task, excuse, once, tasks, unseen
from sbw_conformance.presence import Ending
from sbw_conformance.results import (
    EXIT_CODES,
    EXIT_USAGE,
    Outcome,
    Report,
    Result,
    Verdict,
    fold,
    verdict_of,
)
from sbw_conformance.selection import Selection
from sbw_conformance.waivers import Waivers

PROGRAMS = 3
"""How many programs each resource gets."""


_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z")


@dataclass(frozen=True)
class Progress:
    """How far a run is: tasks done of all, requests sent, failures so far, the last task."""

    done: int
    total: int
    requests: int
    failures: int
    last: str


@dataclass
class Runner:
    """One run: give it checks and it gives a report.

    `listen` hears of the progress, in the thread that called `judge`. `scored` names the checks
    that count for the verdict, None for all of them; `wanted` says which tasks are done at all,
    `selection` which of what is claimed is judged; programs that fail are made
    shorter with `shrink`; without `evidence` the stream holds no exchanges and assertions.
    """

    run: Run
    stream: EventStream
    workers: int = 8
    checks: tuple[Check, ...] = field(default_factory=catalog)
    programs: int | None = PROGRAMS
    listen: Callable[[Progress], None] = lambda _: None
    shrink: bool = True
    head: dict[str, Any] = field(default_factory=dict)
    scored: frozenset[str] | None = None
    wanted: Callable[[Task], bool] = lambda _: True
    evidence: bool = True
    selection: Selection = field(default_factory=Selection)
    waivers: Waivers = field(default_factory=Waivers)

    def __post_init__(self) -> None:
        run = self.run
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._results: list[Result] = []
        self._lock = threading.Lock()
        self._idle = threading.Condition()
        self._busy = 0
        self._ending: Ending | None = None
        self._over = False
        self._attempts = Attempts(run, self._stop, self.programs, shrink=self.shrink)
        observers = tuple(check for check in self.checks if check.kind == "observer")
        view = View(run.target, run.standard, run.schemas, run.own)
        self._observations = Observations(observers, view)
        self._observers = observers

    def judge(self) -> Report:
        """Run everything; an interrupt ends the run early, with its reports."""
        self.stream.write([self._head()])
        interrupted = False
        planned = sorted(
            filter(self._selected, tasks(self.run, self.checks)), key=lambda task: task.key
        )
        doors = [t for t in planned if STANDS_ON["landing"] in t.check.requirements]
        rest = [task for task in planned if task not in doors]
        try:
            self._work(doors, len(planned), 0)
            if self.run.landing is None:
                self._shut(rest)
            else:
                self._start()
                self._work_all(once(self.run, rest), len(doors))
        except KeyboardInterrupt:
            interrupted = True
        except Exception:
            self.run.journal.close(finished=self._tidied(early=True).finished)
            raise
        cleanup = self._tidied(early=interrupted)
        self._end(cleanup, interrupted=interrupted)
        return fold(self.stream.read())

    def _selected(self, task: Task) -> bool:
        """Whether a task is done; the landing page always is looked at."""
        check, selection = task.check, self.selection
        if STANDS_ON["landing"] in check.requirements:
            return True
        judged = not check.requirements or any(map(self._judged, check.requirements))
        return judged and selection.takes(task) and self.wanted(task)

    def _judged(self, requirement: str) -> bool:
        return self.selection.judges(self.run.requirements.get(requirement))

    # Doing tasks

    def _work_all(self, todo: list[Task], done: int) -> None:
        """Do tasks, those that go alone when all others are done."""
        alone = [task for task in todo if task.check.alone]
        together = [task for task in todo if not task.check.alone]
        total = done + len(todo)
        self._work(together, total, done)
        self._work(alone, total, done + len(together), workers=1)

    def _work(self, todo: list[Task], total: int, done: int, *, workers: int | None = None) -> None:
        pool = ThreadPoolExecutor(workers or self.workers, "check")
        try:
            waiting = {pool.submit(self._task, task) for task in todo}
            while waiting:
                finished, waiting = wait(waiting, 0.2, FIRST_COMPLETED)
                for future in finished:
                    done += 1
                    self.listen(self._progress(done, total, future.result()))
        except BaseException:
            self._stop.set()
            self.run.client.pacer.hurry()
            raise
        finally:
            # What is at work is waited for as the run comes to rest: an interrupt can end that.
            pool.shutdown(wait=False, cancel_futures=True)

    def _progress(self, done: int, total: int, last: str) -> Progress:
        failures = sum(result.outcome is Outcome.FAIL for result in self._results)
        return Progress(done, total, self.run.client.sent, failures, last)

    def _come_to_rest(self) -> None:
        """Wait for tasks at work, also in threads that a pool lost as it was interrupted."""
        self._stop.set()
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, self.run.client.answer_seconds)

    def _task(self, task: Task) -> str:
        with self._idle:
            if self._stop.is_set():
                return task.check.id
            self._busy += 1
        try:
            return self._done(task)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _done(self, task: Task) -> str:
        if (reason := excuse(self.run, task)) is not None:
            self._excuse(task, reason)
        else:
            trials, found = self._attempts.of(task)
            self._finish(task, trials, found)
            self._open_door(task, trials, found)
        return task.check.id

    # What tasks leave behind

    def _finish(self, task: Task, trials: list[Trial], found: Iterable[Result]) -> None:
        results = list(found)
        events: list[dict[str, Any]] = [self._check_event(task, trials)]
        for trial in trials:
            self._observations.feed(trial.exchanges)
            events += self._trial_events(trial)
        results = [replace(r, check=task.check.id, kind=task.check.kind) for r in results]
        self._note(results, events)

    def _check_event(self, task: Task, trials: list[Trial]) -> dict[str, Any]:
        exchanges = [exchange for trial in trials for exchange in trial.exchanges]
        return {
            "event": "check",
            "trial": task.key[0] + (f"[{task.key[1]}]" if task.key[1] else ""),
            "check": task.check.id,
            "resource": task.key[1] or None,
            "kind": task.check.kind,
            "title": task.check.title,
            "requirements": list(task.check.requirements),
            "requests": len(exchanges),
            "milliseconds": round(sum(exchange.milliseconds for exchange in exchanges), 1),
            "operations": self._touched(exchanges) if self.evidence else [],
        }

    @staticmethod
    def _touched(exchanges: Iterable[Exchange]) -> list[str]:
        return sorted({mark for exchange in exchanges for mark in exchange.touched})

    def _trial_events(self, trial: Trial) -> Iterator[dict[str, Any]]:
        if not self.evidence:
            return
        for exchange, added in zip(trial.exchanges, trial.added, strict=True):
            yield self.stream.exchange(exchange, added)
        for assertion in trial.assertions:
            values = {k: v for k, v in assertion.__dict__.items() if v is not None}
            yield {"event": "assertion", "trial": trial.name, **values}

    def _note(self, results: list[Result], events: list[dict[str, Any]]) -> None:
        results = [self.waivers.apply(r) for r in results if self._judged(r.requirement)]
        if self.scored is not None:
            results = [replace(r, scored=r.check in self.scored) for r in results]
        self._keep(results, events)

    def _keep(self, results: list[Result], events: list[dict[str, Any]]) -> None:
        block = [*events, *({"event": "result", **r.to_json()} for r in results)]
        with self._lock:
            if not self._over:  # a task that an interrupt did not wait for has nothing to say
                self._results += results
                self.stream.write(block)

    def _excuse(self, task: Task, reason: Result) -> None:
        results = [replace(reason, requirement=name) for name in task.check.requirements]
        self._finish(task, [], results)

    def _open_door(self, task: Task, trials: list[Trial], found: list[Result]) -> None:
        """Take the landing page that a check found valid as the run's own."""
        door = STANDS_ON["landing"]
        if door in task.check.requirements and all(r.outcome is Outcome.PASS for r in found):
            exchanges = [exchange for trial in trials for exchange in trial.exchanges]
            pages = [exchange.json for exchange in exchanges if exchange.json is not MISSING]
            self.run.landing = pages[-1]

    def _shut(self, rest: list[Task]) -> None:
        """Say of every other task that it could not run without a valid landing page."""
        door, reason = STANDS_ON["landing"], "there is no valid landing page"
        shut = Result("", "", None, Outcome.COULD_NOT_RUN, reason=reason, blocked_by=door)
        for task in rest:
            self._excuse(task, replace(shut, resource=task.key[1] or None))
        seen = self._observations.results(self.run.requirements)
        wrong = [result for result in seen if result.outcome in {Outcome.FAIL, Outcome.WARN}]
        known = {(result.requirement, result.check) for result in wrong}
        self._observations = Observations((), self._observations.view)
        classes = self.run.standard.classes.values()
        schemas = tuple(dict.fromkeys(entry.schema_requirement for entry in classes))
        not_run = [
            replace(shut, requirement=requirement, check=check.id, kind="observer")
            for check in self._observers
            for requirement in check.requirements or schemas
            if (requirement, check.id) not in known
        ]
        self._note([*wrong, *not_run], [])

    def _start(self) -> None:
        """Make the run's first record: its creation is the instant from which lists are walked."""
        for entry in self.run.standard.resources.values():
            if {"create", "list"} <= self.run.operations(entry) and entry.disposal.kind == "delete":
                trial = Trial(self.run, "run.start", (), entry, stop=self._stop)
                try:
                    self.run.start = _usable(Records(trial, entry).create().value)
                except (Failed, Blocked, CouldNotRun):
                    continue
                finally:
                    self._observations.feed(trial.exchanges)
                    self.stream.write(self._trial_events(trial))
                return

    # Beginning and end

    def _head(self) -> dict[str, Any]:
        run = self.run
        return {
            "event": "run",
            "run": run.id,
            "target": run.target.base,
            "standard": run.standard.version,
            "seed": run.seed,
            "workers": self.workers,
            "clients": sorted(run.target.clients),
            "requirements": [
                {
                    name: getattr(entry, name)
                    for name in ("id", "role", "keyword", "promise", "kind", "sentence")
                }
                | {"class": entry.class_name}
                for entry in run.requirements.values()
            ],
            "selection": self.selection.to_json(),
            "waivers": [waiver.to_json() for waiver in self.waivers.given],
            "attestation": None,
            **self.head,
        }

    def _classes(self) -> frozenset[str]:
        """Classes that are claimed and judged."""
        claimed, wanted = self.run.claimed_classes, self.selection.classes
        return claimed if wanted is None else claimed & wanted

    def _waiver_troubles(self) -> Iterator[Result]:
        judged = {name for name, r in self.run.requirements.items() if r.kind == "checked"}
        checks = {check.id for check in self.checks}
        resources = self.run.standard.resources
        return self.waivers.troubles(self._results, judged, checks, resources)

    def _tidied(self, *, early: bool) -> Cleanup:
        """Take away what the run made; an interrupt ends that too, and says what is left."""
        self._ending = self.run.client.ending
        try:
            if early:
                self._come_to_rest()
            return self._clean() if self.run.tidy else disposal.untouched(self.run.journal)
        except KeyboardInterrupt:
            self._stop.set()
            self.run.client.abort()
            return disposal.given_up(self.run.journal)

    def _clean(self) -> Cleanup:
        pool = ThreadPoolExecutor(self.workers, "clean-up")
        self.run.client.resume()
        try:
            return clean(
                self.run.journal,
                self.run.standard.resources,
                disposal.leftovers(self.run),
                disposal.disposer(self.run),
                lambda function, traces: list(pool.map(function, traces)),
                disposal.sweeper(self.run),
            )
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _end(self, cleanup: Cleanup, *, interrupted: bool) -> None:
        observed = self._observations.results(self.run.requirements)
        if self.run.landing is not None and not interrupted and not self.selection.again:
            observed += unseen(self.run, self._observers, observed)
        self._note(observed, [])
        if not interrupted:
            self._keep(list(self._waiver_troubles()), [])
        with self._lock:
            self._over = True
        partial = self.selection.partial or self._ending is not None
        verdict = verdict_of(self._results, interrupted=interrupted, partial=partial)
        page, why = self.run.landing or {}, self.run.redaction.text
        self.stream.write(
            [
                {"event": "cleanup", **cleanup.to_json()},
                {
                    "event": "end",
                    "verdict": verdict.value,
                    "exit_code": self._exit_code(verdict),
                    "app": page.get("app"),
                    "classes": sorted(self._classes()) if page else [],
                    "requests": self.run.client.sent,
                    "seconds": round(time.monotonic() - self._began, 2),
                    "settled_seconds": round(self.run.settled, 2),
                    **({"away": away} if (away := self.run.client.away) else {}),
                    **({"ended_early": why(self._ending.sentence)} if self._ending else {}),
                    "peak_bytes": peak_bytes(),
                },
            ]
        )
        self.run.journal.close(finished=cleanup.finished and self.run.tidy)

    def _exit_code(self, verdict: Verdict) -> int:
        """The code of the verdict, unless the caller has to mend something first."""
        usage = self._ending is not None and self._ending.usage
        return EXIT_USAGE if usage and verdict is not Verdict.INTERRUPTED else EXIT_CODES[verdict]


def _usable(record: Mapping[str, Any]) -> str | None:
    """When a record was created, if that is an instant that a list filter takes."""
    created = str(record["meta"]["created_at"])
    return created if _INSTANT.fullmatch(created) else None
