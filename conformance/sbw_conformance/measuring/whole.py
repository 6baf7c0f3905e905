"""All measures of the suite together, with what each has to reach."""

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sbw_conformance.measuring.equivalents import Tally, reasons
from sbw_conformance.measuring.freedom import MINIATURE, Freedom, Judged
from sbw_conformance.measuring.generative import Noticed, Programming
from sbw_conformance.measuring.mutants import End, Measure, alive, drawn, sources
from sbw_conformance.measuring.nulls import NULLS, vacuous_passes
from sbw_conformance.provider import Defect, variants
from sbw_conformance.results import Verdict
from sbw_conformance.selftest import Selftest
from sbw_validator.requirements import load_requirements
from sbw_validator.standard import load_standard

BY_PROGRAMS = 0.80
"""The share of seeded defects that programs have to find alone."""

MUTANTS = 0.85
"""The share of mechanical mutants, of those that are another provider, that have to be found."""

COUNT, SEED = 210, 5
"""How many mutants are drawn, and by which seed."""

Pair = tuple[int, int]
"""A part and the whole that it is of."""

NONE: Pair = (0, 0)
PAIRS = ("defects", "alarms", "vacuous", "mutants")

Part = Callable[[Sequence[Any]], Sequence[Any]]
"""What a shard does of a list."""


def measured(
    selftest: Selftest,
    defects: Sequence[Defect],
    part: Part,
    lanes: int,
    tell: Callable[[str], Any],
) -> "Whole":
    """Measure all but what `selftest` did already; `tell` hears a line for each thing judged."""
    lanes = max(1, lanes // 2)  # what is put to whole decks takes more than what is put to checks
    noticed = Programming(lanes=lanes, listen=lambda one: tell(_noticed(one))).run(defects)
    correct, nulls = part([*variants(), MINIATURE]), part(NULLS)
    judged = Freedom(lanes=lanes, chosen=correct, listen=lambda one: tell(_judged(one))).run()
    vacuous = vacuous_passes(nulls)
    mutants = Measure(sources(), lanes=lanes, listen=lambda end: tell(_ended(end)))
    return Whole(
        selftest,
        noticed,
        judged,
        vacuous,
        len(nulls),
        Tally(mutants.run(part(drawn(COUNT, SEED))), reasons()),
        {entry.id: entry.class_name for entry in load_requirements(load_standard())},
    )


def _noticed(one: Noticed) -> str:
    by = ", ".join(one.failed) or "nothing"
    return f"{'found' if one.found else 'UNSEEN':7}{one.defect.id:44} {one.seconds:5.1f} s  {by}"


def _judged(one: Judged) -> str:
    alarms = ", ".join(f"{alarm.check} ({alarm.requirement})" for alarm in one.alarms)
    return f"{'free' if one.free else 'ALARM':7}{one.provider:44} {alarms or one.verdict}"


def _ended(end: End) -> str:
    mutant = end.mutant
    name = f"{mutant.module}:{mutant.row} {mutant.operator}"
    return f"{'killed' if end.killed else 'ALIVE':7}{name:44} {end.seconds:5.1f} s  {mutant.change}"


@dataclass(frozen=True)
class Figures:
    """The counts of all measures; those of several shards are added.

    Each pair is a part and the whole that it is of. `alone` holds what programs found alone by
    class; `alarms` false alarms and correct providers, `vacuous` vacuous passes and null providers.
    `equivalent` counts mutants beside those of `mutants`. `faults` says what else is wrong.
    """

    defects: Pair
    alone: Mapping[str, Pair]
    alarms: Pair
    vacuous: Pair
    mutants: Pair
    equivalent: int
    faults: tuple[str, ...] = ()

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            _sum(self.defects, other.defects),
            {
                name: _sum(self.alone.get(name, NONE), other.alone.get(name, NONE))
                for name in sorted({*self.alone, *other.alone})
            },
            _sum(self.alarms, other.alarms),
            _sum(self.vacuous, other.vacuous),
            _sum(self.mutants, other.mutants),
            self.equivalent + other.equivalent,
            self.faults + other.faults,
        )

    @property
    def found_alone(self) -> Pair:
        """What programs found alone in all classes."""
        return functools.reduce(_sum, self.alone.values(), NONE)

    @property
    def ok(self) -> bool:
        """Whether each measure reaches what it has to."""
        missed = self.defects[0] < self.defects[1]
        false = self.alarms[0] or self.vacuous[0]
        enough = _reaches(self.found_alone, BY_PROGRAMS) and _reaches(self.mutants, MUTANTS)
        return enough and not (missed or false or self.faults)

    @property
    def line(self) -> str:
        """All measures in one line."""
        killed = _share(*self.mutants)
        by_class = ", ".join(f"{name} {_percent(*pair)}" for name, pair in self.alone.items())
        return "; ".join(
            [
                f"seeded defects killed: {_share(*self.defects)}",
                f"killed by programs alone: {_share(*self.found_alone)} ({by_class or 'no class'})",
                f"false alarms: {self.alarms[0]} on {self.alarms[1]} correct providers",
                f"vacuous passes: {self.vacuous[0]} on {self.vacuous[1]} null providers",
                f"mechanical mutants killed: {killed}, {self.equivalent} more are equivalent",
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """As one object, which `from_json` takes."""
        return {
            **{name: list(getattr(self, name)) for name in PAIRS},
            "alone": {name: list(pair) for name, pair in self.alone.items()},
            "equivalent": self.equivalent,
            "faults": list(self.faults),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Figures":
        """The figures that `to_json` gave."""
        return cls(
            **{name: tuple(value[name]) for name in PAIRS},
            alone={name: (pair[0], pair[1]) for name, pair in value["alone"].items()},
            equivalent=value["equivalent"],
            faults=tuple(value["faults"]),
        )


@dataclass(frozen=True)
class Whole:
    """How good the suite is.

    `classes` gives the class of each requirement; `vacuous` holds null provider and requirement of
    each vacuous pass among `nulls` providers.
    """

    selftest: Selftest
    noticed: Sequence[Noticed]
    judged: Sequence[Judged]
    vacuous: Sequence[tuple[str, str]]
    nulls: int
    mutants: Tally
    classes: Mapping[str, str]

    @property
    def figures(self) -> Figures:
        """What it comes to."""
        kills = self.selftest.kills
        alarms = sum(max(len(one.alarms), not one.free) for one in self.judged)
        return Figures(
            (sum(kill.killed and not kill.complaints for kill in kills), len(kills)),
            self._alone(),
            (alarms, len(self.judged)),
            (len(self.vacuous), self.nulls),
            (self.mutants.killed, self.mutants.different),
            self.mutants.equivalent,
            tuple(self._faults()),
        )

    def _alone(self) -> dict[str, Pair]:
        every, found = (Counter[str](), Counter[str]())
        for one in self.noticed:
            name = self.classes[one.defect.expects[0]]
            every[name] += 1
            found[name] += one.found
        return {name: (found[name], every[name]) for name in sorted(every)}

    def _faults(self) -> Iterator[str]:
        if self.selftest.baseline.verdict is not Verdict.CONFORMANT:
            yield f"without defects: {self.selftest.baseline.verdict}"
        yield from (f"no defect proves {name}" for name in self.selftest.redundant)
        yield from (f"{one.defect.id}: {error}" for one in self.noticed for error in one.errors)
        for end in self.mutants.unexplained:
            yield f"{end.mutant.module}:{end.mutant.row} survives without a reason"

    @property
    def left(self) -> list[str]:
        """What the suite did not find, a line each: defects by programs alone, and mutants."""
        unseen = [f"no program finds {one.defect.id}" for one in self.noticed if not one.found]
        return unseen + [self._survived(end) for end in alive(self.mutants.ends)]

    def _survived(self, end: End) -> str:
        mutant, row = end.mutant, self.mutants.known.get(end.mutant.key)
        why = row["because"] if row else "no reason: it needs a check, or a reason"
        return f"{end.kind}: {mutant.module}:{mutant.row} {mutant.change} ({why})"

    def to_json(self) -> dict[str, Any]:
        """Each measure in full, as `sbw selftest --full --json` prints it."""
        return {
            "line": self.figures.line,
            "ok": self.figures.ok,
            "figures": self.figures.to_json(),
            "programs": [one.to_json() for one in self.noticed],
            "variants": [one.to_json() for one in self.judged],
            "vacuous": [list(row) for row in self.vacuous],
            "mutants": [end.to_json() for end in self.mutants.ends],
        }


def _sum(one: Pair, other: Pair) -> Pair:
    return one[0] + other[0], one[1] + other[1]


def _reaches(pair: Pair, share: float) -> bool:
    return pair[0] >= share * pair[1]


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({_percent(part, whole)})"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "none"
