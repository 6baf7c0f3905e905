"""Dealing programs up front, and shrinking one that failed."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, zip_longest
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.model import Program, Step, named
from sbw_conformance.checks.moves import moves
from sbw_conformance.strategies import DRAWING, bodies_of, patches_of
from sbw_validator.standard import Resource, Standard

MOST_STEPS = 6
"""Moves of a program after its create, where every card is dealt."""

FEW_STEPS = 5
"""The same where only some cards are."""

SHORT = 1
"""The same of those where nothing else is asked of the provider meanwhile."""

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
    """The programs of a resource that `offers` something, the same for the same `seed`.

    There are `count` of them, or as many as it takes to deal every card where that is None. Moves
    that go `alone` have programs of their own: one short one, unless every card is dealt.
    """

    standard: Standard
    resource: Resource
    offers: frozenset[str]
    count: int | None
    seed: int
    alone: bool = False

    def draw(self) -> tuple[Program, ...]:
        """All of them, drawn without any I/O."""
        return _draw(self)

    def deck(self) -> list[Step]:
        """Each card once: first one of every move, then the second of every move, and so on."""
        chance = random.Random(f"{self.seed} {self.resource.type}")  # noqa: S311  # no secret
        hands = []
        for move in moves().values():
            if move.alone is self.alone and move.needs <= self.offers:
                hand = [
                    Step(move.name, chance.randrange(4), value, way)
                    for way, value in move.cards(self)
                ]
                chance.shuffle(hand)
                hands.append(hand)
        chance.shuffle(hands)
        return [step for row in zip_longest(*hands) for step in row if step is not None]

    def bodies(self, count: int) -> list[Any]:
        """Bodies of a create that the standard allows."""
        return _drawn(bodies_of(self.standard, self.resource), count, self.seed)

    def patches(self, count: int) -> list[Any]:
        """Merge patches, which not always leave a record valid."""
        return _drawn(patches_of(self.standard, self.resource), count, self.seed)

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
        standard = self.standard
        if step.operation == "create":
            for value in chain([pointers.copy(self.resource.minimal)], _with_less(step.value)):
                if bodies.accepted(standard, self.resource, value):
                    yield value
        elif step.operation == "update":
            if len(step.value) > 1:
                yield from ({}, *({name: value} for name, value in step.value.items()))
            yield from _with_less(step.value)


@lru_cache(maxsize=64)
def _draw(programs: Programs) -> tuple[Program, ...]:
    deck = programs.deck()
    size, most = MOST_STEPS, programs.count
    if most is not None:
        size, most = (SHORT, min(most, 1)) if programs.alone else (FEW_STEPS, most)
    hands = [tuple(deck[start : start + size]) for start in range(0, len(deck), size)][:most]
    firsts = programs.bodies(min(len(hands), MOST_BODIES)) if hands else []
    return tuple(
        (Step("create", 0, firsts[number % len(firsts)]), *hand)
        for number, hand in enumerate(hands)
    )


MOST_BODIES = 40
"""Bodies that are drawn for the creates with which programs begin."""


def _drawn(strategy: st.SearchStrategy[Any], count: int, by: int) -> list[Any]:
    """So many values of a strategy, the same each time; fewer where there are no more."""
    found: list[Any] = []

    @seed(by)
    @settings(
        max_examples=count,
        backend="sbw",
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    with DRAWING:
        collect()
    return found


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
