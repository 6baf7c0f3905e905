"""Programs that nothing else runs beside: what meets, and what time it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.conformance.support import (
    Asked,
    Reply,
    Server,
    http_answer,
    landing,
    records_of,
    run_of,
    with_tokens,
)
from tests.conformance.test_programs import CONTACT, STANDARD, offers

from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.moves import meeting, moves
from sbw_conformance.checks.moves.timing import HOUR, MOST_AHEAD, Timed
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.trial import Failed
from sbw_conformance.checks.world import World
from sbw_conformance.programs import MOST_STEPS, SHORT, Programs

ALONE = frozenset(move.name for move in moves().values() if move.alone)


def dealt(count: int | None, offered: frozenset[str]) -> list[list[str]]:
    """The moves of the programs of contacts that nothing else runs beside."""
    programs = Programs(STANDARD, CONTACT, offered, count, 0, alone=True)
    return [[step.operation for step in program[1:]] for program in programs.draw()]


def test_moves_that_go_alone_have_programs_of_their_own() -> None:
    """Whole decks hold each of them and no other one; a run plays one short hand of them."""
    controls = {f"control:{name}" for name in ("move_clock", "expire_cursors", "limit_requests")}
    offered = offers(CONTACT) | controls
    whole = dealt(None, offered)
    assert {name for names in whole for name in names} == ALONE
    assert max(map(len, whole)) == MOST_STEPS
    assert [len(names) for names in dealt(3, offered)] == [SHORT]
    assert dealt(0, offered) == []
    assert dealt(None, frozenset({"create", "read"})) == []


def test_without_controls_requests_still_meet() -> None:
    """A provider without a sandbox plays the moves that need no control, and looks by no page."""
    assert {
        name for names in dealt(None, frozenset({"create", "read", "update"})) for name in names
    } == {"meet"}


class Clock:
    """A provider whose clock can be moved; one that is `stuck` does not come back."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.stuck = stuck
        self.moved: list[int] = []
        self.made = 0

    def __call__(self, asked: Asked) -> Reply:
        """Take a control, or make a record."""
        value = json.loads(asked.body)
        if asked.place.endswith("/controls"):
            self.moved.append(value["seconds"])
            return http_answer(204)
        self.made += 1
        known = [seconds for seconds in self.moved if seconds or not self.stuck]
        ahead = timedelta(seconds=(known or [0])[-1])
        now = (datetime.now(UTC) + ahead).isoformat().replace("+00:00", "Z")
        meta = {"version": f"v{self.made}", "created_at": now, "updated_at": now}
        return http_answer(201, json.dumps({**value, "id": f"{self.made}", "meta": meta}))


@contextmanager
def served(clock: Clock) -> Iterator[Records]:
    """The contacts of a provider with a clock."""
    with Server(clock) as server:
        yield records_of(run_of(with_tokens(server.url), landing(server.url)), "contact")


def test_time_that_passes_is_seen_and_put_back() -> None:
    """Records get the instant of the clock, which is put back and seen to be."""
    clock = Clock()
    with served(clock) as records:
        with Timed(records) as world:
            world.pass_by(HOUR)
            world.pass_by(HOUR)
            world.dated(records)
        assert all(assertion.ok for assertion in records.trial.assertions)
    assert clock.moved == [HOUR, 2 * HOUR, 0]
    assert clock.made == 3


def test_the_clock_is_put_back_after_a_failure() -> None:
    """Whatever ends a program, the clock is where it was, and nothing else is asked."""
    clock = Clock()
    with served(clock) as records, pytest.raises(Failed), Timed(records) as world:
        _fail_later(world)
    assert clock.moved == [HOUR, 0]
    assert clock.made == 1


def _fail_later(world: Timed) -> None:
    world.pass_by(HOUR)
    raise Failed("CORE-040")


def test_a_clock_that_was_not_moved_is_left_alone() -> None:
    """A program that lets no time pass uses no control, which there may not be."""
    clock = Clock()
    with served(clock) as records, Timed(records):
        pass
    assert clock.moved == []


def test_a_clock_that_does_not_come_back_fails() -> None:
    """The instant of a record tells it after the program."""
    with served(Clock(stuck=True)) as records:
        with pytest.raises(Failed, match="SANDBOX-006"), Timed(records) as world:
            world.pass_by(HOUR)
        wrong = [entry for entry in records.trial.assertions if not entry.ok]
    assert [entry.expected for entry in wrong] == ["0:00:00 ahead of the true time"]


def test_a_clock_that_does_not_move_fails() -> None:
    """A control that is taken and does nothing is told from one that works."""
    clock = Clock()
    with served(clock) as records, Timed(records) as world:
        world.pass_by(HOUR)
        clock.moved.append(0)
        with pytest.raises(Failed, match="SANDBOX-006"):
            world.dated(records)


def test_the_clock_is_set_ahead_by_half_a_day_at_most() -> None:
    """What lives for a day has not ended in any program."""
    clock = Clock()
    with served(clock) as records, Timed(records) as world:
        for _ in range(20):
            world.pass_by(HOUR)
    assert max(clock.moved) == MOST_AHEAD <= 12 * HOUR


@pytest.mark.parametrize(
    ("answers", "held"), [([True], 1), ([False, False], 2), ([False, True], 2)]
)
def test_what_goes_wrong_one_after_the_other_is_no_meeting(answers: list[bool], held: int) -> None:
    """A meeting fails where its requests fit no order at once, and do one after the other."""
    apart: list[bool] = []
    with served(Clock()) as records:
        answer = records.post(records.body())
        world = World(records)

        def meet() -> tuple[bool, str, str, Answer]:
            apart.append(records.trial.apart)
            return answers[len(apart) - 1], "CORE-150", "what came", answer

        def outcome() -> Any:
            try:
                meeting._once(world, meet)
            except Failed as failed:
                return str(failed)
            return None

        assert outcome() == ("CORE-150" if answers == [False, True] else None)
        assert not records.trial.apart
    assert apart == [False, True][:held]
