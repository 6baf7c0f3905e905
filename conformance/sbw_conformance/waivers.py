"""Failures that a vendor knows of and answers for, each for a time."""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from sbw_conformance.results import Outcome, Result

KIND = "waiver"
WAIVABLE = frozenset({Outcome.FAIL, Outcome.WARN})


def today() -> date:
    """The current day, UTC."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Waiver:
    """A failure that is known: of a requirement, or only of one check or resource type.

    It holds through the day on which it expires, UTC.
    """

    requirement: str
    owner: str
    reason: str
    ticket: str
    expires: date
    check: str | None = None
    resource: str | None = None

    def covers(self, result: Result) -> bool:
        """Whether a result is what it speaks of."""
        return (
            result.requirement == self.requirement
            and self.check in {None, result.check}
            and self.resource in {None, result.resource}
        )

    def to_json(self) -> dict[str, str]:
        """The waiver as events and reports hold it."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: str(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Waiver":
        """The waiver that a configuration holds; ValueError where `expires` is no date."""
        return cls(**{**value, "expires": date.fromisoformat(str(value["expires"]))})


@dataclass
class Waivers:
    """The waivers of a run, and which of them were needed; safe to use from many threads."""

    given: tuple[Waiver, ...] = ()
    day: date = field(default_factory=today)
    _needed: set[Waiver] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def apply(self, result: Result) -> Result:
        """The result, waived where it is a failure that a waiver in force covers."""
        if result.outcome not in WAIVABLE:
            return result
        covering = [waiver for waiver in self.given if waiver.covers(result)]
        with self._lock:
            self._needed.update(covering)
        for waiver in covering:
            if waiver.expires >= self.day:
                return replace(result, outcome=Outcome.WAIVED, waiver=waiver.to_json())
        return result

    def troubles(
        self,
        results: Iterable[Result],
        requirements: Collection[str],
        checks: Collection[str],
        resources: Collection[str],
    ) -> Iterator[Result]:
        """A failure for each waiver that is expired, stale or not needed.

        Stale is what names something that this suite does not judge; not needed is what covers
        only results that passed. Of what was not judged in this run nothing is said.
        """
        results = tuple(results)
        for waiver in self.given:
            known = (
                ("requirement", waiver.requirement, requirements),
                ("check", waiver.check, checks),
                ("resource", waiver.resource, resources),
            )
            unknown = [(what, name) for what, name, all_ in known if name and name not in all_]
            covered = [result for result in results if waiver.covers(result)]
            if unknown:
                what, name = unknown[0]
                yield _trouble(waiver, "stale", f"the suite judges no {what} {name} (any more)")
            elif waiver.expires < self.day:
                yield _trouble(waiver, "expired", f"it expired on {waiver.expires}")
            elif waiver not in self._needed and self._all_pass(covered):
                yield _trouble(waiver, "unused", "nothing that it covers fails")

    @staticmethod
    def _all_pass(covered: list[Result]) -> bool:
        outcomes = {result.outcome for result in covered}
        return bool(outcomes) and outcomes <= {Outcome.PASS, Outcome.NOT_CLAIMED}


def _trouble(waiver: Waiver, what: str, why: str) -> Result:
    advice = {
        "stale": "Look at its ids, or take it out.",
        "expired": f"Mend what it waives, or agree on a new date with {waiver.owner}.",
        "unused": "Take it out.",
    }
    reason = f"the waiver of {waiver.requirement} ({waiver.ticket}) is {what}: {why}. "
    return Result(
        waiver.requirement,
        f"waivers.{what}",
        waiver.resource,
        Outcome.FAIL,
        KIND,
        reason=reason + advice[what],
        waiver=waiver.to_json(),
    )
