"""Programs over records: many lives at once, each compared with a model."""

from sbw_conformance.checks import Check, catalog, program
from sbw_conformance.checks.model import Program
from sbw_conformance.checks.moves import moves
from sbw_conformance.checks.observing import View
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.world import World

ASSERTED = sorted({name for move in moves().values() for name in move.requirements})


@program(*ASSERTED, needs=["create", "read"], shapes=["collection"])
def record_life(records: Records, steps: Program) -> None:
    """Whatever is asked of records in whatever order, the model foretells the answer."""
    world, known = World(records), moves()
    for step in steps:
        known[step.operation].play(world, step)
        _look(records)
    world.show_all()
    _look(records)


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
