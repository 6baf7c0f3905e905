"""Drawing programs up front, and shrinking one that failed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from sbw_conformance.checks import pointers
from sbw_conformance.checks.model import Program, Step, named
from sbw_conformance.strategies import DRAWING, bodies_of, patches_of
from sbw_validator.standard import Resource, Standard
from sbw_validator.validation import validate

MOST_STEPS = 8
SHRINKING_RUNS = 60
"""How often programs are run at most in search of the shortest that fails."""


class _Draws(HypothesisProvider):
    """Draws by the seed alone.

    Hypothesis would also draw constants that it reads out of the modules of the program at hand,
    so that the same seed gave other programs elsewhere, and keep them in the user's folder.
    """

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS["sbw"] = _Draws


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

        `first` is known to fail. Each round takes the first simpler program that fails too: fewer
        steps, then bodies with fewer members.
        """
        best, left = first, SHRINKING_RUNS
        tried = {named(first)}
        found: Program | None = first
        while found is not None:
            found = None
            for simpler in self._simpler(best):
                if named(simpler) in tried:
                    continue
                if not left:
                    return best
                left -= 1
                tried.add(named(simpler))
                if fails(simpler):
                    best = found = simpler
                    break
        return best

    def _simpler(self, program: Program) -> Iterator[Program]:
        """Programs that are a little simpler, those that save most first; all begin with a create.

        A body that the standard allows stays one.
        """
        yield from (program[:length] for length in range(1, len(program)))
        yield from (program[:n] + program[n + 1 :] for n in range(1, len(program)))
        for number, step in enumerate(program):
            for value in self._simpler_values(step):
                yield (*program[:number], replace(step, value=value), *program[number + 1 :])

    def _simpler_values(self, step: Step) -> Iterator[Any]:
        kind, standard = self.resource.type, self.standard
        if step.operation == "create":
            for value in chain([pointers.copy(self.resource.minimal)], _with_less(step.value)):
                if not validate(value, type=kind, variant="create", standard=standard):
                    yield value
        elif step.operation == "update":
            if len(step.value) > 1:
                yield from ({}, *({name: value} for name, value in step.value.items()))
            yield from _with_less(step.value)

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
    @settings(
        max_examples=programs.count,
        backend="sbw",
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(programs.strategy())
    def collect(program: Program) -> None:
        drawn[named(program)] = program

    with DRAWING:
        collect()
    return tuple(drawn.values())


def _with_less(value: Any) -> Iterator[Any]:
    """Copies of a value, each without one member or element, the outermost first."""
    if isinstance(value, dict):
        for name in value:
            yield {other: member for other, member in value.items() if other != name}
        for name, member in value.items():
            yield from ({**value, name: less} for less in _with_less(member))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, item in enumerate(value):
            yield from ([*value[:index], less, *value[index + 1 :]] for less in _with_less(item))
