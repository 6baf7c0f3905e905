"""How many seeded defects programs find alone, without any check that was written for one."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from sbw_conformance.checks import Check, bodies, catalog
from sbw_conformance.checks.answer import STANDS_ON
from sbw_conformance.planning import Task
from sbw_conformance.provider import Defect, Fleet
from sbw_conformance.results import Outcome, Report
from sbw_conformance.suite import Options, judge
from sbw_validator.standard import Standard, load_standard

BAD = frozenset({Outcome.FAIL, Outcome.WARN})


@dataclass(frozen=True)
class Noticed:
    """What programs made of a defect: the requirements that they found broken."""

    defect: Defect
    failed: tuple[str, ...]
    errors: tuple[str, ...]
    seconds: float

    @property
    def found(self) -> bool:
        """Whether a vendor would have been told of it."""
        return bool(self.failed)

    @property
    def named(self) -> bool:
        """Whether it is its own requirement that failed."""
        return self.defect.expects[0] in self.failed

    def to_json(self) -> dict[str, Any]:
        """As the committed results hold it."""
        return {
            "defect": self.defect.id,
            "expects": list(self.defect.expects),
            "failed": list(self.failed),
            "errors": list(self.errors),
        }


@dataclass
class Programming:
    """Puts defects to programs alone, whole decks of them; `lanes` providers at a time.

    Resources of the defect's own types are looked at first, and the others where those show
    nothing. `sound` lets the provider without a defect be judged before.
    """

    lanes: int = 2
    workers: int = 3
    sound: bool = True
    listen: Callable[[Noticed], None] = lambda _: None
    standard: Standard = field(default_factory=load_standard)

    def run(self, defects: Iterable[Defect]) -> tuple[Noticed, ...]:
        """What became of each defect, in their order; CouldNotTell where there is a false alarm."""
        with ExitStack() as stack:
            fleets = [stack.enter_context(Fleet()) for _ in range(self.lanes)]
            if self.sound:
                self._must_be_sound(fleets[0])
            with ThreadPoolExecutor(self.lanes, "defect") as pool:
                return tuple(pool.map(self._noticed, itertools.cycle(fleets), defects))

    def _must_be_sound(self, fleet: Fleet) -> None:
        report = self._judge(fleet, None, frozenset(self.standard.resources))
        if bad := [*_failed(report), *_errors(report)]:
            raise CouldNotTell(f"without a defect programs show {', '.join(bad)}")

    def _noticed(self, fleet: Fleet, defect: Defect) -> Noticed:
        began, errors = time.monotonic(), set[str]()
        failed: tuple[str, ...] = ()
        for kinds in self._rounds(defect):
            report = self._judge(fleet, defect, kinds)
            failed, errors = _failed(report), errors | _errors(report)
            if failed:
                break
        found = Noticed(defect, failed, tuple(sorted(errors)), time.monotonic() - began)
        self.listen(found)
        return found

    def _rounds(self, defect: Defect) -> Iterator[frozenset[str]]:
        """The types that are looked at, one lot after the other: first what shows most."""
        known = self.standard.resources
        made = {kind for kind, resource in known.items() if "create" in resource.operations}
        sizes = {k: len(bodies.kinds(bodies.richest(self.standard, known[k]).value)) for k in made}
        first = defect.types & made or {max(made, key=lambda kind: (sizes[kind], kind))}
        yield frozenset(first)
        yield frozenset(made - first)

    def _judge(self, fleet: Fleet, defect: Defect | None, kinds: frozenset[str]) -> Report:
        def wanted(task: Task) -> bool:
            if STANDS_ON["landing"] in task.check.requirements:
                return True
            return task.resource is None or task.resource.type in kinds

        name = f"programs {defect.id if defect else 'alone'} {sorted(kinds)}"
        races = defect is not None and defect.parallel
        target = fleet.start(name, defect=defect.id if defect else None, in_turn=not races)
        options = Options(
            workers=self.workers,
            programs=None,
            checks=generative(),
            preflight=False,
            tidy=False,
            wanted=wanted,
            evidence=False,
            shrink=False,
        )
        report = judge(target, options, self.standard)
        fleet.stop(name)
        return report


class CouldNotTell(Exception):  # noqa: N818  # what was measured is no error of the caller
    """What was to be measured shows something where there is nothing."""


def generative() -> tuple[Check, ...]:
    """The checks that draw what they ask, and the door that every run goes through."""
    door = STANDS_ON["landing"]
    return tuple(c for c in catalog() if c.kind == "program" or door in c.requirements)


def _failed(report: Report) -> tuple[str, ...]:
    bad = {result.requirement for result in report.results if result.outcome in BAD}
    return tuple(sorted(bad))


def _errors(report: Report) -> set[str]:
    return {f"{r.check}: {r.reason}" for r in report.results if r.outcome is Outcome.ERROR}
