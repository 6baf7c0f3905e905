"""Drawing programs up front, and shrinking one that failed."""

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from sbw_conformance.checks.model import Program, Step, named
from sbw_conformance.strategies import bodies_of, patches_of
from sbw_validator.standard import Resource, Standard

MOST_STEPS = 8
SHRINKING_RUNS = 60
"""How often programs are run at most in search of the shortest that fails."""

_HYPOTHESIS = threading.Lock()


class _Fails(Exception):
    """The program at hand fails; tells Hypothesis to look for a shorter one."""


def _programs(standard: Standard, resource: Resource, operations: frozenset[str]) -> Any:
    targets = st.integers(0, 3)
    kinds = {
        "create": st.builds(Step, st.just("create"), st.just(0), bodies_of(standard, resource)),
        "read": st.builds(Step, st.just("read"), targets),
        "update": st.builds(Step, st.just("update"), targets, patches_of(standard, resource)),
        "delete": st.builds(Step, st.just("delete"), targets),
    }
    steps = st.one_of([kinds[name] for name in kinds if name in operations])
    rest = st.lists(steps, min_size=1, max_size=MOST_STEPS)
    return st.builds(lambda first, others: (first, *others), kinds["create"], rest)


def _settings(count: int, *phases: Phase) -> settings:
    return settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@lru_cache(maxsize=64)
def draw(
    standard: Standard, resource: Resource, operations: frozenset[str], count: int, number: int
) -> tuple[Program, ...]:
    """The programs of a seed: the same for the same seed, drawn without any I/O."""
    drawn: dict[str, Program] = {}

    @seed(number)
    @_settings(count, Phase.generate)
    @given(_programs(standard, resource, operations))
    def collect(program: Program) -> None:
        drawn[named(program)] = program

    with _HYPOTHESIS:
        collect()
    return tuple(drawn.values())


def shrink(
    standard: Standard,
    resource: Resource,
    operations: frozenset[str],
    count: int,
    number: int,
    first: Program,
    fails: Callable[[Program], bool],
) -> Program:
    """The shortest failing program that is found in a bounded number of runs of `fails`.

    `first` is one of the programs that `draw` gives for the same arguments, and known to fail.
    """
    outcome = dict.fromkeys(map(named, draw(standard, resource, operations, count, number)), False)
    outcome[named(first)] = True
    left, best = SHRINKING_RUNS, first

    @seed(number)
    @_settings(count, Phase.generate, Phase.shrink)
    @given(_programs(standard, resource, operations))
    def search(program: Program) -> None:
        nonlocal left, best
        name = named(program)
        if name not in outcome and left > 0:
            left -= 1
            outcome[name] = fails(program)
        if outcome.get(name, False):
            if len(name) < len(named(best)):
                best = program
            raise _Fails

    with _HYPOTHESIS:
        try:
            search()
        except (_Fails, HypothesisException):
            pass
    return best
