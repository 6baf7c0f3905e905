"""All measures together: each of them alone can fail the whole, and the last line tells all."""

from dataclasses import replace
from typing import Any

import pytest

from sbw_conformance.measuring.equivalents import Tally
from sbw_conformance.measuring.freedom import Judged
from sbw_conformance.measuring.generative import Noticed
from sbw_conformance.measuring.mutants import End
from sbw_conformance.measuring.mutation import Mutant
from sbw_conformance.measuring.whole import Figures, Whole
from sbw_conformance.provider import Defect
from sbw_conformance.results import Outcome, Report, Result, Verdict
from sbw_conformance.selftest import Kill, Selftest

CLASSES = {"CORE-001": "core", "BULK-001": "bulk"}


def _defect(number: int, requirement: str = "CORE-001") -> Defect:
    return Defect(f"d{number}", "", (requirement,), frozenset({"*"}))


def _kill(number: int, *complaints: str) -> Kill:
    return Kill(_defect(number), ("CORE-001",), (), 1, 1, 0.1, complaints)


def _noticed(number: int, requirement: str = "CORE-001", *, found: bool = True) -> Noticed:
    failed = (requirement,) if found else ()
    return Noticed(_defect(number, requirement), failed, (), 1.0)


def _end(line: str, kind: str) -> End:
    return End(Mutant("sbw_reference.a", "", "constant", 7, line, "1", "2", 0, 1), kind)


KNOWN = {
    _end("same", "").mutant.key: {"because": "it is cached"},
    _end("dear", "").mutant.key: {"because": "it costs too much", "equivalent": False},
}
GOOD = Whole(
    Selftest((_kill(1), _kill(2)), (), Report({}, {"verdict": "CONFORMANT"}, ()), 1.0),
    [*(_noticed(n) for n in range(4)), _noticed(4, "BULK-001", found=False)],
    [Judged("lagging", Verdict.CONFORMANT, ())],
    [],
    32,
    Tally((*(_end(str(n), "failed") for n in range(6)), _end("same", "survived")), KNOWN),
    CLASSES,
)
ALARM = Result("CORE-001", "core.a", "contact", Outcome.FAIL)


def test_a_suite_that_reaches_every_goal_is_good() -> None:
    """The last line has all figures, and what is no other provider is not in the share."""
    assert GOOD.figures.ok
    assert GOOD.figures.line == (
        "seeded defects killed: 2 of 2 (100 %); "
        "killed by programs alone: 4 of 5 (80 %) (bulk 0 %, core 100 %); "
        "false alarms: 0 on 1 correct providers; "
        "vacuous passes: 0 on 32 null providers; "
        "mechanical mutants killed: 6 of 6 (100 %), 1 more are equivalent"
    )
    assert GOOD.left == [
        "no program finds d4",
        "survived: sbw_reference.a:7 1 -> 2 (it is cached)",
    ]
    assert GOOD.to_json()["ok"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"selftest": replace(GOOD.selftest, kills=(_kill(1), _kill(2, "it never came to effect")))},
        {"selftest": replace(GOOD.selftest, redundant=("core.a (CORE-001)",))},
        {"noticed": [*GOOD.noticed, _noticed(5, found=False)]},
        {"noticed": [*GOOD.noticed, replace(_noticed(5), errors=("core.a: it broke",))]},
        {"judged": [Judged("lagging", Verdict.CONFORMANT, (ALARM,))]},
        {"judged": [Judged("lagging", Verdict.INCOMPLETE, ())]},
        {"vacuous": [("empty-object", "CORE-001")]},
        {"mutants": Tally((*GOOD.mutants.ends, _end("new", "survived")), KNOWN)},
        {"mutants": Tally((*GOOD.mutants.ends[:5], _end("dear", "survived")), KNOWN)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_measure_can_fail_the_whole(change: dict[str, Any]) -> None:
    """A suite that misses one goal is not good, however far it is beyond the others."""
    assert not replace(GOOD, **change).figures.ok


def test_what_is_not_worth_a_check_is_still_another_provider() -> None:
    """Only a mutant that nobody can tell from the provider is left out of the share."""
    ends = (_end("1", "failed"), _end("same", "survived"), _end("dear", "survived"))
    tally = Tally((*ends, _end("new", "survived")), KNOWN)
    assert (tally.killed, tally.equivalent, tally.different) == (1, 1, 3)
    assert [end.mutant.line for end in tally.unexplained] == ["new"]
    assert Tally((), KNOWN).share == 1.0


def test_figures_of_shards_add_up() -> None:
    """What was measured in parts is told in one line, and one bad part makes the whole bad."""
    half = replace(GOOD, noticed=[*GOOD.noticed, _noticed(5, found=False)]).figures
    both = Figures.from_json(GOOD.figures.to_json()) + half
    assert both.found_alone == (8, 11)
    assert both.alone == {"bulk": (0, 2), "core": (8, 9)}
    assert both.line.startswith("seeded defects killed: 4 of 4 (100 %); killed by programs alone: ")
    assert not both.ok
    assert (GOOD.figures + GOOD.figures).ok
    faulty = replace(GOOD, selftest=replace(GOOD.selftest, redundant=("core.a (CORE-001)",)))
    assert (GOOD.figures + faulty.figures).faults == ("no defect proves core.a (CORE-001)",)
