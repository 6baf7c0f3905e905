"""Mistakes with the memory of an Idempotency-Key: it is no part of the transaction of its write."""

import time
from collections.abc import Sequence
from typing import Any

from sbw_reference.defects.commits import Asked, instead
from sbw_reference.defects.defect import Defect, Fire
from sbw_reference.defects.races import WINDOW
from sbw_reference.store import Change
from sbw_reference.turns import Memory, Scope, Turn

KEYED = ("create+idempotency-key",)


class Seen:
    """A turn as a mistake sees it: the writer's own, but for what a subclass makes of it."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __getattr__(self, name: str) -> Any:
        """Return what the turn itself has."""
        return getattr(self._turn, name)


class Forgetful(Seen):
    """A turn that keeps what is to be remembered for later."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn)
        self.kept: list[tuple[Scope, str, Memory]] = []

    def remember(self, scope: Scope, key: str, memory: Memory) -> None:
        """Keep what is to be remembered."""
        self.kept.append((scope, key, memory))


class Heedless(Seen):
    """A turn that does not look whether a key came meanwhile."""

    def __init__(self, turn: Turn, fire: Fire) -> None:
        super().__init__(turn)
        self._fire = fire

    def recall(self, scope: Scope, key: str) -> None:
        """Say that nothing is remembered."""
        if self._turn.recall(scope, key) is not None:
            self._fire()

    def remember(self, scope: Scope, key: str, memory: Memory) -> None:
        """Remember what was not remembered already."""
        if self._turn.recall(scope, key) is None:
            self._turn.remember(scope, key, memory)


def _remembered_late(asked: Asked, fire: Fire) -> Sequence[Change]:
    """Remember a key when all is written, in a transaction of its own."""
    kept: list[tuple[Scope, str, Memory]] = []

    def forgetful(turn: Turn) -> Sequence[Change]:
        seen: Any = Forgetful(turn)
        changes = asked.decide(seen)
        kept.extend(seen.kept)
        return changes

    done = asked.done(forgetful)
    time.sleep(WINDOW if kept else 0)
    for scope, key, memory in kept:
        if asked.store.recall(scope, key) is None:
            asked.store.remember(scope, key, memory)
        else:
            fire()
    return done


def _seen_early(asked: Asked, fire: Fire) -> Sequence[Change]:
    """Look for a key when the request comes, and not again when it is carried out."""

    def heedless(turn: Turn) -> Sequence[Change]:
        seen: Any = Heedless(turn, fire)
        return asked.decide(seen)

    time.sleep(WINDOW)
    return asked.done(heedless)


DEFECTS = (
    Defect(
        "key-remembered-late",
        "An Idempotency-Key is remembered after the transaction",
        ("CORE-154",),
        KEYED,
        "commit",
        instead(_remembered_late),
        parallel=True,
    ),
    Defect(
        "key-looked-up-early",
        "An Idempotency-Key is looked up before the transaction",
        ("CORE-154",),
        KEYED,
        "commit",
        instead(_seen_early),
        parallel=True,
    ),
)
