"""Moves that use the controls of a sandbox, as far as nobody else notices."""

from sbw_conformance.checks import bodies
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import each, move
from sbw_conformance.checks.sandbox import NO_CONTROL, send
from sbw_conformance.checks.trial import ANONYMOUS
from sbw_conformance.checks.world import World


@move("SANDBOX-004", needs=["create", "control:move_clock"], cards=each(*range(20)))
def steer_wrongly(world: World, step: Step) -> None:
    """Send what is no control."""
    trial = world.records.trial
    wrong = [
        *bodies.refused(trial.run.standard, "sandbox-control"),
        ({"control": NO_CONTROL}, frozenset({"/control"})),
    ]
    if step.value < len(wrong):
        value, places = wrong[step.value]
        send(trial, value).must_be_problem(422, "validation", places, under="SANDBOX-004")


@move(
    "SANDBOX-002",
    "SANDBOX-005",
    needs=["create", "control:move_clock"],
    cards=each("a1", ANONYMOUS),
)
def steer(world: World, step: Step) -> None:
    """Let the clock be where it is, which only those may who have a token."""
    answer = send(world.records.trial, {"control": "move_clock", "seconds": 0}, step.value)
    if step.value == ANONYMOUS:
        answer.must_be_problem(401, "unauthorized", under="SANDBOX-005")
    else:
        answer.must_have_status(204, under="SANDBOX-002")
