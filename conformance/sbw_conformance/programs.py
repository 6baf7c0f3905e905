"""Drawing programs up front, and shrinking one that failed."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

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


class _Fails(Exception):  # noqa: N818  # what Hypothesis looks for, no error
    """The program at hand fails; tells Hypothesis to look for a shorter one."""


def _settings(count: int, *phases: Phase) -> settings:
    return settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@dataclass(frozen=True)
class Programs:
    """The programs of a resource: `count` of them, the same for the same `seed`."""

    standard: Standard
    resource: Resource
    operations: frozenset[str]
    count: int
    seed: int

    def draw(self) -> tuple[Program, ...]:
        """All of them, drawn without any I/O."""
        return _draw(self)

    def shrink(self, first: Program, fails: Callable[[Program], bool]) -> Program:
        """The shortest failing program that is found in a bounded number of runs of `fails`.

        `first` is one of those drawn, and known to fail; those before it are known to pass.
        """
        outcome = dict.fromkeys(map(named, self.draw()), False)
        outcome[named(first)] = True
        left, best = SHRINKING_RUNS, first

        @seed(self.seed)
        @_settings(self.count, Phase.generate, Phase.shrink)
        @given(self.strategy())
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

        with _HYPOTHESIS, suppress(_Fails, HypothesisException):
            search()
        return best

    def strategy(self) -> st.SearchStrategy[Program]:
        """Programs that begin with a create."""
        targets = st.integers(0, 3)
        made = bodies_of(self.standard, self.resource)
        changes = patches_of(self.standard, self.resource)
        kinds = {
            "create": st.builds(Step, st.just("create"), st.just(0), made),
            "read": st.builds(Step, st.just("read"), targets),
            "update": st.builds(Step, st.just("update"), targets, changes),
            "delete": st.builds(Step, st.just("delete"), targets),
        }
        steps = st.one_of([kinds[name] for name in kinds if name in self.operations])
        rest = st.lists(steps, min_size=1, max_size=MOST_STEPS)
        return st.builds(lambda first, others: (first, *others), kinds["create"], rest)


@lru_cache(maxsize=64)
def _draw(programs: Programs) -> tuple[Program, ...]:
    drawn: dict[str, Program] = {}

    @seed(programs.seed)
    @_settings(programs.count, Phase.generate)
    @given(programs.strategy())
    def collect(program: Program) -> None:
        drawn[named(program)] = program

    with _HYPOTHESIS:
        collect()
    return tuple(drawn.values())
