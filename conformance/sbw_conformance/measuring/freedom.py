"""False alarms: what the suite says against providers that keep the standard in another way."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sbw_conformance.provider import Fleet, Miniature, variants
from sbw_conformance.results import Outcome, Report, Result, Verdict
from sbw_conformance.suite import Options, judge

MINIATURE = "sbw_miniature"
RECORDS = 60
"""Records that a variant begins with: one that is read only would have nothing to show."""

ALARMS = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR})


@dataclass(frozen=True)
class Judged:
    """A correct provider and what was said against it; `verdict` has to be CONFORMANT."""

    provider: str
    verdict: Verdict
    alarms: tuple[Result, ...]

    @property
    def free(self) -> bool:
        """Whether there was no false alarm."""
        return not self.alarms and self.verdict is Verdict.CONFORMANT

    def to_json(self) -> dict[str, Any]:
        """As the committed results hold it."""
        rows = [[alarm.check, alarm.requirement, alarm.resource or ""] for alarm in self.alarms]
        return {"provider": self.provider, "verdict": self.verdict.value, "alarms": rows}


@dataclass
class Freedom:
    """Judges every variant and the miniature, `lanes` at a time.

    `programs` is how many each resource gets, None for whole decks.
    """

    lanes: int = 2
    workers: int = 4
    programs: int | None = 12
    listen: Callable[[Judged], None] = lambda _: None
    chosen: Iterable[str] = field(default_factory=lambda: (*variants(), MINIATURE))

    def run(self) -> tuple[Judged, ...]:
        """What was said of each."""
        with Fleet() as fleet, ThreadPoolExecutor(self.lanes, "variant") as pool:
            return tuple(pool.map(lambda name: self._judged(fleet, name), self.chosen))

    def _judged(self, fleet: Fleet, name: str) -> Judged:
        options = Options(workers=self.workers, programs=self.programs, evidence=False)
        if name == MINIATURE:
            with Miniature() as served:
                report = judge(served.target, options)
        else:
            report = judge(fleet.start(name, variant=name, seed_data=RECORDS), options)
            fleet.stop(name)
        found = Judged(name, report.verdict, tuple(_alarms(report)))
        self.listen(found)
        return found


def _alarms(report: Report) -> Iterator[Result]:
    return (result for result in report.results if result.outcome in ALARMS)
