"""Two runs beside each other: what broke, what was mended, and what the two differ in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sbw_conformance.results import Outcome, Report, Result, worst


class Kind(StrEnum):
    """What became of a requirement."""

    BROKE = "broke"
    MENDED = "mended"
    APPEARED = "appeared"
    DISAPPEARED = "disappeared"
    CHANGED = "changed"


BROKEN = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR})
BADNESS: Mapping[Outcome | None, int] = {
    None: 0,
    Outcome.PASS: 0,
    Outcome.NOT_CLAIMED: 0,
    Outcome.WAIVED: 1,
    Outcome.WARN: 2,
    Outcome.COULD_NOT_RUN: 3,
    Outcome.ERROR: 4,
    Outcome.FAIL: 5,
}
"""How bad an outcome is; what is not claimed is no worse than what is kept."""

Place = tuple[str, str]
"""Check and type of record; the type is empty where the provider as a whole was looked at."""


@dataclass(frozen=True)
class Difference:
    """Something beside the outcomes that two runs differ in, and that may explain them."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Turn:
    """How one check on one type of record came out then and now; None where it was not done."""

    check: str
    resource: str | None
    old: Result | None
    new: Result | None

    @property
    def worse(self) -> bool:
        """Whether it is worse now; what was not done then is worse if it is broken now."""
        old, new = outcome_of(self.old), outcome_of(self.new)
        if self.old is None or self.new is None:
            return new in BROKEN
        return BADNESS[new] > BADNESS[old]


@dataclass(frozen=True)
class Change:
    """A requirement that came out in another way, and the checks that say so."""

    requirement: str
    sentence: str
    kind: Kind
    old: Outcome | None
    new: Outcome | None
    turns: tuple[Turn, ...]

    @property
    def worse(self) -> bool:
        """Whether it, or a check of it, is worse now."""
        return BADNESS[self.new] > BADNESS[self.old] or any(turn.worse for turn in self.turns)


@dataclass(frozen=True)
class Comparison:
    """An old and a new run."""

    old: Report
    new: Report
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]

    @property
    def worse(self) -> bool:
        """Whether any requirement got worse."""
        return any(change.worse for change in self.changes)


def outcome_of(result: Result | None) -> Outcome | None:
    """The outcome of a result that may not be there."""
    return None if result is None else result.outcome


def compare(old: Report, new: Report) -> Comparison:
    """Hold two runs against each other, requirement by requirement in the order of the text."""
    return Comparison(old, new, tuple(_differences(old, new)), tuple(_changes(old, new)))


def _differences(old: Report, new: Report) -> Iterator[Difference]:
    then, now = _settings(old), _settings(new)
    for name, value in now.items():
        if then[name] != value:
            yield Difference(name, then[name], value)


def _settings(report: Report) -> dict[str, str]:
    """What a run has to have in common with another to be compared with it."""
    run, end = report.run, report.end
    app: Mapping[str, Any] = end.get("app") or {}
    selection: Mapping[str, Any] = run.get("selection") or {}
    asked = [
        *(["--read-only"] if selection.get("read_only") else []),
        *(["--rerun"] if selection.get("rerun") else []),
        *(f"--class {name}" for name in selection.get("classes") or ()),
    ]
    return {
        "standard": str(run["standard"]),
        "suite": str(run["suite_version"]),
        "scored set": str(run["scored_set"]),
        "classes": ", ".join(end["classes"]) or "none",
        "seed": str(run["seed"]),
        "app": str(app.get("id", "unknown")),
        "clients": ", ".join(run["clients"]) or "none",
        "selection": " ".join(asked) or "all that is claimed",
    }


def _changes(old: Report, new: Report) -> Iterator[Change]:
    then, now = _by_requirement(old), _by_requirement(new)
    for name in dict.fromkeys([*new.requirements, *old.requirements, *now, *then]):
        before, after = then.get(name, {}), now.get(name, {})
        turns = tuple(_turns(before, after))
        was, is_ = _worst(before), _worst(after)
        if was is not is_ or any(turn.worse for turn in turns):
            entry = new.requirements.get(name) or old.requirements.get(name) or {}
            yield Change(name, str(entry.get("sentence", "")), _kind(was, is_), was, is_, turns)


def _kind(old: Outcome | None, new: Outcome | None) -> Kind:
    if old is None:
        return Kind.APPEARED
    if new is None:
        return Kind.DISAPPEARED
    if new in BROKEN and BADNESS[new] > BADNESS[old]:
        return Kind.BROKE
    if old in BROKEN and new is Outcome.PASS:
        return Kind.MENDED
    return Kind.CHANGED


def _turns(old: Mapping[Place, Result], new: Mapping[Place, Result]) -> Iterator[Turn]:
    for check, resource in sorted({*old, *new}):
        before, after = old.get((check, resource)), new.get((check, resource))
        if outcome_of(before) is not outcome_of(after):
            yield Turn(check, resource or None, before, after)


def _by_requirement(report: Report) -> dict[str, dict[Place, Result]]:
    found: dict[str, dict[Place, Result]] = {}
    for result in report.results:
        place = (result.check, result.resource or "")
        found.setdefault(result.requirement, {})[place] = result
    return found


def _worst(results: Mapping[Place, Result]) -> Outcome | None:
    return worst(result.outcome for result in results.values()) if results else None
