"""From assertions to results: how a trial ended, and what observers saw over a whole run."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sbw_conformance.checks import Check
from sbw_conformance.checks.observing import Found, View
from sbw_conformance.checks.trial import Assertion, Blocked, CouldNotRun, Failed, NotClaimed, Trial
from sbw_conformance.exchanges import Exchange
from sbw_conformance.results import Outcome, Result
from sbw_validator.requirements import Requirement

Requirements = Mapping[str, Requirement]

BUGS = (Exception, SystemExit)
"""How a bug of the suite shows, also where it ends a program."""


def broken(requirements: Requirements, requirement: str) -> Outcome:
    """What it means that a requirement does not hold: its keyword says."""
    known = requirements.get(requirement)
    return Outcome.WARN if known and known.keyword.startswith("SHOULD") else Outcome.FAIL


def results_of(
    requirements: Requirements, check: Check, trial: Trial, ended: BaseException | None
) -> list[Result]:
    """The results of a trial that ended well (None) or with an exception."""
    failed = {a.requirement for a in trial.assertions if not a.ok}
    resource = trial.resource.type if trial.resource else None
    found = []
    for requirement in dict.fromkeys([*check.requirements, *sorted(failed)]):
        asserted = [a for a in trial.assertions if a.requirement == requirement]
        base = Result(requirement, check.id, resource, Outcome.PASS, check.kind, len(asserted))
        found.append(_result(base, asserted, ended, broken(requirements, requirement)))
    if check.kind == "program":
        return [r for r in found if r.assertions or r.outcome is Outcome.ERROR]
    return found


def _result(
    base: Result, asserted: list[Assertion], ended: BaseException | None, worst: Outcome
) -> Result:
    values = {**base.__dict__}
    failed = [a for a in asserted if not a.ok]
    if failed or (asserted and ended is None):
        shown = (failed or asserted)[-1]
        values |= {
            "outcome": worst if failed else Outcome.PASS,
            "expected": shown.expected,
            "got": shown.got,
            "pointer": shown.pointer,
            "exchange": shown.exchange,
        }
    elif isinstance(ended, Blocked):
        values |= {"blocked_by": ended.requirement, "reason": ended.reason}
        values["outcome"] = Outcome.COULD_NOT_RUN
    elif isinstance(ended, Failed):
        values |= {"blocked_by": str(ended), "reason": f"the check ended with {ended}"}
        values["outcome"] = Outcome.COULD_NOT_RUN
    elif isinstance(ended, NotClaimed):
        values |= {"outcome": Outcome.NOT_CLAIMED, "reason": str(ended)}
    elif isinstance(ended, CouldNotRun):
        values |= {"outcome": Outcome.COULD_NOT_RUN, "reason": str(ended)}
    elif ended is not None:
        values |= {"outcome": Outcome.ERROR, "reason": f"{type(ended).__name__}: {ended}"}
    elif base.kind != "program":
        values |= {"outcome": Outcome.ERROR, "reason": "the check asserted nothing"}
    return Result(**values)


@dataclass
class _Tally:
    looked: int = 0
    wrong: int = 0
    seen: tuple[str, int] | None = None
    first: tuple[tuple[str, int], Found, str] | None = None

    def add(self, exchange: Exchange, findings: list[Found]) -> None:
        self.looked += 1
        place = (exchange.trial, exchange.index)
        self.seen = min(self.seen or place, place)
        if findings:
            self.wrong += 1
            if self.first is None or place < self.first[0]:
                self.first = (place, findings[0], exchange.id)


@dataclass
class Observations:
    """What observers said of every exchange so far; safe to feed from many threads."""

    observers: tuple[Check, ...]
    view: View
    _tallies: dict[tuple[str, str, str | None], _Tally] = field(default_factory=dict)
    _errors: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def feed(self, exchanges: Iterable[Exchange]) -> None:
        """Let every observer look at some exchanges."""
        for exchange in exchanges:
            if exchange.failure is not None:
                continue
            for check in self.observers:
                try:
                    findings = check.function(exchange, self.view)
                except BUGS as error:  # one observer's bug harms no other
                    self._errors.setdefault(check.id, f"{type(error).__name__}: {error}")
                    continue
                if findings is not None:
                    self._add(check, exchange, findings)

    def _add(self, check: Check, exchange: Exchange, findings: list[Found]) -> None:
        by_requirement: dict[str, list[Found]] = {name: [] for name in check.requirements}
        for finding in findings:
            wrong = by_requirement.setdefault(finding.requirement, [])
            if not finding.holds:
                wrong.append(finding)
        with self._lock:
            for requirement, wrong in by_requirement.items():
                key = (requirement, check.id, exchange.request.resource)
                self._tallies.setdefault(key, _Tally()).add(exchange, wrong)

    def results(self, requirements: Requirements) -> list[Result]:
        """A result for each requirement, observer and resource that was looked at."""
        found = [
            self._of(requirements, *key, tally)
            for key, tally in sorted(self._tallies.items(), key=lambda row: str(row[0]))
        ]
        for name, reason in self._errors.items():
            for check in self.observers:
                if check.id == name:
                    found += [
                        Result(requirement, name, None, Outcome.ERROR, "observer", reason=reason)
                        for requirement in check.requirements
                        or (self.view.standard.record_requirement,)
                    ]
        return found

    @staticmethod
    def _of(
        requirements: Requirements,
        requirement: str,
        check: str,
        resource: str | None,
        tally: _Tally,
    ) -> Result:
        if tally.first is None:
            trial, index = tally.seen or ("", 0)
            return Result(
                requirement,
                check,
                resource,
                Outcome.PASS,
                "observer",
                assertions=tally.looked,
                exchange=f"{trial}#{index}",
            )
        _, finding, exchange = tally.first
        return Result(
            requirement,
            check,
            resource,
            broken(requirements, requirement),
            "observer",
            assertions=tally.looked,
            expected=finding.expected,
            got=finding.got,
            pointer=finding.pointer,
            exchange=exchange,
            more=tally.wrong - 1,
        )
