"""Programs over records: many lives at once, each compared with a model."""

from sbw_conformance.checks import Check, catalog, program
from sbw_conformance.checks.answer import STANDS_ON
from sbw_conformance.checks.model import Program
from sbw_conformance.checks.moves import moves
from sbw_conformance.checks.moves.timing import Timed
from sbw_conformance.checks.observing import View
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.world import World


def _asserted(*, alone: bool) -> list[str]:
    """What the moves that go alone, or all others, assert.

    The landing page is the door of a run: the check that opens it is no program.
    """
    some = (move for move in moves().values() if move.alone is alone)
    return sorted({name for move in some for name in move.requirements} - {STANDS_ON["landing"]})


@program(*_asserted(alone=False), needs=["create", "read"], shapes=["collection"])
def record_life(records: Records, steps: Program) -> None:
    """Whatever is asked of records in whatever order, the model foretells the answer."""
    _play(World(records), steps)


@program(
    *_asserted(alone=True), needs=["create", "read"], shapes=["collection"], alone=True, once=True
)
def undisturbed_life(records: Records, steps: Program) -> None:
    """Whatever meets, and whatever time it is, the model foretells the answer."""
    with Timed(records) as world:
        _play(world, steps)


def _play(world: World, steps: Program) -> None:
    known = moves()
    for step in steps:
        known[step.operation].play(world, step)
        _look(world.records)
    world.show_all()
    _look(world.records)


def _look(records: Records) -> None:
    """See that all answers so far have what every answer has, as observers say it."""
    trial, run = records.trial, records.trial.run
    view = View(run.target, run.standard, run.schemas, run.own)
    new = [exchange for exchange in trial.exchanges[trial.looked :] if exchange.failure is None]
    trial.looked = len(trial.exchanges)
    for exchange in new:
        for observer in _observers():
            for found in observer.function(exchange, view) or ():
                if not found.holds:
                    trial.verify(
                        False,  # noqa: FBT003
                        found.expected,
                        found.got,
                        exchange,
                        under=found.requirement,
                        pointer=found.pointer or None,
                    )


def _observers() -> tuple[Check, ...]:
    return tuple(check for check in catalog() if check.kind == "observer")
