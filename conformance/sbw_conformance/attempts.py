"""One task at work: its check is tried, a program that fails is shrunk, results come out."""

import itertools
import threading
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from sbw_conformance.checks.model import Program, named
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.run import Run
from sbw_conformance.checks.trial import Blocked, CouldNotRun, Failed, Lost, NotClaimed, Trial
from sbw_conformance.judging import BUGS, results_of
from sbw_conformance.planning import Task
from sbw_conformance.programs import Programs
from sbw_conformance.results import Outcome, Result, worst

MOST_REPEATS = 3
"""How often a check is done where the provider goes away each time."""

BROKEN = frozenset({Outcome.FAIL, Outcome.WARN})
"""What a provider did, as against what the suite could not do."""

Attempt = tuple[list[Trial], list[Result]]
"""The trials of a task, and what came of them."""


@dataclass
class Attempts:
    """How the tasks of a run are done; safe to use from many threads.

    `programs` is how many each resource gets, None for all that there are; those that fail are made
    shorter with `shrink`. What is at work ends where `stop` is set.
    """

    run: Run
    stop: threading.Event
    programs: int | None
    shrink: bool = True

    def __post_init__(self) -> None:
        shapes = {name: entry.shape for name, entry in self.run.standard.resources.items()}
        locks = {name: threading.Lock() for name, shape in shapes.items() if shape == "singleton"}
        self._locks = locks

    def of(self, task: Task) -> Attempt:
        """Do a task; a bug of its check is a result too, and harms no other."""
        try:
            if task.check.kind == "program":
                return self._programs(task)
            trial, ended = self._try(task, task.check.id)
            return [trial], results_of(self.run.requirements, task.check, trial, ended)
        except BUGS as error:
            trial = self._trial(task, task.check.id)
            return [trial], results_of(self.run.requirements, task.check, trial, error)

    def _try(
        self, task: Task, name: str, steps: Program | None = None
    ) -> tuple[Trial, BaseException | None]:
        """Do a check once; what ends it early is given back, not raised.

        A check that the provider went away from is done again, but not for ever: the request that
        brings it down is judged at last.
        """
        for number in range(1, MOST_REPEATS + 1):
            again = name if number == 1 else f"{name}.again.{number}"
            trial, ended = self._tried(task, again, steps, repeatable=number < MOST_REPEATS)
            if not isinstance(ended, Lost):
                break
        return trial, ended

    def _tried(
        self, task: Task, name: str, steps: Program | None, *, repeatable: bool
    ) -> tuple[Trial, BaseException | None]:
        trial = self._trial(task, name)
        trial.repeatable = repeatable
        arguments: dict[str, Any] = {}
        for parameter, kind in task.check.parameters.items():
            if issubclass(kind, Records) and task.resource is not None:
                arguments[parameter] = kind(trial, task.resource)
            elif issubclass(kind, Trial):
                arguments[parameter] = trial
            else:
                arguments[parameter] = steps
        lock = self._locks.get(task.resource.type) if task.resource else None
        with lock or nullcontext():
            try:
                task.check.function(**arguments)
            except (Failed, Blocked, CouldNotRun, NotClaimed) as end:
                return trial, end
            except BUGS as error:
                return trial, error
        return trial, None

    def _trial(self, task: Task, name: str) -> Trial:
        return Trial(self.run, name, task.check.requirements, task.resource, stop=self.stop)

    def _programs(self, task: Task) -> Attempt:
        """Run the drawn programs of a task, and shrink the first that fails."""
        run, check, resource = self.run, task.check, task.resource
        if resource is None:
            raise TypeError(f"{check.id} needs a resource")
        offers = run.offers(resource)
        drawn = Programs(run.standard, resource, offers, self.programs, run.seed, check.alone)
        trials: list[Trial] = []
        found: dict[str, Result] = {}
        for number, steps in enumerate(drawn.draw(), 1):
            trial, ended = self._try(task, f"{check.id}.{number}", steps)
            trials.append(trial)
            results = results_of(run.requirements, check, trial, ended)
            over = any(result.outcome is not Outcome.PASS for result in results)
            failed = [result for result in results if result.outcome in BROKEN]
            if failed and self.shrink:
                results = self._shrunk(task, drawn, steps, failed, trials)
            for result in results:
                _add(found, result)
            if over:
                break
        return trials, list(found.values())

    def _shrunk(
        self, task: Task, drawn: Programs, steps: Program, failed: list[Result], trials: list[Trial]
    ) -> list[Result]:
        wanted = {result.requirement for result in failed}
        known: dict[str, list[Result]] = {named(steps): failed}
        numbers = itertools.count(1)  # no two runs mark their records alike

        def fails(program: Program) -> bool:
            name = f"{task.check.id}.shrinking.{next(numbers)}"
            trial, ended = self._try(task, name, program)
            results = results_of(self.run.requirements, task.check, trial, ended)
            again = [r for r in results if r.outcome in BROKEN and r.requirement in wanted]
            if again:
                trials.append(trial)
                known[named(program)] = again
            return bool(again)

        if not fails(steps):
            note = f"flaky: it passed when it was run again. {named(steps)}"
            return [replace(result, reason=note) for result in failed]
        best = drawn.shrink(steps, fails)
        note = f"shortest program that fails: {named(best)}"
        return [replace(result, reason=note) for result in known[named(best)]]


def _add(found: dict[str, Result], result: Result) -> None:
    """Keep the worst result of each requirement, with the assertions of all."""
    old = found.get(result.requirement)
    if old is None:
        found[result.requirement] = result
        return
    shown = old if worst([old.outcome, result.outcome]) is old.outcome else result
    count = old.assertions + result.assertions
    found[result.requirement] = replace(shown, assertions=count)
