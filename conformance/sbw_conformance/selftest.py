"""The suite proves itself: every seeded defect is found by the checks meant for it, no other."""

import itertools
import random
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from sbw_conformance.checks import Check, bodies, catalog
from sbw_conformance.checks.answer import STANDS_ON
from sbw_conformance.planning import Task
from sbw_conformance.provider import Defect, Fleet, ProviderError, defects
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.suite import Options, judge
from sbw_conformance.traceability import asserted_by
from sbw_validator.standard import Resource, Standard, load_standard

Key = tuple[str, str | None]
"""A check and the type of the resource that it is run on."""


@dataclass(frozen=True)
class Used:
    """What a check asked a resource for without any defect, and in how many requests."""

    operations: frozenset[str]
    requests: int


FLEETS = 2
"""Processes of providers: one alone would be slower than the checks."""

ROUNDS = 10
"""How often each race is run at most where a defect is to show in it, however busy the machine."""

MOST_REQUESTS = 150
"""What the checks that a defect is put to beside its own cost at most, about one second."""

BAD = frozenset({Outcome.FAIL, Outcome.WARN})


@dataclass(frozen=True)
class Kill:
    """What became of one defect.

    `failed` holds the requirements that were found broken, `by` the checks that did, with the
    requirements. `complaints` says what is not as it has to be.
    """

    defect: Defect
    failed: tuple[str, ...]
    by: tuple[tuple[str, str], ...]
    checks: int
    firings: int
    seconds: float
    complaints: tuple[str, ...] = ()

    @property
    def killed(self) -> bool:
        """Whether the defect's own requirement was found broken."""
        return self.defect.expects[0] in self.failed

    def to_json(self) -> dict[str, Any]:
        """As `sbw selftest --json` prints it."""
        return {
            "defect": self.defect.id,
            "title": self.defect.title,
            "expects": list(self.defect.expects),
            "failed": list(self.failed),
            "by": [list(row) for row in self.by],
            "killed": self.killed,
            "checks": self.checks,
            "firings": self.firings,
            "seconds": round(self.seconds, 2),
            "complaints": list(self.complaints),
        }


@dataclass(frozen=True)
class Selftest:
    """The kill matrix; `redundant` names checks that no defect made fail."""

    kills: tuple[Kill, ...]
    redundant: tuple[str, ...]
    baseline: Report
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every defect was killed as expected and every check has proved itself."""
        good = self.baseline.verdict is Verdict.CONFORMANT
        return good and not self.redundant and not any(kill.complaints for kill in self.kills)


@dataclass
class Selftester:
    """Runs the suite against the reference provider without and with each defect.

    `full` runs all checks for each defect; otherwise those for what it expects and, of those whose
    exchanges it can act on, as many as `most` requests allow, drawn by its id: on one resource of
    each shape and on those that a defect or a check names. `lanes` is how many providers are judged
    at a time. What programs find is a measure of its own.
    """

    full: bool = False
    most: int = MOST_REQUESTS
    lanes: int = 4
    workers: int = 3
    listen: Callable[[Kill], None] = lambda _: None
    standard: Standard = field(default_factory=load_standard)
    checks: tuple[Check, ...] = field(default_factory=catalog)
    classes: tuple[str, ...] | None = None

    def run(self, known: Iterable[Defect] | None = None, *, whole: bool = True) -> Selftest:
        """Judge every defect given, all of them by default; `whole` looks for redundant checks."""
        began = time.monotonic()
        chosen = defects() if known is None else tuple(known)
        with ExitStack() as stack:
            fleets = [stack.enter_context(Fleet()) for _ in range(FLEETS)]
            baseline = self._judge(fleets[0], "baseline", lambda _: True, evidence=True)
            used = {
                (row["check"], row["resource"]): Used(frozenset(row["operations"]), row["requests"])
                for row in baseline.checks.values()
            }
            kills = self._kills(fleets, chosen, used, self.most)
            unproven = self._unproven(kills, baseline) if whole else ()
            if unproven and not self.full:
                wanting = {requirement for _, requirement in unproven}
                drawn = [kill.defect for kill in kills if not kill.defect.parallel]
                some = [defect for defect in drawn if wanting & set(defect.expects)]
                again = {kill.defect: kill for kill in self._kills(fleets, some, used, sys.maxsize)}
                kills = tuple(again.get(kill.defect, kill) for kill in kills)
                unproven = self._unproven(kills, baseline)
        redundant = tuple(f"{check} ({requirement})" for check, requirement in unproven)
        return Selftest(kills, redundant, baseline, time.monotonic() - began)

    def _kills(
        self,
        fleets: Sequence[Fleet],
        chosen: Sequence[Defect],
        used: Mapping[Key, Used],
        most: int,
    ) -> tuple[Kill, ...]:
        """What becomes of each defect, in their order."""
        # What shows in a race is put to the checks when nothing else is in its way.
        alone = [defect for defect in chosen if defect.parallel]
        others = [defect for defect in chosen if not defect.parallel]
        found: dict[Defect, Kill] = {}
        for lanes, some in ((self.lanes, others), (1, alone)):
            with ThreadPoolExecutor(lanes, "defect") as pool:
                judged = pool.map(
                    lambda fleet, defect: self._kill(fleet, defect, used, most),
                    itertools.cycle(fleets),
                    some,
                )
                found |= {kill.defect: kill for kill in judged}
        return tuple(found[defect] for defect in chosen)

    def _judge(
        self,
        fleet: Fleet,
        name: str,
        wanted: Callable[[Task], bool],
        defect: Defect | None = None,
        *,
        evidence: bool = False,
    ) -> Report:
        classes = None if self.classes is None else list(self.classes)
        races = defect is not None and defect.parallel
        target = fleet.start(name, defect=defect and defect.id, classes=classes, in_turn=not races)
        options = Options(
            workers=1 if races else self.workers,
            rounds=ROUNDS if races else 1,
            checks=tuple(check for check in self.checks if check.kind != "program"),
            preflight=False,
            tidy=False,
            wanted=wanted,
            evidence=evidence,
        )
        return judge(target, options, self.standard)

    def _selection(
        self, defect: Defect, used: Mapping[Key, Used], most: int
    ) -> Callable[[Task], bool]:
        """Which tasks a defect is put to: the door, its own, and some that it can act on."""
        shown = self._representatives(defect)
        expects = frozenset(defect.expects)
        own = {
            check.id for check in self.checks if expects & set(asserted_by(self.standard, check))
        }
        drawn = self._drawn(defect, used, own, shown, most)

        def wanted(task: Task) -> bool:
            if self.full or STANDS_ON["landing"] in task.check.requirements:
                return True
            kind = task.resource.type if task.resource else None
            if task.check.id in own:
                return task.check.types is not None or kind is None or kind in shown
            return (task.check.id, kind) in drawn

        return wanted

    def _drawn(
        self,
        defect: Defect,
        used: Mapping[Key, Used],
        own: Collection[str],
        shown: Collection[str],
        most: int,
    ) -> frozenset[Key]:
        """Tasks of other checks that a defect can act on, which cost so many requests at most.

        They are drawn by its id, so that all of them together meet all checks.
        """
        narrow = {check.id for check in self.checks if check.types is not None}
        touched = [
            (check, kind)
            for (check, kind), asked in used.items()
            if (kind is None or kind in shown or check in narrow)
            and check not in own
            and defect.touches(asked.operations)
        ]
        touched.sort(key=str)
        random.Random(defect.id).shuffle(touched)  # noqa: S311  # no secret
        costs = itertools.accumulate(used[key].requests for key in touched)
        return frozenset(key for key, cost in zip(touched, costs, strict=True) if cost <= most)

    def _representatives(self, defect: Defect) -> frozenset[str]:
        """One resource of each shape, of the types that a defect is about where it names some.

        The one with the most kinds of members shows most.
        """
        chosen: dict[str, Resource] = {}
        for resource in sorted(self.standard.resources.values(), key=self._size, reverse=True):
            if not defect.types or resource.type in defect.types:
                chosen.setdefault(resource.shape, resource)
        return frozenset(resource.type for resource in chosen.values())

    def _size(self, resource: Resource) -> int:
        example = bodies.richest(self.standard, resource).value
        return len(bodies.kinds(example))

    def _kill(self, fleet: Fleet, defect: Defect, used: Mapping[Key, Used], most: int) -> Kill:
        """What becomes of a defect: what is drawn may miss it, and then it is put to all.

        A race gets no second try: the checks that see it are no matter of the draw.
        """
        kill = self._put(fleet, defect, used, most)
        once = self.full or defect.parallel or most == sys.maxsize
        if not once and not {*defect.expects} <= {*kill.failed}:
            again = self._put(fleet, defect, used, sys.maxsize)
            kill = replace(again, seconds=kill.seconds + again.seconds)
        self.listen(kill)
        return kill

    def _put(self, fleet: Fleet, defect: Defect, used: Mapping[Key, Used], most: int) -> Kill:
        began = time.monotonic()
        name = f"defect {defect.id}, {most} requests"
        try:
            report = self._judge(fleet, name, self._selection(defect, used, most), defect)
            firings = fleet.stop(name)
        except ProviderError as error:
            took = time.monotonic() - began
            return Kill(defect, (), (), 0, 0, took, (str(error),))
        bad = [result for result in report.results if result.outcome in BAD]
        kill = Kill(
            defect,
            tuple(sorted({result.requirement for result in bad})),
            tuple(sorted({(result.check, result.requirement) for result in bad})),
            len(report.checks),
            firings,
            time.monotonic() - began,
        )
        return replace(kill, complaints=tuple(self._complaints(kill, report)))

    def _akin(self, defect: Defect) -> set[str]:
        """What a mistake that breaks the schema of one class breaks of others too, in one sentence.

        That records are valid is a requirement of each class, and tasks are drawn from all; only
        the classes of the types that the mistake is about count.
        """
        types = defect.types or tuple(self.standard.resources)
        valid = {self.standard.schema_requirement(type_) for type_ in types}
        return valid if valid & set(defect.expects) else set()

    def _complaints(self, kill: Kill, report: Report) -> list[str]:
        expects, failed = set(kill.defect.expects), set(kill.failed)
        found = []
        if kill.firings == 0:
            found.append("the defect never came into effect")
        if not kill.killed:
            found.append(f"{kill.defect.expects[0]} did not fail")
        if missing := sorted(expects - failed - {kill.defect.expects[0]}):
            found.append(f"did not fail: {', '.join(missing)}")
        if more := sorted(failed - expects - self._akin(kill.defect)):
            by = sorted({check for check, requirement in kill.by if requirement in more})
            found.append(f"failed as well: {', '.join(more)} (by {', '.join(by)})")
        if len(expects) > 3 and not kill.defect.reason:
            found.append("expects more than three requirements without a reason")
        for result in report.results:
            if result.outcome is Outcome.ERROR:
                found.append(f"error in {result.check}: {result.reason}")
            blocked = result.outcome is Outcome.COULD_NOT_RUN and result.blocked_by
            if blocked and result.blocked_by not in failed:
                found.append(f"{result.check} blames {result.blocked_by}, which did not fail")
        return list(dict.fromkeys(found))

    def _unproven(self, kills: Iterable[Kill], baseline: Report) -> tuple[tuple[str, str], ...]:
        """Checks, each with a requirement that no defect expecting it made them fail."""
        proven = {row for kill in kills for row in kill.by if row[1] in kill.defect.expects}
        ran = {
            (result.check, result.requirement)
            for result in baseline.results
            if result.outcome is Outcome.PASS
        }
        return tuple(sorted(ran - proven))
