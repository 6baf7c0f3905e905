"""Requests of one check that reach the provider at the same moment."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field, fields
from functools import partial, wraps
from threading import Barrier, BrokenBarrierError
from typing import Any, Concatenate, ParamSpec, TypeVar

from sbw_conformance.checks import Check, check
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.trial import Blocked, CouldNotRun, Failed, Trial
from sbw_conformance.exchanges import Exchange, Headers, Request

T = TypeVar("T")
P = ParamSpec("P")

LANES = 4
"""Requests that race: more would meet more often, and cost more of a run's budget."""

Start = tuple[Records, Callable[[Any], Answer]]
"""Whose records, and the one request that is sent for them."""


@dataclass
class Gate:
    """Where requests wait for each other; the last to come sends them all."""

    trial: Trial
    lanes: int
    waiting: dict[int, tuple[Request, Headers]] = field(default_factory=dict)
    answered: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.barrier = Barrier(self.lanes, self._open)

    def passed(self, lane: int, request: Request, added: Headers) -> Exchange:
        """Hand in the request of a lane; gives what came of it."""
        self.waiting[lane] = (request, added)
        self.barrier.wait()
        return self.answered[lane]

    def _open(self) -> None:
        requests = [self.waiting[lane] for lane in range(self.lanes)]
        client, name = self.trial.run.client, self.trial.name
        first = len(self.trial.exchanges) + 1
        if self.trial.apart:
            self.answered = [
                client.send(*request, name, index) for index, request in enumerate(requests, first)
            ]
        else:
            self.answered = client.together(requests, name, first)


@dataclass
class Lane(Trial):
    """A trial's part of a race: what it asserts is the trial's, its one request waits at a gate."""

    gate: Gate | None = None
    number: int = 0

    def _exchanged(self, request: Request, added: Headers, *, patient: bool) -> Exchange:
        if self.gate is None or self.exchanges or not patient:
            raise TypeError("a lane of a race sends one request, and waits where it has to")
        return self.gate.passed(self.number, request, added)


def at_once(starts: Sequence[Start]) -> list[Answer]:
    """Send one request for each start, all at the same moment; gives the answers in their order.

    The exchanges stand in the trial in that order, however they were answered. What the requests
    hold is made before: names that a lane makes would be those of the others.
    """
    trial = starts[0][0].trial
    gate = Gate(trial, len(starts))
    lanes = [_lane(trial, gate, number) for number in range(len(starts))]
    with ThreadPoolExecutor(len(starts), "lane") as pool:
        ended = [
            pool.submit(_sent, lane, *start) for lane, start in zip(lanes, starts, strict=True)
        ]
    for lane in lanes:
        trial.exchanges += lane.exchanges
        trial.added += lane.added
    _raise_first(ended)
    return [future.result() for future in ended]


def all_at_once(
    records: Records, send: Callable[[Any, T], Answer], given: Sequence[T]
) -> list[Answer]:
    """Send a request of one client for each of what is given, all at the same moment."""
    return at_once([(records, partial(_with, send, one)) for one in given])


def _with(send: Callable[[Any, T], Answer], one: T, lane: Records) -> Answer:
    return send(lane, one)


def race(
    *requirements: str, needs: Iterable[str]
) -> Callable[[Callable[Concatenate[Records, P], None]], Check]:
    """Make a scenario of a function that lets requests race once: the run says how often it does.

    It runs on one resource, when all other checks are done.
    """

    def wrap(function: Callable[Concatenate[Records, P], None]) -> Check:
        @wraps(function)
        def rounds(records: Records, *more: P.args, **named: P.kwargs) -> None:
            for _ in range(records.trial.run.rounds):
                _told_apart(records.trial, partial(function, records, *more, **named))

        return check(*requirements, needs=needs, alone=True, once=True)(rounds)

    return wrap


def _told_apart(trial: Trial, run: Callable[[], None]) -> None:
    """Let requests race, and where that goes wrong, see whether it does one after the other too.

    If so, it is no matter of a race, but of the requirement that is broken without one.
    """
    try:
        run()
    except Failed:
        kept = list(trial.assertions)
    else:
        return
    trial.apart = True
    try:
        run()
    except (Failed, Blocked):
        wrong = next(entry for entry in reversed(trial.assertions) if not entry.ok)
    else:
        trial.assertions[:] = kept
        raise Failed(trial.requirements[0])
    finally:
        trial.apart = False
    trial.assertions[:] = [entry for entry in kept if entry.ok]
    raise CouldNotRun(
        "without a race it goes wrong too, which another requirement tells: "
        f"expected {wrong.expected}, got {wrong.got}"
    )


def _lane(trial: Trial, gate: Gate, number: int) -> Lane:
    shared = {entry.name: getattr(trial, entry.name) for entry in fields(Trial)}
    return Lane(**{**shared, "exchanges": [], "added": []}, gate=gate, number=number)


def _sent(lane: Lane, records: Records, send: Callable[[Any], Answer]) -> Answer:
    view = copy(records)
    view.trial = lane
    try:
        return send(view)
    finally:
        if lane.gate is not None and not lane.exchanges:  # nobody is to wait for it
            lane.gate.barrier.abort()


def _raise_first(ended: Sequence[Future[Answer]]) -> None:
    """Raise what ended the first lane that did not only wait in vain for another one."""
    errors = [error for future in ended if (error := future.exception()) is not None]
    own = [error for error in errors if not isinstance(error, BrokenBarrierError)]
    for error in [*own, *errors]:
        raise error
