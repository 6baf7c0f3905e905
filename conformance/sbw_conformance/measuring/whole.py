"""All measures of the suite together, with what each has to reach."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sbw_conformance.measuring.equivalents import Tally, reasons
from sbw_conformance.measuring.freedom import MINIATURE, Freedom, Judged
from sbw_conformance.measuring.generative import Noticed, Programming
from sbw_conformance.measuring.mutants import End, Measure, alive, drawn, sources
from sbw_conformance.measuring.nulls import NULLS, vacuous_passes
from sbw_conformance.provider import Defect, variants
from sbw_conformance.selftest import Selftest
from sbw_validator.requirements import load_requirements
from sbw_validator.standard import load_standard

BY_PROGRAMS = 0.80
"""The share of seeded defects that programs have to find alone."""

MUTANTS = 0.85
"""The share of mechanical mutants, of those that are another provider, that have to be found."""

COUNT, SEED = 210, 5
"""How many mutants are drawn, and by which seed."""

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
    def ok(self) -> bool:
        """Whether each measure reaches what it has to."""
        found = sum(one.found for one in self.noticed) >= BY_PROGRAMS * len(self.noticed)
        killed = self.mutants.share >= MUTANTS and not self.mutants.unexplained
        errors = any(one.errors for one in self.noticed)
        free = all(one.free for one in self.judged)
        return self.selftest.ok and found and not errors and free and not self.vacuous and killed

    @property
    def line(self) -> str:
        """All measures in one line."""
        kills = self.selftest.kills
        killed = sum(kill.killed and not kill.complaints for kill in kills)
        alarms = sum(max(len(one.alarms), not one.free) for one in self.judged)
        alone = sum(one.found for one in self.noticed)
        dead = _share(self.mutants.killed, self.mutants.different)
        return "; ".join(
            [
                f"seeded defects killed: {_share(killed, len(kills))}",
                f"killed by programs alone: {_share(alone, len(self.noticed))}{self._by_class()}",
                f"false alarms: {alarms} on {len(self.judged)} correct providers",
                f"vacuous passes: {len(self.vacuous)} on {self.nulls} null providers",
                f"mechanical mutants killed: {dead}, {self.mutants.equivalent} more are equivalent",
            ]
        )

    def _by_class(self) -> str:
        every, found = (Counter[str](), Counter[str]())
        for one in self.noticed:
            name = self.classes[one.defect.expects[0]]
            every[name] += 1
            found[name] += one.found
        parts = (f"{name} {_percent(found[name], every[name])}" for name in sorted(every))
        return f" ({', '.join(parts)})" if every else ""

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
            "line": self.line,
            "ok": self.ok,
            "programs": [one.to_json() for one in self.noticed],
            "variants": [one.to_json() for one in self.judged],
            "vacuous": [list(row) for row in self.vacuous],
            "mutants": [end.to_json() for end in self.mutants.ends],
        }


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({_percent(part, whole)})"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "none"
