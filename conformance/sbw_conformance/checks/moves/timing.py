"""Moves that let time pass, by the controls of a sandbox.

Within a program the clock of the business only goes forward; it is put back at its end.
"""

import time
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import each, move
from sbw_conformance.checks.records import OtherApp, OtherTenant, Records, ids
from sbw_conformance.checks.sandbox import TOLERANCE, send, steer
from sbw_conformance.checks.world import World

HOUR = 3600
SURE = 59 * 60
"""Seconds for which a cursor surely works after it was used."""

MOST_AHEAD = 12 * HOUR
"""How far the clock is set ahead at most; what lives for a day has not ended then."""

EXPIRE = "expire"
"""Stands for the control that lets all cursors expire, among seconds that pass."""

THROTTLED = 429

RESPITE = 2.0
"""Seconds after which a limit on requests a second lets some through again."""

EQUALS = 3
"""Records that are made at one instant."""


class Timed(World):
    """A world with a clock: `ahead` says by how many seconds it is set, `moved` whether it was."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.ahead = 0
        self.moved = False
        self._base: tuple[datetime, float] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Put the clock back, whatever happened, and see that it is back where all went well."""
        if not self.moved:
            return
        answer = send(self.records.trial, {"control": "move_clock", "seconds": 0})
        if kind is None:
            answer.must_have_status(204, under="SANDBOX-002")
            self.ahead = 0
            self.dated(self.records)

    def pass_by(self, seconds: int, **more: Any) -> None:
        """Let so many seconds pass, as far as the clock is to be set ahead."""
        if self._base is None:
            self._set_base()
        self.ahead = min(self.ahead + seconds, MOST_AHEAD)
        self.moved = True
        steer(self.records.trial, control="move_clock", seconds=self.ahead, **more)

    def _set_base(self) -> None:
        """Learn what time it is for the provider, by a record that it makes now."""
        began = time.monotonic()
        value = self.records.post(self.records.body()).value
        self._base = (bodies.instant(value["meta"]["created_at"]), began)

    def dated(self, records: Records, ahead: int | None = None) -> None:
        """See that a record that is made now gets the instant that the clock shows."""
        answer = records.post(records.body())
        stamp, place = str(answer.value["meta"]["created_at"]), "/meta/created_at"
        self.must_be_now(answer, stamp, place, ahead=ahead)

    def must_be_now(
        self, answer: Answer, stamp: str, place: str, *, ahead: int | None = None
    ) -> None:
        """Assert that an instant is that of the clock, `ahead` of the true time.

        Nobody knows at what moment of a request an instant was taken.
        """
        if self._base is None:
            self._set_base()
        base, began = self._base or (bodies.instant(stamp), time.monotonic())
        under = "SANDBOX-006" if ahead is None else "SANDBOX-003"
        set_by = timedelta(seconds=self.ahead if ahead is None else ahead)
        moved, passed = bodies.instant(stamp) - base, timedelta(seconds=time.monotonic() - began)
        right = set_by - TOLERANCE <= moved <= set_by + passed + TOLERANCE
        told = f"{set_by} ahead of the true time"
        answer.verify(right, told, f"{moved} ahead", under=under, pointer=place)


@move(
    "SANDBOX-006",
    needs=["create", "control:move_clock"],
    cards=each(1, 61, HOUR, 2 * HOUR),
    alone=True,
)
def let_time_pass(world: Timed, step: Step) -> None:
    """Set the clock ahead; what is written gets the instant that it shows."""
    life = world.alive(step.target)
    world.pass_by(step.value)
    world.dated(world.records)
    if "update" in world.records.operations:
        reply = world.update(life, world.record(life).change(1))
        stamp = str(life.record["meta"]["updated_at"])
        world.must_be_now(reply.answer, stamp, "/meta/updated_at")
    world.show(life)


@move(
    "CORE-078",
    "CORE-079",
    needs=["create", "list", "external_id", "control:move_clock", "control:expire_cursors"],
    cards=each(
        [SURE],
        [SURE, SURE],
        [SURE // 2, SURE, SURE // 2],
        [EXPIRE],
        [SURE, EXPIRE],
        [EXPIRE, SURE],
        [2 * HOUR],
    ),
    alone=True,
)
def pause_a_walk(world: Timed, step: Step) -> None:
    """Let time pass between pages: a cursor works for an hour, and a walk can begin anew."""
    url, expired = _begun(world.records), False
    for what in step.value:
        if what == EXPIRE:
            steer(world.records.trial, control="expire_cursors")
            expired = True
        else:
            world.pass_by(what)
        answer = world.records.page(url)
        if expired or (what != SURE and what != SURE // 2 and answer.status != 200):
            answer.must_be_problem(410, "cursor-expired", under="CORE-079")
            break
        told = f"a page after {timedelta(seconds=what)}"
        answer.verify(answer.status == 200, told, under="CORE-078")
    url = _begun(world.records)
    again = world.records.page(url)
    again.verify(again.status == 200, "a page of a walk that begins anew", under="CORE-078")


def _begun(records: Records) -> str:
    """Where a walk goes on after its first page."""
    app = records.own_app()
    made = records.many([records.body(app=app) for _ in range(2)])
    wanted = {record.id for record in made}
    records.eventually(lambda items: wanted <= set(ids(items)), external_id=app)
    page = records.page(limit=1, external_id=app).must_succeed()
    url = records.next_of(page, set())
    control = records.trial.control
    control(url is not None, "CORE-075", "a next, for there is more", "none", page.exchange)
    return str(url)


@move(
    "SANDBOX-003",
    needs=["create", "list", "external_id", "b1", "control:move_clock", "control:expire_cursors"],
    cards=each("clock", "cursors"),
    alone=True,
)
def look_elsewhere(world: Timed, step: Step) -> None:
    """See that neither the clock nor the cursors of another business are moved."""
    stranger = world.seen_by(OtherTenant)
    if step.value == "clock":
        world.pass_by(HOUR)
        world.dated(stranger, ahead=0)
        return
    url = _begun(stranger)
    steer(world.records.trial, control="expire_cursors")
    answer = stranger.page(url)
    told = "a cursor of the other business that goes on"
    answer.verify(answer.status == 200, told, under="SANDBOX-003")


@move(
    "SANDBOX-009",
    "CORE-075",
    needs=["create", "list", "external_id", "control:move_clock"],
    cards=each(1, 2),
    alone=True,
)
def stand_still(world: Timed, step: Step) -> None:
    """Make records at one instant: each is listed once, however small the pages are."""
    records, app = world.records, world.records.own_app()
    world.pass_by(60, stopped=True)
    answers = [records.post(records.body(app=app)) for _ in range(EQUALS)]
    instants = sorted({str(answer.value["meta"]["created_at"]) for answer in answers})
    told, place = ", ".join(instants), "/meta/created_at"
    world.must_be_now(answers[0], instants[0], place)
    one = len(instants) == 1
    answers[-1].verify(one, "one instant", told, under="SANDBOX-009", pointer=place)
    world.pass_by(60)  # lists are free to lag by time that passes
    wanted = [answer.value["id"] for answer in answers]
    records.settle()
    items = records.walk(limit=step.value, external_id=app)
    counts = [ids(items).count(one) for one in wanted]
    last = Answer(records.trial, records.trial.exchanges[-1], records.resource)
    once = f"each of {EQUALS} records once"
    last.verify(counts == [1] * EQUALS, once, f"{counts} times", under="CORE-075")


@move(
    "SANDBOX-007",
    needs=["create", "read", "control:limit_requests"],
    cards=each([1, "read"], [2, "read"], [3, "write"], [2, "write"]),
    alone=True,
)
def ask_too_often(world: Timed, step: Step) -> None:
    """Have so many requests refused: so many are, and those of the other app are not.

    Whoever is refused beside those may have met a limit that the provider has anyhow: it is tried
    once more after a while.
    """
    count, kind = step.value
    refused, served = _limited(world, step.target, count, kind)
    if any(answer.status == THROTTLED for answer in served):
        world.records.trial.pause(RESPITE)
        refused, served = _limited(world, step.target, count, kind)
    for answer in refused:
        answer.must_be_problem(THROTTLED, "rate-limited", under="SANDBOX-007")
    for answer in served:
        answer.must_be_accepted("this request served", under="SANDBOX-007")


def _limited(world: Timed, target: int, count: int, kind: str) -> tuple[list[Answer], list[Answer]]:
    """What is asked for while requests are refused: the answers to so many, and to others."""
    life, run = world.alive(target), world.records.trial.run
    steer(world.records.trial, control="limit_requests", requests=count)
    served = [world.seen_by(OtherApp).get(life.id, patient=False)] if run.has("a2") else []
    refused = [
        world.records.get(life.id, patient=False) if kind == "read" or number % 2 else _tried(world)
        for number in range(count)
    ]
    return refused, [*served, world.records.get(life.id, patient=False)]


def _tried(world: Timed) -> Answer:
    """Try to make a record without patience for a refusal."""
    records = world.records
    return records.trial.send(
        "create",
        "POST",
        records.url(),
        client=records.role,
        resource=records.resource,
        value=records.body(),
        patient=False,
    )
