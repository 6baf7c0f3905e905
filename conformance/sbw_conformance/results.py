"""Outcomes, the verdict that follows from them, and how they are read off the event stream."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sbw_validator.once import once


class Outcome(StrEnum):
    """What a check found of one requirement on one resource."""

    PASS = "pass"  # noqa: S105  # an outcome, no password
    FAIL = "fail"
    WARN = "warn"
    NOT_CLAIMED = "not-claimed"
    COULD_NOT_RUN = "could-not-run"
    ERROR = "error"
    WAIVED = "waived"


WORST_FIRST = (
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.COULD_NOT_RUN,
    Outcome.WAIVED,
    Outcome.WARN,
    Outcome.PASS,
    Outcome.NOT_CLAIMED,
)
"""The order in which outcomes of one requirement outrank each other."""


class Verdict(StrEnum):
    """What a run says of a provider as a whole."""

    CONFORMANT = "CONFORMANT"
    NOT_CONFORMANT = "NOT CONFORMANT"
    INCOMPLETE = "INCOMPLETE"
    ERROR = "ERROR"
    INTERRUPTED = "INTERRUPTED"


EXIT_CODES: Mapping[Verdict, int] = {
    Verdict.CONFORMANT: 0,
    Verdict.NOT_CONFORMANT: 1,
    Verdict.INCOMPLETE: 4,
    Verdict.ERROR: 5,
    Verdict.INTERRUPTED: 130,
}
EXIT_USAGE = 2
EXIT_UNREACHABLE = 3


@dataclass(frozen=True)
class Result:
    """One outcome, keyed (requirement, check, resource).

    `assertions` counts what was asserted; `expected`, `got`, `pointer` and `exchange` (the id of
    an exchange) tell of the first failure, or of the last assertion where there is none; `reason`
    says why nothing was asserted, `blocked_by` which requirement stood in the way; `more` counts
    further failures. Only `scored` results make the verdict. `waiver` is what excuses a failure,
    or what is wrong itself.
    """

    requirement: str
    check: str
    resource: str | None
    outcome: Outcome
    kind: str = "scenario"
    assertions: int = 0
    expected: str | None = None
    got: str | None = None
    pointer: str | None = None
    exchange: str | None = None
    reason: str | None = None
    blocked_by: str | None = None
    more: int = 0
    scored: bool = True
    waiver: Mapping[str, str] | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells results apart and puts them in order."""
        return self.requirement, self.check, self.resource or ""

    def to_json(self) -> dict[str, Any]:
        """The result as an event and a report hold it: without what is not there."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Result":
        """The result that an event holds."""
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        known.setdefault("resource", None)
        return cls(**{**known, "outcome": Outcome(value["outcome"])})


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that counts among several; not-claimed where there is none."""
    present = set(outcomes)
    return next((outcome for outcome in WORST_FIRST if outcome in present), Outcome.NOT_CLAIMED)


def verdict_of(
    results: Iterable[Result], *, interrupted: bool = False, partial: bool = False
) -> Verdict:
    """The verdict of a run: a failure outranks an error, an error what could not run.

    A run that is `partial` left out what is claimed, and says too little for CONFORMANT.
    """
    outcomes = {result.outcome for result in results if result.scored}
    if interrupted:
        return Verdict.INTERRUPTED
    if Outcome.FAIL in outcomes:
        return Verdict.NOT_CONFORMANT
    if Outcome.ERROR in outcomes:
        return Verdict.ERROR
    if partial or Outcome.COULD_NOT_RUN in outcomes or Outcome.PASS not in outcomes:
        return Verdict.INCOMPLETE
    return Verdict.CONFORMANT


RUN_MEMBERS = (
    "run",
    "target",
    "standard",
    "suite_version",
    "scored_set",
    "seed",
    "workers",
    "started_at",
    "clients",
    "selection",
    "waivers",
    "attestation",
)
"""Members of the first event that a report repeats; the requirements get their outcomes."""

END_MEMBERS = (
    "verdict",
    "exit_code",
    "app",
    "classes",
    "seconds",
    "requests",
    "settled_seconds",
    "away",
    "ended_early",
    "peak_bytes",
)
"""Members of the last event that a report repeats, as far as they are there."""


@dataclass(frozen=True)
class Report:
    """A whole run as every report shows it, folded from its event stream.

    `run` and `end` are the first and the last event, `checks` the check events by trial,
    `exchanges` the exchange events by id, `results` in the order of their keys.
    """

    run: Mapping[str, Any]
    end: Mapping[str, Any]
    results: tuple[Result, ...]
    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    exchanges: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cleanup: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What the run says of the provider."""
        return Verdict(self.end["verdict"])

    @once
    def requirements(self) -> Mapping[str, Mapping[str, Any]]:
        """The requirements that the run knew, by id, in the order of the text."""
        return {entry["id"]: entry for entry in self.run["requirements"]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Report":
        """The report that `report.json` holds; it has no exchanges but those that results show."""
        judged = [
            {name: member for name, member in entry.items() if name != "outcome"}
            for entry in value["requirements"]
        ]
        return cls(
            {"event": "run", **{n: value[n] for n in RUN_MEMBERS}, "requirements": judged},
            {"event": "end", **{n: value[n] for n in END_MEMBERS if n in value}},
            tuple(Result.from_json(entry) for entry in value["results"]),
            {entry["trial"]: {"event": "check", **entry} for entry in value["checks"]},
            {
                name: {"event": "exchange", "id": name, **entry}
                for name, entry in value["exchanges"].items()
            },
            {"event": "cleanup", **value["cleanup"]},
        )

    def outcome(self, requirement: str) -> Outcome:
        """What the run found of a requirement over all checks and resources."""
        return worst(r.outcome for r in self.results if r.requirement == requirement)

    def failures(self) -> tuple[Result, ...]:
        """Results that someone has to act on, in the order of their keys."""
        wanted = {Outcome.FAIL, Outcome.WARN, Outcome.ERROR}
        return tuple(result for result in self.results if result.outcome in wanted)

    def count(self) -> dict[Outcome, int]:
        """How many requirements ended in which outcome."""
        found: dict[str, set[Outcome]] = {}
        for result in self.results:
            found.setdefault(result.requirement, set()).add(result.outcome)
        counted = dict.fromkeys(Outcome, 0)
        for outcomes in found.values():
            counted[worst(outcomes)] += 1
        return counted


def fold(events: Iterable[Mapping[str, Any]]) -> Report:
    """Make a report from the events of one run; raises ValueError where the stream is cut off."""
    single: dict[str, Mapping[str, Any]] = {}
    checks, exchanges, results = {}, {}, []
    for event in events:
        match event["event"]:
            case "run" | "end" | "cleanup" as name:
                single[name] = event
            case "check":
                checks[event["trial"]] = event
            case "exchange":
                exchanges[event["id"]] = event
            case "result":
                results.append(Result.from_json(event))
    if "run" not in single or "end" not in single:
        raise ValueError("the event stream is cut off: it has no run event or no end event")
    return Report(
        single["run"],
        single["end"],
        tuple(sorted(results, key=lambda result: result.key)),
        checks,
        exchanges,
        single.get("cleanup", {}),
    )
