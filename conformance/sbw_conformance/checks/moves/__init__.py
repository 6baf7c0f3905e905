"""What programs are made of: one move a function, and the cards by which moves are dealt.

A *card* is a move with the way it is done and the value it is done with. A deck holds each card
once, so that dealing it out does all that there is to do, in an order that the seed decides.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar

from sbw_conformance.checks.model import Step
from sbw_conformance.checks.world import World
from sbw_validator.standard import Resource, Standard

W = TypeVar("W", bound=World)

Card = tuple[str, Any]
"""The way of a step and its value."""


class Source(Protocol):
    """Where a move takes the values of its cards from."""

    @property
    def standard(self) -> Standard:
        """The standard."""

    @property
    def resource(self) -> Resource:
        """The resource that the moves are for."""

    @property
    def offers(self) -> frozenset[str]:
        """All that a provider offers of it."""

    def bodies(self, count: int) -> list[Any]:
        """Bodies of a create that the standard allows."""

    def patches(self, count: int) -> list[Any]:
        """Merge patches, which not always leave a record valid."""


@dataclass(frozen=True)
class Move:
    """One thing that a program can do.

    `play` does it in a world; it asserts `requirements` among others. `needs` names what the
    resource has to offer, `cards` gives all ways and values that there are. Nothing else is to be
    asked of the provider beside one that goes `alone`.
    """

    name: str
    requirements: tuple[str, ...]
    needs: frozenset[str]
    play: Callable[[Any, Step], None]
    cards: Callable[[Source], Iterable[Card]]
    alone: bool = False


def move(
    *requirements: str,
    needs: Iterable[str],
    cards: Callable[[Source], Iterable[Card]],
    alone: bool = False,
) -> Callable[[Callable[[W, Step], None]], Move]:
    """Make a move of a function that plays it; its name is that of the function."""

    def wrap(function: Callable[[W, Step], None]) -> Move:
        name = function.__name__.strip("_").replace("_", " ")
        return Move(name, requirements, frozenset(needs), function, cards, alone)

    return wrap


def each(*values: Any) -> Callable[[Source], Iterable[Card]]:
    """Cards for values that do not hang on the resource, one for each."""
    return lambda _: [("", value) for value in values or (None,)]


def operations(source: Source, *names: str) -> list[str]:
    """Those of the operations that the resource offers."""
    return [name for name in names if name in source.offers]


@cache
def moves() -> Mapping[str, Move]:
    """All moves of this package by name."""
    found: dict[str, Move] = {}
    for module in sorted(pkgutil.iter_modules(__path__, f"{__name__}."), key=lambda m: m.name):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Move) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"two moves are called {value.name}")
    return found
