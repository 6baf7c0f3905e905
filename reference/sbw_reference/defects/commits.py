"""Writes as a mistake with their transaction meets them: what it carries out in place of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sbw_reference.defects.defect import Fire
from sbw_reference.store import Change, Decide, Store, Which
from sbw_reference.turns import Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A write that is asked for, with all that the seam `commit` is told of it."""

    original: Callable[..., Sequence[Change]]
    store: Store
    tenant: str
    type: str
    which: Which
    decide: Decide
    origin: str

    def done(self, decide: Decide) -> Sequence[Change]:
        """Carry the write out by another decision."""
        return self.original(self.store, self.tenant, self.type, self.which, decide, self.origin)


def instead(carry_out: Callable[[Asked, Fire], Sequence[Change]]) -> Any:
    """Return a `make` that carries writes out in another way."""

    def make(original: Callable[..., Sequence[Change]], fire: Fire) -> Any:
        return lambda *told: carry_out(Asked(original, *told), fire)

    return make


def rewritten(change: Callable[[Sequence[Change]], Sequence[Change]]) -> Any:
    """Return a `make` that writes something else than what was decided."""

    def carry_out(asked: Asked, fire: Fire) -> Sequence[Change]:
        def changed(turn: Turn) -> Sequence[Change]:
            decided = list(asked.decide(turn))
            written = list(change(decided))
            if written != decided:
                fire()
            return written

        return asked.done(changed)

    return instead(carry_out)
